"""Edits that wait for their turn on this worker: decided, committed and answered in turn.

What waits together is committed together, each edit decided on what the one before leads to and
with a revision of its own: workers that share a session then meet less often.

Only the session's own task serves, so a decision is made on a state that nobody changes
meanwhile; between workers the log decides.
"""

import asyncio
import functools
import itertools
import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from msgspec import UNSET

from server.client_messages import Edit, Making
from server.engine import Engine
from server.live import proposals
from server.live.decisions import Decisions
from server.live.follower import Follower, now_ms
from server.live.lost import LOST
from server.live.proposals import Declining, Taking
from server.live.turns import Author, Turns
from server.log.log import Log
from server.log.logged import Done, Elsewhere, Known, Place
from server.logic import session
from server.logic.session import Commit
from server.orm import DatabaseAwayError
from server.protocol import encode
from server.redis.calls import FullError
from server.server_messages import Accepted, Change, Refused
from server.telemetry.measures import UNMEASURED, Course, Measures

logger = logging.getLogger(__name__)

_change = msgspec.json.Decoder(Change)


URGENT = 2  # races lost in a row: then we get in line with the other workers
WAIT_S = 0.3  # in line, at most: who is before us may be dead
IN_A_ROW = 16  # commits in one turn
ROW = 8  # edits in one commit: they are decided while the first of them waits
TURN_S = 0.001  # of deciding, before other sessions have their turn
OVER = "The session is not served here any more."


# Who waits, for what, and its course.
_Waiting = tuple[Author, tuple[Making | Taking | Declining, Course]]


@dataclass
class Races:
    """How often this worker tried to commit, and was too late, or waited for its turn."""

    run: int = 0
    lost: int = 0
    waited: int = 0


class Decider:
    """Takes what people want to change, and answers each when its turn has come.

    worker: which this is, for taking turns with others that commit to the same session.
    """

    def __init__(
        self,
        follower: Follower,
        log: Log,
        engine: Engine,
        worker: str,
        measures: Measures = UNMEASURED,
    ) -> None:
        self._follower = follower
        self._log = log
        self._engine = engine
        self._decisions = Decisions(follower, engine)
        self._worker = worker
        self._lost = 0  # races in a row
        self._in_a_row = 0  # commits in this turn
        self.idle = asyncio.Event()  # set while every edit that came in is decided
        self.idle.set()
        self.races = Races()
        self._measures = measures
        self._row: deque[_Waiting] = deque()  # whose turn it is, and who is not answered yet
        self._answers: dict[Author, list[Accepted | Refused]] = {}  # that are not sent yet
        self._turns = Turns[Author, tuple[Making | Taking | Declining, Course]]()

    def __bool__(self) -> bool:
        """Whether somebody waits."""
        return bool(self._turns)

    def submit(self, author: Author, edit: Making | Taking | Declining) -> None:
        """Put an edit in line."""
        self.idle.clear()
        course = self._measures.course(self._follower.id, edit.id)
        if not self._turns.put(author, (edit, course)):
            author.answer(
                Refused("unavailable", "Too many edits are waiting.", id=edit.id, retry_after=1.0)
            )

    def prepare(self) -> None:
        """Work the session's build out, so that its first edit finds it remembered."""
        try:
            self._engine.result(self._follower.state.build, self._follower.id)
        except Exception:
            logger.exception("session %s: its build could not be worked out", self._follower.id)

    async def serve_next(self) -> None:
        """Decide the next edit, and those after it that can go with it. Raises IndexError when
        none waits."""
        row = self._row = self._next_row()
        began = self._follower.state.revision
        for _, (_, course) in row:
            course.begins()
        try:
            while row:
                unanswered = len(row)
                await self._serve(row)
                if len(row) == unanswered:  # others were first
                    await self._follower.read_on()
                if row:
                    self._answer_made(row, began)
                self._send_answers()  # who comes next may wait for long
        except FullError:
            self._tell_all("The server is full.", 5.0)
        except DatabaseAwayError:
            self._tell_all("What there is to undo cannot be read just now.", 2.0)
        finally:
            self._send_answers()
            if not self._turns:
                self.idle.set()

    def turn_away(self) -> None:
        """Answer everybody in line: the session is not served here any more."""
        while self._turns:
            self._row.append(self._turns.take())
        self._tell_all(OVER, 1.0)
        self._send_answers()
        self.idle.set()

    def _next_row(self) -> deque[_Waiting]:
        """What comes next; edits only follow edits: the others need what was made before them."""
        row = deque([self._turns.take()])
        while (
            len(row) < ROW
            and isinstance(row[-1][1][0], Edit)
            and (coming := self._turns.coming) is not None
            and isinstance(coming[0], Edit)
        ):
            row.append(self._turns.take())
        return row

    def _answer_made(self, row: deque[_Waiting], began: int) -> None:
        """Answer those at the front that are among the changes after a revision.

        When the answer to their commit was lost they are all made, and need not be asked for one
        by one; so when they came to another worker, too.
        """
        newer = itertools.takewhile(
            lambda each: each.revision > began, reversed(self._follower.recent)
        )
        made = {(each.by, each.edit): each for each in newer}
        while row:
            author, (edit, _) = row[0]
            found = made.get((author.person, edit.id))
            if found is None or isinstance(edit, Taking | Declining):
                break
            change = _change.decode(found.frame)
            if session.digest(change) != session.digest(edit):
                break  # the log says so
            self._tell(_accepted(edit, change.revision, change))

    def _tell_all(self, message: str, retry_after: float) -> None:
        while self._row:
            _, (edit, _) = self._row[0]
            self._tell(Refused("unavailable", message, id=edit.id, retry_after=retry_after))

    async def _serve(self, row: deque[_Waiting]) -> None:
        """Decide these and answer them, from the front; nobody is when others were first."""
        follower = self._follower
        author, (edit, course) = row[0]
        if isinstance(edit, Taking):
            return await self._take(author, edit, course)
        if isinstance(edit, Declining):
            return await self._decline(edit.taking)
        if not isinstance(edit, Edit):
            await follower.reach_back()
        decision = await self._decisions.of(author.person, edit)
        if isinstance(decision, Refused):
            # It may have been made before, and may be possible on a newer build.
            refuse = functools.partial(
                self._log.refuse, follower.state, author.person, edit, decision
            )
            self._answer(edit, await follower.patience.ask(refuse))
            return None
        course.decided()
        decisions = [decision]
        if len(row) > 1:
            decisions += await self._decide_on(decision, itertools.islice(row, 1, None))
        made = 0
        for decision, outcome in zip(decisions, await self._commit(decisions), strict=False):
            edit = row[0][1][0]
            assert not isinstance(edit, Taking | Declining)
            if isinstance(outcome, Done):
                self._tell(_accepted(edit, outcome.revision, decision.change))
                made += 1
            elif not self._answer(edit, outcome):
                break
        if made:
            self._send_answers()
            await follower.store(made)
        return None

    async def _decide_on(self, before: Commit, row: Iterable[_Waiting]) -> list[Commit]:
        """Each on what the one before leads to, as far as none is refused: it is told of what is
        made only."""
        decisions: list[Commit] = []
        now = asyncio.get_running_loop().time
        began = now()
        for author, (edit, course) in row:
            if now() - began > TURN_S:
                await asyncio.sleep(0)
                began = now()
            assert isinstance(edit, Edit)
            state = (decisions[-1] if decisions else before).after
            decide = functools.partial(
                session.decide, state, author.person, edit, self._engine, now_ms()
            )
            decision = self._decisions.guarded(edit.id, decide)
            if isinstance(decision, Refused):
                break
            course.decided()
            decisions.append(decision)
        return decisions

    async def _take(self, author: Author, taking: Taking, course: Course) -> None:
        """Make the edit that a proposal is, unless somebody has taken it; as `_answer`.

        The commit is bound to the revision at which nobody had.
        """
        follower = self._follower
        made = proposals.taken(follower.recent, taking.id, taking.proposed_by)
        if made is not None:
            self._tell(Accepted(taking.id, made.revision))
            return
        decision = self._decisions.taking(author.person, taking)
        if isinstance(decision, Refused):
            self._tell(decision)
            return
        course.decided()
        (outcome,) = await self._commit([decision])
        if isinstance(outcome, Done):
            self._tell(Accepted(taking.id, outcome.revision))
            self._send_answers()
            await follower.store(1)
        else:
            self._answer(taking, outcome)

    async def _decline(self, taking: Taking) -> None:
        """Have nobody make the edit that a proposal is, unless somebody has; as `_answer`.

        The refusal is bound to the revision at which nobody had.
        """
        follower = self._follower
        if proposals.taken(follower.recent, taking.id, taking.proposed_by) is not None:
            told = "This proposal is accepted already."
            self._tell(Refused("already_decided", told, id=taking.id))
            return
        told = "This proposal is declined already."  # who takes it elsewhere just now
        declined = Refused("already_decided", told, id=taking.id)
        edit = Edit(taking.id, taking.base, taking.operations)
        refuse = functools.partial(
            self._log.refuse, follower.state, taking.proposed_by, edit, declined
        )
        outcome = await follower.patience.ask(refuse)
        if isinstance(outcome, Refused):
            self._tell(Accepted(taking.id, follower.state.revision))
        else:
            self._answer(edit, outcome)

    async def _commit(self, decisions: list[Commit]) -> list[Done | Known | Refused | Elsewhere]:
        """What became of each, up to the first that was not made now. They are of those at the
        front of the row."""
        follower = self._follower
        row = [(decision, encode(decision.change)) for decision in decisions]
        stays = bool(self._turns) and self._in_a_row + len(row) < IN_A_ROW
        place = Place(self._worker, urgent=self._lost >= URGENT, stays=stays)
        line = follower.line
        outcomes = await follower.patience.ask(lambda: self._log.commit_row(row, place))
        self.races.run += 1
        for (author, (_, course)), (decision, frame), outcome in zip(
            self._row, row, outcomes, strict=False
        ):
            if isinstance(outcome, Done):
                made = session.entry(decision.change, frame, encode(decision.inverse))
                with course.durable():
                    follower.take(decision.after, made)
                author.weighed(len(frame) + len(made.inverse))
                self._lost = 0
                self._in_a_row = self._in_a_row + 1 if stays else 0
        if outcomes[0] == Elsewhere("waits"):
            self.races.waited += 1
            self._in_a_row = 0
            await follower.wait_in_line(self._worker, WAIT_S, line)
        elif outcomes[0] == Elsewhere("moved"):
            self.races.lost += 1
            self._lost += 1
        return outcomes

    def _answer(self, edit: Making | Taking, outcome: Refused | Known | Elsewhere) -> bool:
        """Tell the author, unless it is to be decided again: False."""
        match outcome:
            case Refused():
                self._tell(outcome)
            case Known(revision=revision, same=True):
                if revision > self._follower.state.revision:
                    return False  # the change first, then that it is accepted, if it still is
                self._tell(_accepted(edit, revision, self._change(revision)))
            case Known():
                message = "This edit id was used for another edit."
                self._tell(Refused("id_reused", message, id=edit.id))
            case Elsewhere("lost"):
                self._tell(Refused("lost", LOST, id=edit.id))
            case Elsewhere("too_old"):
                message = "Too old to tell whether this edit was made already."
                self._tell(Refused("too_old", message, id=edit.id))
            case _:
                return False
        return True

    def _tell(self, answer: Accepted | Refused) -> None:
        """Answer who is at the front of the row, soon: with the other answers of this turn."""
        author, (_, course) = self._row.popleft()
        course.answered(answer.code if isinstance(answer, Refused) else "")
        self._answers.setdefault(author, []).append(answer)

    def _send_answers(self) -> None:
        """One write for each author."""
        answers, self._answers = self._answers, {}
        for author, told in answers.items():
            author.answer(*told)

    def _change(self, revision: int) -> Change | None:
        """The change at a revision, if it is still known."""
        recent = self._follower.recent
        behind = self._follower.state.revision - revision
        return _change.decode(recent[-behind - 1].frame) if behind < len(recent) else None


def _accepted(edit: Making | Taking, revision: int, change: Change | None) -> Accepted:
    if isinstance(edit, Edit | Taking) or change is None:
        return Accepted(edit.id, revision)
    return Accepted(
        edit.id,
        revision,
        change.undoes,
        change.redoes,
        change.kept,
        change.passed_over,
        () if change.undoes_work is UNSET else change.undoes_work.edits,
    )

"""A session's changes that its log lost, decided again on top of what it has.

Redis may go back: by a failover, by an old file, by starting empty, and again before the first
time is made good. What a worker or SQL still knows of the changes that are gone is decided again,
in order and under its own edit ids, like edits in flight. Any number of workers may do so at
once: each edit is made once, or given up once, and then its author is told.

R1  A change that a worker knows stays known to it: it is in its history, or here. It leaves here
    only for a history that leads to the worker's state, as the log itself says of that state.
    What another worker has made is ahead until it is read: if the log goes back before that, it
    is in line again.
R2  What is refused now may build on what only another worker knows, so it waits for a moment,
    and all behind it in line, before it is given up.
R3  What is given up is so in one log. If that log goes back, it is in line again, too.
R4  A log has all that SQL has once SQL knows of all that was given up in it: else that would be
    decided again when the session is opened from SQL.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from server.engine import Engine
from server.live.patience import Patience
from server.log.log import Log
from server.log.logged import Done, Elsewhere, Known, Loss
from server.logic import session
from server.logic.session import Commit, Committed, State
from server.orm import DatabaseAwayError
from server.protocol import encode
from server.recording.archive import Archive
from server.server_messages import Accepted, Change, Refused

logger = logging.getLogger(__name__)

TELL_S = 1.0  # so long SQL may take to be told; then it is told again, some seconds later
LOST = "The server lost this edit, and it could not be made again."

_change = msgspec.json.Decoder(Change)


class Lost:
    """What is to be decided again.

    take: called with the state that a change brings, and the change, when the log has it.
    accepted(person, answer): called when an edit of theirs is made again, and read.
    others_s: how long other workers may take to see that the log is another.
    """

    def __init__(
        self,
        log: Log,
        archive: Archive,
        engine: Engine,
        patience: Patience,
        take: Callable[[State, Committed], None],
        accepted: Callable[[str, Accepted], None],
        others_s: float,
    ) -> None:
        self.unsorted = False  # what is in line may be in the log
        self._log = log
        self._archive = archive
        self._engine = engine
        self._patience = patience
        self._take = take
        self._accepted = accepted
        self._others_s = others_s
        self._others_until = 0.0  # by the loop's clock
        self._in_sql = False  # SQL may have some that this log has not
        self._sql_of = ""  # the epoch for which what SQL has is in line, or settled
        # By author, "<person> <edit id>":
        self._line: dict[str, Committed] = {}
        self._ahead: dict[str, Committed] = {}  # made by others, after what we have read
        self._given_up: dict[str, Committed] = {}
        self._to_tell: set[str] = set()  # of what is given up, what SQL may not know of

    def __bool__(self) -> bool:
        return self._in_sql or bool(self._line or self._to_tell)

    @property
    def waiting(self) -> bool:
        """Whether any is in line."""
        return bool(self._line)

    @property
    def others_s(self) -> float:
        """How long to wait for what other workers may know."""
        return max(0.0, self._others_until - asyncio.get_running_loop().time())

    def remember(self, changes: Iterable[Committed]) -> None:
        """The log is another one now. changes: what this worker saw in the one before, in order."""
        every = (changes, self._ahead.values(), self._line.values(), self._given_up.values())
        line: dict[str, Committed] = {}
        for group in every:
            for each in group:
                if each.by:  # our own are made anew, if need be
                    line.setdefault(_author(each), each)
        self._line, self._ahead, self._given_up, self._to_tell = line, {}, {}, set()
        self._begin()

    def opened(self, *, redone: bool) -> None:
        """Which log it is. redone: it has all that SQL has, as far as that may be."""
        self._in_sql = not redone
        if self._in_sql:
            self._begin()

    def _begin(self) -> None:
        self.unsorted = True
        self._others_until = asyncio.get_running_loop().time() + self._others_s

    async def sort(self, state: State) -> bool:
        """Leave in line what the log lacks; False when it is not a log that led to `state`."""
        known: tuple[Committed, ...] = ()
        if self._in_sql:
            try:
                known = await self._patience.ask(lambda: self._archive.lost(state.session))
            except DatabaseAwayError as error:
                logger.warning("session %s: what SQL has of it waits: %s", state.session, error)
            else:
                self._in_sql = False
                self._sql_of = state.epoch
        line: dict[str, Committed] = {}
        for each in reversed((*known, *self._line.values())):  # in the order of the newest log
            if each.by:
                line.setdefault(_author(each), each)
        self._line = dict(reversed(line.items()))
        authors = list(self._line)
        found = await self._patience.ask(lambda: self._log.remembered(state, authors))
        if found is None:
            return False
        self.unsorted = False
        for author, outcome in zip(authors, found, strict=True):
            if outcome is None:
                continue
            lost = self._line.pop(author)
            if not isinstance(outcome, Known):
                self._give_in(lost)  # who gave it up may have died since
            elif outcome.revision > state.revision:
                self._ahead[author] = lost
            elif outcome.revision != lost.revision:
                self._accepted(lost.by, Accepted(lost.edit, outcome.revision))
        return True

    async def settle(self, state: State, now: int) -> Literal["settled", "read on", "wait"]:
        """Decide the first in line on `state`.

        read on: `state` is not the newest, or some author is to be told; wait: for what others
        know. Raises StopIteration when none is in line, and FullError.
        """
        author, lost = next(iter(self._line.items()))
        decision = self._decide(state, _change.decode(lost.frame), now)
        if isinstance(decision, Refused):
            if decision.code != "not_allowed" and (self._in_sql or self.others_s):
                return "wait"
            return await self._give_up(state, lost, decision)
        frame = encode(decision.change)
        outcome = await self._patience.ask(lambda: self._log.commit(decision, frame))
        match outcome:
            case Done():
                made = session.entry(decision.change, frame, encode(decision.inverse))
                self._take(decision.after, made)
            case Refused():  # as it was sent again, to another worker
                return await self._give_up(state, lost, outcome)
            case Elsewhere("too_old"):
                del self._line[author]  # it was settled long ago
            case Known() | Elsewhere("lost"):
                self.unsorted = True
            case _:
                return "read on"
        return "settled"

    async def _give_up(
        self, state: State, lost: Committed, refused: Refused
    ) -> Literal["settled", "read on"]:
        told = Refused("lost", f"{LOST} {refused.message}", id=lost.edit, rule=refused.rule)
        loss = Loss(lost.by, state.epoch, state.revision, told)
        base = lost.revision - 1
        match await self._patience.ask(lambda: self._log.give_up(state, loss, base)):
            case Elsewhere("too_old"):  # it was settled long ago
                del self._line[loss.author]
                return "settled"
            case Known():
                self.unsorted = True
                return "settled"
            case Elsewhere("lost"):
                self._give_in(self._line.pop(loss.author))
        return "read on"

    def _give_in(self, lost: Committed) -> None:
        self._given_up[_author(lost)] = lost
        self._to_tell.add(_author(lost))

    async def tell_sql(self, session_id: str) -> bool:
        """Let SQL know of what was given up; False: SQL is away, or is not asked yet what it has.

        It is away when it takes long, too: the session waits meanwhile.
        """
        if self._in_sql:
            return False
        edits: dict[str, list[str]] = {}
        for author in self._to_tell:
            given_up = self._given_up[author]
            edits.setdefault(given_up.by, []).append(given_up.edit)
        try:
            async with asyncio.timeout(TELL_S):
                await self._archive.give_up(session_id, edits)
        except (DatabaseAwayError, TimeoutError) as error:
            logger.warning("session %s: what is given up waits for SQL: %s", session_id, error)
            return False
        self._to_tell.clear()
        return True

    def seen(self, committed: Committed) -> None:
        """This worker's history has one more change."""
        if not (self._line or self._ahead):
            return
        author = _author(committed)
        if self._line.pop(author, None) or self._ahead.pop(author, None):
            self._accepted(committed.by, Accepted(committed.edit, committed.revision))

    def _decide(self, state: State, lost: Change, now: int) -> Commit | Refused:
        try:
            return session.decide_again(state, lost, self._engine, now)
        except Exception:
            logger.exception("session %s: a lost edit could not be decided", state.session)
            return Refused("internal", "something is wrong on the server.", id=lost.edit)

    async def settled(self, state: State) -> None:
        """None is in line any more: nobody needs to look in SQL again."""
        if self._sql_of == state.epoch:
            await self._patience.ask(lambda: self._log.redone(state.session, state.epoch))
        self._sql_of = ""


def _author(change: Committed) -> str:
    return f"{change.by} {change.edit}"

"""A session's changes that its log lost, decided again on top of what it has.

Redis may go back: by a failover, by an old file, by starting empty. What a worker or SQL still
knows of the changes that are gone is decided again, in order and under its own edit ids, like
edits in flight. Any number of workers may do so at once: each edit is made once, or refused once.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

import msgspec

from server import session
from server.archive import Archive
from server.engine import Engine
from server.log import Done, Elsewhere, Known, Log
from server.orm import DatabaseAwayError
from server.patience import Patience
from server.protocol import Accepted, Change, Refused, encode
from server.session import Commit, Committed, State

logger = logging.getLogger(__name__)

LOST = "The server lost this edit, and it could not be made again."

_change = msgspec.json.Decoder(Change)


class Lost:
    """What is to be decided again.

    in_sql: whether SQL may have some that this log has not.
    take: called with the state that a change brings, and the change, when the log has it.
    told(person, answer): called when an edit of theirs is settled.
    """

    def __init__(
        self,
        log: Log,
        archive: Archive,
        engine: Engine,
        patience: Patience,
        take: Callable[[State, Committed], None],
        told: Callable[[str, Accepted | Refused], None],
    ) -> None:
        self.in_sql = False
        self._log = log
        self._archive = archive
        self._engine = engine
        self._patience = patience
        self._take = take
        self._told = told
        self._from_sql = False  # what SQL has is in line, or settled
        self._remembered: list[Committed] = []
        self._ahead: list[tuple[str, Accepted]] = []  # made by others, after what we have read
        self._line: deque[Committed] = deque()

    def __bool__(self) -> bool:
        return self.in_sql or bool(self._remembered) or bool(self._line)

    def remember(self, changes: Iterable[Committed]) -> None:
        """What this worker saw of the session in another log, in order."""
        self._remembered += changes

    async def gather(self, state: State) -> None:
        """Put what the session's log lacks in line."""
        known: list[Committed] = []
        if self.in_sql:
            try:
                known += await self._patience.ask(lambda: self._archive.lost(state.session))
            except DatabaseAwayError as error:
                logger.warning("session %s: what SQL has of it waits: %s", state.session, error)
            else:
                self.in_sql = False
                self._from_sql = True
        seen = {_author(each) for each in known}
        known += [each for each in self._remembered if _author(each) not in seen]
        self._remembered = []
        theirs = [each for each in known if each.by]  # our own are made anew, if need be
        authors = [_author(each) for each in theirs]
        found = await self._patience.ask(lambda: self._log.remembered(state.session, authors))
        for lost, outcome in zip(theirs, found, strict=True):
            if outcome is None:
                self._line.append(lost)
            elif not isinstance(outcome, Known):
                self._told(lost.by, Refused("lost", LOST, id=lost.edit))
            elif outcome.revision != lost.revision:
                self._made(state, lost, outcome.revision)

    async def settle(self, state: State, now: int) -> bool:
        """Decide the first in line on `state`; False when that is not the newest.

        Raises IndexError when none is in line, and FullError.
        """
        lost = self._line[0]
        change = _change.decode(lost.frame)
        decision = self._decide(state, change, now)
        if isinstance(decision, Refused):
            given_up = await self._patience.ask(lambda: self._log.give_up(state, _author(lost)))
            match given_up:
                case Known(revision=revision):
                    self._made(state, lost, revision)
                case Elsewhere("lost"):
                    with suppress(DatabaseAwayError):
                        await self._archive.give_up(state.session, lost.by, lost.edit)
                    message = f"{LOST} {decision.message}"
                    self._told(lost.by, Refused("lost", message, id=lost.edit, rule=decision.rule))
                case _:
                    return False
            self._line.popleft()
            return True
        frame = encode(decision.change)
        outcome = await self._patience.ask(lambda: self._log.commit(decision, frame))
        match outcome:
            case Done():
                made = session.entry(decision.change, frame, encode(decision.inverse))
                self._take(decision.after, made)
                self._told(lost.by, Accepted(lost.edit, outcome.revision))
            case Known(revision=revision):
                self._made(state, lost, revision)
            case Refused() | Elsewhere("too_old" | "lost"):
                pass  # it was settled long ago
            case _:
                return False
        self._line.popleft()
        return True

    def reached(self, revision: int) -> None:
        """The follower has come so far: who waited for it hears that their edit was made."""
        ahead, self._ahead = self._ahead, []
        for person, accepted in ahead:
            if accepted.revision <= revision:
                self._told(person, accepted)
            else:
                self._ahead.append((person, accepted))

    def _made(self, state: State, lost: Committed, revision: int) -> None:
        """By another worker: its author hears of it after the change, never before."""
        self._ahead.append((lost.by, Accepted(lost.edit, revision)))
        self.reached(state.revision)

    def _decide(self, state: State, lost: Change, now: int) -> Commit | Refused:
        try:
            return session.decide_again(state, lost, self._engine, now)
        except Exception:
            logger.exception("session %s: a lost edit could not be decided", state.session)
            return Refused("internal", "something is wrong on the server.", id=lost.edit)

    async def settled(self, state: State) -> None:
        """None is in line any more: nobody needs to look in SQL again."""
        if self._from_sql:
            await self._patience.ask(lambda: self._log.redone(state.session, state.epoch))
            self._from_sql = False

    @property
    def waiting(self) -> bool:
        return bool(self._line)


def _author(change: Committed) -> str:
    return f"{change.by} {change.edit}"

"""This worker's copy of a session: it follows the log, and tells what it learnt.

Only the session's own task reads on and takes changes, so everything between two of its awaits
is one moment for everybody.
"""

import asyncio
import functools
import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from msgspec.structs import replace

from server.engine import Engine
from server.live.heard import Heard, Line
from server.live.losses import Told
from server.live.lost import Lost
from server.live.patience import Patience
from server.log.log import Log
from server.log.logged import BrokenError, Done, ForeignError, Head, Loaded
from server.log.releases import Releases
from server.logic import session
from server.logic.rights import Access
from server.logic.session import Commit, Committed, State
from server.protocol import Position, encode
from server.recording.archive import Archive
from server.redis.calls import FullError, UnreachableError
from server.server_messages import Accepted, Refused
from server.settings import Settings

logger = logging.getLogger(__name__)

RECENT = 500  # changes kept for those who come back
SLICE = 32  # changes of others that are taken over in one piece
OTHERS_S = 1.0  # how much longer than to compare heads a worker may take to see another log


class NoSessionError(Exception):
    """There is no such session."""


class EngineMovedError(Exception):
    """The session runs on an engine that this worker does not have, or on a newer release."""


class Listener(Protocol):
    """Who is told of each step, in the same turn in which the follower's state makes it."""

    def changed(self, before: State, after: State, committed: Committed) -> None:
        """The session has one more change."""

    def access_changed(self, access: Access) -> None:
        """Members or roles are others; also told when the session is loaded."""

    def started_again(self) -> None:
        """The state does not follow from the one before: everybody needs a snapshot."""

    def settled(self, person: str, answer: Accepted | Refused) -> None:
        """An edit that the log had lost is made again, or cannot be."""

    def degraded(self, degraded: bool) -> None:
        """Redis stopped to answer, or answers again."""

    def wake(self) -> None:
        """There is something to read: call `read_on` soon."""


class Follower:
    """A session's newest state that this worker knows, and the changes that led to it.

    archive: where sessions are that Redis does not have, and changes that the log has no more.
    """

    state: State

    def __init__(
        self,
        session_id: str,
        log: Log,
        engine: Engine,
        settings: Settings,
        listener: Listener,
        archive: Archive,
        releases: Releases,
    ) -> None:
        self.id = session_id
        self.recent: deque[Committed] = deque(maxlen=RECENT)
        self.patience = Patience(session_id, listener.degraded)
        self._log = log
        self._engine = engine
        self._stored_every = settings.stored_every
        self._listener = listener
        self._archive = archive
        self._releases = releases
        others_s = settings.compare_every_s + OTHERS_S
        self._lost = Lost(
            log, archive, engine, self.patience, self.take, listener.settled, others_s
        )
        self._losses = Told(listener.settled)
        self._left: set[str] = set()  # epochs that ended
        self._reaches_back = False  # `recent` has all that there is
        self._loaded = False
        self._heard = Heard(listener.wake)

    @property
    def news(self) -> bool:
        """Whether there is something to read."""
        return self._heard.news(self._revision)

    @property
    def _revision(self) -> int | None:
        return self.state.revision if self._loaded else None

    # What others may call at any time. None of it waits, but for `refresh`.

    def hint(self, revision: int | None, next_in_line: str = "") -> None:
        """See `Heard.hint`."""
        self._heard.hint(revision, next_in_line, self._revision)

    def stands(self, head: Head | None) -> None:
        """Where the log really is: what no hint told is read now."""
        if self._loaded and (head is None or not self.at(head)):
            self._heard.look()

    async def refresh(self) -> None:
        """Read what happened elsewhere, now. Raises UnreachableError."""
        await self._heard.refreshed()

    def give_up(self) -> None:
        """The task is over: nobody waits for what it would read."""
        self._heard.give_up()

    @property
    def needed(self) -> bool:
        """Whether we may be alone to know of a change: the log lost it, or may have, for it does
        not answer."""
        return self._loaded and (self._lost.waiting or self.patience.degraded)

    def look_for_lost(self) -> None:
        """What could not be regained just then may be possible now."""
        if self._lost:
            self._lost.unsorted = True
            self._heard.look()

    def lost_of(self, person: str, resume: Position | None) -> tuple[Refused, ...]:
        """What somebody who comes may not have been told: their edits that are lost for good."""
        here = resume if resume is not None and resume.epoch == self.state.epoch else None
        return self._losses.of(person, here)

    def at(self, head: Head) -> bool:
        """Whether the log is where our state is."""
        state = self.state
        return head == Head(
            state.epoch,
            state.revision,
            state.edit,
            state.access.version,
            state.engine,
            self._losses.number,
        )

    # What the session's task does.

    async def begin(self) -> None:
        """Load the session, bring it to our engine, and make good what its log lost.

        Raises NoSessionError or EngineMovedError when it cannot be served.
        """
        with self._of_our_release():
            await self._load()
            await self._adopt()
            self._loaded = True
            await self._regain()

    async def read_on(self) -> None:
        """Take over what others have committed since, from the log."""
        with self._heard.reading(), self._of_our_release():
            await self._take_news()
            await self._regain()

    @contextmanager
    def _of_our_release(self) -> Iterator[None]:
        """Who reads what only a newer release can read sends people on to it."""
        try:
            yield
        except ForeignError as error:
            logger.warning("session %s: %s", self.id, error)
            raise EngineMovedError(self.id) from None

    @property
    def line(self) -> Line:
        """See `wait_in_line`."""
        return self._heard.line

    async def wait_in_line(self, worker: str, seconds: float, before: Line) -> None:
        """Read on until it is this worker's turn to commit, but no longer than so.

        before: the `line` when it asked, and was told to wait.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds) as patience:
                while not self._heard.is_next(worker, self.state.revision, before):
                    self._heard.hinted.clear()
                    if not self.news:
                        await self._heard.hinted.wait()
                    if self.news and not self._heard.is_next(worker, self.state.revision, before):
                        deadline = patience.when()
                        patience.reschedule(None)  # what is begun is not cut off
                        await self.read_on()
                        patience.reschedule(deadline)

    def take(self, after: State, committed: Committed) -> None:
        """A change that is in the log now, and follows our state."""
        before, self.state = self.state, after
        self.recent.append(committed)
        self._listener.changed(before, after, committed)
        self._lost.seen(committed)

    async def reach_back(self) -> None:
        """Know as many recent changes as the log spans, from an epoch before if need be.

        Raises DatabaseAwayError, and EngineMovedError when a newer release made them.
        """
        with self._of_our_release():
            await self._reach_back()

    async def _reach_back(self) -> None:
        while not self._reaches_back and len(self.recent) < RECENT:
            first = self.recent[0].revision if self.recent else self.state.revision + 1
            if first <= 1:
                return  # nobody needs to be asked what was before the first change
            count = RECENT - len(self.recent)
            older = await self.patience.ask(
                lambda: self._log.before(self.id, self.state.epoch, first, count)  # noqa: B023
            )
            if not older:
                older = await self._archive.before(self.id, first, count)
            if older and older[-1].revision == first - 1:
                self.recent.extendleft(reversed(older))
            else:
                self._reaches_back = True

    async def store(self, made: int) -> None:
        """Store the build, every few dozen revisions. made: how many there are since the last
        call."""
        if self.state.revision % self._stored_every < made:
            with suppress(UnreachableError, FullError):  # the next time, then
                await self._log.store(self.state)

    async def _load(self) -> None:
        """Begin anew with what the log has; what we know goes in line for it to be found there."""
        if self._loaded:
            self._lost.remember(self.recent)
            self._left.add(self.state.epoch)
        while (loaded := await self._load_from_redis()) is None or await self._ended(loaded):
            pass
        state = loaded.state
        self._left.discard(state.epoch)
        if self._loaded and state.access.version < self.state.access.version:
            # Redis went back to before a change of the access: who came since stays, and nobody
            # revoked returns.
            access = self.state.access
            await self.patience.ask(lambda: self._log.put_access(self.id, access))
            state = replace(state, access=access)
        self.state = state
        self.recent = deque(loaded.recent, maxlen=RECENT)
        self._reaches_back = False
        self._lost.opened(redone=loaded.redone)
        self._losses.learn(loaded.losses)
        self._listener.access_changed(state.access)
        if state.access.ended:
            raise NoSessionError(self.id)

    async def _load_from_redis(self) -> Loaded | None:
        """None: Redis had nothing that one can begin with, and was given what SQL has."""
        found = ""
        try:
            loaded = await self.patience.ask(lambda: self._log.load(self.id))
        except BrokenError as broken:
            logger.error("%s", broken)
            entries = await self.patience.ask(lambda: self._log.entries(self.id))
            if entries is not None:
                found = entries.epoch
                self._lost.remember([each for each, _ in entries.changes])
        else:
            if loaded is not None:
                return loaded
        # Who comes first is told when SQL is away; who is here already waits for it.
        reopen = functools.partial(self._archive.reopen, self.id, found)
        if not await self.patience.ask(reopen, sql=self._loaded):
            raise NoSessionError(self.id)
        return None

    async def _ended(self, loaded: Loaded) -> bool:
        """Whether Redis went back to an epoch that we saw end: then it goes on in a new one."""
        epoch = loaded.state.epoch
        if epoch not in self._left or epoch == self.state.epoch:
            return False
        await self.patience.ask(lambda: self._archive.again(self.id, epoch), sql=True)
        return True

    async def _reload(self) -> None:
        await self._load()
        self._listener.started_again()

    async def _adopt(self) -> None:
        """Bring a session of another catalogue or other maths to ours, by a change of its own.

        Raises EngineMovedError when our engine is not the one that is wanted.
        """
        while self.state.engine != self._engine.name:
            wanted = await self.patience.ask(self._releases.wanted)
            if wanted.engine != self._engine.name:
                raise EngineMovedError(self.id)
            commit = session.move(self.state, self._engine, now_ms())
            if not await self._commit(commit):
                await self._reload()

    async def _commit(self, commit: Commit) -> bool:
        frame = encode(commit.change)
        outcome = await self.patience.ask(lambda: self._log.commit(commit, frame))
        if not isinstance(outcome, Done):
            return False
        self.take(commit.after, session.entry(commit.change, frame, encode(commit.inverse)))
        return True

    async def _take_news(self) -> None:
        losses = self._losses.number
        try:
            news = await self.patience.ask(lambda: self._log.since(self.state, losses))
        except BrokenError as broken:
            logger.warning("%s", broken)
            if broken.why == "back":
                await self.patience.ask(
                    lambda: self._archive.again(self.id, self.state.epoch), sql=True
                )
            await self._reload()
            await self._adopt()
            return
        for number, (committed, change) in enumerate(news.changes, 1):
            self.take(session.follow(self.state, change), committed)
            if number % SLICE == 0:
                await asyncio.sleep(0)  # other sessions have their turn
        if news.losses is not None:
            if news.losses.number < self._losses.number:
                self._lost.remember(())  # Redis went back, if over nothing but what was given up
            self._losses.learn(news.losses)
        if news.access is not None and news.access.version < self.state.access.version:
            # Redis went back to before a change of the access: nobody revoked may return.
            access = self.state.access
            await self.patience.ask(lambda: self._log.put_access(self.id, access))
        elif news.access is not None:
            self.state = replace(self.state, access=news.access)
            self._listener.access_changed(news.access)
            if news.access.ended:
                raise NoSessionError(self.id)
        if news.engine != self._engine.name:
            raise EngineMovedError(self.id)
        if news.more:
            self._heard.look()

    async def _regain(self) -> None:
        """Decide again what the log lost and we, or SQL, still know."""
        lost = self._lost
        try:
            while lost:
                if lost.unsorted:
                    if not await lost.sort(self.state):
                        await self._take_news()
                    continue
                if not lost.waiting:
                    if await lost.tell_sql(self.id):
                        continue
                    return  # for SQL
                match await lost.settle(self.state, now_ms()):
                    case "read on":
                        await self._take_news()
                    case "wait":
                        self._heard.look_later(lost.others_s)
                        return  # for other workers, or for SQL
            await lost.settled(self.state)
        except FullError:
            return  # they wait in line


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000

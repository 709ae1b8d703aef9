"""One session on this worker: its state, and the turns in which edits are decided.

Only the session's own task changes the state, so everything between two of its awaits is one
moment for everybody. Who joins enters between them, in one turn with their snapshot.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal

from msgspec import UnsetType
from msgspec.structs import replace

from server import session
from server.audience import Audience
from server.connection import Connection
from server.engine import Engine
from server.hints import Hints
from server.log import (
    BrokenError,
    Done,
    Elsewhere,
    FullError,
    Head,
    Known,
    Log,
    UnreachableError,
    key,
)
from server.patience import Patience
from server.people import Presence
from server.protocol import (
    Accepted,
    Close,
    Closing,
    Edit,
    Position,
    Refused,
    Reset,
    Snapshot,
    Status,
    encode,
)
from server.session import Commit, Committed, House, State
from server.settings import Settings
from server.transport import text_frame
from server.turns import Turns

logger = logging.getLogger(__name__)

REFRESH_S = 5.0
RECENT = 500  # changes kept for those who come back
DEGRADED = Status(degraded=True, reason="Edits wait until the server can store them.")


class NoSessionError(Exception):
    """There is no such session."""


class EngineMovedError(Exception):
    """Another worker brought the session to an engine that this one does not have."""


class LiveSession:
    """A session that somebody on this worker is in.

    reopen: bring back a session that Redis does not have; False when there is none.
    ready: done when the session is loaded, failed when it cannot be.
    expected: how many are about to enter.
    """

    state: State

    def __init__(
        self,
        session_id: str,
        log: Log,
        hints: Hints,
        presence: Presence,
        engine: Engine,
        settings: Settings,
        house: House,
        reopen: Callable[[str], Awaitable[bool]],
    ) -> None:
        self.id = session_id
        self.audience = Audience()
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.expected = 0
        self.idle_since = time.monotonic()
        self._log = log
        self._hints = hints
        self._presence = presence
        self._engine = engine
        self._settings = settings
        self._house = house
        self._reopen = reopen
        self.channel = key(session_id, "hints")
        self._recent: deque[Committed] = deque(maxlen=RECENT)
        self._turns = Turns()
        self._wake = asyncio.Event()
        self._news = False  # something happened elsewhere
        self._people: Literal["", "renew", "tell"] = ""  # what is to be written
        self._came: list[Connection] = []  # who other workers do not know yet
        self._patience = Patience(session_id, self._degraded)
        self._refreshed: list[asyncio.Future[None]] = []

    # What connections do. None of it waits.

    def enter(
        self, connection: Connection, resume: Position | None, token: str | UnsetType
    ) -> None:
        """Give a newcomer all that they lack, and count them in.

        token: one to keep. Raises Closing when there is no place for them.
        """
        member = self.state.access.members.get(connection.person)
        if member is None:
            raise Closing(Close.NOT_ALLOWED, "You may not be in this session.")
        limits = self._settings
        if self.audience.full(connection, editors=limits.editors, viewers=limits.viewers):
            raise Closing(Close.NOT_ALLOWED, "The session is full.")
        self.audience.enter(connection)
        snapshot = text_frame(encode(self.snapshot()))
        missed = None
        if resume is not None:
            frames = session.missed(self.state, self._recent, resume, len(snapshot))
            missed = None if frames is None else tuple(map(text_frame, frames))
        connection.answer(
            session.welcome(
                self.state,
                connection.person,
                resumed="snapshot" if missed is None else "changes" if missed else "nothing",
                people=self.audience.people.values(),
                house=self._house,
                token=token,
            )
        )
        connection.send(snapshot if missed is None else b"".join(missed))
        if self._patience.degraded:
            connection.answer(DEGRADED)
        self._came.append(connection)
        self._share_people("tell")

    def leave(self, connection: Connection) -> None:
        if self.audience.leave(connection):
            self._share_people("tell")
        self.idle_since = time.monotonic()

    def submit(self, connection: Connection, edit: Edit) -> None:
        """Put an edit in line; its author is answered when its turn has come."""
        if self._turns.put(connection, edit):
            self._wake.set()
        else:
            connection.answer(
                Refused("unavailable", "Too many edits are waiting.", id=edit.id, retry_after=1.0)
            )

    def catch_up(self, connection: Connection) -> None:
        """Move somebody who had fallen behind, and reads again, to the newest state."""
        if connection.behind_since is None:
            return
        connection.behind_since = None
        connection.answer(Reset("You fell behind."))
        connection.answer(self.snapshot())

    async def refresh(self) -> None:
        """Read what happened elsewhere, now. Raises UnreachableError."""
        refreshed = asyncio.get_running_loop().create_future()
        self._refreshed.append(refreshed)
        self._news = True
        self._wake.set()
        try:
            async with asyncio.timeout(REFRESH_S):
                await refreshed
        except TimeoutError:
            raise UnreachableError("the session is not refreshed") from None

    # What the hub hears.

    def heard(self, hint: bytes) -> None:
        """A worker says that something happened; our own hints come back to us too."""
        if hint.startswith(b"people "):
            worker, *came = hint.decode().removeprefix("people ").splitlines()
            if worker == self._house.worker:
                return
            for each in came:
                self.audience.replace(*each.split(" "))
            self._share_people("renew")
        elif not hint.isdigit() or not self._loaded or int(hint) > self.state.revision:
            self._news = True
            self._wake.set()

    def stands(self, head: Head | None) -> None:
        """Where the log really is: what no hint told is read now."""
        if self._loaded and (head is None or not self._at(head)):
            self._news = True
            self._wake.set()

    def tidy(self) -> None:
        """What is to be done every few seconds."""
        self.audience.close_overdue(time.time(), time.monotonic())
        for connection in self.audience:
            if connection.drained:
                self.catch_up(connection)
        self._share_people("renew")

    @property
    def idle(self) -> bool:
        return not (len(self.audience) or self.expected or self._turns)

    def snapshot(self) -> Snapshot:
        state = self.state
        return Snapshot(
            epoch=state.epoch,
            revision=state.revision,
            edit=state.edit,
            build=state.build,
            totals=state.totals,
            findings=state.findings,
            people=tuple(self.audience.people.values()),
        )

    # The task.

    async def run(self) -> None:
        """Load the session, then serve it until cancelled.

        Raises NoSessionError, BrokenError or EngineMovedError when it cannot be served.
        """
        try:
            await self._hints.subscribe(self.channel)
            await self._load()
            await self._adopt()
            await self._write_people()
        except Exception as error:
            self.ready.set_exception(error)
            self.ready.exception()  # seen, even when nobody waits for it any more
            raise
        except asyncio.CancelledError:
            self.ready.cancel()
            raise
        self.ready.set_result(None)
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._news or self._people or self._turns:
                if self._news:
                    await self._read_on()
                if self._people:
                    await self._write_people()
                if self._turns:
                    await self._serve(*self._turns.take())

    async def leave_presence(self) -> None:
        """Say in Redis that nobody is here any more."""
        with suppress(UnreachableError):  # else it expires
            await self._presence.write(self.id, (), f"people {self._house.worker}")

    async def _load(self) -> None:
        loaded = await self._patience.ask(lambda: self._log.load(self.id))
        if loaded is None:
            if not await self._reopen(self.id):
                raise NoSessionError(self.id)
            loaded = await self._patience.ask(lambda: self._log.load(self.id))
            if loaded is None:
                raise BrokenError(self.id)
        self.state = loaded.state
        self._recent = deque(loaded.recent, maxlen=RECENT)
        self.audience.take_access(loaded.state.access)

    async def _reload(self) -> None:
        await self._load()
        self.audience.send(Reset("The session was opened again."))
        self.audience.send(self.snapshot())

    async def _adopt(self) -> None:
        """Bring a session of another catalogue or other maths to ours, by a change of its own."""
        while self.state.engine != self._engine.name:
            commit = session.move(self.state, self._engine, _milliseconds())
            frame = encode(commit.change)
            outcome = await self._patience.ask(lambda: self._log.commit(commit, frame))  # noqa: B023
            if isinstance(outcome, Done):
                self._take(commit.after, Committed(outcome.revision, commit.change.edit, frame))
            else:
                await self._reload()

    async def _serve(self, connection: Connection, edit: Edit) -> None:
        try:
            while not await self._settle(connection, edit):
                await self._read_on()
        except FullError:
            connection.answer(
                Refused("unavailable", "The server is full.", id=edit.id, retry_after=5.0)
            )

    async def _settle(self, connection: Connection, edit: Edit) -> bool:
        """Decide an edit and answer it; False when others were first: decide again."""
        decision = self._decide(connection.person, edit)
        if isinstance(decision, Refused):
            # It may have been made before, and may be possible on a newer build.
            known = await self._patience.ask(
                lambda: self._log.known(self.id, connection.person, edit)
            )
            if isinstance(known, Head):
                if not self._at(known):
                    return False
                connection.answer(decision)
                return True
            return await self._answer(connection, edit, known)
        frame = encode(decision.change)
        outcome = await self._patience.ask(lambda: self._log.commit(decision, frame))
        if isinstance(outcome, Done):
            self._take(decision.after, Committed(outcome.revision, edit.id, frame))
            connection.answer(Accepted(edit.id, outcome.revision))
            await self._store()
            return True
        return await self._answer(connection, edit, outcome)

    async def _answer(self, connection: Connection, edit: Edit, outcome: Known | Elsewhere) -> bool:
        match outcome:
            case Known(revision=revision, same=True):
                if revision > self.state.revision:
                    await self._read_on()  # the change first, then that it is accepted
                connection.answer(Accepted(edit.id, revision))
            case Known():
                message = "This edit id was used for another edit."
                connection.answer(Refused("id_reused", message, id=edit.id))
            case Elsewhere("too_old"):
                message = "Too old to tell whether this edit was made already."
                connection.answer(Refused("too_old", message, id=edit.id))
            case _:
                return False
        return True

    def _decide(self, person: str, edit: Edit) -> Commit | Refused:
        try:
            return session.decide(self.state, person, edit, self._engine, _milliseconds())
        except Exception:
            # A bug in the rules or the maths costs this edit, not the session.
            logger.exception("session %s: an edit could not be decided", self.id)
            message = "Something is wrong on the server; the edit was not made."
            return Refused("internal", message, id=edit.id)

    async def _read_on(self) -> None:
        """Take over what others have committed since, from the log."""
        self._news = False
        refreshed, self._refreshed = self._refreshed, []
        try:
            await self._take_news()
        finally:
            for future in refreshed:
                if not future.done():
                    future.set_result(None)

    async def _take_news(self) -> None:
        try:
            news = await self._patience.ask(lambda: self._log.since(self.state))
        except BrokenError:
            await self._reload()
            await self._adopt()
            return
        for committed, change in news.changes:
            self._take(session.follow(self.state, change), committed)
        if news.access is not None:
            self.state = replace(self.state, access=news.access)
            self.audience.take_access(news.access)
        if news.engine != self._engine.name:
            raise EngineMovedError(self.id)
        self._news = self._news or news.more

    def _take(self, state: State, committed: Committed) -> None:
        self.state = state
        self._recent.append(committed)
        self.audience.send_frame(text_frame(committed.frame))

    async def _store(self) -> None:
        if self.state.revision % self._settings.stored_every == 0:
            with suppress(UnreachableError, FullError):  # the next time, then
                await self._log.store(self.state)

    async def _write_people(self) -> None:
        hint = ""
        if self._people == "tell":
            came = (f"{each.person} {each.client} {each.id}" for each in self._came)
            hint = "\n".join((f"people {self._house.worker}", *came))
        self._people, self._came = "", []
        with suppress(UnreachableError, FullError):  # renewed soon anyway
            own = self.audience.own_people()
            self.audience.take_others(await self._presence.write(self.id, own, hint))

    def _share_people(self, how: Literal["renew", "tell"]) -> None:
        if self._people != "tell":
            self._people = how
        self._wake.set()

    def _degraded(self, degraded: bool) -> None:
        self.audience.send(DEGRADED if degraded else Status(degraded=False), editors_only=True)

    @property
    def _loaded(self) -> bool:
        return self.ready.done() and self.ready.exception() is None

    def _at(self, head: Head) -> bool:
        state = self.state
        return (head.epoch, head.revision, head.edit, head.access, head.engine) == (
            state.epoch,
            state.revision,
            state.edit,
            state.access.version,
            state.engine,
        )


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000

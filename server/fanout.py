"""This worker's sessions: opened when somebody comes, closed when nobody is left."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from redis.asyncio import Redis

from server.engine import Engine
from server.hints import Hints
from server.log import Log, UnreachableError
from server.orm import DatabaseAwayError
from server.people import Presence
from server.protocol import CatalogueName, Close, Limits
from server.room import EngineMovedError, NoSessionError, Room
from server.session import House
from server.settings import Settings

logger = logging.getLogger(__name__)

LINGER_S = 10.0  # how long a session stays open when nobody is there: they may be back
READY_S = 8.0  # how long somebody waits for a session to load


class Hub:
    """A worker's rooms, its one reader of hints, and what is done every few seconds.

    hints_redis: a client that does not reconnect by itself, so that no loss goes unnoticed.
    reopen: bring back a session that Redis does not have; False when there is none.
    """

    def __init__(
        self,
        redis: Redis,
        hints_redis: Redis,
        log: Log,
        engine: Engine,
        settings: Settings,
        worker: str,
        reopen: Callable[[str], Awaitable[bool]],
    ) -> None:
        self._rooms: dict[str, Room] = {}
        self._log = log
        self._engine = engine
        self._settings = settings
        self._house = House(
            catalogue=CatalogueName(engine.catalogue.release, engine.catalogue.hash),
            limits=Limits(
                settings.frame_bytes,
                settings.operations_per_edit,
                settings.edits_per_second,
                settings.edits_burst,
                settings.operations_per_second,
                settings.operations_burst,
            ),
            heartbeat_s=settings.heartbeat_s,
            worker=worker,
        )
        self._reopen = reopen
        self._compare_now = asyncio.Event()
        self._presence = Presence(redis, worker, settings.people_ttl_s)
        self._hints = Hints(
            redis, hints_redis, f"cohort:worker:{worker}", self._heard, self._compare_now.set
        )
        self._group = asyncio.TaskGroup()
        self._tasks: dict[Room, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Serve until cancelled."""
        async with self._group:
            self._group.create_task(self._hints.run())
            self._group.create_task(self._compare())
            self._group.create_task(self._tidy())

    def sessions(self) -> tuple[str, ...]:
        """The ids of the sessions that are open here."""
        return tuple(self._rooms)

    @asynccontextmanager
    async def room(self, session: str) -> AsyncIterator[Room]:
        """The loaded room of a session; it stays while somebody is in this context or in it.

        Raises NoSessionError, UnreachableError, or what else hinders the session.
        """
        room = self._rooms.get(session)
        if room is None:
            room = self._open(session)
        room.expected += 1
        try:
            try:
                async with asyncio.timeout(READY_S):
                    await asyncio.shield(room.ready)
            except TimeoutError:
                raise UnreachableError("the session does not load") from None
            yield room
        finally:
            room.expected -= 1

    def _open(self, session: str) -> Room:
        room = self._rooms[session] = Room(
            session,
            self._log,
            self._hints,
            self._presence,
            self._engine,
            self._settings,
            self._house,
            self._reopen,
        )
        self._tasks[room] = self._group.create_task(self._run(room))
        return room

    async def _run(self, room: Room) -> None:
        try:
            await room.run()
        except NoSessionError:
            room.audience.close_all(Close.NO_SESSION, "There is no such session any more.")
        except EngineMovedError:
            room.audience.close_all(Close.RESTARTING, "The session moved to a newer release.")
        except DatabaseAwayError as error:
            logger.warning("session %s cannot be brought back: %s", room.id, error)
            room.audience.close_all(Close.TRY_AGAIN, "The session cannot be opened just now.")
        except Exception:
            logger.exception("session %s failed", room.id)
            room.audience.close_all(Close.TRY_AGAIN, "Something is wrong on the server.")
        finally:
            self._close(room)
            if room.id not in self._rooms:  # not opened again already
                await room.leave_presence()

    def _close(self, room: Room) -> None:
        """Forget a room; its channel is left in the same turn, before another can be opened."""
        task = self._tasks.pop(room, None)
        if task is not None:
            del self._rooms[room.id]
            self._hints.unsubscribe(room.channel)
            task.cancel()

    def _heard(self, channel: str, hint: bytes) -> None:
        session = channel.removeprefix("{session:").removesuffix("}:hints")
        room = self._rooms.get(session)
        if room is not None:
            room.heard(hint)

    async def _compare(self) -> None:
        """Find what no hint told: every few seconds, and whenever hints may have been lost."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.compare_every_s):
                    await self._compare_now.wait()
            self._compare_now.clear()
            rooms = list(self._rooms.values())
            with suppress(UnreachableError):
                heads = await self._log.heads([room.id for room in rooms])
                for room, head in zip(rooms, heads, strict=True):
                    room.stands(head)

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(self._settings.people_ttl_s / 3)
            for room in list(self._rooms.values()):
                if room.idle and time.monotonic() - room.idle_since > LINGER_S:
                    self._close(room)
                else:
                    room.tidy()

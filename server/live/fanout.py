"""This worker's sessions: opened when somebody comes, closed when nobody is left."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import Context

from redis.asyncio import Redis

from server.engine import Engine
from server.live.follower import EngineMovedError, NoSessionError
from server.live.people import Presence
from server.live.session import LiveSession, Look
from server.log.hints import Hints
from server.log.log import Log
from server.log.releases import Releases
from server.logic.session import House
from server.orm import DatabaseAwayError
from server.protocol import MAX_SAID, Close
from server.recording.archive import Archive
from server.redis.calls import FullError, UnreachableError
from server.server_messages import CatalogueName, Limits
from server.settings import Settings
from server.telemetry.measures import UNMEASURED, Measures

logger = logging.getLogger(__name__)

LINGER_S = 10.0  # how long a session stays open when nobody is there: they may be back
TOGETHER = 8  # sessions that are looked after in one turn
READY_S = 8.0  # how long somebody waits for a session to load


class Hub:
    """A worker's live sessions, its one reader of hints, and what is done every few seconds.

    hints_redis: a client that does not reconnect by itself, so that no loss goes unnoticed.
    archive: where sessions are that Redis does not have. look: see `LiveSession`.
    """

    def __init__(
        self,
        redis: Redis,
        hints_redis: Redis,
        log: Log,
        engine: Engine,
        settings: Settings,
        worker: str,
        archive: Archive,
        look: Look = lambda _: None,
        measures: Measures = UNMEASURED,
    ) -> None:
        self._live: dict[str, LiveSession] = {}
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
                settings.questions_per_second,
                settings.focus_per_second,
                settings.said_per_second,
                MAX_SAID,
                settings.editors,
                settings.viewers,
                settings.members,
                settings.edit_bytes_per_second,
                settings.edit_bytes_burst,
                settings.said_burst,
                settings.messages_per_second,
                settings.messages_burst,
            ),
            heartbeat_s=settings.heartbeat_s,
            worker=worker,
        )
        self._archive = archive
        self._look = look
        self._measures = measures
        self._releases = Releases(redis, engine.name, measures)
        self._compare_now = asyncio.Event()
        self._presence = Presence(redis, worker, settings.people_ttl_s, measures)
        self._hints = Hints(
            redis, hints_redis, f"cohort:worker:{worker}", self._heard, self._restored
        )
        self._group = asyncio.TaskGroup()
        self._tasks: dict[LiveSession, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Serve until cancelled."""
        self._compare_now.set()  # what runs here is announced at once
        async with self._group:
            self._group.create_task(self._hints.run())
            self._group.create_task(self._compare())
            self._group.create_task(self._tidy())

    def sessions(self) -> tuple[str, ...]:
        """The ids of the sessions that are open here."""
        return tuple(self._live)

    async def drain(self) -> None:
        """Wait until every edit that came in is decided: its author finds it when they return."""
        for live in list(self._live.values()):
            await live.drained()

    async def mend(self, session: str, found: str) -> None:
        """A session's log went back in the epoch `found`: start it again, and regain what is
        known of what it lost.

        Raises UnreachableError, FullError or DatabaseAwayError: then it is still to be done.
        """
        await self._archive.again(session, found)
        with suppress(NoSessionError, EngineMovedError):  # others regain it
            async with self.live(session) as live:
                await live.refresh()

    @asynccontextmanager
    async def live(self, session: str) -> AsyncIterator[LiveSession]:
        """A session, loaded; it stays while somebody is in this context or in it.

        Raises NoSessionError, UnreachableError, or what else hinders the session.
        """
        live = self._live.get(session)
        if live is None:
            live = self._open(session)
        live.expected += 1
        try:
            try:
                async with asyncio.timeout(READY_S):
                    await asyncio.shield(live.ready)
            except TimeoutError:
                raise UnreachableError("the session does not load") from None
            yield live
        finally:
            live.expected -= 1

    def _open(self, session: str) -> LiveSession:
        live = self._live[session] = LiveSession(
            session,
            self._log,
            self._hints,
            self._presence,
            self._engine,
            self._settings,
            self._house,
            self._archive,
            self._releases,
            self._look,
            self._measures,
        )
        self._measures.session(1)
        # In a context of its own: it is no part of the request of who came first.
        task = self._group.create_task(self._run(live), context=Context())
        self._tasks[live] = task
        return live

    async def _run(self, live: LiveSession) -> None:
        try:
            await live.run()
        except NoSessionError:
            live.audience.close_all(Close.NO_SESSION, "This session has been ended for everybody.")
        except EngineMovedError:
            live.audience.close_all(Close.RESTARTING, "The session is on another release.")
        except DatabaseAwayError as error:
            logger.warning("session %s cannot be brought back: %s", live.id, error)
            live.audience.close_all(Close.TRY_AGAIN, "The session cannot be opened just now.")
        except Exception:
            logger.exception("session %s failed", live.id)
            live.audience.close_all(Close.TRY_AGAIN, "Something is wrong on the server.")
        finally:
            live.turn_away()
            self._close(live)
            races = live.races
            if races.lost or races.waited:
                counts = (races.run, races.lost, races.waited)
                logger.info(
                    "session %s: %d commits tried, %d too late, %d in line", live.id, *counts
                )
            if live.id not in self._live:  # not opened again already
                await live.leave_presence()

    def _close(self, live: LiveSession) -> None:
        """Forget a session; its channel is left in the same turn, before another can be opened."""
        task = self._tasks.pop(live, None)
        if task is not None:
            del self._live[live.id]
            self._measures.session(-1)
            self._hints.unsubscribe(live.channel)
            task.cancel()

    def _heard(self, channel: str, hint: bytes) -> None:
        session = channel.removeprefix("{session:").removesuffix("}:hints")
        live = self._live.get(session)
        if live is not None:
            live.heard(hint)

    def _restored(self) -> None:
        """Hints may have been lost."""
        self._measures.hints_lost()
        self._compare_now.set()
        for live in self._live.values():
            live.talk.hints_were_lost()

    async def _compare(self) -> None:
        """Find what no hint told: every few seconds, and whenever hints may have been lost."""
        announced = False
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.compare_every_s):
                    await self._compare_now.wait()
            self._compare_now.clear()
            sessions = list(self._live.values())
            with suppress(UnreachableError, FullError):
                await (self._releases.wanted() if announced else self._releases.announce())
                announced = True
                heads = await self._log.heads([live.id for live in sessions])
                for live, head in zip(sessions, heads, strict=True):
                    with _apart(live):
                        live.stands(head)

    async def _tidy(self) -> None:
        """Look after each session a few times while its people are shown. Not after all at once:
        hundreds that ask Redis in one turn keep edits waiting."""
        round_s = self._settings.people_ttl_s / 3
        while True:
            sessions = list(self._live.values())
            slices = range(0, len(sessions), TOGETHER) or (0,)
            for start in slices:
                await asyncio.sleep(round_s / len(slices))
                for live in sessions[start : start + TOGETHER]:
                    self._look_after(live)

    def _look_after(self, live: LiveSession) -> None:
        if self._live.get(live.id) is not live:
            return  # closed meanwhile
        if live.idle and time.monotonic() - live.idle_since > LINGER_S:
            self._close(live)
        else:
            with _apart(live):
                live.tidy()


@contextmanager
def _apart(live: LiveSession) -> Iterator[None]:
    """A bug that one session meets costs none of the others."""
    try:
        yield
    except Exception:
        logger.exception("session %s could not be looked after", live.id)

"""A worker of the server as tasks of this process, which can be killed at any await."""

import asyncio
import contextvars
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

import httpx
from litestar import Litestar
from sqlalchemy import event
from sqlalchemy.pool import Pool
from uvicorn import Config
from uvicorn.server import ServerState

from server.app import create_app
from server.commands.fuzz.ground import Ground
from server.commands.fuzz.line import Line
from server.commands.fuzz.relay import Relay
from server.settings import Settings

END_S = 5.0

Answer = TypeVar("Answer")

_current: contextvars.ContextVar["Worker | None"] = contextvars.ContextVar("worker", default=None)


class DeadError(Exception):
    """The worker that was asked is not there (any more)."""


class Worker:
    """A whole application, with connections of its own to Redis and SQL.

    relay: the way to Redis; `settings` name its socket. release: its number. clock_s: how wrong
    its clock is.
    """

    def __init__(
        self, name: str, settings: Settings, ground: Ground, relay: Relay, release: int
    ) -> None:
        self.name = name
        self.release = release
        self.alive = False
        self.killed = False
        self.clock_s = 0
        self.relay = relay
        self._settings = settings
        self._ground = ground
        self._context = contextvars.copy_context()
        self._context.run(_current.set, self)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._asked: set[asyncio.Task[httpx.Response]] = set()
        self._databases: set[Any] = set()  # connections, to give back the locks of the killed
        self._lines: set[Line] = set()
        self._state = ServerState()
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        await self.relay.start()
        app = create_app(
            self._settings, self._ground.engine(self.release), routing=self._ground.routing
        )
        self._config = Config(
            app,
            ws="server.sockets.transport:LiveProtocol",
            ws_max_size=self._settings.frame_bytes,
            ws_per_message_deflate=False,
            ws_ping_interval=None,
            lifespan="off",
            log_config=None,
            access_log=False,
        )
        self._config.load()
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self._config.loaded_app),
            base_url="http://127.0.0.1",
        )
        started = asyncio.Event()
        self._main = self._spawn(self._live(app, started))
        waiting = asyncio.create_task(started.wait())
        await asyncio.wait((waiting, self._main), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        self.alive = True

    async def _live(self, app: Litestar, started: asyncio.Event) -> None:
        async with app.lifespan():
            started.set()
            await self._stopping.wait()

    async def connect(self, path: str, delay_s: float) -> Line:
        """A socket to it. Raises DeadError or LineError."""
        if not self.alive:
            raise DeadError(self.name)
        protocol: asyncio.Protocol = self._context.copy().run(
            self._config.ws_protocol_class,  # type: ignore[arg-type]
            config=self._config,
            server_state=self._state,
            app_state={},
        )
        line = Line(protocol, self._context, path, delay_s)
        self._lines = {each for each in self._lines if not each.is_closing()} | {line}
        await line.open()
        return line

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask it by REST. Raises DeadError."""
        if not self.alive:
            raise DeadError(self.name)
        asked = self._spawn(self._http.request(method, path, **options))
        self._asked.add(asked)
        asked.add_done_callback(self._asked.discard)
        await asyncio.wait([asked])
        if asked.cancelled():
            raise DeadError(self.name)
        return asked.result()

    def hold(self) -> None:
        """Stop it for now, as far as anybody else can tell."""
        self.relay.hold()
        for line in self._lines:
            line.hold()

    def go_on(self) -> None:
        self.relay.go_on()
        for line in self._lines:
            line.go_on()

    def kill(self) -> None:
        """End it where it is: from now on nothing that it does reaches anybody."""
        if not self.alive:
            return
        self.alive, self.killed = False, True
        self.relay.close()
        for line in self._lines:
            line.abort()
        for task in tuple(self._tasks):
            task.cancel()

    async def buried(self) -> list[str]:
        """Wait until a killed worker's tasks are over; those that go on all the same."""
        _, going_on = await asyncio.wait(self._tasks, timeout=END_S) if self._tasks else ((), set())
        for database in self._databases:
            database.stop()
        return [waits_for(task) for task in going_on]

    async def stop(self) -> list[str]:
        """End it as an operator does, and uvicorn then; the tasks that are left."""
        self.alive = False
        for connection in tuple(self._state.connections):
            self._context.copy().run(connection.shutdown)
        if waiting := self._state.tasks | self._asked:
            await asyncio.wait(waiting, timeout=END_S)
        self._stopping.set()
        await asyncio.wait([self._main], timeout=END_S)
        self.relay.close()
        return await self.buried()

    def _spawn(self, work: Coroutine[Any, Any, Answer]) -> asyncio.Task[Answer]:
        return asyncio.get_running_loop().create_task(work, context=self._context.copy())


def waits_for(task: asyncio.Task[Any]) -> str:
    """Where a task is: the names of what awaits what, the newest last."""
    names = []
    inner: Any = task.get_coro()
    while inner is not None:
        frame = getattr(inner, "cr_frame", None) or getattr(inner, "ag_frame", None)
        if frame is not None:
            names.append(f"{frame.f_code.co_qualname}:{frame.f_lineno}")
        inner = getattr(inner, "cr_await", None) or getattr(inner, "ag_await", None)
    return " > ".join(names)


def current() -> Worker | None:
    """The worker whose code runs just now."""
    return _current.get()


def watch_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """From now on each task of the loop belongs to the worker that made it."""

    def create(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
        task = asyncio.Task(work, loop=loop, **options)
        context = options.get("context")
        worker = _current.get() if context is None else context.get(_current)
        if worker is not None:
            worker._tasks.add(task)
            task.add_done_callback(worker._tasks.discard)
            if worker.killed:
                task.cancel()
        return task

    loop.set_task_factory(create)


def watch_clocks() -> None:
    """From now on each worker of this process has a wall clock of its own."""
    now, now_ns = time.time, time.time_ns

    def wrong_s() -> int:
        worker = _current.get()
        return 0 if worker is None else worker.clock_s

    time.time = lambda: now() + wrong_s()
    time.time_ns = lambda: now_ns() + wrong_s() * 1_000_000_000


@event.listens_for(Pool, "connect")
def _note_database(connection: Any, _record: object) -> None:
    worker = _current.get()
    if worker is not None:
        worker._databases.add(connection.driver_connection)

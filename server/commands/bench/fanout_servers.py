"""What `cohort bench fanout` measures, each as a process of its own.

bare: a loop that writes one prepared frame to every socket; what Python can do at most.
channels: Litestar's ChannelsPlugin with its memory backend; what one would have used.
cohort: our sessions, with a log in memory and an engine that computes nothing.
"""

import asyncio
import socket
from collections.abc import Sequence
from typing import cast

import uvicorn
import uvloop
from litestar import Litestar, WebSocket, websocket
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.memory import MemoryChannelsBackend
from litestar.exceptions import WebSocketDisconnect
from msgspec.structs import replace
from redis.asyncio import Redis

from calc import build as documents
from calc.build import Build
from calc.operations import Applied, SetNotes, Step
from gamedata import pack, starter
from server import garbage
from server import settings as environment
from server.app import create_app
from server.commands.bench.crowd import PAYLOAD_BYTES, masked
from server.engine import Engine, Result
from server.log.log import Log
from server.log.logged import ALONE, Done, Elsewhere, Head, Known, Loaded, News, Place
from server.logic.rights import Access, Membership
from server.logic.session import Commit, State
from server.server_messages import Refused
from server.sockets.transport import text_frame
from server.telemetry.measures import UNMEASURED, Measures

SECRET = "of the benchmark: 32 characters or more"  # noqa: S105 - it signs nothing else
TRIGGER = masked(b"publish")  # what makes the bare loop write


def person(number: int) -> str:
    return f"v{number}"


def members(viewers: int) -> dict[str, Membership]:
    """Everybody who may come to a session: six who edit, and viewers."""
    editing = {f"e{number}": Membership(f"Editor {number}", "editor") for number in range(5)}
    watching = {person(n): Membership(f"Viewer {n}", "viewer") for n in range(viewers)}
    return {"author": Membership("Ann", "owner"), **editing, **watching}


def payload() -> bytes:
    """What a change looks like, by its size and beginning."""
    start = b'{"type":"change","revision":1,"edit":"edit-00000000"'
    return start + b" " * (PAYLOAD_BYTES - len(start) - 1) + b"}"


class Bare(asyncio.Protocol):
    """The floor: no messages are read, no rooms are looked up, no limits are kept."""

    rooms: dict[bytes, list[asyncio.Transport]] = {}  # noqa: RUF012
    frame = text_frame(payload())
    room: list[asyncio.Transport] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self.room is None:
            self.room = self.rooms.setdefault(data.split(b" ", 2)[1], [])
            self.room.append(self.transport)
            self.transport.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            return
        for _ in range(len(data) // len(TRIGGER)):
            frame = self.frame
            for transport in self.room:
                transport.write(frame)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.room is not None:
            self.room.remove(self.transport)


@websocket("/api/v1/sessions/{room:str}/live")
async def channel(
    socket: WebSocket,  # type: ignore[type-arg]
    room: str,
    channels: ChannelsPlugin,
) -> None:
    """What ChannelsPlugin is for: everything that somebody says goes to everybody."""
    await socket.accept()
    async with (
        channels.start_subscription([room]) as subscriber,
        subscriber.run_in_background(socket.send_text),
    ):
        try:
            while True:
                channels.publish(await socket.receive_text(), [room])
        except WebSocketDisconnect:
            return


def channels_app() -> Litestar:
    backend = MemoryChannelsBackend()
    plugin = ChannelsPlugin(backend, arbitrary_channels_allowed=True)
    return Litestar([channel], plugins=[plugin], logging_config=None, openapi_config=None)


class NoEngine(Engine):
    """Takes notes, and computes nothing."""

    def apply(self, build: Build, operation: Step) -> Applied:
        assert isinstance(operation, SetNotes)
        return Applied(replace(build, notes=operation.notes), ())

    def result(self, build: Build, session: str = "", *, keep: bool = True) -> Result:
        return Result({}, ())


class NoLog(Log):
    """Every session is there, and a commit is a step forward."""

    access = Access(1, {})
    engine = ""

    def __init__(
        self, redis: Redis, keeps: int, edit_ids: int, measures: Measures = UNMEASURED
    ) -> None:
        super().__init__(redis, keeps, edit_ids, measures)
        self._states: dict[str, State] = {}

    async def load(self, session: str) -> Loaded | None:
        state = self._states.get(session)
        if state is None:
            build = documents.empty("Nova")
            state = State(session, "e1", 0, "", self.engine, build, {}, (), self.access)
            self._states[session] = state
        return Loaded(state, ())

    async def since(self, state: State, losses: int = 0) -> News:
        return News((), state.engine, None, more=False)

    async def commit_row(
        self, row: Sequence[tuple[Commit, bytes]], place: Place = ALONE
    ) -> list[Done | Known | Refused | Elsewhere]:
        newest = row[-1][0].after
        self._states[newest.session] = newest
        return [Done(commit.after.revision) for commit, _ in row]

    async def store(self, state: State) -> bool:
        return True

    async def heads(self, sessions: Sequence[str]) -> list[Head | None]:
        return [None] * len(sessions)  # nothing for the recorder to write


def cohort_app(viewers: int) -> Litestar:
    """Our own application but for what is behind a commit."""
    NoLog.access = Access(1, members(viewers))
    engine = NoEngine(pack.load(starter.path()))
    NoLog.engine = engine.name
    return create_app(environment.read(), engine, NoLog)


async def _serve_bare(listener: socket.socket) -> None:
    server = await asyncio.get_running_loop().create_server(Bare, sock=listener, backlog=4096)
    garbage.settle()
    await server.serve_forever()


def _serve(app: Litestar, listener: socket.socket, protocol: str) -> None:
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws=protocol,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        access_log=False,
        log_level="warning",
        backlog=4096,
        timeout_graceful_shutdown=1,
    )
    # The same for all: what Cohort's own application does when it starts.
    garbage.settle()
    uvicorn.Server(config).run([listener])


def main(kind: str, viewers: str) -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(4096)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201
    if kind == "bare":
        uvloop.run(_serve_bare(listener))
    elif kind == "channels":
        _serve(channels_app(), listener, "websockets-sansio")
    else:
        _serve(cohort_app(int(viewers)), listener, "server.sockets.transport:LiveProtocol")

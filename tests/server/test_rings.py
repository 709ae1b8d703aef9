"""A connection that is over is gone at once: nothing of it waits for Python to look for rings."""

import asyncio
import gc
import socket
import weakref
from collections.abc import AsyncIterator, Iterator
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import uvicorn
from litestar import Litestar, get
from litestar.di import Provide
from websockets.asyncio.client import connect

from server.routes import ws
from server.services import Services
from server.settings import Settings
from server.sockets.connection import Connection
from server.sockets.events import EventProtocol
from server.sockets.transport import LiveProtocol
from server.telemetry.measures import UNMEASURED


class Joined:
    """A session in which everybody is."""

    def leave(self, connection: Connection) -> None: ...


class There:
    """The protocols of connections that are not gone."""

    def __init__(self) -> None:
        self.number = 0
        self._gone = asyncio.Event()

    def come(self, protocol: object) -> None:
        self.number += 1
        weakref.finalize(protocol, self._go)

    def _go(self) -> None:
        self.number -= 1
        self._gone.set()

    async def go(self) -> None:
        async with asyncio.timeout(10):
            while self.number:
                self._gone.clear()
                await self._gone.wait()


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[There]:
    """Nothing looks for rings meanwhile."""
    there = There()
    for kind in (LiveProtocol, EventProtocol):
        made = kind.connection_made

        def connection_made(self: Any, transport: Any, made: Any = made) -> None:
            there.come(self)
            made(self, transport)

        monkeypatch.setattr(kind, "connection_made", connection_made)
    gc.disable()
    yield there
    gc.enable()


@pytest.fixture
async def address(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """Of a server that lets everybody in."""

    async def enter(_: ws.Socket, transport: LiveProtocol, *__: object) -> tuple[Any, Any, Any]:
        return Joined(), Connection(transport, Settings(), "g1", "", 1e11), "all"

    async def take(_: str) -> Any:
        return SimpleNamespace(wait=0.0)

    monkeypatch.setattr(ws, "_enter", enter)
    unused: dict[str, Any] = dict.fromkeys(each.name for each in fields(Services))
    requests = SimpleNamespace(take=take)
    services = Services(
        **unused | {"measures": UNMEASURED, "settings": Settings(), "requests": requests}
    )

    @get("/")
    async def hello() -> str:
        return "hello"

    app = Litestar(
        [ws.live, hello],
        dependencies={"services": Provide(lambda: services, sync_to_thread=False)},
        openapi_config=None,
    )
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, ws=LiveProtocol, http=EventProtocol, log_config=None, lifespan="off"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listening]))
    yield f"127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await serving


async def test_of_a_socket_nothing_is_left(address: str, there: There) -> None:
    async with connect(f"ws://{address}/api/v1/sessions/s1/live", compression=None):
        assert there.number == 1  # what it was before the upgrade is gone
    await there.go()


async def test_of_a_request_nothing_is_left(address: str, there: There) -> None:
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"http://{address}/")).text == "hello"
        assert there.number == 1
    await there.go()

"""A line on which a request is not to come to its end, or to none at all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from server.sockets import events
from server.sockets.events import HEAD_BYTES, EventProtocol

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Reads what comes, and answers."""
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server on which a head and a body must come soon, and lines may be idle for long."""
    monkeypatch.setattr(events, "HEAD_S", 0.2)
    monkeypatch.setattr(events, "BODY_S", 0.2)
    config = Config(app, lifespan="off", timeout_keep_alive=600)
    config.load()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: EventProtocol(config, ServerState(), {}), "127.0.0.1", 0
    )
    yield server.sockets[0].getsockname()[1]
    server.close()


async def spoken(port: int, *parts: bytes) -> bytes:
    """All that is answered until the server ends the line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        async with asyncio.timeout(60):
            for part in parts:
                writer.write(part)
                await writer.drain()
            answer = await reader.read(-1)
    except ConnectionError:
        pass
    writer.close()
    return answer


@pytest.mark.parametrize("parts", [[], [b"GET / HT"], [WHOLE[:-2]], [HEAD], [HEAD, b"12345"]])
async def test_who_does_not_finish_is_not_waited_for(port: int, parts: list[bytes]) -> None:
    assert await spoken(port, *parts) == b""


async def test_who_has_finished_may_be_idle_and_ask_again(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in (WHOLE, HEAD + b"1234567890", WHOLE):
        writer.write(request)
        async with asyncio.timeout(60):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204 ")
        done = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.4, done.set_result, None)
        await done  # longer than a request may take
    writer.write(WHOLE[:-2])  # but the next one must come
    async with asyncio.timeout(60):
        assert await reader.read(-1) == b""
    writer.close()


async def test_a_head_has_a_size(port: int) -> None:
    large = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * HEAD_BYTES + b"\r\n\r\n"
    assert (await spoken(port, large)).startswith(b"HTTP/1.1 431 ")
    assert (await spoken(port, large[:-4])).startswith(b"HTTP/1.1 431 ")
    fits = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * (HEAD_BYTES - 100) + b"\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(fits)
    async with asyncio.timeout(60):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204 ")
    writer.close()


class Outlet:
    """Takes what it is told."""

    def __getattr__(self, _: str) -> Any:
        return lambda *_: None


@pytest.mark.parametrize("cancelled", [False, True])
async def test_who_becomes_a_stream_while_the_server_stops_is_told_so(cancelled: bool) -> None:
    asked, stopped, begun = asyncio.Event(), asyncio.Event(), asyncio.Event()
    streams: list[tuple[EventProtocol, asyncio.Task[None] | None]] = []
    failed: list[dict[str, Any]] = []

    async def streaming(scope: Any, receive: Any, send: Any) -> None:
        stream = events.stream_of(scope["extensions"])
        streams.append((stream, asyncio.current_task()))
        asked.set()
        await stopped.wait()
        stream.stream(lambda: "e1", "")
        outlet: Any = Outlet()
        stream.watch(outlet, 1000)
        await send({"type": "http.response.start", "status": 200, "headers": events.HEADERS})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        stream.begin(60.0)
        begun.set()
        await stream.until_over()

    config = Config(streaming, lifespan="off", log_config=None)
    config.load()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: failed.append(context))
    server = await loop.create_server(
        lambda: EventProtocol(config, ServerState(), {}), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    answer = asyncio.create_task(spoken(port, WHOLE))
    await asked.wait()
    ((stream, task),) = streams
    assert task is not None
    stream.shutdown()
    stopped.set()
    await begun.wait()
    if cancelled:
        task.cancel()
    assert b'"code":1012' in await answer
    await asyncio.wait([task])
    server.close()
    assert not failed

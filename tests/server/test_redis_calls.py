"""A connection that closed between two calls costs no more than one of them."""

import asyncio
from pathlib import Path

import pytest
import uvloop

from server.redis import clients
from server.redis.calls import UnreachableError, reaching
from server.redis.embedded import Valkey
from tests.wire.redis_servers import Node


def test_a_call_by_a_closed_connection_is_redis_unreachable(valkey: Valkey) -> None:
    async def call() -> None:
        redis = clients.connect(valkey.url)
        connection = redis.connection_pool.make_connection()
        await connection.connect()
        connection._writer.transport.abort()
        await asyncio.sleep(0.01)
        failed = []
        with pytest.raises(UnreachableError, match="closed"):
            async with reaching(lambda: failed.append(True)):
                await connection.send_command("PING")
        assert failed
        await redis.aclose()

    uvloop.run(call())


def test_a_closed_connection_of_a_pool_is_not_used_again(tmp_path: Path) -> None:
    async def call() -> None:
        redis = clients.connect(f"redis://127.0.0.1:{node.port}")
        await redis.ping()
        (connection,) = redis.connection_pool._available_connections
        connection._writer.transport.abort()
        await asyncio.sleep(0.01)
        assert await redis.ping()
        await redis.aclose()

    node = Node(tmp_path / "node")
    uvloop.run(call())
    node.kill()


async def test_who_never_answers_is_told_of_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.redis.calls.TIMEOUT_S", 0.01)
    with pytest.raises(UnreachableError, match="no answer"):
        async with reaching():
            await asyncio.Event().wait()


async def test_a_node_of_a_cluster_that_never_answers_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    monkeypatch.setattr("server.redis.nodes.NODE_S", 0.05)
    writers: list[asyncio.StreamWriter] = []
    hung = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = hung.sockets[0].getsockname()[1]
    redis = clients.connect(f"redis+cluster://127.0.0.1:{port}")
    with pytest.raises(UnreachableError, match="does not answer"):
        async with reaching():
            await redis.ping()
    await redis.aclose()
    for writer in writers:
        writer.close()
    hung.close()

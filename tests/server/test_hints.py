"""One reader of hints that survives its connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from server.log import hints
from server.log.hints import Hints
from server.redis.embedded import Valkey


class Listening:
    """A running reader, and what it heard."""

    def __init__(self, redis: Redis, reading: Redis) -> None:
        self.heard: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self.restored = asyncio.Event()
        self.hints = Hints(
            redis,
            reading,
            "own",
            lambda channel, hint: self.heard.put_nowait((channel, hint)),
            self.restored.set,
        )


@pytest.fixture
async def listening(valkey: Valkey, redis: Redis) -> AsyncIterator[Listening]:
    client = Redis.from_url(valkey.url, retry=Retry(NoBackoff(), 0))
    listening = Listening(redis, client)
    task = asyncio.create_task(listening.hints.run())
    yield listening
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await client.aclose()


async def cut(redis: Redis) -> None:
    """Cut all subscribers' connections."""
    await redis.execute_command("CLIENT", "KILL", "TYPE", "PUBSUB")


async def test_what_is_published_after_the_confirmation_is_heard(
    listening: Listening, redis: Redis
) -> None:
    async with asyncio.timeout(10):
        for number in range(20):
            await listening.hints.subscribe(f"c{number}")
            assert await redis.execute_command("SPUBLISH", f"c{number}", "x") == 1
            assert await listening.heard.get() == (f"c{number}", b"x")


async def test_a_channel_that_was_left_is_not_heard(listening: Listening, redis: Redis) -> None:
    async with asyncio.timeout(10):
        await listening.hints.subscribe("a")
        await listening.hints.subscribe("b")
        listening.hints.unsubscribe("a")
        while await redis.execute_command("PUBSUB", "SHARDNUMSUB", "a") != [b"a", 0]:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await listening.hints.subscribe("a")  # and can be entered again
        await redis.execute_command("SPUBLISH", "a", "again")
        assert await listening.heard.get() == ("a", b"again")


async def test_a_channel_left_and_entered_in_one_turn_is_heard(
    listening: Listening, redis: Redis
) -> None:
    async with asyncio.timeout(10):
        await listening.hints.subscribe("a")
        listening.hints.unsubscribe("a")
        await listening.hints.subscribe("a")
        await redis.execute_command("SPUBLISH", "a", "x")
        assert await listening.heard.get() == ("a", b"x")


async def test_a_lost_connection_is_restored_with_all_channels(
    listening: Listening, redis: Redis
) -> None:
    async with asyncio.timeout(10):
        await listening.hints.subscribe("a")
        for _ in range(3):
            listening.restored.clear()
            await cut(redis)
            await listening.restored.wait()
            assert await redis.execute_command("SPUBLISH", "a", "x") == 1
            assert await listening.heard.get() == ("a", b"x")


async def test_hints_are_lost_once_with_a_connection_and_not_before(
    listening: Listening, redis: Redis
) -> None:
    times = 0

    def restored() -> None:
        nonlocal times
        times += 1
        listening.restored.set()

    listening.hints._restored = restored
    async with asyncio.timeout(10):
        for number in range(3):
            await listening.hints.subscribe(f"a{number}")
        assert times == 0
        await cut(redis)
        await listening.restored.wait()
        await listening.hints.subscribe("b")  # it is confirmed after the others
        assert times == 1


async def test_a_subscription_ordered_at_any_moment_of_an_outage_is_confirmed(
    listening: Listening, redis: Redis
) -> None:
    async with asyncio.timeout(20):

        async def subscribe(number: int) -> None:
            for _ in range(number):
                await asyncio.sleep(0)
            await listening.hints.subscribe(f"c{number}")

        await listening.hints.subscribe("a")
        await asyncio.gather(cut(redis), *(subscribe(number) for number in range(60)))
        await cut(redis)
        await asyncio.gather(*(subscribe(number) for number in range(60, 120)))


async def test_a_hint_that_cannot_be_taken_costs_no_other(
    listening: Listening, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    take = listening.hints._heard

    def heard(channel: str, hint: bytes) -> None:
        if hint == b"of a newer release":
            raise ValueError(hint)
        take(channel, hint)

    listening.hints._heard = heard
    async with asyncio.timeout(10):
        await listening.hints.subscribe("a")
        await redis.spublish("a", "of a newer release")
        await redis.spublish("a", "x")
        assert await listening.heard.get() == ("a", b"x")
    assert "a hint on a could not be taken" in caplog.text
    caplog.clear()


class Road:
    """A way to Redis over TCP, on which what is on it may vanish: no word, no end."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._writers: list[asyncio.StreamWriter] = []
        self._vanished: set[asyncio.StreamWriter] = set()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_unix_connection(self._path)
        self._writers += [writer, ours]
        await asyncio.gather(self._pass(reader, ours), self._pass(theirs, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if writer not in self._vanished:
                    writer.write(data)
        if writer not in self._vanished:
            writer.close()

    def vanish(self) -> None:
        self._vanished.update(self._writers)

    def close(self) -> None:
        for writer in self._writers:
            writer.close()


async def test_a_host_that_vanishes_without_a_word_is_noticed(
    valkey: Valkey, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "SILENT_S", 0.3)
    monkeypatch.setattr(hints, "POLL_S", 0.1)
    road = Road(urlsplit(valkey.url).path)
    server = await asyncio.start_server(road.take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = Redis.from_url(f"redis://127.0.0.1:{port}", retry=Retry(NoBackoff(), 0))
    listening = Listening(redis, client)
    task = asyncio.create_task(listening.hints.run())
    try:
        async with asyncio.timeout(20):
            await listening.hints.subscribe("a")
            listening.restored.clear()
            with suppress(TimeoutError):  # silent, and yet heard of: nothing is made anew
                async with asyncio.timeout(1.5):
                    await listening.restored.wait()
            assert not listening.restored.is_set()
            road.vanish()
            await listening.restored.wait()
            await redis.spublish("a", "x")
            assert await listening.heard.get() == ("a", b"x")
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await client.aclose()
        road.close()
        server.close()


async def test_a_word_that_is_never_answered_holds_up_no_subscription(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "SILENT_S", 0.2)
    await listening.hints.subscribe("a")

    async def vanished(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(listening.hints._redis, "spublish", vanished)
    async with asyncio.timeout(20):
        await listening.hints.subscribe("b")


class OfACluster:
    """Which are its primaries; the rest of it is one server."""

    def __init__(self, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
        self.primaries = ["one"]
        monkeypatch.setattr(hints, "is_cluster", lambda _: True)
        monkeypatch.setattr(PubSub, "get_sharded_message", PubSub.get_message, raising=False)
        monkeypatch.setattr(redis, "get_primaries", self._nodes, raising=False)

    def _nodes(self) -> list[ClusterNode]:
        return [ClusterNode(host, 1) for host in self.primaries]


async def test_a_cluster_that_never_says_who_is_primary_is_asked_again(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: asyncio.Queue[None] = asyncio.Queue()

    async def hang() -> None:
        asked.put_nowait(None)
        await asyncio.Event().wait()

    OfACluster(redis, monkeypatch)
    monkeypatch.setattr(hints, "SILENT_S", 0.05)
    reading = Redis()
    monkeypatch.setattr(reading, "initialize", hang)
    task = asyncio.create_task(Listening(redis, reading).hints.run())
    try:
        async with asyncio.timeout(10):
            await asked.get()
            await asked.get()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_primary_that_took_over_is_listened_to(
    valkey: Valkey, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that hangs says nothing of that: it is asked."""
    cluster = OfACluster(redis, monkeypatch)
    began = asyncio.Event()

    async def ping(target_nodes: list[ClusterNode]) -> None:
        if target_nodes[0].host == "one" and began.is_set():
            cluster.primaries = ["other"]
            raise TimeoutError

    monkeypatch.setattr(hints, "POLL_S", 0.05)
    monkeypatch.setattr(redis, "ping", ping)
    listening = Listening(redis, Redis.from_url(valkey.url, retry=Retry(NoBackoff(), 0)))
    task = asyncio.create_task(listening.hints.run())
    try:
        async with asyncio.timeout(10):
            await listening.hints.subscribe("a")
            began.set()
            await listening.restored.wait()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert cluster.primaries == ["other"]

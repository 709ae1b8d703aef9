"""Redis goes back to an older state under the feet of two workers and their people."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from calc.operations import SetLevel, SetTitle
from server.client import Client
from server.protocol import Position
from server.redis.embedded import Valkey
from server.server_messages import Accepted, Reset
from tests.wire.serving import Owner, Raw, Server, migrated
from tests.wire.test_reopened import recorded


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path_factory.mktemp("valkey"))
    valkey.start()
    yield valkey
    valkey.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("went-back")


@pytest.fixture(scope="module")
def servers(valkey: Valkey, folder: Path) -> Iterator[tuple[Server, Server]]:
    environment = migrated(folder, valkey.url)
    one, other = (Server(folder / name, **environment) for name in ("a", "b"))
    yield one, other
    one.ends_well()
    other.ends_well()


class Backup:
    """Everything that Redis holds at a moment."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._dumps: dict[bytes, bytes] = {}

    async def take(self) -> None:
        dumps = {each: await self._redis.dump(each) for each in await self._redis.keys()}
        self._dumps = {each: dump for each, dump in dumps.items() if dump}  # some expire

    async def restore(self) -> None:
        """At once, and with all connections lost, as by a failover to a replica that lagged."""
        pipeline = self._redis.pipeline()
        pipeline.flushall()
        for each, dump in self._dumps.items():
            pipeline.restore(each, 0, dump)
        await pipeline.execute()
        for kind in ("normal", "pubsub"):
            await self._redis.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")


@pytest.fixture
async def redis(valkey: Valkey) -> AsyncIterator[Redis]:
    redis = Redis.from_url(valkey.url)
    yield redis
    await redis.aclose()


async def test_nothing_that_was_accepted_is_lost_when_redis_goes_back(
    servers: tuple[Server, Server], redis: Redis, folder: Path
) -> None:
    one, other = servers
    ann = Owner(one.url, title="Nova")
    secret = ann.invite()["secret"]
    backup = Backup(redis)
    answers: list[Accepted] = []
    waits: list[float] = []

    async def edit(client: Client, numbers: range) -> None:
        for number in numbers:
            began = time.monotonic()
            answer = await client.edit(SetTitle(f"{client.token[-6:]} {number}"))  # type: ignore[index]
            assert isinstance(answer, Accepted)
            answers.append(answer)
            waits.append(time.monotonic() - began)

    async with (
        asyncio.timeout(60),
        Client(one.url, ann.session, token=ann.token) as first,
        Client(other.url, ann.session, invitation=secret, name="Bob") as second,
    ):
        await asyncio.gather(edit(first, range(10)), edit(second, range(10)))
        await backup.take()
        await asyncio.gather(edit(first, range(10, 30)), edit(second, range(10, 30)))
        epoch = first.replica.position.epoch
        before = first.replica.revision
        editing = asyncio.gather(edit(first, range(30, 50)), edit(second, range(30, 50)))
        await first.reached(before + 5)
        await backup.restore()
        await editing
        last = max(answer.revision for answer in answers)
        await asyncio.gather(first.reached(last), second.reached(last))
        await first.until(lambda: first.replica.position == second.replica.position)
        assert first.replica.position.epoch != epoch
        assert first.replica.document == second.replica.document
        assert any(isinstance(each, Reset) for each in first.received())
        await recorded(folder / "shared.sqlite", ann.session, 100)
    print(f"Redis goes back: {max(waits):.1f} s for an answer")  # noqa: T201
    assert ann.snapshot()["revision"] == 100  # each of them, and each once
    assert len({answer.id for answer in answers}) == 100
    assert ann.snapshot()["totals"].keys() == first.replica.totals.keys()


async def test_what_only_sql_knows_comes_back_when_somebody_comes_back(
    servers: tuple[Server, Server], redis: Redis, folder: Path
) -> None:
    one, other = servers
    ann = Owner(one.url)
    backup = Backup(redis)
    await backup.take()
    async with asyncio.timeout(60), Client(one.url, ann.session, token=ann.token) as client:
        for level in range(1, 8):
            await client.edit(SetLevel(level))
        await recorded(folder / "shared.sqlite", ann.session, 7)
        position = client.replica.position
    await asyncio.to_thread(one.stop)  # the worker that knew it is gone
    await backup.restore()
    raw = await Raw.open(other.url, ann.session)
    welcome = await raw.join(token=ann.token, resume=position)
    assert welcome["resumed"] == "snapshot"
    async with asyncio.timeout(30):
        snapshot = await raw.receive("snapshot")
        while snapshot["revision"] < 7:
            if snapshot["epoch"] == position.epoch:
                snapshot = await raw.receive("snapshot")  # after the reset
            else:
                snapshot["revision"] = (await raw.receive("change"))["revision"]
    await raw.socket.close()
    assert snapshot["epoch"] != position.epoch
    assert Owner.snapshot(ann_at(ann, other))["build"]["level"] == 7
    await one.restart()


async def test_what_only_a_client_knows_is_made_again(
    servers: tuple[Server, Server], redis: Redis
) -> None:
    one, _ = servers
    ann = Owner(one.url)
    backup = Backup(redis)
    async with asyncio.timeout(60), Client(one.url, ann.session, token=ann.token) as client:
        made = [await client.edit(SetLevel(10))]
        await backup.take()
        made += [
            await client.edit(SetLevel(20), SetTitle("Nova")),
            await client.edit(SetLevel(30)),
            await client.undo(),
        ]
        client.received()
        for worker in one.worker_pids():
            os.kill(worker, signal.SIGKILL)  # before it records them
        await asyncio.to_thread(one.kill)
        await backup.restore()
        await one.restart()
        again: list[str] = []
        async for message in client:
            if isinstance(message, Accepted):
                again.append(message.id)
            if len(again) == len(made):
                break
        assert again == [each.id for each in made]
        assert (client.replica.document["level"], client.replica.document["title"]) == (20, "Nova")
    assert ann.snapshot()["revision"] == 4  # each of them, and each once


async def test_a_revoked_link_stays_revoked_when_redis_goes_back(
    servers: tuple[Server, Server], redis: Redis
) -> None:
    one, _ = servers
    ann = Owner(one.url)
    invitation = ann.invite()
    bob = await Raw.open(one.url, ann.session)
    await bob.join(invitation=invitation["secret"], name="Bob")
    backup = Backup(redis)
    async with asyncio.timeout(60), Client(one.url, ann.session, token=ann.token) as client:
        await client.edit(SetLevel(9))
        await backup.take()
        await client.edit(SetLevel(10))
        ann.call(
            "DELETE", f"/api/v1/sessions/{ann.session}/invitations/{invitation['id']}", status=204
        )
        assert (await bob.closed())[0] == 4403
        epoch = client.replica.position.epoch
        await backup.restore()
        await client.until(lambda: client.replica.position.epoch != epoch)
        await client.reached(2)
        members = await redis.get(f"{{session:{ann.session}}}:access")
        assert members is not None
        assert members.count(b'"name"') == 1


def ann_at(ann: Owner, server: Server) -> Owner:
    """The same owner, asking another server."""
    moved = object.__new__(Owner)
    moved.__dict__.update(ann.__dict__)
    moved.http = type(ann.http)(base_url=server.url.rstrip("/"), timeout=20)
    return moved


async def test_a_client_may_claim_any_position(servers: tuple[Server, Server]) -> None:
    ann = Owner(servers[1].url)
    epoch = ann.snapshot()["epoch"]
    raw = await Raw.open(servers[1].url, ann.session)
    claimed = Position(epoch, 10**9, "of-nobody-at-all")
    welcome = await raw.join(token=ann.token, resume=claimed)
    assert (welcome["resumed"], welcome["epoch"], welcome["revision"]) == ("snapshot", epoch, 0)
    await raw.socket.close()
    assert ann.snapshot()["epoch"] == epoch  # nobody believes them

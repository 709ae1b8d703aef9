"""Other Redis servers than the embedded one; a primary that is killed costs seconds, no edit."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from calc.operations import SetTitle
from server.client import Client
from server.log import key
from server.server_messages import Accepted
from tests.wire.redis_servers import HOST, Cluster, Node, Watched
from tests.wire.serving import Owner, Server, migrated


@contextmanager
def two_on(url: str, folder: Path) -> Iterator[tuple[Server, Server]]:
    environment = migrated(folder, url)
    one, other = (Server(folder / name, **environment) for name in ("a", "b"))
    yield one, other
    for server in (one, other):
        server.ends_well()


async def keep_editing(client: Client, over: asyncio.Event) -> list[Accepted]:
    answers = []
    while not over.is_set():
        answer = await client.edit(SetTitle(f"{client.token[-6:]} {len(answers)}"))  # type: ignore[index]
        assert isinstance(answer, Accepted)
        answers.append(answer)
        await asyncio.sleep(0.01)
    return answers


@pytest.mark.parametrize("kind", [Cluster, Watched])
async def test_a_killed_primary_costs_seconds_and_no_edit(
    kind: type[Cluster] | type[Watched], tmp_path: Path
) -> None:
    servers = kind(tmp_path)
    with two_on(servers.url, tmp_path) as (one, other):
        ann = Owner(one.url)
        secret = ann.invite()["secret"]
        over = asyncio.Event()
        async with (
            asyncio.timeout(90),
            Client(one.url, ann.session, token=ann.token, listen=False) as first,
            Client(other.url, ann.session, invitation=secret, name="Bob", listen=False) as second,
        ):
            editing = [asyncio.create_task(keep_editing(each, over)) for each in (first, second)]
            await first.reached(20)
            began = time.monotonic()
            await asyncio.to_thread(servers.primary_of(key(ann.session, "head")).kill)
            revision = max(first.replica.revision, second.replica.revision)
            await first.reached(revision + 10)
            print(f"{kind.__name__}: {time.monotonic() - began:.1f} s without edits")  # noqa: T201
            await second.reached(revision + 10)
            over.set()
            answers = [answer for task in editing for answer in await task]
            last = max(answer.revision for answer in answers)
            await asyncio.gather(first.reached(last), second.reached(last))
            assert first.replica.document == second.replica.document
        assert len({answer.id for answer in answers}) == len(answers)
        assert ann.snapshot()["revision"] == len(answers)
    servers.stop()


async def test_the_oldest_redis_that_serves(tmp_path: Path) -> None:
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("Debian's redis-server is not installed")
    node = Node(tmp_path / "node", "--appendonly", "yes", binary=Path(binary))
    with two_on(f"redis://{HOST}:{node.port}", tmp_path) as (one, other):
        ann = Owner(one.url)
        secret = ann.invite()["secret"]
        async with (
            asyncio.timeout(30),
            Client(one.url, ann.session, token=ann.token, listen=False) as first,
            Client(other.url, ann.session, invitation=secret, name="Bob", listen=False) as second,
        ):
            for number in range(1, 41):
                await (first, second)[number % 2].edit(SetTitle(f"{number}"))
            await asyncio.gather(first.reached(40), second.reached(40))
            assert first.replica.document == second.replica.document
    node.kill()

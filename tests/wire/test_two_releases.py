"""Two releases side by side: their numbers are never mixed, and nobody pulls a session back."""

import asyncio
import os
import random
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis

from calc.operations import SetTitle
from gamedata import pack
from gamedata.catalogue import Catalogue
from server.client import Client
from server.log import key
from server.server_messages import Accepted
from tests.wire.serving import COHORT, Owner, Raw, Server, migrated


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Path:
    path = tmp_path_factory.mktemp("newer") / "newer.catalogue"
    pack.write(msgspec.structs.replace(catalogue, release="a newer release"), path)
    return path


class Balancer:
    """A load balancer without stickiness."""

    def __init__(self) -> None:
        self.servers: list[Server] = []
        self._random = random.Random(1)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._carry, "127.0.0.1")
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection(
                "127.0.0.1", self._random.choice(self.servers).port
            )
        except OSError:
            writer.close()
            return
        ways = [
            asyncio.create_task(self._pipe(reader, there[1])),
            asyncio.create_task(self._pipe(there[0], writer)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait(ways, timeout=1)
        for each in (writer, there[1]):
            each.close()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.write_eof()


async def moves(redis: Redis, session: str) -> list[str]:
    """The engines that a session moved to."""
    entries = await redis.xrange(key(session, "log"))
    edits = [msgspec.json.decode(fields[b"change"])["edit"] for _, fields in entries]
    return [edit for edit in edits if edit.startswith("engine-")]


async def test_a_rolling_restart_to_another_release_under_load(
    redis_url: str, tmp_path: Path, newer: Path
) -> None:
    environment = {**migrated(tmp_path, redis_url), "log_keeps": "100000"}
    redis = Redis.from_url(redis_url)
    old = [Server(tmp_path / name, **environment) for name in ("a", "b")]
    balancer = Balancer()
    balancer.servers = list(old)
    ann = Owner(old[0].url)
    secret = ann.invite()["secret"]
    answers: list[Accepted] = []
    over = asyncio.Event()

    async def keep_editing(client: Client) -> None:
        number = 0
        while not over.is_set():
            number += 1
            answer = await client.edit(SetTitle(f"{client.token[-6:]} {number}"))  # type: ignore[index]
            assert isinstance(answer, Accepted)
            answers.append(answer)
            await asyncio.sleep(0.01)

    async with (
        asyncio.timeout(100),
        balancer.serve() as url,
        Client(url, ann.session, token=ann.token, listen=False) as first,
        Client(url, ann.session, invitation=secret, name="Bob", listen=False) as second,
        Client(url, ann.session, invitation=secret, name="Eve", listen=False) as third,
    ):
        clients = (first, second, third)
        async with asyncio.TaskGroup() as editing:
            for client in clients:
                editing.create_task(keep_editing(client))
            await first.reached(20)
            before = first.welcome
            assert before
            new = [Server(tmp_path / "c", **environment, gamedata=str(newer))]
            balancer.servers += new
            for index, server in enumerate(old):  # one after the other, as operators do
                balancer.servers.remove(server)
                assert await asyncio.to_thread(server.stop) == 0
                new.append(Server(tmp_path / f"d{index}", **environment, gamedata=str(newer)))
                balancer.servers.append(new[-1])
                await first.reached(first.replica.revision + 20)
            # One of the old release that starts anew takes nothing back.
            await old[0].restart()
            late = await Raw.open(old[0].url, ann.session)
            await late.send({"type": "join", "token": ann.token, "client": "late"})
            code, reason = await late.closed()
            assert (code, reason) == (1012, "The session is on another release.")
            await first.reached(first.replica.revision + 20)
            over.set()
        last = max(answer.revision for answer in answers)
        await asyncio.gather(*(client.reached(last) for client in clients))
        for client in clients:
            assert client.welcome
            assert client.welcome.catalogue.release == "a newer release"
            assert client.welcome.engine != before.engine
            assert client.replica.document == first.replica.document
            assert client.replica.totals == first.replica.totals
    (moved,) = await moves(redis, ann.session)
    assert before.engine not in moved
    entries = await redis.xrange(key(ann.session, "log"))
    edits = [msgspec.json.decode(fields[b"change"])["edit"] for _, fields in entries]
    assert len(set(edits)) == len(edits)
    assert {answer.id for answer in answers} == {e for e in edits if not e.startswith("engine-")}

    # To go back is a release too.
    as_release = {f"COHORT_{k.upper()}": value for k, value in environment.items()}
    await asyncio.to_thread(
        subprocess.run, [COHORT, "migrate"], env={**os.environ, **as_release}, check=True
    )
    async with (
        asyncio.timeout(30),
        Client(old[0].url, ann.session, token=ann.token, listen=False) as client,
    ):
        assert client.welcome
        assert client.welcome.engine == before.engine
    assert len(await moves(redis, ann.session)) == 2
    await redis.aclose()
    for server in (old[0], *new):
        server.ends_well()

"""Two releases side by side: their numbers are never mixed, and nobody pulls a session back."""

import asyncio
import os
import random
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis

from calc.operations import SetTitle
from gamedata import pack
from gamedata.catalogue import Catalogue
from migrations import run
from server.client import Client
from server.engine import VERSION
from server.redis.calls import key
from server.server_messages import Accepted
from tests.wire.serving import COHORT, Owner, Raw, Server, migrated

ROOT = Path(__file__).parents[2]
NEWER = "of a newer release"


class Release(msgspec.Struct, frozen=True):
    """code: its own modules, where it is not ours."""

    catalogue: Path
    code: Path

    def migrate(self, environment: dict[str, str], *flags: str) -> None:
        settings = {f"COHORT_{name.upper()}": value for name, value in environment.items()}
        own = {"COHORT_GAMEDATA": str(self.catalogue), "PYTHONPATH": str(self.code)}
        subprocess.run(
            [COHORT, "migrate", *flags], env={**os.environ, **settings, **own}, check=True
        )


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Release:
    """A release with another catalogue, newer maths and a database that has more in it."""
    folder = tmp_path_factory.mktemp("newer")
    pack.write(msgspec.structs.replace(catalogue, release="a newer release"), folder / "catalogue")
    for package in ("server", "migrations"):
        shutil.copytree(ROOT / package, folder / package)
    engine = folder / "server" / "engine.py"
    engine.write_text(
        engine.read_text().replace(f"VERSION = {VERSION}", f"VERSION = {VERSION + 1}")
    )
    (folder / "migrations" / "versions" / "2100-01-01_0000_add_colour.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        f'revision, down_revision = "{NEWER}", "{run.versions()[-1]}"\n'
        "branch_labels = depends_on = None\n"
        "def upgrade() -> None:\n"
        '    op.add_column("sessions", sa.Column("colour", sa.String(length=9)))\n'
        "def downgrade() -> None:\n"
        '    op.drop_column("sessions", "colour")\n'
    )
    return Release(folder / "catalogue", folder)


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


@pytest.mark.timeout(240)  # six servers start, one after the other
async def test_a_rolling_restart_to_another_release_under_load(
    redis_url: str, tmp_path: Path, newer: Release
) -> None:
    environment = {**migrated(tmp_path, redis_url), "log_keeps": "100000"}
    redis = Redis.from_url(redis_url)
    old = [Server(tmp_path / name, **environment) for name in ("a", "b")]
    balancer = Balancer()
    balancer.servers = list(old)
    ann = Owner(old[0].url)
    secret = ann.invite()["secret"]
    answers: list[Accepted] = []
    waits: list[float] = []
    over = asyncio.Event()

    async def keep_editing(client: Client) -> None:
        number = 0
        while not over.is_set():
            number += 1
            began = time.monotonic()
            answer = await client.edit(SetTitle(f"{client.token[-6:]} {number}"))  # type: ignore[index]
            assert isinstance(answer, Accepted)
            answers.append(answer)
            waits.append(time.monotonic() - began)
            await asyncio.sleep(0.01)

    async with (
        asyncio.timeout(200),
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
            # The database first: the old release goes on, on one that has more in it.
            await asyncio.to_thread(newer.migrate, environment)
            await first.reached(first.replica.revision + 20)
            theirs = {**environment, "gamedata": str(newer.catalogue)}
            new = []
            for index, server in enumerate(old):  # one after the other, as operators do
                new.append(await Server.begin(tmp_path / f"c{index}", code=newer.code, **theirs))
                balancer.servers.append(new[-1])
                balancer.servers.remove(server)
                if index == len(old) - 1:  # the last of the old release takes nothing back
                    await first.until(lambda: first.welcome.engine != before.engine)
                    late = await Raw.open(server.url, ann.session)
                    await late.send({"type": "join", "token": ann.token, "client": "late"})
                    told = await late.closed()
                    assert told == (1012, "The session is on another release.")
                assert await asyncio.to_thread(server.stop) == 0
                await first.reached(first.replica.revision + 20)
            over.set()
        last = max(answer.revision for answer in answers)
        await asyncio.gather(*(client.reached(last) for client in clients))
        for client in clients:
            assert client.welcome
            assert client.welcome.catalogue.release == "a newer release"
            assert client.welcome.engine.endswith(f".{VERSION + 1}")
            assert client.replica.document == first.replica.document
            assert client.replica.totals == first.replica.totals
    (moved,) = await moves(redis, ann.session)
    assert before.engine not in moved
    entries = await redis.xrange(key(ann.session, "log"))
    edits = [msgspec.json.decode(fields[b"change"])["edit"] for _, fields in entries]
    assert len(set(edits)) == len(edits)
    assert {answer.id for answer in answers} == {e for e in edits if not e.startswith("engine-")}

    print(f"a rolling restart: {max(waits):.1f} s for an answer, {len(answers)} edits")  # noqa: T201

    # To go back is a release too; but not beside a database that is newer.
    with pytest.raises(AssertionError, match=rf"newer version \({NEWER}\)"):
        Server(tmp_path / "a", **environment)
    await asyncio.to_thread(newer.migrate, environment, "--to", run.versions()[-1], "--yes")
    migrated(tmp_path, redis_url)
    again = await Server.begin(tmp_path / "a", **environment)
    async with (
        asyncio.timeout(30),
        Client(again.url, ann.session, token=ann.token, listen=False) as client,
    ):
        assert client.welcome
        assert client.welcome.engine == before.engine
    assert len(await moves(redis, ann.session)) == 2
    await redis.aclose()
    for server in (again, *new):
        server.ends_well()

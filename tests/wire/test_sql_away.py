"""SQL is away for a while: people edit, come and go meanwhile, and nothing is missing after."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from calc.operations import SetTitle
from server.client import Client
from server.server_messages import Accepted
from tests.server.postgres import Postgres, binaries
from tests.wire.serving import Owner, Server, migrated


@pytest.fixture
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    found = binaries()
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    postgres = Postgres(tmp_path_factory.mktemp("postgres"), found)
    yield postgres
    postgres.stop()


async def test_editing_goes_on_and_the_recorder_catches_up(
    postgres: Postgres, redis_url: str, tmp_path: Path
) -> None:
    server = Server(tmp_path / "a", **migrated(tmp_path, redis_url, postgres.url))
    ann = Owner(server.url)
    secret = ann.invite()["secret"]
    bob = Client(server.url, ann.session, invitation=secret, name="Bob", listen=False)
    async with (
        asyncio.timeout(100),
        Client(server.url, ann.session, token=ann.token, listen=False) as first,
    ):
        async with bob:
            await bob.edit(SetTitle("Bob was here"))
        postgres.stop()
        for number in range(20):
            assert isinstance(await first.edit(SetTitle(f"{number}")), Accepted)
            if number % 5 == 0:  # who is a member comes back while SQL is away
                async with Client(server.url, ann.session, token=bob.token, listen=False) as again:
                    assert isinstance(await again.edit(SetTitle(f"Bob {number}")), Accepted)
        ready = ann.call("GET", "/health/ready")  # people may still be sent here
        assert ready["status"] == "degraded"
        assert ready["checks"]["sql"]["status"] == "away"
        since = ready["checks"]["sql"]["since"]
        assert ann.call("GET", "/health/ready")["checks"]["sql"]["since"] == since
        postgres.start()
        await recorded(postgres, 25)
        while (await asyncio.to_thread(ann.call, "GET", "/health/ready"))["status"] != "ready":
            pass
    assert server.stop() == 0
    assert not [line for line in server.said if "Traceback" in line], "\n".join(server.said)


async def recorded(postgres: Postgres, changes: int) -> None:
    """Wait until so many changes are in SQL."""
    sql = await asyncpg.connect(postgres.url.replace("+asyncpg", ""))
    while await sql.fetchval("SELECT count(*) FROM changes") < changes:
        await sql.execute("SELECT pg_sleep(0.05)")
    await sql.close()

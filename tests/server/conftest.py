"""What many stand on. Valkey is a real one: an imitation would prove nothing about the scripts."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from gamedata.catalogue import Catalogue
from migrations import run
from server.engine import Engine
from server.live import audience as audience_module
from server.live.audience import Audience
from server.log.log import Log
from server.logic.session import State
from server.orm import Database
from server.recording.archive import Archive
from server.recording.recorder import Recorder
from server.redis.embedded import Valkey
from server.tables import METADATA
from tests.server.listening import ACCESS, START, Builder
from tests.server.postgres import Postgres, binaries
from tests.server.sessions import EDIT_IDS, new_session


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path_factory.mktemp("valkey"))
    valkey.start()
    yield valkey
    valkey.stop()


@pytest.fixture
async def redis(valkey: Valkey) -> AsyncIterator[Redis]:
    """An empty Redis."""
    client = Redis.from_url(valkey.url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def engine(catalogue: Catalogue) -> Engine:
    return Engine(catalogue)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    found = binaries()
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    postgres = Postgres(tmp_path_factory.mktemp("postgres"), found)
    yield postgres
    postgres.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """Migrated, and empty."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite'}"
    else:
        url = request.getfixturevalue("postgres").url
    database = Database(url)
    await run.upgrade(database.engine)
    async with database.writing() as sql:
        for table in reversed(METADATA.sorted_tables):
            await sql.execute(table.delete())
    yield database
    await database.close()


@pytest.fixture
def log(redis: Redis) -> Log:
    return Log(redis, keeps=10, edit_ids=EDIT_IDS)


@pytest.fixture
def archive(database: Database, log: Log, engine: Engine) -> Archive:
    return Archive(database, log, engine, EDIT_IDS)


@pytest.fixture
def recorder(redis: Redis, database: Database, log: Log, archive: Archive) -> Recorder:
    """Of a worker on which nobody has a session open."""
    return Recorder(redis, database, log, lambda: (), archive.again)


@pytest.fixture
async def state(database: Database, log: Log, engine: Engine) -> State:
    """A new session."""
    return await new_session(database, log, engine)


@pytest.fixture
async def audience(monkeypatch: pytest.MonkeyPatch) -> Audience:
    """In which everybody is told in the next turn of the loop."""
    monkeypatch.setattr(audience_module, "NAMES_S", 0)
    monkeypatch.setattr(audience_module, "NUMBER_S", 0)
    monkeypatch.setattr(audience_module, "COMPANY_S", 0)
    audience = Audience(updates_per_second=1e9)
    audience.take_access(ACCESS)
    audience.begin(START)
    return audience


@pytest.fixture
def builder(audience: Audience) -> Builder:
    return Builder(audience)

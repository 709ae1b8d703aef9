"""A session that two workers have open, on each database."""

import pytest
from redis.asyncio import Redis

from calc import build as documents
from server.engine import Engine
from server.log.log import Log
from server.log.logged import Stored
from server.members import access
from server.orm import Database, MemberRow
from server.recording.archive import Archive
from server.recording.recorder import Recorder
from tests.server.regaining.workers import Past, Worker


@pytest.fixture
def log(redis: Redis) -> Log:
    return Log(redis, keeps=10, edit_ids=1000)


@pytest.fixture
def archive(database: Database, log: Log, engine: Engine) -> Archive:
    return Archive(database, log, engine, 1000)


@pytest.fixture
def recorder(redis: Redis, database: Database, log: Log, archive: Archive) -> Recorder:
    return Recorder(redis, database, log, lambda: (), archive.again)


@pytest.fixture
async def session_id(database: Database, log: Log, engine: Engine) -> str:
    build = documents.empty("Nova")
    result = engine.result(build)
    stored = Stored("e1", 0, "", build, result.totals, result.findings)
    new, _ = await access.create_session(database, "g1", "Ann", stored, engine.name, "release")
    async with database.writing() as sql:
        sql.add(MemberRow(session_id=new, person="g2", name="Bob", role="editor", joined_at=0))
    rights = await access.access_of(database, new)
    await log.open(new, stored, engine.name, rights)
    return new


@pytest.fixture
async def workers(
    session_id: str, log: Log, engine: Engine, archive: Archive, redis: Redis
) -> tuple[Worker, Worker]:
    both = tuple(Worker(session_id, log, engine, archive, redis) for _ in range(2))
    for each in both:
        await each.begin()
    return both[0], both[1]


@pytest.fixture
async def fresh(
    session_id: str, log: Log, engine: Engine, archive: Archive, redis: Redis
) -> Worker:
    """A worker that has not opened the session yet."""
    return Worker(session_id, log, engine, archive, redis)


@pytest.fixture
def past(redis: Redis, session_id: str) -> Past:
    return Past(redis, session_id)

"""A session that two workers have open, on each database."""

import pytest
from redis.asyncio import Redis

from server.engine import Engine
from server.log.log import Log
from server.orm import Database
from server.recording.archive import Archive
from tests.server.regaining.workers import Scene
from tests.server.sessions import new_session


@pytest.fixture
async def scene(
    redis: Redis, database: Database, log: Log, archive: Archive, engine: Engine
) -> Scene:
    state = await new_session(database, log, engine, ("g2", "Bob"))
    scene = Scene(state.session, redis, database, log, archive, engine)
    for worker in scene.both:
        await worker.begin()
    return scene

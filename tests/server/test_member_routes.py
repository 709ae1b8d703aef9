"""What the REST interface of a session's members sees to beside what `governing` does."""

from types import SimpleNamespace
from typing import cast

import pytest
from redis.asyncio import Redis

from calc import build as documents
from server.log.log import Log
from server.log.logged import Memory, Stored
from server.members import access, governing
from server.members.access import AccessError
from server.orm import Database
from server.routes import members as routes
from server.services import Services


async def test_who_asks_again_for_a_kick_is_refused_when_redis_knows_of_it(
    database: Database, redis: Redis
) -> None:
    log = Log(redis, keeps=10, edit_ids=10)
    stored = Stored("e1", 0, "", documents.empty("Nova"), {}, ())
    session, _ = await access.create_session(database, "g1", "Ann", stored, "engine", "release")
    _, secret = await access.invite(database, session, "g1", "editor", None, None)
    came = await access.accept(database, session, secret, "g2", "Bob")
    assert came is not None
    assert await log.open(session, stored, "engine", came, "", Memory("", 0, ()))
    await governing.remove(database, session, "g1", "g2")  # and Redis could not be told
    services = cast(Services, SimpleNamespace(database=database, log=log))
    with pytest.raises(AccessError, match="no such member"):
        async with routes._done_before(session, services):
            await governing.remove(database, session, "g1", "g2")
    loaded = await log.load(session)
    assert loaded
    assert set(loaded.state.access.members) == {"g1"}

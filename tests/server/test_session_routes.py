"""What the REST interface does when a session begins, beside what SQL does."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from calc import build as documents
from server.auth import Person
from server.engine import Engine
from server.log.log import Log
from server.orm import Database, SessionRow
from server.recording.archive import Archive
from server.redis.calls import FullError, UnreachableError
from server.routes import sessions as routes
from server.settings import Settings
from tests.server.sessions import reopened


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("failure", [UnreachableError, FullError])
async def test_a_session_begins_while_redis_is_away(
    database: Database, log: Log, engine: Engine, archive: Archive, failure: type[Exception]
) -> None:
    async def open_(*_: object) -> bool:
        raise failure

    services: Any = SimpleNamespace(
        engine=engine,
        database=database,
        log=SimpleNamespace(open=open_),
        settings=Settings(public_url="http://here"),
    )
    request: Any = None
    ann = Person("g1", "Ann", 0.0, 1e11)
    made = await routes.begin(request, services, ann, documents.empty("Nova"))
    async with database.reading() as sql:
        assert (await sql.scalars(select(SessionRow.id))).all() == [made.id]
    state = await reopened(archive, log, made.id)  # as when somebody comes
    assert (state.revision, state.build.title) == (0, "Nova")
    assert state.access.members["g1"].role == "owner"

"""What SQL's absence comes to."""

import pytest
from sqlalchemy import text

from server.orm import Database, DatabaseAwayError
from tests.server.postgres import Postgres


async def test_a_database_that_stops_meanwhile_is_away(postgres: Postgres) -> None:
    database = Database(postgres.url)
    with pytest.raises(DatabaseAwayError):
        async with database.reading() as sql:
            await sql.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    async with database.reading() as sql:  # and is there again
        assert await sql.scalar(text("SELECT 1")) == 1
    await database.close()

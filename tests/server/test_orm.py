"""What SQL's absence comes to."""

import asyncio
import socket
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from migrations import run
from server import breaker
from server.orm import Database, DatabaseAwayError, ReadOnlyError
from tests.server.postgres import Postgres


async def test_a_database_that_stops_meanwhile_is_away(postgres: Postgres) -> None:
    database = Database(postgres.url)
    with pytest.raises(DatabaseAwayError):
        async with database.reading() as sql:
            await sql.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    async with database.reading() as sql:  # and is there again
        assert await sql.scalar(text("SELECT 1")) == 1
    await database.close()


@pytest.mark.parametrize(
    ("where", "statement"),
    [
        ("SET statement_timeout = '5ms'", "SELECT pg_sleep(60)"),
        ("SET ROLE pg_monitor", "CREATE ROLE another"),
    ],
)
async def test_a_database_that_refuses_is_away(
    postgres: Postgres, where: str, statement: str
) -> None:
    database = Database(postgres.url)
    async with database.writing() as sql:
        await sql.execute(text(where))
    with pytest.raises(DatabaseAwayError):
        async with database.writing() as sql:
            await sql.execute(text(statement))
    await database.close()


@pytest.mark.parametrize(
    ("told", "instead", "said"),
    [("cohort@", "nobody@", 'role "nobody"'), ("@/postgres?", "@/none?", 'database "none"')],
)
async def test_a_database_that_does_not_let_us_in_is_away(
    postgres: Postgres, told: str, instead: str, said: str
) -> None:
    database = Database(postgres.url.replace(told, instead))
    with pytest.raises(DatabaseAwayError) as error:
        await database.ping()
    assert error.value.sentence == f"The database does not answer: {said} does not exist."
    await database.close()


async def test_a_database_that_hangs_is_away_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLOW_S", "ANSWER_S"):
        monkeypatch.setattr(breaker, name, 0.01)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        database = Database(f"postgresql+asyncpg://cohort@127.0.0.1:{port}/cohort")
        for _ in range(2):
            with pytest.raises(DatabaseAwayError) as error:
                await database.ping()
        assert error.value.sentence == "The database does not answer: it takes too long."
        await database.close()


@pytest.mark.parametrize(
    "statement",
    ["SELECT none FROM nowhere", "SELECT CAST('some' AS int)", "INSERT INTO epochs DEFAULT VALUES"],
)
async def test_a_statement_that_is_wrong_is_not_the_databases_fault(
    postgres: Postgres, statement: str
) -> None:
    database = Database(postgres.url)
    await run.upgrade(database.engine)
    with pytest.raises(DBAPIError):
        async with database.writing() as sql:
            await sql.execute(text(statement))
    await database.close()


async def test_a_server_that_is_read_only_is_left_with_every_connection(postgres: Postgres) -> None:
    """Behind the same name there may be another one by now."""
    database = Database(postgres.url)
    async with database.reading() as first, database.reading() as second:
        for sql in (first, second):
            await sql.execute(text("SET default_transaction_read_only = on"))
            await sql.commit()
    write = text("CREATE TEMPORARY TABLE numbers (number int) ON COMMIT DROP")
    with pytest.raises(DatabaseAwayError):
        async with database.writing() as sql:
            await sql.execute(write)
    async with database.writing() as first, database.writing() as second:
        for sql in (first, second):
            await sql.execute(write)
    await database.close()


async def test_a_server_that_is_read_only_is_told_from_one_that_is_away(
    postgres: Postgres,
) -> None:
    database = Database(postgres.url)
    read_only = text("SET default_transaction_read_only = on")
    async with database.reading() as sql:
        await sql.execute(read_only)
        await sql.commit()
    with pytest.raises(ReadOnlyError):
        await database.ping()
    await database.ping()  # by a new connection
    async with database.reading() as sql:
        await sql.execute(read_only)
        await sql.commit()
    with pytest.raises(ReadOnlyError) as error:
        async with database.writing() as sql:
            await sql.execute(text("CREATE TABLE numbers (number int)"))
    assert error.value.sentence == "The database is read-only."
    await database.close()


async def test_what_goes_wrong_does_not_tell_what_was_given(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/some.sqlite")
    with pytest.raises(DatabaseAwayError) as error:
        async with database.writing() as sql:
            await sql.execute(text("INSERT INTO nowhere VALUES (:it)"), {"it": "a secret"})
    assert "INSERT INTO nowhere" in str(error.value)
    assert "a secret" not in str(error.value)
    await database.close()


async def test_a_closed_connection_gives_its_lock_back(tmp_path: Path) -> None:
    """As of a call that was cancelled before it had read what it asked for."""
    url = f"sqlite+aiosqlite:///{tmp_path}/some.sqlite"
    ended, other = Database(url), Database(url)
    async with other.writing() as sql:
        await sql.execute(text("CREATE TABLE some (number INTEGER)"))
        await sql.execute(text("INSERT INTO some VALUES (1), (2)"))
    async with ended.writing() as sql:
        raw = await (await sql.connection()).get_raw_connection()
        connection = raw.driver_connection
        assert connection is not None
        unread = await connection.execute("SELECT number FROM some")
        await connection.close()
    async with other.writing() as sql:
        await sql.execute(text("INSERT INTO some VALUES (3)"))
    await ended.close()
    await other.close()
    assert unread is not None  # held until here, as a traceback holds it


async def test_who_waits_for_each_other_may_try_again(postgres: Postgres) -> None:
    database = Database(postgres.url)

    async def lock(first: int, second: int) -> None:
        async with database.writing() as sql:
            await sql.execute(text("SET LOCAL deadlock_timeout = '20ms'"))
            await sql.execute(text(f"SELECT pg_advisory_xact_lock({first})"))
            await both.wait()
            await sql.execute(text(f"SELECT pg_advisory_xact_lock({second})"))

    both = asyncio.Barrier(2)
    outcomes = await asyncio.gather(lock(1, 2), lock(2, 1), return_exceptions=True)
    await database.close()
    (refused,) = (each for each in outcomes if each is not None)
    assert isinstance(refused, DatabaseAwayError)

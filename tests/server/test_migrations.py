"""Every migration, down and up with rows in all tables, on SQLite and on PostgreSQL."""

from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from migrations import run
from server.orm import Database
from server.tables import METADATA
from tests.server.filling import Rows, fill, rows

Columns = dict[str, dict[str, dict[str, Any]]]


async def test_the_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await run.check(database.engine)
    await run.upgrade(database.engine)  # again: nothing to do


async def test_each_goes_down_and_up_and_what_it_did_not_make_stays(database: Database) -> None:
    def back_and_forth(connection: Connection) -> None:
        fill(connection)
        assert all(len(each) == 2 for each in rows(connection).values())
        known = [run.EMPTY, *run.versions()]
        for older, newer in zip(known[-2::-1], known[:0:-1], strict=True):
            with_all = rows(connection)
            command.downgrade(run.config(connection), older)
            without, had = rows(connection), columns(connection)
            assert without == part_of(with_all, had), newer
            command.upgrade(run.config(connection), newer)
            assert part_of(rows(connection), had) == without, newer
            # The release before goes on beside this one: it finds all that it knows, and can
            # write without a word of what is new.
            has = columns(connection)
            for table, each in had.items():
                now = has[table]
                assert {name: now.get(name) for name in each} == each, (newer, table)
                added = [now[name] for name in now.keys() - each.keys()]
                assert all(one["nullable"] or one["default"] for one in added), (newer, table)
            command.downgrade(run.config(connection), older)
        assert columns(connection) == {}
        command.upgrade(run.config(connection), "head")
        assert differences(connection) == []

    async with database.engine.execution_options(cohort_writes=True).begin() as connection:
        await connection.run_sync(back_and_forth)


async def test_a_newer_database_is_refused_with_what_to_do(database: Database) -> None:
    async with database.writing() as sql:
        await sql.execute(text("UPDATE alembic_version SET version_num = 'x9'"))
    try:
        for refused in (
            run.check(database.engine),
            run.upgrade(database.engine),
            run.downgrade(database.engine, "0001"),
        ):
            with pytest.raises(run.VersionError, match=r"newer version \(x9\).*migrate --to"):
                await refused
    finally:
        async with database.writing() as sql:
            newest = {"newest": run.versions()[-1]}
            await sql.execute(text("UPDATE alembic_version SET version_num = :newest"), newest)


async def test_a_database_is_taken_back_for_an_older_release(database: Database) -> None:
    older = run.versions()[-2]
    await run.downgrade(database.engine, older)
    assert await run.version_of(database.engine) == older
    with pytest.raises(run.VersionError, match="older version: run `cohort migrate`"):
        await run.check(database.engine)
    with pytest.raises(run.VersionError, match="cannot be taken"):
        await run.downgrade(database.engine, run.versions()[-1])
    await run.upgrade(database.engine)
    await run.check(database.engine)


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), METADATA))


def columns(connection: Connection) -> Columns:
    looking = inspect(connection)
    return {
        table: {
            each["name"]: {
                "type": str(each["type"]),
                "nullable": each["nullable"],
                "default": each["default"],
            }
            for each in looking.get_columns(table)
        }
        for table in looking.get_table_names()
        if table != "alembic_version"
    }


def part_of(all_rows: Rows, had: Columns) -> Rows:
    """What of these rows is in these columns."""
    return {
        table: sorted(({name: row[name] for name in columns} for row in all_rows[table]), key=repr)
        for table, columns in had.items()
    }

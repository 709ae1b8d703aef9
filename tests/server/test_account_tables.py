"""The tables of accounts, up and down, with rows in them and in those that were there before."""

import pytest
from alembic import command
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from migrations import run
from server.accounts.tables import (
    AuditRow,
    CredentialRow,
    KeyRow,
    LoginRow,
    RefreshTokenRow,
    UserRow,
)
from server.orm import Database

BEFORE = "0004"
TABLES = {"users", "credentials", "logins", "refresh_tokens", "keys", "audit"}


@pytest.fixture
async def filled(database: Database) -> Database:
    """A user who has one of everything."""
    async with database.writing() as sql:
        sql.add(UserRow(id="g1", name="Ann", role="user", created_at=1))
        await sql.flush()
        sql.add_all(
            [
                CredentialRow(
                    provider="password", subject="ann", user_id="g1", hash="$x", created_at=1
                ),
                LoginRow(
                    id="l1", user_id="g1", agent="x", created_at=1, used_at=1, expires_at=2**40
                ),
                KeyRow(id="k1", user_id="g1", name="x", scope="read", hash="h", created_at=1),
                AuditRow(at=1, event="login", person="g1", by="g1", address="::1", about=""),
                AuditRow(at=2, event="login", person="g1", by="g1", address="::1", about=""),
            ]
        )
        await sql.flush()
        sql.add(RefreshTokenRow(hash="h", login_id="l1", created_at=1))
    return database


async def test_accounts_come_and_go_beside_what_was_there(filled: Database) -> None:
    def back_and_forth(connection: Connection) -> None:
        connection.execute(
            text(
                "INSERT INTO sessions (id, title, engine, release, access, created_at)"
                " VALUES ('s1', 't', 'e', 'r', 1, 1)"
            )
        )
        command.downgrade(run.config(connection), BEFORE)
        assert not TABLES & set(inspect(connection).get_table_names())
        command.upgrade(run.config(connection), "head")
        assert set(inspect(connection).get_table_names()) >= TABLES
        assert connection.scalar(text("SELECT count(*) FROM users")) == 0
        assert connection.scalar(text("SELECT title FROM sessions")) == "t"

    async with filled.engine.execution_options(cohort_writes=True).begin() as connection:
        await connection.run_sync(back_and_forth)


async def test_the_audit_log_numbers_itself(filled: Database) -> None:
    async with filled.reading() as sql:
        numbers = (await sql.execute(text("SELECT number FROM audit ORDER BY at"))).scalars().all()
    assert numbers[1] == numbers[0] + 1

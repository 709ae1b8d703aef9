"""Logins: families of refresh tokens, each of which is good once.

Who sends one a second time has a copy, or it is the owner after somebody else used the copy: we
cannot tell, so the whole family ends.
"""

import secrets

from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.tables import LoginRow, RefreshTokenRow, UserRow
from server.auth import hash_secret
from server.members.access import new_id, now_ms
from server.orm import Database

REFRESH_MS = 30 * 24 * 3600 * 1000  # since it was made; a login lives on as long as it is used
PREFIX = "cohort_refresh_"  # so that one that leaked is known for what it is


class LoginError(Exception):
    """A refresh token is not good, for whatever reason."""


class LoggedIn(Struct, frozen=True):
    """An account that may have an access token, and the next refresh token."""

    person: str
    name: str
    login: str
    refresh_token: str


class Login(Struct, frozen=True):
    """A login of one's own. Times in milliseconds since 1970; current: the asker's."""

    id: str
    agent: str
    created_at: int
    used_at: int
    current: bool


async def begin(sql: AsyncSession, user: UserRow, agent: str) -> LoggedIn:
    """A new login, within the transaction that found them to be who they say."""
    now = now_ms()
    await _sweep(sql, user.id, now)
    login = LoginRow(
        id=new_id(16),
        user_id=user.id,
        agent=agent[:120],
        created_at=now,
        used_at=now,
        expires_at=now + REFRESH_MS,
    )
    sql.add(login)
    await sql.flush()
    return LoggedIn(user.id, user.name, login.id, _next(sql, login, now))


async def refresh(database: Database, token: str, address: str) -> LoggedIn:
    """The next refresh token for this one. Raises LoginError, and ends a login whose token was
    used before."""
    async with database.writing() as sql:
        found = await _refresh(sql, token, address)
    if found is None:  # after the transaction: what it ended is to stay ended
        raise LoginError("This refresh token is not good any more. Log in again.")
    return found


async def _refresh(sql: AsyncSession, token: str, address: str) -> LoggedIn | None:
    row = await sql.get(RefreshTokenRow, hash_secret(token), with_for_update=True)
    login = None if row is None else await sql.get(LoginRow, row.login_id, with_for_update=True)
    user = None if login is None else await sql.get(UserRow, login.user_id)
    now = now_ms()
    if row is None or login is None or user is None:
        return None
    if login.revoked_at is not None or user.banned_at is not None or user.deleted_at is not None:
        return None
    if row.used_at is not None:
        login.revoked_at = now
        audit.note(sql, "refresh_reused", address, user.id, about=f"login {login.id} ended")
        return None
    if row.created_at + REFRESH_MS <= now:
        return None
    row.used_at = login.used_at = now
    login.expires_at = now + REFRESH_MS
    return LoggedIn(user.id, user.name, login.id, _next(sql, login, now))


async def end(database: Database, person: str, login: str, address: str) -> bool:
    """Log out one of a person's logins; whether there was one."""
    async with database.writing() as sql:
        row = await sql.get(LoginRow, login)
        if row is None or row.user_id != person or row.revoked_at is not None:
            return False
        row.revoked_at = now_ms()
        audit.note(sql, "logout", address, person, person)
        return True


async def replace(sql: AsyncSession, person: str, login: str) -> None:
    """End one that another takes the place of."""
    old = update(LoginRow).where(LoginRow.user_id == person, LoginRow.id == login)
    await sql.execute(old.where(LoginRow.revoked_at.is_(None)).values(revoked_at=now_ms()))


async def end_all(sql: AsyncSession, person: str, *, but: str = "") -> None:
    """Log a person out everywhere, or everywhere else."""
    ended = update(LoginRow).where(
        LoginRow.user_id == person, LoginRow.id != but, LoginRow.revoked_at.is_(None)
    )
    await sql.execute(ended.values(revoked_at=now_ms()))


async def of(database: Database, person: str, current: str) -> tuple[Login, ...]:
    """Those that are good, the one used last first."""
    found = (
        select(LoginRow)
        .where(
            LoginRow.user_id == person,
            LoginRow.revoked_at.is_(None),
            LoginRow.expires_at > now_ms(),
        )
        .order_by(LoginRow.used_at.desc(), LoginRow.id)
    )
    async with database.reading() as sql:
        rows = await sql.scalars(found)
        return tuple(
            Login(row.id, row.agent, row.created_at, row.used_at, row.id == current) for row in rows
        )


def _next(sql: AsyncSession, login: LoginRow, now: int) -> str:
    token = PREFIX + secrets.token_urlsafe(32)
    sql.add(RefreshTokenRow(hash=hash_secret(token), login_id=login.id, created_at=now))
    return token


async def _sweep(sql: AsyncSession, person: str, now: int) -> None:
    """Forget what can be of no use any more. A used token is kept for as long as it could be
    taken for a good one; a login for as long as an access token of it might be about."""
    old = now - REFRESH_MS
    logins = select(LoginRow.id).where(LoginRow.user_id == person)
    await sql.execute(
        delete(RefreshTokenRow).where(
            RefreshTokenRow.login_id.in_(logins), RefreshTokenRow.created_at < old
        )
    )
    kept = select(RefreshTokenRow.login_id).where(RefreshTokenRow.login_id == LoginRow.id)
    await sql.execute(
        delete(LoginRow).where(
            LoginRow.user_id == person, LoginRow.expires_at < now, ~kept.exists()
        )
    )

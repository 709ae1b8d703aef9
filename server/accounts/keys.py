"""Personal API keys: for programs of one's own, shown once and kept as a hash."""

import secrets
from typing import Annotated, Literal, cast

from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy import func, select, update

from server.accounts import audit
from server.accounts.accounts import AccountError
from server.accounts.tables import KeyRow, UserRow
from server.auth import NotAuthenticatedError, Person, hash_secret
from server.members.access import new_id, now_ms
from server.orm import Database
from server.protocol import Name

PREFIX = "cohort_key_"  # so that one that leaked is known for what it is
MOST = 50
USED_EVERY_MS = 60_000  # how exactly the last use is known; a program may ask often

KeyScope = Literal["overlay", "read", "edit"]
YEAR_S = 365 * 24 * 3600


class NewKey(Struct, frozen=True):
    """scope: `overlay` shows totals, `read` all that one sees, `edit` lets it change sessions;
    each holds those before. expires_in: seconds."""

    name: Name
    scope: KeyScope
    expires_in: Annotated[int, Meta(ge=60, le=10 * YEAR_S)] | UnsetType = UNSET


class Key(Struct, frozen=True, omit_defaults=True):
    """A key, without its secret. Times in milliseconds since 1970; used_at: about the last use."""

    id: str
    name: str
    scope: KeyScope
    created_at: int
    used_at: int | UnsetType = UNSET
    expires_at: int | UnsetType = UNSET


class MadeKey(Struct, frozen=True):
    """A new key. token: what its programs send, which is told only now."""

    id: str
    token: str


async def create(database: Database, person: str, wanted: NewKey, address: str) -> MadeKey:
    """Raises AccountError for one too many."""
    made = MadeKey(new_id(), PREFIX + secrets.token_urlsafe(32))
    now = now_ms()
    async with database.writing() as sql:
        # Locked: of two at once the second counts the first one's.
        user = await sql.get(UserRow, person, with_for_update=True)
        if user is None or user.deleted_at is not None:
            raise AccountError("no_account", "Make an account first: a guest has no keys.")
        own = select(func.count()).select_from(KeyRow)
        good = own.where(KeyRow.user_id == person, KeyRow.revoked_at.is_(None))
        if (await sql.scalar(good) or 0) >= MOST:
            raise AccountError("too_many_keys", f"One has at most {MOST} keys: revoke one.")
        sql.add(
            KeyRow(
                id=made.id,
                user_id=person,
                name=wanted.name,
                scope=wanted.scope,
                hash=hash_secret(made.token),
                created_at=now,
                expires_at=None if wanted.expires_in is UNSET else now + wanted.expires_in * 1000,
            )
        )
        audit.note(sql, "key_created", address, person, person, f"{wanted.scope} {made.id}")
    return made


async def of(database: Database, person: str) -> tuple[Key, ...]:
    """Those that are not revoked, newest first."""
    found = select(KeyRow).where(KeyRow.user_id == person, KeyRow.revoked_at.is_(None))
    async with database.reading() as sql:
        rows = await sql.scalars(found.order_by(KeyRow.created_at.desc(), KeyRow.id))
        return tuple(
            Key(
                row.id,
                row.name,
                cast(KeyScope, row.scope),
                row.created_at,
                UNSET if row.used_at is None else row.used_at,
                UNSET if row.expires_at is None else row.expires_at,
            )
            for row in rows
        )


async def revoke(database: Database, person: str, key: str, address: str) -> None:
    """Raises AccountError when it is none of theirs."""
    async with database.writing() as sql:
        row = await sql.get(KeyRow, key)
        if row is None or row.user_id != person:
            raise AccountError("not_found", "You have no such key.")
        if row.revoked_at is None:
            row.revoked_at = now_ms()
            audit.note(sql, "key_revoked", address, person, person, key)


async def read(database: Database, token: str) -> Person:
    """Whose key this is, and what it is good for. Raises NotAuthenticatedError."""
    now = now_ms()
    async with database.reading() as sql:
        row = await sql.scalar(select(KeyRow).where(KeyRow.hash == hash_secret(token)))
        user = None if row is None else await sql.get(UserRow, row.user_id)
    if row is None or user is None or not stands(row, user):
        raise NotAuthenticatedError("not_authenticated", "This key is not valid.")
    if row.used_at is None or row.used_at + USED_EVERY_MS < now:
        async with database.writing() as sql:
            await sql.execute(update(KeyRow).where(KeyRow.id == row.id).values(used_at=now))
    return Person(
        user.id,
        user.name,
        row.created_at / 1000,
        float("inf") if row.expires_at is None else row.expires_at / 1000,
        scope=cast(KeyScope, row.scope),
        key=row.id,
    )


def stands(row: KeyRow, user: UserRow) -> bool:
    """Whether a key is good now."""
    return (
        row.revoked_at is None
        and (row.expires_at is None or row.expires_at > now_ms())
        and user.banned_at is None
        and user.deleted_at is None
    )

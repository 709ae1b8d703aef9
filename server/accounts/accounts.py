"""Accounts in SQL: how one comes to be, and who logs in."""

import re
import secrets
from typing import Literal, cast

from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from server.accounts import audit, logins
from server.accounts.logins import LoggedIn
from server.accounts.passwords import NOBODYS, Passwords, is_worn
from server.accounts.tables import CredentialRow, UserRow
from server.auth import Person
from server.members.access import now_ms
from server.orm import Database

USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,31}")
PASSWORD = "password"  # noqa: S105  (the provider of credentials of our own)
ServiceRole = Literal["user", "moderator", "admin"]
SERVICE_ROLES: tuple[ServiceRole, ...] = ("user", "moderator", "admin")


class AccountError(Exception):
    """Something cannot be done with an account. code: stable, for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class LinkedIdentity(Struct, frozen=True):
    """Somebody elsewhere as whom one logs in. label: what one is called there; linked_at:
    milliseconds since 1970."""

    provider: str
    label: str
    linked_at: int


class Account(Struct, frozen=True, omit_defaults=True):
    """One's own. name: as others see it; username: what one logs in with, where one has a
    password; role: in the service; created_at: milliseconds since 1970; identities: other ways to
    log in."""

    person: str
    name: str
    role: ServiceRole
    created_at: int
    username: str | UnsetType = UNSET
    identities: tuple[LinkedIdentity, ...] = ()


async def create(
    database: Database,
    passwords: Passwords,
    guest: Person | None,
    username: str,
    password: str,
    name: str,
    address: str,
    agent: str,
) -> LoggedIn:
    """A new account, logged in. A guest's sessions stay theirs: they keep their id.

    Raises AccountError, WeakPasswordError or BusyError.
    """
    subject = username.lower()
    hashed = await passwords.hash(password, username, name)
    person = guest.id if guest is not None else "u" + secrets.token_hex(8)
    try:
        async with database.writing() as sql:
            if await sql.get(UserRow, person) is not None:
                raise _has_account()
            if await sql.get(CredentialRow, (PASSWORD, subject)) is not None:
                raise taken()
            user = UserRow(id=person, name=name, role="user", created_at=now_ms())
            sql.add(user)
            await sql.flush()
            sql.add(
                CredentialRow(
                    provider=PASSWORD,
                    subject=subject,
                    user_id=person,
                    hash=hashed,
                    created_at=now_ms(),
                )
            )
            audit.note(sql, "account_created", address, person, person)
            return await logins.begin(sql, user, agent)
    except IntegrityError:  # two at once; one was first
        async with database.reading() as sql:
            if await sql.get(UserRow, person) is not None:
                raise _has_account() from None
        raise taken() from None


async def log_in(
    database: Database,
    passwords: Passwords,
    username: str,
    password: str,
    address: str,
    agent: str,
) -> LoggedIn | None:
    """None: this name and this password do not go together, or the account is banned.

    It takes as long, and does as much, where there is no such account. Raises BusyError.
    """
    name = username.lower() if USERNAME.fullmatch(username) else ""
    subject = (PASSWORD, name)
    async with database.reading() as sql:
        known = await sql.get(CredentialRow, subject)
    hashed = NOBODYS if known is None or known.hash is None else known.hash
    right = await passwords.verify(hashed, password) and known is not None
    better = await passwords.again(password) if right and is_worn(hashed) else ""
    async with database.writing() as sql:
        person = None if known is None else known.user_id
        user = None if person is None else await sql.get(UserRow, person)
        now = await sql.get(CredentialRow, subject)
        # The password may have been changed while we were looking at it.
        if not right or user is None or user.banned_at or now is None or now.hash != hashed:
            audit.note(sql, "login_failed", address, person)
            return None
        now.hash = better or now.hash
        audit.note(sql, "login", address, person, person)
        return await logins.begin(sql, user, agent)


async def read(database: Database, person: str) -> Account:
    """Raises AccountError."""
    async with database.reading() as sql:
        user = await sql.get(UserRow, person)
        if user is None:
            raise AccountError("no_account", "You have no account.")
        rows = select(CredentialRow).where(CredentialRow.user_id == person)
        credentials = (await sql.scalars(rows.order_by(CredentialRow.provider))).all()
    own = [each.subject for each in credentials if each.provider == PASSWORD]
    return Account(
        person,
        user.name,
        cast(ServiceRole, user.role),
        user.created_at,
        own[0] if own else UNSET,
        tuple(
            LinkedIdentity(each.provider, each.label or "", each.created_at)
            for each in credentials
            if each.provider != PASSWORD
        ),
    )


def _has_account() -> AccountError:
    return AccountError("has_account", "You have an account already: log in.")


def taken() -> AccountError:
    """Of a username."""
    return AccountError("username_taken", "Somebody has this username already.")

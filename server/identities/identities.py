"""Who somebody is elsewhere, and whose account that is. Never by an e-mail address: whoever may
write it at a provider would be anybody here."""

import secrets

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit, logins
from server.accounts.accounts import AccountError
from server.accounts.logins import LoggedIn
from server.accounts.tables import CredentialRow, UserRow
from server.auth import Person
from server.identities.oauth import Identity
from server.members.access import now_ms
from server.orm import Database


async def log_in(
    database: Database, identity: Identity, asker: Person | None, address: str, agent: str
) -> LoggedIn:
    """Log in, into a new account where there is none yet.

    asker: who asks, as far as we know them: a guest, who becomes the new account and keeps what is
    theirs; or an account that logs in once more, whose login this takes the place of.
    Raises AccountError.
    """
    account = asker if asker is not None and not asker.is_guest else None
    try:
        async with database.writing() as sql:
            row = await sql.get(CredentialRow, (identity.provider, identity.subject))
            if row is None and account is None:
                return await _create(sql, identity, asker, address, agent)
            if row is None:
                raise AccountError("not_linked", "This belongs to no account yet: link it first.")
            if account is not None and row.user_id != account.id:
                raise AccountError("identity_taken", "This belongs to another account.")
            user = await sql.get(UserRow, row.user_id)
            stays = user is not None and not user.banned_at and not user.deleted_at
            if user is not None and stays:
                row.label = identity.label
                if account is not None:
                    await logins.replace(sql, user.id, account.login)
                audit.note(sql, "login", address, user.id, user.id, identity.provider)
                return await logins.begin(sql, user, agent)
            audit.note(sql, "login_failed", address, row.user_id, about=identity.provider)
    except IntegrityError:  # twice at once: the other one was first
        raise AccountError("conflict", "Try again.") from None
    raise AccountError("banned", "This account may not log in.")


async def _create(
    sql: AsyncSession, identity: Identity, guest: Person | None, address: str, agent: str
) -> LoggedIn:
    person = guest.id if guest is not None else "u" + secrets.token_hex(8)
    if await sql.get(UserRow, person) is not None:
        raise AccountError("has_account", "You have an account already: log in.")
    name = guest.name if guest is not None else identity.name or identity.label or "Nameless"
    user = UserRow(id=person, name=name, role="user", created_at=now_ms())
    sql.add(user)
    await sql.flush()
    sql.add(_credential(person, identity))
    audit.note(sql, "account_created", address, person, person, identity.provider)
    return await logins.begin(sql, user, agent)


async def link(database: Database, person: str, identity: Identity, address: str) -> None:
    """From now on one may log in as this, too. Raises AccountError."""
    try:
        async with database.writing() as sql:
            await _locked(sql, person)
            row = await sql.get(CredentialRow, (identity.provider, identity.subject))
            if row is not None and row.user_id == person:
                row.label = identity.label
                return
            if row is not None:
                raise AccountError("identity_taken", "This belongs to another account.")
            own = select(CredentialRow.subject).where(
                CredentialRow.user_id == person, CredentialRow.provider == identity.provider
            )
            if await sql.scalar(own) is not None:
                raise AccountError("already_linked", "Unlink the one that is linked first.")
            sql.add(_credential(person, identity))
            audit.note(sql, "identity_linked", address, person, person, identity.provider)
    except IntegrityError:
        raise AccountError("identity_taken", "This belongs to another account.") from None


async def unlink(database: Database, person: str, provider: str, address: str) -> None:
    """One cannot log in by this any more. Raises AccountError, also for the last way in."""
    async with database.writing() as sql:
        await _locked(sql, person)
        own = select(CredentialRow).where(CredentialRow.user_id == person)
        row = await sql.scalar(own.where(CredentialRow.provider == provider))
        if row is None:
            raise AccountError("not_found", "This is not linked.")
        if await sql.scalar(select(func.count()).select_from(own.subquery())) == 1:
            raise AccountError(
                "last_way_in", "This is your only way to log in: choose a password first."
            )
        await sql.delete(row)
        audit.note(sql, "identity_unlinked", address, person, person, provider)


async def refuse(database: Database, provider: str, reason: str, address: str) -> None:
    """Note that somebody came back from a provider with what proves nothing."""
    async with database.writing() as sql:
        audit.note(sql, "login_failed", address, about=f"{provider}: {reason}")


async def _locked(sql: AsyncSession, person: str) -> None:
    """One of a person's changes at a time: two could each leave the other's as the last way in."""
    user = await sql.get(UserRow, person, with_for_update=True)
    if user is None or user.deleted_at is not None:
        raise AccountError("no_account", "The account is gone.")


def _credential(person: str, identity: Identity) -> CredentialRow:
    return CredentialRow(
        provider=identity.provider,
        subject=identity.subject,
        user_id=person,
        created_at=now_ms(),
        label=identity.label,
    )

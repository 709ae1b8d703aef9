"""What one does with one's account: another name, another password, a role that an admin gives."""

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit, logins
from server.accounts.accounts import PASSWORD, AccountError, ServiceRole, taken
from server.accounts.passwords import Passwords
from server.accounts.tables import CredentialRow, LoginRow, UserRow
from server.auth import Person
from server.library import terms as library_terms
from server.library.tables import BuildRow
from server.logic.rights import Access
from server.members.access import changed, hold_all, now_ms
from server.orm import Database, MemberRow

FRESH_MS = 10 * 60 * 1000  # how long a login shows that somebody is who they are


async def rename(database: Database, person: str, name: str, address: str) -> dict[str, Access]:
    """Be called something else, in one's sessions and builds too.

    Returns the sessions whose access is another now. Raises AccountError.
    """
    async with database.writing() as sql:
        user = await sql.get(UserRow, person, with_for_update=True)
        if user is None:
            raise AccountError("no_account", "A guest's name is in their token.")
        sessions = await hold_all(sql, person)
        user.name = name
        await sql.execute(update(MemberRow).where(MemberRow.person == person).values(name=name))
        await library_terms.rename(sql, person, name)
        await sql.execute(update(BuildRow).where(BuildRow.owner == person).values(owner_name=name))
        audit.note(sql, "name_changed", address, person, person)
        return {session: await changed(sql, session) for session in sessions}


async def change_password(
    database: Database,
    passwords: Passwords,
    person: Person,
    old: str,
    new: str,
    address: str,
    username: str = "",
) -> None:
    """Other logins end with the old password, this one goes on.

    username: to go with the first password, of who has none yet. Raises AccountError,
    WeakPasswordError or BusyError.
    """
    subject = await prove(database, passwords, person, old) or username.lower()
    if not subject:
        raise AccountError("username_missing", "Choose a username to go with the password.")
    hashed = await passwords.hash(new, subject, person.name)
    try:
        async with database.writing() as sql:
            await _set_password(sql, person.id, subject, hashed)
            await logins.end_all(sql, person.id, but=person.login)
            audit.note(sql, "password_changed", address, person.id, person.id)
    except IntegrityError:  # two at once chose this name
        raise taken() from None


async def _set_password(sql: AsyncSession, person: str, subject: str, hashed: str) -> None:
    user = await sql.get(UserRow, person, with_for_update=True)
    if user is None or user.deleted_at is not None:
        raise AccountError("no_account", "The account is gone.")
    own = select(CredentialRow).where(
        CredentialRow.user_id == person, CredentialRow.provider == PASSWORD
    )
    row = await sql.scalar(own)
    if row is not None and row.subject == subject:
        row.hash = hashed
        return
    if row is not None or await sql.get(CredentialRow, (PASSWORD, subject)) is not None:
        raise taken()
    sql.add(
        CredentialRow(
            provider=PASSWORD, subject=subject, user_id=person, hash=hashed, created_at=now_ms()
        )
    )


async def prove(
    database: Database, passwords: Passwords, person: Person, password: str
) -> str | None:
    """Have somebody show that they are not only at an open screen: by their password, or by
    having logged in just now where they have none. Returns their username; None for who has no
    password. Raises AccountError or BusyError."""
    own = select(CredentialRow).where(
        CredentialRow.user_id == person.id, CredentialRow.provider == PASSWORD
    )
    async with database.reading() as sql:
        row = await sql.scalar(own)
        login = await sql.get(LoginRow, person.login)
    if row is None:
        if login is None or login.created_at < now_ms() - FRESH_MS:
            raise AccountError("log_in_again", "Log in once more first, so that we know it is you.")
        return None
    if not await passwords.verify(row.hash or "", password):
        raise AccountError("wrong_password", "This is not your password.")
    return row.subject


async def give_role(
    database: Database, person: str, role: ServiceRole, by: str | None, address: str
) -> None:
    """A role in the service. by: the admin; None is the operator. Raises AccountError."""
    async with database.writing() as sql:
        user = await sql.get(UserRow, person, with_for_update=True)
        if user is None or user.deleted_at is not None:
            raise AccountError("not_found", "There is no such account.")
        user.role = role
        audit.note(sql, "role_changed", address, person, by, role)

"""Who may not come any more, as an account or as a guest, until that is taken back.

A banned person's tokens and keys are refused. In the sessions that they are a member of, the
access leaves them out: once the ban is answered, nobody commits an edit of theirs any more, and
their live connections close as soon as the workers hear of it. They stay members, for when the
ban is taken back.
"""

import re

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.access import changed, hold_all, now_ms
from server.accounts import audit
from server.accounts.accounts import AccountError
from server.accounts.tables import BannedGuestRow, UserRow, banned
from server.orm import Database, insert_new
from server.rights import Access

GUEST = re.compile(r"g[0-9a-f]{16}")


async def ban(
    database: Database, person: str, by: str | None, address: str, why: str = ""
) -> dict[str, Access]:
    """by: the moderator; None is the operator. Asked again, it is told again.

    Returns the sessions whose access is another now. Raises AccountError.
    """
    async with database.writing() as sql:
        user = await _account(sql, person, by)
        before = await _is_banned(sql, person)
        if user is not None:
            user.banned_at = user.banned_at or now_ms()
        else:
            row = {"person": person, "banned_at": now_ms()}
            await sql.execute(insert_new(sql, BannedGuestRow, [row]))
        if not before:
            audit.note(sql, "banned", address, person, by, why)
        return await _everywhere(sql, person)


async def unban(database: Database, person: str, by: str | None, address: str) -> dict[str, Access]:
    """As `ban`: they may come again, and are in their sessions what they were."""
    async with database.writing() as sql:
        user = await _account(sql, person, by)
        if not await _is_banned(sql, person):
            raise AccountError("not_banned", "They are not banned.")
        if user is not None:
            user.banned_at = None
        await sql.execute(delete(BannedGuestRow).where(BannedGuestRow.person == person))
        audit.note(sql, "unbanned", address, person, by)
        return await _everywhere(sql, person)


async def _account(sql: AsyncSession, person: str, by: str | None) -> UserRow | None:
    """None for a guest. Raises AccountError for who is nobody, and whom `by` may not ban."""
    user = await sql.get(UserRow, person, with_for_update=True)
    if user is None:
        if not GUEST.fullmatch(person):
            raise AccountError("not_found", "There is no such person.")
        return None
    if user.deleted_at is not None:
        raise AccountError("not_found", "There is no such account.")
    if by is not None and user.role != "user":
        raise AccountError("not_allowed", f"Take their role first: they are {user.role}.")
    return user


async def _is_banned(sql: AsyncSession, person: str) -> bool:
    return bool(await sql.scalar(select(banned(person))))


async def _everywhere(sql: AsyncSession, person: str) -> dict[str, Access]:
    await sql.flush()
    return {session: await changed(sql, session) for session in await hold_all(sql, person)}

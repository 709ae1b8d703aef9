"""Who may not come any more, as an account or as a guest, until that is taken back.

A banned person's tokens and keys are refused. In the sessions that they are a member of, the
access leaves them out: once the ban is answered, nobody commits an edit of theirs any more, and
their live connections close as soon as the workers hear of it. They stay members, for when the
ban is taken back.

A guest is made in no time: who is banned could come back as another one by a link that they know.
So the links that they came by, or made, can be revoked with the ban. Others who came by one stay.
"""

import re
from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.accounts import AccountError
from server.accounts.tables import BannedGuestRow, UserRow, banned
from server.logic.rights import Access
from server.members.access import changed, hold_all, now_ms
from server.orm import Database, InvitationRow, MemberRow, SessionRow, insert_new

GUEST = re.compile(r"g[0-9a-f]{16}")


class Banned(Struct, frozen=True):
    """rights: of the sessions that they are out of now; links: of the good ones that they know,
    how many there were."""

    rights: dict[str, Access]
    links: int


async def ban(
    database: Database,
    person: str,
    by: str | None,
    address: str,
    why: str = "",
    *,
    links: bool = False,
) -> Banned:
    """by: the moderator; None is the operator. links: revoke those that they know. Asked again,
    it is told again. Raises AccountError.
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
        rights = await _everywhere(sql, person)
        known = await _links(sql, person)
        for link in known if links else ():
            link.revoked_at = now_ms()
            about = f"{link.role} {link.id} session {link.session_id}"
            audit.note(sql, "invitation_revoked", address, None, by, about)
        return Banned(rights, len(known))


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


async def _links(sql: AsyncSession, person: str) -> Sequence[InvitationRow]:
    """The good ones that somebody came by, or made."""
    came_by = select(MemberRow.invitation_id).where(
        MemberRow.person == person, MemberRow.invitation_id.is_not(None)
    )
    good = (
        select(InvitationRow)
        .join(SessionRow, SessionRow.id == InvitationRow.session_id)
        .where(
            (InvitationRow.created_by == person) | InvitationRow.id.in_(came_by),
            InvitationRow.revoked_at.is_(None),
            InvitationRow.expires_at.is_(None) | (InvitationRow.expires_at > now_ms()),
            SessionRow.ended_at.is_(None),
        )
        .order_by(InvitationRow.id)
    )
    return (await sql.scalars(good.with_for_update(of=InvitationRow))).all()


async def _is_banned(sql: AsyncSession, person: str) -> bool:
    return bool(await sql.scalar(select(banned(person))))


async def _everywhere(sql: AsyncSession, person: str) -> dict[str, Access]:
    await sql.flush()
    return {session: await changed(sql, session) for session in await hold_all(sql, person)}

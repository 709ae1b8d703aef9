"""What an owner does with a session and its members, in SQL: roles, kicks, hand-over, lock, end.

As in `access.py`, each call is one transaction that ends in a new version of `Access`.
"""

from typing import cast

from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.logic.rights import Access, is_stream
from server.members.access import AccessError, changed, hold, member_role, now_ms
from server.orm import Database, InvitationRow, MemberRow, SessionRow
from server.protocol import Role


class Known(Struct, frozen=True, omit_defaults=True):
    """A member. joined_at: milliseconds since 1970; invitation: the id of the one they came by."""

    person: str
    name: str
    role: Role
    joined_at: int
    invitation: str | UnsetType = UNSET


class Link(Struct, frozen=True, omit_defaults=True):
    """An invitation, without its secret, which is told only when it is made.

    members: how many came by it and are members now; used: how many ever came; uses: how many may,
    then it lets nobody in and still lets look on. Times in milliseconds since 1970.
    """

    id: str
    role: Role
    created_by: str
    created_at: int
    members: int
    used: int = 0
    uses: int | UnsetType = UNSET
    expires_at: int | UnsetType = UNSET
    revoked_at: int | UnsetType = UNSET


class Removed(Struct, frozen=True, omit_defaults=True):
    """Somebody is no member any more.

    invitation: the link that they came by, while it opens the session: revoke it too? One that is
    used up makes nobody a member and still lets look on. members: how many others came by it, who
    would go with it.
    """

    invitation: str | UnsetType = UNSET
    members: int = 0


async def members(database: Database, session: str, person: str) -> tuple[Known, ...]:
    """Everybody, in the order in which they came; for a viewer those above viewers only."""
    async with database.reading() as sql:
        own = await member_role(sql, session, person)
        return await everyone(sql, session, own)


async def everyone(sql: AsyncSession, session: str, shown_to: Role = "owner") -> tuple[Known, ...]:
    """Of the members, those whom somebody of this role sees."""
    found = select(MemberRow).where(MemberRow.session_id == session)
    if shown_to == "viewer":
        found = found.where(MemberRow.role != "viewer")
    rows = await sql.scalars(found.order_by(MemberRow.joined_at, MemberRow.person))
    return tuple(
        Known(
            row.person,
            row.name,
            cast(Role, row.role),
            row.joined_at,
            row.invitation_id if shown_to == "owner" and row.invitation_id else UNSET,
        )
        for row in rows
    )


async def invitations(database: Database, session: str, person: str) -> tuple[Link, ...]:
    """All of them for an owner, an editor's own for an editor; oldest first."""
    async with database.reading() as sql:
        own = await member_role(sql, session, person)
        if own not in ("owner", "editor"):
            raise AccessError("not_allowed", f"As {own} you have no invitations here.")
        found = select(InvitationRow).where(InvitationRow.session_id == session)
        if own == "editor":
            found = found.where(InvitationRow.created_by == person)
        rows = (await sql.scalars(found.order_by(InvitationRow.created_at, InvitationRow.id))).all()
        counted = await sql.execute(
            select(MemberRow.invitation_id, func.count().label("members"))
            .where(MemberRow.session_id == session)
            .group_by(MemberRow.invitation_id)
        )
        came = {row.invitation_id: row.members for row in counted}
    return tuple(
        Link(
            id=row.id,
            role=cast(Role, row.role),
            created_by=row.created_by,
            created_at=row.created_at,
            members=came.get(row.id, 0),
            used=row.used,
            uses=UNSET if row.uses is None else row.uses,
            expires_at=UNSET if row.expires_at is None else row.expires_at,
            revoked_at=UNSET if row.revoked_at is None else row.revoked_at,
        )
        for row in rows
    )


async def set_role(
    database: Database, session: str, owner: str, person: str, role: Role, address: str = ""
) -> Access:
    """Give a member another role; ownership is handed over. Raises AccessError.

    No invitation undoes a lower one than they came with: see `accept_all`.
    """
    async with database.writing() as sql:
        await _as_owner(sql, session, owner)
        member = await _somebody(sql, session, person)
        if "owner" in (role, member.role):
            raise AccessError("not_allowed", "A session has one owner: hand it over instead.")
        member.role = role
        about = f"{role} session {session}"
        audit.note(sql, "member_role_changed", address, person, owner, about)
        return await changed(sql, session)


async def hand_over(
    database: Database, session: str, owner: str, person: str, address: str = ""
) -> Access:
    """Make a member the owner; the owner becomes an editor. Raises AccessError."""
    async with database.writing() as sql:
        await _as_owner(sql, session, owner)
        member = await _somebody(sql, session, person)
        before = await _member(sql, session, owner)
        before.role = "editor"
        member.role = "owner"
        member.invitation_id = None  # revoking the link that they came by must not cost the owner
        audit.note(sql, "handed_over", address, person, owner, f"session {session}")
        return await changed(sql, session)


async def remove(
    database: Database, session: str, by: str, person: str, address: str = ""
) -> tuple[Access, Removed]:
    """Kick a member, or leave for good. Raises AccessError."""
    async with database.writing() as sql:
        if by != person:
            await _as_owner(sql, session, by)
        else:
            await hold(sql, session)
            await member_role(sql, session, by)
        member = await _member(sql, session, person)
        if member.role == "owner":
            raise AccessError("not_allowed", "The owner stays: hand the session over, or end it.")
        came_by = member.invitation_id
        await sql.delete(member)
        audit.note(sql, "member_removed", address, person, by, f"session {session}")
        rights = await changed(sql, session)
        invitation = None if came_by is None else await sql.get(InvitationRow, came_by)
        if invitation is None or not _opens(invitation) or by == person:
            return rights, Removed()
        others = sum(each.invitation == came_by for each in rights.members.values())
        return rights, Removed(invitation.id, others)


async def describe(
    database: Database,
    session: str,
    owner: str,
    title: str | None,
    locked: bool | None,
    editors_go_back: bool | None = None,
) -> Access:
    """Name the session, lock it (nobody edits) or open it, let editors go back.

    Raises AccessError.
    """
    async with database.writing() as sql:
        row = await _as_owner(sql, session, owner)
        row.title = row.title if title is None else title
        row.locked = row.locked if locked is None else locked
        if editors_go_back is not None:
            row.editors_go_back = editors_go_back
        return await changed(sql, session)


async def end(database: Database, session: str, owner: str, address: str = "") -> Access:
    """Mark the session: it never opens again. Asked again, it is told again. Raises AccessError."""
    async with database.writing() as sql:
        row = await hold(sql, session)
        member = None if row is None else await sql.get(MemberRow, (session, owner))
        if row is None or member is None:
            raise AccessError("no_session", "There is no such session.")
        if member.role != "owner":
            raise AccessError("not_allowed", "Only the owner may do this.")
        if row.ended_at is None:
            row.ended_at = now_ms()
            audit.note(sql, "session_ended", address, None, owner, f"session {session}")
        return await changed(sql, session)


async def close(database: Database, session: str, by: str | None, address: str) -> Access:
    """End a session that is not one's own. by: a moderator; None is the operator.

    Raises AccessError.
    """
    async with database.writing() as sql:
        row = await hold(sql, session)
        if row is None:
            raise AccessError("no_session", "There is no such session.")
        if row.ended_at is None:
            row.ended_at = now_ms()
            audit.note(sql, "session_closed", address, None, by, session)
        return await changed(sql, session)


async def _as_owner(sql: AsyncSession, session: str, person: str) -> SessionRow:
    row = await hold(sql, session)
    if row is None:
        raise AccessError("no_session", "There is no such session.")
    if await member_role(sql, session, person) != "owner":
        raise AccessError("not_allowed", "Only the owner may do this.")
    return row


async def _member(sql: AsyncSession, session: str, person: str) -> MemberRow:
    member = await sql.get(MemberRow, (session, person))
    if member is None:
        raise AccessError("no_member", "There is no such member.")
    return member


async def _somebody(sql: AsyncSession, session: str, person: str) -> MemberRow:
    """A member who may have any role."""
    if is_stream(person):
        raise AccessError("not_allowed", "This is an overlay, which looks on.")
    return await _member(sql, session, person)


def _opens(invitation: InvitationRow) -> bool:
    """Whether it lets look on; see `access.invitation_for`."""
    expired = invitation.expires_at is not None and invitation.expires_at <= now_ms()
    return invitation.revoked_at is None and not expired

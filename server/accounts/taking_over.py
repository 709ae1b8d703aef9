"""What somebody did as a guest, taken over by the account that they logged in to.

A guest who registers stays the same person. Who had an account before they were a guest is two
persons: the account takes the guest's place in their sessions, as what is better of both, and has
their builds and favourites. What the guest changed in a session stays the guest's: the log is as
it was.
"""

from typing import cast

from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.accounts import AccountError
from server.accounts.tables import UserRow
from server.library import changes as library_changes
from server.logic.rights import Access, better
from server.members.access import changed, hold
from server.orm import Database, InvitationRow, MemberRow, ProposalRow, SaidRow
from server.protocol import Role


class Taken(Struct, frozen=True):
    """rights: of the sessions that the guest was in; builds: how many there were."""

    rights: dict[str, Access]
    builds: int


async def take_over(database: Database, person: str, guest: str, address: str) -> Taken:
    """Have an account be where a guest was. Raises AccountError.

    What proves that they are the same is for the caller to see. Asked again, there is nothing.
    """
    async with database.writing() as sql:
        user = await sql.get(UserRow, person, with_for_update=True)
        if user is None or user.deleted_at is not None:
            raise AccountError("no_account", "The account is gone.")
        if await sql.get(UserRow, guest) is not None:
            raise AccountError("no_guest", "This guest has an account of their own by now.")
        theirs = select(MemberRow.session_id).where(MemberRow.person == guest)
        sessions = (await sql.scalars(theirs.order_by(MemberRow.session_id))).all()
        rights = {each: await _replace(sql, each, guest, user) for each in sessions}
        builds = await library_changes.pass_on(sql, guest, person, user.name)
        for named in (
            # Without the author's id for it, which may be one of the account's own.
            update(SaidRow)
            .where(SaidRow.session_id.in_(sessions), SaidRow.person == guest)
            .values(person=person, name=user.name, message_id=None),
            update(ProposalRow)
            .where(ProposalRow.session_id.in_(sessions), ProposalRow.person == guest)
            .values(person=person),
            update(InvitationRow)
            .where(InvitationRow.session_id.in_(sessions), InvitationRow.created_by == guest)
            .values(created_by=person),
        ):
            await sql.execute(named.execution_options(synchronize_session=False))
        if rights or builds:
            audit.note(sql, "guest_taken_over", address, person, person, f"guest {guest}")
        return Taken(rights, builds)


async def _replace(sql: AsyncSession, session: str, guest: str, user: UserRow) -> Access:
    """The account instead of the guest, in a session of the guest's."""
    await hold(sql, session)
    member = await sql.get(MemberRow, (session, guest), populate_existing=True)
    own = await sql.get(MemberRow, (session, user.id), populate_existing=True)
    if member is not None:
        if own is None:
            own = MemberRow(
                session_id=session, person=user.id, name=user.name, joined_at=member.joined_at
            )
            sql.add(own)
            role = cast(Role, member.role)
        else:
            role = better(cast(Role, own.role), cast(Role, member.role))
        if own.role != role:
            own.role, own.invitation_id = role, member.invitation_id
        await sql.delete(member)
    return await changed(sql, session)

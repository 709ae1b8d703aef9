"""Who may be in a session: its creation, its invitations and its members, in SQL.

SQL comes first: what changes here gets a new version of `Access`, which then goes to Redis,
where each commit is bound to it.
"""

import secrets
import time
from collections.abc import Sequence
from typing import cast

import msgspec
from msgspec import Struct
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import audit
from server.accounts.tables import banned
from server.auth import Person, hash_secret, new_secret
from server.log.logged import Stored
from server.logic.rights import STREAM, Access, Membership, better, may_invite
from server.members.checkpoints import keep_build
from server.orm import Database, EpochRow, InvitationRow, MemberRow, SessionRow
from server.protocol import NEWEST, Role

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # nothing that is easily mistaken


class AccessError(Exception):
    """Somebody asked for what they may not have. code: `not_allowed`, `no_session` or others."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Joining(Struct, frozen=True):
    """Somebody who comes by an invitation's secret."""

    secret: str
    person: str
    name: str


def new_id(length: int = 12) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


async def create_session(
    database: Database, owner: str, name: str, stored: Stored, engine: str, release: str
) -> tuple[str, Access]:
    """A new session with its first build and its owner, in SQL before anybody knows its id."""
    session = new_id()
    async with database.writing() as sql:
        sql.add(
            SessionRow(
                id=session,
                title=stored.build.title,
                engine=engine,
                release=release,
                access=1,
                created_at=now_ms(),
            )
        )
        await sql.flush()
        sql.add(
            EpochRow(
                session_id=session,
                epoch=stored.epoch,
                ordinal=0,
                left_at=stored.revision,
                recorded=stored.revision,
            )
        )
        first_build = msgspec.json.encode(stored)
        await keep_build(sql, session, stored.epoch, stored.revision, first_build)
        sql.add(
            MemberRow(session_id=session, person=owner, name=name, role="owner", joined_at=now_ms())
        )
    return session, Access(1, {owner: Membership(name, "owner")}, stored.build.title)


async def session_row(database: Database, session: str) -> SessionRow | None:
    """The session, if there is one that has not ended."""
    async with database.reading() as sql:
        row = await sql.get(SessionRow, session)
    return row if row is not None and row.ended_at is None else None


async def access_of(database: Database, session: str) -> Access:
    async with database.reading() as sql:
        return await access_in(sql, session)


async def version_of(database: Database, session: str) -> int:
    """Of the access in SQL; 0 when there is no such session."""
    async with database.reading() as sql:
        found = select(SessionRow.access).where(SessionRow.id == session)
        return await sql.scalar(found) or 0


async def invite(
    database: Database,
    session: str,
    inviter: str,
    role: Role,
    expires_in_s: int | None,
    uses: int | None,
    address: str = "",
) -> tuple[str, str]:
    """A new invitation: its id and its secret, which is told only now. Raises AccessError."""
    secret = new_secret()
    invitation = new_id()
    async with database.writing() as sql:
        own = await member_role(sql, session, inviter)
        if not may_invite(own, role):
            invited = f"an {role}" if role[0] in "aeiou" else f"a {role}"
            raise AccessError("not_allowed", f"As {own} you may not invite {invited}.")
        now = now_ms()
        sql.add(
            InvitationRow(
                id=invitation,
                session_id=session,
                role=role,
                secret_hash=hash_secret(secret),
                expires_at=None if expires_in_s is None else now + expires_in_s * 1000,
                uses=uses,
                used=0,
                created_by=inviter,
                created_at=now,
            )
        )
        about = f"{role} {invitation} session {session}"
        audit.note(sql, "invitation_created", address, None, inviter, about)
    return invitation, secret


async def invitation_for(database: Database, session: str, secret: str) -> InvitationRow:
    """The invitation behind a secret, while it is good for looking. Raises AccessError."""
    async with database.reading() as sql:
        return await _invitation(sql, session, secret)


async def watch(
    database: Database, session: str, secret: str, most: int = NEWEST
) -> tuple[Person, Access]:
    """Whom a program counts as that looks on with an invitation alone, and the access then.

    All of an invitation's are one person, a viewer who came by it: when it is revoked, they go.
    It uses up nothing. most: see `accept_all`. Raises AccessError.
    """
    async with database.reading() as sql:
        invitation = await _invitation(sql, session, secret)
        id_ = f"{STREAM}{invitation.id}"
        until = float("inf") if invitation.expires_at is None else invitation.expires_at / 1000
        person = Person(id_, "A stream", invitation.created_at / 1000, until)
        if await sql.get(MemberRow, (session, id_)) is not None:
            return person, await access_in(sql, session)
    async with database.writing() as sql:
        _check_going_on(await hold(sql, session))
        invitation = await _invitation(sql, session, secret, lock=True)
        if await sql.get(MemberRow, (session, id_)) is not None:
            return person, await access_in(sql, session)
        if await _count(sql, session) >= most:
            raise _no_place()
        sql.add(
            MemberRow(
                session_id=session,
                person=id_,
                name=person.name,
                role="viewer",
                invitation_id=invitation.id,
                joined_at=now_ms(),
            )
        )
        return person, await changed(sql, session)


async def accept(
    database: Database, session: str, secret: str, person: str, name: str, most: int = NEWEST
) -> Access | None:
    """Make a person a member by an invitation. None: they stay what they were before.

    A limited invitation counts persons. most: see `accept_all`. Raises AccessError.
    """
    joining = [Joining(secret, person, name)]
    access, (outcome,) = await accept_all(database, session, joining, most)
    if isinstance(outcome, AccessError):
        raise outcome
    return access


async def accept_all(
    database: Database, session: str, joining: Sequence[Joining], most: int = NEWEST
) -> tuple[Access | None, list[bool | AccessError]]:
    """Make persons members by invitations, in one change of the access.

    most: members that the session may have, viewers among them.
    Whose role the owner has lowered keeps it, whatever they come by: the owner gives it back.
    Returns the access after it, None when nobody's role is another; and for each whether theirs
    is, or why not. Raises AccessError when there is no such session any more.
    """
    async with database.writing() as sql:
        _check_going_on(await hold(sql, session))
        # Locked: two who come at once must not both be the last that it allows. In an order that
        # is the same for all, so that none waits for the other.
        invitations = {
            secret: await _good(sql, session, secret)
            for secret in sorted({each.secret for each in joining})
        }
        persons = [each.person for each in joining]
        found = (
            select(MemberRow, InvitationRow.role)
            .outerjoin(InvitationRow, InvitationRow.id == MemberRow.invitation_id)
            .where(MemberRow.session_id == session, MemberRow.person.in_(persons))
        )
        rows = (await sql.execute(found)).all()
        members = {row.person: row for row, _ in rows}
        lowered = {row.person for row, came_as in rows if _is_lowered(row, came_as)}
        places = 0
        if any(person not in members for person in persons):
            places = max(0, most - await _count(sql, session))
        most_of_these = len(members) + places
        outcomes = [
            False
            if each.person in lowered
            else _join(sql, session, each, invitations[each.secret], members, most_of_these)
            for each in joining
        ]
        access = await changed(sql, session) if True in outcomes else None
    return access, outcomes


def _is_lowered(member: MemberRow, came_as: str | None) -> bool:
    """Whether an owner has given a member less than they came with.

    came_as: their invitation's role; without one they began or owned the session.
    """
    return better(cast(Role, member.role), cast(Role, came_as or "editor")) != member.role


def _join(
    sql: AsyncSession,
    session: str,
    joining: Joining,
    invitation: InvitationRow | AccessError,
    members: dict[str, MemberRow],
    most: int,
) -> bool | AccessError:
    """members: those of the persons who join that are members by now; most: and may be."""
    if isinstance(invitation, AccessError):
        return invitation
    member = members.get(joining.person)
    role = cast(Role, invitation.role)
    if member is not None and better(cast(Role, member.role), role) == member.role:
        return False
    if is_used_up(invitation):
        return AccessError("not_allowed", "This invitation has been used up.")
    if member is None:
        if len(members) >= most:
            return _no_place()
        member = members[joining.person] = MemberRow(
            session_id=session, person=joining.person, name=joining.name, joined_at=now_ms()
        )
        sql.add(member)
    member.role = role
    member.invitation_id = invitation.id
    invitation.used += 1
    return True


async def revoke(
    database: Database, session: str, owner: str, invitation: str, address: str = ""
) -> Access:
    """Make an invitation useless, and members who came by it no members; the owner stays.

    Raises AccessError.
    """
    async with database.writing() as sql:
        await hold(sql, session)
        if await member_role(sql, session, owner) != "owner":
            raise AccessError("not_allowed", "Only the owner may revoke an invitation.")
        row = await sql.get(InvitationRow, invitation)
        if row is None or row.session_id != session:
            raise AccessError("not_found", "There is no such invitation.")
        if row.revoked_at is None:
            row.revoked_at = now_ms()
            about = f"{row.role} {invitation} session {session}"
            audit.note(sql, "invitation_revoked", address, None, owner, about)
        came = select(MemberRow).where(
            MemberRow.session_id == session,
            MemberRow.invitation_id == invitation,
            MemberRow.role != "owner",
        )
        for member in await sql.scalars(came):
            await sql.delete(member)
        return await changed(sql, session)


def is_used_up(invitation: InvitationRow) -> bool:
    """Whether it makes nobody a member any more; it still lets programs look on."""
    return invitation.uses is not None and invitation.used >= invitation.uses


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def hold(sql: AsyncSession, session: str) -> SessionRow | None:
    """A session, for one transaction at a time to change its members or its owner.

    Who does so holds it before anything else of it: each sees what the one before has done, and
    none waits for the other.
    """
    return await sql.get(SessionRow, session, with_for_update=True)


async def hold_all(sql: AsyncSession, person: str) -> Sequence[str]:
    """The ids of the sessions that somebody is a member of and that go on, each held."""
    going_on = (
        select(SessionRow.id)
        .join(MemberRow, MemberRow.session_id == SessionRow.id)
        .where(MemberRow.person == person, SessionRow.ended_at.is_(None))
        .order_by(SessionRow.id)  # the same for all, so that none waits for the other
    )
    return (await sql.scalars(going_on.with_for_update(of=SessionRow))).all()


async def member_role(sql: AsyncSession, session: str, person: str) -> Role:
    """Raises AccessError for who is no member, and when there is no such session."""
    _check_going_on(await sql.get(SessionRow, session))
    member = await sql.get(MemberRow, (session, person))
    if member is None:
        raise AccessError("not_allowed", "You may not be in this session.")
    return cast(Role, member.role)


def _check_going_on(row: SessionRow | None) -> None:
    if row is None or row.ended_at is not None:
        raise AccessError("no_session", "There is no such session.")


async def _count(sql: AsyncSession, session: str) -> int:
    count = select(func.count()).select_from(MemberRow).where(MemberRow.session_id == session)
    return await sql.scalar(count) or 0


def _no_place() -> AccessError:
    told = "The session has as many members as it may have: its owner can remove some."
    return AccessError("too_many_members", told)


async def _good(sql: AsyncSession, session: str, secret: str) -> InvitationRow | AccessError:
    try:
        return await _invitation(sql, session, secret, lock=True)
    except AccessError as error:
        return error


async def _invitation(
    sql: AsyncSession, session: str, secret: str, *, lock: bool = False
) -> InvitationRow:
    found = select(InvitationRow).where(InvitationRow.secret_hash == hash_secret(secret))
    row = await sql.scalar(found.with_for_update() if lock else found)
    if row is None or row.session_id != session:
        raise AccessError("not_allowed", "This invitation is not valid.")
    if row.revoked_at is not None:
        raise AccessError("not_allowed", "This invitation has been revoked.")
    if row.expires_at is not None and row.expires_at <= now_ms():
        raise AccessError("not_allowed", "This invitation has expired.")
    return row


async def changed(sql: AsyncSession, session: str) -> Access:
    """A new version of the access, seen by nobody before the transaction is over."""
    await sql.flush()
    raised = update(SessionRow).where(SessionRow.id == session).values(access=SessionRow.access + 1)
    await sql.execute(raised)
    return await access_in(sql, session)


async def access_in(sql: AsyncSession, session: str) -> Access:
    found = select(SessionRow).where(SessionRow.id == session)
    row = await sql.scalar(found.execution_options(populate_existing=True))
    if row is None:
        return Access(0, {})
    columns = MemberRow.person, MemberRow.name, MemberRow.role, MemberRow.invitation_id
    there = (MemberRow.session_id == session) & ~banned(MemberRow.person)
    rows = await sql.execute(select(*columns).where(there))
    members = {
        person: Membership(name, cast(Role, role), invitation or "")
        for person, name, role, invitation in rows
    }
    ended = row.ended_at is not None
    return Access(row.access, members, row.title, row.locked, ended, row.editors_go_back)

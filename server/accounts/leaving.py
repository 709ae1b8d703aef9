"""The end of an account: what it has, to be taken along, and then its deletion.

No session is left without an owner: it goes to the editor who has been there longest, and ends
where there is none. What nobody else ever saw is deleted; in what others share the name becomes
"someone".
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts import accounts, audit, keys, logins
from server.accounts.accounts import Account, AccountError
from server.accounts.audit import Noted
from server.accounts.keys import Key
from server.accounts.logins import Login
from server.accounts.tables import (
    AuditRow,
    CredentialRow,
    KeyRow,
    LoginRow,
    RefreshTokenRow,
    UserRow,
)
from server.library import changes as library_changes
from server.library.tables import BuildRow, FavouriteRow, VersionRow
from server.logic.rights import Access
from server.members.access import changed, hold, now_ms
from server.orm import (
    ChangeRow,
    CheckpointRow,
    Database,
    MemberRow,
    SaidRow,
    SessionRow,
)
from server.recording.removal import erase_left

SOMEONE = "someone"
_json = msgspec.json.encode
_Read = Callable[[AsyncSession, str, str], Awaitable[Struct | None]]


class TakenSession(Struct, frozen=True):
    """A session as its member knows it. stored: its newest recorded build, with totals; changes:
    the member's own; said: what they said."""

    id: str
    title: str
    role: str
    joined_at: int
    stored: msgspec.Raw
    changes: tuple[msgspec.Raw, ...]
    said: tuple[str, ...]


class TakenVersion(Struct, frozen=True):
    number: int
    message: str
    at: int
    document: msgspec.Raw


class TakenBuild(Struct, frozen=True):
    id: str
    title: str
    visibility: str
    tags: str
    versions: tuple[TakenVersion, ...]


class Export(Struct, frozen=True):
    """All that there is of somebody. Times in milliseconds since 1970."""

    account: Account
    logins: tuple[Login, ...]
    keys: tuple[Key, ...]
    sessions: tuple[TakenSession, ...]
    builds: tuple[TakenBuild, ...]
    favourites: tuple[str, ...]
    noted: tuple[Noted, ...]


async def export(database: Database, person: str, login: str) -> AsyncIterator[bytes]:
    """An `Export`, encoded, in parts: all of it at once could be larger than memory.

    Raises AccountError.
    """
    account = await accounts.read(database, person)
    theirs = select(MemberRow.session_id).where(MemberRow.person == person)
    own = select(BuildRow.id).where(BuildRow.owner == person)
    async with database.reading() as sql:
        sessions = await sql.scalars(theirs.order_by(MemberRow.joined_at, MemberRow.session_id))
        builds = await sql.scalars(own.order_by(BuildRow.created_at, BuildRow.id))
        return _parts(database, account, login, sessions.all(), builds.all())


async def _parts(
    database: Database,
    account: Account,
    login: str,
    sessions: Sequence[str],
    builds: Sequence[str],
) -> AsyncIterator[bytes]:
    person = account.person
    known = await logins.of(database, person, login), await keys.of(database, person)
    yield b'{"account":%s,"logins":%s,"keys":%s' % tuple(map(_json, (account, *known)))
    kinds: tuple[tuple[bytes, Sequence[str], _Read], ...] = (
        (b"sessions", sessions, _session),
        (b"builds", builds, _build),
    )
    for name, ids, read in kinds:
        yield b',"%s":[' % name
        before = b""
        for each in ids:
            async with database.reading() as sql:
                part = await read(sql, each, person)
            if part is not None:  # else it is gone since
                yield before + _json(part)
                before = b","
        yield b"]"
    marked = select(FavouriteRow.build_id).where(FavouriteRow.person == person)
    async with database.reading() as sql:
        favourites = (await sql.scalars(marked.order_by(FavouriteRow.at))).all()
    noted = await audit.recall(database, None, 10_000, person)
    yield b',"favourites":%s,"noted":%s}' % (_json(favourites), _json(noted))


async def _session(sql: AsyncSession, session: str, person: str) -> TakenSession | None:
    member = await sql.get(MemberRow, (session, person))
    row = await sql.get(SessionRow, session)
    if member is None or row is None:
        return None
    newest = (
        select(CheckpointRow.stored)
        .join(ChangeRow, _same_position(), isouter=True)
        .where(CheckpointRow.session_id == session)
        .order_by(ChangeRow.at.desc().nulls_last(), CheckpointRow.revision.desc())
        .limit(1)
    )
    changes = (
        select(ChangeRow.frame)
        .where(ChangeRow.session_id == session, ChangeRow.person == person)
        .order_by(ChangeRow.at, ChangeRow.revision)
    )
    said = select(SaidRow.text).where(SaidRow.session_id == session, SaidRow.person == person)
    return TakenSession(
        session,
        row.title,
        member.role,
        member.joined_at,
        msgspec.Raw(await sql.scalar(newest) or b"null"),
        tuple(msgspec.Raw(frame) for frame in await sql.scalars(changes)),
        tuple(await sql.scalars(said.order_by(SaidRow.number))),
    )


def _same_position() -> Any:
    return (
        (ChangeRow.session_id == CheckpointRow.session_id)
        & (ChangeRow.epoch == CheckpointRow.epoch)
        & (ChangeRow.revision == CheckpointRow.revision)
    )


async def _build(sql: AsyncSession, id_: str, person: str) -> TakenBuild | None:
    build = await sql.get(BuildRow, id_)
    if build is None or build.owner != person:
        return None
    rows = select(VersionRow).where(VersionRow.build_id == build.id).order_by(VersionRow.number)
    return TakenBuild(
        build.id,
        build.title,
        build.visibility,
        build.tags,
        tuple(
            TakenVersion(row.number, row.message, row.at, msgspec.Raw(row.document))
            for row in await sql.scalars(rows)
        ),
    )


async def leave(database: Database, person: str, address: str) -> dict[str, Access]:
    """Delete an account with its data.

    Returns the sessions whose access is another now. Raises AccountError.
    """
    async with database.writing() as sql:
        user = await sql.get(UserRow, person, with_for_update=True)
        if user is None or user.deleted_at is not None:
            raise AccountError("no_account", "You have no account.")
        memberships = select(MemberRow).where(MemberRow.person == person)
        rows = (await sql.scalars(memberships.order_by(MemberRow.session_id))).all()
        rights = {row.session_id: await _leave(sql, row) for row in rows}
        await library_changes.erase_all(sql, person)
        for named in (
            update(SaidRow).where(SaidRow.person == person).values(name=SOMEONE),
            update(VersionRow).where(VersionRow.author == person).values(author_name=SOMEONE),
            update(AuditRow)
            .where((AuditRow.person == person) | (AuditRow.by == person))
            .values(address=""),
        ):
            await sql.execute(named)
        own = select(LoginRow.id).where(LoginRow.user_id == person)
        await sql.execute(delete(RefreshTokenRow).where(RefreshTokenRow.login_id.in_(own)))
        for table in (LoginRow, KeyRow, CredentialRow):
            await sql.execute(delete(table).where(table.user_id == person))
        user.name, user.role, user.deleted_at = SOMEONE, "user", now_ms()
        audit.note(sql, "account_deleted", "", person, person)
        return rights


async def _leave(sql: AsyncSession, member: MemberRow) -> Access:
    """Take somebody out of a session: it goes on with another owner, or ends."""
    session = await hold(sql, member.session_id)
    assert session is not None
    others = (
        select(MemberRow)
        .where(MemberRow.session_id == session.id, MemberRow.person != member.person)
        .order_by(MemberRow.joined_at, MemberRow.person)
    )
    staying = (await sql.scalars(others)).all()
    if member.role == "owner":
        heirs = [each for each in staying if each.role == "editor"]
        if heirs:
            heirs[0].role, heirs[0].invitation_id = "owner", None  # as in `hand_over`
        else:
            session.ended_at = session.ended_at or now_ms()
    await sql.delete(member)
    rights = await changed(sql, session.id)
    if member.role == "owner" and not staying:
        session.title = ""
        await erase_left(sql, [session.id])
    return rights

"""What there is on a server, for who looks after it: its accounts, and its sessions."""

from collections.abc import Sequence
from typing import Any, cast

import msgspec
from msgspec import UNSET, Struct, UnsetType
from redis.asyncio import Redis
from sqlalchemy import ColumnElement, Select, func, or_, select

from server.accounts.accounts import PASSWORD, AccountError, ServiceRole
from server.accounts.tables import BannedGuestRow, CredentialRow, KeyRow, LoginRow, UserRow
from server.library.tables import BuildRow
from server.live.people import everybody
from server.log.log import Log
from server.log.logged import Head
from server.members.governing import Known, everyone
from server.orm import Database, MemberRow, SessionRow
from server.protocol import Role
from server.redis.calls import key, reaching
from server.server_messages import Present

AT_ONCE = 500  # sessions in one question


class _Made(Struct, frozen=True):
    """Of a change, when it was made."""

    at: int


_at = msgspec.json.Decoder(_Made)


class User(Struct, frozen=True, omit_defaults=True):
    """An account, or a banned guest. Times in milliseconds since 1970.

    username: where there is a password; used_at: when a login was last used.
    """

    person: str
    name: str
    role: ServiceRole
    created_at: int
    username: str | UnsetType = UNSET
    used_at: int | UnsetType = UNSET
    banned_at: int | UnsetType = UNSET


class Membership(Struct, frozen=True, omit_defaults=True):
    """A session that somebody is a member of."""

    session: str
    title: str
    role: Role
    ended_at: int | UnsetType = UNSET


class Profile(Struct, frozen=True):
    """What there is of somebody."""

    user: User
    logins: int
    keys: int
    builds: int
    sessions: tuple[Membership, ...]


class Described(Struct, frozen=True, omit_defaults=True):
    """A session as SQL has it. release: of the catalogue that it was made on."""

    session: str
    title: str
    release: str
    created_at: int
    members: int
    owner: str = ""
    ended_at: int | UnsetType = UNSET
    locked: bool = False


class Live(Struct, frozen=True):
    """A session as Redis has it. changes: in its log; bytes: of memory, all of it; changed_at: when
    the newest change was made, in milliseconds since 1970 (0: there is none in the log)."""

    head: Head
    people: tuple[Present, ...]
    changes: int
    bytes: int
    changed_at: int


async def users(
    database: Database, text: str = "", role: str = "", *, banned: bool = False, limit: int = 50
) -> tuple[User, ...]:
    """Those whose name, username or id has the text in it; the newest first."""
    found = _users().where(UserRow.deleted_at.is_(None))
    if text:
        found = found.where(_like(text, UserRow.name, UserRow.id, CredentialRow.subject))
    if role:
        found = found.where(UserRow.role == role)
    if banned:
        found = found.where(UserRow.banned_at.is_not(None))
    async with database.reading() as sql:
        rows = await sql.execute(found.order_by(UserRow.created_at.desc(), UserRow.id).limit(limit))
        return tuple(map(_user, rows))


async def banned_guests(database: Database, limit: int = 50) -> tuple[User, ...]:
    """The newest first."""
    found = select(BannedGuestRow).order_by(BannedGuestRow.banned_at.desc()).limit(limit)
    async with database.reading() as sql:
        rows = (await sql.scalars(found)).all()
        names = await _guests_names(sql, [row.person for row in rows])
    return tuple(_guest(row.person, names, row) for row in rows)


async def who(database: Database, text: str) -> str:
    """The person of a username, or of an id. Raises AccountError."""
    async with database.reading() as sql:
        credential = await sql.get(CredentialRow, (PASSWORD, text.lower()))
        if credential is not None:
            return credential.user_id
        if await sql.get(UserRow, text) is not None:
            return text
        if await sql.scalar(select(MemberRow).where(MemberRow.person == text).limit(1)):
            return text
        if await sql.get(BannedGuestRow, text) is not None:
            return text
    raise AccountError("not_found", f"There is nobody of the username or id {text}.")


async def profile(database: Database, person: str) -> Profile:
    """Of an account or a guest."""
    async with database.reading() as sql:
        row = (await sql.execute(_users().where(UserRow.id == person))).first()
        if row is not None:
            user = _user(row)
        else:
            names = await _guests_names(sql, [person])
            user = _guest(person, names, await sql.get(BannedGuestRow, person))
        counts = [
            await sql.scalar(select(func.count()).select_from(table).where(*which)) or 0
            for table, which in (
                (LoginRow, (LoginRow.user_id == person, LoginRow.revoked_at.is_(None))),
                (KeyRow, (KeyRow.user_id == person, KeyRow.revoked_at.is_(None))),
                (BuildRow, (BuildRow.owner == person,)),
            )
        ]
        mine = await sql.execute(
            select(MemberRow.role, SessionRow)
            .join(SessionRow, SessionRow.id == MemberRow.session_id)
            .where(MemberRow.person == person)
            .order_by(SessionRow.created_at.desc(), SessionRow.id)
        )
        memberships = tuple(
            Membership(session.id, session.title, cast(Role, role), _or_unset(session.ended_at))
            for role, session in mine
        )
    logins, keys, builds = counts
    return Profile(user, logins, keys, builds, memberships)


async def sessions(
    database: Database, which: Sequence[str] = (), *, ended: bool = False
) -> tuple[Described, ...]:
    """All that go on (or all), or those of these ids; the newest first."""
    counted = (
        select(MemberRow.session_id, func.count().label("members"))
        .group_by(MemberRow.session_id)
        .subquery()
    )
    owner = (MemberRow.session_id == SessionRow.id) & (MemberRow.role == "owner")
    found = (
        select(SessionRow, counted.c.members, MemberRow.name)
        .outerjoin(counted, counted.c.session_id == SessionRow.id)
        .outerjoin(MemberRow, owner)
        .order_by(SessionRow.created_at.desc(), SessionRow.id)
    )
    if which:
        found = found.where(SessionRow.id.in_(which))
    if not ended:
        found = found.where(SessionRow.ended_at.is_(None))
    async with database.reading() as sql:
        return tuple(
            Described(
                row.id,
                row.title,
                row.release,
                row.created_at,
                members or 0,
                name or "",
                _or_unset(row.ended_at),
                row.locked,
            )
            for row, members, name in await sql.execute(found)
        )


async def members(database: Database, session: str) -> tuple[Known, ...]:
    async with database.reading() as sql:
        return await everyone(sql, session)


async def heads(log: Log, which: Sequence[str]) -> dict[str, Head]:
    """Where those stand that Redis has. Raises UnreachableError."""
    found: dict[str, Head] = {}
    for first in range(0, len(which), AT_ONCE):
        some = which[first : first + AT_ONCE]
        each = zip(some, await log.heads(some), strict=True)
        found |= {session: head for session, head in each if head is not None}
    return found


async def live(redis: Redis, session: str, head: Head) -> Live:
    """Raises UnreachableError."""
    client: Any = redis
    async with reaching():
        sizes = [
            await client.memory_usage(key(session, name)) or 0
            for name in ("head", "log", "build", "access", "ids", "digests", "losses")
        ]
        changes = await client.xlen(key(session, "log"))
        newest = await client.xrevrange(key(session, "log"), count=1)
        people = await everybody(redis, session)
    changed_at = _at.decode(newest[0][1][b"change"]).at if newest else 0
    return Live(head, people, changes, sum(sizes), changed_at)


def _users() -> Select[Any]:
    """Accounts, with the username and when a login was last used."""
    used = (
        select(LoginRow.user_id, func.max(LoginRow.used_at).label("used_at"))
        .group_by(LoginRow.user_id)
        .subquery()
    )
    own = (CredentialRow.user_id == UserRow.id) & (CredentialRow.provider == PASSWORD)
    return (
        select(UserRow, CredentialRow.subject, used.c.used_at)
        .outerjoin(CredentialRow, own)
        .outerjoin(used, used.c.user_id == UserRow.id)
    )


def _user(row: Any) -> User:
    user, username, used_at = row
    return User(
        user.id,
        user.name,
        cast(ServiceRole, user.role),
        user.created_at,
        _or_unset(username),
        _or_unset(used_at),
        _or_unset(user.banned_at),
    )


async def _guests_names(sql: Any, people: Sequence[str]) -> dict[str, tuple[str, int]]:
    """What guests were called in the session that they were in first, and when."""
    rows = await sql.execute(
        select(MemberRow.person, MemberRow.name, MemberRow.joined_at)
        .where(MemberRow.person.in_(people))
        .order_by(MemberRow.joined_at.desc())
    )
    return {person: (name, joined_at) for person, name, joined_at in rows}


def _guest(person: str, names: dict[str, tuple[str, int]], ban: BannedGuestRow | None) -> User:
    name, since = names.get(person, ("", 0))
    banned_at = UNSET if ban is None else ban.banned_at
    return User(person, name, "user", since, banned_at=banned_at)


def _like(text: str, *columns: Any) -> ColumnElement[bool]:
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


def _or_unset(value: Any) -> Any:
    return UNSET if value is None else value

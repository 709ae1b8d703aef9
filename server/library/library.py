"""The library: saved builds and their versions, as they are read. Changes: `changes`."""

from hashlib import blake2b
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from calc import build as builds
from calc.build import Build
from calc.totals import Total
from server.library import terms as library_terms
from server.library.tables import (
    CHOSEN,
    SEARCH,
    BuildRow,
    FavouriteRow,
    VersionRow,
    column_of,
)
from server.orm import Database

Visibility = Literal["private", "unlisted", "public"]
Tag = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,23}\Z")]
Tags = Annotated[tuple[Tag, ...], Meta(max_length=10)]
_totals = msgspec.json.Decoder(dict[str, Total])


class LibraryError(Exception):
    """Somebody asked for what is not there, or not theirs to do.

    code: `no_build`, `no_version`, `not_allowed`, `changed_meanwhile`, `too_many_builds`,
    `too_many_versions` or `too_many_favourites`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Author(Struct, frozen=True):
    person: str
    name: str


class VersionName(Struct, frozen=True):
    """A version of a saved build."""

    build: str
    version: int


class Saved(Struct, frozen=True, omit_defaults=True):
    """A saved build, as lists show it.

    etag: to send as `If-Match` with a change; version: the newest one's number, of which message,
    level, powersets and stats (some, after their caps) are; favourites: how many persons have it
    among theirs, and favourite: whether the reader has; times: milliseconds since 1970.
    """

    id: str
    url: str
    etag: str
    title: str
    author: Author
    visibility: Visibility
    version: int
    level: int
    created_at: int
    updated_at: int
    favourites: int
    stats: dict[str, float]
    archetype: str = ""
    primary: str = ""
    secondary: str = ""
    message: str = ""
    tags: tuple[str, ...] = ()
    favourite: bool = False
    forked_from: VersionName | UnsetType = UNSET


class Version(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A version, which never changes.

    at: milliseconds since 1970; release: the catalogue's; engine: of the totals; revision: of
    the session that it was saved from, which is named to the author; restored: the version that
    it brought back.
    """

    version: int
    author: Author
    at: int
    release: str
    engine: str
    message: str = ""
    revision: int | UnsetType = UNSET
    session: str | UnsetType = UNSET
    restored: int | UnsetType = UNSET


class WholeVersion(Version, frozen=True, omit_defaults=True, kw_only=True):
    """A version with its document, and its totals at that time."""

    build: Build
    totals: dict[str, Total]


async def read(database: Database, build: str, person: str) -> Saved:
    """A saved build that somebody may see; person: "" is anybody. Raises LibraryError."""
    async with database.reading() as sql:
        await visible(sql, build, person)
        return await shown(sql, build, person)


async def versions(
    database: Database, build: str, person: str, before: int | None, limit: int
) -> tuple[Version, ...]:
    """The newest versions, before one of them, newest first. Raises LibraryError."""
    columns = (
        VersionRow.number,
        VersionRow.author,
        VersionRow.author_name,
        VersionRow.message,
        VersionRow.at,
        VersionRow.session_id,
        VersionRow.revision,
        VersionRow.restored,
        VersionRow.engine,
        VersionRow.release,
    )
    async with database.reading() as sql:
        row = await visible(sql, build, person)
        asked = select(*columns).where(VersionRow.build_id == build)
        if before is not None:
            asked = asked.where(VersionRow.number < before)
        found = await sql.execute(asked.order_by(VersionRow.number.desc()).limit(limit))
        return tuple(
            Version(**_told(cast(VersionRow, each), shares_session=row.owner == person))
            for each in found
        )


async def version(
    database: Database, build: str, person: str, number: int | None = None
) -> WholeVersion:
    """A version with its document; None: the newest. Raises LibraryError."""
    async with database.reading() as sql:
        row = await visible(sql, build, person)
        found = await sql.get(VersionRow, (build, row.version if number is None else number))
        if found is None:
            raise LibraryError("no_version", f"This build has no version {number}.")
        return WholeVersion(
            **_told(found, shares_session=row.owner == person),
            build=builds.decode(found.document),
            totals=_totals.decode(found.totals),
        )


def summaries(person: str) -> Select[Any]:
    """What `saved` is made from, as `person` sees it: to be joined with `build_search`."""
    mine = (FavouriteRow.build_id == BuildRow.id) & (FavouriteRow.person == person)
    entities: list[Any] = [BuildRow, FavouriteRow.person.label("favourite")]
    entities += [SEARCH.c[column_of(stat)] for stat in CHOSEN]
    return (
        select(*entities)
        .join(SEARCH, SEARCH.c.build_id == BuildRow.id)
        .outerjoin(FavouriteRow, mine)
    )


def saved(row: BuildRow, favourite: str | None, *stats: int) -> Saved:
    """From a row of `summaries`."""
    return Saved(
        id=row.id,
        url=f"/b/{row.id}",
        etag=_etag(row, favourite),
        title=row.title,
        author=Author(row.owner, row.owner_name),
        visibility=cast(Visibility, row.visibility),
        version=row.version,
        level=row.level,
        created_at=row.created_at,
        updated_at=row.updated_at,
        favourites=row.favourites,
        stats={
            stat: value / library_terms.PARTS for stat, value in zip(CHOSEN, stats, strict=True)
        },
        archetype=row.archetype,
        primary=row.primary,
        secondary=row.secondary,
        message=row.message,
        tags=tuple(row.tags.split()),
        favourite=favourite is not None,
        forked_from=(
            VersionName(row.forked_from, row.forked_version)
            if row.forked_from is not None and row.forked_version is not None
            else UNSET
        ),
    )


async def shown(sql: AsyncSession, build: str, person: str) -> Saved:
    found = (await sql.execute(summaries(person).where(BuildRow.id == build))).one()
    return saved(*found)


def _etag(row: BuildRow, favourite: str | None) -> str:
    """The edition, by which a change is refused or not; and what else there is to see of it, so
    that who has it as it is need not be sent it."""
    rest = f"{row.favourites} {favourite is not None} {row.owner_name}"
    return f'"{row.edition}.{blake2b(rest.encode(), digest_size=4).hexdigest()}"'


async def visible(sql: AsyncSession, build: str, person: str, *, lock: bool = False) -> BuildRow:
    """Raises LibraryError: what is private is not there for anybody else."""
    row = await existing(sql, build, lock=lock)
    if row is None or (row.visibility == "private" and row.owner != person):
        raise LibraryError("no_build", "There is no such build.")
    return row


async def existing(sql: AsyncSession, build: str, *, lock: bool = False) -> BuildRow | None:
    """Whoever may see it."""
    if not (build.isascii() and build.isalnum()):
        return None
    asked = select(BuildRow).where(BuildRow.id == build)
    return await sql.scalar(asked.with_for_update() if lock else asked)


def _told(row: VersionRow, *, shares_session: bool) -> dict[str, Any]:
    """The fields of `Version`."""
    return {
        "version": row.number,
        "author": Author(row.author, row.author_name),
        "at": row.at,
        "release": row.release,
        "engine": row.engine,
        "message": row.message,
        "revision": UNSET if row.revision is None else row.revision,
        "session": row.session_id if shares_session and row.session_id else UNSET,
        "restored": UNSET if row.restored is None else row.restored,
    }

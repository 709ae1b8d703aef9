"""What people do to the library: save, name, share, restore, delete.

A version never changes. Who changes a saved build says which edition of it they know, so that
nobody overwrites somebody else's save unknowingly.
"""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from calc import build as builds
from calc.build import Build
from calc.totals import Total
from server.library import terms as library_terms
from server.library.library import (
    Author,
    LibraryError,
    Saved,
    VersionName,
    Visibility,
    existing,
    shown,
    visible,
)
from server.library.tables import BuildRow, FavouriteRow, VersionRow
from server.members.access import new_id, now_ms
from server.orm import Database, insert_new

MAX_BUILDS = 1000  # of a person
MAX_VERSIONS = 500  # of a build
MAX_FAVOURITES = 1000  # of a person

Editions = frozenset[int] | None
"""Which editions of a build may be changed; None: whichever is there."""


class Content(Struct, frozen=True):
    """What a version holds, and where it is from."""

    build: Build
    totals: Mapping[str, Total]
    engine: str
    release: str
    session: str | None = None
    epoch: str | None = None
    revision: int | None = None


class Description(Struct, frozen=True):
    """What a saved build is called, and who may see it."""

    title: str
    visibility: Visibility
    tags: tuple[str, ...]


async def save(
    database: Database,
    author: Author,
    content: Content,
    described: Description,
    message: str,
    forked: VersionName | None = None,
) -> Saved:
    """A new saved build with its first version. Raises LibraryError."""
    async with database.writing() as sql:
        owned = select(func.count()).select_from(BuildRow).where(BuildRow.owner == author.person)
        if (await sql.scalar(owned) or 0) >= MAX_BUILDS:
            raise LibraryError("too_many_builds", f"You have {MAX_BUILDS} builds: delete some.")
        now = now_ms()
        row = BuildRow(
            id=new_id(),
            owner=author.person,
            owner_name=author.name,
            title=described.title,
            visibility=described.visibility,
            tags=_joined(described.tags),
            edition=0,
            version=0,
            favourites=0,
            forked_from=None if forked is None else forked.build,
            forked_version=None if forked is None else forked.version,
            created_at=now,
        )
        await _append(sql, row, author, content, message, None)
        return await shown(sql, row.id, author.person)


async def add_version(
    database: Database,
    build: str,
    author: Author,
    editions: Editions,
    content: Content,
    message: str,
    restored: int | None = None,
) -> Saved:
    """A new version of one's own build. Raises LibraryError."""
    async with database.writing() as sql:
        row = await _own(sql, build, author.person, editions)
        if row.version >= MAX_VERSIONS:
            sentence = f"This build has {MAX_VERSIONS} versions: save it as another build."
            raise LibraryError("too_many_versions", sentence)
        await _append(sql, row, author, content, message, restored)
        return await shown(sql, build, author.person)


async def describe(
    database: Database,
    build: str,
    person: str,
    editions: Editions,
    title: str | None,
    visibility: Visibility | None,
    tags: tuple[str, ...] | None,
) -> Saved:
    """Change what is given of one's own build; its versions stay. Raises LibraryError."""
    async with database.writing() as sql:
        row = await _own(sql, build, person, editions)
        row.title = row.title if title is None else title
        row.visibility = row.visibility if visibility is None else visibility
        row.tags = row.tags if tags is None else _joined(tags)
        row.edition += 1
        await sql.flush()
        await library_terms.describe(sql, row)
        return await shown(sql, build, person)


async def remove(database: Database, build: str, person: str, editions: Editions) -> None:
    """Delete one's own build with all of its versions. Raises LibraryError."""
    async with database.writing() as sql:
        await _own(sql, build, person, editions)
        await _erase(sql, [build])


async def erase_all(sql: AsyncSession, person: str) -> None:
    """Delete all that a person has in the library: for when they go."""
    await _erase(sql, select(BuildRow.id).where(BuildRow.owner == person))
    theirs = select(FavouriteRow.build_id).where(FavouriteRow.person == person)
    await sql.execute(
        update(BuildRow)
        .where(BuildRow.id.in_(theirs))
        .values(favourites=BuildRow.favourites - 1)
        .execution_options(synchronize_session=False)
    )
    await sql.execute(delete(FavouriteRow).where(FavouriteRow.person == person))


async def pass_on(sql: AsyncSession, person: str, heir: str, name: str) -> int:
    """Have all that a person has in the library be another's, who is called `name`.

    Returns how many builds these are.
    """
    await library_terms.pass_on(sql, person, heir, name)
    builds = (await sql.scalars(select(BuildRow.id).where(BuildRow.owner == person))).all()
    kept = select(FavouriteRow.build_id).where(FavouriteRow.person == heir)
    marks = select(FavouriteRow.build_id).where(FavouriteRow.person == person)
    for changed in (
        update(VersionRow)
        .where(VersionRow.build_id.in_(select(BuildRow.id).where(BuildRow.owner == person)))
        .values(author=heir, author_name=name),
        update(BuildRow).where(BuildRow.owner == person).values(owner=heir, owner_name=name),
        # What both have among theirs counts once.
        update(BuildRow)
        .where(BuildRow.id.in_(marks), BuildRow.id.in_(kept))
        .values(favourites=BuildRow.favourites - 1),
        delete(FavouriteRow).where(FavouriteRow.person == person, FavouriteRow.build_id.in_(kept)),
        update(FavouriteRow).where(FavouriteRow.person == person).values(person=heir),
    ):
        await sql.execute(changed.execution_options(synchronize_session=False))
    return len(builds)


async def favour(database: Database, build: str, person: str, *, favourite: bool) -> None:
    """Put a build among a person's favourites, or take it from there, also when it is private
    since. Raises LibraryError."""
    async with database.writing() as sql:
        found = await existing(sql, build, lock=True)
        known = None if found is None else await sql.get(FavouriteRow, (person, build))
        if found is not None and known is not None and not favourite:
            found.favourites -= 1
            await sql.delete(known)
            return
        row = await visible(sql, build, person)
        if known is not None or not favourite:
            return
        count = select(func.count()).select_from(FavouriteRow).where(FavouriteRow.person == person)
        if (await sql.scalar(count) or 0) >= MAX_FAVOURITES:
            sentence = f"You have {MAX_FAVOURITES} favourites: take some away."
            raise LibraryError("too_many_favourites", sentence)
        row.favourites += 1
        fresh = {"person": person, "build_id": build, "at": now_ms()}
        await sql.execute(insert_new(sql, FavouriteRow, [fresh]))


async def _append(
    sql: AsyncSession,
    row: BuildRow,
    author: Author,
    content: Content,
    message: str,
    restored: int | None,
) -> None:
    build = content.build
    row.version += 1
    row.edition += 1
    row.message = message
    row.owner_name = author.name
    row.archetype = build.archetype
    row.primary = build.powersets.primary
    row.secondary = build.powersets.secondary
    row.level = build.level
    row.updated_at = now_ms()
    sql.add(row)
    await sql.flush()
    sql.add(
        VersionRow(
            build_id=row.id,
            number=row.version,
            author=author.person,
            author_name=author.name,
            message=message,
            at=row.updated_at,
            session_id=content.session,
            epoch=content.epoch,
            revision=content.revision,
            restored=restored,
            engine=content.engine,
            release=content.release,
            totals=msgspec.json.encode(content.totals),
            document=builds.encode(build),
        )
    )
    await library_terms.put(sql, row, build, content.totals)


async def _own(sql: AsyncSession, build: str, person: str, editions: Editions) -> BuildRow:
    """The build, for its author who knows it as it is. Raises LibraryError."""
    # Locked: of two who change the same edition at once, one must see what the other made of it.
    row = await visible(sql, build, person, lock=True)
    if row.owner != person:
        raise LibraryError("not_allowed", "Only its author may change this build.")
    if editions is not None and row.edition not in editions:
        sentence = "This build has been changed since you saw it; its newest version is {}."
        raise LibraryError("changed_meanwhile", sentence.format(row.version))
    return row


async def _erase(sql: AsyncSession, builds: library_terms.Builds) -> None:
    await library_terms.take(sql, builds)
    for column in (FavouriteRow.build_id, VersionRow.build_id, BuildRow.id):
        erased = delete(column.class_).where(column.in_(builds))
        await sql.execute(erased.execution_options(synchronize_session=False))


def _joined(tags: Sequence[str]) -> str:
    return " ".join(dict.fromkeys(tags))

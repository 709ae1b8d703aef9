"""Saved builds and their versions; on SQLite, and on PostgreSQL where there is one."""

import asyncio

import pytest
from msgspec import UNSET
from msgspec.structs import replace
from sqlalchemy import func, select

from calc import build as documents
from calc.totals import Total
from server.engine import Engine
from server.library import changes as library_changes
from server.library import library
from server.library.changes import Content, Description, Editions
from server.library.library import Author, LibraryError, Saved, VersionName, Visibility
from server.library.tables import SEARCH, TERMS, BuildRow, FavouriteRow, VersionRow
from server.orm import Database

ANN = Author("g1", "Ann")
EVE = Author("g2", "Eve")


@pytest.fixture(scope="module")
def content(engine: Engine) -> Content:
    build = documents.empty("Nova")
    return Content(build, engine.result(build).totals, engine.name, "release", "s1", "e1", 7)


async def save(database: Database, content: Content, visibility: Visibility = "private") -> Saved:
    described = Description("Nova", visibility, ("farm",))
    return await library_changes.save(database, ANN, content, described, "First")


def editions(saved: Saved) -> Editions:
    return frozenset({int(saved.etag.strip('"').partition(".")[0])})


async def refused(asked: object) -> str:
    with pytest.raises(LibraryError) as error:
        await asked  # type: ignore[misc]
    return error.value.code


async def test_what_is_saved_is_read_as_it_was(database: Database, content: Content) -> None:
    saved = await save(database, content)
    assert await library.read(database, saved.id, "g1") == saved
    version = await library.version(database, saved.id, "g1")
    assert (version.build, version.totals) == (content.build, content.totals)
    assert (version.version, version.message, version.author) == (1, "First", ANN)
    assert (version.engine, version.release) == (content.engine, "release")
    assert (version.session, version.revision, version.restored) == ("s1", 7, UNSET)


async def test_versions_never_change(database: Database, content: Content) -> None:
    saved = await save(database, content)
    first = await library.version(database, saved.id, "g1")
    for level in (20, 30):
        newer = replace(content, build=replace(content.build, level=level))
        saved = await library_changes.add_version(
            database, saved.id, ANN, editions(saved), newer, f"To {level}"
        )
    assert (saved.version, saved.level, saved.message) == (3, 30, "To 30")
    assert await library.version(database, saved.id, "g1", 1) == first
    listed = await library.versions(database, saved.id, "g1", None, 50)
    assert [each.version for each in listed] == [3, 2, 1]
    assert await refused(library.version(database, saved.id, "g1", 4)) == "no_version"


async def test_of_two_who_save_at_once_one_is_told(database: Database, content: Content) -> None:
    saved = await save(database, content)
    answers = await asyncio.gather(
        *(
            library_changes.add_version(
                database, saved.id, ANN, editions(saved), content, f"Number {n}"
            )
            for n in range(6)
        ),
        return_exceptions=True,
    )
    made = [each for each in answers if isinstance(each, Saved)]
    others = [each for each in answers if each not in made]
    assert len(made) == 1
    assert {each.code for each in others if isinstance(each, LibraryError)} == {"changed_meanwhile"}
    assert len(others) == 5
    assert (await library.read(database, saved.id, "g1")).version == 2


async def test_every_change_makes_another_edition(database: Database, content: Content) -> None:
    saved = await save(database, content)
    named = await library_changes.describe(
        database, saved.id, "g1", editions(saved), "Sun", "public", ()
    )
    assert (named.title, named.visibility, named.tags) == ("Sun", "public", ())
    assert named.etag != saved.etag
    stale = editions(saved)
    for change in (
        library_changes.describe(database, saved.id, "g1", stale, "x", None, None),
        library_changes.add_version(database, saved.id, ANN, stale, content, ""),
        library_changes.remove(database, saved.id, "g1", stale),
    ):
        assert await refused(change) == "changed_meanwhile"
    await library_changes.favour(database, saved.id, "g2", favourite=True)
    again = await library.read(database, saved.id, "g1")
    assert editions(again) == editions(named)


async def test_what_is_private_is_not_there_for_others(
    database: Database, content: Content
) -> None:
    build = (await save(database, content)).id
    for person in ("g2", ""):
        for asked in (
            library.read(database, build, person),
            library.versions(database, build, person, None, 9),
            library.version(database, build, person),
            library_changes.remove(database, build, person, None),
            library_changes.favour(database, build, person, favourite=True),
        ):
            assert await refused(asked) == "no_build"


async def test_only_its_author_changes_a_build(database: Database, content: Content) -> None:
    build = (await save(database, content, "public")).id
    for asked in (
        library_changes.remove(database, build, "g2", None),
        library_changes.describe(database, build, "g2", None, "x", None, None),
        library_changes.add_version(database, build, EVE, None, content, ""),
    ):
        assert await refused(asked) == "not_allowed"


async def test_nothing_is_left_of_what_is_deleted(database: Database, content: Content) -> None:
    saved = await save(database, content, "public")
    fork = await library_changes.save(
        database, EVE, content, Description("Mine", "private", ()), "", VersionName(saved.id, 1)
    )
    await library_changes.favour(database, saved.id, "g2", favourite=True)
    await library_changes.remove(database, saved.id, "g1", editions(saved))
    assert await refused(library.read(database, saved.id, "g1")) == "no_build"
    assert (await library.read(database, fork.id, "g2")).forked_from == VersionName(saved.id, 1)
    await library_changes.remove(database, fork.id, "g2", None)
    async with database.reading() as sql:
        for table in (BuildRow, VersionRow, FavouriteRow, SEARCH, TERMS):
            assert await sql.scalar(select(func.count()).select_from(table)) == 0


async def test_who_goes_takes_all_of_theirs_along(database: Database, content: Content) -> None:
    mine = await save(database, content, "public")
    theirs = await library_changes.save(
        database, EVE, content, Description("Hers", "public", ()), ""
    )
    await library_changes.favour(database, theirs.id, "g1", favourite=True)
    await library_changes.favour(database, theirs.id, "g3", favourite=True)
    async with database.writing() as sql:
        await library_changes.erase_all(sql, "g1")
    assert await refused(library.read(database, mine.id, "g1")) == "no_build"
    assert (await library.read(database, theirs.id, "g2")).favourites == 1


async def test_a_favourite_counts_once(database: Database, content: Content) -> None:
    build = (await save(database, content, "public")).id
    await asyncio.gather(
        *(library_changes.favour(database, build, "g2", favourite=True) for _ in range(4))
    )
    seen = await library.read(database, build, "g2")
    assert (seen.favourites, seen.favourite) == (1, True)
    for _ in range(2):
        await library_changes.favour(database, build, "g2", favourite=False)
    seen = await library.read(database, build, "g2")
    assert (seen.favourites, seen.favourite) == (0, False)


async def test_a_favourite_that_is_hidden_since_can_be_taken_away(
    database: Database, content: Content
) -> None:
    build = (await save(database, content, "public")).id
    await library_changes.favour(database, build, "g2", favourite=True)
    await library_changes.describe(database, build, "g1", None, None, "private", None)
    await library_changes.favour(database, build, "g2", favourite=False)
    assert (await library.read(database, build, "g1")).favourites == 0
    for again in (False, True):  # now it is nobody's but the author's
        asked = library_changes.favour(database, build, "g2", favourite=again)
        assert await refused(asked) == "no_build"


async def test_no_more_than_so_many(
    database: Database, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("MAX_BUILDS", "MAX_VERSIONS", "MAX_FAVOURITES"):
        monkeypatch.setattr(library_changes, limit, 1)
    saved = await save(database, content)
    assert await refused(save(database, content)) == "too_many_builds"
    another = library_changes.add_version(database, saved.id, ANN, None, content, "")
    assert await refused(another) == "too_many_versions"
    await library_changes.favour(database, saved.id, "g1", favourite=True)
    other = await library_changes.save(
        database, EVE, content, Description("Hers", "public", ()), ""
    )
    favoured = library_changes.favour(database, other.id, "g1", favourite=True)
    assert await refused(favoured) == "too_many_favourites"


async def test_stats_are_shown_as_exactly_as_people_read_them(
    database: Database, content: Content
) -> None:
    odd = {**content.totals, "defense.ranged": Total(0.45004, 0.45004)}
    odd["health.max"] = Total(1e300, 1e300)
    saved = await save(database, replace(content, totals=odd))
    assert saved.stats["defense.ranged"] == 0.45
    assert saved.stats["health.max"] == 200_000.0  # no more than the column holds

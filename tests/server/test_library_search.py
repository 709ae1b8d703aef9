"""Search finds what a look at each build finds, however it goes about it, in few questions."""

from random import Random

import pytest
from msgspec.structs import replace
from sqlalchemy import event

from calc import build as documents
from calc.build import Build, Powersets
from calc.totals import Total
from server.accounts import changes as account_changes
from server.accounts.tables import UserRow
from server.engine import Engine
from server.library import changes as library_changes
from server.library import library
from server.library import search as library_search
from server.library.changes import Content, Description
from server.library.library import Author, Saved
from server.library.search import Found, Threshold, Wanted, search
from server.library.terms import words
from server.orm import Database

ARCHETYPES = ("Class_Scrapper", "Class_Tanker")
SETS = ("Melee.Dark", "Melee.Fire", "Defense.Shield", "Pool.Speed", "Pool.Fighting")
TAGS = ("farm", "solo", "pvp")
TEXTS = ("The Fire Farmer", "Shield of Élan", "fire-proof, mostly", "Tank", "Tanker")
PEOPLE = (Author("g1", "Ann"), Author("g2", "Bob"))
BUILDS = 40


def _content(random: Random, engine: Engine, totals: dict[str, Total]) -> Content:
    primary, secondary, *pools = random.sample(SETS, 4)
    build: Build = replace(
        documents.empty(),
        archetype=random.choice(ARCHETYPES),
        powersets=Powersets(primary, secondary, pools=dict.fromkeys(pools, True)),
    )
    chances = {key: random.choice((0.1, 0.45, 0.6)) for key in ("defense.ranged", "defense.melee")}
    changed = {key: Total(value, value) for key, value in chances.items()}
    return Content(build, {**totals, **changed}, engine.name, "release")


@pytest.fixture
async def saved(database: Database, engine: Engine) -> list[tuple[Saved, Build]]:
    """In the order in which they were saved."""
    random = Random(5)
    totals = engine.result(documents.empty()).totals
    made = []
    for _ in range(BUILDS):
        content = _content(random, engine, totals)
        described = Description(
            random.choice(TEXTS),
            random.choice(("public", "public", "unlisted", "private")),
            tuple(random.sample(TAGS, random.randint(0, 2))),
        )
        one = await library_changes.save(
            database, random.choice(PEOPLE), content, described, random.choice(TEXTS)
        )
        made.append((one, content.build))
    for one, _ in random.sample(made, 12):
        if one.visibility != "private" or one.author.person == "g1":
            await library_changes.favour(database, one.id, "g1", favourite=True)
    return [(await _again(database, one), build) for one, build in made]


async def _again(database: Database, saved: Saved) -> Saved:
    """As g1 sees it now; nobody else's private ones can be favourites."""
    if saved.visibility == "private" and saved.author.person != "g1":
        return saved
    return await library.read(database, saved.id, "g1")


def matches(saved: Saved, build: Build, wanted: Wanted) -> bool:
    """What a search means, said once more."""
    seen = {
        "public": saved.visibility == "public",
        "mine": saved.author.person == "g1",
        "favourites": saved.favourite,
    }[wanted.whose]
    sets = {build.powersets.primary, build.powersets.secondary, *build.powersets.pools}
    text = words(f"{saved.title} {saved.message} {' '.join(saved.tags)} {saved.author.name}")
    return (
        seen
        and wanted.archetype in ("", build.archetype)
        and sets.issuperset(wanted.powersets)
        and set(saved.tags).issuperset(wanted.tags)
        and wanted.author in ("", saved.author.person)
        and all(saved.stats[each.stat] >= each.at_least for each in wanted.thresholds)
        and all(any(one.startswith(word) for one in text) for word in words(wanted.text))
    )


def wishes(random: Random) -> Wanted:
    stats = ("defense.ranged", "defense.melee")
    return Wanted(
        whose=random.choice(("public", "public", "mine", "favourites")),
        text=random.choice(("", "", "fire", "FAR", "elan tank", "ann")),
        archetype=random.choice(("", "", *ARCHETYPES)),
        powersets=tuple(random.sample(SETS, random.choice((0, 0, 1, 2)))),
        tags=tuple(random.sample(TAGS, random.choice((0, 0, 1)))),
        author=random.choice(("", "", "g1", "g2")),
        thresholds=tuple(
            Threshold(stat, random.choice((0.3, 0.45, 0.5)))
            for stat in random.sample(stats, random.choice((0, 0, 1, 2)))
        ),
        limit=random.choice((1, 3, 50)),
    )


async def pages(database: Database, wanted: Wanted) -> list[Saved]:
    found: list[Saved] = []
    while True:
        page = await search(database, wanted, "g1")
        assert len(page.builds) <= wanted.limit
        found += page.builds
        if not page.next:
            return found
        wanted = replace(wanted, after=int(page.next, 16))


@pytest.mark.parametrize("rare", [(20_000, 2_000), (0, 0), (10, 0), (0, 10)])
async def test_search_finds_what_a_look_at_each_finds(
    database: Database,
    saved: list[tuple[Saved, Build]],
    rare: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(library_search, "RARE", rare[0])
    monkeypatch.setattr(library_search, "RARE_BEGINNING", rare[1])
    random = Random(11)
    sizes = set()
    for _ in range(30):
        wanted = wishes(random)
        found = await pages(database, wanted)
        expected = [one for one, build in reversed(saved) if matches(one, build, wanted)]
        assert [each.id for each in found] == [each.id for each in expected], wanted
        assert found == expected
        sizes.add(len(found))
    assert len(sizes) > 5  # not all of them found nothing


async def test_a_search_asks_no_question_per_build(
    database: Database, saved: list[tuple[Saved, Build]]
) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append(statement)

    public = sum(one.visibility == "public" for one, _ in saved)

    async def questions(wanted: Wanted) -> tuple[int, Found]:
        asked.clear()
        found = await search(database, wanted, "g1")
        return len(asked), found

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        for limit in (1, 50):
            count, found = await questions(Wanted(limit=limit))
            assert (count, len(found.builds)) == (1, min(limit, public))
            count, found = await questions(Wanted(whose="mine", text="fire", limit=limit))
            assert count == 2
            assert found.builds
        assert not any("document" in each for each in asked)
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def test_a_new_version_comes_first_and_a_new_name_stays_in_place(
    database: Database, engine: Engine
) -> None:
    totals = engine.result(documents.empty()).totals
    content = Content(documents.empty(), totals, engine.name, "release")
    ids = []
    for title in ("one", "two", "three"):
        described = Description(title, "public", ())
        one = await library_changes.save(database, PEOPLE[0], content, described, "")
        ids.append(one.id)
    await library_changes.describe(database, ids[0], "g1", None, "four", None, ("solo",))
    found = await search(database, Wanted(), "")
    assert [each.title for each in found.builds] == ["three", "two", "four"]
    await library_changes.add_version(database, ids[0], PEOPLE[0], None, content, "again")
    found = await search(database, Wanted(), "")
    assert [each.title for each in found.builds] == ["four", "three", "two"]
    for text, expected in (("one", 0), ("four", 1), ("again", 1), ("solo", 1)):
        found = await search(database, Wanted(text=text), "")
        assert len(found.builds) == expected, text
    await library_changes.describe(database, ids[0], "g1", None, None, "unlisted", None)
    found = await search(database, Wanted(), "")
    assert [each.title for each in found.builds] == ["three", "two"]


async def test_a_new_name_and_an_end_cost_no_question_for_each_build(
    database: Database, engine: Engine
) -> None:
    totals = engine.result(documents.empty()).totals
    content = Content(documents.empty(), totals, engine.name, "release")
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    async def save(number: int) -> None:
        for title in ("Ann's own", "another")[:number]:
            described = Description(title, "public", ("ann",))
            await library_changes.save(database, PEOPLE[0], content, described, "")

    async def named(text: str) -> int:
        return len((await search(database, Wanted(text=text), "")).builds)

    async with database.writing() as sql:
        sql.add(UserRow(id="g1", name="Ann", role="user", created_at=1))
    costs = []
    for number, name in ((1, "Zoe Quick"), (2, "Ann")):
        await save(number)
        event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        await account_changes.rename(database, "g1", name, "::1")
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)
        costs.append(len(asked))
        asked.clear()
        # "ann" is a tag of all, and "own" in a title.
        found = await named("ann"), await named("quick"), await named("own")
        assert found == ((1, 1, 1) if number == 1 else (3, 0, 2))
    for number in (0, 2):
        await save(number)
        event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        async with database.writing() as sql:
            await library_changes.erase_all(sql, "g1")
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)
        costs.append(len(asked))
        asked.clear()
        assert await named("") == 0
    assert costs[1] <= costs[0]
    assert costs[3] <= costs[2]


def test_words_are_compared_without_case_accents_and_signs() -> None:
    assert words("Élan, FIRE-proof (v2)_x") == ("elan", "fire", "proof", "v2", "x")
    assert words("  %_'\\\0\ud800 ") == ()

"""What a saved build is found by: its terms and its chosen stats, in tables of their own."""

import re
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Select, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from calc.build import Build
from calc.totals import Total
from server.library.tables import CHOSEN, SEARCH, TERMS, BuildRow, column_of

Builds = Sequence[str] | Select[str]  # their ids, or the question that finds these
SHOWN = {"private": 0, "unlisted": 1, "public": 2}
PARTS = 10_000  # of a stat's unit: what is searched is as exact as what people read
_MOST = 2_000_000_000
_WORDS = 100  # of a build; the longest message has fewer
_WORD = 40  # characters of a word that count
_TOLD = ("tag:", "word:")  # what follows from the title and such, not from the document


def words(text: str) -> tuple[str, ...]:
    """The words of a text, as they are compared: no case, no accents, no signs."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    return tuple(word[:_WORD] for word in re.findall(r"[^\W_]+", letters))


def parts(value: float) -> int:
    """A stat's value as it is searched."""
    return round(max(-_MOST, min(_MOST, value * PARTS)))


def terms(row: BuildRow, build: Build) -> set[str]:
    """All that a build may be asked for by."""
    sets = (
        build.powersets.primary,
        build.powersets.secondary,
        build.powersets.epic,
        *build.powersets.pools,
    )
    found = {f"set:{powerset}" for powerset in sets if powerset}
    found.add(f"author:{row.owner}")
    if build.archetype:
        found.add(f"archetype:{build.archetype}")
    return found | _told_of(row)


def _told_of(row: BuildRow) -> set[str]:
    return _told(row.title, row.tags, row.owner_name, row.message)


def _told(title: str, tags: str, owner_name: str, message: str) -> set[str]:
    distinct = list(dict.fromkeys(words(" ".join((title, tags, owner_name, message)))))[:_WORDS]
    return {f"tag:{tag}" for tag in tags.split()} | {f"word:{word}" for word in distinct}


def stats(totals: Mapping[str, Total]) -> dict[str, int]:
    """The chosen stats after their caps, by column."""
    return {column_of(stat): parts(totals[stat].capped) for stat in CHOSEN}


async def put(sql: AsyncSession, row: BuildRow, build: Build, totals: Mapping[str, Total]) -> None:
    """Find a build by its newest version from now on, before all others."""
    await take(sql, [row.id])
    # Moments of different workers differ by nanoseconds: a place is nobody else's.
    place = time.time_ns()
    values = {"place": place, "build_id": row.id, "shown": SHOWN[row.visibility]}
    await sql.execute(insert(SEARCH).values(**values, **stats(totals)))
    await _add(sql, place, terms(row, build))


async def describe(sql: AsyncSession, row: BuildRow) -> None:
    """Find a build by its new title, tags and visibility, where it stands."""
    place = await sql.scalar(select(SEARCH.c.place).where(SEARCH.c.build_id == row.id))
    assert place is not None
    shown = update(SEARCH).where(SEARCH.c.place == place).values(shown=SHOWN[row.visibility])
    await sql.execute(shown)
    known = await sql.scalars(select(TERMS.c.term).where(TERMS.c.place == place))
    kept = {term for term in known if not term.startswith(_TOLD)}
    await sql.execute(delete(TERMS).where(TERMS.c.place == place))
    await _add(sql, place, kept | _told_of(row))


async def rename(sql: AsyncSession, owner: str, name: str) -> None:
    """Find all of somebody's builds by their new name, before it is in their rows.

    It costs as many questions for a thousand builds as for one: others wait meanwhile.
    """
    told = BuildRow.title, BuildRow.tags, BuildRow.owner_name, BuildRow.message
    found = (
        select(SEARCH.c.place, *told)
        .join(BuildRow, BuildRow.id == SEARCH.c.build_id)
        .where(BuildRow.owner == owner)
    )
    gone: list[dict[str, object]] = []
    fresh: list[dict[str, object]] = []
    for place, title, tags, before, message in await sql.execute(found):
        old, new = _told(title, tags, before, message), _told(title, tags, name, message)
        gone += ({"at": place, "named": term} for term in sorted(old ^ new))
        fresh += ({"place": place, "term": term} for term in sorted(new - old))
    at_all = delete(TERMS).where(
        TERMS.c.place == bindparam("at"), TERMS.c.term == bindparam("named")
    )
    for statement, rows in ((at_all, gone), (insert(TERMS), fresh)):
        if rows:
            await (await sql.connection()).execute(statement, rows)


async def pass_on(sql: AsyncSession, owner: str, heir: str, name: str) -> None:
    """As `rename`, of builds that are another's from now on."""
    await rename(sql, owner, name)
    theirs = update(TERMS).where(TERMS.c.term == f"author:{owner}")
    await sql.execute(theirs.values(term=f"author:{heir}"))


async def take(sql: AsyncSession, builds: Builds) -> None:
    """Find builds no more."""
    places = select(SEARCH.c.place).where(SEARCH.c.build_id.in_(builds))
    await sql.execute(delete(TERMS).where(TERMS.c.place.in_(places)))
    await sql.execute(delete(SEARCH).where(SEARCH.c.build_id.in_(builds)))


async def _add(sql: AsyncSession, place: int, found: Iterable[str]) -> None:
    rows = [{"place": place, "term": term} for term in sorted(found)]
    await sql.execute(insert(TERMS), rows)

"""What a saved build is found by: its terms and its chosen stats, in tables of their own."""

import re
import time
import unicodedata
from collections.abc import Iterable, Mapping

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from calc.build import Build
from calc.totals import Total
from server.library.tables import CHOSEN, SEARCH, TERMS, BuildRow, column_of

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
    return found | _told(row)


def _told(row: BuildRow) -> set[str]:
    text = " ".join((row.title, row.tags, row.owner_name, row.message))
    distinct = list(dict.fromkeys(words(text)))[:_WORDS]
    return {f"tag:{tag}" for tag in row.tags.split()} | {f"word:{word}" for word in distinct}


def stats(totals: Mapping[str, Total]) -> dict[str, int]:
    """The chosen stats after their caps, by column."""
    return {column_of(stat): parts(totals[stat].capped) for stat in CHOSEN}


async def put(sql: AsyncSession, row: BuildRow, build: Build, totals: Mapping[str, Total]) -> None:
    """Find a build by its newest version from now on, before all others."""
    await take(sql, row.id)
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
    await _add(sql, place, kept | _told(row))


async def take(sql: AsyncSession, build: str) -> None:
    """Find a build no more."""
    place = await sql.scalar(select(SEARCH.c.place).where(SEARCH.c.build_id == build))
    if place is not None:
        await sql.execute(delete(TERMS).where(TERMS.c.place == place))
        await sql.execute(delete(SEARCH).where(SEARCH.c.place == place))


async def _add(sql: AsyncSession, place: int, found: Iterable[str]) -> None:
    rows = [{"place": place, "term": term} for term in sorted(found)]
    await sql.execute(insert(TERMS), rows)

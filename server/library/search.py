"""Search over the library: what matches, newest first, a page at a time.

A search is three questions at most, however much it finds. When one of the terms is rare, it
leads, and all else is looked up for what it names; otherwise the search walks from the newest
build on until it has enough.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from server.library.library import Saved, saved, summaries
from server.library.tables import SEARCH, TERMS, FavouriteRow, column_of
from server.library.terms import SHOWN, parts, words
from server.orm import Database

RARE = 20_000  # builds that a term names; one with more leads to no fewer than the walk finds
RARE_BEGINNING = 2_000  # of the beginning of a word: what it names has to be put in order first
_LAST = "\U0010ffff"

Whose = Literal["public", "mine", "favourites"]


class Threshold(Struct, frozen=True):
    """A chosen stat's total, after its cap, is at least this."""

    stat: str
    at_least: float


class Wanted(Struct, frozen=True):
    """What is searched for; all of it must hold.

    text: beginnings of words in title, message, tags and author's name; powersets: of any role;
    author: a person's id; after: where the page before ended.
    """

    whose: Whose = "public"
    text: str = ""
    archetype: str = ""
    powersets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    author: str = ""
    thresholds: tuple[Threshold, ...] = ()
    after: int | None = None
    limit: int = 20


class Found(Struct, frozen=True, omit_defaults=True):
    """A page of builds. next: to send as `after` for the next page; absent on the last."""

    builds: tuple[Saved, ...]
    next: str | UnsetType = UNSET


class _Term(Struct, frozen=True):
    """is_beginning: whatever begins so is meant."""

    text: str
    is_beginning: bool = False

    def named(self, table: FromClause = TERMS) -> ColumnElement[bool]:
        """Whether a row of `build_terms` is this term."""
        if self.is_beginning:
            return and_(table.c.term >= self.text, table.c.term < self.text + _LAST)
        return table.c.term == self.text


async def search(database: Database, wanted: Wanted, person: str) -> Found:
    """A page of what `person` ("": anybody) may see of what is wanted."""
    terms = _terms(wanted, person)
    async with database.reading() as sql:
        leading = await _rarest(sql, terms)
        page = _page(wanted, person, terms, leading).subquery()
        asked = (
            summaries(person)
            .join(page, page.c.place == SEARCH.c.place)
            .order_by(SEARCH.c.place.desc())
            .add_columns(SEARCH.c.place)
        )
        rows = (await sql.execute(asked)).all()
    more = len(rows) > wanted.limit
    rows = rows[: wanted.limit]
    return Found(tuple(saved(*row[:-1]) for row in rows), f"{rows[-1][-1]:x}" if more else UNSET)


def _terms(wanted: Wanted, person: str) -> list[_Term]:
    found = [f"set:{powerset}" for powerset in wanted.powersets]
    found += [f"tag:{tag}" for tag in wanted.tags]
    if wanted.archetype:
        found.append(f"archetype:{wanted.archetype}")
    if wanted.author:
        found.append(f"author:{wanted.author}")
    if wanted.whose == "mine":
        found.append(f"author:{person}")
    beginnings = [_Term(f"word:{word}", is_beginning=True) for word in words(wanted.text)]
    return [*map(_Term, dict.fromkeys(found)), *dict.fromkeys(beginnings)]


async def _rarest(sql: AsyncSession, terms: list[_Term]) -> _Term | None:
    """The term that names the fewest builds, if that is few."""
    if not terms:
        return None
    counts = [
        select(func.count())
        .select_from(select(literal(1)).where(term.named()).limit(_few(term) + 1).subquery())
        .scalar_subquery()
        for term in terms
    ]
    numbers = (await sql.execute(select(*counts))).one()
    rare = [(count, n) for n, count in enumerate(numbers) if count <= _few(terms[n])]
    return terms[min(rare)[1]] if rare else None


def _few(term: _Term) -> int:
    return RARE_BEGINNING if term.is_beginning else RARE


def _page(
    wanted: Wanted, person: str, terms: list[_Term], leading: _Term | None
) -> Select[tuple[int]]:
    """The places of a page, and of one more."""
    place = SEARCH.c.place
    page = select(place.label("place"))
    if leading is not None and leading.is_beginning:
        page = page.where(place.in_(select(TERMS.c.place).where(leading.named())))
    elif leading is not None:
        # In the order of this index, so that nothing is sorted and the first page is found early.
        page = page.join(TERMS, TERMS.c.place == place).where(leading.named())
        place = TERMS.c.place
    page = page.where(_seen(wanted.whose, person))
    for each in wanted.thresholds:
        page = page.where(SEARCH.c[column_of(each.stat)] >= parts(each.at_least))
    for term in terms:
        if term is not leading:
            page = page.where(_has(term))
    if wanted.after is not None:
        page = page.where(place < wanted.after)
    return page.order_by(place.desc()).limit(wanted.limit + 1)


def _has(term: _Term) -> ColumnElement[bool]:
    other = TERMS.alias()  # `build_terms` may be in the question already
    return exists().where(other.c.place == SEARCH.c.place, term.named(other))


def _seen(whose: Whose, person: str) -> ColumnElement[bool]:
    if whose == "mine":
        return literal(True)
    if whose == "public":
        return SEARCH.c.shown == SHOWN["public"]
    theirs = select(FavouriteRow.build_id).where(FavouriteRow.person == person)
    mine = _has(_Term(f"author:{person}"))
    return and_(SEARCH.c.build_id.in_(theirs), or_(SEARCH.c.shown >= SHOWN["unlisted"], mine))

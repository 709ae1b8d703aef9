"""The REST interface to find saved builds, and to compare their versions."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.params import FromPath, Parameter, QueryParameter
from msgspec import Meta, Struct

from calc import comparison
from calc.build import GameId
from server.library import library
from server.library import search as library_search
from server.library.calls import AnyRequest, linked, reading
from server.library.library import Tag, VersionName, WholeVersion
from server.library.search import Found, Threshold, Wanted, Whose
from server.library.tables import CHOSEN
from server.reference.described import by, errors
from server.services import Provided, Services
from server.web.admission import caller
from server.web.problems import ProblemError

AT_ONCE = 50
THRESHOLDS = 5
TERMS = 8  # of a kind

_person = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,32}\Z")]


class Search(Struct, frozen=True):
    """The parameters of a search as they are read."""

    archetype: GameId | None
    powerset: Annotated[tuple[GameId, ...], Meta(max_length=TERMS)]
    tag: Annotated[tuple[Tag, ...], Meta(max_length=TERMS)]
    author: _person | None
    after: Annotated[str, Meta(pattern=r"^[0-9a-f]{1,15}\Z|^[0-7][0-9a-f]{15}\Z")] | None


class Comparison(Struct, frozen=True):
    """What leads from one version to another.

    same_engine: whether their totals come from the same catalogue and maths.
    """

    before: VersionName
    after: VersionName
    same_engine: bool
    difference: comparison.Difference


@get(
    "/api/v1/builds",
    security=by("read", anybody=True),
    responses=errors("unknown_stat", "too_many"),
)
async def search_builds(
    request: AnyRequest,
    services: Provided,
    whose: Annotated[
        Whose, Parameter(description="Everybody's public ones, or the caller's own or favourites.")
    ] = "public",
    text: Annotated[
        str,
        Parameter(
            max_length=100,
            description="Beginnings of words in title, message, tags and the author's name.",
        ),
    ] = "",
    archetype: Annotated[str | None, Parameter(description="An archetype's id.")] = None,
    powerset: Annotated[
        list[str] | None, Parameter(description="Powersets' ids, in whatever role: all of them.")
    ] = None,
    tag: Annotated[list[str] | None, Parameter(description="All of them.")] = None,
    author: Annotated[str | None, Parameter(description="A person's id.")] = None,
    at_least: Annotated[
        list[str] | None,
        Parameter(
            description="`defense.ranged:0.45`: this total after its cap is no less. "
            "GET /api/v1/builds/stats lists the stats."
        ),
    ] = None,
    after: Annotated[str | None, Parameter(description="`next` of the page before.")] = None,
    limit: Annotated[int, Parameter(ge=1, le=AT_ONCE)] = 20,
) -> Found:
    """Saved builds that match all of it, those with the newest version first."""
    reader = await reading(request, services)
    if whose != "public" and not reader:
        await caller(request, services, "read")  # says what is missing
    try:
        asked = msgspec.convert(
            {
                "archetype": archetype,
                "powerset": powerset or (),
                "tag": tag or (),
                "author": author,
                "after": after,
            },
            Search,
        )
    except msgspec.ValidationError as error:
        raise ProblemError(400, str(error)) from None
    wanted = Wanted(
        whose=whose,
        text=text,
        archetype=asked.archetype or "",
        powersets=asked.powerset,
        tags=asked.tag,
        author=asked.author or "",
        thresholds=thresholds(at_least or []),
        after=None if asked.after is None else int(asked.after, 16),
        limit=limit,
    )
    found = await library_search.search(services.database, wanted, reader)
    return Found(tuple(linked(request, services, each) for each in found.builds), found.next)


@get("/api/v1/builds/stats", sync_to_thread=False)
def searchable_stats() -> tuple[str, ...]:
    """The stats that a search may set a threshold for, and that lists show."""
    return CHOSEN


@get(
    "/api/v1/builds/{build_id:str}/compare",
    security=by("read", anybody=True),
    responses=errors("no_build", "no_version", "too_many"),
)
async def compare_versions(
    request: AnyRequest,
    build_id: FromPath[str],
    services: Provided,
    before: Annotated[
        int, QueryParameter(name="from", ge=1, le=1_000_000, description="A version of this build.")
    ],
    after: Annotated[
        int | None,
        QueryParameter(name="to", ge=1, le=1_000_000, description="Its newest unless given."),
    ] = None,
    other: Annotated[
        str | None, Parameter(description="The build whose version `to` is; this one unless given.")
    ] = None,
) -> Comparison:
    """The powers, slots, enhancements and totals in which two versions differ."""
    reader = await reading(request, services)
    second = build_id if other is None else other
    old = await library.version(services.database, build_id, reader, before)
    new = await library.version(services.database, second, reader, after)
    return compared(build_id, old, second, new, services)


def compared(
    first: str, old: WholeVersion, second: str, new: WholeVersion, services: Services
) -> Comparison:
    """The answer for two versions that are at hand."""
    return Comparison(
        VersionName(first, old.version),
        VersionName(second, new.version),
        old.engine == new.engine,
        comparison.compare(old.build, new.build, old.totals, new.totals, services.engine.catalogue),
    )


def thresholds(given: list[str]) -> tuple[Threshold, ...]:
    """From `stat:value`. Raises ProblemError."""
    if len(given) > THRESHOLDS:
        raise ProblemError(400, f"Ask for at most {THRESHOLDS} totals at once.")
    return tuple(map(_threshold, given))


def _threshold(given: str) -> Threshold:
    stat, _, value = given.partition(":")
    if stat not in CHOSEN:
        sentence = f"No build is searched by {stat!r}: GET /api/v1/builds/stats lists the stats."
        raise ProblemError(400, sentence, "unknown_stat")
    try:
        at_least = msgspec.convert(value, float, strict=False)
    except msgspec.ValidationError:
        at_least = float("nan")
    if not abs(at_least) < 1e9:
        raise ProblemError(400, f"{given!r}: write a stat and a number, like {stat}:0.45.")
    return Threshold(stat, at_least)


HANDLERS = [search_builds, searchable_stats, compare_versions]

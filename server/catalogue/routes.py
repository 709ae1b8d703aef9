"""REST over the catalogue and the stat registry: what there is, what fits, what comes unpicked.

Nothing here belongs to a session, and nobody needs a token. The catalogue never changes while
the server runs, so each answer is made and compressed once.
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter
from msgspec import Struct

from calc.asked import Asked, Asking
from calc.build import MAX_LEVEL, Build
from calc.power_stats import POWER_STATS, PowerStat
from calc.stats import STATS, Stat
from gamedata.catalogue import Catalogue
from server.catalogue import documents, parts
from server.catalogue.name_search import KINDS, Kind, Names, NamesFound
from server.catalogue.set_finder import GivingSets, SetFinder, SetGains, Wanted
from server.reference.described import CACHED, Responses, errors
from server.web import kept

_KEPT = 512  # answers; most are a few kilobytes, one is some tens
_ASKED_KEPT = 256  # of those to questions, of which there are any number
_GAINS_KEPT = 16  # of what all sets give an archetype at a level: 150 kB each
_MOST = 200  # found at once

AnyRequest = Request[Any, Any, Any]


class Answers:
    """The catalogue's answers, encoded and kept.

    A document is made by a function of the catalogue and of what the path names; an answer to a
    question by one of these answers and of the question.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.names = Names(catalogue)
        self.sets = SetFinder(catalogue)
        self.asking = Asking(catalogue)
        # Answers change with the catalogue and with what this program makes of it.
        named = f"{catalogue.hash} {version('cohort')}"
        self.version = blake2b(named.encode(), digest_size=8).hexdigest()
        self.document = lru_cache(_KEPT)(self._document)
        self.answer = lru_cache(_ASKED_KEPT)(self._answer)
        self.gains = lru_cache(_GAINS_KEPT)(self._gains)

    def _document(self, make: Callable[..., object], *named: str) -> kept.Kept:
        return kept.keep(msgspec.json.encode(make(self.catalogue, *named)))

    def _answer(self, find: Callable[..., object], *question: object) -> kept.Kept:
        return kept.keep(msgspec.json.encode(find(self, *question)))

    def _gains(self, archetype: str, level: int) -> kept.Kept:
        return kept.keep(msgspec.json.encode(self.sets.gains(archetype, level)))


class Call(Struct, frozen=True):
    """A call that is answered from what is kept.

    Under the right `?v=` the answer is to be kept for ever. What the catalogue lacks is a
    NotFoundException.
    """

    request: AnyRequest
    answers: Answers
    is_versioned: bool

    def document(self, make: Callable[..., object], *named: str) -> Response[bytes]:
        """make: a function of the catalogue and of what the path names."""
        return self._reply(self.answers.document, make, *named)

    def answer(self, find: Callable[..., object], *question: object) -> Response[bytes]:
        """find: a function of the answers and of the question."""
        return self._reply(self.answers.answer, find, *question)

    def gains(self, archetype: str, level: int) -> Response[bytes]:
        return self._reply(self.answers.gains, archetype, level)

    def _reply(self, keep: Callable[..., kept.Kept], *asked: object) -> Response[bytes]:
        try:
            found = keep(*asked)
        except documents.UnknownIdError as unknown:
            raise NotFoundException(str(unknown)) from unknown
        control = kept.FOR_EVER if self.is_versioned else kept.ASK_AGAIN
        return kept.reply(self.request, found, control)


Calling = NamedDependency[Call]
Answering = NamedDependency[Answers]


def catalogue_router(catalogue: Catalogue) -> Router:
    """The routes over this catalogue, under /api/v1."""
    answers = Answers(catalogue)

    def call(
        request: AnyRequest,
        v: Annotated[
            str,
            QueryParameter(
                description="`version` of `GET /api/v1/catalogue`: the answer is kept for ever."
            ),
        ] = "",
        if_none_match: Annotated[
            str, HeaderParameter(name="If-None-Match", description="The `ETag` that you have.")
        ] = "",
    ) -> Call:
        return Call(request, answers, v == answers.version)

    return Router(
        "/api/v1",
        route_handlers=[
            get_stats,
            get_power_stats,
            get_about,
            search_names,
            find_sets,
            get_schedule,
            get_archetypes,
            get_powersets,
            get_set_gains,
            get_all_powersets,
            get_powerset,
            get_power,
            get_fitting,
            get_temporary,
            get_enhancements,
            get_enhancement,
            get_sets,
            get_set,
            get_granted,
            get_states,
        ],
        dependencies={
            "answers": Provide(lambda: answers, sync_to_thread=False),
            "call": Provide(call, sync_to_thread=False),
        },
    )


def _holds(answer: Any, *codes: str) -> Responses:
    """What the reference says of an answer that is handed out already encoded."""
    return {
        200: ResponseSpec(answer, generate_examples=False),
        304: ResponseSpec(None, description="It is as you have it."),
        **errors(*codes),
    }


@get("/stats", responses=_holds(tuple[Stat, ...]), response_headers=CACHED)
async def get_stats(call: Calling) -> Response[bytes]:
    """Every stat that totals have: key, label, group, unit and format."""
    return call.document(_stats)


def _stats(_: Catalogue) -> tuple[Stat, ...]:
    return STATS


@get("/stats/powers", responses=_holds(tuple[PowerStat, ...]), response_headers=CACHED)
async def get_power_stats(call: Calling) -> Response[bytes]:
    """Every number that a power's figures may have: key, label, unit and format."""
    return call.document(_power_stats)


def _power_stats(_: Catalogue) -> tuple[PowerStat, ...]:
    return POWER_STATS


@get("/catalogue")
async def get_about(answers: Answering) -> Response[parts.About]:
    """Which catalogue this server runs on, and the version to fetch its parts under."""
    about = parts.About(answers.catalogue.release, answers.catalogue.hash, answers.version)
    return Response(about, headers={"Cache-Control": kept.ASK_AGAIN})


@get(
    "/catalogue/search",
    sync_to_thread=True,
    responses=_holds(NamesFound),
    response_headers=CACHED,
)
def search_names(
    call: Calling,
    text: Annotated[
        str,
        QueryParameter(
            min_length=1,
            max_length=100,
            description="Beginnings of words, in any order, without case and accents; or initials.",
        ),
    ],
    kind: Annotated[
        list[Kind] | None, QueryParameter(description="Any of these; all unless given.")
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=_MOST)] = 20,
) -> Response[bytes]:
    """Archetypes, powersets, powers, boost sets and enhancements by name, the best first."""
    kinds = frozenset(kind or KINDS)
    return call.answer(_named, " ".join(text.split()), kinds, limit)


def _named(answers: Answers, text: str, kinds: frozenset[Kind], limit: int) -> NamesFound:
    return answers.names.search(text, kinds, limit)


@get(
    "/catalogue/bonuses",
    sync_to_thread=True,
    responses=_holds(GivingSets, "not_found"),
    response_headers=CACHED,
)
def find_sets(
    call: Calling,
    stat: Annotated[str, QueryParameter(description="A stat's key: `GET /api/v1/stats`.")],
    archetype: Annotated[str, QueryParameter(description="Whose numbers: an archetype's id.")],
    level: Annotated[
        int, QueryParameter(ge=1, le=MAX_LEVEL, description="The character's.")
    ] = MAX_LEVEL,
    pieces: Annotated[
        int, QueryParameter(ge=1, le=6, description="At most so many of a set in one power.")
    ] = 6,
    group: Annotated[
        str, QueryParameter(description="A set category, like `Defense Sets`.", max_length=100)
    ] = "",
    power: Annotated[
        str, QueryParameter(description="A power's id: the sets that fit it.", max_length=100)
    ] = "",
    pvp: Annotated[
        bool, QueryParameter(description="With what holds against players only.")
    ] = False,
    limit: Annotated[int, QueryParameter(ge=1, le=_MOST)] = 50,
) -> Response[bytes]:
    """The boost sets that give a stat, those that give the most first."""
    return call.answer(_giving, Wanted(stat, archetype, level, pieces, group, power, pvp), limit)


def _giving(answers: Answers, wanted: Wanted, limit: int) -> GivingSets:
    return answers.sets.find(wanted, limit)


@get("/catalogue/schedule", responses=_holds(parts.Schedule), response_headers=CACHED)
async def get_schedule(call: Calling) -> Response[bytes]:
    """At which levels powers are picked and slots are added."""
    return call.document(documents.schedule)


@get("/catalogue/archetypes", responses=_holds(tuple[parts.Named, ...]), response_headers=CACHED)
async def get_archetypes(call: Calling) -> Response[bytes]:
    """The archetypes that players choose from."""
    return call.document(documents.archetypes)


@get(
    "/catalogue/archetypes/{archetype:str}/powersets",
    responses=_holds(parts.PowersetsByRole, "not_found"),
    response_headers=CACHED,
)
async def get_powersets(call: Calling, archetype: FromPath[str]) -> Response[bytes]:
    """The powersets that an archetype may choose, by role."""
    return call.document(documents.powersets, archetype)


@get(
    "/catalogue/archetypes/{archetype:str}/bonuses",
    sync_to_thread=True,
    responses=_holds(tuple[SetGains, ...], "not_found"),
    response_headers=CACHED,
)
def get_set_gains(
    call: Calling,
    archetype: FromPath[str],
    level: Annotated[
        int, QueryParameter(ge=1, le=MAX_LEVEL, description="The character's.")
    ] = MAX_LEVEL,
) -> Response[bytes]:
    """What the bonuses of every boost set add to the totals of such a character, before caps."""
    return call.gains(archetype, level)


@get(
    "/catalogue/powersets",
    responses=_holds(tuple[parts.PowersetOf, ...]),
    response_headers=CACHED,
)
async def get_all_powersets(call: Calling) -> Response[bytes]:
    """Every powerset that players choose, and which archetypes may."""
    return call.document(documents.player_powersets)


@get(
    "/catalogue/powersets/{powerset:str}",
    responses=_holds(parts.Powerset, "not_found"),
    response_headers=CACHED,
)
async def get_powerset(call: Calling, powerset: FromPath[str]) -> Response[bytes]:
    """A powerset with its powers, in the order of the game."""
    return call.document(documents.powerset, powerset)


@get(
    "/catalogue/powers/{power:str}",
    responses=_holds(parts.Power, "not_found"),
    response_headers=CACHED,
)
async def get_power(call: Calling, power: FromPath[str]) -> Response[bytes]:
    """A power, as far as a planner shows it."""
    return call.document(documents.power, power)


@get(
    "/catalogue/powers/{power:str}/enhancements",
    responses=_holds(parts.Fitting, "not_found"),
    response_headers=CACHED,
)
async def get_fitting(
    call: Calling, power: FromPath[str], archetype: FromQuery[str] = ""
) -> Response[bytes]:
    """What fits a slot of a power, as ids; `archetype` says whose archetype sets to offer."""
    return call.document(documents.fitting, power, archetype)


@get("/catalogue/temporary", responses=_holds(tuple[parts.Power, ...]), response_headers=CACHED)
async def get_temporary(call: Calling) -> Response[bytes]:
    """Temporary and prestige powers, which are taken at no level."""
    return call.document(documents.temporary)


@get("/catalogue/enhancements", responses=_holds(parts.Enhancements), response_headers=CACHED)
async def get_enhancements(call: Calling) -> Response[bytes]:
    """All enhancements and all boost sets."""
    return call.document(documents.enhancements)


@get(
    "/catalogue/enhancements/{enhancement:str}",
    responses=_holds(parts.Enhancement, "not_found"),
    response_headers=CACHED,
)
async def get_enhancement(call: Calling, enhancement: FromPath[str]) -> Response[bytes]:
    """One enhancement."""
    return call.document(documents.enhancement, enhancement)


@get("/catalogue/sets", responses=_holds(tuple[parts.BoostSet, ...]), response_headers=CACHED)
async def get_sets(call: Calling) -> Response[bytes]:
    """All boost sets with their pieces."""
    return call.document(documents.boost_sets)


@get(
    "/catalogue/sets/{boost_set:str}",
    responses=_holds(parts.BoostSet, "not_found"),
    response_headers=CACHED,
)
async def get_set(call: Calling, boost_set: FromPath[str]) -> Response[bytes]:
    """A boost set with its pieces."""
    return call.document(documents.boost_set, boost_set)


@post("/catalogue/granted", status_code=200)
async def get_granted(data: JSONBody[Build], answers: Answering) -> tuple[parts.Power, ...]:
    """A build document in; out come the powers that its character has without picking them."""
    return documents.granted(answers.catalogue, data)


@post("/catalogue/states", status_code=200)
async def get_states(data: JSONBody[Build], answers: Answering) -> Asked:
    """A build document in; out come the states that its powers ask for, which a scenario may say.

    Those `on` oneself go by `set_scenario_power`, those on the foe by `target_has`.
    """
    return answers.asking.states_asked(data)

"""REST over the catalogue and the stat registry: what there is, what fits, what comes unpicked.

Nothing here belongs to a session, and nobody needs a token. The catalogue never changes while
the server runs, so each answer is made and compressed once.
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery

from calc.asked import Asked, Asking
from calc.build import Build, decode
from calc.power_stats import POWER_STATS, PowerStat
from calc.stats import STATS, Stat
from gamedata.catalogue import Catalogue
from server import catalogue_documents as documents
from server import kept

_KEPT = 512  # answers; most are a few kilobytes, one is some tens

AnyRequest = Request[Any, Any, Any]
T = TypeVar("T")


class Answers:
    """The catalogue's answers, encoded and kept.

    A document is made by a function of the catalogue and of what the path names.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._asking = Asking(catalogue)
        self._kept = lru_cache(maxsize=_KEPT)(self._encode)
        # Answers change with the catalogue and with what this program makes of it.
        named = f"{catalogue.hash} {version('cohort')}"
        self._version = blake2b(named.encode(), digest_size=8).hexdigest()

    def about(self) -> documents.About:
        return documents.About(self._catalogue.release, self._catalogue.hash, self._version)

    def granted(self, build: Build) -> tuple[documents.Power, ...]:
        return documents.granted(self._catalogue, build)

    def states(self, build: Build) -> Asked:
        return self._asking.states_asked(build)

    def reply(
        self, request: AnyRequest, make: Callable[..., object], *named: str
    ) -> Response[bytes]:
        """The document, or 304 for who has it. Under the right `?v=` it is to be kept for ever.

        Raises NotFoundException when the catalogue lacks what the path names.
        """
        try:
            answer = self._kept(make, *named)
        except documents.UnknownIdError as unknown:
            raise NotFoundException(str(unknown)) from unknown
        is_versioned = request.query_params.get("v") == self._version
        return kept.reply(request, answer, kept.FOR_EVER if is_versioned else kept.ASK_AGAIN)

    def _encode(self, make: Callable[..., object], *named: str) -> kept.Kept:
        return kept.keep(msgspec.json.encode(make(self._catalogue, *named)))


Answered = NamedDependency[Answers]


def catalogue_router(catalogue: Catalogue) -> Router:
    """The routes over this catalogue, under /api/v1."""
    answers = Answers(catalogue)
    return Router(
        "/api/v1",
        route_handlers=[
            get_stats,
            get_power_stats,
            get_about,
            get_schedule,
            get_archetypes,
            get_powersets,
            get_powerset,
            get_power,
            get_fitting,
            get_temporary,
            get_enhancements,
            get_enhancement,
            get_set,
            get_granted,
            get_states,
        ],
        dependencies={"answers": Provide(lambda: answers, sync_to_thread=False)},
        tags=["catalogue"],
    )


def _holds(answer: Any) -> dict[int, ResponseSpec]:
    """What the reference says of an answer that is handed out already encoded."""
    return {200: ResponseSpec(answer, generate_examples=False)}


@get("/stats", responses=_holds(tuple[Stat, ...]))
async def get_stats(request: AnyRequest, answers: Answered) -> Response[bytes]:
    """Every stat that totals have: key, label, group, unit and format."""
    return answers.reply(request, _stats)


def _stats(_: Catalogue) -> tuple[Stat, ...]:
    return STATS


@get("/stats/powers", responses=_holds(tuple[PowerStat, ...]))
async def get_power_stats(request: AnyRequest, answers: Answered) -> Response[bytes]:
    """Every number that a power's figures may have: key, label, unit and format."""
    return answers.reply(request, _power_stats)


def _power_stats(_: Catalogue) -> tuple[PowerStat, ...]:
    return POWER_STATS


@get("/catalogue")
async def get_about(answers: Answered) -> Response[documents.About]:
    """Which catalogue this server runs on, and the version to fetch its parts under."""
    return Response(answers.about(), headers={"Cache-Control": "no-cache"})


@get("/catalogue/schedule", responses=_holds(documents.Schedule))
async def get_schedule(request: AnyRequest, answers: Answered) -> Response[bytes]:
    """At which levels powers are picked and slots are added."""
    return answers.reply(request, documents.schedule)


@get("/catalogue/archetypes", responses=_holds(tuple[documents.Named, ...]))
async def get_archetypes(request: AnyRequest, answers: Answered) -> Response[bytes]:
    """The archetypes that players choose from."""
    return answers.reply(request, documents.archetypes)


@get("/catalogue/archetypes/{archetype:str}/powersets", responses=_holds(documents.Powersets))
async def get_powersets(
    request: AnyRequest, answers: Answered, archetype: FromPath[str]
) -> Response[bytes]:
    """The powersets that an archetype may choose, by role."""
    return answers.reply(request, documents.powersets, archetype)


@get("/catalogue/powersets/{powerset:str}", responses=_holds(documents.Powerset))
async def get_powerset(
    request: AnyRequest, answers: Answered, powerset: FromPath[str]
) -> Response[bytes]:
    """A powerset with its powers, in the order of the game."""
    return answers.reply(request, documents.powerset, powerset)


@get("/catalogue/powers/{power:str}", responses=_holds(documents.Power))
async def get_power(
    request: AnyRequest, answers: Answered, power: FromPath[str]
) -> Response[bytes]:
    """A power, as far as a planner shows it."""
    return answers.reply(request, documents.power, power)


@get("/catalogue/powers/{power:str}/enhancements", responses=_holds(documents.Fitting))
async def get_fitting(
    request: AnyRequest, answers: Answered, power: FromPath[str], archetype: FromQuery[str] = ""
) -> Response[bytes]:
    """What fits a slot of a power, as ids; `archetype` says whose archetype sets to offer."""
    return answers.reply(request, documents.fitting, power, archetype)


@get("/catalogue/temporary", responses=_holds(tuple[documents.Power, ...]))
async def get_temporary(request: AnyRequest, answers: Answered) -> Response[bytes]:
    """Temporary and prestige powers, which are taken at no level."""
    return answers.reply(request, documents.temporary)


@get("/catalogue/enhancements", responses=_holds(documents.Enhancements))
async def get_enhancements(request: AnyRequest, answers: Answered) -> Response[bytes]:
    """All enhancements and all boost sets."""
    return answers.reply(request, documents.enhancements)


@get("/catalogue/enhancements/{enhancement:str}", responses=_holds(documents.Enhancement))
async def get_enhancement(
    request: AnyRequest, answers: Answered, enhancement: FromPath[str]
) -> Response[bytes]:
    """One enhancement."""
    return answers.reply(request, documents.enhancement, enhancement)


@get("/catalogue/sets/{boost_set:str}", responses=_holds(documents.BoostSet))
async def get_set(
    request: AnyRequest, answers: Answered, boost_set: FromPath[str]
) -> Response[bytes]:
    """A boost set with its pieces."""
    return answers.reply(request, documents.boost_set, boost_set)


@post("/catalogue/granted", status_code=200)
async def get_granted(request: AnyRequest, answers: Answered) -> tuple[documents.Power, ...]:
    """A build document in; out come the powers that its character has without picking them."""
    return answers.granted(await _build(request))


@post("/catalogue/states", status_code=200)
async def get_states(request: AnyRequest, answers: Answered) -> Asked:
    """A build document in; out come the states that its powers ask for, which a scenario may say.

    Those `on` oneself go by `set_scenario_power`, those on the foe by `target_has`.
    """
    return answers.states(await _build(request))


async def _build(request: AnyRequest) -> Build:
    # Not a typed parameter: Litestar's reference cannot hold the defaults of a build.
    try:
        return decode(await request.body())
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ValidationException(f"This is no build document: {error}") from error

"""What the library's calls by REST share: who reads and who saves, what is saved, how it is
answered."""

import re
from typing import Annotated, Any, cast

from litestar import Request, Response
from litestar.params import HeaderParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_304_NOT_MODIFIED
from msgspec import UNSET, Struct, UnsetType, field
from msgspec.structs import asdict, replace

from calc import build as builds
from calc import mbd
from server.library.changes import Content, Editions
from server.library.library import Author, Saved
from server.protocol import Id, Words
from server.routes.sessions import NewSession, base, first_build
from server.services import Services
from server.web.admission import caller, limit, limit_saves
from server.web.problems import ProblemError

AnyRequest = Request[Any, Any, Any]
BODY_BYTES = 512 * 1024  # a document, or a build file: they take a tenth of that
_EDITION = re.compile(r'"([0-9]{1,18})(?:\.[0-9a-f]{8})?"')

IfMatch = Annotated[
    str,
    HeaderParameter(
        name="If-Match",
        description="The `ETag` of the build as you know it, or `*` for whatever it is.",
        required=True,
    ),
]


class NewVersion(Struct, frozen=True):
    """What to save: a session's build as it is, or a build document, or a build file's text."""

    session: Id | UnsetType = UNSET
    build: builds.Build | UnsetType = UNSET
    file: str | UnsetType = UNSET
    message: Words | UnsetType = UNSET


class NewlySaved(Saved, frozen=True, omit_defaults=True):
    """`import` lists what of a file could not be taken over as it stands."""

    imported: tuple[mbd.Problem, ...] | UnsetType = field(name="import", default=UNSET)


async def reading(request: AnyRequest, services: Services) -> str:
    """Who reads; "" for who sends no token."""
    await limit(request, services.searches)
    if "authorization" not in request.headers:
        return ""
    return (await caller(request, services, "read")).id


def editions(if_match: str) -> Editions:
    """The editions that an `If-Match` names; one that names none of ours matches none.

    Raises ProblemError when there is none: nobody overwrites what they have not seen.
    """
    given = [each.strip() for each in if_match.split(",") if each.strip()]
    if not given:
        sentence = "Send If-Match with the ETag of the build as you know it."
        raise ProblemError(428, sentence, "if_match_missing")
    if "*" in given:
        return None
    return frozenset(int(found[1]) for each in given if (found := _EDITION.fullmatch(each)))


def linked(request: AnyRequest, services: Services, saved: Saved) -> Saved:
    """With the address of the build's page."""
    return replace(saved, url=base(request, services) + saved.url)


async def saving(request: AnyRequest, services: Services) -> Author:
    """Who saves something. Raises ProblemError for one too many."""
    person = await caller(request, services, "edit")
    await limit_saves(request, person, services)
    return Author(person.id, person.name)


async def content_of(
    data: NewVersion, author: Author, services: Services
) -> tuple[Content, tuple[mbd.Problem, ...] | UnsetType]:
    """What is to be saved, and what of a file is not in it."""
    if sum(each is not UNSET for each in (data.session, data.build, data.file)) != 1:
        raise ProblemError(400, "Send one of `session`, `build` and `file`.")
    engine = services.engine
    if data.session is UNSET:
        build, imported = first_build(NewSession(build=data.build, file=data.file), services)
        totals = engine.result(build).totals
        return Content(build, totals, engine.name, engine.catalogue.release), imported
    async with services.hub.live(data.session) as live:
        if author.person not in live.state.access.members:
            raise ProblemError(403, "You may not be in this session.")
        await live.refresh()
        state = live.state
    content = Content(
        state.build,
        state.totals,
        engine.name,
        engine.catalogue.release,
        state.session,
        state.epoch,
        state.revision,
    )
    return content, UNSET


def given(message: str | UnsetType) -> str:
    """The message of a version."""
    return "" if message is UNSET else message


def answer(request: AnyRequest, services: Services, saved: Saved) -> Response[Saved]:
    """A build as it is, with its `ETag`."""
    return Response(
        linked(request, services, saved),
        status_code=HTTP_200_OK,
        headers=_named(saved),
    )


def is_known(if_none_match: str, saved: Saved) -> bool:
    """Whether who asks has it as it is (RFC 9110, 13.1.2)."""
    known = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return saved.etag in known or "*" in known


def unchanged(saved: Saved) -> Response[Saved]:
    """For who has it as it is."""
    return Response(cast(Saved, None), status_code=HTTP_304_NOT_MODIFIED, headers=_named(saved))


def _named(saved: Saved) -> dict[str, str]:
    return {"ETag": saved.etag, "Cache-Control": "no-cache"}


def created(
    request: AnyRequest,
    services: Services,
    saved: Saved,
    imported: tuple[mbd.Problem, ...] | UnsetType = UNSET,
) -> Response[NewlySaved]:
    """A build as it has just been saved, and what of a file is not in it."""
    whole = NewlySaved(**asdict(linked(request, services, saved)), imported=imported)
    headers = {"ETag": saved.etag, "Location": f"/api/v1/builds/{saved.id}"}
    return Response(whole, status_code=HTTP_201_CREATED, headers=headers)

"""The REST interface of the library: save, read, name, share, restore, fork, open, delete.

Searching and comparing: `search_routes`.
"""

import re
from typing import Annotated, Any

from litestar import Request, Response, delete, get, patch, post, put
from litestar.params import FromPath, HeaderParameter, JSONBody, Parameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT
from msgspec import UNSET, Meta, Struct, UnsetType, field
from msgspec.structs import asdict, replace

from calc import build as builds
from calc import mbd
from calc.build import Title
from calc.rules import Finding
from calc.totals import Total, difference
from server.admission import caller, limit, limit_saves
from server.auth import Person
from server.library import changes as library_changes
from server.library import library
from server.library.changes import Content, Description, Editions
from server.library.library import (
    Author,
    Saved,
    Tags,
    Version,
    VersionName,
    Visibility,
    WholeVersion,
)
from server.problems import ProblemError
from server.protocol import Id, Role, Words
from server.reference.described import ETAG, LOCATION, by, errors
from server.routes import NewSession, base, begin, first_build
from server.services import Provided, Services

AnyRequest = Request[Any, Any, Any]
BODY_BYTES = 512 * 1024  # a document, or a build file: they take a tenth of that
VERSIONS_AT_ONCE = 50
NEWEST_VERSION = 1_000_000
_EDITION = re.compile("[0-9]{1,18}")

Number = Annotated[int, Parameter(ge=1, le=NEWEST_VERSION, description="A version's number.")]
VersionNumber = Annotated[int, Meta(ge=1, le=NEWEST_VERSION)]
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


class NewBuild(Struct, frozen=True):
    """As a new version; title: the document's unless given; visibility: private unless given."""

    session: Id | UnsetType = UNSET
    build: builds.Build | UnsetType = UNSET
    file: str | UnsetType = UNSET
    message: Words | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    visibility: Visibility = "private"
    tags: Tags = ()


class NewDescription(Struct, frozen=True):
    """What is absent stays."""

    title: Title | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET


class Fork(Struct, frozen=True):
    """version: the newest unless given; title, tags: as they are unless given."""

    version: VersionNumber | UnsetType = UNSET
    message: Words | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    visibility: Visibility = "private"
    tags: Tags | UnsetType = UNSET


class Restored(Struct, frozen=True):
    """version: the one to bring back."""

    version: VersionNumber
    message: Words | UnsetType = UNSET


class Chosen(Struct, frozen=True):
    """version: the newest unless given."""

    version: VersionNumber | UnsetType = UNSET


class NewlySaved(Saved, frozen=True, omit_defaults=True):
    """`import` lists what of a file could not be taken over as it stands."""

    imported: tuple[mbd.Problem, ...] | UnsetType = field(name="import", default=UNSET)


class OpenedBuild(Struct, frozen=True, omit_defaults=True):
    """A new session with a saved build.

    opened: the version that it began with; release: the catalogue's that this was saved on;
    findings name what this server's catalogue lacks; totals: those that are others than when it
    was saved, as they are now.
    """

    id: str
    url: str
    role: Role
    revision: int
    findings: tuple[Finding, ...]
    opened: VersionName
    release: str
    totals: dict[str, Total] = {}


@post(
    "/api/v1/builds",
    status_code=HTTP_201_CREATED,
    request_max_body_size=BODY_BYTES,
    security=by("edit"),
    response_headers=[ETAG, LOCATION],
    responses=errors("file_unreadable", "not_allowed", "no_session", "too_many_builds", "too_many"),
)
async def save_build(
    request: AnyRequest, data: JSONBody[NewBuild], services: Provided
) -> Response[NewlySaved]:
    """Save a build: a session's as it is now, a document, or a build file."""
    person = await _saving(request, services)
    content, imported = await _content(data, person, services)
    saved = await library_changes.save(
        services.database,
        Author(person.id, person.name),
        content,
        Description(
            (content.build.title if data.title is UNSET else data.title) or "Untitled",
            data.visibility,
            data.tags,
        ),
        _given(data.message),
    )
    return _created(request, services, saved, imported)


@get(
    "/api/v1/builds/{build_id:str}",
    security=by("read", anybody=True),
    response_headers=[ETAG],
    responses=errors("no_build", "too_many"),
)
async def read_build(
    request: AnyRequest, build_id: FromPath[str], services: Provided
) -> Response[Saved]:
    """A saved build without its document; one that is not private needs no token."""
    reader = await reading(request, services)
    return _answer(request, services, await library.read(services.database, build_id, reader))


@patch(
    "/api/v1/builds/{build_id:str}",
    security=by("edit"),
    response_headers=[ETAG],
    responses=errors("not_allowed", "no_build", "too_many"),
)
async def describe_build(
    request: AnyRequest,
    build_id: FromPath[str],
    data: JSONBody[NewDescription],
    services: Provided,
    if_match: IfMatch = "",
) -> Response[Saved]:
    """The author changes title, visibility or tags."""
    person = await _saving(request, services)
    saved = await library_changes.describe(
        services.database,
        build_id,
        person.id,
        editions(if_match),
        None if data.title is UNSET else data.title or "Untitled",
        None if data.visibility is UNSET else data.visibility,
        None if data.tags is UNSET else data.tags,
    )
    return _answer(request, services, saved)


@delete(
    "/api/v1/builds/{build_id:str}",
    status_code=HTTP_204_NO_CONTENT,
    security=by("edit"),
    responses=errors("not_allowed", "no_build"),
)
async def delete_build(
    request: AnyRequest, build_id: FromPath[str], services: Provided, if_match: IfMatch = ""
) -> None:
    """The author deletes a build with all of its versions."""
    person = await caller(request, services, "edit")
    await library_changes.remove(services.database, build_id, person.id, editions(if_match))


@get(
    "/api/v1/builds/{build_id:str}/versions",
    security=by("read", anybody=True),
    responses=errors("no_build", "too_many"),
)
async def list_versions(
    request: AnyRequest,
    build_id: FromPath[str],
    services: Provided,
    before: Annotated[int | None, Parameter(ge=1, le=NEWEST_VERSION)] = None,
    limit: Annotated[int, Parameter(ge=1, le=VERSIONS_AT_ONCE)] = VERSIONS_AT_ONCE,
) -> tuple[Version, ...]:
    """The newest versions, newest first, without documents; `before` one of them."""
    reader = await reading(request, services)
    return await library.versions(services.database, build_id, reader, before, limit)


@get(
    "/api/v1/builds/{build_id:str}/versions/newest",
    security=by("read", anybody=True),
    responses=errors("no_build", "too_many"),
)
async def read_newest_version(
    request: AnyRequest, build_id: FromPath[str], services: Provided
) -> WholeVersion:
    """The newest version with its document, and its totals at that time."""
    reader = await reading(request, services)
    return await library.version(services.database, build_id, reader)


@get(
    "/api/v1/builds/{build_id:str}/versions/{number:int}",
    security=by("read", anybody=True),
    responses=errors("no_build", "no_version", "too_many"),
)
async def read_version(
    request: AnyRequest, build_id: FromPath[str], number: Number, services: Provided
) -> WholeVersion:
    """A version with its document, and its totals at that time."""
    reader = await reading(request, services)
    return await library.version(services.database, build_id, reader, number)


@post(
    "/api/v1/builds/{build_id:str}/versions",
    status_code=HTTP_201_CREATED,
    request_max_body_size=BODY_BYTES,
    security=by("edit"),
    response_headers=[ETAG, LOCATION],
    responses=errors(
        "file_unreadable", "not_allowed", "no_session", "no_build", "too_many_versions", "too_many"
    ),
)
async def add_version(
    request: AnyRequest,
    build_id: FromPath[str],
    data: JSONBody[NewVersion],
    services: Provided,
    if_match: IfMatch = "",
) -> Response[NewlySaved]:
    """The author saves a new version. It is refused when the build has changed meanwhile."""
    person = await _saving(request, services)
    known = editions(if_match)
    content, imported = await _content(data, person, services)
    saved = await library_changes.add_version(
        services.database,
        build_id,
        Author(person.id, person.name),
        known,
        content,
        _given(data.message),
    )
    return _created(request, services, saved, imported)


@post(
    "/api/v1/builds/{build_id:str}/restore",
    status_code=HTTP_201_CREATED,
    security=by("edit"),
    response_headers=[ETAG, LOCATION],
    responses=errors("not_allowed", "no_build", "no_version", "too_many_versions", "too_many"),
)
async def restore_version(
    request: AnyRequest,
    build_id: FromPath[str],
    data: JSONBody[Restored],
    services: Provided,
    if_match: IfMatch = "",
) -> Response[NewlySaved]:
    """The author brings an old version back, as a new one."""
    person = await _saving(request, services)
    known = editions(if_match)
    old = await library.version(services.database, build_id, person.id, data.version)
    saved = await library_changes.add_version(
        services.database,
        build_id,
        Author(person.id, person.name),
        known,
        _again(old),
        _given(data.message),
        restored=old.version,
    )
    return _created(request, services, saved)


@post(
    "/api/v1/builds/{build_id:str}/forks",
    status_code=HTTP_201_CREATED,
    security=by("edit"),
    response_headers=[ETAG, LOCATION],
    responses=errors("no_build", "no_version", "too_many_builds", "too_many"),
)
async def fork_build(
    request: AnyRequest, build_id: FromPath[str], data: JSONBody[Fork], services: Provided
) -> Response[NewlySaved]:
    """Save somebody's build, or one's own, as another build that says what it began as."""
    person = await _saving(request, services)
    number = None if data.version is UNSET else data.version
    origin = await library.read(services.database, build_id, person.id)
    version = await library.version(services.database, build_id, person.id, number)
    saved = await library_changes.save(
        services.database,
        Author(person.id, person.name),
        _again(version),
        Description(
            (origin.title if data.title is UNSET else data.title) or "Untitled",
            data.visibility,
            origin.tags if data.tags is UNSET else data.tags,
        ),
        _given(data.message) or version.message,
        VersionName(build_id, version.version),
    )
    return _created(request, services, saved)


@post(
    "/api/v1/builds/{build_id:str}/sessions",
    status_code=HTTP_201_CREATED,
    security=by("edit"),
    responses=errors("no_build", "no_version", "too_many"),
)
async def open_build(
    request: AnyRequest, build_id: FromPath[str], data: JSONBody[Chosen], services: Provided
) -> OpenedBuild:
    """A new session with a saved build, of which the caller is the owner."""
    person = await caller(request, services, "edit")
    await limit(request, services.sessions)
    number = None if data.version is UNSET else data.version
    version = await library.version(services.database, build_id, person.id, number)
    session = await begin(request, services, person, version.build)
    now = services.engine.result(version.build).totals
    return OpenedBuild(
        session.id,
        session.url,
        session.role,
        session.revision,
        session.findings,
        VersionName(build_id, version.version),
        version.release,
        {} if version.engine == services.engine.name else difference(version.totals, now),
    )


@put(
    "/api/v1/builds/{build_id:str}/favourite",
    status_code=HTTP_204_NO_CONTENT,
    security=by("edit"),
    responses=errors("no_build", "too_many_favourites"),
)
async def add_favourite(request: AnyRequest, build_id: FromPath[str], services: Provided) -> None:
    """Put a build among the caller's favourites."""
    person = await caller(request, services, "edit")
    await library_changes.favour(services.database, build_id, person.id, favourite=True)


@delete(
    "/api/v1/builds/{build_id:str}/favourite",
    status_code=HTTP_204_NO_CONTENT,
    security=by("edit"),
    responses=errors("no_build"),
)
async def remove_favourite(
    request: AnyRequest, build_id: FromPath[str], services: Provided
) -> None:
    """Take a build from the caller's favourites."""
    person = await caller(request, services, "edit")
    await library_changes.favour(services.database, build_id, person.id, favourite=False)


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
    numbers = (each[1:-1] for each in given if each[:1] == each[-1:] == '"')
    return frozenset(int(each) for each in numbers if _EDITION.fullmatch(each))


def linked(request: AnyRequest, services: Services, saved: Saved) -> Saved:
    """With the address of the build's page."""
    return replace(saved, url=base(request, services) + saved.url)


async def _saving(request: AnyRequest, services: Services) -> Person:
    person = await caller(request, services, "edit")
    await limit_saves(request, person, services)
    return person


async def _content(
    data: NewVersion | NewBuild, person: Person, services: Services
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
        if person.id not in live.state.access.members:
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


def _again(version: WholeVersion) -> Content:
    return Content(version.build, version.totals, version.engine, version.release)


def _given(message: str | UnsetType) -> str:
    return "" if message is UNSET else message


def _answer(request: AnyRequest, services: Services, saved: Saved) -> Response[Saved]:
    return Response(
        linked(request, services, saved),
        status_code=HTTP_200_OK,
        headers={"ETag": saved.etag, "Cache-Control": "no-cache"},
    )


def _created(
    request: AnyRequest,
    services: Services,
    saved: Saved,
    imported: tuple[mbd.Problem, ...] | UnsetType = UNSET,
) -> Response[NewlySaved]:
    whole = NewlySaved(**asdict(linked(request, services, saved)), imported=imported)
    headers = {"ETag": saved.etag, "Location": f"/api/v1/builds/{saved.id}"}
    return Response(whole, status_code=HTTP_201_CREATED, headers=headers)

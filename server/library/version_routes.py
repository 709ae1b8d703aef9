"""The REST interface of a saved build's versions: list, read, add, restore; fork one, open one."""

from typing import Annotated

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody, Parameter
from litestar.status_codes import HTTP_201_CREATED
from msgspec import UNSET, Meta, Struct, UnsetType

from calc.build import Title
from calc.rules import Finding
from calc.totals import Total, difference
from server.library import changes as library_changes
from server.library import library
from server.library.calls import (
    BODY_BYTES,
    AnyRequest,
    IfMatch,
    NewlySaved,
    NewVersion,
    content_of,
    created,
    editions,
    given,
    reading,
    saving,
)
from server.library.changes import Content, Description
from server.library.library import Tags, Version, VersionName, Visibility, WholeVersion
from server.protocol import Role, Words
from server.reference.described import ETAG, LOCATION, by, errors
from server.routes.sessions import begin
from server.services import Provided
from server.web.admission import caller, limit

VERSIONS_AT_ONCE = 50
NEWEST_VERSION = 1_000_000

Number = Annotated[int, Parameter(ge=1, le=NEWEST_VERSION, description="A version's number.")]
VersionNumber = Annotated[int, Meta(ge=1, le=NEWEST_VERSION)]


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
    author = await saving(request, services)
    known = editions(if_match)
    content, imported = await content_of(data, author, services)
    saved = await library_changes.add_version(
        services.database,
        build_id,
        author,
        known,
        content,
        given(data.message),
    )
    return created(request, services, saved, imported)


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
    author = await saving(request, services)
    known = editions(if_match)
    old = await library.version(services.database, build_id, author.person, data.version)
    saved = await library_changes.add_version(
        services.database,
        build_id,
        author,
        known,
        again(old),
        given(data.message),
        restored=old.version,
    )
    return created(request, services, saved)


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
    author = await saving(request, services)
    number = None if data.version is UNSET else data.version
    origin = await library.read(services.database, build_id, author.person)
    version = await library.version(services.database, build_id, author.person, number)
    saved = await library_changes.save(
        services.database,
        author,
        again(version),
        Description(
            (origin.title if data.title is UNSET else data.title) or "Untitled",
            data.visibility,
            origin.tags if data.tags is UNSET else data.tags,
        ),
        given(data.message) or version.message,
        VersionName(build_id, version.version),
    )
    return created(request, services, saved)


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


def again(version: WholeVersion) -> Content:
    return Content(version.build, version.totals, version.engine, version.release)


HANDLERS = [
    list_versions,
    read_newest_version,
    read_version,
    add_version,
    restore_version,
    fork_build,
    open_build,
]

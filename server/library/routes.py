"""The REST interface of saved builds: save, read, name, share, delete, favourites.

Their versions, and what is made of one: `version_routes`. Searching and comparing: `search_routes`.
"""

from typing import Annotated

from litestar import Response, delete, get, patch, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody
from litestar.status_codes import HTTP_201_CREATED, HTTP_204_NO_CONTENT
from msgspec import UNSET, Struct, UnsetType

from calc.build import Title
from server.library import changes as library_changes
from server.library import library
from server.library.calls import (
    BODY_BYTES,
    AnyRequest,
    IfMatch,
    NewlySaved,
    NewVersion,
    answer,
    content_of,
    created,
    editions,
    given,
    is_known,
    reading,
    saving,
    unchanged,
)
from server.library.changes import Description
from server.library.library import Saved, Tags, Visibility
from server.reference.described import ETAG, LOCATION, by, errors
from server.services import Provided
from server.web.admission import caller


class NewBuild(NewVersion, frozen=True):
    """As a new version; title: the document's unless given; visibility: private unless given."""

    title: Title | UnsetType = UNSET
    visibility: Visibility = "private"
    tags: Tags = ()


class NewDescription(Struct, frozen=True):
    """What is absent stays."""

    title: Title | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET


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
    author = await saving(request, services)
    content, imported = await content_of(data, author, services)
    saved = await library_changes.save(
        services.database,
        author,
        content,
        Description(
            (content.build.title if data.title is UNSET else data.title) or "Untitled",
            data.visibility,
            data.tags,
        ),
        given(data.message),
    )
    return created(request, services, saved, imported)


@get(
    "/api/v1/builds/{build_id:str}",
    security=by("read", anybody=True),
    response_headers=[ETAG],
    responses={
        304: ResponseSpec(None, description="It is as you have it."),
        **errors("no_build", "too_many"),
    },
)
async def read_build(
    request: AnyRequest,
    build_id: FromPath[str],
    services: Provided,
    if_none_match: Annotated[
        str, HeaderParameter(name="If-None-Match", description="The `ETag` that you have.")
    ] = "",
) -> Response[Saved]:
    """A saved build without its document; one that is not private needs no token."""
    reader = await reading(request, services)
    saved = await library.read(services.database, build_id, reader)
    return unchanged(saved) if is_known(if_none_match, saved) else answer(request, services, saved)


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
    author = await saving(request, services)
    saved = await library_changes.describe(
        services.database,
        build_id,
        author.person,
        editions(if_match),
        None if data.title is UNSET else data.title or "Untitled",
        None if data.visibility is UNSET else data.visibility,
        None if data.tags is UNSET else data.tags,
    )
    return answer(request, services, saved)


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


HANDLERS = [
    save_build,
    read_build,
    describe_build,
    delete_build,
    add_favourite,
    remove_favourite,
]

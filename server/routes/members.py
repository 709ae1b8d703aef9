"""The REST interface of those who run a session: members, links, title, lock, end.

What changes is in SQL before it is answered, and then in Redis: from the answer on nobody edits
by what they had before, and live sockets are told.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Request, delete, get, patch, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from msgspec import UNSET, Struct, UnsetType

from calc.build import Title
from server.members import governing
from server.members.access import AccessError, access_of, version_of
from server.protocol import Id, Role
from server.reference.described import by, errors
from server.services import Provided, Services
from server.web import peers
from server.web.admission import caller, share

AnyRequest = Request[Any, Any, Any]


class NewRole(Struct, frozen=True):
    """role: what the member is from now on; `owner` is handed over instead."""

    role: Role


class NewOwner(Struct, frozen=True):
    """person: a member."""

    person: Id


class NewDescription(Struct, frozen=True):
    """locked: nobody edits. editors_go_back: editors may, as the owner, bring back an earlier
    revision and undo what somebody did. What is absent stays."""

    title: Title | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    editors_go_back: bool | UnsetType = UNSET


class Description(Struct, frozen=True):
    """A session, as its members see it."""

    id: str
    title: str
    locked: bool
    editors_go_back: bool = False


@get(
    "/api/v1/sessions/{session_id:str}/members",
    security=by("read"),
    responses=errors("not_allowed", "no_session"),
)
async def list_members(
    request: AnyRequest, session_id: FromPath[str], services: Provided
) -> tuple[governing.Known, ...]:
    """Everybody who may be in the session; a viewer is told of no other viewers."""
    person = await caller(request, services, "read")
    return await governing.members(services.database, session_id, person.id)


@get(
    "/api/v1/sessions/{session_id:str}/invitations",
    security=by("read"),
    responses=errors("not_allowed", "no_session"),
)
async def list_invitations(
    request: AnyRequest, session_id: FromPath[str], services: Provided
) -> tuple[governing.Link, ...]:
    """The owner's: all links; an editor's: their own."""
    person = await caller(request, services, "read")
    return await governing.invitations(services.database, session_id, person.id)


@patch(
    "/api/v1/sessions/{session_id:str}/members/{person:str}",
    security=by(),
    responses=errors("not_allowed", "no_session", "no_member"),
)
async def change_member(
    request: AnyRequest,
    session_id: FromPath[str],
    person: FromPath[str],
    data: JSONBody[NewRole],
    services: Provided,
) -> governing.Known:
    """The owner gives a member another role."""
    database, owner = services.database, (await caller(request, services)).id
    rights = await governing.set_role(
        database, session_id, owner, person, data.role, peers.address(request.scope)
    )
    await share({session_id: rights}, services)
    for known in await governing.members(database, session_id, owner):
        if known.person == person:
            return known
    raise AccessError("no_member", "They have left meanwhile.")


@delete(
    "/api/v1/sessions/{session_id:str}/members/{person:str}",
    status_code=HTTP_200_OK,
    security=by(),
    responses=errors("not_allowed", "no_session", "no_member"),
)
async def remove_member(
    request: AnyRequest, session_id: FromPath[str], person: FromPath[str], services: Provided
) -> governing.Removed:
    """The owner kicks somebody, or a member leaves for good.

    The answer names the link by which they could come back or look on, for the owner to revoke.
    """
    by = (await caller(request, services)).id
    async with _done_before(session_id, services):
        rights, removed = await governing.remove(
            services.database, session_id, by, person, peers.address(request.scope)
        )
    await share({session_id: rights}, services)
    return removed


@put(
    "/api/v1/sessions/{session_id:str}/owner",
    status_code=HTTP_204_NO_CONTENT,
    security=by(),
    responses=errors("not_allowed", "no_session", "no_member"),
)
async def hand_over(
    request: AnyRequest, session_id: FromPath[str], data: JSONBody[NewOwner], services: Provided
) -> None:
    """The owner makes another member the owner, and becomes an editor."""
    owner = (await caller(request, services)).id
    async with _done_before(session_id, services):
        rights = await governing.hand_over(
            services.database, session_id, owner, data.person, peers.address(request.scope)
        )
    await share({session_id: rights}, services)


@patch(
    "/api/v1/sessions/{session_id:str}",
    security=by(),
    responses=errors("not_allowed", "no_session"),
)
async def change_session(
    request: AnyRequest,
    session_id: FromPath[str],
    data: JSONBody[NewDescription],
    services: Provided,
) -> Description:
    """The owner names the session, locks it, or opens it again."""
    rights = await governing.describe(
        services.database,
        session_id,
        (await caller(request, services)).id,
        None if data.title is UNSET else data.title,
        None if data.locked is UNSET else data.locked,
        None if data.editors_go_back is UNSET else data.editors_go_back,
    )
    await share({session_id: rights}, services)
    return Description(session_id, rights.title, rights.locked, rights.editors_go_back)


@delete(
    "/api/v1/sessions/{session_id:str}",
    status_code=HTTP_204_NO_CONTENT,
    security=by(),
    responses=errors("not_allowed", "no_session"),
)
async def end_session(request: AnyRequest, session_id: FromPath[str], services: Provided) -> None:
    """The owner ends the session for everybody: it never opens again."""
    owner = (await caller(request, services)).id
    address = peers.address(request.scope)
    rights = await governing.end(services.database, session_id, owner, address)
    await share({session_id: rights}, services)


@asynccontextmanager
async def _done_before(session: str, services: Services) -> AsyncIterator[None]:
    """What cannot be done a second time may have been done when Redis could not be told: whoever
    asks again is refused only when it was."""
    try:
        yield
    except AccessError:
        (head,) = await services.log.heads([session])
        if head is not None and head.access != await version_of(services.database, session):
            await share({session: await access_of(services.database, session)}, services)
        raise

"""What moderators do, and admins: let people in no more, and close sessions that are not theirs."""

from typing import Annotated, Any

from litestar import Request, delete, post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT
from msgspec import Meta, Struct

from server.accounts import accounts, bans
from server.accounts.routes import account_of
from server.auth import Person
from server.members import governing
from server.reference.described import by, errors
from server.services import Provided, Services
from server.web import peers
from server.web.admission import share
from server.web.problems import ProblemError

AnyRequest = Request[Any, Any, Any]


class NewBan(Struct, frozen=True):
    """why: for the audit log. links: revoke the links that they came by, or made: a guest could
    come back by one as another guest. Others who came by it stay."""

    why: Annotated[str, Meta(max_length=200)] = ""
    links: bool = False


@put(
    "/api/v1/users/{person:str}/ban",
    status_code=HTTP_204_NO_CONTENT,
    security=by(),
    responses=errors("no_account", "not_allowed", "not_found"),
)
async def ban(
    request: AnyRequest, person: FromPath[str], data: JSONBody[NewBan], services: Provided
) -> None:
    """A moderator lets an account or a guest in no more.

    Their tokens are refused with `banned` from now on, and they are out of their sessions at once,
    live connections too. They stay members, for when it is taken back. Who has a role keeps it.
    """
    moderator = await _moderator(request, services)
    address = peers.address(request.scope)
    banned = await bans.ban(
        services.database, person, moderator.id, address, data.why, links=data.links
    )
    await share(banned.rights, services)


@delete(
    "/api/v1/users/{person:str}/ban",
    status_code=HTTP_204_NO_CONTENT,
    security=by(),
    responses=errors("no_account", "not_allowed", "not_found", "not_banned"),
)
async def unban(request: AnyRequest, person: FromPath[str], services: Provided) -> None:
    """A moderator lets somebody in again; in their sessions they are what they were."""
    moderator = await _moderator(request, services)
    address = peers.address(request.scope)
    await share(await bans.unban(services.database, person, moderator.id, address), services)


@post(
    "/api/v1/sessions/{session_id:str}/closing",
    status_code=HTTP_204_NO_CONTENT,
    security=by(),
    responses=errors("no_account", "not_allowed", "no_session"),
)
async def close_session(request: AnyRequest, session_id: FromPath[str], services: Provided) -> None:
    """A moderator ends a session for everybody: it never opens again."""
    moderator = await _moderator(request, services)
    address = peers.address(request.scope)
    rights = await governing.close(services.database, session_id, moderator.id, address)
    await share({session_id: rights}, services)


async def _moderator(request: AnyRequest, services: Services) -> Person:
    person = await account_of(request, services)
    if (await accounts.read(services.database, person.id)).role == "user":
        raise ProblemError(403, "Only a moderator may do this.")
    return person


HANDLERS = [ban, unban, close_session]

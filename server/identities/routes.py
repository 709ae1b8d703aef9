"""Logging in elsewhere, by REST: with Discord, or with an OpenID Connect provider.

The page asks where to send the browser (and is given a cookie that binds what follows to it), the
provider sends the browser back to a page of ours, and that page brings the code. So no token of
ours is ever in an address, and nobody can have somebody else finish what they began.
"""

import asyncio
import logging
from typing import Annotated, Any

from litestar import Request, Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from msgspec import Meta, Struct

from server.accounts import accounts
from server.accounts import changes as account_changes
from server.accounts.accounts import Account
from server.accounts.routes import account_of, attempt
from server.accounts.token_routes import NO_STORE, Granted, Password, agent, granted, take
from server.identities import handshakes, identities
from server.identities.handshakes import COOKIE, GOOD_S, Handshake
from server.identities.oauth import Identity, Provider, ProviderError
from server.identities.outgoing import OutgoingError
from server.identities.providers import ProviderName
from server.reference.described import by, errors
from server.routes.sessions import base
from server.services import Provided, Services
from server.web.admission import caller
from server.web.problems import ProblemError

logger = logging.getLogger(__name__)

AnyRequest = Request[Any, Any, Any]
WHOLE_S = 20.0  # for all that we ask a provider about one person
AWAY_S = 5.0


class Beginning(Struct, frozen=True):
    """again: for who is logged in, and has to show that it is still them."""

    again: bool = False


class Proof(Struct, frozen=True):
    """password: where one has one; who has none must have logged in less than ten minutes ago."""

    password: Password = ""


class Destination(Struct, frozen=True):
    """Where the browser goes to log in."""

    url: str


class Arrival(Struct, frozen=True):
    """What the provider sent the browser back with: `code`, `state`, and `iss` if there is one."""

    code: Annotated[str, Meta(min_length=1, max_length=4096)]
    state: Annotated[str, Meta(min_length=1, max_length=100)]
    issuer: Annotated[str, Meta(max_length=512)] = ""


@get("/api/v1/login", sync_to_thread=False)
def list_providers(services: Provided) -> tuple[ProviderName, ...]:
    """Where one can log in, beside a password."""
    return services.providers.names()


@post(
    "/api/v1/login/{provider:str}",
    status_code=HTTP_200_OK,
    responses=errors("not_found", "too_many", "provider_unavailable"),
)
async def begin_login(
    request: AnyRequest, provider: FromPath[str], data: JSONBody[Beginning], services: Provided
) -> Response[Destination]:
    """Begin to log in elsewhere. The cookie that comes with it is needed to finish."""
    await take(request, services.logins)
    chosen = _provider(provider, services)
    handshake = handshakes.begin(
        chosen.id, _redirect(request, chosen, services), "login", again=data.again
    )
    return await _send(request, chosen, handshake, services)


@post(
    "/api/v1/login/{provider:str}/code",
    status_code=HTTP_200_OK,
    security=by(anybody=True),
    responses=errors(
        "login_lost",
        "login_refused",
        "banned",
        "not_found",
        "too_many",
        "provider_unavailable",
        conflicts=("conflict", "has_account", "not_linked", "identity_taken"),
    ),
)
async def finish_login(
    request: AnyRequest, provider: FromPath[str], data: JSONBody[Arrival], services: Provided
) -> Response[Granted]:
    """Log in, into a new account the first time. With a guest's token it becomes theirs: their
    sessions too; with an account's one logs in once more as the same."""
    address = await take(request, services.logins)
    chosen = _provider(provider, services)
    asker = None
    if "authorization" in request.headers:
        asker = await caller(request, services)
    cookie = request.cookies.get(COOKIE, "")
    handshake = services.handshakes.read(cookie, chosen.id, data.state, "login")
    identity = await _identify(chosen, handshake, data, address, services)
    found = await identities.log_in(services.database, identity, asker, address, agent(request))
    answer = granted(found, services)
    answer.delete_cookie(COOKIE, path=_path(chosen))
    return answer


@post(
    "/api/v1/login/{provider:str}/link",
    status_code=HTTP_200_OK,
    security=by(),
    responses=errors(
        "no_account",
        "wrong_password",
        "log_in_again",
        "not_found",
        "too_many",
        "provider_unavailable",
    ),
)
async def begin_link(
    request: AnyRequest, provider: FromPath[str], data: JSONBody[Proof], services: Provided
) -> Response[Destination]:
    """Begin to link one's account with who one is elsewhere, to log in by that, too."""
    person = await account_of(request, services)
    chosen = _provider(provider, services)
    await attempt(request, person, services)
    await account_changes.prove(services.database, services.passwords, person, data.password)
    redirect = _redirect(request, chosen, services)
    handshake = handshakes.begin(chosen.id, redirect, "link", person.id, again=True)
    return await _send(request, chosen, handshake, services)


@post(
    "/api/v1/login/{provider:str}/link/code",
    status_code=HTTP_200_OK,
    security=by(),
    responses=errors(
        "login_lost",
        "login_refused",
        "no_account",
        "not_found",
        "too_many",
        "provider_unavailable",
        conflicts=("identity_taken", "already_linked"),
    ),
)
async def finish_link(
    request: AnyRequest, provider: FromPath[str], data: JSONBody[Arrival], services: Provided
) -> Response[Account]:
    """Link one's account with who one is elsewhere. One has one of each provider."""
    person = await account_of(request, services)
    address = await take(request, services.logins)
    chosen = _provider(provider, services)
    cookie = request.cookies.get(COOKIE, "")
    handshake = services.handshakes.read(cookie, chosen.id, data.state, "link", person.id)
    identity = await _identify(chosen, handshake, data, address, services)
    await identities.link(services.database, person.id, identity, address)
    answer = Response(await accounts.read(services.database, person.id), headers=NO_STORE)
    answer.delete_cookie(COOKIE, path=_path(chosen))
    return answer


@delete(
    "/api/v1/account/identities/{provider:str}",
    status_code=HTTP_204_NO_CONTENT,
    security=by(),
    responses=errors("no_account", "not_found", "too_many", conflicts=["last_way_in"]),
)
async def unlink(request: AnyRequest, provider: FromPath[str], services: Provided) -> None:
    """Log in by this no more. The last way to log in stays."""
    person = await account_of(request, services)
    address = await take(request, services.logins)
    await identities.unlink(services.database, person.id, provider, address)


def _provider(id_: str, services: Services) -> Provider:
    found = services.providers.find(id_)
    if found is None:
        raise ProblemError(404, "One cannot log in with this here.")
    return found


def _redirect(request: AnyRequest, provider: Provider, services: Services) -> str:
    """What the operator registers there."""
    return f"{base(request, services)}/login/{provider.id}"


def _path(provider: Provider) -> str:
    return f"/api/v1/login/{provider.id}"


async def _send(
    request: AnyRequest, provider: Provider, handshake: Handshake, services: Services
) -> Response[Destination]:
    try:
        async with asyncio.timeout(WHOLE_S):
            url = await provider.address(handshake)
    except (OutgoingError, TimeoutError) as error:
        raise _away(provider, error) from None
    cookie = Cookie(
        key=COOKIE,
        value=services.handshakes.seal(handshake),
        max_age=GOOD_S,
        path=_path(provider),
        secure=handshake.redirect.startswith("https:"),
        httponly=True,
        # It comes back with what our own page asks for, not with the provider's redirect.
        samesite="strict",
    )
    return Response(Destination(url), cookies=[cookie], headers=NO_STORE)


async def _identify(
    provider: Provider, handshake: Handshake, data: Arrival, address: str, services: Services
) -> Identity:
    try:
        async with asyncio.timeout(WHOLE_S):
            return await provider.identify(handshake, data.code, data.issuer)
    except (OutgoingError, TimeoutError) as error:
        raise _away(provider, error) from None
    except ProviderError as error:
        logger.warning("somebody is not logged in by %s: %s", provider.id, error.reason)
        await identities.refuse(services.database, provider.id, error.reason, address)
        raise


def _away(provider: Provider, error: Exception) -> ProblemError:
    logger.warning("logging in by %s: %s", provider.id, error or "no answer in time")
    message = f"{provider.name} does not answer as it should just now."
    return ProblemError(503, message, "provider_unavailable", AWAY_S)


HANDLERS = [
    list_providers,
    begin_login,
    finish_login,
    begin_link,
    finish_link,
    unlink,
]

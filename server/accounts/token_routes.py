"""`POST /api/v1/token`: OAuth2's password and refresh grants (RFC 6749), and new accounts.

Errors of the token endpoint are the RFC's own, and a problem document at once.
"""

from typing import Annotated, Any

from litestar import MediaType, Request, Response, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import ValidationException
from litestar.params import Body, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED
from msgspec import UNSET, Meta, Struct, UnsetType

from server.accounts import accounts, logins
from server.accounts import changes as account_changes
from server.accounts.logins import LoggedIn, LoginError
from server.auth import ACCESS_S
from server.limits.limiter import Limit
from server.protocol import Name
from server.reference.described import by, errors, problems_spec
from server.services import Provided, Services
from server.web import peers
from server.web.admission import caller, limit, share
from server.web.problems import Problem, reasons

AnyRequest = Request[Any, Any, Any]
GRANT_ERRORS = ("invalid_grant", "invalid_request", "unsupported_grant_type")
NO_STORE = {"Cache-Control": "no-store"}
Field = Annotated[str, Meta(max_length=1024)]
Username = Annotated[str, Meta(pattern=rf"^{accounts.USERNAME.pattern}\Z")]
Password = Annotated[str, Meta(max_length=1024)]


class Grant(Struct, frozen=True):
    """grant_type: `password`, with `username` and `password`, or `refresh_token`, with one."""

    grant_type: Field = ""
    username: Field = ""
    password: Field = ""
    refresh_token: Field = ""


class Granted(Struct, frozen=True):
    """expires_in: seconds that the access token is good for; refresh_token: good once."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str
    person: str
    name: str


class GrantProblem(Problem, frozen=True, omit_defaults=True, kw_only=True):
    """A problem, in the words of OAuth2 as well."""

    error: str
    error_description: str


class NewAccount(Struct, frozen=True):
    """name: as others see it; absent, it is the guest's, or else the username."""

    username: Username
    password: Password
    name: Name | UnsetType = UNSET


class GrantError(Exception):
    """A grant is refused. error: OAuth2's word for it."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


def _grant_problem(_: AnyRequest, error: GrantError) -> Response[GrantProblem]:
    problem = GrantProblem(
        title="Not granted",
        status=400,
        detail=str(error),
        code=error.error,
        error=error.error,
        error_description=str(error),
    )
    # RFC 6749 names this type, whatever a client makes of others.
    return Response(problem, status_code=400, media_type=MediaType.JSON, headers=NO_STORE)


def _malformed_grant(request: AnyRequest, error: ValidationException) -> Response[GrantProblem]:
    return _grant_problem(request, GrantError("invalid_request", reasons(error)))


@post(
    "/api/v1/token",
    status_code=HTTP_200_OK,
    exception_handlers={GrantError: _grant_problem, ValidationException: _malformed_grant},
    responses=errors("too_many")
    | {400: problems_spec(400, GRANT_ERRORS, GrantProblem, MediaType.JSON)},
)
async def create_token(
    request: AnyRequest,
    data: Annotated[Grant, Body(media_type=RequestEncodingType.URL_ENCODED)],
    services: Provided,
) -> Response[Granted]:
    """Log in by a password, or go on by a refresh token."""
    address = await take(request, services.logins)
    match data.grant_type:
        case "password":
            name = data.username.lower()
            message = "Too many attempts to log in to this account."
            await limit(request, services.attempts, name, message)
            found = await accounts.log_in(
                services.database,
                services.passwords,
                name,
                data.password,
                address,
                agent(request),
            )
            if found is None:
                raise GrantError("invalid_grant", "This username and password are not right.")
        case "refresh_token":
            try:
                found = await logins.refresh(services.database, data.refresh_token, address)
            except LoginError as error:
                raise GrantError("invalid_grant", str(error)) from None
        case "":
            raise GrantError("invalid_request", "Send a grant_type.")
        case _:
            message = "The grants here are password and refresh_token."
            raise GrantError("unsupported_grant_type", message)
    return granted(found, services)


@post(
    "/api/v1/accounts",
    status_code=HTTP_201_CREATED,
    security=by(anybody=True),
    responses=errors("weak_password", "username_taken", "has_account", "too_many"),
)
async def create_account(
    request: AnyRequest, data: JSONBody[NewAccount], services: Provided
) -> Response[Granted]:
    """A new account, logged in. With a guest's token it becomes theirs: their sessions too."""
    address = await take(request, services.logins)
    guest = None
    if "authorization" in request.headers:
        guest = await caller(request, services)
        if not guest.is_guest:
            raise accounts.AccountError("has_account", "You have an account already.")
    name = data.name if data.name is not UNSET else guest.name if guest else data.username
    found = await accounts.create(
        services.database,
        services.passwords,
        guest,
        data.username,
        data.password,
        name,
        address,
        agent(request),
    )
    if guest is not None and guest.name != name:
        await share(
            await account_changes.rename(services.database, found.person, name, address), services
        )
    return granted(found, services, HTTP_201_CREATED)


async def take(request: AnyRequest, limits: Limit) -> str:
    """Count a request of its address, which it answers. Raises ProblemError for one too many."""
    await limit(request, limits)
    return peers.address(request.scope)


def agent(request: AnyRequest) -> str:
    """What sent it, in its own words."""
    return "".join(filter(str.isprintable, request.headers.get("user-agent", "")))


def granted(found: LoggedIn, services: Services, status: int = HTTP_200_OK) -> Response[Granted]:
    """The first access token of a login."""
    person = services.tokens.account(found.person, found.name, found.login)
    answer = Granted(
        access_token=services.tokens.sign(person),
        token_type="Bearer",  # noqa: S106
        expires_in=ACCESS_S,
        refresh_token=found.refresh_token,
        person=found.person,
        name=found.name,
    )
    return Response(answer, status_code=status, headers=NO_STORE)

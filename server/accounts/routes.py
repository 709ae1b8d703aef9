"""One's own account by REST: name, password, logins, keys, export, deletion; and what admins do.

An API key is good for none of this.
"""

from typing import Annotated, Any

from litestar import MediaType, Request, delete, get, patch, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, Parameter
from litestar.response import Stream
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT
from msgspec import UNSET, Meta, Struct, UnsetType

from server.accounts import accounts, audit, keys, leaving, logins, taking_over
from server.accounts import changes as account_changes
from server.accounts.accounts import Account, ServiceRole
from server.accounts.keys import Key, MadeKey, NewKey
from server.accounts.logins import Login
from server.accounts.token_routes import Password, Username, take
from server.auth import NotAuthenticatedError, Person
from server.protocol import Name
from server.reference.described import by, errors
from server.services import Provided, Services
from server.web import peers
from server.web.admission import caller, limit, limit_saves, share
from server.web.problems import ProblemError

AnyRequest = Request[Any, Any, Any]
NOTED_AT_ONCE = 100


class NewName(Struct, frozen=True):
    """name: as others see it."""

    name: Name


class NewPassword(Struct, frozen=True):
    """password: the one until now; username: to go with the first one."""

    new: Password
    password: Password = ""
    username: Username | UnsetType = UNSET


class Deletion(Struct, frozen=True):
    """password: where one has one; who has none must have logged in less than ten minutes ago."""

    password: Password = ""


class FormerGuest(Struct, frozen=True):
    """token: the guest's, which proves that one was them."""

    token: Annotated[str, Meta(max_length=4096)]


class TakenOver(Struct, frozen=True):
    """How many there were."""

    sessions: int
    builds: int


class NewServiceRole(Struct, frozen=True):
    """role: in the service, not in a session."""

    role: ServiceRole


@get(
    "/api/v1/account",
    security=by("read"),
    responses=errors("no_account"),
)
async def read_account(request: AnyRequest, services: Provided) -> Account:
    """Who one is."""
    return await accounts.read(services.database, (await caller(request, services, "read")).id)


@patch(
    "/api/v1/account",
    security=by(),
    responses=errors("no_account", "too_many"),
)
async def rename_account(
    request: AnyRequest, data: JSONBody[NewName], services: Provided
) -> Account:
    """Be called something else; those in one's sessions see it at once."""
    person = await account_of(request, services)
    await limit_saves(request, person, services)
    address = _address(request)
    await share(
        await account_changes.rename(services.database, person.id, data.name, address), services
    )
    return await accounts.read(services.database, person.id)


@put(
    "/api/v1/account/password",
    status_code=HTTP_204_NO_CONTENT,
    security=by(),
    responses=errors(
        "weak_password",
        "username_missing",
        "no_account",
        "wrong_password",
        "log_in_again",
        "too_many",
        conflicts=["username_taken"],
    ),
)
async def change_password(
    request: AnyRequest, data: JSONBody[NewPassword], services: Provided
) -> None:
    """Another password, or the first one; all other logins end."""
    person = await account_of(request, services)
    address = await attempt(request, person, services)
    await account_changes.change_password(
        services.database,
        services.passwords,
        person,
        data.password,
        data.new,
        address,
        "" if data.username is UNSET else data.username,
    )


@get(
    "/api/v1/account/logins",
    security=by(),
    responses=errors("no_account"),
)
async def list_logins(request: AnyRequest, services: Provided) -> tuple[Login, ...]:
    """Where one is logged in."""
    person = await account_of(request, services)
    return await logins.of(services.database, person.id, person.login)


@delete(
    "/api/v1/account/logins/{login:str}",
    status_code=HTTP_204_NO_CONTENT,
    security=by(),
    responses=errors("no_account", "not_found"),
)
async def log_out(request: AnyRequest, login: FromPath[str], services: Provided) -> None:
    """Log out one of one's logins: `current` is this one."""
    person = await account_of(request, services)
    chosen = person.login if login == "current" else login
    if not await logins.end(services.database, person.id, chosen, _address(request)):
        raise ProblemError(404, "You have no such login.")


@delete(
    "/api/v1/account/logins",
    status_code=HTTP_204_NO_CONTENT,
    security=by(),
    responses=errors("no_account"),
)
async def log_out_everywhere(request: AnyRequest, services: Provided) -> None:
    """All of one's logins end, this one too. Keys stay: they are revoked one by one."""
    person = await account_of(request, services)
    async with services.database.writing() as sql:
        await logins.end_all(sql, person.id)
        audit.note(sql, "logout", _address(request), person.id, person.id, "everywhere")


@get(
    "/api/v1/account/keys",
    security=by(),
    responses=errors("no_account"),
)
async def list_keys(request: AnyRequest, services: Provided) -> tuple[Key, ...]:
    """One's keys, and about when they were used last."""
    return await keys.of(services.database, (await account_of(request, services)).id)


@post(
    "/api/v1/account/keys",
    status_code=HTTP_201_CREATED,
    security=by(),
    responses=errors("no_account", "too_many_keys", "too_many"),
)
async def create_key(request: AnyRequest, data: JSONBody[NewKey], services: Provided) -> MadeKey:
    """A key for a program of one's own. Its token is told only here."""
    person = await account_of(request, services)
    await limit_saves(request, person, services)
    return await keys.create(services.database, person.id, data, _address(request))


@delete(
    "/api/v1/account/keys/{key:str}",
    status_code=HTTP_204_NO_CONTENT,
    security=by(),
    responses=errors("no_account", "not_found"),
)
async def revoke_key(request: AnyRequest, key: FromPath[str], services: Provided) -> None:
    """The key is good for nothing from now on; its live connections end within seconds."""
    person = await account_of(request, services)
    await keys.revoke(services.database, person.id, key, _address(request))


@post(
    "/api/v1/account/guests",
    status_code=HTTP_200_OK,
    security=by(),
    responses=errors("no_guest", "no_account", "too_many"),
)
async def take_over_guest(
    request: AnyRequest, data: JSONBody[FormerGuest], services: Provided
) -> TakenOver:
    """Take over what one did as a guest before one logged in: sessions, builds, favourites.

    The account is in the guest's sessions instead of the guest, as what is better of both. What
    the guest changed there stays the guest's in the history, and for `undo`.
    """
    person = await account_of(request, services)
    await limit_saves(request, person, services)
    try:
        guest = await services.callers.read(data.token)
    except NotAuthenticatedError as error:
        raise ProblemError(400, str(error), "no_guest") from None
    if not guest.is_guest:
        raise ProblemError(400, "This is no guest's token.", "no_guest")
    taken = await taking_over.take_over(services.database, person.id, guest.id, _address(request))
    await share(taken.rights, services)
    return TakenOver(len(taken.rights), taken.builds)


@get(
    "/api/v1/account/export",
    security=by(),
    responses={
        200: ResponseSpec(leaving.Export, generate_examples=False),
        **errors("no_account", "too_many"),
    },
)
async def export_account(request: AnyRequest, services: Provided) -> Stream:
    """All that there is of oneself, as JSON."""
    person = await account_of(request, services)
    # It is the largest answer that there is, and nobody needs it often.
    told = "You ask for all of it too often."
    await limit(request, services.attempts, f"export {person.id}", told)
    parts = await leaving.export(services.database, person.id, person.login)
    return Stream(parts, media_type=MediaType.JSON)


@post(
    "/api/v1/account/deletion",
    status_code=HTTP_204_NO_CONTENT,
    security=by(),
    responses=errors("no_account", "wrong_password", "log_in_again", "too_many"),
)
async def delete_account(request: AnyRequest, data: JSONBody[Deletion], services: Provided) -> None:
    """Delete the account with its data, for good.

    Sessions of one's own go to the editor who has been there longest, and end where there is none.
    """
    person = await account_of(request, services)
    address = await attempt(request, person, services)
    await account_changes.prove(services.database, services.passwords, person, data.password)
    await share(await leaving.leave(services.database, person.id, address), services)


@put(
    "/api/v1/users/{person:str}/role",
    status_code=HTTP_204_NO_CONTENT,
    security=by(),
    responses=errors("no_account", "not_allowed", "not_found"),
)
async def give_role(
    request: AnyRequest, person: FromPath[str], data: JSONBody[NewServiceRole], services: Provided
) -> None:
    """An admin gives somebody a role in the service."""
    admin = await _admin(request, services)
    await account_changes.give_role(
        services.database, person, data.role, admin.id, _address(request)
    )


@get(
    "/api/v1/audit",
    status_code=HTTP_200_OK,
    security=by(),
    responses=errors("no_account", "not_allowed"),
)
async def read_audit(
    request: AnyRequest,
    services: Provided,
    before: Annotated[int | None, Parameter(ge=1, le=2**53)] = None,
    limit: Annotated[int, Parameter(ge=1, le=NOTED_AT_ONCE)] = NOTED_AT_ONCE,
    person: Annotated[str, Parameter(max_length=32, pattern=r"^\w*$")] = "",
    event: Annotated[str, Parameter(max_length=32, pattern=r"^\w*$")] = "",
    by: Annotated[str, Parameter(max_length=32, pattern=r"^\w*$")] = "",
) -> tuple[audit.Noted, ...]:
    """What was done to accounts, rights and sessions, newest first, for an admin.

    The next page is `before` the last number. person: whom it is about; by: who did it.
    """
    await _admin(request, services)
    return await audit.recall(services.database, before, limit, person, event, by)


async def account_of(request: AnyRequest, services: Services) -> Person:
    """Who asks, if it is an account, and no key of one. Raises ProblemError."""
    person = await caller(request, services)
    if person.is_guest:
        raise ProblemError(403, "You are here as a guest: make an account first.", "no_account")
    return person


async def _admin(request: AnyRequest, services: Services) -> Person:
    person = await account_of(request, services)
    if (await accounts.read(services.database, person.id)).role != "admin":
        raise ProblemError(403, "Only an admin may do this.")
    return person


async def attempt(request: AnyRequest, person: Person, services: Services) -> str:
    """Count a password that is tried; the address. Raises ProblemError for one too many."""
    await limit(request, services.attempts, person.id, "Too many attempts.")
    return await take(request, services.logins)


def _address(request: AnyRequest) -> str:
    return peers.address(request.scope)


HANDLERS = [
    read_account,
    rename_account,
    change_password,
    list_logins,
    log_out,
    log_out_everywhere,
    list_keys,
    create_key,
    revoke_key,
    take_over_guest,
    export_account,
    delete_account,
    give_role,
    read_audit,
]

"""The REST interface around sessions: guests, new sessions, invitations, the snapshot."""

from contextlib import suppress
from typing import Annotated, Any

import msgspec
from litestar import Request, delete, get, post
from litestar.params import FromPath, JSONBody, Parameter
from litestar.status_codes import HTTP_201_CREATED, HTTP_204_NO_CONTENT
from msgspec import UNSET, Meta, Struct, UnsetType

from calc import build as builds
from calc import mbd, operations
from calc.build import Build, GameId, Title
from calc.canonical import canonical
from calc.operations import SetArchetype
from calc.rules import Finding
from server.auth import Person
from server.live import chat
from server.log.logged import Stored
from server.members import access
from server.protocol import NEWEST, Name, Role
from server.redis.calls import FullError, UnreachableError
from server.reference.described import by, errors
from server.server_messages import Said, Snapshot
from server.services import Provided, Services
from server.web import peers
from server.web.admission import caller, limit, limit_saves, share
from server.web.problems import ProblemError

AnyRequest = Request[Any, Any, Any]
MAX_USES = 10_000
SAID_AT_ONCE = 50
YEAR_S = 365 * 24 * 3600


class NewGuest(Struct, frozen=True):
    """name: as others see it."""

    name: Name


class Guest(Struct, frozen=True):
    """expires_at: milliseconds since 1970."""

    token: str
    expires_at: int
    person: str


class NewSession(Struct, frozen=True):
    """A build document, or a build file's text, or neither for an empty build."""

    title: Title | UnsetType = UNSET
    archetype: GameId | UnsetType = UNSET
    build: Build | UnsetType = UNSET
    file: str | UnsetType = UNSET


class CreatedSession(Struct, frozen=True, omit_defaults=True):
    """`import` lists what of the file could not be taken over as it stands."""

    id: str
    url: str
    role: Role
    revision: int
    findings: tuple[Finding, ...]
    imported: tuple[mbd.Problem, ...] | UnsetType = msgspec.field(name="import", default=UNSET)


class NewInvitation(Struct, frozen=True):
    """expires_in: seconds; uses: by how many persons."""

    role: Role
    expires_in: Annotated[int, Meta(ge=1, le=YEAR_S)] | UnsetType = UNSET
    uses: Annotated[int, Meta(ge=1, le=MAX_USES)] | UnsetType = UNSET


class Invitation(Struct, frozen=True):
    """The secret is told only here; in `url` it is the fragment, which no server sees."""

    id: str
    secret: str
    url: str


class Seen(Snapshot, frozen=True, tag="snapshot", omit_defaults=True):
    """A `snapshot`. used_up: the invitation that it was asked for with makes nobody a member any
    more."""

    used_up: bool = False


@post(
    "/api/v1/guests",
    status_code=HTTP_201_CREATED,
    responses=errors("too_many"),
)
async def create_guest(request: AnyRequest, data: JSONBody[NewGuest], services: Provided) -> Guest:
    """Somebody new, without an account."""
    await limit(request, services.guests)
    person = services.tokens.guest(data.name)
    token = services.tokens.sign(person)
    return Guest(token, int(person.expires_at * 1000), person.id)


@post(
    "/api/v1/sessions",
    status_code=HTTP_201_CREATED,
    security=by("edit"),
    responses=errors("file_unreadable", "unknown_archetype", "too_many"),
)
async def create_session(
    request: AnyRequest, data: JSONBody[NewSession], services: Provided
) -> CreatedSession:
    """A new session, of which the caller is the owner."""
    person = await caller(request, services, "edit")
    await limit(request, services.sessions)
    build, imported = first_build(data, services)
    return await begin(request, services, person, build, imported)


async def begin(
    request: AnyRequest,
    services: Services,
    owner: Person,
    build: Build,
    imported: tuple[mbd.Problem, ...] | UnsetType = UNSET,
) -> CreatedSession:
    """A new session that starts with a build; it is there when it is in SQL."""
    engine = services.engine
    result = engine.result(build)
    stored = Stored(access.new_id(6), 0, "", build, result.totals, result.findings)
    session, rights = await access.create_session(
        services.database, owner.id, owner.name, stored, engine.name, engine.catalogue.release
    )
    with suppress(UnreachableError, FullError):  # who comes has SQL give it to Redis
        await services.log.open(session, stored, engine.name, rights)
    return CreatedSession(
        id=session,
        url=f"{base(request, services)}/s/{session}",
        role="owner",
        revision=0,
        findings=result.findings,
        imported=imported,
    )


@post(
    "/api/v1/sessions/{session_id:str}/invitations",
    status_code=HTTP_201_CREATED,
    security=by("edit"),
    responses=errors("not_allowed", "no_session", "too_many"),
)
async def create_invitation(
    request: AnyRequest,
    session_id: FromPath[str],
    data: JSONBody[NewInvitation],
    services: Provided,
) -> Invitation:
    """A link that gives a role."""
    person = await caller(request, services, "edit")
    await limit_saves(request, person, services)
    invitation, secret = await access.invite(
        services.database,
        session_id,
        person.id,
        data.role,
        None if data.expires_in is UNSET else data.expires_in,
        None if data.uses is UNSET else data.uses,
        peers.address(request.scope),
    )
    url = f"{base(request, services)}/s/{session_id}#{secret}"
    return Invitation(invitation, secret, url)


@delete(
    "/api/v1/sessions/{session_id:str}/invitations/{invitation_id:str}",
    status_code=HTTP_204_NO_CONTENT,
    security=by("edit"),
    responses=errors("not_allowed", "no_session", "not_found"),
)
async def revoke_invitation(
    request: AnyRequest, session_id: FromPath[str], invitation_id: FromPath[str], services: Provided
) -> None:
    """Nobody can come by this link any more, and who came by it goes."""
    person = await caller(request, services, "edit")
    address = peers.address(request.scope)
    rights = await access.revoke(services.database, session_id, person.id, invitation_id, address)
    await share({session_id: rights}, services)


@get(
    "/api/v1/sessions/{session_id:str}",
    security=by("read", invitation=True),
    responses=errors("not_allowed", "no_session"),
)
async def read_session(request: AnyRequest, session_id: FromPath[str], services: Provided) -> Seen:
    """The snapshot, for a member or for who holds an invitation."""
    secret = request.headers.get("invitation")
    person = None if secret else await caller(request, services, "read")
    role, used_up = None, False
    if secret:
        invitation = await access.invitation_for(services.database, session_id, secret)
        role, used_up = invitation.role, access.is_used_up(invitation)
    async with services.hub.live(session_id) as live:
        await live.refresh()  # what is committed is seen, whichever worker was asked
        if person is not None:
            if person.id not in live.state.access.members:
                raise ProblemError(403, "You may not be in this session.")
            role = live.state.access.members[person.id].role
        snapshot = live.snapshot(watches=role == "viewer")
        return Seen(**msgspec.structs.asdict(snapshot), used_up=used_up)


@get(
    "/api/v1/sessions/{session_id:str}/said",
    security=by("read"),
    responses=errors("not_allowed", "no_session"),
)
async def read_said(
    request: AnyRequest,
    session_id: FromPath[str],
    services: Provided,
    before: Annotated[int | None, Parameter(ge=1, le=NEWEST)] = None,
    after: Annotated[int, Parameter(ge=0, le=NEWEST)] = 0,
    limit: Annotated[int, Parameter(ge=1, le=SAID_AT_ONCE)] = SAID_AT_ONCE,
) -> tuple[Said, ...]:
    """The newest that people said (after one number, before another), in its order."""
    person = await caller(request, services, "read")
    return await chat.recall(services.database, session_id, person.id, before, after, limit)


def base(request: AnyRequest, services: Services) -> str:
    """What links begin with."""
    return services.settings.public_url or str(request.base_url).rstrip("/")


def first_build(
    data: NewSession, services: Services
) -> tuple[Build, tuple[mbd.Problem, ...] | UnsetType]:
    """The build to begin with, and what of a file is not in it. Raises ProblemError."""
    if data.build is not UNSET and data.file is not UNSET:
        raise ProblemError(400, "Send a build or a file, not both.")
    problems: tuple[mbd.Problem, ...] | UnsetType = UNSET
    if data.file is not UNSET:
        try:
            imported = mbd.read(data.file, services.engine.catalogue)
        except mbd.BuildFileError as error:
            raise ProblemError(400, str(error), "file_unreadable") from None
        build, problems = imported.build, imported.problems
    elif data.build is not UNSET:
        build = canonical(data.build, services.engine.catalogue)
    else:
        build = builds.empty()
    if data.title is not UNSET:
        build = msgspec.structs.replace(build, title=data.title)
    if data.archetype is not UNSET:
        outcome = services.engine.apply(build, SetArchetype(data.archetype))
        if isinstance(outcome, operations.Refused):
            raise ProblemError(400, outcome.message, outcome.code)
        build = outcome.build
    return build, problems

"""Who asks, and who is let into a live session, by socket or without one."""

from collections.abc import Mapping
from typing import Any

from litestar import Request

from server.auth import Person, Scope, bearer
from server.limits.buckets import Standing
from server.limits.limiter import Limit, Purses
from server.live.session import LiveSession
from server.logic.rights import Access, may_edit
from server.members import access, sharing
from server.members.access import AccessError, Joining
from server.protocol import Close, Closing
from server.services import Services
from server.sockets.connection import Connection
from server.telemetry import logs
from server.web import peers
from server.web.headers import standings
from server.web.problems import ProblemError

TOO_OFTEN_S = 30.0  # until who has a session open too often may try again


async def caller(
    request: Request[Any, Any, Any], services: Services, needs: Scope = "all"
) -> Person:
    """Who sent the request, by its `Authorization`. Raises NotAuthenticatedError or ProblemError.

    needs: what an API key must be good for; "all" is nothing for any key.
    """
    person = await services.callers.read(bearer(request.headers.get("authorization")))
    if not person.may(needs):
        message = f"A key for {person.scope!r} may not do this."
        raise ProblemError(403, message, "insufficient_scope")
    logs.bind(person=person.id)
    return person


async def limit(
    request: Request[Any, Any, Any],
    limits: Limit | Purses,
    peer: str | None = None,
    told: str = "Too many come from your address.",
) -> None:
    """Count a request. Raises ProblemError for one too many.

    peer: of whom it is one; of its address unless told.
    """
    who = peers.network(request.scope) if peer is None else peer
    check(request, await limits.take(who), told)


async def limit_saves(request: Request[Any, Any, Any], person: Person, services: Services) -> None:
    """Count something that is kept for good. Raises ProblemError for one too many."""
    await limit(request, services.saves, person.id, "You save too often.")
    await limit(request, services.saves_of_address, told="Too much is saved from your address.")


def check(request: Request[Any, Any, Any], standing: Standing, told: str) -> None:
    """Have the answer say how the asker stands. Raises ProblemError for one too many."""
    standings(request.scope).append(standing)
    if standing.wait:
        raise ProblemError(429, told, retry_after=round(standing.wait, 3))


async def share(rights: Mapping[str, Access], services: Services) -> None:
    """Bind commits of these sessions to their new access; workers hear of it."""
    for session, changed in rights.items():
        await sharing.share(services.database, services.log, session, changed)


async def admit(live: LiveSession, person: str, name: str, secret: str, services: Services) -> None:
    """Let a member be, and who has an invitation's secret become one.

    Raises AccessError when the invitation is not good, and they are no member without it.
    """
    known = live.state.access
    if person in known.members and (not secret or may_edit(known, person)):
        return
    if secret:
        try:
            await services.joins.join(live, Joining(secret, person, name))
        except AccessError:
            if person not in known.members:
                raise
    if person not in live.state.access.members:
        # They may be a member in SQL of whom Redis was not told: a worker died in between, or
        # another one gave Redis what SQL had before.
        changed = await access.access_of(services.database, live.id)
        if changed.version > known.version:
            await share({live.id: changed}, services)
            await live.refresh()


def check_member(live: LiveSession, person: Person) -> None:
    """Raises ProblemError for who may not be in the session."""
    if person.id not in live.state.access.members:
        raise ProblemError(403, "You may not be in this session.")


def check_sockets(live: LiveSession, connection: Connection, services: Services) -> None:
    """Raises Closing for who has the session open too often: others need places, too."""
    if live.audience.sockets_beside(connection) >= services.settings.sockets_per_person:
        told = "You have this session open too often: close other windows or programs."
        raise Closing(Close.TOO_MANY, told, TOO_OFTEN_S)

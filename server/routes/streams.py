"""Live totals without a WebSocket: one GET that goes on as Server-Sent Events.

A stream is a connection like any other: it counts, follows at the viewers' rate, is closed when
its right ends, and is moved to the newest state when it does not read.
"""

from typing import Annotated, Any, get_args

from litestar import Request, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, QueryParameter
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import UNSET, Meta

from calc.stats import STATS
from server.auth import Person
from server.live.session import LiveSession
from server.members import access
from server.protocol import Close, Closing, Stats
from server.reference.described import by, errors
from server.services import Provided, Services
from server.sockets.connection import Connection
from server.sockets.events import HEADERS, EventProtocol, stream_of
from server.sockets.views import Wanted
from server.web.admission import admit, caller, check_member, check_sockets, share
from server.web.head import is_head
from server.web.problems import ProblemError

AnyRequest = Request[Any, Any, Any]
MOST = next(each.max_length or 0 for each in get_args(Stats) if isinstance(each, Meta))
_KEYS = frozenset(stat.key for stat in STATS)
_STATUS = {Close.TRY_AGAIN: 503, Close.TOO_MANY: 429}


@get(
    "/api/v1/sessions/{session_id:str}/totals/stream",
    security=by("overlay", invitation=True),
    responses={
        200: ResponseSpec(
            str,
            generate_examples=False,
            media_type="text/event-stream",
            description="Events `totals`, and `goodbye` before the server ends it.",
        ),
        **errors("not_allowed", "no_session", "too_many_members", "too_many"),
    },
)
async def stream_totals(
    request: AnyRequest,
    session_id: FromPath[str],
    services: Provided,
    stats: Annotated[
        str,
        QueryParameter(
            description=f"Keys of stats, {MOST} at most, separated by commas; all unless given."
        ),
    ] = "",
    secret: Annotated[str, HeaderParameter(name="Invitation")] = "",
    known: Annotated[str, HeaderParameter(name="Last-Event-ID")] = "",
) -> ASGIApp:
    """Totals as they change, for a member or for who holds an invitation (header `Invitation`).

    Each event `totals` has a message as the live protocol's as its data: the first one all that
    are wanted, each later one those that changed. With the `Last-Event-ID` of the newest nothing
    comes until something changes; with an older one all of them, as they are now.

    `goodbye` says why the server ends it: its data has a `code` like the closes of a live socket
    and a `reason`. Comments keep the line open. Who comes back after `retry` milliseconds sends
    the last `id`.

    In a browser, `fetch` it and read the body's stream (`response.body`): `EventSource` sends no
    headers, and the right to read travels only in them. Another origin's page has to be among
    `COHORT_ORIGINS`.

    A person's streams and sockets are counted together: `too_many` says that they have the session
    open too often. Streams by an invitation are many persons': only the viewers' places bound them.
    """
    wanted = Wanted(views=("totals",), stats=_chosen(stats))
    person = None
    if not secret:
        person = await caller(request, services, "overlay")
    protocol = stream_of(request.scope.get("extensions"))

    async def stream(_: Scope, __: Receive, send: Send) -> None:
        async with services.hub.live(session_id) as live:
            watcher = await _watcher(live, person, secret, services)
            if is_head(request.scope):
                check_member(live, watcher)
                await _answer(send)
                return
            if not protocol.can_stream:
                raise ProblemError(400, "On its line nothing is asked after a stream.")
            connection = _enter(
                live, watcher, protocol, wanted, known, services, one_person=person is not None
            )
            if person is not None:
                services.callers.follow(connection, person)
        try:
            await _answer(send)
            protocol.begin(services.settings.heartbeat_s)
            await protocol.until_over()
        finally:
            live.leave(connection)

    return stream


async def _answer(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b"retry: 1000\n\n", "more_body": True})


def _chosen(stats: str) -> tuple[str, ...]:
    """Raises ProblemError."""
    chosen = tuple(filter(None, stats.split(",")))
    if len(chosen) > MOST:
        told = f"{len(chosen)} are asked for, {MOST} at most can be; without `stats` all are sent."
        raise ProblemError(400, f"stats: {told}")
    for key in chosen:
        if key not in _KEYS:
            raise ProblemError(400, f"stats: there is no stat {key[:100]!r}; see /api/v1/stats.")
    return chosen


async def _watcher(
    live: LiveSession, person: Person | None, secret: str, services: Services
) -> Person:
    """Who looks on; None: whom the invitation makes one. Raises AccessError."""
    if person is None:
        return await _by_invitation(live, secret, services)
    await admit(live, person.id, person.name, "", services)
    return person


async def _by_invitation(live: LiveSession, secret: str, services: Services) -> Person:
    """Whom a stream counts as that only an invitation lets in. Raises AccessError."""
    watcher, rights = await access.watch(
        services.database, live.id, secret, services.settings.members
    )
    if watcher.id not in live.state.access.members:
        await share({live.id: rights}, services)
        await live.refresh()
    return watcher


def _enter(
    live: LiveSession,
    person: Person,
    protocol: EventProtocol,
    wanted: Wanted,
    known: str,
    services: Services,
    *,
    one_person: bool,
) -> Connection:
    """Count the stream in. Raises ProblemError when it has no right, or there is no place.

    one_person: not all who come by an invitation.
    """
    check_member(live, person)
    protocol.stream(lambda: live.state.epoch, known)
    connection = Connection(
        protocol,
        services.settings,
        person.id,
        "",
        person.expires_at,
        wanted,
        measures=services.measures,
    )
    try:
        if one_person:
            check_sockets(live, connection, services)
        live.enter(connection, None, UNSET)
    except Closing as closing:
        protocol.outlet = None
        status = _STATUS.get(closing.code, 403)
        retry_after = closing.retry_after or UNSET
        raise ProblemError(status, closing.reason, retry_after=retry_after) from None
    return connection

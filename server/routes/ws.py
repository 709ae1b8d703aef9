"""The live socket: the join, then frames in and messages handed on; its own close codes."""

import asyncio
import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from litestar import WebSocket, websocket
from litestar.connection.base import empty_receive, empty_send
from litestar.params import FromPath
from msgspec import UNSET, UnsetType

from server.auth import NotAuthenticatedError, Person, Scope
from server.client_messages import (
    ClientMessage,
    Decide,
    Edit,
    Explain,
    Focus,
    Inspect,
    Join,
    Ping,
    Preview,
    Propose,
    Redo,
    Renew,
    Say,
    Undo,
    Want,
    decode,
)
from server.live.follower import EngineMovedError, NoSessionError
from server.live.session import LiveSession
from server.log.logged import BrokenError
from server.members.access import AccessError
from server.orm import DatabaseAwayError
from server.protocol import VERSION, Close, Closing, encode
from server.redis.calls import FullError, UnreachableError
from server.server_messages import Goodbye, Pong, Refused, Renewed
from server.services import Provided, Services
from server.settings import Settings
from server.sockets import views
from server.sockets.connection import Connection
from server.sockets.transport import EXTENSION, LiveProtocol, text_frame
from server.sockets.views import EVERYTHING, Wanted
from server.telemetry import logs
from server.web import peers
from server.web.admission import admit, check_sockets
from server.web.gate import is_ours

logger = logging.getLogger(__name__)

Socket = WebSocket[Any, Any, Any]
OVERLAY = frozenset(["totals"])


@websocket("/api/v1/sessions/{session_id:str}/live")
async def live(socket: Socket, session_id: FromPath[str], services: Provided) -> None:
    """One person's live connection to a session."""
    extensions: dict[str, Any] = socket.scope["extensions"] or {}
    transport: LiveProtocol = extensions[EXTENSION]
    transport.closed = services.measures.closed
    logs.bind(session=session_id)
    offered = socket.scope["subprotocols"]
    await socket.accept(subprotocols=VERSION if VERSION in offered else None)
    try:
        _check_origin(socket, services.settings)
        standing = await services.requests.take(peers.network(socket.scope))
        if standing.wait:
            raise Closing(Close.TOO_MANY, "Too many come from your address.", standing.wait)
        if not session_id.isprintable():  # no database need be asked
            raise NoSessionError(session_id)
        await _live(socket, transport, session_id, services)
    except Closing as closing:
        if closing.retry_after:
            transport.write(text_frame(encode(Goodbye(closing.reason, closing.retry_after))))
        transport.close(closing.code, closing.reason)
    except EngineMovedError:
        transport.close(Close.RESTARTING, "The session is on another release.")
    except NoSessionError:
        transport.close(Close.NO_SESSION, "There is no such session.")
    except (UnreachableError, FullError, BrokenError, DatabaseAwayError):
        transport.close(Close.TRY_AGAIN, "The server cannot open the session just now.")
    except asyncio.CancelledError:  # the server stops, and waited long enough
        if not transport.is_gone:
            raise
    except Exception:
        logger.exception("session %s: a connection failed", session_id)
        transport.close(Close.TRY_AGAIN, "Something is wrong on the server.")
    finally:
        socket.receive, socket.send = empty_receive, empty_send  # these were rings


async def _live(
    socket: Socket, transport: LiveProtocol, session_id: str, services: Services
) -> None:
    entered = await _enter(socket, transport, session_id, services)
    if entered is None:
        return
    live, connection, scope = entered
    try:
        await transport.listen(partial(_received, transport, live, connection, scope, services))
    finally:
        live.leave(connection)


async def _enter(
    socket: Socket, transport: LiveProtocol, session_id: str, services: Services
) -> tuple[LiveSession, Connection, Scope] | None:
    """Let in who joins; None when they left before. Raises Closing."""
    frames = _frames(socket)
    try:
        async with asyncio.timeout(services.settings.join_timeout_s):
            join = await _first_message(frames, transport)
    except TimeoutError:
        raise Closing(Close.NO_JOIN, "No join came in time.") from None
    if join is None:
        return None
    person, token = await _person(join, socket, services)
    if transport.is_gone:
        return None
    logs.bind(person=person.id)
    connection = Connection(
        transport,
        services.settings,
        person.id,
        "" if join.client is UNSET else join.client,
        person.expires_at,
        _wanted(join, person.scope),
        partial(services.live.of, person.id, peers.network(socket.scope)),
        services.measures,
    )
    async with services.hub.live(session_id) as live:
        await _admit(live, person, join, services)
        check_sockets(live, connection, services)
        live.enter(connection, None if join.resume is UNSET else join.resume, token)
        services.callers.follow(connection, person)
    return live, connection, person.scope


def _received(
    transport: LiveProtocol,
    live: LiveSession,
    connection: Connection,
    scope: Scope,
    services: Services,
    frame: bytes,
) -> None:
    """A message of somebody who has joined, in the turn in which it came."""
    try:
        _handle(live, connection, scope, decode(frame), services)
    except Closing as closing:
        connection.close(closing.code, closing.reason, closing.retry_after)
    except Exception:
        logger.exception("session %s: a message could not be handled", live.id)
        transport.close(Close.TRY_AGAIN, "Something is wrong on the server.")


def _handle(
    live: LiveSession,
    connection: Connection,
    scope: Scope,
    message: ClientMessage | Refused,
    services: Services,
) -> None:
    refused = connection.over_limit(message) or _beyond(scope, message)
    if refused is not None:
        connection.answer(refused)
        return
    match message:
        case Edit() | Undo() | Redo():
            live.submit(connection, message)
        case Preview() | Explain() | Inspect():
            live.ask(connection, message)
        case Focus():
            live.focus(connection, message)
        case Say() | Propose() | Decide():
            services.desk.take(live, connection, message)
        case Renew():
            connection.answer(_renewed(connection, message, services))
        case Want():
            unknown = views.unknown_stat(message.stats, message.id)
            if unknown is None:
                live.want(connection, Wanted(message.views, message.stats))
            else:
                connection.answer(unknown)
        case Ping():
            connection.answer(Pong(message.id))
        case Join():
            told = "You have joined already."
            connection.answer(Refused("already_joined", told, id=message.id))
        case Refused():
            connection.answer(message)


def _renewed(connection: Connection, renew: Renew, services: Services) -> Renewed | Refused:
    """The connection stays for as long as the newer token is good."""
    try:
        person = services.tokens.read(renew.token)
    except NotAuthenticatedError as error:
        return Refused(error.code, str(error), id=renew.id)
    if person.id != connection.person:
        return Refused("not_allowed", "This token is another person's.", id=renew.id)
    if not services.callers.renew(connection, person):
        return Refused("not_authenticated", "Log in again.", id=renew.id)
    return Renewed(int(connection.expires_at * 1000), renew.id)


def _beyond(scope: Scope, message: ClientMessage | Refused) -> Refused | None:
    """What a key's scope does not let it say."""
    if scope == "all":
        return None
    edits, reads = scope in ("edit", "all"), scope != "overlay"
    refused = partial(Refused, "insufficient_scope", f"A key for {scope!r} may not do this.")
    match message:
        case Edit() | Undo() | Redo() | Propose() | Decide() | Say() | Focus() if not edits:
            return refused(id=message.id)
        case Preview() | Explain() | Inspect() if not reads:
            return refused(id=message.id)
        case Want() if not reads and not set(message.views) <= OVERLAY:
            return refused(id=message.id)
        case _:
            return None


def _wanted(join: Join, scope: Scope) -> Wanted:
    """What a joining client is sent. Raises Closing for more than its key shows."""
    views = EVERYTHING if join.views is UNSET else join.views
    if scope == "overlay":
        if join.views is not UNSET and not set(join.views) <= OVERLAY:
            raise Closing(Close.NOT_ALLOWED, "A key for an overlay shows totals only.")
        views = ("totals",)
    return Wanted(views, join.stats)


async def _frames(socket: Socket) -> AsyncIterator[bytes]:
    """A client's text frames until it is gone. Raises Closing for a binary one."""
    while True:
        message: Any = await socket.receive()
        if message["type"] != "websocket.receive":
            return
        if message.get("binary"):
            raise Closing(Close.MALFORMED, "Send text frames.")
        yield message["bytes"]


async def _first_message(frames: AsyncIterator[bytes], transport: LiveProtocol) -> Join | None:
    """The join; None when the client left before. A wrong one may be sent again."""
    async for frame in frames:
        message = decode(frame)
        if isinstance(message, Join):
            refused = views.unknown_stat(message.stats, message.id)
            if refused is None:
                return message
            message = refused
        if not isinstance(message, Refused):
            raise Closing(Close.MALFORMED, "The first message must be a join.")
        transport.write(text_frame(encode(message)))
    return None


async def _person(join: Join, socket: Socket, services: Services) -> tuple[Person, str | UnsetType]:
    """Who joins, and the token that they should keep from now on, if it is a new one."""
    tokens = services.tokens
    if join.token is not UNSET:
        try:
            person = await services.callers.read(join.token)
        except NotAuthenticatedError as error:
            banned = error.code == "banned"
            code = Close.NOT_ALLOWED if banned else Close.NOT_AUTHENTICATED
            raise Closing(code, str(error)) from None
        if not person.worn:
            return person, UNSET
        person = tokens.again(person)
        return person, tokens.sign(person)
    if join.invitation is UNSET or join.name is UNSET:
        raise Closing(Close.NOT_AUTHENTICATED, "Send a token, or an invitation and a name.")
    wait = (await services.guests.take(peers.network(socket.scope))).wait
    if wait:
        raise Closing(Close.TOO_MANY, "Too many new guests come from your address.", wait)
    person = tokens.guest(join.name)
    return person, tokens.sign(person)


async def _admit(live: LiveSession, person: Person, join: Join, services: Services) -> None:
    """Let a member in, and who has an invitation become one. Raises Closing."""
    secret = "" if join.invitation is UNSET or not person.may("edit") else join.invitation
    name = person.name if join.name is UNSET else join.name
    try:
        await admit(live, person.id, name, secret, services)
    except AccessError as error:
        code = Close.NO_SESSION if error.code == "no_session" else Close.NOT_ALLOWED
        raise Closing(code, str(error)) from None


def _check_origin(socket: Socket, settings: Settings) -> None:
    """Raises Closing for a page of another origin (programs send none), and for another host: a
    page that has its own name lead here would be of our origin."""
    headers = dict(socket.scope["headers"])  # Litestar's own would stay as long as the socket
    if not is_ours(headers.get(b"host", b"").decode("latin-1"), settings.hosts):
        raise Closing(Close.NOT_ALLOWED, "This server is not called so.")
    origin = headers.get(b"origin", b"").decode("latin-1")
    allowed = (*settings.origins, settings.public_url)
    if b"origin" not in headers or "*" in allowed or origin in allowed:
        return
    if urlsplit(origin).netloc.lower() != headers.get(b"host", b"").decode("latin-1").lower():
        raise Closing(Close.NOT_ALLOWED, "Pages of this origin may not connect.")

"""What is noted of every HTTP request, and of every socket: an id, a line, metrics, a span."""

import logging
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from ipaddress import ip_address, ip_network
from time import perf_counter
from typing import TYPE_CHECKING, Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from server.sockets import events, transport
from server.telemetry import logs
from server.web import peers

if TYPE_CHECKING:  # neither is loaded where it is off
    from server.telemetry.metrics import Metrics
    from server.telemetry.tracing import Tracing

logger = logging.getLogger(__name__)

ID = b"x-request-id"
TRACE = (b"traceparent", b"tracestate")
OFTEN = ("/health/", "/metrics")  # asked every few seconds: logged for debugging only
LEFT = 499  # noted of who went away before they were answered, as proxies do
LOOPBACK = ("127.0.0.0/8", "::1")
_ID = re.compile(rb"[A-Za-z0-9_.:-]{1,64}")


class Proxies:
    """Whose headers are believed: of those who stand right before this server."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ip_network(each, strict=False) for each in networks or LOOPBACK]

    def __call__(self, scope: Mapping[str, Any]) -> bool:
        """Whether one of them sent this: the scope itself tells of the client by now."""
        extensions = scope.get("extensions") or {}
        protocol = extensions.get(events.EXTENSION) or extensions.get(transport.EXTENSION)
        try:
            peer = ip_address(protocol.client[0]) if protocol and protocol.client else None
        except ValueError:
            return False
        return peer is not None and any(peer in network for network in self._networks)


class Requests:
    """trusts(scope): whether what it says of itself comes from a proxy of ours."""

    def __init__(
        self,
        trusts: Callable[[Mapping[str, Any]], bool],
        metrics: "Metrics | None" = None,
        tracing: "Tracing | None" = None,
    ) -> None:
        self._trusts = trusts
        self._metrics = metrics
        self._tracing = tracing

    async def serve(
        self, app: ASGIApp, method: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Have a request answered. method: as it was asked, which `scope` may not say."""
        began = perf_counter()
        trusted = self._trusted(scope)
        request = self._named(trusted)
        span = self._tracing and self._tracing.request(method, _texts(trusted))
        status, took = 500, 0.0
        left = False

        async def received() -> Any:
            nonlocal left
            message = await receive()
            left = left or message["type"] == "http.disconnect"
            return message

        async def noted(message: Message) -> None:
            nonlocal status, took
            if message["type"] == "http.response.start":
                status, took = message["status"], perf_counter() - began
                headers = [*message["headers"], (ID, request.encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            with span.current() if span else nullcontext():
                await app(scope, received, noted)
        finally:
            if left and status >= 500:  # of which they know nothing
                status = LEFT
            took = took or perf_counter() - began
            route = str(scope.get("path_template", ""))
            if self._metrics is not None:
                self._metrics.requested(method, route, status, took)
            if span:
                span.answered(method, route, status, request)
            _log_request(method, scope, status, took)

    def socket_comes(self, scope: Scope) -> float:
        """A live socket begins; what `socket_goes` is to be given."""
        self._named(self._trusted(scope))
        return perf_counter()

    def socket_goes(self, scope: Scope, began: float) -> None:
        """It is over."""
        if logger.isEnabledFor(logging.INFO):
            seconds = perf_counter() - began
            logger.info(
                "socket over after %.1f s",
                seconds,
                extra={
                    "path": _path(scope),
                    "seconds": round(seconds, 1),
                    "address": peers.address(scope),
                },
            )

    def _named(self, trusted: Mapping[bytes, bytes]) -> str:
        given = trusted.get(ID, b"")
        request = given.decode() if _ID.fullmatch(given) else secrets.token_hex(8)
        logs.bind(request=request)
        return request

    def _trusted(self, scope: Scope) -> Mapping[bytes, bytes]:
        """Headers that only a proxy of ours may send."""
        found = {name: value for name, value in scope["headers"] if name == ID or name in TRACE}
        return found if found and self._trusts(scope) else {}


def _log_request(method: str, scope: Scope, status: int, took: float) -> None:
    path = _path(scope)
    level = logging.DEBUG if path.startswith(OFTEN) and status < 500 else logging.INFO
    if not logger.isEnabledFor(level):
        return
    session = scope.get("path_params", {}).get("session_id")
    if session is not None:
        logs.bind(session=session)
    logger.log(
        level,
        "%s %s %d in %.1f ms",
        method,
        path,
        status,
        took * 1000,
        extra={
            "method": method,
            "path": path,
            "route": scope.get("path_template", ""),
            "status": status,
            "ms": round(took * 1000, 1),
            "address": peers.address(scope),
        },
    )


def _path(scope: Scope) -> str:
    """As it was sent, but for the query: nobody puts a line break into a line of ours."""
    return scope["raw_path"].partition(b"?")[0].decode("latin-1")


def _texts(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    return {name.decode(): value.decode("latin-1") for name, value in headers.items()}

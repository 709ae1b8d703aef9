"""What every request by HTTP passes first: the host it names, where its page is from, its rate.

Litestar has middleware for hosts and for CORS, and neither fits. That for hosts answers a
WebSocket with an HTTP response, which is a traceback, and matches a host with its port. That for
CORS replaces the `Vary` of compressed answers, so that a cache would give them to whoever cannot
read them. Both leave out what no route answers.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Send

from server.limits.limiter import Purses
from server.settings import Settings
from server.web import peers
from server.web.headers import Headers, standings
from server.web.problems import Problem, ProblemError, whole_seconds

CALLED = ("/api/", "/docs/")  # by pages of other origins, where they are allowed to
LIMITED = "/api/"
UNKNOWN = (("/api/v1/builds/", "no_build"), ("/api/v1/sessions/", "no_session"))
ALWAYS = ("/health/", "/metrics")  # asked by address, by what looks after processes
METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
SENT = (
    b"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Invitation, "
    b"Last-Event-ID"
)
READ = (
    b"ETag, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, "
    b"X-Request-ID"
)
PREFLIGHT_S = b"7200"  # browsers remember one no longer


def is_ours(host: str, hosts: Sequence[str]) -> bool:
    """Whether a `Host` (with or without its port) is among `hosts`; all are where none is named."""
    if not hosts:
        return True
    name = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    name = name.lower().rstrip(".")
    return any(name == each or (each[:2] == "*." and name.endswith(each[1:])) for each in hosts)


class Gate:
    """Stands before an application. requests: the limit of the whole REST interface."""

    def __init__(self, settings: Settings, requests: Purses) -> None:
        self._hosts = settings.hosts
        self._everybody = "*" in settings.origins
        self._origins = frozenset(each.encode() for each in settings.origins)
        self._headers = Headers(settings)
        self._requests = requests

    async def pass_on(self, app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Have the application answer, or answer in its place."""
        sent = dict(scope["headers"])
        cors = self._cors(scope["path"], sent)
        begun = False

        async def answered(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                self._headers.add(message, scope)
                message["headers"] = [*_merged(message["headers"], cors), *cors.items()]
            await send(message)

        problem = await self._problem(scope, sent)
        if problem is not None:
            await _refuse(problem, answered)
        elif b"access-control-allow-origin" in cors and _asks_first(scope, sent):
            cors |= {
                b"access-control-allow-methods": METHODS,
                b"access-control-allow-headers": SENT,
                b"access-control-max-age": PREFLIGHT_S,
            }
            await _answer(204, {}, b"", answered)
        else:
            try:
                await app(scope, receive, answered)
            except asyncio.CancelledError:  # the server stops, and waited long enough
                if begun:
                    raise
                told = "The server stops before this is answered, and it may be done all the same."
                told += " Try again, an edit with the same Idempotency-Key."
                await _refuse(ProblemError(503, told, retry_after=1.0).problem, answered)

    async def _problem(self, scope: HTTPScope, sent: Mapping[bytes, bytes]) -> Problem | None:
        """Why the request is answered here."""
        named = [value for name, value in scope["headers"] if name == b"host"]
        host = named[0].decode("latin-1") if named else ""
        if len(named) > 1 or not (is_ours(host, self._hosts) or scope["path"].startswith(ALWAYS)):
            return ProblemError(400, "This server is not called so.", "wrong_host").problem
        if not scope["path"].isprintable():  # no file and no id is called so
            code = next((code for under, code in UNKNOWN if scope["path"].startswith(under)), "")
            return ProblemError(404, "There is nothing here.", code).problem
        if scope["path"].startswith(LIMITED):
            standing = await self._requests.take(peers.network(scope))
            standings(scope).append(standing)
            if standing.wait:
                told = "Too many requests come from your address."
                return ProblemError(429, told, retry_after=round(standing.wait, 3)).problem
        return None

    def _cors(self, path: str, sent: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        """What lets a page of another origin read the answer. Nothing ambient ever
        authenticates, so there are no credentials to allow."""
        if not self._origins or not path.startswith(CALLED):
            return {}
        if self._everybody:
            return {b"access-control-allow-origin": b"*", b"access-control-expose-headers": READ}
        origin = sent.get(b"origin", b"")
        if origin not in self._origins:
            return {b"vary": b"Origin"}
        return {
            b"vary": b"Origin",
            b"access-control-allow-origin": origin,
            b"access-control-expose-headers": READ,
        }


def _asks_first(scope: HTTPScope, sent: Mapping[bytes, bytes]) -> bool:
    return scope["method"] == "OPTIONS" and b"access-control-request-method" in sent


def _merged(headers: Any, cors: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """The answer's headers without `Vary`, which goes with that of `cors`."""
    if b"vary" not in cors:
        return list(headers)
    vary = [value for name, value in headers if name.lower() == b"vary"]
    cors[b"vary"] = b", ".join([*vary, b"Origin"])
    return [(name, value) for name, value in headers if name.lower() != b"vary"]


async def _refuse(problem: Problem, send: Send) -> None:
    headers = {b"content-type": b"application/problem+json"}
    if isinstance(problem.retry_after, float):
        headers[b"retry-after"] = whole_seconds(problem.retry_after).encode()
    await _answer(problem.status, headers, msgspec.json.encode(problem), send)


async def _answer(status: int, headers: dict[bytes, bytes], body: bytes, send: Send) -> None:
    if status != 204:
        headers[b"content-length"] = str(len(body)).encode()
    start: Any = {"type": "http.response.start", "status": status, "headers": [*headers.items()]}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})

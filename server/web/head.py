"""The application as it is asked: through its gate, and by HEAD wherever there is a GET."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from copy import copy
from functools import partial
from typing import Self, cast

from litestar import Litestar
from litestar.enums import HttpMethod, ScopeType
from litestar.events import SimpleEventEmitter
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from server.services import Services
from server.telemetry.requests import Requests
from server.web.gate import Gate

_HEAD = "cohort.head"  # stands in a scope that GET answers instead


class Application(Litestar):
    """Litestar itself answers HEAD with 405, unless a handler of its own is written for it.

    services: what its handlers have; serving: what goes on while it serves. gate: what requests
    by HTTP pass; requests: notes them. None before the application is put together.
    """

    services: Services
    serving: Callable[[], AbstractAsyncContextManager[None]]
    gate: Gate | None = None
    requests: Requests | None = None

    def another(self) -> Self:
        """One with the same routes, to be put together from services of its own."""
        other = copy(self)
        other.event_emitter = SimpleEventEmitter(())
        return other

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        if self.gate is None or self.requests is None:
            await super().__call__(scope, receive, send)
        elif scope["type"] == ScopeType.HTTP:
            await self._answer(self.gate, self.requests, scope, receive, send)
        elif scope["type"] == ScopeType.WEBSOCKET:
            began = self.requests.socket_comes(scope)
            try:
                await super().__call__(scope, receive, send)
            finally:
                self.requests.socket_goes(scope, began)
        else:
            await super().__call__(scope, receive, send)

    async def _answer(
        self, gate: Gate, requests: Requests, scope: HTTPScope, receive: Receive, send: Send
    ) -> None:
        method = scope["method"]
        if method == HttpMethod.HEAD:
            # A copy: the server leaves the body out for who asked with HEAD.
            scope = cast(HTTPScope, {**scope, "method": HttpMethod.GET, _HEAD: True})
            send = _without_body(send)
        app = cast(ASGIApp, partial(gate.pass_on, super().__call__))
        await requests.serve(app, method, scope, receive, send)


def is_head(scope: Scope) -> bool:
    """Whether what a handler of GET answers is asked for without a body."""
    return _HEAD in scope


def _without_body(send: Send) -> Send:
    """What is sent, up to its body; there it is over, so that no stream goes on for nobody."""
    over = False

    async def head(message: Message) -> None:
        nonlocal over
        if message["type"] != "http.response.body":
            await send(message)
        elif not over:
            over = True
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return head

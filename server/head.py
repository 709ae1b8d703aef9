"""The application as it is asked: through its gate, and by HEAD wherever there is a GET."""

from typing import cast

from litestar import Litestar
from litestar.enums import HttpMethod, ScopeType
from litestar.types import HTTPScope, Message, Receive, Scope, Send

from server.gate import Gate


class Application(Litestar):
    """Litestar itself answers HEAD with 405, unless a handler of its own is written for it.

    gate: what requests by HTTP pass; None before the application is put together.
    """

    gate: Gate | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        if scope["type"] != ScopeType.HTTP or self.gate is None:
            await super().__call__(scope, receive, send)
            return
        scope = cast(HTTPScope, scope)
        if scope["method"] == HttpMethod.HEAD:
            # A copy: the server leaves the body out for who asked with HEAD.
            scope = cast(HTTPScope, {**scope, "method": HttpMethod.GET})
            send = _without_body(send)
        await self.gate.pass_on(super().__call__, scope, receive, send)


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

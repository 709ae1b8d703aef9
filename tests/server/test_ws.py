"""Who is let into a session by its socket."""

from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import UNSET, UnsetType

from server.client_messages import Join
from server.routes import ws
from server.settings import Settings


async def test_who_leaves_while_their_token_is_looked_at_is_not_let_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing may be asked of a closed socket: it would be told as a failure of ours."""
    transport: Any = SimpleNamespace(is_gone=False)
    services: Any = SimpleNamespace(settings=Settings())
    socket: Any = SimpleNamespace()

    async def first_message(*_: object) -> Join:
        return Join(token="token")

    async def person(*_: object) -> tuple[object, UnsetType]:
        transport.is_gone = True
        return SimpleNamespace(id="g1", expires_at=1e11, scope="all"), UNSET

    monkeypatch.setattr(ws, "_first_message", first_message)
    monkeypatch.setattr(ws, "_person", person)
    assert await ws._enter(socket, transport, "s1", services) is None

"""People in a session by sockets in memory, and changes for them; for tests of who is told what."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from calc import build as documents
from calc import patch
from calc.operations import SetLevel
from calc.totals import Total
from server.live.audience import Audience
from server.logic.rights import Access, Membership
from server.logic.session import Committed, State
from server.protocol import Close, encode
from server.server_messages import Change
from server.settings import Settings
from server.sockets.connection import Connection
from server.sockets.views import Wanted

ACCESS = Access(
    1,
    {
        "g1": Membership("Ann", "owner"),
        "g2": Membership("Bob", "editor"),
        "g3": Membership("Eve", "viewer"),
    },
)


START = State("s1", "e1", 0, "", "engine", documents.empty("Nova"), {}, (), ACCESS)


class Socket:
    unread = 0

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.writes = 0
        self.closed: Close | None = None

    def watch(self, outlet: Connection, outbox_bytes: int) -> Callable[[bytes], None]:
        self.outlet = outlet
        return self.write

    def write(self, frames: bytes) -> None:
        self.writes += 1
        while frames:
            size, start = frames[1], 2
            if size == 126:
                size, start = int.from_bytes(frames[2:4]), 4
            self.messages.append(msgspec.json.decode(frames[start : start + size]))
            frames = frames[start + size :]

    def close(self, code: Close, reason: str) -> None:
        self.closed = code
        self.outlet.gone()

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.messages if each["type"] == kind]

    def kinds(self) -> list[str]:
        """Of all messages."""
        return [each["type"] for each in self.messages]

    def changes(self) -> list[int]:
        """The revision of each."""
        return [each["revision"] for each in self.of("change")]

    def updates(self) -> list[tuple[int, int]]:
        """From which revision to which each goes."""
        return [(each["from"], each["revision"]) for each in self.of("update")]


def a_connection(
    person: str, client: str = "", wanted: Wanted | None = None
) -> tuple[Connection, Socket]:
    socket = Socket()
    return Connection(socket, Settings(), person, client, 1e11, wanted or Wanted()), socket


def come(
    audience: Audience, person: str, client: str = "", wanted: Wanted | None = None
) -> tuple[Connection, Socket]:
    connection, socket = a_connection(person, client, wanted)
    audience.enter(connection)
    return connection, socket


async def a_turn() -> None:
    """Until what is due now is written."""
    for _ in range(5):
        await asyncio.sleep(0)


class Builder:
    """Makes changes, each with a total of its own."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self.state = START

    def change(self, level: int, **totals: float) -> None:
        changed = {name.replace("_", "."): Total(value, value) for name, value in totals.items()}
        before = self.state
        self.state = replace(
            before,
            revision=before.revision + 1,
            edit=f"edit-{before.revision + 1:04}",
            build=replace(before.build, level=level),
            totals={**before.totals, **changed},
        )
        change = Change(
            revision=self.state.revision,
            edit=self.state.edit,
            at=0,
            operations=(SetLevel(level),),
            patch=patch.difference(before.build, self.state.build),
            totals=changed,
        )
        committed = Committed(change.revision, change.edit, encode(change))
        self.audience.changed(self.state, committed)

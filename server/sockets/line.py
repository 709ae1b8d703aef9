"""Connections that are sent the same frames: each frame is encoded once, and written as it is."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from server.telemetry.measures import Spread

if TYPE_CHECKING:
    from server.sockets.connection import Connection

CHUNK = 250  # sockets written to before other sessions and messages have their turn: 1-2 ms


class Line:
    """What some connections are sent, each frame once and in order.

    Frames of one turn of the event loop go out in one write. A round goes through all
    connections, so many in a turn; what comes meanwhile waits for the next round, joined. A
    connection knows how far it is: whoever is written to by themselves (who made an edit is
    answered at once) is passed over by the round.
    """

    __slots__ = (
        "_base",
        "_end",
        "_frames",
        "_joined",
        "_loop",
        "_members",
        "_put",
        "_round",
        "_writes",
    )

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._members: dict[Connection, None] = {}
        self._frames: list[bytes] = []  # what not everybody has yet
        self._base = 0  # the number of the first of them
        self._round: Iterator[Connection] | None = None  # who is still to come in this round
        self._end = 0  # the number of the first frame that comes with the next round
        self._joined: dict[int, bytes] = {}  # what somebody who is at this number lacks
        self._put: list[Spread] = []  # who wants to know when what they put is written
        self._writes: list[Spread] = []  # those of this round

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator["Connection"]:
        return iter(tuple(self._members))

    def enter(self, connection: "Connection") -> None:
        """They get what is put from now on."""
        self._members[connection] = None
        connection.line = self
        connection.at = self._base + len(self._frames)

    def leave(self, connection: "Connection") -> None:
        del self._members[connection]
        connection.line = None

    def put(self, frame: bytes, spread: Spread | None = None) -> None:
        """For everybody who is in the line now. spread: told when they all have it."""
        if not self._members:
            return
        if self._round is None and not self._frames:
            self._loop.call_soon(self._begin)
        self._frames.append(frame)
        if spread is not None:
            spread.awaits()
            self._put.append(spread)

    def lacks(self, connection: "Connection") -> bytes:
        """What was put and did not come to this connection yet; the caller writes it now."""
        end = self._base + len(self._frames)
        at, connection.at = connection.at, end
        return b"".join(self._frames[at - self._base :]) if at < end else b""

    def _begin(self) -> None:
        self._end = self._base + len(self._frames)
        self._joined = {self._base: b"".join(self._frames)}
        self._round = iter(tuple(self._members))
        self._writes, self._put = self._put, []
        self._go_on()

    def _go_on(self) -> None:
        assert self._round is not None
        base, end = self._base, self._end
        whole = self._joined[base]
        chunk = tuple(islice(self._round, CHUNK))
        for connection in chunk:
            if connection.line is not self:
                continue
            at = connection.at
            if at == base:
                connection.at = end
                connection.write(whole)
            elif at < end:
                connection.at = end
                connection.write(self._part(at))
        if len(chunk) == CHUNK:
            self._loop.call_soon(self._go_on)
            return
        self._round = None
        del self._frames[: end - base]
        self._base = end
        for spread in self._writes:
            spread.written()
        if self._frames:
            self._loop.call_soon(self._begin)

    def _part(self, at: int) -> bytes:
        part = self._joined.get(at)
        if part is None:
            part = b"".join(self._frames[at - self._base : self._end - self._base])
            self._joined[at] = part
        return part

"""Connections that are sent the same frames: each frame is encoded once, and written as it is."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from operator import length_hint
from typing import TYPE_CHECKING

from server.telemetry.measures import Spread

if TYPE_CHECKING:
    from server.sockets.connection import Connection

logger = logging.getLogger(__name__)

CHUNK = 250  # sockets written to before other sessions and messages have their turn: 1-2 ms


class Line:
    """What some connections are sent, each frame once and in order.

    Frames of one turn of the event loop go out in one write. A round goes through all
    connections, so many in a turn; what comes meanwhile waits for the next round, joined. Whoever
    is written to by themselves (who made an edit is answered at once) is passed over by it.

    A round touches nothing of a connection but what writes to it: with thousands, the rest would
    not be in the processor's cache, and cost a tenth of what the writing does. So who is ahead of
    the others is noted in the line, and each connection has a place in it.
    """

    __slots__ = (
        "_ahead",
        "_base",
        "_end",
        "_frames",
        "_left",
        "_loop",
        "_next",
        "_put",
        "_standing",
        "_stop",
        "_whole",
        "_writes",
        "_written",
    )

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._standing: list[Connection | None] = []  # who has each place
        self._writes: list[Callable[[bytes], object]] = []  # and what writes to them
        self._left = 0  # places that nobody has any more
        self._frames: list[bytes] = []  # what not everybody has yet
        self._base = 0  # the number of the first of them
        self._ahead: dict[Connection, int] = {}  # who has more than a round gave them: up to where
        self._next = self._stop = 0  # places: the round's next, and where it ends
        self._end = 0  # the number of the first frame that comes with the next round
        self._whole = b""  # what this round writes
        self._put: list[Spread] = []  # who wants to know when what they put is written
        self._written: list[Spread] = []  # those of this round

    def __len__(self) -> int:
        return len(self._standing) - self._left

    def __iter__(self) -> Iterator["Connection"]:
        return iter([each for each in self._standing if each is not None])

    def enter(self, connection: "Connection") -> None:
        """They get what is put from now on."""
        self._close_up()
        connection.line = self
        connection.place = len(self._standing)
        self._standing.append(connection)
        self._writes.append(connection.write)
        if self._frames:
            self._ahead[connection] = self._base + len(self._frames)

    def leave(self, connection: "Connection") -> None:
        self._standing[connection.place] = None
        self._writes[connection.place] = nowhere
        self._left += 1
        self._ahead.pop(connection, None)
        connection.line = None

    def turned(self, connection: "Connection") -> None:
        """Something else writes to this connection from now on."""
        self._writes[connection.place] = connection.write

    def put(self, frame: bytes, spread: Spread | None = None) -> None:
        """For everybody who is in the line now. spread: told when they all have it."""
        if not len(self):
            return
        if not self._frames:
            self._loop.call_soon(self._begin)
        self._frames.append(frame)
        if spread is not None:
            spread.awaits()
            self._put.append(spread)

    def lacks(self, connection: "Connection") -> bytes:
        """What was put and did not come to this connection yet; the caller writes it now."""
        newest = self._base + len(self._frames)
        at = self._ahead.get(connection)
        if at is None:
            at = self._end if connection.place < self._next else self._base
        if at == newest:
            return b""
        self._ahead[connection] = newest
        return b"".join(self._frames[at - self._base :])

    def _begin(self) -> None:
        self._close_up()
        self._end = self._base + len(self._frames)
        self._whole = b"".join(self._frames)
        self._next, self._stop = 0, len(self._standing)
        self._written, self._put = self._put, []
        parts: dict[int, bytes] = {}
        for connection, at in self._ahead.items():
            if at < self._end:
                if at not in parts:
                    parts[at] = b"".join(self._frames[at - self._base :])
                self._ahead[connection] = self._end
                try:
                    connection.write(parts[at])
                except RuntimeError:
                    self._give_up(connection.place)
        self._go_on()

    def _go_on(self) -> None:
        start, stop = self._next, min(self._next + CHUNK, self._stop)
        writes = self._writes[start:stop]
        for connection in self._ahead:  # they have all that this round brings
            if start <= connection.place < stop:
                writes[connection.place - start] = nowhere
        self._next = stop
        whole, rest = self._whole, iter(writes)
        while True:
            try:
                for write in rest:
                    write(whole)
                break
            except RuntimeError:
                self._give_up(stop - length_hint(rest) - 1)
        if stop < self._stop:
            self._loop.call_soon(self._go_on)
        else:
            self._finish()

    def _finish(self) -> None:
        del self._frames[: self._end - self._base]
        self._base, self._whole = self._end, b""
        self._next = self._stop = 0
        if self._ahead:
            self._ahead = {each: at for each, at in self._ahead.items() if at > self._end}
        for spread in self._written:
            spread.written()
        self._written = []
        if self._frames:
            self._loop.call_soon(self._begin)

    def _give_up(self, place: int) -> None:
        """Write there no more. A closed transport raises; whose it is ought to have been told that
        it is gone, but nobody else is to wait for that."""
        logger.exception("a connection that is over is still written to")
        self._writes[place] = nowhere

    def _close_up(self) -> None:
        """Give up the places that were left, when they are most of all and no round is on."""
        if self._stop or self._left * 2 <= len(self._standing):
            return
        self._standing = list(self)
        self._left = 0
        self._writes = []
        for place, connection in enumerate(self):
            connection.place = place
            self._writes.append(connection.write)


def nowhere(_: bytes) -> None:
    """Writes to somebody who is behind, or gone, or needs nothing just now."""

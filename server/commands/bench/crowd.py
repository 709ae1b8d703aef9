"""Many sockets in one thread: the load generator of `cohort bench fanout`.

No event loop and no decoding: as little work for a frame as Python can do, so that the server
is what is measured.
"""

import os
import select
import socket
import time
from collections.abc import Callable, Iterable
from typing import Self

from msgspec import Struct

PAYLOAD_BYTES = 1024
WAIT_S = 60.0
_CHUNK = 1 << 18
_UPGRADE = (
    "GET /api/v1/sessions/{room}/live HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n"
)
_DELIVERIES = frozenset((b'{"type":"change"', b'{"type":"update"'))
_HEAD = 16  # their length
MARK = b'"edit":"edit-'  # before the number of what is published
NUMBER = 8  # its digits


class StalledError(Exception):
    """What was waited for did not come in time."""


class Room(Struct, eq=False):
    """One session, and how much its members were sent."""

    name: str
    size: int = 0
    published: int = 0
    delivered: int = 0


class Member(Struct, eq=False):
    """One socket. begun: has its welcome; rest: the beginning of a frame; published: the number
    of what it published last."""

    socket: socket.socket
    room: Room
    join: bytes
    upgraded: bool = False
    begun: bool = False
    rest: bytes = b""
    published: bytes = b""


def masked(payload: bytes) -> bytes:
    """A client's text frame; its mask is zero, which changes nothing."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, 0x80 | size, 0, 0, 0, 0)) + payload
    return bytes((0x81, 0x80 | 126)) + size.to_bytes(2) + bytes(4) + payload


class Crowd:
    """All members of all rooms.

    ready: how messages begin after which a member counts as joined. latencies: seconds from
    publishing to each delivery, while it is a list.
    """

    def __init__(self, port: int, ready: Iterable[bytes]) -> None:
        self._port = port
        self._ready = frozenset(ready)
        self._poll = select.epoll()
        self._members: dict[int, Member] = {}
        self.begun = 0
        self.deliveries = 0
        self.other = 0  # frames that are not deliveries, after the beginning
        self.latencies: list[float] | None = None
        self.sent_at: dict[bytes, float] = {}
        self.full: Callable[[Room], None] | None = None  # called when all have all of a room
        self.back: Callable[[Member], None] | None = None  # when somebody has what they published

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for member in self._members.values():
            member.socket.close()
        self._members.clear()
        self._poll.close()

    def connect(self, room: Room, join: bytes) -> Member:
        """Begin to come in; `turn` goes on with it."""
        plug = socket.create_connection(("127.0.0.1", self._port), timeout=WAIT_S)
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plug.sendall(_UPGRADE.format(room=room.name).encode())
        plug.setblocking(False)
        member = Member(plug, room, join)
        self._members[plug.fileno()] = member
        self._poll.register(plug.fileno(), select.EPOLLIN)
        room.size += 1
        return member

    def everybody(self) -> None:
        """Wait until all are in. Raises StalledError."""
        self.until(lambda: self.begun == len(self._members), "not everybody could join")

    def until(self, done: Callable[[], bool], otherwise: str, within_s: float = WAIT_S) -> None:
        """Serve the sockets until something holds. Raises StalledError."""
        deadline = time.monotonic() + within_s
        while not done():
            self.turn(0.5)
            if time.monotonic() > deadline:
                raise StalledError(f"{otherwise}: {self.begun} are in, {self.deliveries} came")

    def turn(self, timeout: float) -> None:
        for fd, _ in self._poll.poll(timeout):
            self._read(fd, self._members[fd])

    def publish(self, member: Member, frame: bytes, number: bytes) -> None:
        member.room.published += 1
        member.published = number
        self.sent_at[number] = time.perf_counter()
        member.socket.sendall(frame)

    def _read(self, fd: int, member: Member) -> None:
        try:
            data = os.read(fd, _CHUNK)
        except BlockingIOError:
            return
        except ConnectionResetError:
            raise StalledError("the server closed a connection") from None
        if not data:
            raise StalledError("the server closed a connection")
        if member.rest:
            data = member.rest + data
        at = 0
        if not member.upgraded:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                member.rest = data
                return
            if not data.startswith(b"HTTP/1.1 101"):
                raise StalledError(f"the server answered {data[:60]!r}")
            member.upgraded = True
            at = end + 4
            if member.join:
                member.socket.sendall(member.join)
            else:
                self._begin(member)
        self._walk(member, data, at)

    def _walk(self, member: Member, data: bytes, at: int) -> None:
        now = time.perf_counter()
        end = len(data)
        while end - at >= 2:
            size = data[at + 1]
            start = at + 2
            if size == 126:
                size = int.from_bytes(data[start : start + 2])
                start += 2
            elif size == 127:
                size = int.from_bytes(data[start : start + 8])
                start += 8
            stop = start + size
            if stop > end or start > end:
                break
            head = data[start : start + _HEAD]
            if head in _DELIVERIES:
                self._delivered(member, data, start, now)
            elif not member.begun and any(head.startswith(each) for each in self._ready):
                self._begin(member)
            elif data[at] == 0x88:
                raise StalledError(f"the server closed: {data[start + 2 : stop]!r}")
            else:
                self.other += 1
            at = stop
        member.rest = data[at:]

    def _begin(self, member: Member) -> None:
        member.begun = True
        self.begun += 1

    def _delivered(self, member: Member, data: bytes, start: int, now: float) -> None:
        room = member.room
        self.deliveries += 1
        room.delivered += 1
        if self.latencies is not None:
            mark = data.find(MARK, start) + len(MARK)
            number = data[mark : mark + NUMBER]
            sent = self.sent_at.get(number)
            if sent is not None:
                self.latencies.append(now - sent)
            if self.back is not None and number == member.published:
                self.back(member)
        if self.full is not None and room.delivered == room.published * room.size:
            self.full(room)

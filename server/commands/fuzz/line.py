"""A line between a person and a worker that is a task of this process: no socket of the system.

The worker's end is a transport for the very protocol class that serves real sockets; the
person's end speaks WebSocket without I/O. So all of the server's code runs, and a line can be
broken or stopped at any byte.
"""

import asyncio
from contextvars import Context
from typing import Any, Protocol

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

KERNEL_BYTES = 4096  # what the line holds of what nobody reads, before the worker's own buffer
HIGH_BYTES = 65536  # of that buffer, as asyncio has it, unless it is told another limit


class LineError(Exception):
    """The line is closed. code: of the close frame, or 1006 when there was none."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class Socket(Protocol):
    """What a person holds in their hand: text frames, and ways to mistreat the line."""

    async def send(self, frame: bytes) -> None:
        """Raises LineError."""

    async def receive(self) -> bytes:
        """Raises LineError."""

    def drop(self) -> None:
        """Lose the line; both ends notice."""

    def vanish(self) -> None:
        """Be gone without the other end noticing."""

    def stall(self) -> None:
        """Read nothing for now."""

    def read_on(self) -> None: ...


class Line(asyncio.Transport):
    """Both ends of one line. delay_s: how long everything takes, each way.

    context: the worker's; its end runs in it.
    """

    def __init__(self, protocol: asyncio.Protocol, context: Context, path: str, delay_s: float):
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self._protocol = protocol
        self._context = context
        self._delay_s = delay_s
        self._loop = asyncio.get_running_loop()
        self._client = ClientProtocol(parse_uri(f"ws://127.0.0.1{path}"), max_size=None)
        self._closing = False
        self._lost = False  # the worker's end was told that it is over
        self._vanished = False
        self._stalled = False
        self._held = False
        self._writing_paused = False
        self._reading_paused = False
        self._high_bytes = HIGH_BYTES
        self._to_person = bytearray()
        self._to_worker = bytearray()
        self._received: asyncio.Queue[bytes | LineError] = asyncio.Queue()
        self._opened: asyncio.Future[None] = self._loop.create_future()

    async def open(self) -> None:
        """Shake hands. Raises LineError."""
        self._context.copy().run(self._protocol.connection_made, self)
        self._client.send_request(self._client.connect())
        self._send()
        await self._opened

    # The person's end.

    async def send(self, frame: bytes) -> None:
        if self._lost or self._vanished or self._client.state is not State.OPEN:
            raise LineError(1006)
        self._client.send_text(frame)
        self._send()

    async def receive(self) -> bytes:
        received = await self._received.get()
        if isinstance(received, LineError):
            self._received.put_nowait(received)
            raise received
        return received

    def drop(self) -> None:
        self._end()

    def vanish(self) -> None:
        self._vanished = True
        self._tell(LineError(1006))

    def stall(self) -> None:
        self._stalled = True

    def read_on(self) -> None:
        self._stalled = False
        self._flush()

    # What the simulation does to it.

    def hold(self) -> None:
        """Let nothing through, either way."""
        self._held = True

    def go_on(self) -> None:
        self._held = False
        self._flush()
        self._push()

    # The worker's end: a transport.

    def write(self, data: Any) -> None:
        if self._lost or self._closing:
            return
        self._to_person += data
        self._loop.call_later(self._delay_s, self._flush)
        if self.get_write_buffer_size() > self._high_bytes and not self._writing_paused:
            self._writing_paused = True
            self._call(self._protocol.pause_writing)

    def get_write_buffer_size(self) -> int:
        stopped = self._stalled or self._held or self._vanished
        return max(0, len(self._to_person) - KERNEL_BYTES) if stopped else 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high_bytes = HIGH_BYTES if high is None else high

    def is_closing(self) -> bool:
        return self._closing or self._lost

    def close(self) -> None:
        self._closing = True
        self._loop.call_later(self._delay_s, self._flush)

    def abort(self) -> None:
        self._end()

    def pause_reading(self) -> None:
        self._reading_paused = True

    def resume_reading(self) -> None:
        self._reading_paused = False
        self._loop.call_soon(self._push)

    # Between them.

    def _send(self) -> None:
        self._to_worker += b"".join(self._client.data_to_send())
        self._loop.call_later(self._delay_s, self._push)

    def _push(self) -> None:
        if self._to_worker and not (self._lost or self._held or self._reading_paused):
            data, self._to_worker = bytes(self._to_worker), bytearray()
            self._context.copy().run(self._protocol.data_received, data)

    def _flush(self) -> None:
        if self._lost or self._stalled or self._held or self._vanished:
            return
        if self._to_person:
            data, self._to_person = bytes(self._to_person), bytearray()
            self._take(data)
        if self._writing_paused:
            self._writing_paused = False
            self._call(self._protocol.resume_writing)
        if self._closing:
            self._end()

    def _take(self, data: bytes) -> None:
        self._client.receive_data(data)
        for event in self._client.events_received():
            if isinstance(event, Response):
                if self._client.handshake_exc is None and not self._opened.done():
                    self._opened.set_result(None)
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._received.put_nowait(bytes(event.data))
        if self._client.close_rcvd is not None:
            self._tell(LineError(self._client.close_rcvd.code, self._client.close_rcvd.reason))
        self._send()

    def _end(self) -> None:
        if self._lost:
            return
        self._lost = self._closing = True
        self._tell(LineError(1006))
        self._loop.call_soon(self._over, context=self._context.copy())

    def _over(self) -> None:
        self._protocol.connection_lost(None)

    def _tell(self, error: LineError) -> None:
        if self._opened.done():
            self._received.put_nowait(error)
        else:
            self._opened.set_exception(error)

    def _call(self, what: Any) -> None:
        self._loop.call_soon(what, context=self._context.copy())

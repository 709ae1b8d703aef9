"""uvicorn's WebSocket protocol, with the socket's own write buffer as its outbox.

uvicorn loads this class by name. What it adds: a handler may write a frame that was encoded
once for many sockets, sees how much a slow reader has left unread, and gets frames as bytes.
"""

import asyncio
import random
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame, apply_mask  # type: ignore[attr-defined] # the fast one
from websockets.http11 import Request
from websockets.protocol import State

from server.limits.buckets import Bucket
from server.protocol import Close, encode
from server.server_messages import Goodbye
from server.telemetry.measures import UNMEASURED

if TYPE_CHECKING:
    from server.sockets.connection import Connection

EXTENSION = "cohort.socket"  # where a handler finds its socket in the scope's extensions
RETRY_AFTER_S = 1.0
FIN_TEXT = 0x81  # the first byte of a frame that is a message of text in one piece
FRAMES_PER_SECOND = 100.0  # of those that are no whole message: pings, pieces of messages ...
FRAMES_BURST = 1000.0  # ... and so many at once: a large message may come in small pieces
MASKED = 0x80  # in the second byte: a client's frames are


def text_frame(payload: bytes) -> bytes:
    """An unmasked, uncompressed WebSocket text frame."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload


def _bounds(data: bytes, at: int) -> tuple[int, int]:
    """Where the payload of the client's frame that begins at `at` starts and ends; beyond the
    data when there is not enough of it to tell."""
    known = len(data) - at
    if known < 2:
        return at, len(data) + 1
    size, start = data[at + 1] & 0x7F, at + 2
    if size > 125:
        digits = 2 if size == 126 else 8
        if known < 2 + digits:
            return at, len(data) + 1
        size, start = int.from_bytes(data[start : start + digits]), start + digits
    if data[at + 1] >= MASKED:
        start += 4
    return start, start + size


class _Ending:
    """Where uvicorn puts what it tells a handler, for one who only wants to know the end."""

    __slots__ = ("_over",)

    def __init__(self, over: asyncio.Future[None]) -> None:
        self._over = over

    def put_nowait(self, message: object) -> None:
        if not self._over.done():
            self._over.set_result(None)


class _Always:
    """Stands for an event of which nobody waits any more."""

    def set(self) -> None: ...

    def clear(self) -> None: ...


_ALWAYS = _Always()


class LiveProtocol(WebSocketsSansIOProtocol):
    """One socket. outlet: the connection that writes to it, once it has joined. closed: called
    with the code with which we close it."""

    outlet: "Connection | None" = None
    closed: Callable[[int], object] = staticmethod(UNMEASURED.closed)
    _received: Callable[[bytes], None] | None = None
    _partial = b""  # the beginning of a frame
    _full = False  # whether more is unread than may be
    _frames: Bucket | None = None  # that are no message in one piece
    _deaf = False  # nothing is read any more: there were too many of them
    _owed = b""  # the answer to the newest ping that came meanwhile
    _served = False  # whether a handler has it

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self
            self._served = True

    async def run_asgi(self) -> None:
        try:
            await super().run_asgi()
        finally:
            self._served = False
            self._take_apart()

    def write(self, frames: bytes) -> None:
        """Write whole frames, unless the socket is closing. Never waits."""
        if not (self.close_sent or self.disconnected or self.transport.is_closing()):
            self.transport.write(frames)

    def watch(self, outlet: "Connection", outbox_bytes: int) -> Callable[[bytes], object]:
        """See `Socket`. What writes is the transport itself: nothing is asked for each frame."""
        self.outlet = outlet
        self.transport.set_write_buffer_limits(high=outbox_bytes, low=0)
        return self.transport.write

    def listen(self, received: Callable[[bytes], None]) -> asyncio.Future[None]:
        """From now on hand text messages over in the turn in which they come, and those first
        that wait; what is returned is done when the connection is over.

        No message costs a task switch, and none has to wait: who sends too many is refused and
        closed. What only the handshake and the handler's own receiving needed is given up: it
        is a third of what an idle connection takes.
        """
        self._received = received
        waiting = self.queue
        over = self.loop.create_future()
        self.queue = _Ending(over)  # type: ignore[assignment]
        self.writable = _ALWAYS  # type: ignore[assignment]
        del self.request, self.response
        while not waiting.empty():
            message = waiting.get_nowait()
            if message["type"] != "websocket.receive":
                self.queue.put_nowait(message)
            elif message.get("binary"):
                self.close(Close.MALFORMED, "Send text frames.")
            else:
                received(message["bytes"] or b"")
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        return over

    @property
    def is_gone(self) -> bool:
        """Whether nothing can be written any more: a closed transport raises RuntimeError."""
        return self.disconnected or self.transport.is_closing()

    @property
    def unread(self) -> int:
        """Bytes written and not yet taken by the kernel."""
        return 0 if self.disconnected else self.transport.get_write_buffer_size()

    def close(self, code: Close, reason: str) -> None:
        """Begin the closing handshake; the handler's next receive says that it is over."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        try:
            self.conn.send_close(code, reason)
        except InvalidState:
            return  # the peer closed first
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.closed(code)
        self._gone()
        self.stop_keepalive()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        # Who reads nothing would keep what is unread, and the socket, for ever.
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    def handle_ping(self) -> None:
        """Answered at once, or the newest alone when there is room again: who asks and asks, and
        reads nothing, would fill our memory."""
        pong = b"".join(self.conn.data_to_send())
        if self._full:
            self._owed = pong
        else:
            self.transport.write(pong)

    def handle_cont(self, event: Frame) -> None:
        if event.data or event.fin:  # empty ones are not counted, and would be kept without end
            super().handle_cont(event)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._full = True
        if self.outlet is not None:
            self.outlet.filled()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._full = False
        if self._owed:
            self.write(self._owed)
            self._owed = b""
        if self.outlet is not None:
            self.outlet.emptied()

    def keepalive_timeout(self) -> None:
        """Whoever vanished reads nothing: what is unread would keep them here for many minutes."""
        super().keepalive_timeout()
        self.transport.abort()

    def handle_close(self, event: Frame) -> None:
        self._gone()
        super().handle_close(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone()
        super().connection_lost(exc)
        self._take_apart()

    def _take_apart(self) -> None:
        """When all is over, let go of whom holds us: else it would stay until Python looks for
        rings, which it does the less the more there is."""
        if self.disconnected and not self._served:
            self.outlet = self._received = None
            self.scope = {}  # type: ignore[typeddict-item]
            self.conn.parser.close()

    def _gone(self) -> None:
        if self.outlet is not None:
            self.outlet.gone()

    def shutdown(self) -> None:
        """Say goodbye before the server stops."""
        if self.handshake_complete and not self.close_sent:
            reason = "The server is restarting."
            # Not all at once: a thousand who come back together would wait for each other.
            retry_after = round(RETRY_AFTER_S * random.uniform(0.2, 2.0), 2)  # noqa: S311
            self.write(text_frame(encode(Goodbye(reason, retry_after))))
            self.close(Close.RESTARTING, reason)
            self.transport.close()
        else:
            super().shutdown()

    def data_received(self, data: bytes) -> None:
        # The library's parser is a state machine in Python. What nearly every message is, one
        # whole frame of text, is read here; everything else by it, frame by frame.
        if not self.handshake_initiated:
            super().data_received(data)
            return
        if self._deaf:
            return
        if self._partial:
            data = self._partial + data
            self._partial = b""
        at = 0
        while at < len(data) and self.conn.parser_exc is None:
            start, end = _bounds(data, at)
            if end > len(data):
                if end - start > self._largest:
                    super().data_received(data[at:])  # it refuses by the header alone
                else:
                    self._partial = data[at:]
                return
            if data[at] == FIN_TEXT and self._reads(data[at + 1], end - start):
                assert self._received is not None
                self._received(apply_mask(data[start:end], data[start - 4 : start]))
            elif self._floods():
                self._deaf = True
                self.close(Close.TOO_MANY, "Too many frames.")
                return
            else:
                super().data_received(data[at:end])
            at = end

    def _floods(self) -> bool:
        """Count a frame that is no message in one piece; whether it is one too many."""
        if self._frames is None:
            self._frames = Bucket(FRAMES_PER_SECOND, FRAMES_BURST)
        return self._frames.take() > 0

    def _reads(self, second: int, size: int) -> bool:
        """Whether somebody listens to text, and the frame breaks no rule."""
        return (
            self._received is not None
            and second >= MASKED
            and size <= self._largest
            and not self.close_sent
            and self.conn.state is State.OPEN
            and self.conn.current_size is None  # no message in several frames is under way
        )

    @property
    def _largest(self) -> int:
        return self.config.ws_max_size

    def send_receive_event_to_app(self) -> None:
        # As uvicorn does it, but text stays bytes: the decoder checks that it is UTF-8, and
        # wrong bytes are one more malformed message instead of a traceback.
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        if self.close_sent:
            return
        if self._received is not None:
            if self.curr_msg_data_type == "bytes":
                self.close(Close.MALFORMED, "Send text frames.")
            else:
                self._received(data)
            return
        received: Any = {"type": "websocket.receive", "bytes": data}
        if self.curr_msg_data_type == "bytes":
            received["binary"] = True
        self.queue.put_nowait(received)
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

"""Server-Sent Events: one more kind of socket that a connection writes to.

uvicorn loads the protocol class by name. What the hub writes are frames of WebSockets, encoded
once for all; here they become events, once for all streams that are sent the same.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from server.protocol import COME_BACK, Close
from server.sockets.transport import RETRY_AFTER_S

if TYPE_CHECKING:
    from server.sockets.connection import Connection

EXTENSION = "cohort.stream"  # where a handler finds its stream in the scope's extensions
HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),  # nginx would collect events
]
HEAD_BYTES = 32 * 1024  # of a request: its line and its headers
HEAD_S = 20.0  # for the head of a request to come, once it began or the line was opened
BODY_S = 60.0  # for its body
SILENT_MS = 45_000  # a peer that acknowledges nothing for so long is gone
CLOSE_S = 5.0  # to read what was written before the end
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)
KEPT = 256  # events that were just made, for the streams that are sent them too


class _Told(Struct):
    """What we need to know of a message."""

    type: str
    revision: int = 0
    at: int = 0


_told = msgspec.json.Decoder(_Told).decode


class EventProtocol(HttpToolsProtocol):
    """One HTTP connection, whose answer may go on as a stream of events."""

    outlet: "Connection | None" = None
    _epoch: Callable[[], str]
    _known = b""  # the id of the event that the client has
    _early: list[bytes] | None = None  # what is written before the answer's head
    _heartbeat: asyncio.TimerHandle | None = None
    _over = False
    _stops = False  # the server does
    _ending: asyncio.Future[None] | None = None  # of a stream: done when its line is over
    _answer: RequestResponseCycle  # that it is
    _head: int | None = 0  # bytes of a head that is not whole yet
    _due: asyncio.TimerHandle | None = None  # the end of the line, unless the request comes
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_within(HEAD_S)

    def data_received(self, data: bytes) -> None:
        # The parser itself would collect a head for as long as one comes.
        if self._refused:
            return
        if self._head is not None:
            self._head += len(data)
        super().data_received(data)
        if self._head is not None and self._head > HEAD_BYTES:
            self._refuse_head()

    def on_headers_complete(self) -> None:
        self._head = None
        if self.parser.should_upgrade():
            self._expect_nothing()
        else:
            self._expect_within(BODY_S)
        if len(self.url) + sum(len(n) + len(v) for n, v in self.headers) > HEAD_BYTES:
            self._refuse_head()
            return
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            # The line would be another's, and whoever still answers on it would learn of no end.
            self.transport.close()
            return
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment] # as at the end, of which we are not told
        self._take_apart()

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._expect_nothing()
        if not self._refused:
            super().on_message_complete()

    def _expect_within(self, seconds: float) -> None:
        self._expect_nothing()
        self._due = self.loop.call_later(seconds, self.transport.abort)

    def _expect_nothing(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _refuse_head(self) -> None:
        self._refused = True
        if not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        if self._ending is not None:  # uvicorn would read no more, and see no end
            self.close(Close.MALFORMED, "Nothing may be asked on the line of a stream.")
        super().on_message_begin()
        self._head = self._head or 0
        self._expect_within(HEAD_S)
        self.scope["extensions"] = {EXTENSION: self}  # type: ignore[dict-item]

    @property
    def can_stream(self) -> bool:
        """Whether somebody reads, and nothing was asked for after it, which would have to wait."""
        return not (self._over or self.pipeline or self.transport.is_closing())

    def stream(self, epoch: Callable[[], str], known: str) -> None:
        """Become a stream, if it can; what is written now follows the answer's head.

        epoch: of the session. known: the id of the newest event that the client has.
        """
        self._epoch = epoch
        self._known = known.encode("ascii", "replace")
        self._early = []
        self._ending = self.loop.create_future()
        self._answer = self.cycle

    async def until_over(self) -> None:
        assert self._ending is not None
        await self._ending

    def begin(self, heartbeat_s: float) -> None:
        """The answer's head is sent."""
        early, self._early = self._early or [], None
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            peer = self.transport.get_extra_info("socket")
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_MS)
        for frames in early:
            self._write(frames)
        self._beat(heartbeat_s)
        if self._stops:  # it was asked for before, and nobody would end it
            self.shutdown()

    def watch(self, outlet: "Connection", outbox_bytes: int) -> Callable[[bytes], object]:
        """See `Socket`."""
        self.outlet = outlet
        self.transport.set_write_buffer_limits(high=outbox_bytes, low=0)
        return self._write

    @property
    def unread(self) -> int:
        """Bytes written and not yet taken by the kernel."""
        return 0 if self.transport.is_closing() else self.transport.get_write_buffer_size()

    def close(self, code: Close, reason: str) -> None:
        """Say why, and end the answer."""
        if self._over or self.transport.is_closing():
            return
        why = {"type": "goodbye", "code": code, "reason": reason}
        if code in COME_BACK:
            why["retry_after"] = RETRY_AFTER_S
        last = b"event: goodbye\ndata: %s\n\n" % msgspec.json.encode(why)
        if self._early is None:
            self.transport.write(_chunk(last) + b"0\r\n\r\n")
        self._gone()
        self.transport.close()
        self.loop.call_later(CLOSE_S, self.transport.abort)

    def _write(self, frames: bytes) -> None:
        if self._over or self.transport.is_closing():
            return
        if self._early is not None:
            self._early.append(frames)
            return
        events = events_of(frames, self._epoch())
        if self._known:
            has = events.startswith(b"id: %s\n" % self._known) and events.count(b"\n\n") == 1
            self._known = b""
            if has:
                return
        if events:
            self.transport.write(_chunk(events))

    def _beat(self, heartbeat_s: float) -> None:
        if not self.unread:
            self.transport.write(_chunk(b":\n\n"))
        self._heartbeat = self.loop.call_later(heartbeat_s, self._beat, heartbeat_s)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.outlet is not None:
            self.outlet.filled()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.outlet is not None:
            self.outlet.emptied()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        self._gone()
        super().connection_lost(exc)
        if self._ending is not None:  # uvicorn tells only whoever asked last
            self._answer.disconnected = True
            if not self._ending.done():  # who waits for it may have been cancelled
                self._ending.set_result(None)
            del self._answer
        self._take_apart()

    def _take_apart(self) -> None:
        """Let go of whom holds us: see `LiveProtocol`."""
        self.outlet = self.cycle = None  # type: ignore[assignment]
        self.scope = {}  # type: ignore[typeddict-item]

    def shutdown(self) -> None:
        """A stream would not end by itself."""
        self._stops = True
        if self.outlet is not None:
            self.close(Close.RESTARTING, "The server is restarting.")
        else:
            super().shutdown()

    def _gone(self) -> None:
        self._over = True
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        if self.outlet is not None:
            self.outlet.gone()


@lru_cache(KEPT)
def events_of(frames: bytes, epoch: str) -> bytes:
    """The events that WebSocket frames come to: those of totals, each with its position."""
    events = []
    for payload in payloads(frames):
        told = _told(payload)
        if told.type == "totals":
            position = f"{epoch}.{told.revision}.{told.at}".encode()
            events.append(b"id: %s\nevent: totals\ndata: %s\n\n" % (position, payload))
    return b"".join(events)


def payloads(frames: bytes) -> Iterator[bytes]:
    """What is in whole unmasked frames that follow each other (see `text_frame`)."""
    at = 0
    while at < len(frames):
        size, at = frames[at + 1], at + 2
        if size > 125:
            digits = 2 if size == 126 else 8
            size, at = int.from_bytes(frames[at : at + digits]), at + digits
        yield frames[at : at + size]
        at += size


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def stream_of(extensions: dict[str, Any] | None) -> EventProtocol:
    """The stream of a scope."""
    protocol: EventProtocol = (extensions or {})[EXTENSION]
    return protocol

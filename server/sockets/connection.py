"""One person's socket in a session: what it may send, and its bounded outbox."""

import secrets
import time
from collections.abc import Callable
from typing import Protocol

from msgspec import UNSET

from server.client_messages import ClientMessage
from server.limits.allowance import Allowance, Share
from server.protocol import COME_BACK, Close, encode
from server.server_messages import Goodbye, Refused
from server.settings import Settings
from server.sockets.line import Line, nowhere
from server.sockets.transport import text_frame
from server.sockets.views import View, Wanted
from server.telemetry.measures import UNMEASURED, Measures

FALLS = 5  # so often may somebody fall behind ...
FALLS_S = 60.0  # ... within this time, before the socket is closed


class Socket(Protocol):
    """What a connection writes to."""

    def watch(self, outlet: "Connection", outbox_bytes: int) -> Callable[[bytes], object]:
        """Tell `outlet` from now on when more than so much is unread (`filled`), when all is
        read again (`emptied`), and when nothing may be written any more (`gone`).

        Returns what writes.
        """

    def close(self, code: Close, reason: str) -> None: ...

    @property
    def unread(self) -> int: ...


class Connection:
    """A joined socket.

    client: which of the person's tabs or programs; expires_at: when its token does (seconds
    since 1970). behind_since: when it stopped taking what it is sent (monotonic seconds).
    wanted: what it asked for; view: what of it it is sent, with the others in its line, where it
    has a place. drained: called when somebody who was behind has read everything.
    write: puts frames into the socket, or nowhere when it is behind or gone; who has frames of
    their own for somebody uses `send`. shares: what those have left for whom its messages count.
    """

    __slots__ = (
        "__weakref__",
        "_allowance",
        "_falls",
        "_gone",
        "_measures",
        "_settings",
        "_shares",
        "_socket",
        "_writes",
        "behind_since",
        "client",
        "drained",
        "expires_at",
        "id",
        "line",
        "person",
        "place",
        "view",
        "wanted",
        "write",
    )

    view: View
    drained: Callable[["Connection"], None]

    def __init__(
        self,
        socket: Socket,
        settings: Settings,
        person: str,
        client: str,
        expires_at: float,
        wanted: Wanted = Wanted(),  # noqa: B008 - it is immutable
        shares: Callable[[], tuple[Share, ...]] = tuple,
        measures: Measures = UNMEASURED,
    ) -> None:
        self.id = secrets.token_hex(6)
        self.person = person
        self.client = client or self.id
        self.expires_at = expires_at
        self.behind_since: float | None = None
        self.wanted = wanted
        self.line: Line | None = None
        self.place = 0
        self._falls: tuple[float, ...] = ()
        self._gone = False
        self._measures = measures
        self._socket = socket
        self._writes = socket.watch(self, settings.outbox_bytes)
        self.write = self._writes
        self._settings = settings
        self._shares = shares
        self._allowance: Allowance | None = None  # most only look on

    def send(self, frames: bytes) -> None:
        """Write frames, after what everybody in the line is sent and they lack."""
        line = self.line
        self.write(frames if line is None else line.lacks(self) + frames)

    # What the socket tells.

    def filled(self) -> None:
        """There is no room: who is sent something now falls behind."""
        if self.write == self._writes:
            self._write_by(self._fall_behind)

    def emptied(self) -> None:
        """All has been read."""
        if self._gone:
            return
        if self.behind_since is None:
            self._write_by(self._writes)
        else:
            self.drained(self)

    def gone(self) -> None:
        """Nothing may be written any more."""
        self._gone = True
        self._write_by(nowhere)

    def reads_again(self) -> bool:
        """Whether they were behind and have read everything: from now on they are not."""
        if self.behind_since is None or self._gone or self._socket.unread:
            return False
        self.behind_since = None
        self._measures.moved_on()
        self.send(b"")  # what waits for its round is not for them: it is in the newest state
        self._write_by(self._writes)
        return True

    def _fall_behind(self, _: bytes) -> None:
        now = self.behind_since = time.monotonic()
        self._measures.fell_behind()
        self._write_by(nowhere)
        self._falls = (*self._falls, now)[-FALLS:]
        if len(self._falls) == FALLS and now - self._falls[0] < FALLS_S:
            self._measures.cut_off()
            self.close(Close.TRY_AGAIN, "You fell behind too often.")

    def _write_by(self, write: Callable[[bytes], object]) -> None:
        self.write = write
        if self.line is not None:
            self.line.turned(self)

    def answer(self, *messages: object) -> None:
        """In one write."""
        for message in messages:
            if isinstance(message, Refused):
                self._measures.refused(message.code)
        self.send(b"".join([text_frame(encode(message)) for message in messages]))

    def close(self, code: Close, reason: str, retry_after: float = 0.0) -> None:
        """Say goodbye, unless they would not read it, and close.

        retry_after: seconds after which they may come back.
        """
        wait = retry_after or (1.0 if code in COME_BACK else UNSET)
        self.write(text_frame(encode(Goodbye(reason, wait))))
        self._socket.close(code, reason)

    def weighed(self, size: int) -> None:
        """An edit of theirs was made, and takes so many bytes."""
        if self._allowance is not None:
            self._allowance.weighed(size)

    def over_limit(self, message: ClientMessage | Refused) -> Refused | None:
        """Refuse a message that is one too many. Raises Closing for who goes on regardless."""
        if self._allowance is None:
            self._allowance = Allowance(self._settings, self._shares())
        return self._allowance.over(message)

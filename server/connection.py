"""One person's socket in a session: what it may send, and its bounded outbox."""

import secrets
import time

from msgspec import UNSET

from server.limits import Bucket
from server.protocol import Asked, ClientMessage, Close, Closing, Edit, Join, Refused, encode
from server.settings import Settings
from server.transport import LiveProtocol, text_frame

STRIKES_PER_SECOND = 2.0  # messages over a limit that are refused before the socket is closed
STRIKES_BURST = 100


class Connection:
    """A joined socket.

    client: which of the person's tabs or programs; expires_at: when its token does (seconds
    since 1970). behind_since: when it stopped taking what it is sent (monotonic seconds).
    """

    __slots__ = (
        "_edits",
        "_messages",
        "_operations",
        "_outbox_bytes",
        "_per_edit",
        "_socket",
        "_strikes",
        "behind_since",
        "client",
        "expires_at",
        "id",
        "person",
    )

    def __init__(
        self,
        socket: LiveProtocol,
        settings: Settings,
        person: str,
        client: str,
        expires_at: float,
    ) -> None:
        self.id = secrets.token_hex(6)
        self.person = person
        self.client = client or self.id
        self.expires_at = expires_at
        self.behind_since: float | None = None
        self._socket = socket
        self._outbox_bytes = settings.outbox_bytes
        self._per_edit = settings.operations_per_edit
        self._messages = Bucket(settings.messages_per_second, settings.messages_burst)
        self._edits = Bucket(settings.edits_per_second, settings.edits_burst)
        self._operations = Bucket(settings.operations_per_second, settings.operations_burst)
        self._strikes = Bucket(STRIKES_PER_SECOND, STRIKES_BURST)

    def send(self, frame: bytes) -> None:
        """Write a frame, or nothing to somebody who does not take what is there already."""
        if self.behind_since is not None:
            return
        unread = self._socket.unread
        if unread and unread + len(frame) > self._outbox_bytes:
            self.behind_since = time.monotonic()
        else:
            self._socket.write(frame)

    @property
    def drained(self) -> bool:
        """Whether all that was written has been taken."""
        return self._socket.unread == 0

    def answer(self, message: object) -> None:
        self.send(text_frame(encode(message)))

    def close(self, code: Close, reason: str) -> None:
        self._socket.close(code, reason)

    def over_limit(self, message: ClientMessage | Refused) -> Refused | None:
        """Refuse a message that is one too many. Raises Closing for who goes on regardless."""
        wait = self._messages.take()
        refused = None
        if wait:
            named = UNSET if isinstance(message, Join) else message.id
            refused = Refused("too_many", "Too many messages.", id=named, retry_after=wait)
        elif isinstance(message, Asked):
            refused = self._edit_over_limit(message)
        if refused is not None and self._strikes.take():
            raise Closing(Close.TOO_MANY, "Too many messages.")
        return refused

    def _edit_over_limit(self, edit: Asked) -> Refused | None:
        operations = len(edit.operations) if isinstance(edit, Edit) else 1
        if operations > self._per_edit:
            return Refused(
                "too_many_operations",
                f"An edit has at most {self._per_edit} operations.",
                id=edit.id,
            )
        wait = max(self._edits.take(), self._operations.take(operations))
        if wait:
            return Refused("too_many", "Too many edits at once.", id=edit.id, retry_after=wait)
        return None

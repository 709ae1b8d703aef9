"""How much a connection may send: what is over a limit is refused, and who goes on is closed."""

from typing import get_args

from msgspec import UNSET

from server.client_messages import (
    Asked,
    ClientMessage,
    Decide,
    Edit,
    Explain,
    Focus,
    Inspect,
    Join,
    Preview,
    Propose,
    Say,
)
from server.limits import Bucket
from server.protocol import Close, Closing
from server.server_messages import Refused
from server.settings import Settings

STRIKES_PER_SECOND = 2.0  # messages over a limit that are refused before the socket is closed
STRIKES_BURST = 100
BURST = 2.0  # of what has no burst of its own: so many seconds' worth at once


class Allowance:
    """What one connection has left of each of its limits."""

    __slots__ = (
        "_edits",
        "_focus",
        "_messages",
        "_operations",
        "_per_edit",
        "_questions",
        "_said",
        "_strikes",
    )

    def __init__(self, settings: Settings) -> None:
        self._per_edit = settings.operations_per_edit
        self._messages = Bucket(settings.messages_per_second, settings.messages_burst)
        self._edits = Bucket(settings.edits_per_second, settings.edits_burst)
        self._operations = Bucket(settings.operations_per_second, settings.operations_burst)
        self._questions = _bucket(settings.questions_per_second)
        self._focus = _bucket(settings.focus_per_second)
        self._said = Bucket(settings.said_per_second, settings.said_burst)
        self._strikes = Bucket(STRIKES_PER_SECOND, STRIKES_BURST)

    def over(self, message: ClientMessage | Refused) -> Refused | None:
        """Refuse a message that is one too many. Raises Closing for who goes on regardless."""
        refused = self._refusal(message)
        if refused is not None and self._strikes.take():
            raise Closing(Close.TOO_MANY, "Too many messages.")
        return refused

    def _refusal(self, message: ClientMessage | Refused) -> Refused | None:
        named = UNSET if isinstance(message, Join) else message.id
        if wait := self._messages.take():
            return Refused("too_many", "Too many messages.", id=named, retry_after=wait)
        operations = 1
        if isinstance(message, _WITH_OPERATIONS):
            operations = len(message.operations)
            if operations > self._per_edit:
                told = f"An edit has at most {self._per_edit} operations."
                return Refused("too_many_operations", told, id=named)
        wait, what = 0.0, ""
        match message:
            case Preview() | Explain() | Inspect():
                wait, what = self._questions.take(), "questions"
            case Focus():
                wait, what = self._focus.take(), "focus"
            case Say():
                wait, what = self._said.take(), "words"
            case _ if isinstance(message, _EDITS):
                wait = max(self._edits.take(), self._operations.take(operations))
                what = "edits"
        if wait:
            return Refused("too_many", f"Too many {what} at once.", id=named, retry_after=wait)
        return None


def _bucket(per_second: float) -> Bucket:
    return Bucket(per_second, max(1.0, per_second * BURST))


_WITH_OPERATIONS = (Edit, Preview, Propose)
_EDITS = (*get_args(Asked), Propose, Decide)

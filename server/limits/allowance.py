"""How much a connection may send: what is over a limit is refused, and who goes on is closed.

What costs the server something counts for a person, however many sockets they have and wherever,
and for an address, where many of them may be; what costs little counts for the socket alone.
"""

from typing import Protocol, get_args

from msgspec import UNSET, Struct

from server.client_messages import (
    Asked,
    ClientMessage,
    Decide,
    Edit,
    Explain,
    Focus,
    Inspect,
    Preview,
    Propose,
    Say,
)
from server.limits.buckets import Bucket, Standing
from server.limits.limiter import Limiter
from server.protocol import Close, Closing, encode
from server.server_messages import Refused
from server.settings import Settings

STRIKES_PER_SECOND = 2.0  # messages over a limit that are refused before the socket is closed
STRIKES_BURST = 100
BURST = 2.0  # of what has no burst of its own: so many seconds' worth at once


class Taker(Protocol):
    def take(self, amount: float = 1.0) -> float:
        """Take what is asked for: 0.0; or nothing: seconds until it would be there."""
        ...

    def spend(self, amount: float) -> None:
        """Take what was used already, whatever there is."""
        ...

    def owes(self) -> float:
        """Seconds until what was spent beyond it is there again."""
        ...

    def standing(self, wait: float) -> Standing:
        """After a `take` that came to `wait`."""
        ...


class Share(Struct, frozen=True):
    """What a person, or an address, has left of each limit.

    bytes: of what their edits and proposals come to where they are kept. That is known when they
    are made: whoever has spent more than there was waits until it is there again.
    """

    edits: Taker
    operations: Taker
    questions: Taker
    said: Taker
    bytes: Taker


class LiveLimits:
    """The limits of live operations, of all connections everywhere together."""

    def __init__(self, limiter: Limiter, settings: Settings) -> None:
        people = settings.people_per_address
        self._limits = tuple(
            tuple(
                limiter.purses(f"{name} {whose}", per_second * times, burst * times)
                for name, per_second, burst in _rates(settings)
            )
            for whose, times in (("person", 1), ("address", people))
        )

    def of(self, person: str, network: str) -> tuple[Share, ...]:
        peers = (person, network)
        return tuple(
            Share(*(purses.of(peer) for purses in limits))
            for limits, peer in zip(self._limits, peers, strict=True)
            if peer
        )


class Allowance:
    """What one connection has left of each of its limits.

    shares: what those have left that it counts for.
    """

    __slots__ = (
        "_focus",
        "_messages",
        "_per_edit",
        "_shares",
        "_strikes",
    )

    def __init__(self, settings: Settings, shares: tuple[Share, ...] = ()) -> None:
        self._per_edit = settings.operations_per_edit
        self._messages = Bucket(settings.messages_per_second, settings.messages_burst)
        self._focus = Bucket(settings.focus_per_second, _burst(settings.focus_per_second))
        self._shares = shares or (
            Share(*(Bucket(per_second, burst) for _, per_second, burst in _rates(settings))),
        )
        self._strikes = Bucket(STRIKES_PER_SECOND, STRIKES_BURST)

    def over(self, message: ClientMessage | Refused) -> Refused | None:
        """Refuse a message that is one too many. Raises Closing for who goes on regardless."""
        refused = self._refusal(message)
        if refused is not None and self._strikes.take():
            wait = refused.retry_after
            least = 1.0  # whoever comes back at once would only go on
            raise Closing(
                Close.TOO_MANY, "Too many messages.", least if wait is UNSET else max(least, wait)
            )
        return refused

    def _refusal(self, message: ClientMessage | Refused) -> Refused | None:
        named = message.id
        if wait := self._messages.take():
            return Refused("too_many", "Too many messages.", id=named, retry_after=wait)
        operations = 1
        if isinstance(message, _WITH_OPERATIONS):
            operations = len(message.operations)
            if operations > self._per_edit:
                told = f"An edit has at most {self._per_edit} operations."
                return Refused("too_many_operations", told, id=named)
        if isinstance(message, _EDITS):
            wait, what = edit_wait(self._shares, operations), "edits"
        else:
            wait, what = self._other_wait(message)
        if wait:
            return Refused("too_many", f"Too many {what} at once.", id=named, retry_after=wait)
        if isinstance(message, Propose):
            self.weighed(len(encode(message.operations)))
        return None

    def weighed(self, size: int) -> None:
        """What was made takes so many bytes."""
        weighed(self._shares, size)

    def _other_wait(self, message: ClientMessage | Refused) -> tuple[float, str]:
        """Of what is no edit: seconds to wait, and for what."""
        match message:
            case Preview() | Explain() | Inspect():
                return max(share.questions.take() for share in self._shares), "questions"
            case Focus():
                return self._focus.take(), "focus"
            case Say():
                return max(share.said.take() for share in self._shares), "chat messages"
            case _:
                return 0.0, ""


def edit_wait(shares: tuple[Share, ...], operations: int) -> float:
    """Take an edit: 0.0; or seconds until there is one again."""
    wait = 0.0
    for share in shares:
        wait = max(wait, share.edits.take(), share.operations.take(operations), share.bytes.owes())
    return wait


def weighed(shares: tuple[Share, ...], size: int) -> None:
    """What was made takes so many bytes."""
    for share in shares:
        share.bytes.spend(size)


def _rates(settings: Settings) -> tuple[tuple[str, float, float], ...]:
    """Of each limit of a share: its name, how much a second, and how much at once."""
    questions = settings.questions_per_second
    return (
        ("edits", settings.edits_per_second, settings.edits_burst),
        ("operations", settings.operations_per_second, settings.operations_burst),
        ("questions", questions, _burst(questions)),
        ("said", settings.said_per_second, settings.said_burst),
        ("bytes", settings.edit_bytes_per_second, settings.edit_bytes_burst),
    )


def _burst(per_second: float) -> float:
    return max(1.0, per_second * BURST)


_WITH_OPERATIONS = (Edit, Preview, Propose)
_EDITS = (*get_args(Asked), Propose, Decide)

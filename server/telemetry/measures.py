"""What the parts of a worker tell of themselves. Nobody listens unless an operator wants to know.

Each part is given `Measures`, and calls what is in it; what listens (`metrics.py`, `tracing.py`)
is bound there once, so that no part knows of it, and none of it costs anything when it is off.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol


def _nothing(*_: object) -> None:
    """Nobody listens."""


_NOBODY = nullcontext()


class Course:
    """An edit's way: it arrived, its turn begins, it is decided, durable, answered.

    This one takes no note of it.
    """

    __slots__ = ()

    def begins(self) -> None:
        """Its turn has come."""

    def decided(self) -> None:
        """It is known what it comes to; again when another edit was first."""

    def durable(self) -> AbstractContextManager[object]:
        """It is in the log now; around what passes it on."""
        return _NOBODY

    def answered(self, code: str) -> None:
        """Its author was told. code: of a refusal, else ""."""


class Spread:
    """A change on its way to the sockets of this worker; `done` is called when all have it."""

    __slots__ = ("_lines", "done")

    def __init__(self, done: Callable[[], object]) -> None:
        self.done = done
        self._lines = 0

    def awaits(self) -> None:
        """One more line of connections is to write it."""
        self._lines += 1

    def written(self) -> None:
        """One of them has."""
        self._lines -= 1
        if not self._lines:
            self.done()


_NO_COURSE = Course()


def _no_course(_session: str, _edit: str) -> Course:
    return _NO_COURSE


def _no_spread(_tier: str) -> Spread | None:
    return None


@dataclass(frozen=True)
class Measures:
    """course(session, edit): begins when an edit arrives. spread(tier): begins when a change is
    passed on, to "collaborators" or "viewers".

    refused(code): somebody was told so on a socket. session(by), socket(feed, by): so many more
    are open. fell_behind, moved_on, cut_off: somebody does not read what they are sent; is sent
    the newest state instead; is closed for it. closed(code): we closed a socket.
    computed(seconds): a build's totals. redis_failed, sql_failed: a call did. hints_lost:
    notifications of other workers may have been.
    """

    course: Callable[[str, str], Course] = _no_course
    spread: Callable[[str], Spread | None] = _no_spread
    refused: Callable[[str], object] = _nothing
    session: Callable[[int], object] = _nothing
    socket: Callable[[str, int], object] = _nothing
    fell_behind: Callable[[], object] = _nothing
    moved_on: Callable[[], object] = _nothing
    cut_off: Callable[[], object] = _nothing
    closed: Callable[[int], object] = _nothing
    computed: Callable[[float], object] = _nothing
    redis_failed: Callable[[], object] = _nothing
    sql_failed: Callable[[], object] = _nothing
    hints_lost: Callable[[], object] = _nothing


UNMEASURED = Measures()


class Values(Protocol):
    """What was measured, for who may read it."""

    def look(self) -> None:
        """Bring it up to date."""

    def expose(self, accepted: str) -> tuple[bytes, str]:
        """All of it, and its media type. accepted: of the `Accept` header."""

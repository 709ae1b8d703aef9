"""What waits for its turn, served author by author, so that nobody starves."""

from collections import deque
from typing import Generic, Protocol, TypeVar

from server.server_messages import Accepted, Refused

WAITING = 500  # edits of one author, while Redis is away
ALL_WAITING = 5000  # and of all: who comes again and again is another author each time

Who = TypeVar("Who")
What = TypeVar("What")


class Author(Protocol):
    """Whoever makes edits and waits for their answers: a connection, for one."""

    person: str

    def answer(self, message: Accepted | Refused) -> None: ...

    def weighed(self, size: int) -> None:
        """An edit of theirs was made, and takes so many bytes."""


class Turns(Generic[Who, What]):
    """waiting: how much of one author's may wait."""

    def __init__(self, waiting: int = WAITING) -> None:
        self._limit = waiting
        self._all = 0
        self._waiting: dict[Who, deque[What]] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, author: Who, what: What) -> bool:
        """False when the author has too many waiting, or all together have."""
        known = len(self._waiting.get(author, ()))
        if known >= self._limit or self._all >= ALL_WAITING:
            return False
        self._waiting.setdefault(author, deque()).append(what)
        self._all += 1
        return True

    @property
    def coming(self) -> What | None:
        """What `take` would return."""
        return next(iter(self._waiting.values()))[0] if self._waiting else None

    def take(self) -> tuple[Who, What]:
        """The next one. Raises IndexError when none waits."""
        if not self._waiting:
            raise IndexError("nothing waits")
        author = next(iter(self._waiting))
        waiting = self._waiting.pop(author)
        what = waiting.popleft()
        self._all -= 1
        if waiting:
            self._waiting[author] = waiting  # to the end of the line
        return author, what

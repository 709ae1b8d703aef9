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

    def answer(self, *messages: Accepted | Refused) -> None: ...

    def weighed(self, size: int) -> None:
        """An edit of theirs was made, and takes so many bytes."""


class Turns(Generic[Who, What]):
    """waiting: how much of one author's may wait."""

    def __init__(self, waiting: int = WAITING) -> None:
        self._limit = waiting
        self._all = 0
        self._waiting: dict[Who, deque[What]] = {}
        self._line: deque[tuple[Who, deque[What]]] = deque()  # whose turn comes when

    def __bool__(self) -> bool:
        return bool(self._line)

    def put(self, author: Who, what: What) -> bool:
        """False when the author has too many waiting, or all together have."""
        if self._all >= ALL_WAITING:
            return False
        waiting = self._waiting.get(author)
        if waiting is None:
            waiting = self._waiting[author] = deque()
            self._line.append((author, waiting))
        elif len(waiting) >= self._limit:
            return False
        waiting.append(what)
        self._all += 1
        return True

    @property
    def coming(self) -> What | None:
        """What `take` would return."""
        return self._line[0][1][0] if self._line else None

    def take(self) -> tuple[Who, What]:
        """The next one. Raises IndexError when none waits."""
        author, waiting = self._line.popleft()
        what = waiting.popleft()
        self._all -= 1
        if waiting:
            self._line.append((author, waiting))
        else:
            del self._waiting[author]
        return author, what

"""Edits that wait for their turn, served author by author, so that nobody starves."""

from collections import deque
from typing import Protocol

from server.protocol import Accepted, Asked, Refused

WAITING = 500  # edits of one author, while Redis is away


class Author(Protocol):
    """Whoever makes edits and waits for their answers: a connection, for one."""

    person: str

    def answer(self, message: Accepted | Refused) -> None: ...


class Turns:
    def __init__(self) -> None:
        self._waiting: dict[Author, deque[Asked]] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, author: Author, edit: Asked) -> bool:
        """False when the author has too many waiting."""
        edits = self._waiting.setdefault(author, deque())
        if len(edits) >= WAITING:
            return False
        edits.append(edit)
        return True

    def take(self) -> tuple[Author, Asked]:
        """The next edit. Raises IndexError when none waits."""
        if not self._waiting:
            raise IndexError("no edit waits")
        author = next(iter(self._waiting))
        edits = self._waiting.pop(author)
        edit = edits.popleft()
        if edits:
            self._waiting[author] = edits  # to the end of the line
        return author, edit

"""Edits that wait for their turn, served connection by connection, so that nobody starves."""

from collections import deque

from server.connection import Connection
from server.protocol import Asked

WAITING = 500  # edits of one connection, while Redis is away


class Turns:
    def __init__(self) -> None:
        self._waiting: dict[Connection, deque[Asked]] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, connection: Connection, edit: Asked) -> bool:
        """False when the connection has too many waiting."""
        edits = self._waiting.setdefault(connection, deque())
        if len(edits) >= WAITING:
            return False
        edits.append(edit)
        return True

    def take(self) -> tuple[Connection, Asked]:
        """The next edit. Raises IndexError when none waits."""
        if not self._waiting:
            raise IndexError("no edit waits")
        connection = next(iter(self._waiting))
        edits = self._waiting.pop(connection)
        edit = edits.popleft()
        if edits:
            self._waiting[connection] = edits  # to the end of the line
        return connection, edit

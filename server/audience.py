"""Who is in a session on this worker, and what each of them is sent. Nothing here waits."""

from collections.abc import Iterator

from server.connection import Connection
from server.protocol import Close, Present, ServerMessage, encode
from server.session import EDITING, Access, gather, movements
from server.transport import text_frame

BEHIND_S = 30.0  # how long somebody may take nothing before the socket is closed


class Audience:
    """A session's connections on this worker, and its people on all workers.

    roles come from `access`: somebody who is not in it has no place here.
    """

    def __init__(self) -> None:
        self._connections: dict[tuple[str, str], Connection] = {}
        self._access = Access(0, {})
        self._others: tuple[tuple[Present, ...], ...] = ()
        self.people: dict[str, Present] = {}

    def __len__(self) -> int:
        return len(self._connections)

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._connections.values()))

    def own_people(self) -> tuple[Present, ...]:
        """Who is here by this worker."""
        counts: dict[str, int] = {}
        for person, _ in self._connections:
            counts[person] = counts.get(person, 0) + 1
        members = self._access.members
        return tuple(
            Present(person, members[person].name, members[person].role, count)
            for person, count in counts.items()
            if person in members
        )

    def enter(self, connection: Connection) -> None:
        """Count a newcomer in; the others are told, and an older socket of theirs is closed."""
        self.replace(connection.person, connection.client, connection.id)
        self._connections[connection.person, connection.client] = connection
        self._tell_movements(but=connection)

    def leave(self, connection: Connection) -> bool:
        """False when the connection was not here any more (replaced, say)."""
        place = (connection.person, connection.client)
        if self._connections.get(place) is not connection:
            return False
        del self._connections[place]
        self._tell_movements()
        return True

    def replace(self, person: str, client: str, by: str) -> None:
        """Close the socket of this client, unless it is the connection `by` itself."""
        older = self._connections.get((person, client))
        if older is not None and older.id != by:
            del self._connections[person, client]
            older.close(Close.REPLACED, "Joined again elsewhere.")

    def take_access(self, access: Access) -> None:
        """Roles may have changed; who has none any more goes."""
        self._access = access
        for place, connection in tuple(self._connections.items()):
            if connection.person not in access.members:
                del self._connections[place]
                connection.close(Close.NOT_ALLOWED, "You may not be in this session any more.")
        self._tell_movements()

    def take_others(self, others: tuple[tuple[Present, ...], ...]) -> None:
        """Who is here by the other workers."""
        self._others = others
        self._tell_movements()

    def full(self, connection: Connection, *, editors: int, viewers: int) -> bool:
        """Whether the session has no place for one more connection, which may replace one."""
        if (connection.person, connection.client) in self._connections:
            return False
        edits = self._edits(connection)
        here = sum(
            each.connections for each in self.people.values() if (each.role in EDITING) == edits
        )
        return here >= (editors if edits else viewers)

    def send(self, message: ServerMessage, *, editors_only: bool = False) -> None:
        """The same bytes to everybody."""
        self.send_frame(text_frame(encode(message)), editors_only=editors_only)

    def send_frame(self, frame: bytes, *, editors_only: bool = False) -> None:
        for connection in self._connections.values():
            if not editors_only or self._edits(connection):
                connection.send(frame)

    def close_all(self, code: Close, reason: str) -> None:
        for connection in self:
            connection.close(code, reason)

    def close_overdue(self, now: float, monotonic: float) -> None:
        """Close who has taken nothing for long, and whose token has expired.

        now: seconds since 1970; monotonic: of the clock for durations.
        """
        for connection in self:
            behind_since = connection.behind_since
            if connection.expires_at <= now:
                connection.close(Close.NOT_AUTHENTICATED, "Your token has expired.")
            elif behind_since is not None and monotonic - behind_since > BEHIND_S:
                connection.close(Close.TRY_AGAIN, "You took nothing of what was sent for long.")

    def _edits(self, connection: Connection) -> bool:
        member = self._access.members.get(connection.person)
        return member is not None and member.role in EDITING

    def _tell_movements(self, but: Connection | None = None) -> None:
        people = gather((self.own_people(), *self._others))
        moved = movements(self.people, people)
        self.people = people
        if moved is None:
            return
        frame = text_frame(encode(moved))
        for connection in self._connections.values():
            if connection is not but:
                connection.send(frame)

"""One crowd against one server: what is measured of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from msgspec import UNSET, Struct

from calc.operations import SetNotes
from server.auth import Tokens
from server.client_messages import Edit, Join
from server.commands.bench.crowd import Crowd, Member, Room, masked
from server.commands.bench.fanout_servers import SECRET, TRIGGER, payload, person
from server.commands.bench.serving import Served
from server.protocol import encode

NOTES = 390  # characters: they are in a change twice, and make it about 1 KB
IN_FLIGHT = 16
SETTLE_S = 0.3
SETTLE_MANY_S = 1.0  # of many sessions: each tells Redis who is there
WARM = 50  # who come first, so that what is needed once is there


class Load(Struct):
    """What came of publishing for a while. latencies: seconds from publishing to delivery."""

    published: int
    deliveries: int
    seconds: float
    cpu_s: float
    latencies: list[float]

    @property
    def per_cpu_s(self) -> float:
        """Deliveries per second of the server's processor."""
        return self.deliveries / self.cpu_s


class Arrival(Struct):
    """What came of many joining at once. bytes_each: of the server's memory, once they are idle."""

    seconds: float
    cpu_s: float
    bytes_each: float


class Kind:
    """A server under test, and how one speaks to it.

    name: as in the table. watch: the role of who is sent everything.
    """

    def __init__(self, name: str, served: Served, watch: str = "") -> None:
        self.name = name
        self.served = served
        self._joins = bool(watch)
        self._watch = watch
        self._bare = name == "bare loop"
        self._text = payload()
        self._count = 0
        self._tokens = Tokens(SECRET)

    def crowd(self) -> Crowd:
        ready = (b'{"type":"snapsho', b'{"type":"totals"') if self._joins else ()
        return Crowd(self.served.port, ready)

    def come(self, crowd: Crowd, room: Room, number: int) -> Member:
        """One of those who are sent everything. They are many clients of few people who edit,
        or as many viewers."""
        if not self._joins:
            return crowd.connect(room, b"")
        who = person(number) if self._watch == "viewer" else f"e{number % 5}"
        return crowd.connect(room, self._join(who, f"c{number}"))

    def author(self, crowd: Crowd, room: Room) -> Member:
        """Somebody who publishes; as anybody else they are sent everything."""
        return crowd.connect(room, self._join("author", "author") if self._joins else b"")

    def publish(self, crowd: Crowd, author: Member) -> None:
        self._count += 1
        number = b"%08d" % self._count
        if self._bare:
            number, frame = b"00000000", TRIGGER
        elif self._joins:
            notes = str(self._count).ljust(NOTES)
            edit = Edit(f"edit-{self._count:08d}", author.room.published, (SetNotes(notes),))
            frame = masked(encode(edit))
        else:
            frame = masked(self._text.replace(b"00000000", number))
        crowd.publish(author, frame, number)

    def _join(self, who: str, client: str) -> bytes:
        someone = self._tokens.again(self._tokens.guest("x"))
        token = self._tokens.sign(type(someone)(who, "x", someone.issued_at, someone.expires_at))
        return masked(encode(Join(token=token, client=client or UNSET)))


@contextmanager
def gathered(kind: Kind, size: int) -> Iterator[tuple[Crowd, Member]]:
    """So many in one session, one of whom publishes."""
    with kind.crowd() as crowd:
        room = Room("big")
        author = kind.author(crowd, room)
        crowd.everybody()
        for number in range(size - 1):
            kind.come(crowd, room, number)
        crowd.everybody()
        settle(crowd)
        kind.publish(crowd, author)  # once for free: it warms up
        crowd.until(lambda: crowd.deliveries >= size, "the first did not arrive", 10)
        settle(crowd)  # viewers are sent the next update no sooner than their rate allows
        yield crowd, author


def storm(kind: Kind, size: int) -> Arrival:
    """So many come at once to a server that serves nobody yet."""
    with kind.crowd() as crowd:
        room = Room("storm")
        kind.author(crowd, room)
        for number in range(WARM):
            kind.come(crowd, room, number)
        crowd.everybody()
        settle(crowd)
        memory, cpu, began = kind.served.memory_bytes(), kind.served.cpu_s(), time.perf_counter()
        for number in range(WARM, WARM + size):
            kind.come(crowd, room, number)
        crowd.everybody()
        seconds, cpu = time.perf_counter() - began, kind.served.cpu_s() - cpu
        settle(crowd, 2.0)
        return Arrival(seconds, cpu, (kind.served.memory_bytes() - memory) / size)


def settle(crowd: Crowd, seconds: float = SETTLE_S) -> None:
    """Until who came is told, and what that left behind is done."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        crowd.turn(0.05)


def one_by_one(kind: Kind, crowd: Crowd, author: Member, seconds: float) -> Load:
    """The next change after the last delivery."""
    size = author.room.size

    def work(until: float) -> None:
        while time.monotonic() < until:
            before = crowd.deliveries
            kind.publish(crowd, author)
            crowd.until(lambda: crowd.deliveries - before == size, "a delivery is missing")  # noqa: B023

    return _measured(kind, crowd, author.room, work, seconds)


def saturated(kind: Kind, crowd: Crowd, author: Member, seconds: float) -> Load:
    """Sixteen changes on their way at any time."""
    room = author.room
    start = room.delivered

    def work(until: float) -> None:
        published = 0
        while time.monotonic() < until:
            behind = (room.delivered - start) // room.size
            while published - behind < IN_FLIGHT:
                kind.publish(crowd, author)
                published += 1
            crowd.turn(0.5)
        crowd.until(
            lambda: room.delivered - start == published * room.size, "a delivery is missing"
        )

    return _measured(kind, crowd, room, work, seconds)


def steady(kind: Kind, crowd: Crowd, author: Member, seconds: float, per_second: float) -> Load:
    """So many changes a second, whatever becomes of them."""

    def work(until: float) -> None:
        due = time.monotonic()
        while due < until:
            kind.publish(crowd, author)
            due += 1 / per_second
            while (left := due - time.monotonic()) > 0:
                crowd.turn(left)

    return _measured(kind, crowd, author.room, work, seconds)


def one_edits(kind: Kind, sessions: int, size: int, seconds: float) -> Load:
    """Many small sessions; in each the next change after the last delivery."""

    def work(crowd: Crowd, rooms: dict[Room, list[Member]], until: float) -> None:
        crowd.full = lambda room: kind.publish(crowd, rooms[room][0])
        for room in rooms:
            kind.publish(crowd, rooms[room][0])
        _turn_until(crowd, until)

    return _small_sessions(kind, sessions, size, seconds, work)


def one_streams(kind: Kind, sessions: int, size: int, seconds: float) -> Load:
    """Many small sessions; in each sixteen changes of one person are on their way at any time."""

    def work(crowd: Crowd, rooms: dict[Room, list[Member]], until: float) -> None:
        while time.monotonic() < until:
            for room, members in rooms.items():
                while room.published - room.delivered // room.size < IN_FLIGHT:
                    kind.publish(crowd, members[0])
            crowd.turn(0.5)
        settle(crowd)

    return _small_sessions(kind, sessions, size, seconds, work)


def all_edit(kind: Kind, sessions: int, size: int, seconds: float) -> Load:
    """Many small sessions; in each everybody makes their next change when they have their last."""

    def work(crowd: Crowd, rooms: dict[Room, list[Member]], until: float) -> None:
        crowd.back = lambda member: kind.publish(crowd, member)
        for members in rooms.values():
            for member in members:
                kind.publish(crowd, member)
        _turn_until(crowd, until)

    return _small_sessions(kind, sessions, size, seconds, work)


def _small_sessions(
    kind: Kind,
    sessions: int,
    size: int,
    seconds: float,
    work: Callable[[Crowd, dict[Room, list[Member]], float], None],
) -> Load:
    with kind.crowd() as crowd:
        rooms = {}
        for number in range(sessions):
            room = Room(f"small-{number}")
            others = range(size - 1)
            author = kind.author(crowd, room)
            rooms[room] = [author, *(kind.come(crowd, room, other) for other in others)]
        crowd.everybody()
        settle(crowd, SETTLE_MANY_S)
        load = _measured(kind, crowd, Room("all"), partial(work, crowd, rooms), seconds)
        load.published = sum(room.published for room in rooms)
        return load


def _turn_until(crowd: Crowd, until: float) -> None:
    """Until then, and then until what is on its way is there."""
    while time.monotonic() < until:
        crowd.turn(0.5)
    crowd.full = crowd.back = None
    settle(crowd)


def _measured(
    kind: Kind, crowd: Crowd, room: Room, work: Callable[[float], None], seconds: float
) -> Load:
    crowd.latencies = []
    deliveries, published = crowd.deliveries, room.published
    began, cpu = time.perf_counter(), kind.served.cpu_s()
    work(time.monotonic() + seconds)
    load = Load(
        room.published - published,
        crowd.deliveries - deliveries,
        time.perf_counter() - began,
        kind.served.cpu_s() - cpu,
        crowd.latencies,
    )
    crowd.latencies = None
    return load

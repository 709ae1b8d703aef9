"""A connection's outbox is bounded, and who falls behind is moved to the newest state."""

from collections.abc import Callable
from types import SimpleNamespace

import msgspec
import pytest

from calc.operations import SetLevel
from server.client_messages import Edit, Focus, Ping, Propose
from server.live.audience import Audience
from server.logic.rights import Access, Membership
from server.protocol import Close, Closing
from server.server_messages import Refused
from server.settings import Settings
from server.sockets import connection as connection_module
from server.sockets.connection import Connection
from server.sockets.transport import text_frame


class Socket:
    """A socket with a buffer; `takes` is whether the peer reads."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.unread = 0
        self.takes = True
        self.closed: tuple[Close, str] | None = None

    def watch(self, outlet: Connection, outbox_bytes: int) -> Callable[[bytes], None]:
        self.outlet, self.outbox_bytes = outlet, outbox_bytes
        return self.write

    def write(self, frames: bytes) -> None:
        self.written.append(frames)
        if not self.takes:
            self.unread += len(frames)
            if self.unread > self.outbox_bytes:
                self.outlet.filled()

    def read(self) -> None:
        """The peer reads everything."""
        self.unread = 0
        self.outlet.emptied()

    def close(self, code: Close, reason: str) -> None:
        self.closed = (code, reason)
        self.outlet.gone()


def a_connection(
    socket: Socket, person: str = "g1", expires_at: float = 1e11, **settings: object
) -> Connection:
    return Connection(
        socket,
        msgspec.structs.replace(Settings(), **settings),
        person,
        "",
        expires_at,
    )


def an_edit(operations: int = 1) -> Edit:
    return Edit("12345678", 0, (SetLevel(1),) * operations)


def test_who_does_not_read_costs_no_more_than_their_outbox_and_one_write() -> None:
    socket = Socket()
    connection = a_connection(socket, outbox_bytes=1000)
    connection.drained = lambda _: None
    socket.takes = False
    for _ in range(100):
        connection.send(b"x" * 300)
    assert socket.unread == 1200
    assert connection.behind_since is not None
    socket.read()  # nothing comes before it is moved to the newest state
    connection.send(b"x")
    assert len(socket.written) == 4
    assert connection.reads_again()
    connection.send(b"x")
    assert len(socket.written) == 5


def test_a_full_outbox_that_empties_before_anything_comes_costs_nothing() -> None:
    socket = Socket()
    connection = a_connection(socket, outbox_bytes=10)
    socket.takes = False
    connection.send(b"x" * 1000)
    socket.read()
    connection.send(b"y")
    assert socket.written == [b"x" * 1000, b"y"]
    assert connection.behind_since is None


def test_who_still_has_something_to_read_does_not_read_again() -> None:
    socket = Socket()
    connection = a_connection(socket, outbox_bytes=10)
    socket.takes = False
    connection.send(b"x" * 100)
    connection.send(b"x" * 100)
    assert not connection.reads_again()
    socket.unread = 0
    assert connection.reads_again()
    assert not connection.reads_again()


def test_who_falls_behind_five_times_in_a_minute_is_closed() -> None:
    socket = Socket()
    connection = a_connection(socket, outbox_bytes=10)

    def go_on(each: Connection) -> None:
        assert each.reads_again()

    connection.drained = go_on
    for fall in range(5):
        assert socket.closed is None, fall
        socket.takes = False
        connection.send(b"x" * 100)
        connection.send(b"x" * 100)
        socket.takes = True
        socket.read()
    assert socket.closed
    assert socket.closed[0] == Close.TRY_AGAIN
    written = len(socket.written)
    connection.send(b"x")
    assert len(socket.written) == written


async def test_who_is_behind_for_long_or_has_an_expired_token_is_closed() -> None:
    audience = Audience()
    access = Access(1, {f"g{n}": Membership("x", "viewer") for n in range(3)})
    audience.take_access(access)
    slow, expired, fine = Socket(), Socket(), Socket()
    for number, (socket, expires_at) in enumerate(((slow, 9e9), (expired, 1000), (fine, 9e9))):
        connection = a_connection(socket, person=f"g{number}", expires_at=expires_at)
        audience.enter(connection)
        if socket is slow:
            connection.behind_since = 100.0
    audience.close_overdue(now=999, monotonic=130)
    assert (slow.closed, expired.closed, fine.closed) == (None, None, None)
    audience.close_overdue(now=1000, monotonic=130.1)
    assert slow.closed
    assert slow.closed[0] == Close.TRY_AGAIN
    assert expired.closed
    assert expired.closed[0] == Close.NOT_AUTHENTICATED
    assert fine.closed is None


def test_messages_over_the_rate_are_refused_with_their_id_and_then_close() -> None:
    connection = a_connection(Socket(), messages_per_second=0.001, messages_burst=2)
    assert connection.over_limit(Ping("a")) is None
    assert connection.over_limit(Ping("b")) is None
    refused = connection.over_limit(Ping("c"))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.id) == ("too_many", "c")
    for _ in range(99):
        assert connection.over_limit(Ping("d"))
    with pytest.raises(Closing) as closing:
        connection.over_limit(Ping("d"))
    assert closing.value.code == Close.TOO_MANY


def test_who_was_closed_for_too_much_is_not_told_to_be_back_at_once() -> None:
    connection = a_connection(Socket(), focus_per_second=0.9)

    def goes_on() -> None:
        while True:
            connection.over_limit(Focus())

    with pytest.raises(Closing) as closing:
        goes_on()
    assert closing.value.retry_after == 1.0


def test_operations_have_a_rate_of_their_own() -> None:
    connection = a_connection(Socket(), operations_per_second=0.001, operations_burst=10)
    assert connection.over_limit(an_edit(8)) is None
    refused = connection.over_limit(an_edit(8))
    assert refused
    assert refused.code == "too_many"
    assert refused.retry_after
    assert connection.over_limit(an_edit(2)) is None


def test_an_edit_has_a_size() -> None:
    refused = a_connection(Socket(), operations_per_edit=3).over_limit(an_edit(4))
    assert refused
    assert refused.code == "too_many_operations"


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
def test_frames_are_websocket_text_frames(size: int) -> None:
    from websockets.frames import Frame, Opcode

    payload = b"x" * size
    frame = Frame(Opcode.TEXT, payload)
    assert text_frame(payload) == frame.serialize(mask=False)


def test_who_was_given_more_bytes_than_there_are_waits_until_they_are_there_again() -> None:
    connection = a_connection(Socket(), edit_bytes_per_second=1e-3, edit_bytes_burst=100)
    assert connection.over_limit(an_edit()) is None
    connection.weighed(99)
    assert connection.over_limit(an_edit()) is None
    connection.weighed(3)
    refused = connection.over_limit(an_edit())
    assert refused
    assert refused.code == "too_many"
    assert refused.retry_after == pytest.approx(2000, rel=0.01)
    assert connection.over_limit(Ping("a")) is None


def test_what_is_proposed_weighs_too() -> None:
    connection = a_connection(Socket(), edit_bytes_per_second=1e-3, edit_bytes_burst=10)
    proposal = Propose("12345678", (SetLevel(1),))
    assert connection.over_limit(proposal) is None
    assert connection.over_limit(proposal)


def behind(socket: Socket) -> Connection:
    """Somebody who does not read any more."""
    connection = a_connection(socket, outbox_bytes=10)
    socket.takes = False
    for _ in range(2):
        connection.send(b"x" * 100)
    assert connection.behind_since is not None
    return connection


def test_who_is_behind_does_not_fall_behind_again_before_they_read() -> None:
    socket = Socket()
    connection = behind(socket)
    for _ in range(5):
        connection.filled()
        connection.send(b"x")
    assert socket.closed is None


def test_who_is_gone_does_not_read_again() -> None:
    socket = Socket()
    connection = behind(socket)
    connection.gone()
    socket.unread = 0
    assert not connection.reads_again()


def test_who_falls_behind_now_and_then_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(connection_module, "time", SimpleNamespace(monotonic=lambda: now))
    socket = Socket()
    connection = a_connection(socket, outbox_bytes=10)
    connection.drained = lambda each: each.reads_again()
    for fall in range(9):
        now = 15.0 * fall
        socket.takes = False
        for _ in range(2):
            connection.send(b"x" * 100)
        socket.takes = True
        socket.read()
    assert socket.closed is None


@pytest.mark.parametrize(("code", "told"), [(Close.TRY_AGAIN, True), (Close.NOT_ALLOWED, False)])
def test_who_may_come_back_is_told_when(code: Close, told: bool) -> None:
    socket = Socket()
    a_connection(socket).close(code, "Goodbye.")
    assert socket.closed == (code, "Goodbye.")
    assert (b'"retry_after":1.0' in socket.written[-1]) == told

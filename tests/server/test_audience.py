"""Who is in a session, and what each of them is sent."""

from typing import Any, cast

import msgspec
import pytest

from server.audience import Audience
from server.connection import Connection
from server.protocol import Close, Present, Status
from server.session import Access, Membership
from server.settings import Settings
from server.transport import LiveProtocol

ACCESS = Access(
    1,
    {
        "g1": Membership("Ann", "owner"),
        "g2": Membership("Bob", "editor"),
        "g3": Membership("Eve", "viewer"),
    },
)


class Socket:
    unread = 0

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.closed: Close | None = None

    def write(self, frame: bytes) -> None:
        self.messages.append(msgspec.json.decode(frame[frame.index(b"{") :]))

    def close(self, code: Close, reason: str) -> None:
        self.closed = code


def a_connection(person: str, client: str = "") -> tuple[Connection, Socket]:
    socket = Socket()
    return Connection(cast(LiveProtocol, socket), Settings(), person, client, 1e11), socket


def come(audience: Audience, person: str, client: str = "") -> tuple[Connection, Socket]:
    connection, socket = a_connection(person, client)
    audience.enter(connection)
    return connection, socket


@pytest.fixture
def audience() -> Audience:
    audience = Audience()
    audience.take_access(ACCESS)
    return audience


def test_others_are_told_who_comes_and_goes(audience: Audience) -> None:
    _, ann = come(audience, "g1")
    connection, bob = come(audience, "g2")
    here = {"person": "g2", "name": "Bob", "role": "editor", "connections": 1}
    assert ann.messages == [{"type": "people", "joined": [here]}]
    assert bob.messages == []  # the welcome says it all
    assert audience.leave(connection)
    assert ann.messages[1:] == [{"type": "people", "left": ["g2"]}]
    assert not audience.leave(connection)


def test_one_person_with_two_sockets_is_one_person(audience: Audience) -> None:
    _, ann = come(audience, "g1")
    come(audience, "g2", "tab-1")
    come(audience, "g2", "tab-2")
    assert ann.messages[-1]["changed"][0]["connections"] == 2
    assert set(audience.people) == {"g1", "g2"}


def test_the_same_client_again_replaces_its_socket_and_nobody_is_told(
    audience: Audience,
) -> None:
    _, ann = come(audience, "g1")
    first, old = come(audience, "g2", "tab-1")
    told = len(ann.messages)
    come(audience, "g2", "tab-1")
    assert old.closed == Close.REPLACED
    assert len(ann.messages) == told
    assert not audience.leave(first)
    assert "g2" in audience.people


def test_another_person_with_the_same_client_id_replaces_nobody(audience: Audience) -> None:
    _, ann = come(audience, "g1", "tab-1")
    come(audience, "g2", "tab-1")
    assert ann.closed is None


def test_a_client_that_joined_on_another_worker_is_replaced_here(audience: Audience) -> None:
    connection, ann = come(audience, "g1", "tab-1")
    audience.replace("g1", "tab-1", connection.id)
    assert ann.closed is None
    audience.replace("g1", "tab-1", "another")
    assert ann.closed == Close.REPLACED


def test_who_replaces_their_own_socket_finds_a_place(audience: Audience) -> None:
    come(audience, "g1", "tab-1")
    again, _ = a_connection("g1", "tab-1")
    assert not audience.full(again, editors=1, viewers=1)
    other, _ = a_connection("g1", "tab-2")
    assert audience.full(other, editors=1, viewers=1)


def test_people_of_other_workers_count(audience: Audience) -> None:
    _, ann = come(audience, "g1")
    bob = Present("g2", "Bob", "editor", 3)
    audience.take_others(((bob,),))
    assert ann.messages[-1]["joined"][0]["person"] == "g2"
    bob_again, _ = a_connection("g2")
    eve, _ = a_connection("g3")
    assert audience.full(bob_again, editors=4, viewers=9)
    assert not audience.full(bob_again, editors=5, viewers=9)
    assert not audience.full(eve, editors=1, viewers=1)
    audience.take_others(())
    assert ann.messages[-1]["left"] == ["g2"]


def test_who_loses_their_right_goes_and_a_new_role_is_told(audience: Audience) -> None:
    _, ann = come(audience, "g1")
    _, bob = come(audience, "g2")
    _, eve = come(audience, "g3")
    members = {"g1": ACCESS.members["g1"], "g3": Membership("Eve", "editor")}
    audience.take_access(Access(2, members))
    assert bob.closed == Close.NOT_ALLOWED
    assert eve.closed is None
    assert ann.messages[-1]["left"] == ["g2"]
    assert ann.messages[-1]["changed"][0]["role"] == "editor"


def test_what_is_for_editors_is_for_editors(audience: Audience) -> None:
    sockets = [come(audience, person)[1] for person in ("g1", "g2", "g3")]
    audience.send(Status(degraded=True), editors_only=True)
    told = [socket.messages[-1:] == [{"type": "status", "degraded": True}] for socket in sockets]
    assert told == [True, True, False]

"""Who is in a session, and what each of them is sent."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from calc import build as documents
from calc import patch
from calc.operations import SetLevel
from calc.totals import Total
from server.live import audience as audience_module
from server.live.audience import Audience
from server.logic.rights import Access, Membership
from server.logic.session import Committed, State
from server.protocol import Close, encode
from server.server_messages import Accepted, Change, Present, Status
from server.settings import Settings
from server.sockets.connection import Connection
from server.sockets.views import Wanted

ACCESS = Access(
    1,
    {
        "g1": Membership("Ann", "owner"),
        "g2": Membership("Bob", "editor"),
        "g3": Membership("Eve", "viewer"),
    },
)

START = State("s1", "e1", 0, "", "engine", documents.empty("Nova"), {}, (), ACCESS)


class Socket:
    unread = 0

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.writes = 0
        self.closed: Close | None = None

    def watch(self, outlet: Connection, outbox_bytes: int) -> Callable[[bytes], None]:
        self.outlet = outlet
        return self.write

    def write(self, frames: bytes) -> None:
        self.writes += 1
        while frames:
            size, start = frames[1], 2
            if size == 126:
                size, start = int.from_bytes(frames[2:4]), 4
            self.messages.append(msgspec.json.decode(frames[start : start + size]))
            frames = frames[start + size :]

    def close(self, code: Close, reason: str) -> None:
        self.closed = code
        self.outlet.gone()

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.messages if each["type"] == kind]


def a_connection(
    person: str, client: str = "", wanted: Wanted | None = None
) -> tuple[Connection, Socket]:
    socket = Socket()
    return Connection(socket, Settings(), person, client, 1e11, wanted or Wanted()), socket


def come(
    audience: Audience, person: str, client: str = "", wanted: Wanted | None = None
) -> tuple[Connection, Socket]:
    connection, socket = a_connection(person, client, wanted)
    audience.enter(connection)
    return connection, socket


async def a_turn() -> None:
    """Until what is due now is written."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
async def audience(monkeypatch: pytest.MonkeyPatch) -> Audience:
    """In which everybody is told in the next turn of the loop."""
    monkeypatch.setattr(audience_module, "NAMES_S", 0)
    monkeypatch.setattr(audience_module, "NUMBER_S", 0)
    monkeypatch.setattr(audience_module, "COMPANY_S", 0)
    audience = Audience(updates_per_second=1e9)
    audience.take_access(ACCESS)
    audience.begin(START)
    return audience


class Builder:
    """Makes changes, each with a total of its own."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self.state = START

    def change(self, level: int, **totals: float) -> None:
        changed = {name.replace("_", "."): Total(value, value) for name, value in totals.items()}
        before = self.state
        self.state = replace(
            before,
            revision=before.revision + 1,
            edit=f"edit-{before.revision + 1:04}",
            build=replace(before.build, level=level),
            totals={**before.totals, **changed},
        )
        change = Change(
            revision=self.state.revision,
            edit=self.state.edit,
            at=0,
            operations=(SetLevel(level),),
            patch=patch.difference(before.build, self.state.build),
            totals=changed,
        )
        committed = Committed(change.revision, change.edit, encode(change))
        self.audience.changed(self.state, committed)


@pytest.fixture
def builder(audience: Audience) -> Builder:
    return Builder(audience)


async def test_who_has_more_than_viewers_here_is_sent_nothing_of_what_they_have(
    audience: Audience, builder: Builder
) -> None:
    _, eve = come(audience, "g3", "tab-1")
    builder.change(30)  # eve will be sent it soon
    connection, socket = a_connection("g3", "tab-2")
    audience.enter(connection, has=1)  # was sent it by another worker
    assert audience.stands(connection.view).revision == 1
    await a_turn()
    assert socket.of("update") == []
    assert [each["from"] for each in eve.of("update")] == [0]
    builder.change(31)
    await a_turn()
    assert [each["from"] for each in socket.of("update")] == [1]
    assert [each["from"] for each in eve.of("update")] == [0, 1]


async def test_others_are_told_who_comes_and_goes(audience: Audience) -> None:
    _, ann = come(audience, "g1")
    await a_turn()
    connection, _ = come(audience, "g2")
    assert [each.person for each in audience.known_to(connection)] == ["g1", "g2"]
    await a_turn()
    here = {"person": "g2", "name": "Bob", "role": "editor", "connections": 1}
    assert ann.messages[-1] == {"type": "people", "joined": [here]}
    assert audience.leave(connection)
    await a_turn()
    assert ann.messages[-1] == {"type": "people", "left": ["g2"]}
    assert not audience.leave(connection)


async def test_v4_many_who_come_at_once_are_told_at_once(audience: Audience) -> None:
    members = {f"g{n}": Membership("x", "editor") for n in range(1, 202)}
    audience.take_access(Access(2, members))
    _, ann = come(audience, "g1")
    await a_turn()
    told = len(ann.messages)
    for number in range(2, 202):
        come(audience, f"g{number}")
    await a_turn()
    assert len(ann.messages) == told + 1
    assert len(ann.messages[-1]["joined"]) == 200


async def test_v4_viewers_are_told_how_many_are_here(audience: Audience) -> None:
    _, eve = come(audience, "g3")
    await a_turn()
    come(audience, "g1")
    connection, _ = come(audience, "g2")
    await a_turn()
    assert eve.messages[-1] == {"type": "people", "number": 3}
    audience.leave(connection)
    await a_turn()
    assert eve.messages[-1] == {"type": "people", "number": 2}
    assert audience.known_to(come(audience, "g3", "tab-2")[0]) == ()


async def test_v4_how_many_are_here_comes_in_one_write_with_an_update(
    audience: Audience, builder: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience_module, "COMPANY_S", 3600)
    _, eve = come(audience, "g3")
    come(audience, "g1")
    await a_turn()
    writes = eve.writes
    assert eve.messages == []
    builder.change(30)
    await a_turn()
    assert [each["type"] for each in eve.messages] == ["update", "people"]
    assert eve.messages[-1]["number"] == 2
    assert eve.writes == writes + 1
    builder.change(31)
    await a_turn()
    assert [each["type"] for each in eve.messages] == ["update", "people", "update"]


async def test_one_person_with_two_sockets_is_one_person(audience: Audience) -> None:
    _, ann = come(audience, "g1")
    come(audience, "g2", "tab-1")
    await a_turn()
    come(audience, "g2", "tab-2")
    await a_turn()
    assert ann.messages[-1]["changed"][0]["connections"] == 2
    assert set(audience.people) == {"g1", "g2"}


async def test_the_same_client_again_replaces_its_socket_and_nobody_is_told(
    audience: Audience,
) -> None:
    _, ann = come(audience, "g1")
    first, old = come(audience, "g2", "tab-1")
    await a_turn()
    told = len(ann.messages)
    come(audience, "g2", "tab-1")
    await a_turn()
    assert old.closed == Close.REPLACED
    assert len(ann.messages) == told
    assert not audience.leave(first)
    assert "g2" in audience.people


async def test_another_person_with_the_same_client_id_replaces_nobody(
    audience: Audience,
) -> None:
    _, ann = come(audience, "g1", "tab-1")
    come(audience, "g2", "tab-1")
    assert ann.closed is None


async def test_a_client_that_joined_on_another_worker_is_replaced_here(
    audience: Audience,
) -> None:
    connection, ann = come(audience, "g1", "tab-1")
    audience.replace("g1", "tab-1", connection.id)
    assert ann.closed is None
    audience.replace("g1", "tab-1", "another")
    assert ann.closed == Close.REPLACED


async def test_who_replaces_their_own_socket_finds_a_place(audience: Audience) -> None:
    come(audience, "g1", "tab-1")
    again, _ = a_connection("g1", "tab-1")
    assert not audience.full(again, editors=1, viewers=1)
    other, _ = a_connection("g1", "tab-2")
    assert audience.full(other, editors=1, viewers=1)
    come(audience, "g1", "tab-1")
    assert audience.full(other, editors=1, viewers=1)
    assert not audience.full(other, editors=2, viewers=1)


async def test_the_sockets_of_one_person_are_counted_beside_the_one_that_is_replaced(
    audience: Audience,
) -> None:
    come(audience, "g1", "tab-1")
    come(audience, "g1", "tab-2")
    come(audience, "g2", "tab-1")
    assert audience.sockets_beside(a_connection("g1", "tab-3")[0]) == 2
    assert audience.sockets_beside(a_connection("g1", "tab-1")[0]) == 1
    assert audience.sockets_beside(a_connection("g3")[0]) == 0


async def test_people_of_other_workers_count(audience: Audience) -> None:
    _, ann = come(audience, "g1")
    bob = Present("g2", "Bob", "editor", 3)
    audience.take_others(((bob,),))
    await a_turn()
    assert {each["person"] for each in ann.messages[-1]["joined"]} == {"g1", "g2"}
    bob_again, _ = a_connection("g2")
    eve, _ = a_connection("g3")
    assert audience.full(bob_again, editors=4, viewers=9)
    assert not audience.full(bob_again, editors=5, viewers=9)
    assert not audience.full(eve, editors=1, viewers=1)
    audience.take_others(())
    await a_turn()
    assert ann.messages[-1]["left"] == ["g2"]


async def test_who_loses_their_right_goes_and_a_new_role_is_told(audience: Audience) -> None:
    _, ann = come(audience, "g1")
    _, bob = come(audience, "g2")
    _, eve = come(audience, "g3")
    await a_turn()
    members = {"g1": ACCESS.members["g1"], "g3": Membership("Eve", "editor")}
    audience.take_access(Access(2, members))
    await a_turn()
    assert bob.closed == Close.NOT_ALLOWED
    assert eve.closed is None
    assert len(audience) == 2  # whoever that socket is of
    assert ann.messages[-1]["left"] == ["g2"]
    assert ann.messages[-1]["changed"][0]["role"] == "editor"
    assert audience.full(a_connection("g1", "tab-2")[0], editors=2, viewers=1)


async def test_a_new_role_is_not_taken_back_by_a_worker_that_does_not_know_it(
    audience: Audience,
) -> None:
    _, ann = come(audience, "g1")
    _, eve = come(audience, "g3")
    await a_turn()
    audience.take_access(Access(2, {**ACCESS.members, "g3": Membership("Eve", "editor")}))
    audience.take_others(((Present("g3", "Eve", "viewer"),),))
    await a_turn()
    audience.take_others(((Present("g3", "Eve", "viewer", 2),),))
    await a_turn()
    told = [each for socket in (ann, eve) for each in socket.of("people")]
    changed = [each for message in told for each in message.get("changed", ())]
    assert {each["role"] for each in changed} == {"editor"}
    assert audience.people["g3"] == Present("g3", "Eve", "editor", 3)


async def test_what_is_for_editors_is_for_editors(audience: Audience) -> None:
    sockets = [come(audience, person)[1] for person in ("g1", "g2", "g3")]
    await a_turn()
    audience.send(Status(degraded=True), editors_only=True)
    told = [bool(socket.of("status")) for socket in sockets]
    assert told == [True, True, False]


async def test_v1_collaborators_get_each_change_and_those_of_a_turn_in_one_write(
    audience: Audience, builder: Builder
) -> None:
    _, ann = come(audience, "g1")
    await a_turn()
    writes = ann.writes
    builder.change(10)
    builder.change(11)
    assert ann.writes == writes
    await a_turn()
    assert [each["revision"] for each in ann.of("change")] == [1, 2]
    assert ann.writes == writes + 1


async def test_an_author_is_answered_at_once_and_gets_each_change_once(
    audience: Audience, builder: Builder
) -> None:
    author, ann = come(audience, "g1")
    _, bob = come(audience, "g2")
    await a_turn()
    builder.change(10)
    author.answer(Accepted("edit-0001", 1))
    assert [each["type"] for each in ann.messages[-2:]] == ["change", "accepted"]
    builder.change(11)
    await a_turn()
    for socket in (ann, bob):
        assert [each["revision"] for each in socket.of("change")] == [1, 2]


async def test_who_comes_gets_what_comes_after_them(audience: Audience, builder: Builder) -> None:
    come(audience, "g1")
    builder.change(10)
    newcomer, bob = come(audience, "g2")
    assert audience.stands(newcomer.view).revision == 1
    builder.change(11)
    await a_turn()
    assert [each["revision"] for each in bob.of("change")] == [2]


async def test_v2_viewers_get_several_changes_as_one(audience: Audience, builder: Builder) -> None:
    _, eve = come(audience, "g3")
    await a_turn()
    builder.change(10, defense_ranged=0.1)
    builder.change(11, defense_ranged=0.2)
    await a_turn()
    assert eve.of("change") == []
    (update,) = eve.of("update")
    assert update == {
        "type": "update",
        "from": 0,
        "revision": 2,
        "edit": "edit-0002",
        "patch": {"level": 11},
        "totals": {"defense.ranged": {"value": 0.2, "capped": 0.2}},
    }


async def test_v2_a_viewer_enters_at_the_state_of_the_last_update(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    audience = Audience(updates_per_second=0.001)
    audience.take_access(ACCESS)
    audience.begin(START)
    builder = Builder(audience)
    _, eve = come(audience, "g3", "a")
    builder.change(10)
    await a_turn()
    builder.change(11)
    builder.change(12)
    late, second = come(audience, "g3", "b")
    assert audience.stands(late.view).revision == 1
    before = audience.beginning(late.view)
    assert audience.beginning(late.view) is before  # the same bytes for all who come
    assert audience.show().revision == 3
    assert audience.beginning(late.view) != before
    await a_turn()
    assert [(each["from"], each["revision"]) for each in eve.of("update")] == [(0, 1), (1, 3)]
    assert [(each["from"], each["revision"]) for each in second.of("update")] == [(1, 3)]


async def test_v3_an_overlay_gets_the_stats_that_it_named(
    audience: Audience, builder: Builder
) -> None:
    wanted = Wanted(("totals",), ("defense.ranged", "defense.melee"))
    overlay, socket = come(audience, "g3", wanted=wanted)
    builder.change(10, defense_melee=0.1, health_max=100.0)
    await a_turn()
    builder.change(11, health_max=200.0)
    await a_turn()
    melee = {"defense.melee": {"value": 0.1, "capped": 0.1}}
    assert socket.messages == [{"type": "totals", "revision": 1, "totals": melee}]
    overlay.send(audience.beginning(overlay.view))
    assert socket.messages[1:] == [{"type": "totals", "revision": 2, "totals": melee}]


async def test_v3_equal_stats_in_another_order_are_one_view(audience: Audience) -> None:
    one, _ = come(audience, "g3", "a", Wanted(("totals",), ("a", "b")))
    other, _ = come(audience, "g3", "b", Wanted(("totals",), ("b", "a", "a")))
    assert one.view == other.view
    assert one.line is other.line


async def test_v5_named_stats_narrow_changes_too(audience: Audience, builder: Builder) -> None:
    wanted = Wanted(("build", "totals"), ("defense.ranged",))
    _, ann = come(audience, "g1", wanted=wanted)
    _, bob = come(audience, "g2", wanted=Wanted(("build",)))
    builder.change(10, defense_ranged=0.1, health_max=100.0)
    await a_turn()
    assert list(ann.messages[0]["totals"]) == ["defense.ranged"]
    assert bob.messages[0]["totals"] == {}
    assert len(ann.messages) == len(bob.messages) == 1  # nobody asked for people


async def test_a_new_role_moves_to_the_other_tier_without_a_gap(
    audience: Audience, builder: Builder
) -> None:
    _, bob = come(audience, "g2")
    _, eve = come(audience, "g3")
    await a_turn()
    builder.change(10)
    members = {
        "g1": ACCESS.members["g1"],
        "g2": Membership("Bob", "viewer"),
        "g3": Membership("Eve", "editor"),
    }
    audience.take_access(Access(2, members))
    builder.change(11)
    await a_turn()
    assert [each["revision"] for each in bob.of("change")] == [1]
    assert [(each["from"], each["revision"]) for each in bob.of("update")] == [(1, 2)]
    assert [(each["from"], each["revision"]) for each in eve.of("update")] == [(0, 1)]
    assert [each["revision"] for each in eve.of("change")] == [2]
    assert any("joined" in each for each in eve.of("people"))
    assert any("number" in each for each in bob.of("people"))


async def test_who_wants_something_else_gets_it_from_the_beginning(
    audience: Audience, builder: Builder
) -> None:
    connection, eve = come(audience, "g3")
    builder.change(10, defense_ranged=0.1, health_max=1.0)
    audience.want(connection, Wanted(("totals",), ("health.max",)))
    assert [each["type"] for each in eve.messages] == ["update", "totals"]
    assert list(eve.messages[-1]["totals"]) == ["health.max"]
    audience.want(connection, Wanted())
    assert eve.messages[-1]["type"] == "snapshot"
    assert eve.messages[-1]["revision"] == 1
    builder.change(11)
    await a_turn()
    assert eve.of("update")[-1]["from"] == 1


async def test_who_reads_again_is_moved_to_the_newest_state(
    audience: Audience, builder: Builder
) -> None:
    for person, kind in (("g2", "change"), ("g3", "update")):
        connection, socket = come(audience, person)
        await a_turn()
        socket.unread = 1
        socket.outlet.filled()
        builder.change(20)
        await a_turn()
        builder.change(21)
        await a_turn()
        assert socket.of(kind) == []
        audience.catch_up(connection)
        assert socket.of("reset") == []
        socket.unread = 0
        socket.outlet.emptied()
        assert [each["type"] for each in socket.messages[-2:]] == ["reset", "snapshot"]
        assert socket.messages[-1]["revision"] == builder.state.revision
        builder.change(22)
        await a_turn()
        assert socket.messages[-1]["type"] == kind
        assert socket.messages[-1]["revision"] == builder.state.revision


async def test_a_session_that_starts_again_resets_everybody(audience: Audience) -> None:
    _, ann = come(audience, "g1")
    _, eve = come(audience, "g3", wanted=Wanted(("totals",)))
    await a_turn()
    audience.begin(replace(START, epoch="e2"))
    await a_turn()
    assert [each["type"] for each in ann.messages[-2:]] == ["reset", "snapshot"]
    assert ann.messages[-1]["epoch"] == "e2"
    assert [each["type"] for each in eve.messages[-2:]] == ["reset", "totals"]

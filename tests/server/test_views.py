"""What each of an audience is sent, by its role and what it asked for (server/sockets/views.py)."""

import pytest
from msgspec.structs import replace

from server.live.audience import Audience
from server.logic.rights import Access, Membership
from server.server_messages import About, Accepted, Status
from server.sockets.views import Wanted
from tests.server.listening import ACCESS, START, Builder, a_connection, a_turn, come


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
    assert eve.updates() == [(0, 1)]
    builder.change(31)
    await a_turn()
    assert socket.updates() == [(1, 2)]
    assert eve.updates() == [(0, 1), (1, 2)]


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
    assert ann.changes() == [1, 2]
    assert ann.writes == writes + 1


async def test_an_author_is_answered_at_once_and_gets_each_change_once(
    audience: Audience, builder: Builder
) -> None:
    author, ann = come(audience, "g1")
    _, bob = come(audience, "g2")
    await a_turn()
    builder.change(10)
    author.answer(Accepted("edit-0001", 1))
    assert ann.kinds()[-2:] == ["change", "accepted"]
    builder.change(11)
    await a_turn()
    for socket in (ann, bob):
        assert socket.changes() == [1, 2]


async def test_whose_lost_edit_is_made_again_has_its_change_before_they_are_told(
    audience: Audience, builder: Builder
) -> None:
    """By each socket of theirs: they may be a viewer by now, or follow the totals alone."""
    _, eve = come(audience, "g3", "tab-1")
    _, overlay = come(audience, "g3", "tab-2", Wanted(("totals",)))
    _, ann = come(audience, "g1")
    builder.change(10, health_max=1.0)
    audience.answer("g3", Accepted("edit-0001", 1))
    assert eve.kinds()[-2:] == ["update", "accepted"]
    assert overlay.kinds()[-2:] == ["totals", "accepted"]
    assert ann.of("accepted") == []


async def test_who_comes_gets_what_comes_after_them(audience: Audience, builder: Builder) -> None:
    come(audience, "g1")
    builder.change(10)
    newcomer, bob = come(audience, "g2")
    assert audience.stands(newcomer.view).revision == 1
    builder.change(11)
    await a_turn()
    assert bob.changes() == [2]


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
    assert eve.updates() == [(0, 1), (1, 3)]
    assert second.updates() == [(1, 3)]


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
    assert bob.changes() == [1]
    assert bob.updates() == [(1, 2)]
    assert eve.updates() == [(0, 1)]
    assert eve.changes() == [2]
    assert any("joined" in each for each in eve.of("people"))
    assert any("number" in each for each in bob.of("people"))


async def test_who_wants_something_else_gets_it_from_the_beginning(
    audience: Audience, builder: Builder
) -> None:
    connection, eve = come(audience, "g3")
    builder.change(10, defense_ranged=0.1, health_max=1.0)
    audience.want(connection, Wanted(("totals",), ("health.max",)))
    assert eve.kinds() == ["update", "totals"]
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
        builder.change(23)
        audience.show()  # it waits for its round, and is in the newest state
        socket.outlet.emptied()
        reset = socket.kinds().index("reset")
        assert socket.messages[reset + 1]["type"] == "snapshot"
        assert socket.messages[reset + 1]["revision"] == builder.state.revision
        assert socket.of(kind) == []
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
    assert ann.kinds()[-2:] == ["reset", "snapshot"]
    assert ann.messages[-1]["epoch"] == "e2"
    assert eve.kinds()[-2:] == ["reset", "totals"]


async def test_who_reads_again_is_told_how_the_session_stands(
    audience: Audience, builder: Builder
) -> None:
    _, socket = come(audience, "g2")
    _, totals = come(audience, "g1", wanted=Wanted(views=("totals",)))
    await a_turn()
    for each in (socket, totals):
        each.outlet.filled()
        each.unread = 1
    builder.change(20)
    await a_turn()
    audience.send(Status(degraded=False), editors_only=True)
    audience.send(About("Raid", True, ()))
    audience.take_access(Access(2, {**ACCESS.members, "g2": Membership("Bob", "viewer")}))
    await a_turn()
    for each in (socket, totals):
        each.unread = 0
        each.outlet.emptied()
    reset = socket.kinds().index("reset")
    told = socket.messages[reset + 2 :]
    here = {"person": "g2", "name": "Bob", "role": "viewer", "connections": 1}
    assert told[0].items() >= {"type": "about", "title": "Raid", "locked": True}.items()
    assert told[1] == {"type": "people", "changed": [here]}
    reset = totals.kinds().index("reset")
    assert totals.kinds()[reset:] == ["reset", "totals", "status", "people"]
    assert totals.messages[-1]["changed"][0]["role"] == "owner"

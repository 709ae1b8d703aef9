"""Who is in a session, and what they are told of each other."""

import pytest

from server.live import audience as audience_module
from server.live.audience import Audience
from server.logic.rights import Access, Membership
from server.protocol import Close
from server.server_messages import Present
from server.sockets.views import Wanted
from tests.server.listening import ACCESS, Builder, a_connection, a_turn, come


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


async def test_v4_an_overlay_by_an_invitation_alone_is_no_person(audience: Audience) -> None:
    members = {**ACCESS.members, "i5": Membership("A stream", "viewer")}
    audience.take_access(Access(2, members))
    _, eve = come(audience, "g3")
    come(audience, "i5", wanted=Wanted(("totals",)))
    assert audience.company.number() == 1  # for who comes before anybody is told
    await a_turn()
    assert audience.company.number() == 1
    connection, _ = come(audience, "g1")
    await a_turn()
    assert eve.messages[-1] == {"type": "people", "number": 2}
    assert {each.person for each in audience.known_to(connection)} == {"g1", "g3"}


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
    assert set(audience.company.people) == {"g1", "g2"}


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
    assert "g2" in audience.company.people


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
    assert audience.company.people["g3"] == Present("g3", "Eve", "editor", 3)

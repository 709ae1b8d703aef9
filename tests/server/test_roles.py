"""What people may do is what the session's access says, whatever another worker said last."""

import pytest

from server.live.audience import Audience
from server.logic.rights import Access, Membership
from server.protocol import Role, ViewName
from server.server_messages import Present
from server.sockets.views import Wanted
from tests.server.listening import ACCESS, a_connection, a_turn, come

BOB = Present("g2", "Bob", "editor", 3)


async def test_places_are_counted_by_the_roles_that_people_have_now(audience: Audience) -> None:
    come(audience, "g1")
    unknown = Present("g9", "Zoe", "viewer")  # the other worker knows more members by now
    audience.take_others(((BOB, unknown), (BOB,)))
    editor, viewer = a_connection("g1", "tab-2")[0], a_connection("g3")[0]
    assert audience.full(editor, editors=7, viewers=9)
    assert not audience.full(viewer, editors=7, viewers=2)
    audience.take_access(Access(2, {**ACCESS.members, "g2": Membership("Bob", "viewer")}))
    assert not audience.full(editor, editors=2, viewers=9)
    assert audience.full(viewer, editors=7, viewers=7)
    audience.take_others(((BOB,),))
    assert not audience.full(editor, editors=2, viewers=9)
    assert audience.full(viewer, editors=7, viewers=3)


async def test_who_asks_is_told_a_new_role_at_once(audience: Audience) -> None:
    come(audience, "g1")
    audience.take_others(((BOB,),))
    await a_turn()
    audience.take_access(Access(2, {**ACCESS.members, "g2": Membership("Bob", "suggester")}))
    assert {each.person: each.role for each in audience.company.present()} == {
        "g1": "owner",
        "g2": "suggester",
    }
    assert audience.company.people["g2"].role == "editor"  # as everybody was told before this turn


async def test_who_has_a_new_role_is_told_of_themselves_as_they_are(audience: Audience) -> None:
    (_, one), (_, other) = come(audience, "g2", "tab-1"), come(audience, "g2", "tab-2")
    await a_turn()
    audience.take_access(Access(2, {**ACCESS.members, "g2": Membership("Bob", "viewer")}))
    here = {"person": "g2", "name": "Bob", "role": "viewer", "connections": 2}
    for socket in (one, other):
        assert socket.of("people")[-1] == {"type": "people", "changed": [here]}


@pytest.mark.parametrize("views", [("build", "totals"), ("people",), ("totals",), ()])
@pytest.mark.parametrize(
    ("person", "role"), [("g3", "editor"), ("g2", "viewer"), ("g2", "suggester")]
)
async def test_v4_whose_own_role_is_another_one_is_told_whatever_they_asked_for(
    audience: Audience, person: str, role: Role, views: tuple[ViewName, ...]
) -> None:
    _, socket = come(audience, person, wanted=Wanted(views))
    _, ann = come(audience, "g1", wanted=Wanted(views))
    await a_turn()
    known = ACCESS.members[person]
    audience.take_access(Access(2, {**ACCESS.members, person: Membership(known.name, role)}))
    await a_turn()
    told = [each.get("changed", [])[-1:] for each in socket.of("people")]
    here = {"person": person, "name": known.name, "role": role, "connections": 1}
    assert [here] in told
    assert views == ("people",) or not ann.of("people")  # of others they did not ask

"""What an owner does with a session and its members, in SQL."""

import asyncio

import pytest
from msgspec import UNSET

from calc import build as documents
from server.accounts import changes as account_changes
from server.accounts.tables import UserRow
from server.log.logged import Stored
from server.members import access, governing
from server.members.access import AccessError
from server.orm import Database, InvitationRow
from server.protocol import Role

ANN, BOB, EVE = "g1", "g2", "g3"


@pytest.fixture
async def session(database: Database) -> str:
    stored = Stored("e1", 0, "", documents.empty("Nova"), {}, ())
    return (await access.create_session(database, ANN, "Ann", stored, "engine", "release"))[0]


async def joined(database: Database, session: str, *people: str, role: Role = "editor") -> str:
    """The id of the invitation by which they came."""
    invitation, secret = await access.invite(database, session, ANN, role, None, None)
    for person in people:
        await access.accept(database, session, secret, person, person.upper())
    return invitation


async def test_the_owner_gives_roles_and_each_raises_the_version(
    database: Database, session: str
) -> None:
    await joined(database, session, BOB)
    before = await access.access_of(database, session)
    after = await governing.set_role(database, session, ANN, BOB, "viewer")
    assert after.members[BOB].role == "viewer"
    assert after.version == before.version + 1


async def test_no_invitation_undoes_that_the_owner_lowered_a_role(
    database: Database, session: str
) -> None:
    _, edit = await access.invite(database, session, ANN, "editor", None, None)
    _, suggest = await access.invite(database, session, ANN, "suggester", None, None)
    await access.accept(database, session, edit, BOB, "Bob")
    await access.accept(database, session, edit, EVE, "Eve")
    await governing.set_role(database, session, ANN, BOB, "viewer")
    for secret in (edit, suggest):
        assert await access.accept(database, session, secret, BOB, "Bob") is None
    await governing.hand_over(database, session, ANN, EVE)
    await governing.set_role(database, session, EVE, ANN, "viewer")
    assert await access.accept(database, session, edit, ANN, "Ann") is None
    await governing.set_role(database, session, EVE, BOB, "editor")
    members = (await access.access_of(database, session)).members
    assert {person: each.role for person, each in members.items()} == {
        ANN: "viewer",
        BOB: "editor",
        EVE: "owner",
    }


@pytest.mark.parametrize(
    ("by", "whom", "role", "code"),
    [
        (BOB, EVE, "viewer", "not_allowed"),
        (BOB, BOB, "owner", "not_allowed"),
        (ANN, BOB, "owner", "not_allowed"),
        (ANN, ANN, "viewer", "not_allowed"),
        (ANN, "nobody", "viewer", "no_member"),
        ("nobody", BOB, "viewer", "not_allowed"),
    ],
)
async def test_a_role_that_may_not_be_given(
    database: Database, session: str, by: str, whom: str, role: Role, code: str
) -> None:
    await joined(database, session, BOB, EVE)
    with pytest.raises(AccessError) as refused:
        await governing.set_role(database, session, by, whom, role)
    assert refused.value.code == code


async def test_hand_over_leaves_one_owner(database: Database, session: str) -> None:
    await joined(database, session, BOB)
    rights = await governing.hand_over(database, session, ANN, BOB)
    assert {person: member.role for person, member in rights.members.items()} == {
        ANN: "editor",
        BOB: "owner",
    }
    with pytest.raises(AccessError):
        await governing.hand_over(database, session, ANN, ANN)


async def test_an_overlay_only_looks_on(database: Database, session: str) -> None:
    _, secret = await access.invite(database, session, ANN, "viewer", None, None)
    stream, _ = await access.watch(database, session, secret, 100)
    for asked in (
        governing.set_role(database, session, ANN, stream.id, "editor"),
        governing.hand_over(database, session, ANN, stream.id),
    ):
        with pytest.raises(AccessError, match="looks on"):
            await asked


async def test_an_owner_outlives_the_link_that_they_came_by(
    database: Database, session: str
) -> None:
    invitation = await joined(database, session, BOB, EVE)
    await governing.hand_over(database, session, ANN, BOB)
    rights = await access.revoke(database, session, BOB, invitation)
    assert set(rights.members) == {ANN, BOB}


async def test_who_is_kicked_is_named_with_the_link_to_revoke(
    database: Database, session: str
) -> None:
    invitation = await joined(database, session, BOB, EVE)
    rights, removed = await governing.remove(database, session, ANN, BOB)
    assert rights.members.keys() == {ANN, EVE}
    assert removed == governing.Removed(invitation, members=1)
    await access.revoke(database, session, ANN, invitation)
    assert (await access.access_of(database, session)).members.keys() == {ANN}


async def test_a_link_that_is_used_up_is_to_be_revoked_too(
    database: Database, session: str
) -> None:
    """It makes nobody a member, and who has it looks on."""
    invitation, secret = await access.invite(database, session, ANN, "editor", None, 1)
    await access.accept(database, session, secret, BOB, "Bob")
    _, removed = await governing.remove(database, session, ANN, BOB)
    assert removed == governing.Removed(invitation)
    (link,) = await governing.invitations(database, session, ANN)
    assert (link.members, link.used, link.uses) == (0, 1, 1)
    assert (await access.invitation_for(database, session, secret)).id == invitation
    await access.revoke(database, session, ANN, invitation)
    for look in access.invitation_for, access.watch:
        with pytest.raises(AccessError, match="revoked"):
            await look(database, session, secret)


@pytest.mark.parametrize("closed", ["expires_at", "revoked_at"])
async def test_a_link_that_opens_nothing_needs_no_revoking(
    database: Database, session: str, closed: str
) -> None:
    invitation = await joined(database, session, BOB)
    async with database.writing() as sql:
        row = await sql.get(InvitationRow, invitation)
        assert row
        setattr(row, closed, 1)
    assert (await governing.remove(database, session, ANN, BOB))[1] == governing.Removed()


async def test_a_member_leaves_but_the_owner_stays(database: Database, session: str) -> None:
    await joined(database, session, BOB, EVE)
    rights, removed = await governing.remove(database, session, BOB, BOB)
    assert BOB not in rights.members
    assert removed.invitation is UNSET
    for by, person in ((ANN, ANN), (EVE, ANN), (BOB, EVE)):
        with pytest.raises(AccessError):
            await governing.remove(database, session, by, person)


async def test_a_session_is_named_and_locked(database: Database, session: str) -> None:
    rights = await governing.describe(database, session, ANN, "Raid night", None)
    assert (rights.title, rights.locked) == ("Raid night", False)
    rights = await governing.describe(database, session, ANN, None, True)
    assert (rights.title, rights.locked) == ("Raid night", True)
    assert await access.access_of(database, session) == rights
    await joined(database, session, BOB)
    with pytest.raises(AccessError):
        await governing.describe(database, session, BOB, None, False)


async def test_an_ended_session_is_over_for_all_and_told_again(
    database: Database, session: str
) -> None:
    await joined(database, session, BOB)
    with pytest.raises(AccessError):
        await governing.end(database, session, BOB)
    assert (await governing.end(database, session, ANN)).ended
    assert (await governing.end(database, session, ANN)).ended  # the answer was lost
    assert await access.session_row(database, session) is None
    with pytest.raises(AccessError) as refused:
        await governing.describe(database, session, ANN, "x", None)
    assert refused.value.code == "no_session"


async def test_who_sees_which_members_and_links(database: Database, session: str) -> None:
    editors = await joined(database, session, BOB)
    viewers = await joined(database, session, EVE, "g4", role="viewer")
    seen = await governing.members(database, session, ANN)
    assert [each.person for each in seen] == [ANN, BOB, EVE, "g4"] or len(seen) == 4
    assert {each.invitation for each in seen} == {UNSET, editors, viewers}
    for_viewers = await governing.members(database, session, EVE)
    assert {each.person for each in for_viewers} == {ANN, BOB}
    assert {each.invitation for each in for_viewers} == {UNSET}
    links = await governing.invitations(database, session, ANN)
    assert {(each.id, each.role, each.members) for each in links} == {
        (editors, "editor", 1),
        (viewers, "viewer", 2),
    }
    assert await governing.invitations(database, session, BOB) == ()
    with pytest.raises(AccessError):
        await governing.invitations(database, session, EVE)


async def test_changes_of_a_sessions_members_wait_for_each_other(
    database: Database, session: str
) -> None:
    """Of those who act at once each sees what the other has done: a session keeps its owner."""
    async with database.writing() as sql:
        sql.add(UserRow(id=ANN, name="Ann", role="user", created_at=1))
    for _ in range(5):
        await joined(database, session, BOB, EVE)
        outcomes = await asyncio.gather(
            governing.hand_over(database, session, ANN, BOB),
            governing.remove(database, session, BOB, BOB),
            governing.set_role(database, session, ANN, BOB, "viewer"),
            account_changes.rename(database, ANN, "Anne", "::1"),
            joined(database, session, BOB),
            return_exceptions=True,
        )
        failed = [each for each in outcomes if isinstance(each, Exception)]
        assert [each for each in failed if not isinstance(each, AccessError)] == []
        members = (await access.access_of(database, session)).members
        (owner,) = (person for person, member in members.items() if member.role == "owner")
        if owner != ANN:
            await governing.hand_over(database, session, owner, ANN)


async def test_only_the_owner_sends_others_away(database: Database, session: str) -> None:
    await joined(database, session, BOB, EVE)
    with pytest.raises(AccessError) as refused:
        await governing.remove(database, session, BOB, EVE)
    assert refused.value.code == "not_allowed"
    assert (await access.access_of(database, session)).members.keys() == {ANN, BOB, EVE}

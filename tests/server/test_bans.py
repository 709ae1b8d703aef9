"""Who is banned is nowhere, at once; and is back where they were when the ban is taken back."""

import pytest

from calc import build as documents
from server import overview
from server.accounts import accounts, audit, bans
from server.accounts.accounts import AccountError
from server.accounts.passwords import Passwords
from server.auth import NotAuthenticatedError, Person, Tokens
from server.engine import Engine
from server.log.logged import Stored
from server.members import access, governing
from server.members.access import AccessError
from server.orm import Database
from server.web.callers import Callers

ANN, GUEST = "g0123456789abcdef", "g0000000000000e00"


@pytest.fixture
async def session(database: Database, engine: Engine) -> str:
    """Ann's, with Bob in it."""
    build = documents.empty("Nova")
    result = engine.result(build)
    stored = Stored("e1", 0, "", build, result.totals, result.findings)
    session, _ = await access.create_session(database, ANN, "Ann", stored, engine.name, "release")
    _, secret = await access.invite(database, session, ANN, "editor", None, None)
    await access.accept(database, session, secret, "g2", "Bob")
    return session


async def why(callers: Callers, token: str) -> str:
    with pytest.raises(NotAuthenticatedError) as error:
        await callers.read(token)
    return error.value.code


async def test_a_banned_guest_is_in_no_session_and_no_token_of_theirs_is_good(
    database: Database, session: str
) -> None:
    tokens = Tokens("a secret of 32 characters, or more")
    callers = Callers(tokens, database)
    token = tokens.sign(tokens.again(Person(ANN, "Ann", 0, 0)))
    assert (await callers.read(token)).id == ANN
    for _ in range(2):  # asked again, it is told again
        rights = (await bans.ban(database, ANN, None, "the operator", "spam")).rights
        assert list(rights) == [session]
        assert list(rights[session].members) == ["g2"]
        assert await why(callers, token) == "banned"
    assert rights[session].version == 4
    profile = await overview.profile(database, ANN)
    assert (profile.user.name, bool(profile.user.banned_at)) == ("Ann", True)
    assert [each.person for each in await overview.banned_guests(database)] == [ANN]
    rights = await bans.unban(database, ANN, None, "the operator")
    assert rights[session].members[ANN].role == "owner"
    assert (await callers.read(token)).id == ANN
    noted = await audit.recall(database, None, 2)
    assert [(each.event, each.about) for each in noted] == [("unbanned", ""), ("banned", "spam")]
    with pytest.raises(AccountError, match="not banned"):
        await bans.unban(database, ANN, None, "the operator")


async def test_a_banned_account_is_logged_in_nowhere_until_the_ban_is_taken_back(
    database: Database, session: str
) -> None:
    tokens, passwords = Tokens("a secret of 32 characters, or more"), Passwords()
    callers = Callers(tokens, database)
    guest = tokens.again(Person(ANN, "Ann", 0, 0))
    made = await accounts.create(
        database, passwords, guest, "ann", "correct horse battery", "Ann", "::1", "x"
    )
    token = tokens.sign(tokens.account(made.person, made.name, made.login))
    rights = (await bans.ban(database, made.person, None, "the operator")).rights
    assert ANN not in rights[session].members
    assert await why(callers, token) == "banned"
    asked = (database, passwords, "ann", "correct horse battery", "::1", "x")
    assert await accounts.log_in(*asked) is None
    await bans.unban(database, made.person, None, "the operator")
    assert (await callers.read(token)).id == ANN
    assert await accounts.log_in(*asked) is not None


async def test_a_moderator_bans_nobody_who_has_a_role(database: Database) -> None:
    made = await accounts.create(
        database, Passwords(), None, "eve", "correct horse battery", "Eve", "::1", "x"
    )
    async with database.writing() as sql:
        user = await sql.get(overview.UserRow, made.person)
        assert user
        user.role = "moderator"
    with pytest.raises(AccountError, match="Take their role first"):
        await bans.ban(database, made.person, "u1", "::1")
    with pytest.raises(AccountError, match="no such person"):
        await bans.ban(database, "nobody", None, "the operator")
    assert (await bans.ban(database, made.person, None, "the operator")).rights == {}


async def test_who_is_banned_with_their_links_comes_back_by_none(
    database: Database, session: str
) -> None:
    _, others = await access.invite(database, session, "g2", "viewer", None, None)
    banned = await bans.ban(database, "g0000000000000002", None, "the operator", links=True)
    assert banned.links == 0  # who is in no session knows none
    _, secret = await access.invite(database, session, ANN, "viewer", None, None)
    await access.accept(database, session, secret, GUEST, "Eve")
    assert (await bans.ban(database, GUEST, None, "the operator")).links == 1
    await access.accept(database, session, secret, "g4", "Bystander")  # it is still good
    banned = await bans.ban(database, GUEST, None, "the operator", links=True)
    assert (banned.links, list(banned.rights)) == (1, [session])
    with pytest.raises(AccessError, match="revoked"):
        await access.accept(database, session, secret, "g5", "Eve again")
    with pytest.raises(AccessError, match="revoked"):
        await access.invitation_for(database, session, secret)
    assert await access.accept(database, session, others, "g6", "Zoe")  # who knows another
    members = (await access.access_of(database, session)).members
    assert set(members) == {ANN, "g2", "g4", "g6"}
    assert (await bans.ban(database, GUEST, None, "the operator", links=True)).links == 0
    (noted,) = await audit.recall(database, None, 9, event="invitation_revoked")
    assert session in noted.about
    assert (await bans.ban(database, ANN, None, "the operator", links=True)).links == 1
    await access.accept(database, session, others, "g7", "Max")  # of another's making


async def test_a_closed_session_is_over_for_all_and_that_is_noted_once(
    database: Database, session: str
) -> None:
    for _ in range(2):
        assert (await governing.close(database, session, "u1", "::1")).ended
    assert await access.session_row(database, session) is None
    (noted,) = await audit.recall(database, None, 10, event="session_closed")
    assert (noted.event, noted.by, noted.about) == ("session_closed", "u1", session)

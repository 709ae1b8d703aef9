"""Sessions, invitations and members in SQL; on SQLite, and on PostgreSQL where there is one."""

import asyncio
from pathlib import Path

import pytest

from calc import build as documents
from server.engine import Engine
from server.log.logged import Stored
from server.logic.rights import Membership
from server.members import access
from server.members.access import AccessError
from server.orm import Database, DatabaseAwayError, MemberRow


@pytest.fixture
async def session(database: Database, engine: Engine) -> str:
    build = documents.empty("Nova")
    result = engine.result(build)
    stored = Stored("e1", 0, "", build, result.totals, result.findings)
    session, rights = await access.create_session(
        database, "g1", "Ann", stored, engine.name, "release"
    )
    assert rights == await access.access_of(database, session)
    return session


async def refused(asked: object) -> AccessError:
    with pytest.raises(AccessError) as error:
        await asked  # type: ignore[misc]
    return error.value


async def test_an_invitation_makes_a_member_and_a_new_version(
    database: Database, session: str
) -> None:
    invitation, secret = await access.invite(database, session, "g1", "editor", None, None)
    rights = await access.accept(database, session, secret, "g2", "Bob")
    assert rights
    assert rights.version == 2
    assert rights.members["g2"] == Membership("Bob", "editor", invitation)
    assert await access.accept(database, session, secret, "g2", "Bob") is None
    assert await access.access_of(database, session) == rights


async def test_a_better_invitation_raises_a_role_and_a_worse_one_does_not_lower_it(
    database: Database, session: str
) -> None:
    secrets = {}
    for role in ("viewer", "editor", "suggester"):
        _, secrets[role] = await access.invite(database, session, "g1", role, None, None)
    for role, expected in (("viewer", "viewer"), ("editor", "editor"), ("suggester", "editor")):
        await access.accept(database, session, secrets[role], "g2", "Bob")
        assert (await access.access_of(database, session)).members["g2"].role == expected


async def test_of_many_who_come_at_once_only_as_many_get_in_as_it_allows(
    database: Database, session: str
) -> None:
    _, secret = await access.invite(database, session, "g1", "editor", None, 3)
    answers = await asyncio.gather(
        *(access.accept(database, session, secret, f"p{n}", "x") for n in range(8)),
        return_exceptions=True,
    )
    let_in = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert len(let_in) == 3
    assert all(isinstance(each, AccessError) for each in answers if each not in let_in)
    rights = await access.access_of(database, session)
    assert len(rights.members) == 4
    assert rights.version == 4  # each had a version of its own


async def test_a_used_up_invitation_lifts_nobody(database: Database, session: str) -> None:
    _, look = await access.invite(database, session, "g1", "viewer", None, None)
    _, edit = await access.invite(database, session, "g1", "editor", None, 1)
    await access.accept(database, session, look, "g2", "Bob")
    await access.accept(database, session, edit, "g3", "Eve")
    error = await refused(access.accept(database, session, edit, "g2", "Bob"))
    assert str(error) == "This invitation has been used up."
    assert (await access.access_of(database, session)).members["g2"].role == "viewer"
    assert await access.accept(database, session, edit, "g3", "Eve") is None  # who came by it


async def test_one_person_who_comes_twice_at_once_is_one_member(
    database: Database, session: str
) -> None:
    _, secret = await access.invite(database, session, "g1", "editor", None, 1)
    await asyncio.gather(*(access.accept(database, session, secret, "g2", "Bob") for _ in range(5)))
    assert len((await access.access_of(database, session)).members) == 2


async def test_a_revoked_invitation_takes_its_members_along(
    database: Database, session: str
) -> None:
    invitation, secret = await access.invite(database, session, "g1", "editor", None, None)
    await access.accept(database, session, secret, "g2", "Bob")
    error = await refused(access.revoke(database, session, "g2", invitation))
    assert error.code == "not_allowed"
    rights = await access.revoke(database, session, "g1", invitation)
    assert set(rights.members) == {"g1"}
    assert rights.version == 3
    error = await refused(access.accept(database, session, secret, "g3", "Eve"))
    assert str(error) == "This invitation has been revoked."


async def test_no_revocation_leaves_a_session_without_its_owner(
    database: Database, session: str
) -> None:
    invitation, _ = await access.invite(database, session, "g1", "editor", None, None)
    async with database.writing() as sql:
        owner = await sql.get(MemberRow, (session, "g1"))
        assert owner
        owner.invitation_id = invitation
    rights = await access.revoke(database, session, "g1", invitation)
    assert rights.members["g1"].role == "owner"


async def test_an_invitation_expires(
    database: Database, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = await access.invite(database, session, "g1", "editor", 60, None)
    later = access.now_ms() + 61_000
    monkeypatch.setattr(access, "now_ms", lambda: later)
    error = await refused(access.accept(database, session, secret, "g2", "Bob"))
    assert str(error) == "This invitation has expired."


async def test_an_invitation_is_of_one_session(
    database: Database, session: str, engine: Engine
) -> None:
    stored = Stored("e1", 0, "", documents.empty("Nova"), {}, ())
    other, _ = await access.create_session(database, "g1", "Ann", stored, engine.name, "release")
    invitation, secret = await access.invite(database, session, "g1", "editor", None, None)
    error = await refused(access.accept(database, other, secret, "g2", "Bob"))
    assert str(error) == "This invitation is not valid."
    error = await refused(access.revoke(database, other, "g1", invitation))
    assert error.code == "not_found"
    assert await access.accept(database, session, secret, "g2", "Bob")


async def test_who_may_not_invite_is_told(database: Database, session: str) -> None:
    error = await refused(access.invite(database, session, "g9", "viewer", None, None))
    assert error.code == "not_allowed"
    error = await refused(access.invite(database, "none", "g1", "viewer", None, None))
    assert error.code == "no_session"
    error = await refused(access.invite(database, session, "g1", "owner", None, None))
    assert (error.code, str(error)) == ("not_allowed", "As owner you may not invite an owner.")


async def test_a_database_that_is_away_says_so(tmp_path: Path) -> None:
    for url in (
        f"sqlite+aiosqlite:///{tmp_path}/nowhere/x.sqlite",
        f"postgresql+asyncpg://cohort@/x?host={tmp_path}",
    ):
        database = Database(url)
        with pytest.raises(DatabaseAwayError):
            await database.ping()
        await database.close()

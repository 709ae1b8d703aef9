"""Names, passwords and roles that change, and accounts that end; in SQL."""

import msgspec
import pytest
from sqlalchemy import text

from calc import build as documents
from server.accounts import accounts, audit, leaving, logins
from server.accounts import changes as account_changes
from server.accounts.accounts import AccountError
from server.accounts.logins import LoggedIn, LoginError
from server.accounts.passwords import Passwords, WeakPasswordError
from server.auth import Person
from server.engine import Engine
from server.library import changes as library_changes
from server.library.changes import Content, Description
from server.library.library import Author
from server.live import chat
from server.log.logged import Stored
from server.logic.rights import Membership
from server.members import access
from server.members.governing import hand_over
from server.orm import Database, SaidRow

PASSWORD = "four words nobody says"
OTHER = "other words nobody says"


async def account(database: Database, person: str, name: str) -> LoggedIn:
    guest = Person(person, name, 0, 2**40)
    return await accounts.create(
        database, Passwords(), guest, name.lower(), PASSWORD, name, "10.0.0.7", "x"
    )


@pytest.fixture
async def ann(database: Database) -> LoggedIn:
    return await account(database, "g1", "Ann")


@pytest.fixture
async def session(database: Database, engine: Engine) -> str:
    build = documents.empty("Nova")
    result = engine.result(build)
    stored = Stored("e1", 0, "", build, result.totals, result.findings)
    made, _ = await access.create_session(database, "g1", "Ann", stored, engine.name, "release")
    return made


async def come(database: Database, session: str, person: str, name: str, role: str) -> None:
    _, secret = await access.invite(database, session, "g1", role, None, None)  # type: ignore[arg-type]
    await access.accept(database, session, secret, person, name)


def whole(ann: LoggedIn) -> Person:
    return Person(ann.person, ann.name, 0, 2**40, ann.login)


async def test_a_new_name_is_in_ones_sessions(
    database: Database, ann: LoggedIn, session: str
) -> None:
    rights = await account_changes.rename(database, "g1", "Anne", "::1")
    assert rights[session].members == {"g1": Membership("Anne", "owner")}
    assert rights[session].version == 2
    assert (await accounts.read(database, "g1")).name == "Anne"


async def test_a_new_password_ends_the_other_logins(database: Database, ann: LoggedIn) -> None:
    other = await accounts.log_in(database, Passwords(), "ann", PASSWORD, "::1", "x")
    assert other

    async def change(old: str, new: str) -> None:
        await account_changes.change_password(database, Passwords(), whole(ann), old, new, "::1")

    with pytest.raises(AccountError, match="not your password"):
        await change(OTHER, OTHER)
    with pytest.raises(WeakPasswordError):
        await change(PASSWORD, "password1")
    await change(PASSWORD, OTHER)
    assert await accounts.log_in(database, Passwords(), "ann", PASSWORD, "::1", "x") is None
    assert await accounts.log_in(database, Passwords(), "ann", OTHER, "::1", "x")
    with pytest.raises(LoginError):
        await logins.refresh(database, other.refresh_token, "::1")
    assert await logins.refresh(database, ann.refresh_token, "::1")


async def test_who_leaves_hands_over_to_the_editor_who_was_there_first(
    database: Database, ann: LoggedIn, session: str
) -> None:
    for person, role in (("g5", "viewer"), ("g3", "editor"), ("g2", "editor")):
        await come(database, session, person, person, role)
    rights = await leaving.leave(database, "g1", "::1")
    roles = {person: member.role for person, member in rights[session].members.items()}
    assert roles == {"g3": "owner", "g2": "editor", "g5": "viewer"}
    assert not rights[session].ended
    assert await access.access_of(database, session) == rights[session]


async def test_who_inherits_a_session_outlives_the_link_that_they_came_by(
    database: Database, ann: LoggedIn, session: str
) -> None:
    invitation, secret = await access.invite(database, session, "g1", "editor", None, None)
    for person in ("g2", "g3"):
        await access.accept(database, session, secret, person, person)
    rights = (await leaving.leave(database, "g1", "::1"))[session]
    assert rights.members["g2"] == Membership("g2", "owner")
    assert rights.members["g3"].invitation == invitation
    rights = await access.revoke(database, session, "g2", invitation)
    assert set(rights.members) == {"g2"}


@pytest.mark.parametrize("role", ["viewer", "suggester"])
async def test_a_session_without_another_editor_ends(
    database: Database, ann: LoggedIn, session: str, role: str
) -> None:
    await come(database, session, "g2", "Bob", role)
    rights = await leaving.leave(database, "g1", "::1")
    assert rights[session].ended
    assert await access.session_row(database, session) is None


async def test_a_session_of_another_goes_on_without_who_leaves(
    database: Database, ann: LoggedIn, session: str
) -> None:
    await come(database, session, "g2", "Bob", "editor")
    await hand_over(database, session, "g1", "g2")
    rights = await leaving.leave(database, "g1", "::1")
    assert rights[session].members["g2"].role == "owner"
    assert "g1" not in rights[session].members
    assert not rights[session].ended


async def test_no_table_knows_who_left(database: Database, ann: LoggedIn, session: str) -> None:
    await come(database, session, "g2", "Bob", "editor")
    async with database.writing() as sql:
        sql.add(SaidRow(session_id=session, number=1, person="g1", name="Ann", text="hello", at=1))
    await leaving.leave(database, "g1", "10.0.0.7")
    async with database.reading() as sql:
        tables = (
            "users", "credentials", "logins", "refresh_tokens", "keys", "audit", "members", "said"
        )  # fmt: skip
        rows = {
            each: str((await sql.execute(text(f"SELECT * FROM {each}"))).all()) for each in tables
        }
    assert not [each for each in tables if "Ann" in rows[each] or "'ann'" in rows[each]]
    assert "10.0.0.7" not in rows["audit"]
    assert "someone" in rows["said"]
    said = await chat.recall(database, session, "g2", None, 0, 9)
    assert [(each.name, each.text) for each in said] == [("someone", "hello")]
    with pytest.raises(AccountError):
        await leaving.leave(database, "g1", "::1")
    with pytest.raises(AccountError):  # nobody else gets to be this person
        await account(database, "g1", "Mallory")
    assert await accounts.create(
        database, Passwords(), None, "ann", PASSWORD, "New", "::1", "x"
    )  # but a name is free again


async def test_what_nobody_else_saw_is_deleted(
    database: Database, ann: LoggedIn, session: str
) -> None:
    await leaving.leave(database, "g1", "::1")
    async with database.reading() as sql:
        for table in ("checkpoints", "changes"):
            assert (await sql.execute(text(f"SELECT * FROM {table}"))).all() == []


async def test_an_export_has_all_of_it_and_no_secret(
    database: Database, ann: LoggedIn, session: str, engine: Engine
) -> None:
    build = documents.empty()
    content = Content(build, engine.result(build).totals, engine.name, "release")
    for title in ("Fire", "Ice"):
        described = Description(title, "private", ())
        await library_changes.save(database, Author("g1", "Ann"), content, described, "First")
    parts = [part async for part in await leaving.export(database, "g1", ann.login)]
    export = b"".join(parts)
    assert msgspec.json.decode(export, type=leaving.Export)  # what the reference says it is
    found = msgspec.json.decode(export)
    assert {each["title"] for each in found["builds"]} == {"Fire", "Ice"}
    assert found["builds"][0]["versions"][0]["message"] == "First"
    assert len(parts) > 5  # and never all of it at once
    assert found["account"]["username"] == "ann"
    (taken,) = found["sessions"]
    assert (taken["id"], taken["role"]) == (session, "owner")
    assert taken["stored"]["build"]["title"] == "Nova"
    assert [each["event"] for each in found["noted"]] == ["account_created"]
    assert b"argon2" not in export
    assert ann.refresh_token.encode() not in export


async def test_an_admin_gives_roles(database: Database, ann: LoggedIn) -> None:
    await account_changes.give_role(database, "g1", "moderator", None, "")
    assert (await accounts.read(database, "g1")).role == "moderator"
    (noted, _) = await audit.recall(database, None, 9)
    assert (noted.event, noted.person, noted.about) == ("role_changed", "g1", "moderator")
    with pytest.raises(AccountError):
        await account_changes.give_role(database, "nobody", "admin", None, "")

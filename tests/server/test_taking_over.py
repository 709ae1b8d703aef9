"""What one did as a guest, with the account that one had before; in SQL."""

import pytest

from calc import build as documents
from server.accounts import accounts, audit, leaving, taking_over
from server.accounts.accounts import AccountError
from server.accounts.tables import UserRow
from server.engine import Engine
from server.library import changes as library_changes
from server.library import library
from server.library.changes import Content, Description
from server.library.library import Author
from server.library.search import Wanted, search
from server.live import chat
from server.log.logged import Stored
from server.members import access, governing
from server.orm import Database, SaidRow
from server.protocol import Role

ANN, GUEST, BOB = "u1", "g1", "g2"


@pytest.fixture(autouse=True)
async def ann(database: Database) -> None:
    async with database.writing() as sql:
        sql.add(UserRow(id=ANN, name="Ann", role="user", created_at=1))


async def session(database: Database, owner: str, **others: Role) -> str:
    stored = Stored("e1", 0, "", documents.empty("Nova"), {}, ())
    made, _ = await access.create_session(database, owner, owner, stored, "engine", "release")
    for person, role in others.items():
        _, secret = await access.invite(database, made, owner, role, None, None)
        await access.accept(database, made, secret, person, person)
    return made


async def roles(database: Database, session: str) -> dict[str, str]:
    members = (await access.access_of(database, session)).members
    return {person: member.role for person, member in members.items()}


async def test_the_account_is_where_the_guest_was_as_what_is_better(database: Database) -> None:
    own = await session(database, GUEST, g2="editor")
    both = [
        await session(database, GUEST, u1="viewer"),
        await session(database, BOB, g1="editor", u1="viewer"),
        await session(database, BOB, g1="viewer", u1="editor"),
        await session(database, ANN, g1="editor"),
    ]
    ended = await session(database, GUEST)
    await governing.end(database, ended, GUEST)
    async with database.writing() as sql:
        said = SaidRow(
            session_id=own, number=1, person=GUEST, name="Nova", message_id="m1", text="hi", at=1
        )
        sql.add(said)
    taken = await taking_over.take_over(database, ANN, GUEST, "::1")
    assert set(taken.rights) == {own, *both, ended}
    assert await roles(database, own) == {ANN: "owner", BOB: "editor"}
    assert taken.rights[own] == await access.access_of(database, own)
    assert [await roles(database, each) for each in both] == [
        {ANN: "owner"},
        {BOB: "owner", ANN: "editor"},
        {BOB: "owner", ANN: "editor"},
        {ANN: "owner"},
    ]
    assert taken.rights[ended].ended
    assert [each.name for each in await chat.recall(database, own, ANN, None, 0, 9)] == ["Ann"]
    # The owner's right hangs on no link, an editor's on that by which they are one.
    for link in await governing.invitations(database, both[1], BOB):
        await access.revoke(database, both[1], BOB, link.id)
    assert await roles(database, both[1]) == {BOB: "owner"}
    assert await taking_over.take_over(database, ANN, GUEST, "::1") == taking_over.Taken({}, 0)
    (noted,) = await audit.recall(database, None, 9, person=ANN)
    assert (noted.event, noted.about) == ("guest_taken_over", f"guest {GUEST}")


async def test_builds_and_favourites_go_along(database: Database, engine: Engine) -> None:
    build = documents.empty("Nova")
    content = Content(build, engine.result(build).totals, engine.name, "release")

    async def save(author: Author, title: str) -> str:
        described = Description(title, "private", ())
        made = await library_changes.save(database, author, content, described, "")
        await library_changes.describe(database, made.id, author.person, None, None, "public", None)
        return made.id

    mine = await save(Author(GUEST, "Nova"), "Fire")
    liked, both = [await save(Author(BOB, "Bob"), title) for title in ("Ice", "Storm")]
    for person, build_id in ((GUEST, liked), (GUEST, both), (ANN, both), (BOB, both)):
        await library_changes.favour(database, build_id, person, favourite=True)
    assert (await taking_over.take_over(database, ANN, GUEST, "::1")).builds == 1
    saved = await library.read(database, mine, ANN)
    assert saved.author == Author(ANN, "Ann")
    assert (await library.version(database, mine, ANN)).author == Author(ANN, "Ann")
    await library_changes.describe(database, mine, ANN, None, None, "private", None)
    for wanted, found in (
        (Wanted(whose="mine"), [mine]),
        (Wanted(whose="mine", text="ann"), [mine]),
        (Wanted(whose="mine", text="nova"), []),
        (Wanted(whose="favourites"), [both, liked]),
    ):
        builds = (await search(database, wanted, ANN)).builds
        assert [each.id for each in builds] == found
    assert (await search(database, Wanted(whose="mine"), GUEST)).builds == ()
    counts = [(await library.read(database, each, ANN)).favourites for each in (liked, both)]
    assert counts == [1, 2]
    await leaving.leave(database, ANN, "::1")  # and are the account's to take away
    assert (await search(database, Wanted(), "")).builds != ()
    assert (await search(database, Wanted(author=ANN), "")).builds == ()


async def test_a_guest_with_an_account_is_taken_over_by_none(database: Database) -> None:
    async with database.writing() as sql:
        sql.add(UserRow(id=GUEST, name="Nova", role="user", created_at=1))
    for person in (ANN, "nobody"):
        with pytest.raises(AccountError) as refused:
            await taking_over.take_over(database, person, GUEST, "::1")
        assert refused.value.code == ("no_guest" if person == ANN else "no_account")
    assert (await accounts.read(database, GUEST)).name == "Nova"

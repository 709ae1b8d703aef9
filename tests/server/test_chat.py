"""What people say is kept in SQL, in order, once, and only of who may speak."""

import asyncio

import pytest
from msgspec import UNSET

from calc import build as documents
from server.client_messages import Say
from server.live import chat
from server.log.logged import Stored
from server.members import access
from server.members.access import AccessError
from server.orm import Database


@pytest.fixture
async def session(database: Database) -> str:
    stored = Stored("e1", 0, "", documents.empty("Nova"), {}, ())
    return (await access.create_session(database, "g1", "Ann", stored, "engine", "release"))[0]


async def joined(database: Database, session: str, person: str, role: access.Role) -> str:
    """The id of the invitation."""
    invitation, secret = await access.invite(database, session, "g1", role, None, None)
    await access.accept(database, session, secret, person, "Bob")
    return invitation


async def test_what_is_said_is_numbered_and_can_be_read_again(
    database: Database, session: str
) -> None:
    for text in ("Hello", "Shields first?", "Yes"):
        said, new = await chat.keep(database, session, "g1", Say(text))
        assert new
    assert (said.number, said.by, said.name, said.id) == (3, "g1", "Ann", UNSET)
    newest = await chat.recall(database, session, "g1", None, 0, 2)
    assert [each.text for each in newest] == ["Shields first?", "Yes"]
    assert [each.number for each in await chat.recall(database, session, "g1", 2, 0, 9)] == [1]
    assert [each.number for each in await chat.recall(database, session, "g1", None, 1, 9)] == [
        2,
        3,
    ]


async def test_said_twice_is_kept_once(database: Database, session: str) -> None:
    first = await chat.keep(database, session, "g1", Say("Hello", id="m1"))
    assert first[1]
    assert await chat.keep(database, session, "g1", Say("Hello", id="m1")) == (first[0], False)
    await joined(database, session, "g2", "suggester")
    said, new = await chat.keep(database, session, "g2", Say("Hello", id="m1"))
    assert (said.number, new) == (2, True)


async def test_who_speak_at_once_get_numbers_of_their_own(database: Database, session: str) -> None:
    said = await asyncio.gather(
        *(chat.keep(database, session, "g1", Say(f"{n}")) for n in range(8))
    )
    assert sorted(each.number for each, _ in said) == list(range(1, 9))


@pytest.mark.parametrize("person", ["viewer", "stranger"])
async def test_who_may_not_speak_neither_says_nor_reads(
    database: Database, session: str, person: str
) -> None:
    await joined(database, session, "viewer", "viewer")
    with pytest.raises(AccessError):
        await chat.keep(database, session, person, Say("Hello"))
    with pytest.raises(AccessError):
        await chat.recall(database, session, person, None, 0, 9)


async def test_who_was_removed_is_not_heard_afterwards(database: Database, session: str) -> None:
    invitation = await joined(database, session, "g2", "editor")
    await access.revoke(database, session, "g1", invitation)
    with pytest.raises(AccessError):
        await chat.keep(database, session, "g2", Say("Hello"))

"""All who come into a session at once become members together; on each database."""

import asyncio
from contextlib import AbstractAsyncContextManager
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from calc import build as documents
from server.auth import Person
from server.live.joins import Joins
from server.log.logged import Stored
from server.logic.rights import Access, Membership
from server.members import access, governing
from server.members.access import AccessError, Joining
from server.orm import Database, DatabaseAwayError
from server.routes import streams
from server.web.admission import admit, check_member


class Heard:
    """A session and a log of which one sees what they are told."""

    def __init__(self, session: str) -> None:
        self.id = session
        self.put: list[Access] = []
        self.refreshed = 0

    async def put_access(self, session: str, access: Access) -> bool:
        assert session == self.id
        self.put.append(access)
        return True

    async def refresh(self) -> None:
        self.refreshed += 1


@pytest.fixture
async def heard(database: Database) -> Heard:
    """A new session, of g1."""
    stored = Stored("e1", 0, "", documents.empty("Nova"), {}, ())
    session, _ = await access.create_session(database, "g1", "Ann", stored, "engine", "release")
    return Heard(session)


@pytest.fixture
def joins(database: Database, heard: Heard) -> Joins:
    log: Any = heard
    return Joins(database, log)


async def secret_for(database: Database, heard: Heard, role: Any, uses: int | None = None) -> str:
    _, secret = await access.invite(database, heard.id, "g1", role, None, uses)
    return secret


async def all_join(joins: Joins, heard: Any, joining: list[Joining]) -> list[bool | BaseException]:
    return await asyncio.gather(
        *(joins.join(heard, each) for each in joining), return_exceptions=True
    )


def comers(secret: str, count: int) -> list[Joining]:
    return [Joining(secret, f"v{number}", f"Viewer {number}") for number in range(count)]


async def test_many_at_once_are_one_change_of_the_access(
    joins: Joins, heard: Heard, database: Database
) -> None:
    look, edit = (
        await secret_for(database, heard, "viewer"),
        await secret_for(database, heard, "editor"),
    )
    come = [*comers(look, 40), Joining(edit, "g2", "Bob"), Joining(look, "v0", "Twice")]
    assert await all_join(joins, heard, come) == [*[True] * 41, False]
    (told,) = heard.put
    assert heard.refreshed == 1
    assert told.version == 2
    assert len(told.members) == 42
    assert told.members["g2"].role == "editor"
    assert told.members["v0"].name == "Viewer 0"
    assert told == await access.access_of(database, heard.id)
    assert await all_join(joins, heard, come) == [False] * 42
    assert len(heard.put) == 1


async def test_an_invitation_for_three_lets_three_in(
    joins: Joins, heard: Heard, database: Database
) -> None:
    secret = await secret_for(database, heard, "viewer", uses=3)
    outcomes = await all_join(joins, heard, comers(secret, 8))
    assert outcomes[:3] == [True] * 3
    assert all(isinstance(each, AccessError) for each in outcomes[3:])
    assert len(heard.put[-1].members) == 4


async def test_a_session_takes_no_more_members_than_it_may_have(
    heard: Heard, database: Database
) -> None:
    log: Any = heard
    joins = Joins(database, log, most=4)  # with the owner
    secret = await secret_for(database, heard, "viewer")
    outcomes = await all_join(joins, heard, [*comers(secret, 5), *comers(secret, 1)])
    assert [outcome for outcome in outcomes if isinstance(outcome, bool)] == [True] * 3 + [False]
    assert {each.code for each in outcomes if isinstance(each, AccessError)} == {"too_many_members"}
    assert len((await access.access_of(database, heard.id)).members) == 4
    edit = await secret_for(database, heard, "editor")
    with pytest.raises(AccessError, match="as many members"):
        await joins.join(heard, Joining(edit, "g2", "Bob"))
    assert await joins.join(heard, Joining(edit, "v0", "Viewer 0"))  # who is one becomes another
    with pytest.raises(AccessError, match="as many members"):
        await access.watch(database, heard.id, secret, most=4)
    await access.watch(database, heard.id, secret, most=5)
    await access.watch(database, heard.id, secret, most=4)  # the same one


async def test_nobody_becomes_a_member_of_a_session_that_has_ended(
    joins: Joins, heard: Heard, database: Database
) -> None:
    secret = await secret_for(database, heard, "viewer")
    await governing.end(database, heard.id, "g1")  # and Redis was not told yet
    outcomes = await all_join(joins, heard, comers(secret, 2))
    assert [each.code for each in outcomes if isinstance(each, AccessError)] == ["no_session"] * 2
    with pytest.raises(AccessError, match="no such session"):
        await access.watch(database, heard.id, secret)
    assert set((await access.access_of(database, heard.id)).members) == {"g1"}


async def test_one_who_may_not_come_does_not_keep_the_others_out(
    joins: Joins, heard: Heard, database: Database
) -> None:
    secret = await secret_for(database, heard, "viewer")
    come = [Joining("wrong", "g9", "Eve"), *comers(secret, 2)]
    refused, *others = await all_join(joins, heard, come)
    assert isinstance(refused, AccessError)
    assert others == [True, True]
    assert heard.put[-1].members["v1"] == Membership(
        "Viewer 1", "viewer", heard.put[-1].members["v0"].invitation
    )


async def test_who_leaves_while_they_wait_does_not_keep_the_others_out(
    joins: Joins, heard: Any, database: Database
) -> None:
    secret = await secret_for(database, heard, "viewer")
    first, *others = (asyncio.create_task(joins.join(heard, each)) for each in comers(secret, 4))
    await asyncio.sleep(0)
    first.cancel()
    assert await asyncio.gather(*others) == [True] * 3
    later = Joining(secret, "v9", "Later")
    assert await joins.join(heard, later)


class Away:
    def writing(self) -> AbstractAsyncContextManager[AsyncSession]:
        raise DatabaseAwayError("away")


async def test_while_sql_is_away_everybody_is_told(joins: Joins, heard: Heard) -> None:
    away: Any = Away()
    log: Any = heard
    outcomes = await all_join(Joins(away, log), heard, comers("secret", 3))
    assert all(isinstance(each, DatabaseAwayError) for each in outcomes)
    assert heard.put == []


class Behind(Heard):
    """A session on a worker that knows who was in it before, and is told of newer ones.

    deaf_to: how many of them are told to nobody.
    """

    def __init__(self, session: str, older: Access, deaf_to: int) -> None:
        super().__init__(session)
        self.state = SimpleNamespace(access=older)
        self._deaf_to = deaf_to

    async def refresh(self) -> None:
        await super().refresh()
        if len(self.put) > self._deaf_to:
            self.state.access = self.put[-1]


async def test_who_became_a_member_while_another_worker_gave_redis_what_sql_had_before(
    heard: Heard, database: Database
) -> None:
    """Redis lacked the session: what it was told of the newcomer was told to nobody."""
    secret = await secret_for(database, heard, "viewer")
    live: Any = Behind(heard.id, await access.access_of(database, heard.id), deaf_to=1)
    services: Any = SimpleNamespace(log=live, joins=Joins(database, live), database=database)
    await admit(live, "v1", "Viewer", secret, services)
    assert "v1" in live.state.access.members


async def test_a_member_of_whom_redis_was_not_told_has_a_stream(
    heard: Heard, database: Database
) -> None:
    """A browser does not come back to a stream that it was refused."""
    secret = await secret_for(database, heard, "viewer")
    live: Any = Behind(heard.id, await access.access_of(database, heard.id), deaf_to=0)
    await access.accept(database, heard.id, secret, "v1", "Viewer")
    services: Any = SimpleNamespace(log=live, database=database)
    viewer = Person("v1", "Viewer", 0.0, 1e11)
    assert await streams._watcher(live, viewer, "", services) is viewer
    check_member(live, viewer)

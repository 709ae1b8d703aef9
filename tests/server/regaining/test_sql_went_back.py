"""Who may do what in a session, when SQL lost its newest change and Redis has it."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import update

from calc import build as documents
from server.commands.admin.reaching import Stores
from server.live.joins import Joins
from server.log.logged import Stored
from server.logic.rights import Access
from server.members import access, governing
from server.members.access import Joining
from server.members.sharing import share
from server.orm import SessionRow
from server.recording.recorder import ACCESS_EVERY
from server.routes import streams
from server.settings import Settings
from server.web import admission
from tests.server.regaining.workers import Scene


@pytest.fixture
async def went_back(scene: Scene) -> Scene:
    """Redis has the session's new title, and SQL (a standby that took over) the one before."""
    rights = await governing.describe(scene.database, scene.id, "g1", "Raid", None)
    await share(scene.database, scene.log, scene.id, rights)
    async with scene.database.writing() as sql:
        await sql.execute(update(SessionRow).values(access=rights.version - 1, title="Nova"))
    await scene.both_read_on()
    return scene


async def both_have_what_sql_has(scene: Scene) -> Access:
    rights = await access.access_of(scene.database, scene.id)
    assert await scene.log.access_of(scene.id) == rights
    await scene.both_read_on()
    assert [worker.state.access for worker in scene.both] == [rights, rights]
    return rights


async def test_a_kick_is_in_force_when_sql_had_lost_what_was_before_it(went_back: Scene) -> None:
    rights, _ = await governing.remove(went_back.database, went_back.id, "g1", "g2")
    await share(went_back.database, went_back.log, went_back.id, rights)
    rights = await both_have_what_sql_has(went_back)
    assert (rights.version, rights.title, set(rights.members)) == (3, "Nova", {"g1"})


async def test_what_sql_has_is_in_force_soon_after_it_went_back(
    went_back: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    await went_back.recorder.flush()
    for _ in range(ACCESS_EVERY + 1):
        await went_back.recorder._round((went_back.id,))
        went_back.recorder._rounds += 1
    assert (await both_have_what_sql_has(went_back)).version == 3
    assert len([each for each in caplog.messages if "SQL lost a change" in each]) == 1


async def test_who_comes_with_an_older_change_raises_nothing(scene: Scene) -> None:
    """Of those who change it at once the last may be the first to tell Redis."""
    changes = [
        await governing.describe(scene.database, scene.id, "g1", title, None)
        for title in ("One", "Two")
    ]
    for rights in (*reversed(changes), changes[-1]):
        await share(scene.database, scene.log, scene.id, rights)
    assert await both_have_what_sql_has(scene) == changes[-1]


async def test_a_change_that_is_told_while_sql_has_a_newer_one_is_in_force(
    went_back: Scene,
) -> None:
    """The newer one is not told to Redis yet, and Redis has the older one's version."""
    kick, _ = await governing.remove(went_back.database, went_back.id, "g1", "g2")
    await governing.describe(went_back.database, went_back.id, "g1", None, True)
    await share(went_back.database, went_back.log, went_back.id, kick)
    rights = await both_have_what_sql_has(went_back)
    assert (rights.version, rights.locked, set(rights.members)) == (3, True, {"g1"})


async def test_a_session_that_redis_or_sql_does_not_know_is_left(scene: Scene) -> None:
    there = Access(2, {})
    stored = Stored("e1", 0, "", documents.empty("Nova"), {}, ())
    assert await scene.log.open("unknown", stored, "engine", there)
    for session in "unknown", "another":
        await share(scene.database, scene.log, session, Access(1, {}))
    assert await scene.log.access_of("unknown") == there
    assert await scene.log.access_of("another") is None


@pytest.mark.parametrize("who", ["owner", "operator"])
async def test_whoever_changes_it_has_it_in_force(went_back: Scene, who: str) -> None:
    services: Any = went_back
    rights = await governing.describe(went_back.database, went_back.id, "g1", None, True)
    if who == "owner":
        await admission.share({went_back.id: rights}, services)
    else:
        stores = Stores(Settings(), went_back.database, went_back.redis)
        await stores.share({went_back.id: rights})
    assert (await both_have_what_sql_has(went_back)).locked


@pytest.mark.parametrize("by", ["socket", "stream"])
async def test_who_comes_then_is_in(went_back: Scene, by: str) -> None:
    scene = went_back
    _, secret = await access.invite(scene.database, scene.id, "g1", "viewer", None, None)
    live: Any = scene.one
    live.refresh = live.read_on
    if by == "socket":
        joins = Joins(scene.database, scene.log)
        assert await joins.join(live, Joining(secret, "g3", "Vic"))
    else:
        services: Any = SimpleNamespace(database=scene.database, log=scene.log, settings=Settings())
        await streams._by_invitation(live, secret, services)
    assert len((await both_have_what_sql_has(scene)).members) == 3

"""A Redis that went back, or came back empty: what SQL still knows is regained, and SQL never
mixes what was lost with what came after."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from redis.asyncio import Redis
from sqlalchemy import delete, select, update

from server.engine import Engine
from server.live.follower import EngineMovedError
from server.log.log import Log
from server.log.logged import ForeignError, Known
from server.orm import ChangeRow, Database, EpochRow
from server.recording.archive import Archive
from server.recording.history import History
from server.redis.calls import key
from tests.server.regaining.workers import Scene, come_to_9_again, names, title
from tests.server.sessions import an_edit, new_session


async def history(scene: Scene) -> list[str]:
    """The edits that SQL and the log know."""
    return [each.edit for each in await scene.archive.before(scene.id, 100, 100)]


async def test_an_edit_that_comes_to_its_revision_again_hides_nothing_before_it(
    scene: Scene,
) -> None:
    await come_to_9_again(scene, recorded=True, at=1)
    await scene.archive.again(scene.id, scene.other.state.epoch)
    assert (await scene.began()).left_at == 3
    for worker in scene.both:
        await worker.read_on()
    await scene.record()
    made = await scene.edits()
    assert made == names(1, 2, 3, 5, 9, 6, 4)
    assert await history(scene) == made


async def test_the_recorder_is_not_misled_by_an_edit_at_its_revision_on_top_of_others(
    scene: Scene,
) -> None:
    await come_to_9_again(scene, recorded=True)  # and nobody else is there
    await scene.record()
    await scene.fresh.begin()
    await scene.record()
    made = await scene.edits()
    assert made == names(1, 2, 3, 5, 9, 6, 4)
    assert await history(scene) == made


async def come_to_what_only_sql_knows(scene: Scene) -> None:
    """Edits 4 to 6; a new recorder has found that the log lacks them."""
    await scene.one.edit(1, 2, 3)
    async with scene.past.kept():
        await scene.one.edit(4, 5, 6)
        await scene.record()
    await scene.another_recorder().record(scene.id)


async def test_what_only_sql_knows_is_regained_by_who_opens_the_session(scene: Scene) -> None:
    await come_to_what_only_sql_knows(scene)
    assert await scene.edits() == names(1, 2, 3)
    await scene.fresh.begin()
    assert await scene.edits() == names(*range(1, 7))
    assert scene.fresh.state.build == scene.one.state.build
    assert (await scene.began()).redone  # nobody looks again


async def test_what_only_sql_knows_is_regained_though_redis_is_empty_by_then(
    scene: Scene,
) -> None:
    await come_to_what_only_sql_knows(scene)
    await scene.redis.flushall()
    await scene.fresh.begin()
    assert await scene.edits() == names(4, 5, 6)
    assert scene.fresh.state.build == scene.one.state.build


async def test_an_empty_redis_is_filled_from_sql_and_from_what_workers_know_beyond_it(
    scene: Scene,
) -> None:
    one, other = scene.both
    await one.edit(*range(1, 5))
    await scene.record()
    await one.edit(*range(5, 8))
    before = one.state
    await scene.redis.flushall()
    await scene.both_read_on()
    await scene.both_read_on()
    assert await scene.edits() == names(5, 6, 7)  # after those that are in SQL
    assert one.state.position == other.state.position
    assert (one.state.revision, one.state.build) == (7, before.build)
    authors = [f"g1 {an_edit(number).id}" for number in range(1, 8)]
    known = await scene.log.remembered(one.state, authors)
    assert known == [Known(number, same=True) for number in range(1, 8)]


async def come_to_another_way(
    scene: Scene,
    lost: tuple[int, ...],
    instead: tuple[int, ...],
    record: Callable[[], Awaitable[object]],
) -> None:
    """Edits that were recorded are lost, and others come in their place."""
    async with scene.past.kept():
        await scene.one.edit(*lost)
        await record()
    await scene.other.edit(*instead, person="g2")


async def test_the_recorder_never_mixes_two_histories_of_one_epoch(scene: Scene) -> None:
    other, fresh = scene.other, scene.fresh
    await scene.both_know(1, 2)
    await come_to_another_way(scene, (3, 4), (101, 102, 103), scene.record)
    await scene.record()
    await other.read_on()
    await scene.record()
    async with scene.database.reading() as sql:
        epochs = (await sql.scalars(select(EpochRow).order_by(EpochRow.ordinal))).all()
        rows = (await sql.execute(select(ChangeRow.epoch, ChangeRow.edit))).all()
    assert [(each.previous, each.left_at) for each in epochs] == [(None, 0), ("e1", 2)]
    assert {(row.epoch, row.edit) for row in rows} == {
        *(("e1", edit) for edit in names(1, 2, 3, 4)),
        *((epochs[1].epoch, edit) for edit in names(101, 102, 103, 3, 4)),
    }
    await scene.redis.flushall()
    await fresh.begin()
    assert fresh.state.build == other.state.build
    assert fresh.state.revision == 7
    assert fresh.frames == []  # nothing is decided a second time


async def test_what_was_made_again_at_a_revision_that_is_forgotten_is_not_made_twice(
    redis: Redis, database: Database, engine: Engine
) -> None:
    log = Log(redis, keeps=10, edit_ids=10)
    archive = Archive(database, log, engine, 10)
    state = await new_session(database, log, engine)
    scene = Scene(state.session, redis, database, log, archive, engine)
    one, other, fresh = *scene.both, scene.fresh
    for worker in scene.both:
        await worker.begin()
    async with scene.past.kept():
        await one.make(title(1, "Nova"))  # up to 8 they go by one another
        for number in range(2, 9):
            await one.make(title(number, f"{number - 1}"))
        await one.edit(9)
        await scene.record()
    await other.edit(101)
    await scene.record()
    await other.read_on()
    await other.waits_no_more()
    assert await scene.edits() == names(101, 9)
    for number in range(102, 113):
        await other.make(an_edit(number, base=other.state.revision))
    await scene.record()
    await redis.flushall()
    await fresh.begin()
    assert fresh.frames == []
    assert fresh.state.build == other.state.build


async def left_after_2(scene: Scene) -> bool:
    """Whether the first epoch ended there."""
    began = await scene.began()
    return began.epoch != "e1" and (began.previous, began.left_at) == ("e1", 2)


async def test_a_recorder_that_knows_of_less_than_sql_has_mixes_no_histories(
    scene: Scene,
) -> None:
    slow = scene.another_recorder()
    await scene.both_know(1, 2)
    await slow.record(scene.id)
    await come_to_another_way(scene, (3, 4), (101, 102), scene.record)
    await slow.record(scene.id)
    assert await left_after_2(scene)


async def test_what_went_back_is_not_recorded_as_if_it_had_gone_on(scene: Scene) -> None:
    a_round = partial(scene.recorder._round, [scene.id])
    await scene.both_know(1, 2)
    await come_to_another_way(scene, (3,), (101, 102), a_round)  # and one beyond
    await a_round()
    assert await left_after_2(scene)


async def test_an_older_epoch_that_comes_back_is_no_newer_one(scene: Scene) -> None:
    """An old file: the session has been reopened since it was written."""
    one, fresh = scene.one, scene.fresh
    await one.edit(1, 2)
    await scene.record()
    async with scene.past.kept():
        await scene.redis.flushall()
        await one.read_on()
        await one.edit(3, 4)
        await scene.record()
    await scene.record()
    await fresh.begin()
    assert await scene.edits() == names(1, 2, 3, 4)
    assert fresh.state.build == one.state.build
    await one.read_on()
    assert one.state.position == fresh.state.position
    assert await scene.edits() == names(1, 2, 3, 4)


async def test_what_is_left_of_a_damaged_log_is_decided_again(scene: Scene) -> None:
    await scene.one.edit(1, 2, 3)
    await scene.record()
    await scene.one.edit(4, 5)
    await scene.redis.delete(key(scene.id, "build"))
    await scene.fresh.begin()
    assert scene.fresh.state.build == scene.one.state.build
    assert await scene.edits() == names(4, 5)


async def test_what_a_newer_release_made_that_sql_alone_has_sends_people_on_to_it(
    scene: Scene,
) -> None:
    one = scene.one
    await one.edit(1, 2)
    await scene.record()
    async with scene.database.writing() as sql:
        row = (await sql.scalars(select(ChangeRow).where(ChangeRow.revision == 2))).one()
        row.frame = row.frame.replace(b'"type":"set_level"', b'"type":"of_tomorrow"')
    with pytest.raises(ForeignError):
        await History(scene.database, scene.log).before(scene.id, None, 9)
    await scene.redis.flushall()
    one.recent.clear()
    for read in (one.reach_back, scene.fresh.begin):
        with pytest.raises(EngineMovedError):
            await read()


async def test_a_database_of_a_backup_is_caught_up_with(scene: Scene) -> None:
    one, fresh = scene.one, scene.fresh
    for first in (1, 21):
        await one.edit(*range(first, first + 20))
        await scene.record()
        await scene.log.store(one.state)
    async with scene.database.writing() as sql:
        await sql.execute(delete(ChangeRow).where(ChangeRow.revision > 3))
        await sql.execute(update(EpochRow).values(recorded=3))
    await one.edit(41)
    await scene.another_recorder().record(scene.id)
    await scene.redis.flushall()
    await fresh.begin()
    assert fresh.state.build == one.state.build
    assert fresh.state.revision == 41
    async with scene.database.writing() as sql:  # or it does not know the session at all
        for table in (ChangeRow, EpochRow):
            await sql.execute(delete(table))
    await scene.another_recorder().record(scene.id)

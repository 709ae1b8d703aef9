"""What Redis lost comes back from SQL; on each database."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select

from server.engine import Engine
from server.log.log import Log
from server.log.logged import Done, Elsewhere, Known
from server.logic.rights import Access, Membership
from server.logic.session import State
from server.members import access, governing
from server.orm import CheckpointRow, Database, EpochRow, SessionRow
from server.protocol import Position, encode
from server.recording.archive import FAR, Archive
from server.recording.recorder import Recorder
from server.recording.rows import CHECKPOINT_EVERY
from tests.server.sessions import (
    an_edit,
    decided,
    edited,
    left_to_sql,
    reopened,
    revisions,
    state_in,
)


async def test_a_lost_session_comes_back_with_its_build_and_its_edit_ids(
    state: State, log: Log, engine: Engine, recorder: Recorder, archive: Archive, redis: Redis
) -> None:
    after = await edited(log, state, engine, 40)
    await left_to_sql(recorder, redis, state.session)
    opened = await reopened(archive, log, state.session)
    assert opened.epoch != after.epoch
    assert (opened.revision, opened.edit) == (after.revision, after.edit)
    assert opened.build == after.build
    assert opened.totals == after.totals
    assert opened.access == after.access
    assert await log.remembered(opened, [f"g1 {an_edit(7).id}"]) == [Known(7, same=True)]
    assert (await log.since(opened)).changes == ()
    await edited(log, opened, engine, 1)
    assert len((await log.since(opened)).changes) == 1


async def test_a_history_of_several_epochs_comes_back_without_what_was_lost(
    state: State, log: Log, engine: Engine, recorder: Recorder, archive: Archive, redis: Redis
) -> None:
    await edited(log, state, engine, 5)
    await recorder.record(state.session)
    for _ in range(2):
        await redis.flushall()
        opened = await reopened(archive, log, state.session)
        recorded = await edited(log, opened, engine, 3)
        await recorder.record(state.session)
        await edited(log, recorded, engine, 2)  # these are never recorded
    await redis.flushall()
    opened = await reopened(archive, log, state.session)
    assert opened.revision == 11
    assert opened.build.title == "11"
    authors = [f"g1 {an_edit(number).id}" for number in range(1, 13)]
    known = await log.remembered(opened, authors)
    assert known == [*(Known(number, same=True) for number in range(1, 12)), None]


async def test_what_a_reopened_session_does_not_remember_is_too_old_to_tell(
    state: State, log: Log, engine: Engine, recorder: Recorder, database: Database, redis: Redis
) -> None:
    await edited(log, state, engine, 12)
    await left_to_sql(recorder, redis, state.session)
    assert await Archive(database, log, engine, 5).reopen(state.session)
    opened = await state_in(log, state.session)
    for number, base, outcome in (
        (3, 2, Elsewhere("too_old")),
        (8, 7, Known(8, same=True)),
        (99, 6, Elsewhere("too_old")),
        (98, 7, Done(13)),
    ):
        commit = decided(opened, an_edit(number, base), engine)
        assert await log.commit(commit, encode(commit.change)) == outcome


async def test_reopening_twice_at_once_opens_once(
    state: State, log: Log, engine: Engine, recorder: Recorder, archive: Archive, redis: Redis
) -> None:
    await edited(log, state, engine, 3)
    await left_to_sql(recorder, redis, state.session)
    await asyncio.gather(*(archive.reopen(state.session) for _ in range(4)))
    opened = await state_in(log, state.session)
    assert opened.revision == 3
    after = await edited(log, opened, engine, 1)
    await archive.reopen(state.session)
    assert await state_in(log, state.session) == after


async def test_a_right_that_changes_while_a_session_is_opened_again_counts(
    state: State,
    log: Log,
    archive: Archive,
    database: Database,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opens = log.open

    async def and_meanwhile(*args: Any) -> bool:
        await governing.describe(database, state.session, "g1", "Newer", None)
        return await opens(*args)  # with what was read before

    await redis.flushall()
    monkeypatch.setattr(log, "open", and_meanwhile)
    assert (await reopened(archive, log, state.session)).access.title == "Newer"


async def test_who_came_while_the_log_began_again_stays(
    state: State, log: Log, database: Database
) -> None:
    read = await access.access_of(database, state.session)
    members = {**read.members, "g2": Membership("Bob", "viewer")}
    assert await log.put_access(state.session, Access(read.version + 1, members))
    assert await log.again(state.session, "e1", "e2", Position("e1", 0), read)
    opened = await state_in(log, state.session)
    assert (opened.epoch, opened.access.members) == ("e2", members)


async def test_checkpoints_shorten_the_way_back(
    state: State,
    log: Log,
    engine: Engine,
    recorder: Recorder,
    archive: Archive,
    redis: Redis,
    database: Database,
) -> None:
    half = await edited(log, state, engine, CHECKPOINT_EVERY // 2)
    await log.store(half)
    await recorder.record(state.session)
    after = await edited(log, half, engine, CHECKPOINT_EVERY // 2 + 1)
    await log.store(after)
    await recorder.record(state.session)
    assert await revisions(database, CheckpointRow) == [0, after.revision]
    async with database.reading() as sql:
        assert await sql.scalar(select(func.count()).select_from(EpochRow)) == 1
    await redis.flushall()
    assert (await reopened(archive, log, state.session)).build == after.build


async def test_a_session_that_never_was_or_has_ended_does_not_reopen(
    state: State, archive: Archive, database: Database, redis: Redis
) -> None:
    assert not await archive.reopen("none")
    async with database.writing() as sql:
        row = await sql.get(SessionRow, state.session)
        assert row
        row.ended_at = 1
    await redis.flushall()
    assert not await archive.reopen(state.session)


async def test_the_changes_before_a_revision_are_the_newest_of_them(
    state: State, log: Log, engine: Engine, recorder: Recorder, archive: Archive
) -> None:
    await edited(log, state, engine, 7)
    await recorder.record(state.session)
    assert [each.revision for each in await archive.before(state.session, 6, 3)] == [3, 4, 5]


async def test_to_open_one_again_and_again_goes_back_no_further_each_time(
    state: State,
    log: Log,
    engine: Engine,
    recorder: Recorder,
    archive: Archive,
    redis: Redis,
    database: Database,
) -> None:
    before = await edited(log, state, engine, 3)
    await recorder.record(state.session)
    for _ in range(FAR + 3):
        await redis.flushall()
        again = await reopened(archive, log, state.session)
        assert (again.revision, again.build, again.totals) == (3, before.build, before.totals)
    # Its beginning, and what was far away.
    assert await revisions(database, CheckpointRow) == [0, 3]

"""A session of which anything may be to say is recorded by itself; on each database."""

import asyncio
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy import select

from server.engine import Engine
from server.log.log import Log
from server.logic.session import State
from server.orm import ChangeRow, Database
from server.protocol import encode
from server.recording.archive import Archive
from server.recording.recorder import Recorder
from server.redis.calls import key
from tests.server.sessions import Meanwhile, Past, an_edit, decided, edited, revisions


async def test_each_change_is_recorded_once_however_many_record(
    state: State, log: Log, engine: Engine, recorder: Recorder, database: Database, redis: Redis
) -> None:
    after = await edited(log, state, engine, 12)
    await asyncio.gather(*(recorder.record(state.session) for _ in range(4)))
    await recorder.record(state.session)
    async with database.reading() as sql:
        rows = (await sql.scalars(select(ChangeRow).order_by(ChangeRow.revision))).all()
    assert [row.revision for row in rows] == list(range(1, 13))
    assert [row.edit for row in rows] == [f"edit-{n:04}" for n in range(1, 13)]
    assert {row.person for row in rows} == {"g1"}
    assert await redis.hget(key(state.session, "head"), "recorded") == b"12"
    assert after.revision == 12


async def test_all_is_recorded_however_much_there_is(
    state: State,
    log: Log,
    engine: Engine,
    recorder: Recorder,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("server.recording.alone.BATCH", 3)
    await edited(log, state, engine, 7)
    await recorder.record(state.session)
    assert await revisions(database, ChangeRow) == list(range(1, 8))


async def test_a_log_of_which_sql_does_not_know_the_epoch_before_is_mended_first(
    state: State, log: Log, engine: Engine, database: Database, redis: Redis
) -> None:
    after = await edited(log, state, engine, 2)
    for epoch, following in ((state.epoch, "e8"), ("e8", "e9")):
        left = msgspec.structs.replace(after.position, epoch=epoch)
        assert await log.again(state.session, epoch, following, left, after.access)
    mended = []

    async def mend(session: str, epoch: str) -> None:
        mended.append((session, epoch))

    await Recorder(redis, database, log, lambda: (), mend).record(state.session)
    assert mended == [(state.session, "e9")]


async def test_a_recorder_that_is_ahead_is_no_log_that_went_back(
    state: State, log: Log, engine: Engine, recorder: Recorder, database: Database, redis: Redis
) -> None:
    before = await edited(log, state, engine, 3)

    async def go_ahead() -> None:
        await edited(log, before, engine, 4)
        await recorder.record(state.session)

    async def mend(session: str, epoch: str) -> None:
        raise AssertionError(f"{epoch} did not go back")

    busy: Any = Meanwhile(database, before=go_ahead)
    await Recorder(redis, busy, log, lambda: (), mend).record(state.session)
    assert await redis.hget(key(state.session, "head"), "recorded") == b"7"


async def test_the_position_in_redis_never_goes_back(
    state: State, log: Log, engine: Engine, recorder: Recorder, redis: Redis
) -> None:
    await edited(log, state, engine, 3)
    await redis.hset(key(state.session, "head"), "recorded", "2")  # another was at work
    await recorder.record(state.session)
    assert await redis.hget(key(state.session, "head"), "recorded") == b"3"


async def test_nothing_is_said_to_be_recorded_of_a_log_that_went_back_meanwhile(
    state: State, log: Log, engine: Engine, database: Database, redis: Redis, archive: Archive
) -> None:
    """It would be trimmed, and what it holds is in no database."""
    past = Past(redis, state.session)
    await past.keep()

    async def go_back() -> None:
        await past.come_back()
        other = msgspec.structs.replace(an_edit(7), id="other-0001")
        commit = decided(state, other, engine)
        await log.commit(commit, encode(commit.change))

    await edited(log, state, engine, 1)
    busy: Any = Meanwhile(database, after=go_back)
    await Recorder(redis, busy, log, lambda: (), archive.again).record(state.session)
    assert await redis.hget(key(state.session, "head"), "recorded") == b"0"

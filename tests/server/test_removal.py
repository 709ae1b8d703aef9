"""Sessions that nobody uses leave Redis, and only they; on each database."""

import asyncio
from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from redis.asyncio import Redis

from server.accounts import leaving
from server.accounts.tables import UserRow
from server.engine import Engine
from server.live.people import Presence
from server.log.log import Log
from server.log.logged import Known, Loss
from server.logic.session import State
from server.members import governing
from server.orm import ChangeRow, CheckpointRow, Database, SessionRow
from server.protocol import encode
from server.recording.archive import Archive, recorded_position
from server.recording.recorder import THOROUGH_EVERY, Recorder
from server.recording.removal import NAMES, Recorded
from server.redis.calls import FullError, key
from server.server_messages import Present, Refused
from tests.server.sessions import (
    Past,
    an_edit,
    decided,
    edited,
    full,
    new_session,
    reopened,
    revisions,
    state_in,
)

ANN = Present("g1", "Ann", "owner")


@pytest.fixture
def recorder(redis: Redis, database: Database, log: Log, archive: Archive) -> Recorder:
    """One for which every session is idle that nobody has open."""
    return Recorder(redis, database, log, lambda: (), archive.again, idle_s=0.0)


@pytest.fixture
def patient(redis: Redis, database: Database, log: Log, archive: Archive) -> Recorder:
    """One for which a session is idle when nobody had it open for an hour."""
    return Recorder(redis, database, log, lambda: (), archive.again, idle_s=3600.0)


async def swept(recorder: Recorder) -> None:
    """Once: what is idle goes, what is not recorded is."""
    recorder.stop()
    await recorder._sweep(frozenset(), removes=True)


async def in_redis(redis: Redis, session: str) -> bool:
    return bool(await redis.exists(*(key(session, name) for name in NAMES)))


async def away(database: Database, session: str) -> str | None:
    async with database.reading() as sql:
        row = await sql.get(SessionRow, session)
    assert row is not None
    return row.away


async def test_an_idle_session_goes_whole_and_comes_back_whole(
    state: State,
    log: Log,
    engine: Engine,
    recorder: Recorder,
    archive: Archive,
    redis: Redis,
    database: Database,
) -> None:
    after = await edited(log, state, engine, 12)
    await swept(recorder)  # it is recorded
    assert await in_redis(redis, state.session)
    await swept(recorder)  # and then it may go
    assert not await in_redis(redis, state.session)
    assert await away(database, state.session) == state.epoch
    await swept(recorder)  # and is not looked for any more
    again = await reopened(archive, log, state.session)
    assert (again.revision, again.build, again.totals) == (12, after.build, after.totals)
    assert again.epoch != state.epoch
    # An edit that was made is not made again, a new one follows.
    sent_again = decided(again, an_edit(7, base=6), engine)
    assert await log.commit(sent_again, encode(sent_again.change)) == Known(7, same=True)
    newer = await edited(log, again, engine, 1)
    # It is looked after as before, once nothing of the epoch before is to be decided again.
    await log.redone(state.session, again.epoch)
    await recorder.record(state.session)
    await swept(recorder)
    assert not await in_redis(redis, state.session)
    assert await away(database, state.session) == again.epoch
    assert (await reopened(archive, log, state.session)).build == newer.build


async def test_nothing_is_left_of_one_whose_only_member_deleted_their_account(
    state: State,
    log: Log,
    engine: Engine,
    recorder: Recorder,
    redis: Redis,
    database: Database,
) -> None:
    async with database.writing() as sql:
        sql.add(UserRow(id="g1", name="Ann", role="user", created_at=1))
    await edited(log, state, engine, 3)
    for session_id, rights in (await leaving.leave(database, "g1", "::1")).items():
        await log.put_access(session_id, rights)
    for _ in range(2):  # what was not recorded by then is recorded, before it goes
        await swept(recorder)
    assert not await in_redis(redis, state.session)
    for table in (ChangeRow, CheckpointRow):
        assert await revisions(database, table) == []


async def test_one_with_people_stays_until_they_are_gone(
    state: State, recorder: Recorder, redis: Redis
) -> None:
    await swept_with(redis, state, recorder, ANN)
    assert await in_redis(redis, state.session)
    await swept_with(redis, state, recorder)
    assert not await in_redis(redis, state.session)
    # Who leaves afterwards leaves nothing behind.
    await Presence(redis, "w1", 10).write(state.session, (), "")
    assert not await in_redis(redis, state.session)


async def swept_with(redis: Redis, state: State, recorder: Recorder, *people: Present) -> None:
    await Presence(redis, "w1", 10).write(state.session, people, "")
    await swept(recorder)


async def test_one_that_was_open_just_now_stays(
    state: State, redis: Redis, database: Database, patient: Recorder
) -> None:
    await swept(patient)
    assert await in_redis(redis, state.session)
    seen = int(await redis.hget(key(state.session, "head"), "seen") or 0)
    await redis.hset(key(state.session, "head"), "seen", str(seen - 3_601_000))
    await Presence(redis, "w1", 10).write(state.session, (), "")  # a worker opened it
    await swept(patient)
    assert await in_redis(redis, state.session)
    await redis.hset(key(state.session, "head"), "seen", str(seen - 3_601_000))
    await swept(patient)
    assert not await in_redis(redis, state.session)
    assert await away(database, state.session) == state.epoch


async def test_one_of_an_older_release_waits_its_time(
    state: State, redis: Redis, patient: Recorder
) -> None:
    await redis.hdel(key(state.session, "head"), "seen")
    await swept(patient)
    assert await in_redis(redis, state.session)
    assert await redis.hget(key(state.session, "head"), "seen")


async def test_one_with_something_to_settle_or_to_tell_stays(
    state: State, log: Log, recorder: Recorder, redis: Redis
) -> None:
    await redis.hset(key(state.session, "head"), "redone", "0")
    await swept(recorder)
    assert await in_redis(redis, state.session)
    await log.redone(state.session, state.epoch)
    refused = Refused("lost", "It is lost.", id="edit-0001")
    await log.give_up(state, Loss("g1", state.epoch, 0, refused), 0)
    await swept(recorder)
    assert await in_redis(redis, state.session)


async def test_an_edit_while_it_is_looked_at_keeps_it(
    state: State, log: Log, engine: Engine, recorder: Recorder, redis: Redis
) -> None:
    """SQL has all up to a revision; one more is committed before the script runs."""
    after = await edited(log, state, engine, 1)
    await recorder.record(state.session)
    gone = recorder._removal.gone

    async def and_edit(sessions: Sequence[Recorded]) -> None:
        nonlocal after
        after = await edited(log, after, engine, 1)
        await gone(sessions)

    recorder._removal.gone = and_edit  # type: ignore[method-assign]
    await swept(recorder)
    assert await in_redis(redis, state.session)
    assert (await state_in(log, state.session)).revision == 3


async def test_an_ended_one_goes_at_once_and_does_not_come_back(
    state: State, redis: Redis, database: Database, log: Log, archive: Archive, patient: Recorder
) -> None:
    await log.put_access(state.session, await governing.end(database, state.session, "g1"))
    await swept(patient)
    assert not await in_redis(redis, state.session)
    assert not await archive.reopen(state.session)


async def test_one_that_redis_lost_is_looked_for_again_once_it_is_open(
    state: State, redis: Redis, database: Database, recorder: Recorder, archive: Archive
) -> None:
    await redis.flushall()
    await swept(recorder)
    assert await away(database, state.session) == state.epoch
    assert await archive.reopen(state.session)
    assert await away(database, state.session) is None


async def failing(session: str) -> None:
    raise ValueError(session)


async def test_how_far_the_recorder_is_behind(
    state: State, log: Log, engine: Engine, redis: Redis, database: Database, archive: Archive
) -> None:
    recorder = Recorder(redis, database, log, lambda: (state.session,), archive.again)
    assert recorder.lag_s == 0.0
    await edited(log, state, engine, 1)
    kept = recorder.record
    recorder.record = failing  # type: ignore[method-assign]
    recorder._unfinished.add(state.session)  # it is recorded by itself
    await recorder._round((state.session,))
    behind = recorder.lag_s
    assert behind > 0.0
    assert recorder.lag_s > behind
    recorder.record = kept  # type: ignore[method-assign]
    await recorder._round((state.session,))
    assert recorder.lag_s == 0.0


async def test_one_that_sql_has_otherwise_stays(
    state: State, log: Log, engine: Engine, recorder: Recorder, redis: Redis
) -> None:
    after = await edited(log, state, engine, 2)
    await recorder.record(state.session)
    assert await log.again(state.session, state.epoch, "e9", after.position, after.access)
    await log.redone(state.session, "e9")
    there = replace(after.position, epoch="e9")
    for recorded, goes in (
        (after.position, False),
        (replace(there, edit="another"), False),
        (replace(there, at=there.at + 1), False),
        (there, True),
    ):
        asked = [Recorded(state.session, recorded, ended=False)]
        assert await recorder._removal.remove(asked) == (asked if goes else []), recorded


async def test_one_that_ended_stays_in_sql_while_it_has_members(
    state: State,
    log: Log,
    engine: Engine,
    recorder: Recorder,
    redis: Redis,
    database: Database,
) -> None:
    await edited(log, state, engine, 3)
    rights = await governing.end(database, state.session, "g1")
    await log.put_access(state.session, rights)
    for _ in range(2):  # it is recorded, before it goes
        await swept(recorder)
    assert not await in_redis(redis, state.session)
    assert await revisions(database, ChangeRow) == [1, 2, 3]
    assert await revisions(database, CheckpointRow) == [0]


async def test_what_nobody_uses_leaves_a_full_redis(
    redis: Redis,
    database: Database,
    log: Log,
    engine: Engine,
    archive: Archive,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("server.recording.recorder.EVERY_S", 0.01)
    idle, used = [await new_session(database, log, engine) for _ in range(2)]
    recorder = Recorder(redis, database, log, lambda: (used.session,), archive.again, idle_s=0.01)
    await edited(log, idle, engine, 2)
    await recorder.flush()
    used = await edited(log, used, engine, 1)
    async with full(redis):
        with pytest.raises(FullError):
            await edited(log, used, engine, 1)
        running = asyncio.create_task(recorder.run())
        async with asyncio.timeout(20):
            while await in_redis(redis, idle.session):  # noqa: ASYNC110 - Redis tells nobody
                await asyncio.sleep(0.01)
        assert await in_redis(redis, used.session)
        recorder.stop()
        await running
    async with database.reading() as sql:  # and what is used is recorded all the same
        assert await recorded_position(sql, used.session) == used.position


async def test_one_that_a_full_redis_keeps_as_it_went_back_stops_no_other_but_a_flush(
    state: State, log: Log, engine: Engine, recorder: Recorder, redis: Redis, database: Database
) -> None:
    idle = await new_session(database, log, engine)
    async with Past(redis, state.session).kept():
        await edited(log, state, engine, 1)
        await recorder.record(state.session)
    async with full(redis):
        await swept(recorder)
        assert await in_redis(redis, state.session)
        assert not await in_redis(redis, idle.session)
        with pytest.raises(FullError):
            await recorder.flush()


async def test_one_that_came_back_with_a_redis_that_went_back_is_looked_for(
    state: State, redis: Redis, database: Database, log: Log, engine: Engine, recorder: Recorder
) -> None:
    after = await edited(log, state, engine, 2)
    await swept(recorder)
    async with Past(redis, state.session).kept():
        await swept(recorder)
        assert await away(database, state.session) == state.epoch
    after = await edited(log, after, engine, 1)  # and the worker that opened it dies
    await recorder.flush()
    assert recorder._sweeps < THOROUGH_EVERY
    recorder._sweeps = THOROUGH_EVERY
    await recorder.flush()
    async with database.reading() as sql:
        assert await recorded_position(sql, state.session) == after.position
    (head,) = await log.heads([state.session])
    assert head
    await recorder._look_up({state.session: head})
    assert await away(database, state.session) is None

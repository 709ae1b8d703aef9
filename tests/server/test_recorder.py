"""The log of many sessions goes to SQL, round by round; on each database."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select
from sqlalchemy.exc import ProgrammingError

from server.engine import Engine
from server.log.log import Log
from server.log.logged import Head
from server.logic.rights import Access
from server.logic.session import State
from server.members import access, governing
from server.orm import ChangeRow, Database, DatabaseAwayError, EpochRow
from server.protocol import Position
from server.recording import recorder as recorder_module
from server.recording.archive import Archive
from server.recording.recorder import ACCESS_EVERY, Recorder
from server.recording.together import Grown, write_together
from server.redis.calls import FullError, UnreachableError, key
from tests.server.sessions import Meanwhile, edited, new_session, state_in


class Rounds:
    """A recorder of some sessions, one round at a time."""

    def __init__(self, redis: Redis, database: Any, log: Log, states: list[State]) -> None:
        self.mended: list[str] = []
        sessions = [state.session for state in states]

        async def mend(session: str, epoch: str) -> None:
            self.mended.append(session)

        self.recorder = Recorder(redis, database, log, lambda: sessions, mend)
        self.recorder.stop()

    async def round(self) -> None:
        await self.recorder.run()


async def recorded(database: Database) -> dict[str, list[int]]:
    """The revisions that SQL has, by session."""
    async with database.reading() as sql:
        rows = await sql.execute(
            select(ChangeRow.session_id, ChangeRow.revision).order_by(ChangeRow.revision)
        )
        found: dict[str, list[int]] = {}
        for row in rows:
            found.setdefault(row.session_id, []).append(row.revision)
        return found


async def let_in(database: Database, session: str) -> Access:
    """Bob edits from now on, as SQL alone knows."""
    _, secret = await access.invite(database, session, "g1", "editor", None, None)
    came = await access.accept(database, session, secret, "g2", "Bob")
    assert came is not None
    return came


@pytest.fixture
async def states(database: Database, log: Log, engine: Engine) -> list[State]:
    """New sessions."""
    return [await new_session(database, log, engine) for _ in range(5)]


async def test_sessions_that_went_on_are_recorded_in_one_transaction(
    states: list[State], log: Log, engine: Engine, database: Database, redis: Redis
) -> None:
    counting = Meanwhile(database)
    rounds = Rounds(redis, counting, log, states)
    grown = [await edited(log, state, engine, count) for count, state in enumerate(states, 1)]
    await rounds.round()
    assert counting.written == 1
    assert await recorded(database) == {
        state.session: list(range(1, state.revision + 1)) for state in grown
    }
    for state in grown:
        head = await redis.hgetall(key(state.session, "head"))
        assert head[b"recorded"] == head[b"revision"]
    async with database.reading() as sql:
        newest = await sql.execute(select(EpochRow.session_id, EpochRow.recorded))
        assert {row.session_id: row.recorded for row in newest} == {
            each.session: each.revision for each in grown
        }
    await rounds.round()
    assert counting.written == 1
    assert rounds.mended == []


async def test_sessions_that_were_opened_go_on_where_sql_has_them_to(
    states: list[State], log: Log, engine: Engine, database: Database, redis: Redis
) -> None:
    states = [await edited(log, state, engine, 2) for state in states]
    await Rounds(redis, database, log, states).round()
    states = [await edited(log, state, engine, 3) for state in states]
    counting = Meanwhile(database)
    await Rounds(redis, counting, log, states).round()  # another worker's
    assert counting.written == 1
    assert await recorded(database) == {each.session: [1, 2, 3, 4, 5] for each in states}
    async with database.writing() as sql:  # who knows of an older position writes nothing
        stale = [Grown(each.session, Position(each.epoch, 2), ({},)) for each in states]
        assert await write_together(sql, stale) == []


async def test_a_newer_access_in_sql_is_brought_to_redis(
    states: list[State], log: Log, database: Database, redis: Redis
) -> None:
    first, *_ = states
    newer = await let_in(database, first.session)
    await Rounds(redis, database, log, states).round()
    for state in states:
        brought = (await state_in(log, state.session)).access
        assert brought == (newer if state is first else state.access)


async def test_who_was_kicked_while_redis_was_away_is_out_soon_after(
    states: list[State], log: Log, database: Database, redis: Redis
) -> None:
    first, *_ = states
    assert await log.put_access(first.session, await let_in(database, first.session))
    rounds = Rounds(redis, database, log, states)
    await rounds.round()
    await governing.remove(database, first.session, "g1", "g2")  # and Redis is not told
    for _ in range(ACCESS_EVERY):
        await rounds.round()
    assert set((await state_in(log, first.session)).access.members) == {"g1"}


async def test_a_session_that_cannot_be_recorded_does_not_stop_the_others(
    states: list[State], log: Log, engine: Engine, database: Database, redis: Redis
) -> None:
    rounds = Rounds(redis, database, log, states)
    await rounds.round()
    broken, *whole = states
    await redis.xadd(key(broken.session, "log"), {"change": "{", "inverse": "[]"}, id="1-0")
    await redis.hset(key(broken.session, "head"), mapping={"revision": 1, "edit": "x"})
    for each in whole:
        await edited(log, each, engine, 2)
    await rounds.round()
    assert await recorded(database) == {each.session: [1, 2] for each in whole}
    for each in whole:
        await edited(log, await state_in(log, each.session), engine, 1)
    await rounds.round()
    assert await recorded(database) == {each.session: [1, 2, 3] for each in whole}


async def test_a_database_that_is_not_as_it_should_be_ends_no_recorder(
    states: list[State],
    log: Log,
    engine: Engine,
    database: Database,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def wrong(*_: object) -> None:
        raise ProgrammingError("SELECT", None, Exception("no such column"))

    first, *_ = states
    await edited(log, first, engine, 1)
    rounds = Rounds(redis, database, log, states)
    with monkeypatch.context() as patch:
        patch.setattr(recorder_module, "recorded_of", wrong)
        await rounds.round()
    assert [each for each in caplog.messages if each.startswith("recording waits")]
    await rounds.round()
    assert await recorded(database) == {first.session: [1]}


async def test_a_log_that_went_back_is_mended_while_the_others_go_on(
    states: list[State], log: Log, engine: Engine, database: Database, redis: Redis
) -> None:
    rounds = Rounds(redis, database, log, states)
    back, *others = [await edited(log, state, engine, 3) for state in states]
    await rounds.round()
    await redis.xtrim(key(back.session, "log"), maxlen=0)
    await redis.hset(key(back.session, "head"), mapping={"revision": 1, "edit": "edit-0001"})
    others = [await edited(log, state, engine, 1) for state in others]
    await rounds.round()
    assert rounds.mended == [back.session]
    assert {each: found[-1] for each, found in (await recorded(database)).items()} == {
        back.session: 3,
        **{each.session: 4 for each in others},
    }


async def test_of_two_recorders_of_many_sessions_each_change_is_written_once(
    states: list[State], log: Log, engine: Engine, database: Database, redis: Redis
) -> None:
    two = [Rounds(redis, database, log, states), Rounds(redis, database, log, states[::-1])]
    for _ in range(3):
        await asyncio.gather(*(each.round() for each in two))
        states = [await edited(log, state, engine, 2) for state in states]
    await asyncio.gather(*(each.round() for each in two))
    assert await recorded(database) == {each.session: list(range(1, 7)) for each in states}
    assert [each.mended for each in two] == [[], []]


async def test_what_could_not_be_told_redis_is_told_later(
    states: list[State], log: Log, engine: Engine, database: Database, redis: Redis
) -> None:
    rounds = Rounds(redis, database, log, states)
    await rounds.round()
    for state in states:
        await edited(log, state, engine, 3)
    writing = rounds.recorder, rounds.recorder._alone
    tells = rounds.recorder._recorded
    for each in writing:
        each._recorded = redis.register_script("return redis.error_reply('full')")
    await rounds.round()
    for each in writing:
        each._recorded = tells
    await rounds.round()
    for state in states:
        assert await redis.hget(key(state.session, "head"), "recorded") == b"3"


async def test_what_could_be_recorded_fails_no_more(state: State, recorder: Recorder) -> None:
    recorder._failing.add(state.session)
    assert await recorder._record_alone(state.session)
    assert recorder.failing == 0


async def test_what_is_edited_while_a_round_goes_on_is_not_late(
    states: list[State],
    log: Log,
    engine: Engine,
    database: Database,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look = log.heads
    newest = {each.session: each for each in states}

    async def edit_each() -> None:
        for session, state in newest.items():
            newest[session] = await edited(log, state, engine, 1)

    async def look_meanwhile(sessions: Sequence[str]) -> list[Head | None]:
        await edit_each()
        heads = await look(sessions)
        await edit_each()
        return heads

    monkeypatch.setattr(log, "heads", look_meanwhile)
    rounds = Rounds(redis, database, log, states)
    for _ in range(3):
        await rounds.round()
    assert await recorded(database) == {each.session: [1, 2, 3, 4, 5, 6] for each in states}
    assert (rounds.recorder.lag_s, rounds.recorder.failing) == (0.0, 0)


@pytest.mark.parametrize(
    ("error", "counted"),
    [(DatabaseAwayError(), 0), (UnreachableError(), 0), (FullError(), 0), (ValueError(), 1)],
)
async def test_a_session_fails_by_itself_alone(
    state: State, recorder: Recorder, error: Exception, counted: int
) -> None:
    async def failing(session: str) -> None:
        assert recorder.failing == 0  # it is not known yet
        raise error

    recorder.record = failing  # type: ignore[method-assign]
    with suppress(DatabaseAwayError, UnreachableError, FullError):
        await recorder._record_alone(state.session)
    assert recorder.failing == counted


async def test_what_another_worker_recorded_and_removed_is_not_late_for_ever(
    state: State, log: Log, engine: Engine, database: Database, redis: Redis, archive: Archive
) -> None:
    state = await edited(log, state, engine, 2)
    opened = [state.session]
    recorder = Recorder(redis, database, log, lambda: opened, archive.again)
    (head,) = await log.heads(opened)
    assert head is not None
    recorder._behind.compare(opened, {state.session: head})
    recorder._failing.add(state.session)
    opened.clear()
    await governing.end(database, state.session, "g1")
    other = Recorder(redis, database, log, lambda: (), archive.again)
    for _ in range(2):
        await other._sweep(frozenset(), removes=True)
    assert recorder.lag_s
    await recorder._sweep(frozenset())
    assert (recorder.lag_s, recorder.failing) == (0.0, 0)


async def test_while_nothing_is_known_of_the_sessions_the_lag_grows(
    state: State,
    log: Log,
    database: Database,
    redis: Redis,
    archive: Archive,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def hang(_: object) -> None:
        raise UnreachableError("no answer")

    monkeypatch.setattr(recorder_module, "EVERY_S", 0.01)
    recorder = Recorder(redis, database, log, lambda: [state.session], archive.again)
    with monkeypatch.context() as patch:
        patch.setattr(log, "heads", hang)
        running = asyncio.create_task(recorder.run())
        while not recorder.lag_s:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    while recorder.lag_s:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    recorder.stop()
    await running


async def test_what_happened_right_before_the_end_is_recorded_too(
    state: State, log: Log, engine: Engine, recorder: Recorder, database: Database
) -> None:
    await edited(log, state, engine, 3)
    await governing.end(database, state.session, "g1")
    running = asyncio.create_task(recorder.run())  # it begins with the sessions of nobody
    while True:
        async with database.reading() as sql:
            if await sql.scalar(select(func.count()).select_from(ChangeRow)) == 3:
                break
        await asyncio.sleep(0.01)
    recorder.stop()
    await running

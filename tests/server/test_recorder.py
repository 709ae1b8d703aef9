"""The log goes to SQL, and comes back from there; on each database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from calc import build as documents
from calc.operations import SetLevel, SetTitle
from server.client_messages import Edit
from server.engine import Engine
from server.log.log import Log
from server.log.logged import Done, Elsewhere, Known, Stored
from server.logic import session
from server.logic.rights import Access, Membership
from server.logic.session import Commit, State
from server.members import access, governing
from server.orm import ChangeRow, CheckpointRow, Database, EpochRow
from server.protocol import Position, encode
from server.recording.archive import Archive
from server.recording.recorder import ACCESS_EVERY, Recorder
from server.recording.rows import CHECKPOINT_EVERY
from server.redis.calls import key

EDIT_IDS = 1000


@pytest.fixture
def log(redis: Redis) -> Log:
    return Log(redis, keeps=10, edit_ids=EDIT_IDS)


@pytest.fixture
def recorder(redis: Redis, database: Database, log: Log, archive: Archive) -> Recorder:
    return Recorder(redis, database, log, lambda: (), archive.again)


@pytest.fixture
def archive(database: Database, log: Log, engine: Engine) -> Archive:
    return Archive(database, log, engine, EDIT_IDS)


@pytest.fixture
async def state(database: Database, log: Log, engine: Engine) -> State:
    """A new session."""
    return await new_session(database, log, engine)


def an_edit(number: int, base: int = 0) -> Edit:
    return Edit(f"edit-{number:04}", base, (SetLevel(number % 50 + 1), SetTitle(f"{number}")))


async def edited(log: Log, state: State, engine: Engine, edits: int) -> State:
    for _ in range(edits):
        edit = an_edit(state.revision + 1, base=state.revision)
        commit = session.decide(state, "g1", edit, engine, 0)
        assert isinstance(commit, Commit)
        assert await log.commit(commit, encode(commit.change)) == Done(commit.after.revision)
        state = commit.after
    return state


async def lost(redis: Redis) -> None:
    await redis.flushall()


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
    async with database.reading() as sql:
        rows = await sql.scalars(select(ChangeRow.revision).order_by(ChangeRow.revision))
    assert rows.all() == list(range(1, 8))


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


async def test_what_a_reopened_session_does_not_remember_is_too_old_to_tell(
    state: State, log: Log, engine: Engine, recorder: Recorder, database: Database, redis: Redis
) -> None:
    await edited(log, state, engine, 12)
    await recorder.record(state.session)
    await lost(redis)
    assert await Archive(database, log, engine, 5).reopen(state.session)
    loaded = await log.load(state.session)
    assert loaded
    for number, base, outcome in (
        (3, 2, Elsewhere("too_old")),
        (8, 7, Known(8, same=True)),
        (99, 6, Elsewhere("too_old")),
        (98, 7, Done(13)),
    ):
        commit = session.decide(loaded.state, "g1", an_edit(number, base), engine, 0)
        assert isinstance(commit, Commit)
        assert await log.commit(commit, encode(commit.change)) == outcome


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

    await lost(redis)
    monkeypatch.setattr(log, "open", and_meanwhile)
    assert await archive.reopen(state.session)
    loaded = await log.load(state.session)
    assert loaded
    assert loaded.state.access.title == "Newer"


async def test_the_changes_before_a_revision_are_the_newest_of_them(
    state: State, log: Log, engine: Engine, recorder: Recorder, archive: Archive
) -> None:
    await edited(log, state, engine, 7)
    await recorder.record(state.session)
    assert [each.revision for each in await archive.before(state.session, 6, 3)] == [3, 4, 5]


async def test_what_could_be_recorded_fails_no_more(state: State, recorder: Recorder) -> None:
    recorder._failing.add(state.session)
    await recorder._record_alone([state.session])
    assert recorder.failing == 0


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


async def new_session(database: Database, log: Log, engine: Engine) -> State:
    build = documents.empty("Nova")
    result = engine.result(build)
    stored = Stored("e1", 0, "", build, result.totals, result.findings)
    new, rights = await access.create_session(database, "g1", "Ann", stored, engine.name, "release")
    await log.open(new, stored, engine.name, rights)
    loaded = await log.load(new)
    assert loaded
    return loaded.state


class Counting:
    """A database that counts its transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.written = 0
        self.reading = database.reading

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        self.written += 1
        async with self._database.writing() as sql:
            yield sql


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


@pytest.fixture
async def states(database: Database, log: Log, engine: Engine) -> list[State]:
    """New sessions."""
    return [await new_session(database, log, engine) for _ in range(5)]


async def test_sessions_that_went_on_are_recorded_in_one_transaction(
    states: list[State], log: Log, engine: Engine, database: Database, redis: Redis
) -> None:
    counting = Counting(database)
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


async def test_what_another_worker_recorded_and_removed_is_not_late_for_ever(
    state: State, log: Log, engine: Engine, database: Database, redis: Redis, archive: Archive
) -> None:
    state = await edited(log, state, engine, 2)
    opened = [state.session]
    recorder = Recorder(redis, database, log, lambda: opened, archive.again)
    recorder._compare(opened, {state.session: (await log.heads(opened))[0]})
    recorder._failing.add(state.session)
    opened.clear()
    await governing.end(database, state.session, "g1")
    other = Recorder(redis, database, log, lambda: (), archive.again)
    for _ in range(2):
        await other._sweep(frozenset(), removes=True)
    assert recorder.lag_s
    await recorder._sweep(frozenset())
    assert (recorder.lag_s, recorder.failing) == (0.0, 0)


async def test_sessions_that_were_opened_go_on_where_sql_has_them_to(
    states: list[State], log: Log, engine: Engine, database: Database, redis: Redis
) -> None:
    states = [await edited(log, state, engine, 2) for state in states]
    await Rounds(redis, database, log, states).round()
    states = [await edited(log, state, engine, 3) for state in states]
    counting = Counting(database)
    await Rounds(redis, counting, log, states).round()  # another worker's
    assert counting.written == 1
    assert await recorded(database) == {each.session: [1, 2, 3, 4, 5] for each in states}


async def test_a_newer_access_in_sql_is_brought_to_redis(
    states: list[State], log: Log, database: Database, redis: Redis
) -> None:
    first, *_ = states
    _, secret = await access.invite(database, first.session, "g1", "editor", None, None)
    newer = await access.accept(database, first.session, secret, "g2", "Bob")
    await Rounds(redis, database, log, states).round()
    for state in states:
        loaded = await log.load(state.session)
        assert loaded
        assert loaded.state.access == (newer if state is first else state.access)


async def test_who_was_kicked_while_redis_was_away_is_out_soon_after(
    states: list[State], log: Log, database: Database, redis: Redis
) -> None:
    first, *_ = states
    _, secret = await access.invite(database, first.session, "g1", "editor", None, None)
    came = await access.accept(database, first.session, secret, "g2", "Bob")
    assert came is not None
    assert await log.put_access(first.session, came)
    rounds = Rounds(redis, database, log, states)
    await rounds.round()
    await governing.remove(database, first.session, "g1", "g2")  # and Redis is not told
    for _ in range(ACCESS_EVERY):
        await rounds.round()
    loaded = await log.load(first.session)
    assert loaded
    assert set(loaded.state.access.members) == {"g1"}


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
        loaded = await log.load(each.session)
        assert loaded
        await edited(log, loaded.state, engine, 1)
    await rounds.round()
    assert await recorded(database) == {each.session: [1, 2, 3] for each in whole}


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


class Busy:
    """A database at which somebody else is first: `first` is done before the first writing."""

    def __init__(self, database: Database, first: Callable[[], Awaitable[None]]) -> None:
        self._database = database
        self._first: Callable[[], Awaitable[None]] | None = first
        self.reading = database.reading

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        first, self._first = self._first, None
        if first is not None:
            await first()
        async with self._database.writing() as sql:
            yield sql


async def test_a_recorder_that_is_ahead_is_no_log_that_went_back(
    state: State, log: Log, engine: Engine, recorder: Recorder, database: Database, redis: Redis
) -> None:
    before = await edited(log, state, engine, 3)

    async def go_ahead() -> None:
        await edited(log, before, engine, 4)
        await recorder.record(state.session)

    async def mend(session: str, epoch: str) -> None:
        raise AssertionError(f"{epoch} did not go back")

    busy: Any = Busy(database, go_ahead)
    await Recorder(redis, busy, log, lambda: (), mend).record(state.session)
    assert await redis.hget(key(state.session, "head"), "recorded") == b"7"


async def test_who_came_while_the_log_began_again_stays(
    state: State, log: Log, database: Database
) -> None:
    read = await access.access_of(database, state.session)
    members = {**read.members, "g2": Membership("Bob", "viewer")}
    assert await log.put_access(state.session, Access(read.version + 1, members))
    assert await log.again(state.session, "e1", "e2", Position("e1", 0), read)
    loaded = await log.load(state.session)
    assert loaded
    assert (loaded.state.epoch, loaded.state.access.members) == ("e2", members)


async def test_the_position_in_redis_never_goes_back(
    state: State, log: Log, engine: Engine, recorder: Recorder, redis: Redis
) -> None:
    await edited(log, state, engine, 3)
    await redis.hset(key(state.session, "head"), "recorded", "2")  # another was at work
    await recorder.record(state.session)
    assert await redis.hget(key(state.session, "head"), "recorded") == b"3"


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


async def test_nothing_is_said_to_be_recorded_of_a_log_that_went_back_meanwhile(
    state: State, log: Log, engine: Engine, database: Database, redis: Redis, archive: Archive
) -> None:
    """It would be trimmed, and what it holds is in no database."""
    names = [key(state.session, name) for name in ("head", "log", "ids", "digests")]
    before = [await redis.dump(name) for name in names]

    async def go_back() -> None:
        for name, dumped in zip(names, before, strict=True):
            await redis.delete(name)
            if dumped is not None:
                await redis.restore(name, 0, dumped)
        other = msgspec.structs.replace(an_edit(7), id="other-0001")
        commit = session.decide(state, "g1", other, engine, 0)
        assert isinstance(commit, Commit)
        await log.commit(commit, encode(commit.change))

    await edited(log, state, engine, 1)
    recorder = Recorder(redis, Then(database, go_back), log, lambda: (), archive.again)  # type: ignore[arg-type]
    await recorder.record(state.session)
    assert await redis.hget(key(state.session, "head"), "recorded") == b"0"


class Then:
    """A database; something happens after each of its transactions."""

    def __init__(self, database: Database, act: Callable[[], Awaitable[None]]) -> None:
        self._database = database
        self._act = act
        self.reading = database.reading

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        async with self._database.writing() as sql:
            yield sql
        await self._act()


async def test_a_lost_session_comes_back_with_its_build_and_its_edit_ids(
    state: State, log: Log, engine: Engine, recorder: Recorder, archive: Archive, redis: Redis
) -> None:
    after = await edited(log, state, engine, 40)
    await recorder.record(state.session)
    await lost(redis)
    assert await archive.reopen(state.session)
    loaded = await log.load(state.session)
    assert loaded
    opened = loaded.state
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
        await lost(redis)
        assert await archive.reopen(state.session)
        loaded = await log.load(state.session)
        assert loaded
        recorded = await edited(log, loaded.state, engine, 3)
        await recorder.record(state.session)
        await edited(log, recorded, engine, 2)  # these are never recorded
    await lost(redis)
    assert await archive.reopen(state.session)
    loaded = await log.load(state.session)
    assert loaded
    assert loaded.state.revision == 11
    assert loaded.state.build.title == "11"
    authors = [f"g1 {an_edit(number).id}" for number in range(1, 13)]
    known = await log.remembered(loaded.state, authors)
    assert known == [*(Known(number, same=True) for number in range(1, 12)), None]


async def test_reopening_twice_at_once_opens_once(
    state: State, log: Log, engine: Engine, recorder: Recorder, archive: Archive, redis: Redis
) -> None:
    await edited(log, state, engine, 3)
    await recorder.record(state.session)
    await lost(redis)
    await asyncio.gather(*(archive.reopen(state.session) for _ in range(4)))
    loaded = await log.load(state.session)
    assert loaded
    assert loaded.state.revision == 3
    after = await edited(log, loaded.state, engine, 1)
    await archive.reopen(state.session)
    loaded = await log.load(state.session)
    assert loaded
    assert loaded.state == after


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
    async with database.reading() as sql:
        checkpoints = (await sql.scalars(select(CheckpointRow.revision))).all()
        assert sorted(checkpoints) == [0, after.revision]
        assert await sql.scalar(select(func.count()).select_from(EpochRow)) == 1
    await lost(redis)
    assert await archive.reopen(state.session)
    loaded = await log.load(state.session)
    assert loaded
    assert loaded.state.build == after.build


async def test_a_session_that_never_was_or_has_ended_does_not_reopen(
    state: State, archive: Archive, database: Database, redis: Redis
) -> None:
    assert not await archive.reopen("none")
    async with database.writing() as sql:
        row = await sql.get(access.SessionRow, state.session)
        assert row
        row.ended_at = 1
    await lost(redis)
    assert not await archive.reopen(state.session)

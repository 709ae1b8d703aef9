"""Reading a session's history by its rules (server/recording/history.py); on each database."""

import pytest
from redis.asyncio import Redis
from sqlalchemy import delete, update

from server.engine import Engine
from server.log.log import Log
from server.log.logged import Done
from server.logic.session import State
from server.members.access import AccessError
from server.orm import ChangeRow, Database, EpochRow
from server.protocol import encode
from server.recording.archive import Archive
from server.recording.history import History
from server.recording.recorder import Recorder
from server.redis.calls import UnreachableError
from tests.server.sessions import (
    Past,
    an_edit,
    decided,
    edited,
    left_to_sql,
    reopened,
    state_in,
)


@pytest.fixture
def history(database: Database, log: Log) -> History:
    return History(database, log)


async def states(log: Log, state: State, engine: Engine, edits: int) -> list[State]:
    """After each edit, with the start."""
    found = [state]
    for _ in range(edits):
        found.append(await edited(log, found[-1], engine, 1))
    return found


async def pages(history: History, session: str, count: int) -> list[tuple[int, str]]:
    """Every change, newest first, as pages have them: its revision and its edit."""
    found: list[tuple[int, str]] = []
    before = None
    while before is None or before > 1:
        stretch = await history.before(session, before, count)
        if not stretch.changes:
            break
        found += [(each.revision, each.edit) for each in reversed(stretch.changes)]
        before = stretch.changes[0].revision
    return found


async def agrees(history: History, all_states: list[State]) -> None:
    """H3: every moment is as it was."""
    for each in all_states:
        then = await history.at(each.session, each.revision)
        assert (then.revision, then.edit) == (each.revision, each.edit)
        assert (then.build, then.totals) == (each.build, each.totals)
        assert then.findings == each.findings


@pytest.fixture
async def left(
    state: State, log: Log, engine: Engine, recorder: Recorder, redis: Redis
) -> list[State]:
    """What Redis has, once it went back: SQL has three revisions more."""
    left = await states(log, state, engine, 2)
    async with Past(redis, state.session).kept():
        await edited(log, left[-1], engine, 3)
        await recorder.record(state.session)
    return left


async def no_revision(history: History, session: str, revision: int) -> None:
    with pytest.raises(AccessError) as refused:
        await history.at(session, revision)
    assert refused.value.code == "no_revision"


async def test_h2_what_is_not_recorded_yet_is_in_it(
    state: State, log: Log, engine: Engine, recorder: Recorder, history: History
) -> None:
    first = await states(log, state, engine, 5)
    assert [revision for revision, _ in await pages(history, state.session, 2)] == [5, 4, 3, 2, 1]
    await agrees(history, first)
    await recorder.record(state.session)
    more = await states(log, first[-1], engine, 4)  # SQL has the one part, Redis the other
    assert [revision for revision, _ in await pages(history, state.session, 4)] == [
        *range(9, 0, -1)
    ]
    await agrees(history, first + more)
    stretch = await history.before(state.session, 4, 2)
    assert stretch.newest == 9
    assert [each.revision for each in stretch.changes] == [2, 3]
    assert stretch.totals == first[1].totals


async def test_h1_it_goes_on_across_epochs_without_a_lost_end(
    state: State,
    log: Log,
    engine: Engine,
    recorder: Recorder,
    archive: Archive,
    history: History,
    redis: Redis,
    database: Database,
) -> None:
    first = await states(log, state, engine, 3)
    await recorder.record(state.session)
    kept = await states(log, first[-1], engine, 2)
    await redis.flushall()  # 4 and 5 were not recorded: they are lost
    second = await states(log, await reopened(archive, log, state.session), engine, 4)
    assert second[0].revision == 3
    known = first + second[1:]
    assert await pages(history, state.session, 3) == [
        (each.revision, each.edit) for each in reversed(known[1:])
    ]
    await agrees(history, known)
    # Redis goes back within the epoch: what SQL has beyond it is a lost end, too.
    await left_to_sql(recorder, redis, state.session)
    third = await states(log, await reopened(archive, log, state.session), engine, 1)
    assert third[0].revision == 7
    await agrees(history, known + third[1:])
    assert (await history.before(state.session, None, 1)).epoch == third[0].epoch
    assert kept[-1].revision == 5


async def test_h1_an_end_that_sql_has_and_redis_lost_is_not_part_of_it(
    state: State, left: list[State], log: Log, engine: Engine, archive: Archive, history: History
) -> None:
    await archive.again(state.session, state.epoch)
    other = decided(await state_in(log, state.session), an_edit(77, base=2), engine)
    assert await log.commit(other, encode(other.change)) == Done(3)
    found = await pages(history, state.session, 9)
    assert found == [(3, "edit-0077"), (2, "edit-0002"), (1, "edit-0001")]
    await agrees(history, [*left, other.after])


async def test_h4_what_redis_lost_is_denied_when_it_is_not_made_again(
    state: State, left: list[State], log: Log, archive: Archive, history: History
) -> None:
    for unsure in (3, 9):  # a worker may know what SQL has not
        with pytest.raises(UnreachableError):
            await history.at(state.session, unsure)
    await agrees(history, left)
    await archive.again(state.session, state.epoch)
    with pytest.raises(UnreachableError):
        await history.at(state.session, 5)
    await no_revision(history, state.session, 6)
    await log.redone(state.session, (await state_in(log, state.session)).epoch)
    await no_revision(history, state.session, 5)
    await agrees(history, left)


async def test_h5_what_was_lost_with_sql_is_left_out(
    state: State, redis: Redis, engine: Engine, database: Database, archive: Archive
) -> None:
    log = Log(redis, keeps=5, edit_ids=100)
    history = History(database, log)
    known = await states(log, state, engine, 20)
    await Recorder(redis, database, log, lambda: (), archive.again).record(state.session)
    await log.store(known[20])
    async with database.writing() as sql:  # as it was at revision 5
        await sql.execute(delete(ChangeRow).where(ChangeRow.revision > 5))
        await sql.execute(update(EpochRow).values(recorded=5))
    known += (await states(log, known[-1], engine, 2))[1:]
    with pytest.raises(UnreachableError):  # what Redis has may be written at any moment
        await history.before(state.session, None, 20)
    await Recorder(redis, database, log, lambda: (), archive.again).record(state.session)
    for count in (1, 4, 30):
        kept = [revision for revision, _ in await pages(history, state.session, count)]
        assert kept == [*range(22, 14, -1), *range(5, 0, -1)]
    await agrees(history, [*known[:6], *known[20:]])
    for gone in (6, 14, 19):
        await no_revision(history, state.session, gone)
    assert (await history.before(state.session, 22, 2)).totals == {}
    assert (await history.before(state.session, None, 2)).totals == known[20].totals
    await redis.flushall()
    assert (await history.before(state.session, None, 30)).changes[0].revision == 15


async def test_h3_between_builds_that_are_kept(
    state: State,
    log: Log,
    engine: Engine,
    recorder: Recorder,
    history: History,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("server.recording.rows.CHECKPOINT_EVERY", 16)
    known = [state]
    for _ in range(3):
        known += (await states(log, known[-1], engine, 15))[1:]
        await log.store(known[-1])
        await recorder.record(state.session)
    known += (await states(log, known[-1], engine, 5))[1:]
    await agrees(history, known[::4])


async def test_away_from_redis_it_is_read_all_the_same(
    state: State, log: Log, engine: Engine, recorder: Recorder, redis: Redis, history: History
) -> None:
    known = await states(log, state, engine, 3)
    await left_to_sql(recorder, redis, state.session)
    assert [revision for revision, _ in await pages(history, state.session, 2)] == [3, 2, 1]
    await agrees(history, known)
    await no_revision(history, state.session, 4)


async def test_a_new_session_has_a_start_and_nothing_more(state: State, history: History) -> None:
    assert (await history.before(state.session, None, 9)).changes == ()
    await agrees(history, [state])

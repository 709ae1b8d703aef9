"""A Redis that went back, or came back empty: what a worker or SQL still knows is decided again,
once, in order."""

import asyncio

from redis.asyncio import Redis
from sqlalchemy import delete, select, update

from server.log.log import Log
from server.log.logged import Elsewhere, Known
from server.logic.rights import Access, Membership
from server.members import access
from server.orm import ChangeRow, Database, EpochRow, MemberRow
from server.recording.archive import Archive
from server.recording.recorder import Recorder
from server.redis.calls import key
from server.server_messages import Accepted, Refused
from tests.server.regaining.workers import Past, Worker, an_edit, edits_in, names


async def test_a_worker_regains_what_redis_lost(
    workers: tuple[Worker, Worker], past: Past, log: Log, session_id: str
) -> None:
    one, _ = workers
    await one.edit(*range(1, 6))
    await past.keep()
    await one.edit(*range(6, 11))
    before = one.state
    await past.come_back()
    await one.read_on()
    assert await edits_in(log, session_id) == names(*range(1, 11))
    assert one.starts == 1
    assert one.state.epoch != before.epoch
    assert (one.state.revision, one.state.build) == (10, before.build)
    assert one.state.totals == before.totals
    assert [answer for _, answer in one.answers] == [
        Accepted(edit, 6 + place) for place, edit in enumerate(names(*range(6, 11)))
    ]
    assert {person for person, _ in one.answers} == {"g1"}


async def test_what_others_did_meanwhile_stays_and_the_lost_comes_on_top(
    workers: tuple[Worker, Worker], past: Past, log: Log, session_id: str, recorder: Recorder
) -> None:
    one, other = workers
    await one.edit(*range(1, 4))
    await other.read_on()
    await past.keep()
    await one.edit(*range(4, 7))
    await past.come_back()
    await other.edit(*range(101, 106), person="g2")  # it knows of nothing, and goes further
    await one.read_on()
    expected = names(1, 2, 3, 101, 102, 103, 104, 105, 4, 5, 6)
    assert await edits_in(log, session_id) == expected
    await other.read_on()
    assert other.state.position == one.state.position
    assert other.state.build == one.state.build
    assert other.answers == []  # it knew of no lost edit
    assert other.frames[-1] == "edit-0105"


async def test_any_number_of_workers_make_each_lost_edit_once(
    workers: tuple[Worker, Worker],
    past: Past,
    log: Log,
    session_id: str,
    recorder: Recorder,
) -> None:
    one, other = workers
    await one.edit(*range(1, 4))
    await past.keep()
    await one.edit(*range(4, 21))
    await other.read_on()
    await recorder.record(session_id)
    await past.come_back()
    await asyncio.gather(one.read_on(), other.read_on(), recorder.record(session_id))
    await asyncio.gather(one.read_on(), other.read_on())
    assert await edits_in(log, session_id) == names(*range(1, 21))
    assert one.state.position == other.state.position
    assert one.state.build.title == "20"
    for worker in workers:
        assert all(isinstance(answer, Accepted) for _, answer in worker.answers)


async def come_to_9_again(
    workers: tuple[Worker, Worker],
    past: Past,
    session_id: str,
    recorder: Recorder | None = None,
    at: int = 2,
) -> None:
    """Edit 9 comes to its revision again, at this time: it was in flight to both workers. There
    it is on top of another one. recorder: of what it was on top of before."""
    one, other = workers
    await one.edit(1, 2, 3)
    await other.read_on()
    await past.keep()
    await one.edit(4, 9)
    if recorder is not None:
        await recorder.record(session_id)
    await past.come_back()
    await other.edit(5, 9, 6, at=at)


async def test_an_edit_that_comes_to_its_revision_again_hides_nothing_before_it(
    workers: tuple[Worker, Worker],
    past: Past,
    log: Log,
    session_id: str,
    recorder: Recorder,
    archive: Archive,
) -> None:
    _, other = workers
    await come_to_9_again(workers, past, session_id, recorder, at=1)
    await archive.again(session_id, other.state.epoch)
    began = await log.began(session_id)
    assert began
    assert began.left_at == 3
    for worker in workers:
        await worker.read_on()
    await recorder.record(session_id)
    made = await edits_in(log, session_id)
    assert made == names(1, 2, 3, 5, 9, 6, 4)
    assert [each.edit for each in await archive.before(session_id, 100, 100)] == made


async def test_a_worker_is_not_misled_by_its_edit_at_its_revision_on_top_of_others(
    workers: tuple[Worker, Worker], past: Past, log: Log, session_id: str
) -> None:
    one, other = workers
    await come_to_9_again(workers, past, session_id)
    for worker in workers:
        await worker.read_on()
    assert await edits_in(log, session_id) == names(1, 2, 3, 5, 9, 6, 4)
    assert one.state.position == other.state.position
    assert (one.starts, other.starts) == (1, 1)


async def test_the_recorder_is_not_misled_by_an_edit_at_its_revision_on_top_of_others(
    workers: tuple[Worker, Worker],
    past: Past,
    log: Log,
    session_id: str,
    recorder: Recorder,
    archive: Archive,
    fresh: Worker,
) -> None:
    await come_to_9_again(workers, past, session_id, recorder)  # and nobody else is there
    await recorder.record(session_id)
    await fresh.begin()
    await recorder.record(session_id)
    made = await edits_in(log, session_id)
    assert made == names(1, 2, 3, 5, 9, 6, 4)
    assert [each.edit for each in await archive.before(session_id, 100, 100)] == made


async def test_what_only_sql_knows_is_regained_by_who_opens_the_session(
    workers: tuple[Worker, Worker],
    fresh: Worker,
    past: Past,
    log: Log,
    session_id: str,
    recorder: Recorder,
    archive: Archive,
    redis: Redis,
) -> None:
    await workers[0].edit(*range(1, 4))
    await past.keep()
    await workers[0].edit(*range(4, 7))
    await recorder.record(session_id)
    await past.come_back()
    await Recorder(redis, archive._database, log, tuple, archive.again).record(session_id)
    assert await edits_in(log, session_id) == names(1, 2, 3)
    await fresh.begin()
    assert await edits_in(log, session_id) == names(*range(1, 7))
    assert fresh.state.build == workers[0].state.build
    loaded = await log.load(session_id)
    assert loaded
    assert loaded.redone  # nobody looks again


async def test_what_only_sql_knows_is_regained_though_redis_is_empty_by_then(
    workers: tuple[Worker, Worker],
    fresh: Worker,
    past: Past,
    log: Log,
    session_id: str,
    recorder: Recorder,
    database: Database,
    archive: Archive,
    redis: Redis,
) -> None:
    await workers[0].edit(1, 2, 3)
    await past.keep()
    await workers[0].edit(4, 5, 6)
    await recorder.record(session_id)
    await past.come_back()
    await Recorder(redis, database, log, tuple, archive.again).record(session_id)
    await redis.flushall()
    await fresh.begin()
    assert await edits_in(log, session_id) == names(4, 5, 6)
    assert fresh.state.build == workers[0].state.build


async def test_a_lost_edit_that_may_not_be_any_more_is_refused_once_and_for_all(
    workers: tuple[Worker, Worker],
    fresh: Worker,
    past: Past,
    log: Log,
    session_id: str,
    database: Database,
    recorder: Recorder,
    redis: Redis,
) -> None:
    one, other = workers
    await past.keep()
    await one.edit(1)
    await one.edit(2, person="g2")
    await other.read_on()
    await recorder.record(session_id)
    async with database.writing() as sql:  # and SQL knows that Bob was sent away
        await sql.execute(delete(MemberRow).where(MemberRow.person == "g2"))
        await sql.execute(update(access.SessionRow).values(access=2))
    await past.come_back()
    await one.read_on()
    assert one.state.access.members.keys() == {"g1"}
    assert await edits_in(log, session_id) == names(1)
    person, answer = one.answers[-1]
    assert (person, answer.id) == ("g2", "edit-0002")
    assert isinstance(answer, Refused)
    assert answer.code == "lost"
    await log.put_access(session_id, Access(3, {"g2": Membership("Bob", "editor")}))
    await other.read_on()  # now it would be possible
    assert [(who, what.id) for who, what in other.answers] == [("g2", "edit-0002")]
    await fresh.begin()
    assert await edits_in(log, session_id) == names(1)
    assert await log.remembered(fresh.state, ["g2 edit-0002"]) == [Elsewhere("lost")]
    await recorder.record(session_id)
    await redis.flushall()
    await fresh.read_on()
    assert fresh.state.build.title == "1"


async def test_an_access_that_went_back_is_brought_forward_by_who_knows_better(
    workers: tuple[Worker, Worker],
    past: Past,
    log: Log,
    session_id: str,
    database: Database,
    redis: Redis,
    archive: Archive,
) -> None:
    one, _ = workers
    await past.keep()
    async with database.writing() as sql:
        await sql.execute(delete(MemberRow).where(MemberRow.person == "g2"))
        await sql.execute(update(access.SessionRow).values(access=2))
    assert await log.put_access(session_id, await access.access_of(database, session_id))
    await one.read_on()
    assert one.state.access.version == 2
    for knows_better in (one, Recorder(redis, database, log, lambda: (session_id,), archive.again)):
        await past.come_back()
        if isinstance(knows_better, Worker):
            await knows_better.read_on()
        else:
            knows_better.stop()
            await knows_better.run()
        loaded = await log.load(session_id)
        assert loaded
        assert loaded.state.access.members.keys() == {"g1"}
    assert one.state.access.version == 2


async def test_an_empty_redis_is_filled_from_sql_and_from_what_workers_know_beyond_it(
    workers: tuple[Worker, Worker], log: Log, session_id: str, recorder: Recorder, redis: Redis
) -> None:
    one, other = workers
    await one.edit(*range(1, 5))
    await recorder.record(session_id)
    await one.edit(*range(5, 8))
    before = one.state
    await redis.flushall()
    await asyncio.gather(one.read_on(), other.read_on())
    await asyncio.gather(one.read_on(), other.read_on())
    assert await edits_in(log, session_id) == names(5, 6, 7)  # after those that are in SQL
    assert one.state.position == other.state.position
    assert (one.state.revision, one.state.build) == (7, before.build)
    authors = [f"g1 {an_edit(number).id}" for number in range(1, 8)]
    known = await log.remembered(one.state, authors)
    assert known == [Known(number, same=True) for number in range(1, 8)]


async def test_the_recorder_never_mixes_two_histories_of_one_epoch(
    workers: tuple[Worker, Worker],
    fresh: Worker,
    past: Past,
    session_id: str,
    recorder: Recorder,
    database: Database,
    redis: Redis,
) -> None:
    one, other = workers
    await one.edit(1, 2)
    await other.read_on()
    await past.keep()
    await one.edit(3, 4)
    await recorder.record(session_id)
    await past.come_back()
    await other.edit(101, 102, 103, person="g2")  # revisions 3, 4 and 5, again
    await recorder.record(session_id)
    await other.read_on()
    await recorder.record(session_id)
    async with database.reading() as sql:
        epochs = (await sql.scalars(select(EpochRow).order_by(EpochRow.ordinal))).all()
        rows = (await sql.execute(select(ChangeRow.epoch, ChangeRow.edit))).all()
    assert [(each.previous, each.left_at) for each in epochs] == [(None, 0), ("e1", 2)]
    assert {(row.epoch, row.edit) for row in rows} == {
        *(("e1", edit) for edit in names(1, 2, 3, 4)),
        *((epochs[1].epoch, edit) for edit in names(101, 102, 103, 3, 4)),
    }
    await redis.flushall()
    await fresh.begin()
    assert fresh.state.build == other.state.build
    assert fresh.state.revision == 7
    assert fresh.frames == []  # nothing is decided a second time


async def test_a_recorder_that_knows_of_less_than_sql_has_mixes_no_histories(
    workers: tuple[Worker, Worker],
    past: Past,
    session_id: str,
    recorder: Recorder,
    database: Database,
    redis: Redis,
    log: Log,
    archive: Archive,
) -> None:
    one, other = workers
    slow = Recorder(redis, database, log, lambda: (), archive.again)
    await one.edit(1, 2)
    await other.read_on()
    await slow.record(session_id)
    await past.keep()
    await one.edit(3, 4)
    await recorder.record(session_id)
    await past.come_back()
    await other.edit(101, 102, person="g2")  # revisions 3 and 4, again
    await slow.record(session_id)
    began = await log.began(session_id)
    assert began
    assert began.epoch != "e1"
    assert (began.previous, began.left_at) == ("e1", 2)


async def test_what_went_back_is_not_recorded_as_if_it_had_gone_on(
    workers: tuple[Worker, Worker],
    past: Past,
    session_id: str,
    database: Database,
    redis: Redis,
    log: Log,
    archive: Archive,
) -> None:
    one, other = workers
    recorder = Recorder(redis, database, log, lambda: (session_id,), archive.again)
    await one.edit(1, 2)
    await other.read_on()
    await past.keep()
    await one.edit(3)
    await recorder._round([session_id])
    await past.come_back()
    await other.edit(101, 102, person="g2")  # revisions 3, again, and 4
    await recorder._round([session_id])
    began = await log.began(session_id)
    assert began
    assert began.epoch != "e1"
    assert (began.previous, began.left_at) == ("e1", 2)


async def test_an_older_epoch_that_comes_back_is_no_newer_one(
    workers: tuple[Worker, Worker],
    fresh: Worker,
    past: Past,
    session_id: str,
    recorder: Recorder,
    redis: Redis,
    log: Log,
) -> None:
    """An old file: the session has been reopened since it was written."""
    one, _ = workers
    await one.edit(1, 2)
    await recorder.record(session_id)
    await past.keep()
    await redis.flushall()
    await one.read_on()
    await one.edit(3, 4)
    await recorder.record(session_id)
    await past.come_back()
    await recorder.record(session_id)
    await fresh.begin()
    assert await edits_in(log, session_id) == names(1, 2, 3, 4)
    assert fresh.state.build == one.state.build
    await one.read_on()
    assert one.state.position == fresh.state.position
    assert await edits_in(log, session_id) == names(1, 2, 3, 4)


async def test_a_worker_that_slept_while_the_log_was_trimmed_only_loads_again(
    workers: tuple[Worker, Worker], log: Log, session_id: str, recorder: Recorder, redis: Redis
) -> None:
    one, other = workers
    await one.edit(1, 2)
    await other.read_on()
    for first in (3, 20, 40):
        await one.edit(*range(first, first + 15))
        await recorder.record(session_id)
        await log.store(one.state)
    assert await redis.xlen(key(session_id, "log")) < 20
    epoch = one.state.epoch
    await other.read_on()
    assert other.state.position == one.state.position
    assert other.state.epoch == epoch
    assert other.frames == names(1, 2)
    assert other.starts == 1


async def test_what_is_left_of_a_damaged_log_is_decided_again(
    workers: tuple[Worker, Worker],
    fresh: Worker,
    log: Log,
    session_id: str,
    recorder: Recorder,
    redis: Redis,
) -> None:
    one, _ = workers
    await one.edit(1, 2, 3)
    await recorder.record(session_id)
    await one.edit(4, 5)
    await redis.delete(key(session_id, "build"))
    await fresh.begin()
    assert fresh.state.build == one.state.build
    assert await edits_in(log, session_id) == names(4, 5)


async def test_a_database_of_a_backup_is_caught_up_with(
    workers: tuple[Worker, Worker],
    fresh: Worker,
    log: Log,
    session_id: str,
    archive: Archive,
    database: Database,
    redis: Redis,
) -> None:
    one, _ = workers
    recorder = Recorder(redis, database, log, lambda: (), archive.again)
    for first in (1, 21):
        await one.edit(*range(first, first + 20))
        await recorder.record(session_id)
        await log.store(one.state)
    async with database.writing() as sql:
        await sql.execute(delete(ChangeRow).where(ChangeRow.revision > 3))
        await sql.execute(update(EpochRow).values(recorded=3))
    await one.edit(41)
    await Recorder(redis, database, log, lambda: (), archive.again).record(session_id)
    await redis.flushall()
    await fresh.begin()
    assert fresh.state.build == one.state.build
    assert fresh.state.revision == 41
    async with database.writing() as sql:  # or it does not know the session at all
        for table in (ChangeRow, EpochRow):
            await sql.execute(delete(table))
    again = Recorder(redis, database, log, lambda: (), archive.again)
    await again.record(session_id)


async def test_a_worker_that_knows_of_no_going_back_stores_no_build_beyond_the_log(
    workers: tuple[Worker, Worker], past: Past, log: Log, session_id: str
) -> None:
    one, other = workers
    await one.edit(1, 2)
    await other.read_on()
    await past.keep()
    await one.edit(3, 4)
    await past.come_back()
    assert not await log.store(one.state)
    await other.edit(101, 102, person="g2")  # as many, but others
    assert not await log.store(one.state)
    assert await log.store(other.state)
    await one.read_on()
    assert await edits_in(log, session_id) == names(1, 2, 101, 102, 3, 4)


async def test_an_epoch_that_a_worker_has_seen_end_does_not_go_on(
    workers: tuple[Worker, Worker], past: Past, log: Log, session_id: str, redis: Redis
) -> None:
    one, other = workers
    await one.edit(1, 2)
    await past.keep()
    await redis.flushall()
    await one.read_on()
    second = one.state.epoch
    await past.come_back()
    await one.read_on()
    await other.read_on()
    assert one.state.epoch not in ("e1", second)
    assert other.state.position == one.state.position
    assert one.state.build.title == "2"

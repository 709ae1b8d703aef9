"""A Redis that went back, or came back empty: what a worker or SQL still knows is decided again,
once, in order; on each database, with workers that are followers without sockets."""

import asyncio
import time

import pytest
from redis.asyncio import Redis
from sqlalchemy import delete, select, update

from calc import build as documents
from calc.operations import SetLevel, SetTitle
from server.client_messages import Edit
from server.engine import Engine
from server.live import follower
from server.live.follower import Follower
from server.live.lost import Lost
from server.log.log import Log
from server.log.logged import Done, Elsewhere, Known, Stored
from server.log.releases import Releases
from server.logic import session
from server.logic.rights import Access, Membership
from server.logic.session import Commit, Committed, State
from server.members import access
from server.orm import ChangeRow, Database, DatabaseAwayError, EpochRow, MemberRow
from server.protocol import encode
from server.recording.archive import Archive
from server.recording.recorder import Recorder
from server.redis.calls import key
from server.server_messages import Accepted, Refused
from server.settings import Settings

KEYS = ("head", "log", "build", "access", "ids", "digests", "losses")


class Worker(Follower):
    """A session on a worker that nobody is connected to; writes down what it is told."""

    def __init__(
        self, session_id: str, log: Log, engine: Engine, archive: Archive, redis: Redis
    ) -> None:
        self.frames: list[str] = []
        self.answers: list[tuple[str, Accepted | Refused]] = []
        self.starts = 0
        releases = Releases(redis, engine.name)
        super().__init__(session_id, log, engine, Settings(), self, archive, releases)
        self._committing, self._deciding = log, engine

    def changed(self, before: State, after: State, committed: Committed) -> None:
        assert after.revision == before.revision + 1
        self.frames.append(committed.edit)

    def access_changed(self, access: Access) -> None:
        pass

    def settled(self, person: str, answer: Accepted | Refused) -> None:
        self.answers.append((person, answer))

    def started_again(self) -> None:
        self.starts += 1

    def degraded(self, degraded: bool) -> None:
        pass

    def wake(self) -> None:
        pass

    async def edit(self, *numbers: int, person: str = "g1", at: int = 1) -> None:
        """Make edits as this worker knows the session."""
        for number in numbers:
            await self.make(an_edit(number), person, at)

    async def make(self, edit: Edit, person: str = "g1", at: int = 1) -> None:
        commit = session.decide(self.state, person, edit, self._deciding, at)
        assert isinstance(commit, Commit)
        frame = encode(commit.change)
        assert isinstance(await self._committing.commit(commit, frame), Done)
        self.take(commit.after, session.entry(commit.change, frame, encode(commit.inverse)))


def an_edit(number: int) -> Edit:
    return Edit(f"edit-{number:04}", 0, (SetLevel(number % 50 + 1), SetTitle(f"{number}")))


def names(*numbers: int) -> list[str]:
    return [f"edit-{number:04}" for number in numbers]


@pytest.fixture
def log(redis: Redis) -> Log:
    return Log(redis, keeps=10, edit_ids=1000)


@pytest.fixture
def archive(database: Database, log: Log, engine: Engine) -> Archive:
    return Archive(database, log, engine, 1000)


@pytest.fixture
def recorder(redis: Redis, database: Database, log: Log, archive: Archive) -> Recorder:
    return Recorder(redis, database, log, lambda: (), archive.again)


@pytest.fixture
async def session_id(database: Database, log: Log, engine: Engine) -> str:
    build = documents.empty("Nova")
    result = engine.result(build)
    stored = Stored("e1", 0, "", build, result.totals, result.findings)
    new, _ = await access.create_session(database, "g1", "Ann", stored, engine.name, "release")
    async with database.writing() as sql:
        sql.add(MemberRow(session_id=new, person="g2", name="Bob", role="editor", joined_at=0))
    rights = await access.access_of(database, new)
    await log.open(new, stored, engine.name, rights)
    return new


@pytest.fixture
async def workers(
    session_id: str, log: Log, engine: Engine, archive: Archive, redis: Redis
) -> tuple[Worker, Worker]:
    both = tuple(Worker(session_id, log, engine, archive, redis) for _ in range(2))
    for each in both:
        await each.begin()
    return both[0], both[1]


@pytest.fixture
async def fresh(
    session_id: str, log: Log, engine: Engine, archive: Archive, redis: Redis
) -> Worker:
    """A worker that has not opened the session yet."""
    return Worker(session_id, log, engine, archive, redis)


class Past:
    """What Redis holds of a session at a moment, to which it can go back."""

    def __init__(self, redis: Redis, session_id: str) -> None:
        self._redis = redis
        self._keys = [key(session_id, name) for name in KEYS]
        self._dumps: list[bytes | None] = []

    async def keep(self) -> None:
        self._dumps = [await self._redis.dump(each) for each in self._keys]

    async def come_back(self) -> None:
        pipeline = self._redis.pipeline()
        for each, dump in zip(self._keys, self._dumps, strict=True):
            pipeline.delete(each)
            if dump is not None:
                pipeline.restore(each, 0, dump)
        await pipeline.execute()


@pytest.fixture
def past(redis: Redis, session_id: str) -> Past:
    return Past(redis, session_id)


async def edits_in(log: Log, session_id: str) -> list[str]:
    entries = await log.entries(session_id)
    assert entries
    revisions = [committed.revision for committed, _ in entries.changes]
    assert revisions == list(range(entries.revision - len(revisions) + 1, entries.revision + 1))
    return [committed.edit for committed, _ in entries.changes]


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


async def test_an_edit_that_comes_to_its_revision_again_hides_nothing_before_it(
    workers: tuple[Worker, Worker],
    past: Past,
    log: Log,
    session_id: str,
    recorder: Recorder,
    archive: Archive,
) -> None:
    one, other = workers
    await one.edit(1, 2, 3)
    await other.read_on()
    await past.keep()
    await one.edit(4, 9)
    await recorder.record(session_id)
    await past.come_back()
    await other.edit(5, 9, 6)  # 9 was in flight there, too
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
    await one.edit(1, 2, 3)
    await other.read_on()
    await past.keep()
    await one.edit(4, 9)
    await past.come_back()
    await other.edit(5, 9, 6, at=2)  # 9 was in flight there, too
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
    one, other = workers
    await one.edit(1, 2, 3)
    await other.read_on()
    await past.keep()
    await one.edit(4, 9)
    await recorder.record(session_id)
    await past.come_back()
    await other.edit(5, 9, 6, at=2)  # 9 was in flight there, too; and nobody else is there
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


@pytest.fixture
def lost(log: Log, archive: Archive, engine: Engine, workers: tuple[Worker, Worker]) -> Lost:
    """What the second worker is to decide again, without its looking."""
    _, other = workers

    def take(after: State, committed: Committed) -> None:
        other.take(after, committed)
        made.seen(committed)

    made = Lost(log, archive, engine, other.patience, take, other.settled, others_s=60.0)
    return made


def title(number: int, expects: str) -> Edit:
    return Edit(f"edit-{number:04}", 0, (SetTitle(f"{number}", expects=expects),))


async def test_r1_what_another_worker_made_is_kept_until_it_is_read(
    workers: tuple[Worker, Worker], past: Past, lost: Lost
) -> None:
    one, other = workers
    await past.keep()
    before = other.state
    await one.edit(1, 2)
    lost.remember(one.recent)
    assert await lost.sort(before)
    assert not lost  # others have made them
    await past.come_back()
    lost.remember(())
    assert await lost.sort(before)
    assert lost
    assert [await lost.settle(other.state, 0) for _ in (1, 2)] == ["settled", "settled"]
    assert [each.edit for each in other.recent] == names(1, 2)
    assert not lost


async def test_r1_a_log_that_is_another_one_by_now_says_nothing(
    workers: tuple[Worker, Worker], past: Past, lost: Lost
) -> None:
    one, other = workers
    await past.keep()
    await one.edit(1, 2)
    lost.remember(one.recent)
    await past.come_back()
    await other.edit(1, 102)
    assert not await lost.sort(one.state)
    assert lost


async def test_r2_what_is_refused_waits_for_what_only_another_worker_knows(
    workers: tuple[Worker, Worker], past: Past, lost: Lost
) -> None:
    one, other = workers
    await past.keep()
    await one.make(title(1, "Nova"))
    await one.make(title(2, "1"))
    lost.remember(tuple(one.recent)[1:])
    await past.come_back()
    assert await lost.sort(other.state)
    assert await lost.settle(other.state, 0) == "wait"
    await other.make(title(1, "Nova"))  # by whoever knew it
    assert await lost.settle(other.state, 0) == "settled"
    assert other.state.build.title == "2"


async def test_r3_what_was_given_up_in_a_log_that_is_lost_is_tried_again(
    workers: tuple[Worker, Worker], past: Past, lost: Lost
) -> None:
    one, other = workers
    await past.keep()
    await one.make(title(1, "Nova"))
    lost.remember(one.recent)
    await past.come_back()
    await other.edit(7)
    assert await lost.sort(other.state)
    lost._others_until = 0.0
    assert await lost.settle(other.state, 0) == "read on"
    assert not lost
    await past.come_back()
    await other.read_on()
    lost.remember(())
    assert await lost.sort(other.state)
    assert lost


async def test_who_was_away_when_their_edit_was_given_up_is_told_when_they_come(
    workers: tuple[Worker, Worker],
    fresh: Worker,
    past: Past,
    session_id: str,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, other = workers
    await past.keep()
    await one.make(title(1, "Nova"))
    here = one.state.position
    await past.come_back()
    await other.edit(7)
    await one.read_on()
    assert one.needed  # nobody else knows of it
    one._lost._others_until = 0.0
    with monkeypatch.context() as patched:
        patched.setattr(follower, "now_ms", lambda: 7)  # whatever this worker's clock says
        await one.read_on()
    assert not one.needed
    assert [(person, answer.id) for person, answer in one.answers] == [("g1", "edit-0001")]
    for worker in (other, fresh):
        await (worker.begin() if worker is fresh else worker.read_on())
        assert [each.id for each in worker.lost_of("g1", None)] == ["edit-0001"]
        assert worker.lost_of("g1", here) == worker.lost_of("g1", None)
        assert worker.lost_of("g2", None) == ()
    assert [answer.id for _, answer in other.answers] == ["edit-0001"]
    await other.edit(8)
    assert other.lost_of("g1", other.state.position)  # it may not have come through
    other._losses._clock = lambda: time.monotonic() + 60
    assert not other.lost_of("g1", other.state.position)


async def test_r3_a_redis_that_went_back_over_what_was_given_up_alone_is_noticed(
    workers: tuple[Worker, Worker], past: Past, log: Log, session_id: str
) -> None:
    one, other = workers
    await past.keep()
    await one.make(title(1, "Nova"))
    await past.come_back()
    await other.edit(7)
    await one.read_on()
    await past.keep()
    one._lost._others_until = 0.0
    await one.read_on()
    assert await log.remembered(one.state, ["g1 edit-0001"]) == [Elsewhere("lost")]
    await past.come_back()
    assert await log.remembered(one.state, ["g1 edit-0001"]) == [None]
    (head,) = await log.heads([session_id])
    one.stands(head)
    assert one.news
    await one.read_on()
    one._lost._others_until = 0.0
    await one.read_on()
    assert await log.remembered(one.state, ["g1 edit-0001"]) == [Elsewhere("lost")]


async def test_what_waits_for_sql_alone_is_not_looked_at_again_at_once(
    workers: tuple[Worker, Worker],
    past: Past,
    archive: Archive,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, other = workers
    await past.keep()
    await one.make(title(1, "Nova"))
    await past.come_back()
    await other.edit(7)

    async def away(session: str) -> tuple[Committed, ...]:
        raise DatabaseAwayError("away")

    monkeypatch.setattr(archive, "lost", away)
    await one.read_on()
    one._lost._others_until = 0.0
    await one.read_on()
    assert one._lost
    assert one._heard._later is None
    assert not one.news


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

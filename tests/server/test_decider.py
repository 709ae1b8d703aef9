"""Workers that edit one session: none starves, and each edit is made once."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis.asyncio import Redis

from calc import build as documents
from calc.operations import SetTitle
from server.client_messages import Edit, Undo
from server.engine import Engine
from server.live.decider import ROW, Decider
from server.live.follower import EngineMovedError, Follower
from server.live.proposals import Declining, Taking
from server.log.log import Log
from server.log.logged import ALONE, Done, Elsewhere, Known, Loss, Place, Stored
from server.log.releases import Releases
from server.logic import session
from server.logic.rights import Access, Membership
from server.logic.session import Commit, Committed, State
from server.orm import Database
from server.protocol import encode
from server.recording.archive import Archive
from server.redis.calls import UnreachableError, key
from server.server_messages import Accepted, Refused
from server.settings import Settings

EACH, EVERY_S = 100, 0.02  # of four workers: 200 edits a second in all
ALL = 4 * EACH
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ACCESS = Access(1, {f"g{number}": Membership("Ann", "editor") for number in range(4)})


@dataclass(eq=False)
class Person:
    """Somebody who edits, and remembers how long each edit took."""

    person: str
    sent: dict[str, float] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)

    def answer(self, *messages: Any) -> None:
        for message in messages:
            assert isinstance(message, Accepted), message
            self.times.append(time.monotonic() - self.sent.pop(message.id))

    def weighed(self, size: int) -> None: ...


class Worker:
    """A session on a worker, without sockets; it hears hints as the hub would."""

    def __init__(self, name: str, log: Log, engine: Engine, archive: Archive, redis: Redis) -> None:
        self.name = name
        self.woken = asyncio.Event()
        releases = Releases(redis, engine.name)
        self.follower = Follower("s1", log, engine, Settings(), self, archive, releases)
        self.decider = Decider(self.follower, log, engine, name)
        self.revisions: list[int] = []
        self.has_all = asyncio.Event()

    def changed(self, before: State, after: State, committed: Committed) -> None:
        assert committed.revision == before.revision + 1
        self.revisions.append(committed.revision)
        if committed.revision == ALL:
            self.has_all.set()

    def access_changed(self, access: Access) -> None: ...
    def settled(self, person: str, answer: object) -> None: ...
    def degraded(self, degraded: bool) -> None: ...

    def started_again(self) -> None:
        raise AssertionError("the log did not start again")

    def wake(self) -> None:
        self.woken.set()

    async def run(self) -> None:
        while True:
            await self.woken.wait()
            self.woken.clear()
            while self.follower.news or self.decider:
                if self.follower.news:
                    await self.follower.read_on()
                if self.decider:
                    await self.decider.serve_next()

    async def hear(self, redis: Redis, listening: asyncio.Event) -> None:
        async with redis.pubsub() as pubsub:
            await pubsub.ssubscribe(key("s1", "hints"))
            while True:
                message = await pubsub.get_message(timeout=1)
                if message and message["type"] == "ssubscribe":
                    listening.set()
                elif message:
                    revision, _, following = message["data"].decode().partition(" ")
                    self.follower.hint(int(revision), following)


async def opened(log: Log, engine: Engine) -> None:
    build = documents.empty("Nova")
    result = engine.result(build)
    stored = Stored("e1", 0, "", build, result.totals, result.findings)
    assert await log.open("s1", stored, engine.name, ACCESS)


async def begun(
    log: Log, redis: Redis, database: Database, engine: Engine, number: int = 1
) -> list[Worker]:
    """So many workers that just opened the same new session."""
    await opened(log, engine)
    archive = Archive(database, log, engine, 100)
    workers = [Worker(f"w{n}", log, engine, archive, redis) for n in range(number)]
    for worker in workers:
        await worker.follower.begin()
    return workers


async def test_four_workers_that_edit_one_session_take_turns(
    redis: Redis, database: Database, engine: Engine
) -> None:
    log = Log(redis, keeps=10_000, edit_ids=10_000)
    await opened(log, engine)
    archive = Archive(database, log, engine, 100)
    workers = [Worker(f"w{n}", log, Engine(engine.catalogue), archive, redis) for n in range(4)]
    people = [Person(f"g{number}") for number in range(4)]

    async def edit(worker: Worker, person: Person) -> None:
        begin = time.monotonic()
        for number in range(EACH):
            await asyncio.sleep(max(0.0, begin + number * EVERY_S - time.monotonic()))
            made = Edit(f"{person.person}-{number:06}", 0, (SetTitle(f"{number}"),))
            person.sent[made.id] = time.monotonic()
            worker.decider.submit(person, made)
            worker.wake()

    tasks = []
    for worker in workers:
        listening = asyncio.Event()
        tasks.append(asyncio.create_task(worker.hear(redis, listening)))
        await listening.wait()
        await worker.follower.begin()
        tasks.append(asyncio.create_task(worker.run()))
    async with asyncio.timeout(60):
        await asyncio.gather(*(edit(*pair) for pair in zip(workers, people, strict=True)))
        await asyncio.gather(*(worker.has_all.wait() for worker in workers))
    assert not any(person.sent for person in people)
    for task in tasks:
        assert not task.done() or task.exception() is None
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for worker in workers:
        assert worker.revisions == list(range(1, ALL + 1))
    times = sorted(time for person in people for time in person.times)
    races = [worker.decider.races for worker in workers]
    told = f"p50 {times[len(times) // 2]:.4f} p99 {times[-len(times) // 100]:.4f} {races}"
    print(told)  # noqa: T201 - shown when it fails
    slowest = [max(person.times) for person in people]
    assert max(slowest) < 10.0, told
    assert sum(each.lost + each.waited for each in races) < 3 * ALL, told


class CutLog(Log):
    """A log whose connection is cut after what was asked has happened, once.

    rows: how many edits each commit had.
    """

    cut = False

    def __init__(self, redis: Redis, keeps: int, edit_ids: int) -> None:
        super().__init__(redis, keeps, edit_ids)
        self.rows: list[int] = []

    async def commit_row(
        self, row: Sequence[tuple[Commit, bytes]], place: Place = ALONE
    ) -> list[Done | Known | Refused | Elsewhere]:
        self.rows.append(len(row))
        outcomes = await super().commit_row(row, place)
        if not self.cut:
            self.cut = True
            raise UnreachableError("the answer is lost")
        return outcomes


async def test_a_commit_whose_answer_is_lost_is_asked_for_again(
    redis: Redis, database: Database, engine: Engine
) -> None:
    log = CutLog(redis, keeps=100, edit_ids=100)
    (worker,) = await begun(log, redis, database, engine)
    ann = Person("g0")
    for number in (1, 2):
        made = Edit(f"edit-{number:04}", 0, (SetTitle(f"{number}"),))
        ann.sent[made.id] = 0.0
        worker.decider.submit(ann, made)
        await worker.decider.serve_next()  # `Person` takes nothing but an acceptance
    assert log.cut
    assert not ann.sent
    assert worker.revisions == [1, 2]
    assert worker.follower.state.build.title == "2"


async def test_what_waits_together_is_made_in_its_order_though_the_answer_is_lost(
    redis: Redis, database: Database, engine: Engine
) -> None:
    log = CutLog(redis, keeps=100, edit_ids=100)
    (worker,) = await begun(log, redis, database, engine)
    ann, bob = Person("g0"), Person("g1")
    for number in range(1, 18):
        for person in (ann, bob):
            made = Edit(f"edit-{number:04}", 0, (SetTitle(f"{person.person} {number}"),))
            person.sent[made.id] = 0.0
            worker.decider.submit(person, made)
        if number == 1:
            await worker.decider.serve_next()
    while worker.decider:
        await worker.decider.serve_next()
    assert log.cut
    assert not ann.sent
    assert not bob.sent
    assert worker.revisions == list(range(1, 35))
    loaded = await log.load("s1")
    assert loaded
    assert [(each.by, each.edit) for each in loaded.recent] == [
        (by, f"edit-{number:04}") for number in range(1, 18) for by in ("g0", "g1")
    ]
    assert log.rows == [2, 2, *[ROW] * 4]  # of the first it is asked again, together
    assert await redis.hget(key("s1", "head"), "stored") == b"34"  # where revision 32 was made


@dataclass(eq=False)
class Asking:
    """Somebody who remembers what they were answered."""

    person: str
    answers: list[Accepted | Refused] = field(default_factory=list)
    told: int = 0  # times
    weight: int = 0

    def answer(self, *messages: Accepted | Refused) -> None:
        self.answers += messages
        self.told += 1

    def weighed(self, size: int) -> None:
        self.weight += size


async def test_a_proposal_whose_edit_was_lost_for_good_is_refused_and_holds_up_nobody(
    redis: Redis, database: Database, engine: Engine
) -> None:
    log = Log(redis, keeps=100, edit_ids=100)
    (worker,) = await begun(log, redis, database, engine)
    told = Refused("lost", "It was lost.", id="proposal-1")
    loss = Loss("g0", "e1", 0, told)
    assert await log.give_up(worker.follower.state, loss, 0) == Elsewhere("lost")
    ann = Asking("g0")
    for proposal in ("proposal-1", "proposal-2"):
        taking = Taking(proposal, 0, (SetTitle(proposal),), "g1", 0)
        worker.decider.submit(ann, taking)
        async with asyncio.timeout(10):
            await worker.decider.serve_next()
    refused, accepted = ann.answers
    assert isinstance(refused, Refused)
    assert refused.code == "lost"
    assert accepted == Accepted("proposal-2", 1)
    made = worker.follower.recent[-1]
    assert ann.weight == len(made.frame) + len(made.inverse)
    undo = Undo("undo-proposal", 1)
    worker.decider.submit(ann, undo)
    await worker.decider.serve_next()
    undone = worker.follower.recent[-1]
    assert undone.undoes == "proposal-2"
    assert ann.weight == sum(len(each.frame) + len(each.inverse) for each in (made, undone))


@pytest.mark.parametrize("first", ["declined", "taken"])
async def test_a_proposal_that_two_workers_decide_on_is_declined_or_taken(
    redis: Redis, database: Database, engine: Engine, first: str
) -> None:
    log = Log(redis, keeps=100, edit_ids=100)
    workers = await begun(log, redis, database, engine, 2)
    taking = Taking("proposal-1", 0, (SetTitle("Taken"),), "g1", 0)
    declining = Declining(taking)
    deciding: list[Taking | Declining] = [taking, declining]
    if first == "declined":
        deciding.reverse()
    ann = Asking("g0")
    for worker, each in zip(workers, deciding, strict=True):  # the other hears nothing
        worker.decider.submit(ann, each)
        async with asyncio.timeout(10):
            await worker.decider.serve_next()
    accepted, refused = ann.answers
    assert accepted == Accepted("proposal-1", 1 if first == "taken" else 0)
    assert isinstance(refused, Refused)
    assert refused.code == "already_decided"
    (head,) = await log.heads(["s1"])
    assert head
    assert head.revision == (1 if first == "taken" else 0)


async def test_an_edit_that_is_told_to_be_refused_is_made_by_no_other_worker(
    redis: Redis, database: Database, engine: Engine
) -> None:
    log = Log(redis, keeps=100, edit_ids=100)
    (worker,) = await begun(log, redis, database, engine)
    ann = Asking("g0")
    worker.decider.submit(ann, Edit("edit-0001", 0, (SetTitle("Late", expects="Other"),)))
    await worker.decider.serve_next()
    (refused,) = ann.answers
    assert isinstance(refused, Refused)
    assert refused.code == "changed_meanwhile"
    possible = Edit("edit-0001", 0, (SetTitle("Late"),))  # on what that one knows
    commit = session.decide(worker.follower.state, "g0", possible, engine, 0)
    assert isinstance(commit, Commit)
    assert await log.commit(commit, encode(commit.change)) == refused


async def test_who_edits_while_redis_is_full_is_told_when_to_come_again(
    redis: Redis, database: Database, engine: Engine
) -> None:
    (worker,) = await begun(Log(redis, keeps=100, edit_ids=100), redis, database, engine)
    ann = Asking("g0")
    again = Edit("edit-0001", 0, (SetTitle("1"),))
    await redis.config_set("maxmemory", "1")
    try:
        worker.decider.submit(ann, again)
        await worker.decider.serve_next()
    finally:
        await redis.config_set("maxmemory", "0")
    assert ann.answers == [
        Refused("unavailable", "The server is full.", id="edit-0001", retry_after=5.0)
    ]
    worker.decider.submit(ann, again)
    await worker.decider.serve_next()
    assert ann.answers[1:] == [Accepted("edit-0001", 1)]


async def test_it_is_idle_when_everything_is_decided(
    redis: Redis, database: Database, engine: Engine
) -> None:
    (worker,) = await begun(Log(redis, keeps=100, edit_ids=100), redis, database, engine)
    ann = Asking("g0")
    assert worker.decider.idle.is_set()
    worker.decider.submit(ann, Edit("edit-0001", 0, (SetTitle("1"),)))
    worker.decider.submit(ann, Undo("undo-0001", 1))  # it needs what was made before it
    for answers, idle in ((0, False), (1, False), (2, True)):
        assert (len(ann.answers), worker.decider.idle.is_set()) == (answers, idle)
        if not idle:
            await worker.decider.serve_next()
    assert worker.follower.state.build.title == "Nova"


async def test_who_waits_for_a_session_that_moves_to_another_release_is_told(
    redis: Redis, database: Database, engine: Engine
) -> None:
    log = Log(redis, keeps=100, edit_ids=100)
    (worker,) = await begun(log, redis, database, engine)
    people = [Asking("g0"), Asking("g1")]
    await redis.hset(key("s1", "head"), "engine", "of another release")
    worker.decider.submit(people[0], Undo("edit-0001", 0))
    worker.decider.submit(people[1], Edit("edit-0002", 0, (SetTitle("Nova"),)))
    with pytest.raises(EngineMovedError):
        await worker.decider.serve_next()
    worker.decider.turn_away()
    for person, edit in zip(people, ("edit-0001", "edit-0002"), strict=True):
        (answer,) = person.answers
        assert isinstance(answer, Refused)
        assert (answer.id, answer.code) == (edit, "unavailable")
    assert worker.decider.idle.is_set()


class NeverStores(Log):
    """One whose Redis does not answer when it is to store a build."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis, 100, 100)
        self.asked = asyncio.Event()

    async def store(self, state: State) -> bool:
        self.asked.set()
        await asyncio.Event().wait()
        return True


async def test_who_was_told_that_their_edit_is_made_is_not_told_that_it_is_not(
    redis: Redis, database: Database, engine: Engine
) -> None:
    log = NeverStores(redis)
    (worker,) = await begun(log, redis, database, engine)
    worker.follower._stored_every = 1
    ann, bob = Asking("g0"), Asking("g1")
    worker.decider.submit(ann, Edit("edit-0001", 0, (SetTitle("1"),)))
    worker.decider.submit(ann, Undo("undo-0001", 1))
    worker.decider.submit(bob, Edit("edit-0002", 0, (SetTitle("2"),)))
    serving = asyncio.create_task(worker.decider.serve_next())
    async with asyncio.timeout(10):
        await log.asked.wait()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    worker.decider.turn_away()
    made, refused = ann.answers
    assert made == Accepted("edit-0001", 1)
    assert isinstance(refused, Refused)
    assert (refused.id, refused.code) == ("undo-0001", "unavailable")
    assert bob.answers == [Accepted("edit-0002", 2)]


async def test_what_one_author_is_answered_in_one_turn_is_told_together(
    redis: Redis, database: Database, engine: Engine
) -> None:
    (worker,) = await begun(Log(redis, keeps=100, edit_ids=100), redis, database, engine)
    ann, bob = Asking("g0"), Asking("g1")
    for number in range(3):
        worker.decider.submit(ann, Edit(f"edit-{number:04}", 0, (SetTitle(f"{number}"),)))
    worker.decider.submit(bob, Edit("edit-0009", 0, (SetTitle("9"),)))
    await worker.decider.serve_next()
    assert (len(ann.answers), ann.told) == (3, 1)
    assert (len(bob.answers), bob.told) == (1, 1)


async def test_an_answer_that_is_known_waits_for_nobody(
    redis: Redis, database: Database, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(redis, keeps=100, edit_ids=100)
    (worker,) = await begun(log, redis, database, engine)
    ann, bob = Asking("g0"), Asking("g1")
    worker.decider.submit(ann, Edit("edit-0001", 0, (SetTitle("x", expects="Other"),)))
    worker.decider.submit(bob, Edit("edit-0002", 0, (SetTitle("y"),)))
    asked = asyncio.Event()

    async def away(*_: object) -> None:
        asked.set()
        raise UnreachableError("away")

    with monkeypatch.context() as patched:
        patched.setattr(log, "commit_row", away)
        serving = asyncio.create_task(worker.decider.serve_next())
        async with asyncio.timeout(10):
            await asked.wait()
        (refused,) = ann.answers
        assert isinstance(refused, Refused)
        assert refused.code == "changed_meanwhile"
        assert not bob.answers
    await serving
    assert bob.answers == [Accepted("edit-0002", 1)]

"""What one worker does while others commit to the same session, or while it answers again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from redis.asyncio import Redis

from calc.operations import SetTitle
from server.client_messages import Edit, Undo
from server.engine import Engine
from server.live import decider as decider_module
from server.live.decider import IN_A_ROW, ROW
from server.log import log as log_module
from server.log.log import Log
from server.log.logged import ALONE, Done, Elsewhere, Known, Place
from server.logic import session
from server.logic.session import Commit, State
from server.orm import Database
from server.protocol import encode
from server.redis.calls import FullError, key
from server.server_messages import Accepted, Refused
from tests.server.test_decider import Asking, Worker, begun

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Watched(Log):
    """A log that tells how each commit asked for its place, and lets others be first."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis, keeps=100, edit_ids=100)
        self.places: list[Place] = []
        self.asked = asyncio.Event()
        self.rivals: list[Callable[[], Awaitable[object]]] = []

    async def commit_row(
        self, row: Sequence[tuple[Commit, bytes]], place: Place = ALONE
    ) -> list[Done | Known | Refused | Elsewhere]:
        self.places.append(place)
        self.asked.set()
        if self.rivals:
            await self.rivals.pop()()
        return await super().commit_row(row, place)


@pytest.fixture
def log(redis: Redis) -> Watched:
    return Watched(redis)


@pytest.fixture
async def worker(log: Watched, redis: Redis, database: Database, engine: Engine) -> Worker:
    (worker,) = await begun(log, redis, database, engine)
    return worker


@pytest.fixture
def ann() -> Asking:
    return Asking("g0")


def titled(number: int, title: str = "") -> Edit:
    return Edit(f"edit-{number:04}", 0, (SetTitle(title or f"{number}"),))


async def answered(worker: Worker, ann: Asking, *edits: Edit | Undo) -> list[Accepted | Refused]:
    """What this worker answers to these edits."""
    before = len(ann.answers)
    for edit in edits:
        worker.decider.submit(ann, edit)
    async with asyncio.timeout(20):
        while worker.decider:
            await worker.decider.serve_next()
    return ann.answers[before:]


async def test_who_loses_twice_asks_to_be_next_until_it_has_committed(
    worker: Worker, log: Watched, ann: Asking, redis: Redis, engine: Engine
) -> None:
    others = Log(redis, keeps=100, edit_ids=100)

    async def be_first() -> None:
        loaded = await others.load("s1")
        assert loaded
        revision = loaded.state.revision
        theirs = session.decide(loaded.state, "g1", titled(100 + revision), engine, 0)
        assert isinstance(theirs, Commit)
        assert await others.commit(theirs, encode(theirs.change)) == Done(revision + 1)

    log.rivals = [be_first] * 2
    assert await answered(worker, ann, titled(1)) == [Accepted("edit-0001", 3)]
    assert [place.urgent for place in log.places] == [False, False, True]
    assert await answered(worker, ann, titled(2)) == [Accepted("edit-0002", 4)]
    assert not log.places[-1].urgent


async def test_who_has_much_to_commit_lets_others_have_their_turn(
    worker: Worker, log: Watched, ann: Asking
) -> None:
    assert IN_A_ROW == 2 * ROW
    await answered(worker, ann, *(titled(number) for number in range(5 * ROW)))
    assert [place.stays for place in log.places] == [True, False, True, False, False]


async def test_who_is_to_wait_asks_again_when_its_turn_has_come(
    worker: Worker, log: Watched, ann: Asking, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decider_module, "WAIT_S", 60.0)
    monkeypatch.setattr(log_module, "LINE_MS", 600_000)
    seconds, _ = await redis.time()
    await redis.zadd(key("s1", "line"), {"another": seconds * 1000})
    waiting = asyncio.create_task(answered(worker, ann, titled(1)))
    async with asyncio.timeout(20):
        await log.asked.wait()
        for _ in range(9):
            await redis.ping()
        assert len(log.places) == 1
        await redis.delete(key("s1", "line"))
        worker.follower.hint(0, worker.name)
        assert await waiting == [Accepted("edit-0001", 1)]


async def test_an_edit_id_is_for_one_edit(worker: Worker, ann: Asking) -> None:
    await answered(worker, ann, titled(1))
    same, other = await answered(worker, ann, titled(1), titled(1, "another"))
    assert same == Accepted("edit-0001", 1)
    assert isinstance(other, Refused)
    assert (other.code, other.id) == ("id_reused", "edit-0001")


async def test_an_undo_that_is_sent_again_is_told_what_it_undid_while_that_is_known(
    worker: Worker, ann: Asking
) -> None:
    undo = Undo("undo-0001", 1)
    told = Accepted("undo-0001", 2, undoes="edit-0001")
    assert (await answered(worker, ann, titled(1), undo))[1:] == [told]
    assert await answered(worker, ann, titled(3), undo) == [Accepted("edit-0003", 3), told]
    worker.follower._reaches_back = True  # the log is no longer
    for _ in range(2):
        worker.follower.recent.popleft()
    assert await answered(worker, ann, undo) == [Accepted("undo-0001", 2)]


async def test_an_undo_looks_for_what_this_worker_has_not_seen(worker: Worker, ann: Asking) -> None:
    await answered(worker, ann, titled(1))
    worker.follower.recent.clear()  # as of one that opened the session from its stored build
    assert await answered(worker, ann, Undo("undo-0001", 1)) == [
        Accepted("undo-0001", 2, undoes="edit-0001")
    ]


async def test_a_bug_costs_the_edit_alone(
    worker: Worker, ann: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ValueError("a bug")

    with monkeypatch.context() as patched:
        patched.setattr("server.live.decider.session.decide", fails)
        (refused,) = await answered(worker, ann, titled(1))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.id) == ("internal", "edit-0001")
    assert await answered(worker, ann, titled(2)) == [Accepted("edit-0002", 1)]


async def test_who_is_accepted_is_told_nothing_else_when_the_build_cannot_be_stored(
    worker: Worker, log: Watched, ann: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_: State) -> bool:
        raise FullError

    monkeypatch.setattr(log, "store", full)
    worker.follower._stored_every = 1
    assert await answered(worker, ann, titled(1)) == [Accepted("edit-0001", 1)]

"""The log in a real Valkey: above all, the order of the questions in the commit script.

What is not about Redis also runs against the log in memory.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from calc import build as documents
from calc.operations import SetLevel
from server.client_messages import Edit
from server.engine import Engine
from server.log.log import Log
from server.log.logged import BrokenError, Done, Elsewhere, Head, Known, Loss, Memory, Stored
from server.logic import session
from server.logic.rights import Access, Membership
from server.logic.session import Commit, State
from server.protocol import Position, encode
from server.redis.calls import FullError, UnreachableError, key
from server.server_messages import Refused
from tests.server.memory_log import MemoryLog

NO = Refused("no_such_slot", "There is no such slot.", id="edit-0001", operation=0)
ACCESS = Access(1, {"g1": Membership("Ann", "owner"), "g2": Membership("Bob", "editor")})


@pytest.fixture(params=["redis", "memory"])
def log(request: pytest.FixtureRequest, redis: Redis) -> Log | MemoryLog:
    """Both keep the contract."""
    kind = MemoryLog if request.param == "memory" else partial(Log, redis)
    return kind(keeps=10, edit_ids=20)


in_redis = pytest.mark.parametrize("log", ["redis"], indirect=True)


@pytest.fixture
def stored(engine: Engine) -> Stored:
    build = documents.empty("Nova")
    result = engine.result(build)
    return Stored("e1", 0, "", build, result.totals, result.findings)


@pytest.fixture
async def state(log: Log, stored: Stored, engine: Engine) -> State:
    """A session that was just opened."""
    assert await log.open("s1", stored, engine.name, ACCESS)
    loaded = await log.load("s1")
    assert loaded
    return loaded.state


def an_edit(number: int, base: int = 0, level: int = 0) -> Edit:
    return Edit(f"edit-{number:04}", base, (SetLevel(level or number % 50 + 1),))


def decided(state: State, edit: Edit, engine: Engine, person: str = "g1", at: int = 0) -> Commit:
    commit = session.decide(state, person, edit, engine, at)
    assert isinstance(commit, Commit)
    return commit


async def commit_some(log: Log, state: State, engine: Engine, numbers: range) -> State:
    for number in numbers:
        commit = decided(state, an_edit(number, state.revision), engine)
        outcome = await log.commit(commit, encode(commit.change))
        assert outcome == Done(commit.after.revision)
        state = commit.after
    return state


async def test_an_edit_becomes_the_next_change(log: Log, state: State, engine: Engine) -> None:
    after = await commit_some(log, state, engine, range(1, 4))
    loaded = await log.load("s1")
    assert loaded
    assert loaded.state == after
    assert [each.revision for each in loaded.recent] == [1, 2, 3]


async def test_a_known_edit_answers_its_revision_whatever_else_is_wrong(
    log: Log, state: State, engine: Engine
) -> None:
    first = decided(state, an_edit(1), engine)
    await log.commit(first, encode(first.change))
    await commit_some(log, first.after, engine, range(2, 4))
    elsewhere = msgspec.structs.replace(first, before=msgspec.structs.replace(state, epoch="e9"))
    assert await log.commit(elsewhere, b"") == Known(1, same=True)
    other = decided(state, an_edit(1, level=49), engine)
    assert await log.commit(other, b"") == Known(1, same=False)


def a_row(state: State, engine: Engine, *numbers: int) -> list[tuple[Commit, bytes]]:
    """Edits of which each is decided on what the one before leads to."""
    row = []
    for number in numbers:
        commit = decided(state, an_edit(number, level=50 - number), engine)
        row.append((commit, encode(commit.change)))
        state = commit.after
    return row


@in_redis
async def test_a_row_is_committed_with_a_revision_for_each(
    log: Log, state: State, engine: Engine, redis: Redis
) -> None:
    hearing = redis.pubsub()
    await hearing.ssubscribe(key("s1", "hints"))
    assert (await log.commit_row(a_row(state, engine, 1, 2, 3))) == [Done(1), Done(2), Done(3)]
    loaded = await log.load("s1")
    assert loaded
    assert [each.edit for each in loaded.recent] == ["edit-0001", "edit-0002", "edit-0003"]
    assert loaded.state.build.level == 47
    assert (await anext(hearing.listen()))["type"] == "ssubscribe"
    assert (await anext(hearing.listen()))["data"] == b"3"  # one hint
    await hearing.aclose()


async def test_a_row_ends_where_an_edit_is_not_made(log: Log, state: State, engine: Engine) -> None:
    again = a_row(state, engine, 1, 2, 1, 3)  # the first was sent twice
    outcomes = await log.commit_row(again)
    assert outcomes == [Done(1), Done(2), Known(1, same=True)]
    after = await log.load("s1")
    assert after
    assert await log.refuse(after.state, "g1", an_edit(5), NO) == NO
    row = a_row(after.state, engine, 4, 5, 6)
    assert await log.commit_row(row) == [Done(3), NO]
    assert await log.commit_row(row) == [Known(3, same=True)]  # as when the answer was lost
    late = a_row(after.state, engine, 7, 8)
    assert await log.commit_row(late) == [Elsewhere("moved")]


async def test_edit_ids_are_per_person(log: Log, state: State, engine: Engine) -> None:
    mine = decided(state, an_edit(1), engine)
    await log.commit(mine, encode(mine.change))
    theirs = decided(mine.after, an_edit(1, level=9), engine, person="g2")
    assert await log.commit(theirs, encode(theirs.change)) == Done(2)


@pytest.mark.parametrize(
    "different",
    [
        {"epoch": "e9"},
        {"revision": 2},
        {"edit": "another"},
        {"access": msgspec.structs.replace(ACCESS, version=9)},
    ],
    ids=lambda each: next(iter(each)),
)
async def test_a_commit_decided_on_something_else_changes_nothing(
    log: Log, state: State, engine: Engine, different: dict[str, Any]
) -> None:
    after = await commit_some(log, state, engine, range(1, 2))
    wrong = msgspec.structs.replace(after, **different)
    commit = decided(wrong, an_edit(2), engine)
    assert await log.commit(commit, encode(commit.change)) == Elsewhere("moved")
    loaded = await log.load("s1")
    assert loaded
    assert loaded.state == after


async def test_another_engine_does_not_commit(log: Log, state: State, engine: Engine) -> None:
    other = msgspec.structs.replace(state, engine="another")
    commit = decided(other, an_edit(1), engine)
    assert await log.commit(commit, encode(commit.change)) == Elsewhere("engine")


@in_redis
async def test_the_same_edit_at_the_same_revision_is_no_proof_when_it_was_decided_again(
    log: Log, state: State, engine: Engine
) -> None:
    made = decided(state, an_edit(1), engine, at=7)
    assert await log.commit(made, encode(made.change)) == Done(1)
    loaded = await log.load("s1")
    assert loaded
    assert loaded.state == made.after
    otherwise = decided(state, an_edit(1), engine, at=8).after  # before the log went back
    commit = decided(otherwise, an_edit(2), engine)
    assert await log.commit(commit, encode(commit.change)) == Elsewhere("moved")
    assert await log.remembered(otherwise, ["g1 edit-0001"]) is None
    assert not await log.store(otherwise)
    assert await log.refuse(otherwise, "g1", an_edit(9), NO) == Elsewhere("moved")
    assert await log.give_up(otherwise, a_loss(9), 0) == Elsewhere("moved")
    shared = Position("e1", 1, "edit-0001", 8)
    assert not await log.again("s1", "e1", "e2", shared, ACCESS)
    with pytest.raises(BrokenError, match="back"):
        await log.since(otherwise)
    assert await log.store(made.after)
    loaded = await log.load("s1")
    assert loaded
    assert loaded.state == made.after  # stored, it is still known when


async def test_an_absent_session_does_not_commit(log: Log, state: State, engine: Engine) -> None:
    nowhere = msgspec.structs.replace(state, session="s2")
    commit = decided(nowhere, an_edit(1), engine)
    assert await log.commit(commit, b"") == Elsewhere("absent")
    assert await log.load("s2") is None


async def test_an_edit_from_before_the_memory_is_too_old(
    log: Log, state: State, engine: Engine
) -> None:
    after = await commit_some(log, state, engine, range(1, 26))  # 20 are remembered
    forgotten = decided(after, an_edit(3, base=2), engine)
    assert await log.commit(forgotten, b"") == Elsewhere("too_old")
    assert await log.refuse(after, "g1", an_edit(3, base=4), NO) == Elsewhere("too_old")
    fresh = decided(after, an_edit(100, base=5), engine)
    assert await log.commit(fresh, encode(fresh.change)) == Done(26)
    remembered = decided(after, an_edit(7, base=6), engine)
    assert await log.commit(remembered, b"") == Known(7, same=True)


async def test_an_edit_is_refused_on_the_newest_state_only(
    log: Log, state: State, engine: Engine
) -> None:
    after = await commit_some(log, state, engine, range(1, 3))
    assert await log.refuse(state, "g1", an_edit(9), NO) == Elsewhere("moved")
    assert await log.refuse(after, "g1", an_edit(2), NO) == Known(2, same=True)
    nowhere = msgspec.structs.replace(after, session="s2")
    assert await log.refuse(nowhere, "g1", an_edit(2), NO) == Elsewhere("absent")
    assert await log.refuse(after, "g2", an_edit(2), NO) == NO


async def test_a_refused_edit_stays_refused(log: Log, state: State, engine: Engine) -> None:
    late = decided(state, an_edit(1), engine)  # by a worker that sleeps until it is refused
    assert await log.refuse(state, "g1", an_edit(1), NO) == NO
    assert await log.commit(late, encode(late.change)) == NO
    after = await commit_some(log, state, engine, range(2, 3))
    otherwise = msgspec.structs.replace(NO, message="Another time.")
    assert await log.refuse(after, "g1", an_edit(1), otherwise) == NO
    loaded = await log.load("s1")
    assert loaded
    assert loaded.state == after


def a_loss(number: int) -> Loss:
    return Loss("g1", "e1", 2, Refused("lost", "No.", id=an_edit(number).id))


async def test_a_lost_edit_is_given_up_once_and_not_when_it_is_made(
    log: Log, state: State, engine: Engine
) -> None:
    after = await commit_some(log, state, engine, range(1, 3))
    assert await log.give_up(state, a_loss(9), 0) == Elsewhere("moved")
    assert await log.give_up(after, a_loss(2), 0) == Known(2, same=False)
    for _ in range(2):
        assert await log.give_up(after, a_loss(9), 0) == Elsewhere("lost")
    lost = decided(after, an_edit(9), engine)
    assert await log.commit(lost, b"") == Elsewhere("lost")


async def test_what_is_forgotten_is_not_given_up(log: Log, state: State, engine: Engine) -> None:
    after = await commit_some(log, state, engine, range(1, 26))  # 20 are remembered
    assert await log.give_up(after, a_loss(3), base=2) == Elsewhere("too_old")
    assert await log.give_up(after, a_loss(99), base=5) == Elsewhere("lost")


@in_redis
async def test_who_reads_on_or_loads_learns_what_was_given_up(
    log: Log, state: State, engine: Engine, redis: Redis
) -> None:
    after = await commit_some(log, state, engine, range(1, 3))
    assert (await log.since(after)).losses is None
    seconds, microseconds = await redis.time()
    began = seconds * 1000 + microseconds // 1000
    for number in (8, 9, 9):
        await log.give_up(after, a_loss(number), 0)
    loaded = await log.load("s1")
    assert loaded
    for losses in (loaded.losses, (await log.since(after)).losses):
        assert losses
        assert losses.number == 2
        assert all(began <= each.at <= losses.now for each in losses.each)
        told = [msgspec.structs.replace(each, at=0) for each in losses.each]
        assert sorted(told, key=lambda each: each.author) == [a_loss(8), a_loss(9)]
    assert (await log.since(after, 2)).losses is None
    (head,) = await log.heads(["s1"])
    assert head
    assert head.losses == 2  # who was not told finds out


@in_redis
async def test_a_log_that_goes_back_further_does_not_go_on_from_beyond_its_end(
    log: Log, state: State, engine: Engine
) -> None:
    after = await commit_some(log, state, engine, range(1, 3))
    assert not await log.again("s1", "e1", "e2", Position("e1", 3, "edit-0003"), ACCESS)
    assert not await log.again("s1", "e1", "e2", Position("e1", 2, "edit-0003"), ACCESS)
    assert await log.again("s1", "e1", "e2", Position("e1", 2, "edit-0002"), ACCESS)
    assert await log.remembered(after, ["g1 edit-0001"]) is None  # of another epoch
    assert await log.again("s1", "e2", "e3", Position("e2", 2, "edit-0002"), ACCESS)


async def test_since_gives_what_follows_a_position_and_checks_that_it_is_the_same_history(
    log: Log, state: State, engine: Engine
) -> None:
    one = await commit_some(log, state, engine, range(1, 2))
    await commit_some(log, one, engine, range(2, 5))
    for position, revisions in ((state, [1, 2, 3, 4]), (one, [2, 3, 4])):
        news = await log.since(position)
        assert [each.revision for each, _ in news.changes] == revisions
        assert news.access is None
        assert not news.more
    for different in ({"epoch": "e9"}, {"edit": "another"}, {"revision": 7}):
        with pytest.raises(BrokenError):
            await log.since(msgspec.structs.replace(one, **different))


async def test_since_gives_the_access_when_it_is_another(log: Log, state: State) -> None:
    newer = Access(2, {"g1": Membership("Ann", "owner")})
    assert await log.put_access("s1", newer)
    assert (await log.since(state)).access == newer
    assert not await log.put_access("s1", ACCESS)  # only forward
    assert not await log.put_access("s2", newer)
    assert await log.access_of("s1") == newer
    assert await log.access_of("s2") is None


@in_redis
async def test_storing_goes_forward_and_trims_the_log_behind_itself_and_the_recorder(
    log: Log, state: State, engine: Engine, redis: Redis
) -> None:
    after = await commit_some(log, state, engine, range(1, 19))
    assert await log.store(after)
    assert not await log.store(state)
    assert await redis.xlen(key("s1", "log")) == 18  # nothing is recorded
    await redis.hset(key("s1", "head"), "recorded", "5")
    after = await commit_some(log, after, engine, range(19, 20))
    await log.store(after)
    assert await redis.xlen(key("s1", "log")) == 15
    await redis.hset(key("s1", "head"), "recorded", "19")
    after = await commit_some(log, after, engine, range(20, 21))
    await log.store(after)
    assert await redis.xlen(key("s1", "log")) == 11  # the newest ten, and their proof
    loaded = await log.load("s1")
    assert loaded
    assert loaded.state == after
    assert loaded.recent[-1].revision == 20
    assert not await log.store(msgspec.structs.replace(after, epoch="e9", revision=99))


async def test_a_session_opens_only_where_there_is_none(
    log: Log, state: State, stored: Stored, engine: Engine
) -> None:
    await commit_some(log, state, engine, range(1, 3))
    again = msgspec.structs.replace(stored, epoch="e2", revision=2)
    assert not await log.open("s1", again, engine.name, ACCESS)
    memory = Memory("e1", 0, (("g1 edit-0001", 1, session.digest(an_edit(1))),))
    assert await log.open("s1", again, engine.name, ACCESS, found="e1", memory=memory)
    assert not await log.open("s1", again, engine.name, ACCESS, found="e1")
    loaded = await log.load("s1")
    assert loaded
    assert (loaded.state.epoch, loaded.state.revision) == ("e2", 2)
    authors = ["g1 edit-0001", "g1 edit-0002"]
    assert await log.remembered(loaded.state, authors) == [Known(1, True), None]


@in_redis
async def test_a_log_with_a_hole_is_broken(
    log: Log, state: State, engine: Engine, redis: Redis
) -> None:
    await commit_some(log, state, engine, range(1, 5))
    await redis.xdel(key("s1", "log"), "3-0")
    with pytest.raises(BrokenError):
        await log.load("s1")
    with pytest.raises(BrokenError):
        await log.since(state)


@in_redis
async def test_a_full_redis_writes_nothing_and_says_so(
    log: Log, state: State, engine: Engine, redis: Redis
) -> None:
    commit = decided(state, an_edit(1), engine)
    await redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(FullError):
            await log.commit(commit, encode(commit.change))
    finally:
        await redis.config_set("maxmemory", "0")
    assert await log.remembered(state, ["g1 edit-0001"]) == [None]


@in_redis
async def test_a_full_redis_opens_nothing_in_place_of_what_it_has(
    log: Log, state: State, stored: Stored, engine: Engine, redis: Redis
) -> None:
    after = await commit_some(log, state, engine, range(1, 3))
    again = msgspec.structs.replace(stored, epoch="e2")
    await redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(FullError):
            await log.open("s1", again, engine.name, ACCESS, found="e1")
    finally:
        await redis.config_set("maxmemory", "0")
    loaded = await log.load("s1")
    assert loaded
    assert loaded.state == after


async def test_a_redis_that_is_away_is_unreachable(engine: Engine) -> None:
    away = Redis(unix_socket_path="/nowhere/redis.sock", retry=Retry(NoBackoff(), 0))
    log = Log(away, 10, 20)
    calls: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: log.load("s1"),
        log.ping,
        lambda: log.heads(["s1"]),
    )
    for call in calls:
        with pytest.raises(UnreachableError):
            await call()
    await away.aclose()


async def test_heads_of_many_sessions(log: Log, state: State, engine: Engine) -> None:
    heads = await log.heads(["s2", "s1"])
    assert heads == [None, Head("e1", 0, "", 1, engine.name)]


@in_redis
async def test_the_changes_before_a_revision_are_of_the_epoch_that_is_asked_for(
    log: Log, state: State, engine: Engine
) -> None:
    await commit_some(log, state, engine, range(1, 5))
    assert [each.revision for each in await log.before("s1", "e1", 4, 2)] == [2, 3]
    assert await log.before("s1", "e9", 4, 2) == []

"""What the scripts do beside what is asked of them: workers take turns, and get hints."""

import asyncio
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from calc import build as documents
from server.engine import Engine
from server.log import log as log_module
from server.log import scripts
from server.log.log import Log
from server.log.logged import ALONE, Done, Elsewhere, Place, Stored
from server.logic import session
from server.logic.session import State
from server.protocol import Position, encode
from server.redis.calls import key
from tests.server.test_log import ACCESS, a_loss, a_row, commit_some

LINE, HINTS = key("s1", "line"), key("s1", "hints")


@pytest.fixture
def log(redis: Redis) -> Log:
    return Log(redis, keeps=10, edit_ids=20)


@pytest.fixture
def stored(engine: Engine) -> Stored:
    return Stored("e1", 0, "", documents.empty("Nova"), {}, ())


@pytest.fixture
async def state(log: Log, stored: Stored, engine: Engine) -> State:
    """A session with one change."""
    assert await log.open("s1", stored, engine.name, ACCESS)
    loaded = await log.load("s1")
    assert loaded
    return await commit_some(log, loaded.state, engine, range(1, 2))


@pytest.fixture
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, nobody loses their place."""
    monkeypatch.setattr(log_module, "LINE_MS", 600_000)


def a_place(worker: str, *, urgent: bool = False, stays: bool = False) -> Place:
    return Place(worker, urgent, stays)


async def in_line(redis: Redis) -> list[bytes]:
    workers: Any = await redis.zrange(LINE, 0, -1)
    return list(workers)


async def told(hearing: PubSub, number: int) -> list[bytes]:
    """So many hints, after the word that they are heard."""
    async with asyncio.timeout(20):
        messages = [await anext(hearing.listen()) for _ in range(1 + number)]
    return [message["data"] for message in messages[1:]]


@pytest.mark.usefixtures("_patient")
async def test_who_loses_time_and_again_is_next_and_the_others_wait_behind(
    log: Log, state: State, engine: Engine, redis: Redis
) -> None:
    late = a_row(msgspec.structs.replace(state, revision=0, edit=""), engine, 9)
    assert await log.commit_row(late, a_place("w1")) == [Elsewhere("moved")]
    assert await in_line(redis) == []  # it may be luckier the next time
    assert await log.commit_row(late, a_place("w1", urgent=True)) == [Elsewhere("moved")]
    assert 0 < await redis.pttl(LINE) <= 600_000
    seconds, _ = await redis.time()
    await redis.zadd(LINE, {"w1": seconds * 1000 - 9000})
    row = a_row(state, engine, 2)
    assert await log.commit_row(row, a_place("w2")) == [Elsewhere("waits")]
    await redis.zadd(LINE, {"w2": seconds * 1000 - 8000}, xx=True)
    assert await log.commit_row(row, a_place("w2", urgent=True)) == [Elsewhere("waits")]
    assert await redis.zscore(LINE, "w2") == seconds * 1000 - 8000  # it keeps its place
    assert await log.commit_row(row, ALONE) == [Done(2)]  # but the server itself never waits
    assert await in_line(redis) == [b"w1", b"w2"]


@pytest.mark.usefixtures("_patient")
async def test_who_gets_in_line_in_the_same_moment_stands_behind_who_was_there(
    log: Log, state: State, engine: Engine, redis: Redis
) -> None:
    seconds, _ = await redis.time()
    await redis.zadd(LINE, {"w2": seconds * 1000 + 60_000})  # nobody comes before that
    row = a_row(state, engine, 2)
    for worker in ("w3", "w1"):
        assert await log.commit_row(row, a_place(worker)) == [Elsewhere("waits")]
    assert await in_line(redis) == [b"w2", b"w3", b"w1"]
    assert await log.commit_row(row, a_place("w2")) == [Done(2)]


@pytest.mark.usefixtures("_patient")
async def test_who_has_its_turn_keeps_it_while_it_stays_and_then_names_the_next(
    log: Log, state: State, engine: Engine, redis: Redis
) -> None:
    seconds, _ = await redis.time()
    await redis.zadd(LINE, {"w1": seconds * 1000, "w2": seconds * 1000 + 1})
    async with redis.pubsub() as hearing:
        await hearing.ssubscribe(HINTS)
        for number, stays in ((2, True), (3, False)):
            row = a_row(state, engine, number)
            assert await log.commit_row(row, a_place("w1", stays=stays)) == [Done(number)]
            state = row[0][0].after
        assert await told(hearing, 2) == [b"2 w1", b"3 w2"]
    assert await in_line(redis) == [b"w2"]


@pytest.mark.usefixtures("_patient")
async def test_nobody_waits_for_who_got_in_line_long_ago(
    log: Log, state: State, engine: Engine, redis: Redis
) -> None:
    seconds, _ = await redis.time()
    await redis.zadd(LINE, {"dead": (seconds - 700) * 1000})
    assert await log.commit_row(a_row(state, engine, 2), a_place("w1")) == [Done(2)]


async def test_whoever_changes_a_session_gives_the_other_workers_a_hint(
    log: Log, stored: Stored, engine: Engine, redis: Redis
) -> None:
    async with redis.pubsub() as hearing:
        await hearing.ssubscribe(HINTS)
        assert await log.open("s1", stored, engine.name, ACCESS)
        loaded = await log.load("s1")
        assert loaded
        assert await log.give_up(loaded.state, a_loss(9), 0) == Elsewhere("lost")
        assert await log.put_access("s1", msgspec.structs.replace(ACCESS, version=2))
        assert await log.again("s1", "e1", "e2", Position("e1", 0), ACCESS)
        assert await told(hearing, 4) == [b"opened", b"lost", b"access", b"opened"]


async def test_of_two_who_let_a_log_go_on_in_a_new_epoch_the_second_changes_nothing(
    log: Log, state: State
) -> None:
    assert await log.again("s1", "e1", "e2", state.position, ACCESS)
    assert not await log.again("s1", "e1", "e3", state.position, ACCESS)
    began = await log.began("s1")
    assert began
    assert (began.epoch, began.previous, began.left_at) == ("e2", "e1", 1)


async def test_what_was_decided_again_in_one_epoch_says_nothing_of_the_next(
    log: Log, state: State
) -> None:
    assert await log.again("s1", "e1", "e2", state.position, ACCESS)
    for epoch in ("e1", "e2"):
        await log.redone("s1", epoch)
        loaded = await log.load("s1")
        assert loaded
        assert loaded.redone == (epoch == "e2")


async def test_what_is_recorded_goes_forward_in_its_own_epoch_alone(
    log: Log, state: State, engine: Engine, redis: Redis
) -> None:
    script = redis.register_script(scripts.RECORDED)
    keys = [key("s1", "head"), key("s1", "log")]
    after = await commit_some(log, state, engine, range(2, 4))
    for revision, moved in ((2, 1), (1, 0), (2, 0)):
        args: list[str | int] = ["e1", revision, f"edit-{revision:04}", 0]
        assert await script(keys=keys, args=args) == moved
    assert await log.again("s1", "e1", "e2", state.position, ACCESS)
    for epoch, moved in (("e1", 0), ("e2", 1)):
        assert await script(keys=keys, args=[epoch, after.revision, after.edit, 0]) == moved


async def test_a_build_that_is_stored_late_keeps_the_changes_after_it(
    log: Log, state: State, engine: Engine, redis: Redis
) -> None:
    after = await commit_some(log, state, engine, range(2, 21))
    await redis.hset(key("s1", "head"), "recorded", "20")
    assert await log.store(state)
    loaded = await log.load("s1")
    assert loaded
    assert loaded.state == after
    for epoch, stored in (("e9", False), ("e1", True)):
        assert await log.store(msgspec.structs.replace(after, epoch=epoch)) == stored


async def test_a_session_is_on_the_engine_that_its_newest_change_brought(
    log: Log, stored: Stored, engine: Engine
) -> None:
    assert await log.open("s1", stored, "another", ACCESS)
    loaded = await log.load("s1")
    assert loaded
    move = session.move(loaded.state, engine, 0)
    assert await log.commit(move, encode(move.change)) == Done(1)
    loaded = await log.load("s1")
    assert loaded
    assert loaded.state.engine == engine.name


async def test_what_one_log_gave_up_is_not_told_of_the_one_in_its_place(
    log: Log, state: State, stored: Stored, engine: Engine
) -> None:
    assert await log.give_up(state, a_loss(9), 0) == Elsewhere("lost")
    again = msgspec.structs.replace(stored, epoch="e2")
    assert await log.open("s1", again, engine.name, ACCESS, found="e1")
    loaded = await log.load("s1")
    assert loaded
    assert (loaded.losses.number, loaded.losses.each) == (0, ())


async def test_of_an_edit_that_is_forgotten_nothing_is_kept_and_the_next_in_its_row_knows(
    log: Log, state: State, engine: Engine, redis: Redis
) -> None:
    after = await commit_some(log, state, engine, range(2, 21))  # 20 are remembered
    row = a_row(after, engine, 21, 22)
    assert await log.commit_row(row) == [Done(21), Elsewhere("too_old")]
    assert await redis.zcard(key("s1", "ids")) == await redis.hlen(key("s1", "digests")) == 20

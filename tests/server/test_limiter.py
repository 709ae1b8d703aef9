"""Limits that all workers share, in a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from redis.asyncio import Redis

from server.limits.limiter import Limiter, Purse, Purses, Rate
from server.redis import clients

SECRET = "of the tests: 32 characters or more"
SLOWLY = 1 / 1000  # a second: nothing comes back during a test


@pytest.fixture
def workers(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> tuple[Limiter, Limiter]:
    # Or a busy machine counts for itself.
    monkeypatch.setattr("server.limits.limiter.ANSWER_S", 60.0)
    return Limiter(redis, SECRET), Limiter(redis, SECRET)


@pytest.fixture
async def settling(workers: tuple[Limiter, Limiter]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)


async def test_workers_count_together(workers: tuple[Limiter, Limiter]) -> None:
    one, other = (worker.limit("guests", SLOWLY, 3) for worker in workers)
    standings = [await limit.take("1.2.3.4") for limit in (one, other, one)]
    assert [each.wait for each in standings] == [0, 0, 0]
    assert [round(each.left, 1) for each in standings] == [2, 1, 0]
    refused = await other.take("1.2.3.4")
    assert 0 < refused.wait <= 1000
    assert refused.limit == 3
    assert (await other.take("1.2.3.5")).wait == 0  # another peer


async def test_many_at_once_get_no_more_than_there_is(workers: tuple[Limiter, Limiter]) -> None:
    limits = [worker.limit("guests", SLOWLY, 10) for worker in workers]
    taken = await asyncio.gather(*(limits[n % 2].take("1.2.3.4") for n in range(60)))
    assert sum(each.wait == 0 for each in taken) == 10


async def test_what_is_refused_costs_nothing_and_comes_back(
    workers: tuple[Limiter, Limiter],
) -> None:
    slow = workers[0].limit("saves", SLOWLY, 10)
    assert (await slow.take("g1", 8)).wait == 0
    assert (await slow.take("g1", 5)).wait > 0
    assert (await slow.take("g1", 11)).wait > 0  # more than there ever is
    assert (await slow.take("g1", 2)).wait == 0
    quick = workers[0].limit("edits", 1000, 10)
    async with asyncio.timeout(20):
        for _ in range(5):
            while (await quick.take("g1", 10)).wait:
                pass


async def test_nothing_is_kept_of_who_asks_and_what_is_kept_expires(
    workers: tuple[Limiter, Limiter], redis: Redis
) -> None:
    await workers[0].limit("attempts", SLOWLY, 20).take("nova.the.brave")
    (key,) = await redis.keys("limit:attempts:*")
    assert "nova" not in str(key)
    assert 0 < await redis.pttl(key) <= 1_000_001


async def test_a_clock_that_was_set_back_locks_nobody_out(
    workers: tuple[Limiter, Limiter], redis: Redis
) -> None:
    limit = workers[0].limit("guests", SLOWLY, 5)
    await limit.take("1.2.3.4")
    (key,) = await redis.keys("*")
    seconds, _ = await redis.time()
    await redis.set(key, (seconds + 1e6) * 1000)
    assert (await limit.take("1.2.3.4")).wait <= 6 / SLOWLY


async def test_while_redis_is_away_each_worker_limits_alone() -> None:
    nowhere = clients.connect("unix:///nowhere/redis.sock", reconnects=False)
    limit = Limiter(nowhere, SECRET).limit("logins", SLOWLY, 2)
    assert [(await limit.take("1.2.3.4")).wait for _ in range(2)] == [0, 0]
    assert (await limit.take("1.2.3.4")).wait > 0
    assert (await limit.take("1.2.3.5")).wait == 0
    await nowhere.aclose()


class Answers:
    """A Redis that is asked when, and as often as, a test wants."""

    def __init__(self) -> None:
        self.due: list[Purse] = []

    def settle(self, purse: Purse) -> None:
        self.due.append(purse)

    def key(self, rate: Rate, peer: str) -> str:
        return f"{rate.name} {peer}"


def test_a_purse_settles_a_portion_at_a_time_and_stops_when_others_spent_it() -> None:
    now = 100.0
    limiter = Answers()
    purse = Purse(limiter, Rate("edits", 1, 60), "g1", lambda: now)  # type: ignore[arg-type]
    assert [purse.take() for _ in range(9)] == [0] * 9
    assert not limiter.due
    assert purse.take() == 0
    assert limiter.due == [purse]
    assert purse.spent() == 10
    purse.settled(3.0)
    assert purse.take() == 4  # three until it is there again, and one more to take
    assert purse.standing(4).left == 0
    now += 4
    assert purse.take() == 0
    assert purse.spent() == 1


@pytest.mark.usefixtures("settling")
async def test_what_one_worker_let_through_another_does_not(
    workers: tuple[Limiter, Limiter],
) -> None:
    one, other = (worker.purses("edits", SLOWLY, 60).of("g1") for worker in workers)
    assert [one.take() for _ in range(60)] == [0] * 60
    assert one.take() > 0
    taken = 0

    def refused() -> bool:
        nonlocal taken
        wait = other.take()
        taken += not wait
        return wait > 0

    await until(refused)
    assert taken <= 60  # at the very most its own: it settles the first ten at once
    await until(lambda: other.standing(other.take()).left == 0)


@pytest.mark.usefixtures("settling")
async def test_a_portion_of_each_worker_is_all_that_is_too_much(
    workers: tuple[Limiter, Limiter], redis: Redis
) -> None:
    """With time to settle, who has spent all at one worker gets one portion at the next."""
    one, other = (worker.purses("edits", SLOWLY, 60).of("g1") for worker in workers)
    for _ in range(60):
        one.take()
    limit = workers[0].limit("edits", SLOWLY, 60)  # the same bucket, asked directly
    async with asyncio.timeout(20):
        while not (await limit.take("g1", 0.001)).wait:
            pass
    assert [other.take() for _ in range(10)] == [0] * 10
    assert await redis.exists(other.key)
    await until(lambda: other.standing(0).left == 0)
    assert other.take() > 0


async def test_peers_that_asked_longest_ago_are_forgotten(
    workers: tuple[Limiter, Limiter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.limits.limiter.PEERS", 2)
    purses = Purses(workers[0], Rate("edits", 1, 6))
    first = purses.of("a")
    purses.of("b")
    assert purses.of("a") is first
    purses.of("c")
    purses.of("d")
    assert purses.of("a") is not first


def test_what_was_spent_long_ago_is_not_settled_as_if_it_were_now() -> None:
    now = 100.0
    limiter = Answers()
    purse = Purse(limiter, Rate("edits", 1, 60), "g1", lambda: now)  # type: ignore[arg-type]
    assert [purse.take() for _ in range(9)] == [0] * 9
    now += 60
    assert [purse.take() for _ in range(60)] == [0] * 60
    assert purse.spent() == 60

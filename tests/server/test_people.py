"""Presence: each worker's own people, which expire."""

import asyncio

from redis.asyncio import Redis

from server.live.people import Presence
from server.redis.calls import key
from server.server_messages import Present

ANN = Present("g1", "Ann", "owner", 1)
BOB = Present("g2", "Bob", "editor", 2)


async def test_workers_see_each_other_s_people_and_not_their_own(redis: Redis) -> None:
    one, other = Presence(redis, "w1", 10), Presence(redis, "w2", 10)
    assert await one.write("s1", (ANN,), "") == ()
    assert await other.write("s1", (BOB,), "") == ((ANN,),)
    assert await one.write("s1", (ANN,), "") == ((BOB,),)
    assert await one.write("s2", (), "") == ()
    await other.write("s1", (), "")
    assert await one.write("s1", (ANN,), "") == ()


async def test_people_of_a_worker_that_says_nothing_expire(redis: Redis) -> None:
    dying, other = Presence(redis, "w1", 0.05), Presence(redis, "w2", 10)
    await dying.write("s1", (ANN,), "")
    async with asyncio.timeout(5):
        while await other.write("s1", (BOB,), "") != ():  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.01)
    assert await redis.hkeys(key("s1", "people")) == [b"w2"]


async def test_nothing_is_left_of_a_session_that_nobody_renews(redis: Redis) -> None:
    await Presence(redis, "w1", 10).write("s1", (ANN,), "")
    assert 0 < await redis.pttl(key("s1", "people")) <= 10_000
    assert 0 < await redis.pttl(key("s1", "workers")) <= 10_000


async def test_a_hint_is_published_only_when_there_is_one(redis: Redis) -> None:
    channel = key("s1", "hints")
    async with redis.pubsub() as pubsub:
        await pubsub.ssubscribe(channel)
        await pubsub.get_message(timeout=5)
        await Presence(redis, "w1", 10).write("s1", (ANN,), "")
        await Presence(redis, "w1", 10).write("s1", (ANN,), "people w1")
        message = await pubsub.get_message(timeout=5)
        assert message
        assert message["data"] == b"people w1"

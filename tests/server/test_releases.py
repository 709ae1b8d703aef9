"""Which engine sessions are to run on."""

from redis.asyncio import Redis

from server.log.releases import ENGINE_KEY, Releases, Wanted


async def test_a_release_is_taken_up_once(redis: Redis) -> None:
    old, new = Releases(redis, "old"), Releases(redis, "new")
    assert await old.announce() == Wanted("old", 1)
    assert await new.announce() == Wanted("new", 2)
    assert await old.wanted() == Wanted("new", 2)
    assert await Releases(redis, "old").announce() == Wanted("new", 2)  # a worker started anew
    assert await new.announce() == Wanted("new", 2)


async def test_to_go_back_is_a_release_too(redis: Redis) -> None:
    old, new = Releases(redis, "old"), Releases(redis, "new")
    await old.announce()
    await new.announce()
    assert await old.announce(again=True) == Wanted("old", 3)
    assert await new.wanted() == Wanted("old", 3)
    assert await new.announce() == Wanted("old", 3)


async def test_a_redis_that_forgot_or_went_back_is_told_by_who_knows(redis: Redis) -> None:
    old, new = Releases(redis, "old"), Releases(redis, "new")
    await old.announce()
    dump = await redis.dump(ENGINE_KEY)
    await new.announce()
    await old.wanted()
    for forgets in (redis.flushall, lambda: redis.restore(ENGINE_KEY, 0, dump, True)):
        await forgets()
        assert await old.wanted() == Wanted("new", 2)
    for knows in (old, new):
        await redis.flushall()
        await knows.wanted()
        # A worker of the older release that starts anew finds that it was taken up already.
        assert await Releases(redis, "old").announce() == Wanted("new", 2)
    await redis.flushall()
    assert await Releases(redis, "fresh").wanted() == Wanted("fresh", 0)
    assert await Releases(redis, "newer").wanted() == Wanted("fresh", 0)
    assert await Releases(redis, "newer").announce() == Wanted("newer", 1)

"""A Redis that may lose what it was given is named; a full one refuses and loses nothing."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from server.redis.safety import unsafe


@pytest.fixture
async def redis(redis: Redis) -> AsyncIterator[Redis]:
    """As it was, afterwards."""
    names = ("maxmemory", "maxmemory-policy", "appendonly")
    before = {name: (await redis.config_get(name))[name] for name in names}
    yield redis
    for name, value in before.items():
        await redis.config_set(name, str(value))


async def test_the_embedded_one_is_safe(redis: Redis) -> None:
    assert await unsafe(redis) == ()


async def test_one_that_may_evict_is_named(redis: Redis) -> None:
    await redis.config_set("maxmemory-policy", "allkeys-lru")
    (problem,) = await unsafe(redis)
    assert "maxmemory-policy allkeys-lru" in problem


async def test_one_that_does_not_persist_is_named(redis: Redis) -> None:
    await redis.config_set("appendonly", "no")
    (problem,) = await unsafe(redis)
    assert "appendonly no" in problem


async def test_one_that_is_nearly_full_is_named(redis: Redis) -> None:
    used = (await redis.info("memory"))["used_memory"]
    await redis.config_set("maxmemory", int(used * 1.02))
    (problem,) = await unsafe(redis)
    assert "edits are refused" in problem
    await redis.config_set("maxmemory", used * 10)
    assert await unsafe(redis) == ()

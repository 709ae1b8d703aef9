"""Presence in Redis: each worker writes its own people, which expire unless it renews them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from server.log.scripts import NOW
from server.redis.calls import key, reaching
from server.server_messages import Present
from server.telemetry.measures import UNMEASURED, Measures

PEOPLE = (
    NOW
    + """
-- keys: people workers hints head; args: worker its_people ttl_ms hint
-- Writes one worker's people ("" is nobody) and returns the others', as JSON each. Who does so
-- has the session open: it is not idle.
local now = now()
if redis.call('EXISTS', KEYS[4]) == 1 then redis.call('HSET', KEYS[4], 'seen', now) end
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  redis.call('ZREM', KEYS[2], gone)
  redis.call('HDEL', KEYS[1], gone)
end
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('ZADD', KEYS[2], now + tonumber(ARGV[3]), ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
end
if ARGV[4] ~= '' then redis.call('SPUBLISH', KEYS[3], ARGV[4]) end
local others = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if all[i] ~= ARGV[1] then others[#others + 1] = all[i + 1] end
end
return others
"""
)

_decode = msgspec.json.Decoder(tuple[Present, ...]).decode


class Presence:
    """Who is where. ttl_s: how long people are shown after their worker last said so."""

    def __init__(
        self, redis: Redis, worker: str, ttl_s: float, measures: Measures = UNMEASURED
    ) -> None:
        self._failed = measures.redis_failed
        self._script = redis.register_script(PEOPLE)
        self._redis = redis
        self._worker = worker
        self._ttl_ms = int(ttl_s * 1000)

    async def tell(self, session: str, hint: bytes) -> None:
        """Give the other workers a hint. Raises UnreachableError."""
        async with reaching(self._failed):
            await self._redis.spublish(key(session, "hints"), hint)

    async def write(
        self, session: str, people: Sequence[Present], hint: str
    ) -> tuple[tuple[Present, ...], ...]:
        """Say who is here by this worker, and learn who is by each other one.

        hint: for the other workers, when this changed. Raises UnreachableError or FullError.
        """
        keys = [key(session, name) for name in ("people", "workers", "hints", "head")]
        own = msgspec.json.encode(people) if people else b""
        async with reaching(self._failed):
            answer = await self._script(keys=keys, args=[self._worker, own, self._ttl_ms, hint])
        return tuple(_decode(each) for each in answer)


async def everybody(redis: Redis, session: str) -> tuple[Present, ...]:
    """Who is there, by any worker. Raises UnreachableError."""
    client: Any = redis
    async with reaching():
        found = await client.hvals(key(session, "people"))
    return tuple(present for each in found for present in _decode(each))

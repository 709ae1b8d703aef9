"""Presence in Redis: each worker writes its own people, which expire unless it renews them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from server.log import scripts
from server.redis.calls import key, reaching
from server.server_messages import Present
from server.telemetry.measures import UNMEASURED, Measures

_decode = msgspec.json.Decoder(tuple[Present, ...]).decode


class Presence:
    """Who is where. ttl_s: how long people are shown after their worker last said so."""

    def __init__(
        self, redis: Redis, worker: str, ttl_s: float, measures: Measures = UNMEASURED
    ) -> None:
        self._failed = measures.redis_failed
        self._script = redis.register_script(scripts.PEOPLE)
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

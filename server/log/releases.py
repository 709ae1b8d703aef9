"""Which engine sessions are to run on: told once per release, so that two never pull at one.

Two releases may serve side by side, while one takes over from the other. Only a worker that has
the wanted engine moves a session to it; one without a session's engine sends its people on.
"""

from typing import Any

from msgspec import Struct
from redis.asyncio import Redis

from server.log import scripts
from server.redis.calls import reaching
from server.telemetry.measures import UNMEASURED, Measures


class Wanted(Struct, frozen=True):
    """number: rises with every release."""

    engine: str
    number: int


class Known(Struct, frozen=True):
    """An engine that was wanted once. number: when, among them; wanted: still, or again."""

    engine: str
    number: int
    wanted: bool


class Releases:
    """What a worker knows of releases. engine: the name of its own."""

    def __init__(self, redis: Redis, engine: str, measures: Measures = UNMEASURED) -> None:
        self._failed = measures.redis_failed
        self._redis: Any = redis
        self._release = redis.register_script(scripts.RELEASE)
        self._wanted = redis.register_script(scripts.WANTED)
        self._engine = engine
        self._known = Wanted(engine, 0)

    async def announce(self, *, again: bool = False) -> Wanted:
        """Have sessions run on our engine, if that was never wanted before.

        again: also if it was: to go back is a release too. Raises UnreachableError or FullError.
        """
        self._known = await self._ask(self._release, self._engine, int(again))
        return self._known

    async def wanted(self) -> Wanted:
        """What is wanted now; a Redis that forgot it is told. Raises as `announce`."""
        self._known = await self._ask(self._wanted, self._known.engine, self._known.number)
        return self._known

    async def known(self) -> list[Known]:
        """All that were ever wanted, the newest first. Raises UnreachableError."""
        async with reaching(self._failed):
            found = await self._redis.hgetall(scripts.ENGINE_KEY)
        wanted = found.get(b"engine", b"").decode()
        engines = {
            name.decode().removeprefix("was "): int(number)
            for name, number in found.items()
            if name.startswith(b"was ")
        }
        return sorted(
            (Known(engine, number, engine == wanted) for engine, number in engines.items()),
            key=lambda each: -each.number,
        )

    async def _ask(self, script: Any, *args: str | int) -> Wanted:
        async with reaching(self._failed):
            engine, number = await script(keys=[scripts.ENGINE_KEY], args=args)
        return Wanted(engine.decode(), int(number))

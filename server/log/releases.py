"""Which engine sessions are to run on: told once per release, so that two never pull at one.

Two releases may serve side by side, while one takes over from the other. Only a worker that has
the wanted engine moves a session to it; one without a session's engine sends its people on.
"""

from typing import Any

from msgspec import Struct
from redis.asyncio import Redis

from server.redis.calls import reaching
from server.telemetry.measures import UNMEASURED, Measures

ENGINE_KEY = "cohort:engine"  # hash: engine (which is wanted), number, "was <engine>" -> number

RELEASE = """
-- keys: engine; args: engine again
-- Each engine is taken up once, unless `again` is 1: a worker of an older release that starts
-- anew changes nothing.
local known = redis.call('HEXISTS', KEYS[1], 'was ' .. ARGV[1])
local wanted = redis.call('HMGET', KEYS[1], 'engine', 'number')
if wanted[1] == ARGV[1] or (known == 1 and ARGV[2] == '0') then return wanted end
local number = tostring(tonumber(wanted[2] or '0') + 1)
redis.call('HSET', KEYS[1], 'engine', ARGV[1], 'number', number, 'was ' .. ARGV[1], number)
return {ARGV[1], number}
"""

WANTED = """
-- keys: engine; args: the engine that the worker knows to be wanted, and its number
-- A Redis that lost it, or went back, takes the newer one.
local wanted = redis.call('HMGET', KEYS[1], 'engine', 'number')
if wanted[1] and tonumber(wanted[2]) >= tonumber(ARGV[2]) then return wanted end
redis.call('HSET', KEYS[1], 'engine', ARGV[1], 'number', ARGV[2], 'was ' .. ARGV[1], ARGV[2])
return {ARGV[1], ARGV[2]}
"""


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
        self._release = redis.register_script(RELEASE)
        self._wanted = redis.register_script(WANTED)
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
            found = await self._redis.hgetall(ENGINE_KEY)
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
            engine, number = await script(keys=[ENGINE_KEY], args=args)
        return Wanted(engine.decode(), int(number))

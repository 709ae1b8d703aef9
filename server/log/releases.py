"""Which engine sessions are to run on: told once per release, so that two never pull at one.

Two releases may serve side by side, while one takes over from the other. Only a worker that has
the wanted engine moves a session to it; one without a session's engine sends its people on.
"""

from collections.abc import Mapping
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
if wanted[1] ~= ARGV[1] and (known == 0 or ARGV[2] == '1') then
  local number = tostring(tonumber(wanted[2] or '0') + 1)
  redis.call('HSET', KEYS[1], 'engine', ARGV[1], 'number', number, 'was ' .. ARGV[1], number)
end
return redis.call('HGETALL', KEYS[1])
"""

WANTED = """
-- keys: engine; args: the engine that the worker knows to be wanted, and its number, then of each
--   that ever was, as far as it knows
-- A Redis that lost it, or went back, takes what is newer.
local wanted = redis.call('HMGET', KEYS[1], 'engine', 'number')
if not wanted[1] or tonumber(wanted[2]) < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], 'engine', ARGV[1], 'number', ARGV[2], 'was ' .. ARGV[1], ARGV[2])
end
for at = 3, #ARGV, 2 do
  local was = redis.call('HGET', KEYS[1], 'was ' .. ARGV[at])
  if not was or tonumber(was) < tonumber(ARGV[at + 1]) then
    redis.call('HSET', KEYS[1], 'was ' .. ARGV[at], ARGV[at + 1])
  end
end
return redis.call('HGETALL', KEYS[1])
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
        self._were: dict[str, int] = {}  # the number of each engine that ever was wanted

    async def announce(self, *, again: bool = False) -> Wanted:
        """Have sessions run on our engine, if that was never wanted before.

        again: also if it was: to go back is a release too. Raises UnreachableError or FullError.
        """
        return await self._ask(self._release, self._engine, int(again))

    async def wanted(self) -> Wanted:
        """What is wanted now; a Redis that forgot it, or which ones were, is told. Raises as
        `announce`."""
        were = (part for each in self._were.items() for part in each)
        return await self._ask(self._wanted, self._known.engine, self._known.number, *were)

    async def known(self) -> list[Known]:
        """All that were ever wanted, the newest first. Raises UnreachableError."""
        async with reaching(self._failed):
            found = await self._redis.hgetall(ENGINE_KEY)
        wanted = found.get(b"engine", b"").decode()
        return sorted(
            (Known(engine, number, engine == wanted) for engine, number in _were(found).items()),
            key=lambda each: -each.number,
        )

    async def _ask(self, script: Any, *args: str | int) -> Wanted:
        async with reaching(self._failed):
            found = await script(keys=[ENGINE_KEY], args=args)
        known = dict(zip(found[::2], found[1::2], strict=True))
        self._were = _were(known)
        self._known = Wanted(known[b"engine"].decode(), int(known[b"number"]))
        return self._known


def _were(known: Mapping[bytes, bytes]) -> dict[str, int]:
    """The number of each engine that ever was wanted."""
    return {
        name.decode().removeprefix("was "): int(number)
        for name, number in known.items()
        if name.startswith(b"was ")
    }

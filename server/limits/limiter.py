"""How much a peer may ask of all workers together: token buckets in Redis, each one key.

Two ways to ask. A `Limit` is asked before something is done: one round trip, exact across
workers; for what is dear or guesses at secrets. A `Purse` is spent at once from this worker's own
bucket, and settled with Redis afterwards, for many in one call: nothing waits, and Redis hears of
a tenth of what is asked; for what comes often, as edits do. Together workers let through at most
a portion each more than they should, and then none of them anything until Redis says so.

While Redis is away each worker limits by its own memory: a limit that let everything through
would be an invitation to bring Redis down, one that let nothing through would end with Redis
what can do without it (logins).
"""

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct
from redis.asyncio import Redis

from server.limits.buckets import Bucket, Buckets, Standing
from server.redis.calls import FullError, UnreachableError, reaching, reason
from server.redis.clients import is_cluster
from server.telemetry.measures import UNMEASURED, Measures

logger = logging.getLogger(__name__)

ANSWER_S = 1.0  # for Redis; a request waits for nothing else meanwhile
AWAY_S = 1.0  # so long it is not asked again when it did not answer
PORTION = 1 / 6  # of a burst: so much a worker lets through before it settles
PEERS = 10_000  # of each limit that a worker remembers

# A bucket is the moment at which it will be full again (ms since 1970): its key needs no more,
# and expires then.
TAKE = """
-- keys: one for each bucket; args: spent, then ms_for_one burst amount of each
-- spent: 1 where it is taken whatever there is. For each: ms to wait, ms until it is full.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local answers = {}
for i, key in ipairs(KEYS) do
  local one, amount = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i + 1])
  local burst = one * tonumber(ARGV[3 * i])
  -- A clock that was set back must lock nobody out.
  local full = math.min(tonumber(redis.call('GET', key) or '0'), now + 2 * burst)
  full = math.max(now, full)
  local wait = math.max(0, full + one * amount - now - burst)
  if wait == 0 or ARGV[1] == '1' then
    full = full + one * amount
    redis.call('SET', key, string.format('%.3f', full), 'PX', math.ceil(full - now) + 1)
  end
  answers[i] = {string.format('%.3f', wait), string.format('%.3f', full - now)}
end
return answers
"""


class Rate(Struct, frozen=True):
    """A limit: so much a second in the long run, and `burst` at once, for each peer."""

    name: str
    per_second: float
    burst: float

    @property
    def window_s(self) -> int:
        """In which a whole burst comes back."""
        return max(1, round(self.burst / self.per_second))


class Asked(Struct, frozen=True):
    """So much of a peer's bucket; key: the bucket's."""

    key: str
    rate: Rate
    amount: float


class Limiter:
    """Asks Redis. secret: by which peers become keys, so that neither addresses nor usernames
    are stored there."""

    def __init__(self, redis: Redis, secret: str, measures: Measures = UNMEASURED) -> None:
        self._failed = measures.redis_failed
        self._script: Any = redis.register_script(TAKE)
        self._alone = is_cluster(redis)  # each key may be on another node
        self._secret = hashlib.sha256(secret.encode()).digest()
        self._away_until = 0.0
        self._due: dict[str, Purse] = {}
        self._woken = asyncio.Event()

    def limit(self, name: str, per_second: float, burst: float) -> "Limit":
        return Limit(self, Rate(name, per_second, burst))

    def purses(self, name: str, per_second: float, burst: float) -> "Purses":
        return Purses(self, Rate(name, per_second, burst))

    def key(self, rate: Rate, peer: str) -> str:
        hashed = hashlib.blake2b(peer.encode(), key=self._secret, digest_size=12)
        return f"limit:{rate.name}:{hashed.hexdigest()}"

    async def take(self, asked: Asked) -> Standing | None:
        """None when Redis does not answer."""
        answers = await self._ask([asked], spent=False)
        return answers[0] if answers else None

    def settle(self, purse: "Purse") -> None:
        """Tell Redis soon what was spent."""
        self._due[purse.key] = purse
        self._woken.set()

    async def run(self) -> None:
        """Settle what is due; what falls due meanwhile is settled next, together."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            due, self._due = list(self._due.values()), {}
            spent = [Asked(purse.key, purse.rate, purse.spent()) for purse in due]
            for purse, standing in zip(due, await self._ask(spent, spent=True), strict=False):
                purse.settled(standing.wait)

    async def _ask(self, asked: Sequence[Asked], *, spent: bool) -> list[Standing]:
        """How each stands now; none when Redis does not answer."""
        if time.monotonic() < self._away_until:
            return []
        try:
            async with asyncio.timeout(ANSWER_S), reaching():
                if self._alone and len(asked) > 1:
                    each = await asyncio.gather(*(self._call([one], spent) for one in asked))
                    answers = [answer for (answer,) in each]
                else:
                    answers = await self._call(asked, spent)
        except (UnreachableError, FullError, TimeoutError) as error:
            self._failed()
            if not self._away_until:
                logger.warning("limits count for this worker alone: %s", reason(error))
            self._away_until = time.monotonic() + AWAY_S
            return []
        self._away_until = 0.0
        return [
            _standing(one.rate, float(wait) / 1000, float(full) / 1000)
            for one, (wait, full) in zip(asked, answers, strict=True)
        ]

    async def _call(self, asked: Sequence[Asked], spent: bool) -> Any:
        args: list[str | float] = ["1" if spent else "0"]
        for one in asked:
            args += (1000 / one.rate.per_second, one.rate.burst, one.amount)
        return await self._script(keys=[one.key for one in asked], args=args)


def _standing(rate: Rate, wait: float, full: float) -> Standing:
    return Standing(wait, rate.burst, max(0.0, rate.burst - full * rate.per_second), full)


class Limit:
    """Asked of Redis before something is done."""

    def __init__(self, limiter: Limiter, rate: Rate) -> None:
        self.rate = rate
        self._limiter = limiter
        self._own = Buckets(rate.per_second, rate.burst, PEERS)

    async def take(self, peer: str, amount: float = 1.0) -> Standing:
        asked = Asked(self._limiter.key(self.rate, peer), self.rate, amount)
        standing = await self._limiter.take(asked)
        if standing is None:
            bucket = self._own.of(peer)
            standing = bucket.standing(bucket.take(amount))
        return standing


class Purse(Bucket):
    """What a peer may spend on this worker, whichever connections and requests it has here."""

    __slots__ = ("_due", "_limiter", "_unsettled", "key", "rate")

    def __init__(self, limiter: Limiter, rate: Rate, key: str, clock: Callable[[], float]) -> None:
        super().__init__(rate.per_second, rate.burst, clock)
        self.key = key
        self.rate = rate
        self._limiter = limiter
        self._due = max(1.0, rate.burst * PORTION)
        self._unsettled = 0.0

    def take(self, amount: float = 1.0) -> float:
        wait = Bucket.take(self, amount)
        if not wait:
            if self._level == self._burst - amount:  # it was full: Redis has it all, too
                self._unsettled = 0.0
            self._unsettled += amount
            if self._unsettled >= self._due:
                self._limiter.settle(self)
        return wait

    def spend(self, amount: float) -> None:
        Bucket.spend(self, amount)
        self._unsettled += amount
        if self._unsettled >= self._due:
            self._limiter.settle(self)

    def spent(self) -> float:
        """What Redis is told now."""
        spent, self._unsettled = self._unsettled, 0.0
        return spent

    def settled(self, wait: float) -> None:
        """What was spent here and elsewhere is more than there was: none is left until then."""
        if wait:
            Bucket.take(self, 0.0)  # it is filled
            self._level = min(self._level, -wait * self._rate)


class Purses:
    """A purse for each peer; those who asked longest ago are forgotten."""

    def __init__(
        self, limiter: Limiter, rate: Rate, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate = rate
        self._limiter = limiter
        self._clock = clock
        self._purses: OrderedDict[str, Purse] = OrderedDict()

    def of(self, peer: str) -> Purse:
        purse = self._purses.get(peer)
        if purse is None:
            key = self._limiter.key(self.rate, peer)
            purse = self._purses[peer] = Purse(self._limiter, self.rate, key, self._clock)
            if len(self._purses) > PEERS:
                self._purses.popitem(last=False)
        else:
            self._purses.move_to_end(peer)
        return purse

    async def take(self, peer: str, amount: float = 1.0) -> Standing:
        """As of a `Limit`, without waiting."""
        purse = self.of(peer)
        return purse.standing(purse.take(amount))

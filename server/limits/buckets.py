"""How much a peer may ask: token buckets, in this process' memory."""

import time
from collections import OrderedDict
from collections.abc import Callable

from msgspec import Struct


class Standing(Struct, frozen=True):
    """How a peer stands to a limit, after it asked for something.

    wait: seconds until what was asked for would be there; 0.0: it was taken. limit: as much may
    be taken at once; left: of it now; reset_s: until all of it is there again.
    """

    wait: float
    limit: float
    left: float
    reset_s: float


class Bucket:
    """Allows `rate` a second in the long run, and `burst` at once."""

    __slots__ = ("_burst", "_clock", "_filled_at", "_level", "_rate")

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._level = burst
        self._clock = clock
        self._filled_at = clock()

    def take(self, amount: float = 1.0) -> float:
        """Take what is asked for: 0.0; or nothing: seconds until it would be there."""
        now = self._clock()
        level = self._level + (now - self._filled_at) * self._rate
        if level > self._burst:
            level = self._burst
        self._filled_at = now
        if amount <= level:
            self._level = level - amount
            return 0.0
        self._level = level
        return (amount - level) / self._rate

    def spend(self, amount: float) -> None:
        """Take what was used already, whatever there is: until it is there again nothing is."""
        Bucket.take(self, 0.0)  # it is filled
        self._level -= amount

    def owes(self) -> float:
        """Seconds until what was spent beyond it is there again."""
        return 0.0 if self._level >= 0 else self.take(0.0)

    def standing(self, wait: float) -> Standing:
        """After a `take` that came to `wait`."""
        burst, level = self._burst, self._level
        return Standing(wait, burst, max(0.0, level), (burst - level) / self._rate)


class Buckets:
    """A bucket for each of many peers; those who asked longest ago are forgotten."""

    def __init__(self, rate: float, burst: float, peers: int = 10_000) -> None:
        self._rate = rate
        self._burst = burst
        self._peers = peers
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, peer: str, amount: float = 1.0) -> float:
        """As a bucket's own."""
        return self.of(peer).take(amount)

    def of(self, peer: str) -> Bucket:
        bucket = self._buckets.get(peer)
        if bucket is None:
            bucket = self._buckets[peer] = Bucket(self._rate, self._burst)
            if len(self._buckets) > self._peers:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(peer)
        return bucket

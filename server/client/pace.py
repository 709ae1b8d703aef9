"""How fast a client sends its edits: no faster than the server takes them."""

import asyncio
import time

from server.limits.buckets import Bucket
from server.server_messages import Limits

SHARE = 0.9  # of what the server lets us: clocks differ, and another client may be ours, too


class Pace:
    """Of one client's edits. It is asked for one after the other."""

    def __init__(self) -> None:
        self._limits: Limits | None = None
        self._not_before = 0.0  # monotonic: one came too soon
        self._edits = self._operations = Bucket(1.0, float("inf"))
        self._most = float("inf")

    def limited(self, limits: Limits) -> None:
        """What the server takes; what was spent of the same limits stays so."""
        if limits == self._limits:
            return
        self._limits = limits
        self._edits = _bucket(limits.edits_per_second, limits.edits_burst)
        self._operations = _bucket(limits.operations_per_second, limits.operations_burst)
        self._most = max(1.0, limits.operations_burst * SHARE)

    def hold(self, seconds: float) -> None:
        """One came too soon: none is sent for so long."""
        self._not_before = max(self._not_before, time.monotonic() + seconds)

    async def wait(self, operations: int) -> None:
        """Until an edit of so many operations may be sent."""
        while (early := self._not_before - time.monotonic()) > 0:  # noqa: ASYNC110 - it may move
            await asyncio.sleep(early)
        for bucket, amount in (
            (self._operations, min(float(operations), self._most)),
            (self._edits, 1.0),
        ):
            while (early := bucket.take(amount)) > 0:  # noqa: ASYNC110 - as above
                await asyncio.sleep(early)


def _bucket(per_second: float, burst: float) -> Bucket:
    return Bucket(per_second * SHARE, max(1.0, burst * SHARE))

"""One reader for all of a worker's hints: it subscribes, and it starts again when it must.

A hint says that something may have happened; whoever missed one finds it in the log.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis

from server.redis.calls import FAILURES, reason
from server.redis.clients import is_cluster

logger = logging.getLogger(__name__)

BACKOFF_S = (0.05, 0.1, 0.2, 0.5, 1.0)
NODE_POLL_S = 0.005
POLL_S = 1.0  # when even the word that there is something to subscribe to was lost
SILENT_S = 5.0  # then we speak to ourselves; nothing is heard for twice as long: the line is dead


class Hints:
    """Subscriptions that survive Redis.

    The reader alone uses its connection: two tasks on one, of which each may connect it anew,
    leave one waiting for ever on what the other has replaced. So who wants to subscribe says so
    in a list, and wakes the reader by a message on the worker's own channel. By such a message it
    also finds out that a host has vanished, of which its connection alone would never tell.

    redis: for that message. reading: a client that does not reconnect by itself.
    heard(channel, hint) is called for each hint; restored() when hints may have been missed.
    """

    def __init__(
        self,
        redis: Redis,
        reading: Redis,
        own_channel: str,
        heard: Callable[[str, bytes], None],
        restored: Callable[[], None],
    ) -> None:
        self._redis: Any = redis
        self._reading = reading
        self._own_channel = own_channel
        self._cluster = is_cluster(reading)
        self._heard = heard
        self._restored = restored
        self._wanted: dict[str, asyncio.Future[None]] = {}
        self._orders: deque[str] = deque()  # channels to enter or to leave
        self._unconfirmed: set[str] = set()  # of those with which the reader began
        self._missed = False  # whether there was a time at which it should have read, and did not
        self._heard_at = 0.0  # by the loop's clock
        self._known: frozenset[str] = frozenset()  # a Cluster's primaries when it subscribed

    async def subscribe(self, channel: str) -> None:
        """Returns when Redis has confirmed: what happens from then on is heard."""
        confirmed = self._wanted.get(channel)
        if confirmed is None:
            confirmed = asyncio.get_running_loop().create_future()
            self._wanted[channel] = confirmed
            self._orders.append(channel)
            with suppress(*FAILURES):  # then it is polled
                async with asyncio.timeout(SILENT_S):
                    await self._redis.spublish(self._own_channel, "")
        await asyncio.shield(confirmed)

    def unsubscribe(self, channel: str) -> None:
        confirmed = self._wanted.pop(channel, None)
        if confirmed is not None:
            confirmed.cancel()
            self._orders.append(channel)

    async def run(self) -> None:
        """Read until cancelled."""
        async with asyncio.TaskGroup() as group:
            if self._cluster:
                group.create_task(self._watch_primaries())
            await self._read_on()

    async def _watch_primaries(self) -> None:
        """One that hangs ends no subscription when another takes over; who asks it finds out."""
        while True:
            await asyncio.sleep(POLL_S)
            with suppress(*FAILURES):
                await self._redis.initialize()
                await self._redis.ping(target_nodes=self._redis.get_primaries())

    async def _read_on(self) -> None:
        failures = 0
        while True:
            pubsub: Any = self._reading.pubsub()
            try:
                if self._cluster:
                    await self._redis.initialize()
                    self._known = self._primaries()
                async with asyncio.timeout(SILENT_S):
                    if self._cluster:
                        await self._reading.initialize()  # who is primary of what, now
                    self._orders.clear()  # what was ordered until now is in `_wanted`
                    self._unconfirmed = {self._own_channel, *self._wanted}
                    await pubsub.ssubscribe(*self._unconfirmed)
                self._heard_at = asyncio.get_running_loop().time()
                failures = 0
                while True:
                    await self._obey(pubsub)
                    await self._read(pubsub)
                    await self._prove_alive()
            except FAILURES as error:
                if failures == 0:
                    logger.warning("reading hints failed: %s", reason(error))
                failures += 1
                self._missed = True
            finally:
                with suppress(*FAILURES):
                    await pubsub.aclose()
                if self._cluster:
                    await self._reading.aclose()
            await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S)) - 1])

    def _primaries(self) -> frozenset[str]:
        return frozenset(node.name for node in self._redis.get_primaries())

    async def _obey(self, pubsub: Any) -> None:
        while self._orders:
            channel = self._orders.popleft()
            if channel in self._wanted:
                await pubsub.ssubscribe(channel)
            else:
                await pubsub.sunsubscribe(channel)

    async def _prove_alive(self) -> None:
        """Raises one of FAILURES when not all can be heard any more."""
        if self._cluster and self._primaries() != self._known:
            raise TimeoutError("a node took over")
        silent_s = asyncio.get_running_loop().time() - self._heard_at
        if silent_s > 2 * SILENT_S:
            raise TimeoutError("Redis is silent")
        if silent_s > SILENT_S:
            async with asyncio.timeout(SILENT_S):
                await self._redis.spublish(self._own_channel, "")

    async def _read(self, pubsub: Any) -> None:
        if self._cluster:  # it asks one node after the other
            message = await pubsub.get_sharded_message(timeout=NODE_POLL_S)
        else:
            message = await pubsub.get_message(timeout=POLL_S)
        if message is None:
            return
        self._heard_at = asyncio.get_running_loop().time()
        channel = message["channel"].decode()
        if message["type"] == "smessage":
            if channel != self._own_channel:
                self._take(channel, message["data"])
        elif message["type"] == "ssubscribe":
            confirmed = self._wanted.get(channel)
            if confirmed is not None and not confirmed.done():
                confirmed.set_result(None)
            elif channel not in self._unconfirmed:
                self._restored()  # the connection was made anew
            self._began_with(channel)

    def _began_with(self, channel: str) -> None:
        """Once all are confirmed nothing is missed any more; what was, is to be looked for."""
        if channel not in self._unconfirmed:
            return
        self._unconfirmed.discard(channel)
        if self._missed and not self._unconfirmed:
            self._missed = False
            self._restored()

    def _take(self, channel: str, hint: bytes) -> None:
        """One that cannot be taken, of a newer release, say, costs the worker nothing else."""
        try:
            self._heard(channel, hint)
        except Exception:
            logger.exception("a hint on %s could not be taken", channel)

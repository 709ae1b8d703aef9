"""One reader for all of a worker's hints: it subscribes, and it starts again when it must.

A hint says that something may have happened; whoever missed one finds it in the log.
"""

import asyncio
import logging
from collections.abc import Callable

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

BACKOFF_S = (0.05, 0.1, 0.2, 0.5, 1.0)


class Hints:
    """Subscriptions that survive Redis.

    heard(channel, hint) is called for each hint; restored() when hints may have been missed.
    """

    def __init__(
        self,
        redis: Redis,
        own_channel: str,
        heard: Callable[[str, bytes], None],
        restored: Callable[[], None],
    ) -> None:
        self._redis = redis
        self._own_channel = own_channel  # keeps the connection in use when nothing else does
        self._heard = heard
        self._restored = restored
        self._wanted: dict[str, asyncio.Future[None]] = {}
        self._orders: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def subscribe(self, channel: str) -> None:
        """Returns when Redis has confirmed: what happens from then on is heard."""
        confirmed = self._wanted.get(channel)
        if confirmed is None:
            confirmed = asyncio.get_running_loop().create_future()
            self._wanted[channel] = confirmed
            self._orders.put_nowait(("subscribe", channel))
        await asyncio.shield(confirmed)

    def unsubscribe(self, channel: str) -> None:
        confirmed = self._wanted.pop(channel, None)
        if confirmed is not None:
            confirmed.cancel()
            self._orders.put_nowait(("unsubscribe", channel))

    async def run(self) -> None:
        """Read until cancelled."""
        failures = 0
        while True:
            pubsub = self._redis.pubsub()
            try:
                self._orders = asyncio.Queue()  # what was ordered until now is in `_wanted`
                await pubsub.ssubscribe(self._own_channel, *self._wanted)
                failures = 0
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._read(pubsub))
                    tasks.create_task(self._order(pubsub))
            except* (RedisError, OSError, TimeoutError) as group:
                if failures == 0:
                    logger.warning("reading hints failed: %s", group.exceptions[0])
                failures += 1
            finally:
                await pubsub.aclose()  # type: ignore[no-untyped-call]
            await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S)) - 1])

    async def _read(self, pubsub: PubSub) -> None:
        self._restored()
        while True:
            message = await pubsub.get_message(timeout=None)
            if message is None:
                continue
            channel = message["channel"].decode()
            if message["type"] == "smessage":
                self._heard(channel, message["data"])
            elif message["type"] == "ssubscribe":
                confirmed = self._wanted.get(channel)
                if confirmed is not None and not confirmed.done():
                    confirmed.set_result(None)

    async def _order(self, pubsub: PubSub) -> None:
        while True:
            what, channel = await self._orders.get()
            if what == "subscribe":
                await pubsub.ssubscribe(channel)
            elif channel not in self._wanted:  # not wanted again meanwhile
                await pubsub.sunsubscribe(channel)

"""Connections to the nodes of a Cluster, of which each may hang."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio.cluster import RedisCluster
from redis.asyncio.connection import Connection
from redis.exceptions import TimeoutError as SilentError

NODE_S = 2.0  # for one node to answer: another may have taken over


class _Bounded(Connection):
    """Fails when its node does not answer.

    Only by an error does a Cluster's client learn to ask anew which node serves what. A call that
    is cancelled tells it nothing: it would go on to ask a hung node when another took over.
    """

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        async with _in_time():
            await super().send_packed_command(command, check_health)

    async def read_response(self, *args: Any, **options: Any) -> Any:
        if options.get("timeout") is not None:  # who waits for hints, of which none need come
            return await super().read_response(*args, **options)
        async with _in_time():
            return await super().read_response(*args, **options)


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """Not by the library's own time-out: `clients.connect` tells why."""
    try:
        async with asyncio.timeout(NODE_S):
            yield
    except TimeoutError as error:
        raise SilentError("a node of the Cluster does not answer") from error


def bound(cluster: RedisCluster) -> None:
    """Have all connections that a client will make fail when their node does not answer."""
    nodes = cluster.nodes_manager
    nodes.connection_kwargs["connection_class"] = _Bounded
    for node in nodes.startup_nodes.values():
        node.connection_class = _Bounded

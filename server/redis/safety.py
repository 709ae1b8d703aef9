"""Whether a Redis keeps what it was given: what its operator should mend, in sentences."""

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from server.redis.calls import reaching
from server.redis.clients import is_cluster

NEARLY_FULL = 0.9  # of `maxmemory`: then edits are about to be refused

_SECTIONS = ("memory", "persistence")


async def unsafe(redis: Redis) -> tuple[str, ...]:
    """What is wrong with how Redis is set up, or about to be; empty: nothing.

    Each primary of a Cluster is asked. Raises UnreachableError.
    """
    found: dict[str, None] = {}
    async with reaching():
        for node in await _primaries(redis):
            found |= dict.fromkeys(_problems(node))
    return tuple(found)


async def _primaries(redis: Redis) -> list[Mapping[str, Any]]:
    """What each says of itself. It may forbid `CONFIG`, hardly ever `INFO`."""
    if not is_cluster(redis):
        found: dict[str, Any] = {}
        for section in _SECTIONS:
            found |= await redis.info(section)
        return [found]
    cluster: Any = redis
    nodes: dict[str, dict[str, Any]] = {}
    for section in _SECTIONS:
        told = await cluster.info(section, target_nodes=cluster.PRIMARIES)
        # Of a single node the library answers what it says, of several by their names.
        by_node = told if all(isinstance(each, dict) for each in told.values()) else {"": told}
        for name, each in by_node.items():
            nodes.setdefault(name, {}).update(each)
    return list(nodes.values())


def _problems(info: Mapping[str, Any]) -> list[str]:
    problems = []
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        problems.append(
            f"Redis may throw sessions away when its memory is full (maxmemory-policy {policy}): "
            "set maxmemory-policy noeviction."
        )
    if not info.get("aof_enabled"):
        problems.append(
            "Redis forgets what was accepted when it stops (appendonly no): set appendonly yes."
        )
    elif info.get("aof_last_write_status", "ok") != "ok":
        problems.append("Redis cannot write its append-only file: look at its disk.")
    most = int(info.get("maxmemory", 0))
    if most and int(info.get("used_memory", 0)) >= NEARLY_FULL * most:
        problems.append(
            f"Redis has used {round(100 * info['used_memory'] / most)} % of its memory: at 100 % "
            "edits are refused until there is room."
        )
    return problems

"""A client of Redis or Valkey by URL: of one server, of what Sentinels watch, of a Cluster.

redis://, rediss://, unix://                        one server
redis+sentinel://[user:password@]host:port,…/name   the primary that these Sentinels call `name`
redis+cluster://[user:password@]host:port,…         the Cluster of which these are some nodes
"""

from typing import Any, cast
from urllib.parse import SplitResult, unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.maint_notifications import MaintNotificationsConfig

from server.redis.nodes import NODE_S, bound

SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "redis+cluster")
UNREADABLE = (
    "cannot be read: its port must be a number, and in a password / is %2F, # %23, ? %3F and @ %40"
)
ATTEMPTS = 3  # of a call, within its time-out
CONNECTIONS = 10_000  # one session waits for one answer at a time; the library allows 100


def connect(url: str, *, reconnects: bool = True) -> Redis:
    """A client. reconnects: try again by itself; a reader of hints must notice each loss.

    A client of a Cluster is no `Redis` by class, but answers the same calls.
    """
    retry = (
        Retry(ExponentialBackoff(cap=0.5, base=0.02), ATTEMPTS)
        if reconnects
        else Retry(NoBackoff(), 0)
    )
    parts = urlsplit(url)
    # No time-out of the library's own: it would send by `asyncio.wait_for`, which may lose that a
    # task is cancelled, and the task goes on. `calls.reaching` bounds each call.
    options: dict[str, Any] = {
        "retry": retry,
        "socket_timeout": None,
        # A connection that might be told of maintenance is used on after its server has closed it.
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
        "driver_info": None,  # else each connection reads the library's version from its metadata
        "max_connections": CONNECTIONS,
    }
    if parts.scheme == "redis+sentinel":
        sentinel = Sentinel(_hosts(parts), socket_timeout=NODE_S, **_credentials(parts))  # type: ignore[no-untyped-call]
        primary = sentinel.master_for(parts.path.strip("/"), **options, **_credentials(parts))
        return cast(Redis, primary)
    if parts.scheme == "redis+cluster":
        nodes = [ClusterNode(host, port) for host, port in _hosts(parts)]
        cluster: Any = RedisCluster(
            startup_nodes=nodes, socket_connect_timeout=NODE_S, **options, **_credentials(parts)
        )
        bound(cluster)
        return cast(Redis, cluster)
    return Redis.from_url(url, **options)


def problem(url: str) -> str:
    """What is wrong with a URL, for its operator; "" when nothing is."""
    if url.partition("://")[0] not in SCHEMES:
        return f"must begin with one of {', '.join(scheme + '://' for scheme in SCHEMES)}"
    try:
        parts = urlsplit(url)
        if parts.scheme in ("redis", "rediss"):
            _ = parts.port
    except ValueError:  # which may say what the password is
        return UNREADABLE
    if parts.scheme != "unix" and "@" in parts.path + parts.fragment:
        return UNREADABLE  # a password that looked like a port before its end
    if parts.scheme in ("redis+sentinel", "redis+cluster"):
        try:
            _hosts(parts)
        except ValueError:
            return "must name its servers as host:port, separated by commas"
        if parts.scheme == "redis+sentinel" and not parts.path.strip("/"):
            return "must end with what the Sentinels call the primary, like /mymaster"
    return ""


def is_cluster(client: Redis) -> bool:
    return isinstance(client, RedisCluster)


def _hosts(parts: SplitResult) -> list[tuple[str, int]]:
    """Raises ValueError."""
    hosts = []
    for each in parts.netloc.rpartition("@")[2].split(","):
        host, _, port = each.rpartition(":")
        if not host:
            raise ValueError(each)
        hosts.append((host.strip("[]"), int(port)))
    return hosts


def _credentials(parts: SplitResult) -> dict[str, Any]:
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    named = {"username": unquote(user), "password": unquote(password)}
    return {name: value for name, value in named.items() if value}

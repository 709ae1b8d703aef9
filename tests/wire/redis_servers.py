"""Real Redis servers of several kinds: one alone, a Cluster with replicas, one with Sentinels."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from server.processes import die_with_parent
from server.redis.embedded import find_binary

LARGEST_PORT = 55535  # a Cluster's bus listens 10,000 above
HOST = "127.0.0.1"


def free_port() -> int:
    while True:
        with socket.socket() as tried:
            tried.bind((HOST, 0))
            port: int = tried.getsockname()[1]
        if port <= LARGEST_PORT:
            return port
        with socket.socket() as tried, suppress(OSError):
            tried.bind((HOST, port - 10_000))
            return port - 10_000


class Node:
    """One server process."""

    def __init__(self, folder: Path, *flags: str, binary: Path | None = None) -> None:
        self.port = free_port()
        folder.mkdir()
        test = os.getpid()
        self.process = subprocess.Popen(
            [
                *(binary or find_binary(None), *flags),
                *("--port", str(self.port), "--dir", folder, "--save", "", "--bind", HOST),
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=(folder / "log").open("w"),
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: die_with_parent(test),
        )
        self.client = Redis(host=HOST, port=self.port, decode_responses=True)
        until(self.answers)

    def answers(self) -> bool:
        if self.process.poll() is not None:
            return False  # the client would try again, and again
        try:
            return bool(self.client.ping())
        except (RedisError, OSError):
            return False

    def hang(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.client.close()


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it does not come to pass"
        time.sleep(0.02)


class Alone:
    """One server, of whatever kind."""

    def __init__(self, folder: Path, binary: Path) -> None:
        self._node = Node(folder / "node", "--appendonly", "yes", binary=binary)

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self._node.port}"

    def primary_of(self, _: str) -> Node:
        return self._node

    def stop(self) -> None:
        self._node.kill()


class Cluster:
    """Three primaries, each with a replica."""

    def __init__(self, folder: Path) -> None:
        flags = ("--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
        flags = (*flags, "--appendonly", "yes", "--repl-diskless-sync-delay", "0")
        flags = (*flags, "--cluster-replica-validity-factor", "0")  # one that lags may take over
        self.nodes = [Node(folder / f"n{number}", *flags) for number in range(6)]
        slots = ((0, 5460), (5461, 10922), (10923, 16383))
        for node, (first, last) in zip(self.nodes, slots, strict=False):
            node.client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
        for node in self.nodes[1:]:
            node.client.execute_command("CLUSTER", "MEET", HOST, self.nodes[0].port)
        until(lambda: all("cluster_known_nodes:6" in info(node) for node in self.nodes))
        for primary, replica in zip(self.nodes[:3], self.nodes[3:], strict=True):
            own = primary.client.execute_command("CLUSTER", "MYID")
            until(lambda: _tried(replica, own))  # noqa: B023
        until(lambda: all("cluster_state:ok" in info(node) for node in self.nodes))
        until(
            lambda: all(
                node.client.info("replication")["connected_slaves"] == 1 for node in self.nodes[:3]
            )
        )

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"{HOST}:{node.port}" for node in self.nodes)

    def primary_of(self, key: str) -> Node:
        """Of those that began as primaries."""
        alive = next(node for node in self.nodes if node.answers())
        slot = alive.client.execute_command("CLUSTER", "KEYSLOT", key)
        return self.nodes[0 if slot <= 5460 else 1 if slot <= 10922 else 2]

    def part(self, primary: Node) -> None:
        """Have its replica learn of nothing any more."""
        replica = self.nodes[self.nodes.index(primary) + 3]
        replica.client.config_set("masterauth", "of no use")
        primary.client.execute_command("CLIENT", "KILL", "TYPE", "replica")
        until(lambda: replica.client.info("replication")["master_link_status"] == "down")
        assert primary.client.info("replication")["connected_slaves"] == 0

    def stop(self) -> None:
        for node in self.nodes:
            node.kill()


def info(node: Node) -> str:
    answer = node.client.execute_command("CLUSTER", "INFO")
    return answer if isinstance(answer, str) else str(answer).replace("': '", ":")


def _tried(replica: Node, primary: str) -> bool:
    try:
        replica.client.execute_command("CLUSTER", "REPLICATE", primary)
    except RedisError:
        return False  # it has not heard of it yet
    return True


class Watched:
    """A primary with a replica, and three Sentinels that watch them."""

    def __init__(self, folder: Path) -> None:
        flags = ("--appendonly", "yes", "--repl-diskless-sync-delay", "0")
        self.primary = Node(folder / "primary", *flags)
        replica_of = ("--replicaof", HOST, str(self.primary.port))
        self.replica = Node(folder / "replica", "--appendonly", "yes", *replica_of)
        until(lambda: self.replica.client.info("replication")["master_link_status"] == "up")
        self.sentinels = []
        for number in range(3):
            config = folder / f"sentinel{number}.conf"
            config.write_text(
                f"sentinel monitor cohort {HOST} {self.primary.port} 2\n"
                "sentinel down-after-milliseconds cohort 1500\n"
                "sentinel failover-timeout cohort 5000\n"
            )
            self.sentinels.append(Node(folder / f"s{number}", str(config), "--sentinel"))

        def know_each_other() -> bool:
            return all(
                node.client.sentinel_master("cohort")["num-other-sentinels"] == 2
                and node.client.sentinel_master("cohort")["num-slaves"] == 1
                for node in self.sentinels
            )

        until(know_each_other)

    @property
    def url(self) -> str:
        hosts = ",".join(f"{HOST}:{node.port}" for node in self.sentinels)
        return f"redis+sentinel://{hosts}/cohort"

    def primary_of(self, _: str) -> Node:
        return self.primary

    def stop(self) -> None:
        for node in (self.primary, self.replica, *self.sentinels):
            node.kill()

"""Servers that several tests share: starting one takes seconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.valkey import Valkey
from tests.wire.serving import Server, migrated


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Valkey of its own, which no server started."""
    valkey = Valkey(tmp_path_factory.mktemp("valkey"))
    valkey.start()
    yield valkey.url
    valkey.stop()


@pytest.fixture(scope="session")
def two_servers(
    redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Server]]:
    """Two servers of one worker each on the same Redis and database, as on two hosts."""
    data: Path = tmp_path_factory.mktemp("two")
    environment = migrated(data, redis_url)
    servers = tuple(Server(data / name, **environment) for name in ("a", "b"))
    yield servers[0], servers[1]
    for server in servers:
        server.ends_well()


@pytest.fixture(scope="session")
def server(two_servers: tuple[Server, Server]) -> Server:
    """Any server, for tests that need no special one."""
    return two_servers[0]

"""Servers that several tests share: starting one takes seconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.redis.embedded import Valkey
from tests.wire.login_provider import LoginProvider
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
    one, other = Server.side_by_side(data / "a", data / "b", **environment)
    yield one, other
    for server in (one, other):
        server.ends_well()


@pytest.fixture(scope="session")
def server(two_servers: tuple[Server, Server]) -> Server:
    """Any server, for tests that need no special one."""
    return two_servers[0]


@pytest.fixture(scope="session")
def login_provider() -> Iterator[LoginProvider]:
    """Where people of `rest_server` can log in, too."""
    provider = LoginProvider()
    yield provider
    provider.close()


@pytest.fixture(scope="session")
def rest_server(
    login_provider: LoginProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One for those who try all of the REST interface: it never has too many."""
    often = {f"{name}_per_minute": "1000000" for name in ("requests", "totals", "attempts")}
    server = Server(
        tmp_path_factory.mktemp("rest"),
        edits_per_second="1000",
        edits_burst="1000",
        edit_bytes_burst="1000000000",
        operations_per_second="10000",
        operations_burst="10000",
        people_per_address="100000",
        **often,
        **login_provider.settings(),
    )
    yield server
    server.ends_well()

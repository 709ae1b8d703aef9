"""Workers of a fresh server start at the same moment, and agree on all that they make once."""

from pathlib import Path

import httpx

from tests.wire.serving import Owner, Server

SERVERS = 2
TRIES = 12  # each by a new connection: as likely to one worker as to another


def test_workers_that_start_at_once_on_a_new_data_directory_agree(tmp_path: Path) -> None:
    for number in range(SERVERS):
        server = Server(tmp_path / str(number), "--workers", "3")
        ann = Owner(server.url)
        ann.http.close()
        for _ in range(TRIES):
            ann.http = httpx.Client(base_url=ann.url, timeout=20)
            assert ann.snapshot()["revision"] == 0  # its token is good everywhere
            ann.http.close()
        server.ends_well()

"""`cohort serve` and `cohort migrate` as an operator meets them."""

import os
import signal
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from click import ClickException
from msgspec.structs import replace

from server.commands.migrate import _migrate
from server.commands.serve import _prepare_data_dir, _prepare_database
from server.launcher import IGNORED, ServeError
from server.redis.embedded import find_binary
from server.settings import Settings
from tests.wire.serving import COHORT, Owner, Server


def cohort(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COHORT, *arguments],
        env={f"COHORT_{name.upper()}": value for name, value in environment.items()},
        capture_output=True,
        text=True,
        timeout=60,
    )


def the_sentence(refused: subprocess.CompletedProcess[str]) -> str:
    """What a refused command says: one line, no traceback."""
    assert refused.returncode != 0
    lines = refused.stderr.strip().splitlines()
    assert len(lines) == 1, refused.stderr
    return lines[0]


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = the_sentence(cohort("serve", "--port", port, "--data-dir", tmp_path))
    assert said == (
        f"Error: Port {port} on 127.0.0.1 is in use: stop what uses it, or choose another with "
        "--port."
    )


def test_a_data_directory_that_cannot_be_written_to_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is needed: not if Redis, the database and the secret are elsewhere."""
    settings = Settings(data_dir=tmp_path)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ServeError, match=f"Cannot use the data directory {tmp_path}: .*data-dir"):
        _prepare_data_dir(settings)
    elsewhere = {"redis_url": "redis://a", "database_url": "postgresql://b", "secret": "c" * 32}
    _prepare_data_dir(replace(settings, **elsewhere))


def test_a_wrong_setting_is_one_sentence_that_names_it(tmp_path: Path) -> None:
    said = the_sentence(cohort("serve", "--data-dir", tmp_path, workers="many"))
    assert said == "Error: COHORT_WORKERS 'many': must be a number."


def test_a_catalogue_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.catalogue"
    wrong.write_text("no catalogue")
    assert "wrong.catalogue" in the_sentence(
        cohort("serve", "--data-dir", tmp_path, gamedata=str(wrong))
    )


def test_a_database_of_another_version_is_one_sentence(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'mine.sqlite'}"
    arguments = ("serve", "--port", "0", "--data-dir", tmp_path)
    said = the_sentence(cohort(*arguments, database_url=url))
    assert said == "Error: The database is of an older version: run `cohort migrate`."
    migrated = cohort("migrate", database_url=url)
    assert migrated.returncode == 0, migrated.stderr
    back = cohort("migrate", "--to", "0001", "--yes", database_url=url)
    assert back.stdout == "The database is of version 0001.\n"
    assert cohort("migrate", database_url=url).returncode == 0
    with sqlite3.connect(tmp_path / "mine.sqlite") as sql:
        sql.execute("UPDATE alembic_version SET version_num = 'of 2100'")
    for refused in (arguments, ("migrate",)):
        said = the_sentence(cohort(*refused, database_url=url))
        assert said.startswith("Error: The database is of a newer version (of 2100) than this")


async def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.sqlite"
    wrong.write_text("no database")
    settings = Settings(database_url=f"sqlite:///{wrong}")
    said = r"^The database does not answer: file is not a database\.$"
    with pytest.raises(ServeError, match=said):
        await _prepare_database(settings)
    with pytest.raises(ClickException, match=said):
        await _migrate(settings)


def a_copy_has_only_its_own(server: Server) -> None:
    """A worker begins as a copy of the launcher, without its lock on the data directory (which
    would be taken for as long as a worker drains) and without its way with signals."""
    lock = str(server.data_dir / "redis" / "lock")
    (worker,) = server.worker_pids()
    for pid, has in ((server.process.pid, True), (worker, False)):
        open_files = [os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir()]
        assert (lock in open_files) == has
        status = Path(f"/proc/{pid}/status").read_text()
        sets = {
            name: int(line.split()[1], 16)
            for name in ("SigBlk", "SigCgt", "SigIgn")
            for line in status.splitlines()
            if line.startswith(name)
        }
        assert sets["SigBlk"] == 0
        assert bool(sets["SigCgt"] & 1 << signal.SIGUSR1 - 1) == has
        assert all(sets["SigIgn"] & 1 << number - 1 for number in IGNORED)


def test_one_data_directory_is_for_one_server_and_sigterm_ends_it(tmp_path: Path) -> None:
    server = Server(tmp_path)
    said = the_sentence(cohort("serve", "--port", "0", "--data-dir", tmp_path))
    assert f"is in use by process {server.process.pid}" in said
    assert server.said[-1] == f"Cohort is ready: {server.url}"
    a_copy_has_only_its_own(server)
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 10
    assert not (tmp_path / "redis" / "redis.sock").exists()


def test_an_orphaned_valkey_is_replaced(tmp_path: Path) -> None:
    data = tmp_path / "redis"
    data.mkdir()
    orphan = subprocess.Popen(
        [
            find_binary(None),
            *("--port", "0", "--unixsocket", data / "redis.sock", "--dir", data),
            *("--appendonly", "yes"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert orphan.stdout
    assert any("Ready to accept connections" in line for line in orphan.stdout)
    server = Server(tmp_path)
    assert orphan.wait(10) == 0
    assert server.stop() == 0


@pytest.mark.parametrize("level", ["debug", "info"])
def test_no_secret_is_ever_logged(tmp_path: Path, level: str) -> None:
    server = Server(tmp_path, log_level=level)
    ann = Owner(server.url)
    secret = ann.invite()["secret"]
    ann.snapshot()
    assert server.stop() == 0
    said = "\n".join(server.said)
    assert secret not in said
    assert ann.token not in said

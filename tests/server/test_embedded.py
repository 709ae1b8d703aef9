"""The embedded Valkey: what hinders it is said in a sentence, and it is started again."""

import logging
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from server.redis import embedded
from server.redis.embedded import Valkey, ValkeyError


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    """One that may be killed, and is started again at once."""
    monkeypatch.setattr(embedded, "RESTART_S", (0.0,))
    valkey = Valkey(tmp_path)
    valkey.start()
    yield valkey
    valkey.stop()


def killed(valkey: Valkey, number: signal.Signals = signal.SIGKILL) -> int:
    """It, when it is dead."""
    assert valkey._process is not None
    os.kill(valkey.pid, number)
    valkey._process.wait(10)
    return valkey.pid


def test_one_that_dies_is_told_of_once_in_a_while(
    own: Valkey, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with caplog.at_level(logging.WARNING, embedded.__name__):
        own.watch()
        assert caplog.messages == []
        first = killed(own)
        own.watch()
        assert own.pid != first
        killed(own)
        own.watch()
        (said,) = caplog.messages
        assert said.startswith(f"Valkey (process {first}) was killed by SIGKILL: ")
        assert said.endswith("; another one is started")
        monkeypatch.setattr(embedded, "TELL_S", 0.0)
        (own._dir / "redis.log").write_text("No space left on device\n")
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
        killed(own)
        own.watch()
    assert "No space left on device (no room is left in " in caplog.messages[1]


def test_one_that_cannot_be_started_again_is_tried_again(
    own: Valkey, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    binary, own._binary = own._binary, tmp_path / "gone"
    first = killed(own)
    own.watch()
    assert "Valkey cannot be started: " in caplog.messages[-1]
    own._binary = binary
    own.watch()
    assert own.pid != first


@pytest.mark.parametrize("taken", ["redis", "redis/lock"])
def test_a_data_directory_that_cannot_be_used_is_one_sentence(tmp_path: Path, taken: str) -> None:
    if taken == "redis":
        (tmp_path / taken).touch()
    else:
        (tmp_path / taken).mkdir(parents=True)
    with pytest.raises(ValkeyError, match=f"Cannot use the data directory {tmp_path}: .*data-dir"):
        Valkey(tmp_path).start()

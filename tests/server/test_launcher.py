"""What the launcher says of workers that it replaces; `tests/wire` has real ones."""

import logging
import signal
from types import SimpleNamespace
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.supervisors.multiprocess import Process

from server.launcher import Launcher


class Worker(Process):
    """One that serves until it is `alive` no more, or does not answer."""

    def __init__(self, number: int, exitcode: int | None = None) -> None:
        self.number = number
        self.code = exitcode
        self.answers = True
        self.process: Any = SimpleNamespace(is_alive=lambda: self.code is None)

    @property
    def pid(self) -> int | None:
        return self.number

    @property
    def exitcode(self) -> int | None:
        return self.code

    def is_ready(self, timeout: float = 5) -> bool:
        return self.answers

    def ping(self, timeout: float = 5) -> bool:
        return self.answers

    def kill(self) -> None:
        self.code = -signal.SIGKILL if self.code is None else self.code

    def join(self) -> None:
        assert self.code is not None


class Quiet(Launcher):
    """Its workers are no processes."""

    def _start(self) -> Process:
        return Worker(len(self.processes) + 100)


def test_workers_that_are_replaced_are_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # those of the tests stay
    launcher = Quiet(Config("none", workers=4, log_config=None), [], None, lambda: None)
    hung, killed, failed, well = workers = [Worker(number) for number in range(4)]
    launcher.processes = list(workers)
    launcher.keep_subprocess_alive()
    assert not caplog.records  # all of them serve
    hung.answers = False
    killed.code = -signal.SIGTERM
    failed.code = 1
    launcher.keep_subprocess_alive()
    assert [each.getMessage() for each in caplog.records] == [
        "worker 0 hung and was killed: another one is started",
        "worker 1 ended (SIGTERM): another one is started",
        "worker 2 ended (exit code 1): another one is started",
    ]
    assert {each.levelno for each in caplog.records} == {logging.WARNING}
    launcher.keep_subprocess_alive()
    assert [each.pid for each in launcher.processes] == [104, 104, 104, well.pid]
    assert len(caplog.records) == 3

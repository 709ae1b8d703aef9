"""Workers that end before they serve."""

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from uvicorn.config import STARTUP_FAILURE

from server.launcher import ATTEMPTS, RESTART_S, Launcher, _Place
from tests.wire.serving import Server


class Unlucky(Server):
    """One whose first worker is killed while it starts."""

    def wait(self) -> None:
        self.kill_a_worker()
        super().wait()

    def kill_a_worker(self) -> None:
        """The next one that there is."""
        while self.process.poll() is None:
            with suppress(OSError):  # it, or the launcher, has just ended
                for pid in self.worker_pids():
                    os.kill(pid, signal.SIGKILL)
                    return
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.01)


def test_a_worker_that_is_killed_while_it_starts(tmp_path: Path) -> None:
    """Another one is started; when they end time and again, the server says so and ends."""
    server = Unlucky(tmp_path)
    assert [line for line in server.said if "ended before it served" in line]
    while server.process.poll() is None:
        server.kill_a_worker()
    assert server.stop() == 1
    assert server.said[-1] == "Error: A worker did not start; what it said is above."


@pytest.mark.parametrize("serves", [True, False])
def test_a_worker_that_serves_is_not_stopped_for_one_that_cannot_start(serves: bool) -> None:
    """The file of the catalogue may have been spoilt since: who has read it goes on."""
    well, ill = (SimpleNamespace(pid=pid, exitcode=STARTUP_FAILURE) for pid in (1, 2))
    launcher: Any = Launcher.__new__(Launcher)
    launcher.processes = [well, ill]
    launcher.should_exit, launcher.failed, launcher._served = threading.Event(), False, True
    place = _Place(0.0)
    launcher._places = {id(well): _Place(0.0, serves=serves), id(ill): place}
    launcher._place_of = lambda process: launcher._places[id(process)]
    for _ in range(20 if serves else ATTEMPTS):
        assert not launcher.failed
        launcher._ended(ill, place, hung=False)
    assert (launcher.failed, launcher.should_exit.is_set()) == (not serves, not serves)
    if serves:
        assert place.next_start - time.monotonic() <= RESTART_S[-1]

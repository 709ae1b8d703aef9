"""Workers that end before they serve."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

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

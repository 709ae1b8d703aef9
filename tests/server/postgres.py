"""A PostgreSQL of the tests' own, where one is installed."""

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

from server.processes import die_with_parent


def binaries() -> Path | None:
    """Where `initdb` and `postgres` are, if anywhere."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


class Postgres:
    """A server on a unix socket in `folder`. It refuses to run as root: then as `postgres`."""

    def __init__(self, folder: Path, bin_dir: Path) -> None:
        user: dict[str, Any] = {}
        if os.getuid() == 0:
            user = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(folder, "postgres", "postgres")
            for parent in (folder, *folder.parents[:3]):
                parent.chmod(0o755)
        data = folder / "data"
        subprocess.run(
            [bin_dir / "initdb", "-D", data, "-A", "trust", "-U", "cohort", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            **user,
        )
        self._command = [
            *(bin_dir / "postgres", "-D", data, "-k", folder),
            *("-c", "listen_addresses=", "-c", "fsync=off"),  # no test takes the power away
        ]
        self._folder = folder
        self._user = user
        self.url = f"postgresql+asyncpg://cohort@/postgres?host={folder}"
        self.start()

    def start(self) -> None:
        """Also again, after it was stopped."""
        if self._user:
            for parent in (self._folder, *self._folder.parents[:3]):  # pytest closes them
                parent.chmod(0o755)
        tests = os.getpid()
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self._folder,
            preexec_fn=lambda: die_with_parent(tests),
            **self._user,
        )
        assert self._process.stderr
        said = []
        for line in self._process.stderr:
            said.append(line)
            if "ready to accept" in line:
                return
        raise AssertionError(f"PostgreSQL did not start: {said}")

    def stop(self) -> None:
        # The fast way out: a client that has not gone yet would hold up the other one. How the
        # server ends is not what is tested.
        self._process.send_signal(signal.SIGINT)
        self._process.wait(20)

"""Servers to measure: processes of their own, pinned to one core, and what they have used."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from server.processes import die_with_parent

SERVER_CORE = 0
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Served:
    """A server that listens. pid: of the process that does the work."""

    def __init__(self, pid: int, url: str) -> None:
        self.pid = pid
        self.url = url
        self.port = int(url.rstrip("/").rpartition(":")[2])

    def cpu_s(self) -> float:
        """How long it was on a processor until now, in seconds."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in tasks) / 1e9

    def memory_bytes(self) -> int:
        """What it holds in memory."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE


def pin_generator() -> None:
    """Leave the servers' core to them, where there is another one."""
    others = os.sched_getaffinity(0) - {SERVER_CORE}
    if others:
        os.sched_setaffinity(0, others)


@contextmanager
def serving(command: list[str], environment: Mapping[str, str]) -> Iterator[Served]:
    """Run a Python server until the end of the block; it prints its address when it is ready."""
    parent = os.getpid()

    def prepare() -> None:
        die_with_parent(parent)
        os.sched_setaffinity(0, {SERVER_CORE})

    process = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        preexec_fn=prepare,
        start_new_session=True,  # Ctrl-C is for us: what there is by then is printed
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://\S+", line):
                yield Served(_worker(process.pid), found[0])
                break
        else:
            raise click.ClickException("A server did not start; what it said is above.")
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _worker(pid: int) -> int:
    """The worker of `cohort serve`, or the process itself."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if b"cohort-worker" in Path(f"/proc/{child}/comm").read_bytes():
            return int(child)
    return pid

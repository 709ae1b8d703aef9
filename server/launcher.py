"""What `cohort serve` runs: one parent that owns Valkey and keeps the workers alive."""

import errno
import functools
import logging
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from uvicorn.config import STARTUP_FAILURE, Config
from uvicorn.supervisors.multiprocess import SIGNALS, Multiprocess, Process

from gamedata.pack import CatalogueError
from server import garbage
from server.processes import call_oneself, die_with_parent
from server.redis.embedded import Valkey
from server.settings import Settings, share_metrics
from server.telemetry import logs

if TYPE_CHECKING:
    from server.web.head import Application

logger = logging.getLogger(__name__)

GRACE_S = 5  # for requests and sockets
STOP_S = 8.0  # for a worker, so that all is over within 10 s
START_S = 60.0  # for a worker, until it serves
POLL_S = 0.5
RESTART_S = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # after workers that ended before they served
ATTEMPTS = 5  # in a row, while nobody serves; then we give up
# uvicorn would start workers by these, as new interpreters, and wait for others to end for ever.
IGNORED = (signal.SIGHUP, signal.SIGTTIN, signal.SIGTTOU)
PONG = 1.25  # heartbeats after a ping: a peer is gone 45 s after its last sign of life


class ServeError(Exception):
    """Serving is not possible; the message is one sentence for the operator."""


def listen(host: str, port: int) -> socket.socket:
    """Take the port. Raises ServeError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ServeError(
                f"Port {port} on {host} is in use: stop what uses it, or choose another with "
                "--port."
            ) from None
        raise ServeError(f"Cannot listen on {host}:{port}: {error.strerror}.") from None
    return listener


def worker_app(settings: Settings, launcher: int, metrics: Path | None) -> "Application":
    """The application of one worker process; runs in it."""
    die_with_parent(launcher)
    from server.app import create_app  # see `Worker`

    try:
        return create_app(settings, metrics_folder=metrics)
    except (CatalogueError, OSError) as error:
        logger.error("%s", error)
        sys.exit(STARTUP_FAILURE)


@contextmanager
def metrics_folder(settings: Settings) -> Iterator[Path | None]:
    """Where several workers keep their metrics, so that each can tell those of all."""
    if not settings.measured or settings.workers == 1:
        yield None
        return
    prefix = "cohort-metrics-"
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
        share_metrics(Path(folder))
        yield Path(folder)


def server_config(settings: Settings, metrics: Path | None = None) -> Config:
    """metrics: see `metrics_folder`."""
    return Config(
        functools.partial(worker_app, settings, os.getpid(), metrics),
        factory=True,
        workers=settings.workers,
        loop="uvloop",
        http="server.sockets.events:EventProtocol",
        ws="server.sockets.transport:LiveProtocol",
        ws_max_size=settings.frame_bytes,
        ws_per_message_deflate=False,
        ws_ping_interval=settings.heartbeat_s,
        ws_ping_timeout=PONG * settings.heartbeat_s,
        timeout_graceful_shutdown=GRACE_S,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(settings.trusted_proxies) or None,
        log_config=logs.config(settings.log_level, settings.log_format),
        backlog=2048,
    )


class Worker(Process):
    """A process that begins as a copy of the launcher: what that has imported is there at once, and
    in memory once. Elsewhere than on Linux it is a new interpreter, as it is with uvicorn.

    Start it from the main thread, when there is no other one.
    """

    def __init__(self, config: Config, sockets: list[socket.socket], valkey: Valkey | None) -> None:
        super().__init__(config, sockets)
        self._valkey = valkey
        self._copied = sys.platform == "linux"
        if self._copied:
            copying = multiprocessing.get_context("fork")
            self.process = copying.Process(target=self._begin, args=[sockets])  # type: ignore[assignment]

    def start(self) -> None:
        if not self._copied:
            super().start()
            return
        with garbage.stays():
            from server import app  # noqa: F401 - for each that is to come
            from server.sockets import events, transport  # noqa: F401 - for each that is to come
        # What is sent to the copy at once is not for the launcher's handlers, which it still has.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _begin(self, sockets: list[socket.socket]) -> None:
        call_oneself("cohort-worker")
        for number in SIGNALS.keys() - IGNORED:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        if self._valkey is not None:
            self._valkey.leave()
        self.config.configure_logging()
        with suppress(KeyboardInterrupt):
            self.target(sockets)


@dataclass
class _Place:
    """How a worker does. failures: of how many before it in a row ended before they served."""

    started_at: float
    failures: int = 0
    serves: bool = False
    ended: bool = False
    next_start: float = 0.0


def _ending(code: int | None) -> str:
    """How a process ended: by which signal, or with which exit code."""
    return signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"


class Launcher(Multiprocess):
    """Starts the workers, tells when all of them serve, and looks after them and Valkey.

    drain_s: how much longer a worker takes to end. metrics: what dead workers left is removed.
    """

    def __init__(
        self,
        config: Config,
        sockets: list[socket.socket],
        valkey: Valkey | None,
        serving: Callable[[], None],
        drain_s: float = 0.0,
        metrics: Path | None = None,
    ) -> None:
        super().__init__(config, sockets)
        for number in IGNORED:  # by the workers, too: a terminal that closes tells them all
            signal.signal(number, signal.SIG_IGN)
        self._drain_s = drain_s
        self._metrics = metrics
        self._pids: set[int | None] = set()
        self._valkey = valkey
        self._serving = serving
        self._places: dict[Process, _Place] = {}
        self._served = False  # all did, once
        self.failed = False

    def init_processes(self) -> None:
        for _ in range(self.processes_num):
            self.processes.append(self._start())
        while not self._all_serve():
            self.handle_signals()
            self.keep_subprocess_alive()
            if self.should_exit.wait(0.1):
                return
        self._served = True
        self._serving()

    def _start(self) -> Process:
        worker = Worker(self.config, self.sockets, self._valkey)
        worker.start()
        return worker

    def _all_serve(self) -> bool:
        return all(self._place_of(process).serves for process in self.processes)

    def _place_of(self, process: Process) -> _Place:
        return self._places.setdefault(process, _Place(time.monotonic()))

    def join_all(self) -> None:
        """Wait for the workers to end, but not for ever."""
        deadline = time.monotonic() + self._drain_s + STOP_S
        for each in self.processes:
            each.process.join(max(0.0, deadline - time.monotonic()))
            if each.process.is_alive():
                logger.error("worker %s does not end: killed", each.pid)
                each.process.kill()
                each.process.join()

    def keep_subprocess_alive(self) -> None:
        if self._valkey is not None:
            self._valkey.watch()
        for index, process in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            place = self._place_of(process)
            if place.ended:
                if time.monotonic() >= place.next_start:
                    self._start_again(index, place)
            elif not self._is_well(process, place):
                hung = process.process.is_alive()
                process.kill()
                process.join()
                self._ended(process, place, hung)
        self._forget_dead()

    def _is_well(self, process: Process, place: _Place) -> bool:
        if not process.process.is_alive():
            return False
        if place.serves:
            return process.ping(self.config.timeout_worker_healthcheck)
        if process.is_ready(POLL_S):
            place.serves, place.failures = True, 0
            return True
        return time.monotonic() - place.started_at < START_S

    def _ended(self, process: Process, place: _Place, hung: bool) -> None:
        """Start another one, unless they end time and again before they serve, and none does."""
        place.ended = True
        if place.serves:
            how = "hung and was killed" if hung else f"ended ({_ending(process.exitcode)})"
            logger.warning("worker %s %s: another one is started", process.pid, how)
            return
        hopeless = process.exitcode == STARTUP_FAILURE and not self._served
        place.failures += 1
        if hopeless or (place.failures >= ATTEMPTS and not self._one_serves()):
            self.failed = True
            self.should_exit.set()
            return
        wait_s = RESTART_S[min(place.failures, len(RESTART_S)) - 1]
        place.next_start = time.monotonic() + wait_s
        logger.warning(
            "worker %s ended before it served: another one is started in %g s", process.pid, wait_s
        )

    def _one_serves(self) -> bool:
        """Whether all did once, and one still does: nobody loses it for the others' sake."""
        places = map(self._place_of, self.processes)
        return self._served and any(place.serves and not place.ended for place in places)

    def _start_again(self, index: int, place: _Place) -> None:
        process = self._start()
        del self._places[self.processes[index]]
        self._places[process] = _Place(time.monotonic(), place.failures)
        self.processes[index] = process

    def _forget_dead(self) -> None:
        """What a dead worker counted stays; of what it had open nothing is left."""
        pids = {process.pid for process in self.processes}
        if self._metrics is not None and self._pids - pids:
            from prometheus_client.multiprocess import mark_process_dead

            for pid in self._pids - pids:
                with suppress(OSError):  # somebody tidied up: no reason to stop
                    mark_process_dead(pid, str(self._metrics))  # type: ignore[no-untyped-call]
        self._pids = pids

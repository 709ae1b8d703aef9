"""What `cohort serve` runs: one parent that owns Valkey and keeps the workers alive."""

import errno
import functools
import logging
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from litestar import Litestar
from uvicorn.config import STARTUP_FAILURE, Config
from uvicorn.supervisors.multiprocess import Multiprocess

from gamedata.pack import CatalogueError
from server import logs
from server.processes import die_with_parent
from server.settings import Settings, share_metrics
from server.valkey import Valkey

logger = logging.getLogger(__name__)

GRACE_S = 5  # for requests and sockets
STOP_S = 8.0  # for a worker, so that all is over within 10 s
START_S = 60.0
PONG_S = 25  # after a ping: a peer is gone 45 s after its last sign of life


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


def worker_app(settings: Settings, launcher: int, metrics: Path | None) -> Litestar:
    """The application of one worker process; runs in it."""
    die_with_parent(launcher)
    if metrics is not None:
        share_metrics(metrics)
    from server.app import create_app  # the launcher itself needs none of it

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
    with tempfile.TemporaryDirectory(prefix="cohort-metrics-") as folder:
        yield Path(folder)


def server_config(settings: Settings, metrics: Path | None = None) -> Config:
    """metrics: see `metrics_folder`."""
    return Config(
        functools.partial(worker_app, settings, os.getpid(), metrics),
        factory=True,
        workers=settings.workers,
        loop="uvloop",
        http="server.events:EventProtocol",
        ws="server.transport:LiveProtocol",
        ws_max_size=settings.frame_bytes,
        ws_per_message_deflate=False,
        ws_ping_interval=settings.heartbeat_s,
        ws_ping_timeout=PONG_S,
        timeout_graceful_shutdown=GRACE_S,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(settings.trusted_proxies) or None,
        log_config=logs.config(settings.log_level, settings.log_format),
        backlog=2048,
    )


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
        self._drain_s = drain_s
        self._metrics = metrics
        self._pids: set[int | None] = set()
        self._valkey = valkey
        self._serving = serving
        self.failed = False

    def init_processes(self) -> None:
        super().init_processes()
        for process in self.processes:
            while not process.wait_until_ready(0.5, self.should_exit):
                self.handle_signals()
                if self.should_exit.is_set():
                    return
                if not process.process.is_alive():
                    self.should_exit.set()
                    self.failed = True
                    return
        self._serving()

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
        super().keep_subprocess_alive()
        self._forget_dead()

    def _forget_dead(self) -> None:
        """What a dead worker counted stays; of what it had open nothing is left."""
        pids = {process.pid for process in self.processes}
        if self._metrics is not None and self._pids - pids:
            from prometheus_client.multiprocess import mark_process_dead

            for pid in self._pids - pids:
                mark_process_dead(pid, str(self._metrics))  # type: ignore[no-untyped-call]
        self._pids = pids

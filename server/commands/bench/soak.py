"""`cohort bench soak`: a server under a steady load for long: does anything grow?"""

import asyncio
import os
import random
import re
import signal
import statistics
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import click
import httpx
import msgspec
from msgspec import Struct, field
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from calc.operations import SetLevel, SetTitle
from server.client_messages import Edit, Join
from server.processes import die_with_parent
from server.protocol import encode

SAMPLES = 60  # in a run
WARM = 0.5  # of the run, before memory is compared: each session fills its recent changes
GROWTH = 0.03  # of the memory that counts as growth, and
GROWTH_MB = 4.0  # at least so much
COMPLAINTS = 40  # lines of what the server said are shown
STAY_S = 60.0  # how long a viewer stays, on average, before they come again
_PAGE = os.sysconf("SC_PAGE_SIZE")
_READY = re.compile(r"Cohort is ready: (\S+)/")
_COMPLAINT = re.compile(r" WARNING | ERROR |Traceback")


class Sample(Struct, frozen=True):
    """What the worker process holds. at_s: since the beginning."""

    at_s: float
    memory_mb: float
    tasks: int
    threads: int
    files: int


class Load(Struct):
    """What the people of a run saw. lost: why sockets ended, or never opened, by themselves."""

    edits: int = 0
    received: int = 0
    visits: int = 0
    lost: Counter[str] = field(default_factory=Counter)


@click.command()
@click.option("--minutes", default=30.0, show_default=True, type=click.FloatRange(0.2))
@click.option("--viewers", default=1000, show_default=True, type=click.IntRange(1))
@click.option("--sessions", default=50, show_default=True, type=click.IntRange(1))
@click.option("--edits", default=50.0, show_default=True, help="A second, in all sessions.")
def soak(minutes: float, viewers: int, sessions: int, edits: float) -> None:
    """Serve VIEWERS in SESSIONS that are edited all the time; viewers come and go.

    Fails when the server's memory, tasks, threads or open files grow, or when it logs a warning.
    """
    said: list[str] = []
    try:
        samples, load = asyncio.run(_soak(minutes * 60, viewers, sessions, edits, said))
    finally:
        complaints = _complaints(said)
        for line in complaints[:COMPLAINTS]:
            click.echo(f"the server said: {line}")
    click.echo(
        f"{load.edits} edits, {load.received} messages to viewers, {load.visits} visits, "
        f"{load.lost.total()} lost lines"
    )
    failures = _grown(samples)
    failures += [f"{times} sockets were lost: {why}" for why, times in load.lost.items()]
    for failure in failures:
        click.echo(failure)
    if failures or complaints:
        click.echo("FAILED")
        sys.exit(1)
    click.echo("OK: flat memory, no leak, no warning")


def _complaints(said: list[str]) -> list[str]:
    """Everything from the first warning on, tracebacks and all."""
    for number, line in enumerate(said):
        if _COMPLAINT.search(line):
            return said[number:]
    return []


def _grown(samples: list[Sample]) -> list[str]:
    steady = samples[int(len(samples) * WARM) :]
    half = len(steady) // 2
    early, late = steady[:half], steady[half:]
    found = []
    bounds = (("memory_mb", GROWTH_MB), ("tasks", 20.0), ("threads", 1.0), ("files", 20.0))
    for what, least in bounds:
        before = statistics.median(getattr(each, what) for each in early)
        after = statistics.median(getattr(each, what) for each in late)
        if after - before > max(least, GROWTH * before):
            found.append(f"{what} grew from {before:.1f} to {after:.1f}")
    return found


async def _soak(
    seconds: float, viewers: int, sessions: int, edits: float, said: list[str]
) -> tuple[list[Sample], Load]:
    samples: list[Sample] = []
    load = Load()
    with tempfile.TemporaryDirectory(prefix="cohort-soak-") as folder:
        async with _server(Path(folder), said) as (url, pid):
            began = time.monotonic()
            async with httpx.AsyncClient(base_url=url, timeout=30) as client:
                rooms = [await _open(client) for _ in range(sessions)]
            pace = sessions / edits
            tasks = [asyncio.create_task(_edit(url, room, pace, load)) for room in rooms]
            for number in range(viewers):
                room = rooms[number % sessions]
                tasks.append(asyncio.create_task(_watch(url, room, load)))
                await asyncio.sleep(0.005)
            for number in range(1, SAMPLES + 1):
                until = began + seconds * number / SAMPLES
                await asyncio.sleep(max(0.0, until - time.monotonic()))
                sample = await _sample(url, pid, time.monotonic() - began)
                samples.append(sample)
                click.echo(
                    f"{sample.at_s:7.0f} s {sample.memory_mb:8.1f} MB {sample.tasks:5} tasks "
                    f"{sample.threads:3} threads {sample.files:5} files "
                    f"{load.edits:8} edits {load.received:9} messages"
                )
                _raise_first(tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return samples, load


def _raise_first(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        if task.done():
            task.result()


@asynccontextmanager
async def _server(folder: Path, said: list[str]) -> AsyncIterator[tuple[str, int]]:
    """Its address, and the process id of its worker."""
    ours = os.getpid()
    rates = ("REQUESTS_PER_MINUTE", "GUESTS_PER_MINUTE", "SESSIONS_PER_MINUTE")
    limits = (*rates, "EDITS_PER_SECOND", "EDIT_BYTES_PER_SECOND")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from server.cli import main; main()", "serve"),
        *("--port", "0", "--data-dir", folder),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **{f"COHORT_{name}": "100000" for name in limits}},
        preexec_fn=lambda: die_with_parent(ours),
    )
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def listen() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            said.append(line.decode().rstrip())
            if found := _READY.search(said[-1]):
                ready.set_result(found[1])
        if not ready.done():
            ready.set_exception(click.ClickException("\n".join(said)))

    listening = asyncio.create_task(listen())
    try:
        yield await ready, _worker(process.pid)
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await process.wait()
        await listening


def _worker(pid: int) -> int:
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if b"cohort-worker" in Path(f"/proc/{child}/comm").read_bytes():
            return int(child)
    raise click.ClickException("The server has no worker.")


async def _sample(url: str, pid: int, at_s: float) -> Sample:
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        tasks = (await client.get("/health/live")).json()["tasks"]
    process = Path(f"/proc/{pid}")
    pages = int((process / "statm").read_text().split()[1])
    threads = len(list((process / "task").iterdir()))
    files = len(list((process / "fd").iterdir()))
    return Sample(at_s, pages * _PAGE / 2**20, tasks, threads, files)


class Room(Struct, frozen=True):
    """A session, its owner's token, and the secret of a link for viewers."""

    id: str
    token: str
    viewers: str


async def _open(client: httpx.AsyncClient) -> Room:
    guest = _created(await client.post("/api/v1/guests", json={"name": "Owner"}))
    headers = {"Authorization": f"Bearer {guest['token']}"}
    session = _created(await client.post("/api/v1/sessions", json={}, headers=headers))
    path = f"/api/v1/sessions/{session['id']}/invitations"
    link = _created(await client.post(path, json={"role": "viewer"}, headers=headers))
    return Room(session["id"], guest["token"], link["secret"])


def _created(response: httpx.Response) -> Any:
    if response.is_error:
        raise click.ClickException(response.text)
    return response.json()


@asynccontextmanager
async def _joined(url: str, room: Room, join: Join) -> AsyncIterator[ClientConnection]:
    address = f"{url.replace('http', 'ws', 1)}/api/v1/sessions/{room.id}/live"
    async with connect(
        address, compression=None, max_size=None, open_timeout=60, ping_interval=None
    ) as socket:
        await socket.send(encode(join), text=True)
        yield socket


async def _edit(url: str, room: Room, pace_s: float, load: Load) -> None:
    """The owner: an edit every `pace_s` on average, each answered before the next."""
    async with _joined(url, room, Join(token=room.token)) as socket:
        while True:
            await asyncio.sleep(random.expovariate(1 / pace_s))
            load.edits += 1
            title = SetTitle(f"Nova {load.edits}")
            level = SetLevel(load.edits % 50 + 1)
            edit = Edit(str(uuid.uuid4()), 0, (title, level))
            await socket.send(encode(edit), text=True)
            while True:
                message = msgspec.json.decode(await socket.recv(decode=False))
                if message["type"] == "refused":
                    raise click.ClickException(f"An edit was refused: {message}")
                if message["type"] == "accepted" and message["id"] == edit.id:
                    break


async def _watch(url: str, room: Room, load: Load) -> None:
    """A viewer who comes, stays for a while, goes, and comes again as the same person."""
    join = Join(invitation=room.viewers, name="Viewer")
    while True:
        load.visits += 1
        stay_s = random.expovariate(1 / STAY_S)
        try:
            async with asyncio.timeout(stay_s + 1.0), _joined(url, room, join) as socket:
                while True:
                    frame = await socket.recv(decode=False)
                    load.received += 1
                    if b'"type":"welcome"' in frame[:20]:
                        token = msgspec.json.decode(frame).get("token")
                        join = Join(token=token) if token else join
        except TimeoutError:
            pass  # they leave
        except (ConnectionClosed, InvalidHandshake, OSError) as error:
            load.lost[f"{type(error).__name__}: {error}"] += 1

"""`cohort bench session`: how soon everybody in a session has an edit."""

import asyncio
import os
import random
import re
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import click
import httpx
import msgspec
from msgspec import UNSET, Struct
from rich.console import Console
from rich.progress import track
from rich.table import Table
from websockets.asyncio.client import ClientConnection, connect

from calc.build import Build, SlottedEnhancement
from calc.operations import ChangeEnhancement, Operation, PlaceEnhancement, SwitchPower
from server.client_messages import Edit, Join
from server.commands.bench.quantile import quantile
from server.protocol import VERSION, encode

ANSWER_S = 30.0
LIMITS = ("GUESTS", "REQUESTS")  # of an address: all of them are at one


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--collaborators", default=20, show_default=True, type=click.IntRange(1, 50))
@click.option("--edits", default=500, show_default=True, type=click.IntRange(1))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1))
@click.option("--rate", type=click.FloatRange(1), help="Edits a second, however many wait.")
@click.option("--seed", default=1, show_default=True)
def session(
    file: Path, collaborators: int, edits: int, workers: int, rate: float | None, seed: int
) -> None:
    """Edit the build in FILE (a .mbd) with many people, and time how soon all have it.

    Starts a server of its own. One edit at a time, each by the next person: from the moment it
    is sent until the last collaborator has its change with the new totals. With --rate: edits of
    everybody at that rate in all, on all workers, from sending until they are accepted; and how
    often a worker tried again because another was first.
    """
    if rate is not None:
        asyncio.run(_contended(file.read_text(), collaborators, edits, workers, rate, seed))
        return
    times = asyncio.run(_session(file.read_text(), collaborators, edits, workers, seed))
    title = f"One edit to {collaborators} collaborators, {workers} worker(s), {edits} edits"
    _print(title, times)


def _print(title: str, times: dict[str, list[float]]) -> None:
    table = Table(title=title)
    for heading in ("", "p50 ms", "p90 ms", "p99 ms", "max ms"):
        table.add_column(heading, justify="right")
    for name, values in times.items():
        table.add_row(
            name, *(f"{1000 * quantile(values, share):.2f}" for share in (0.5, 0.9, 0.99, 1.0))
        )
    Console().print(table)


class _Message(Struct):
    """As much of a server's message as is needed to time it."""

    type: str
    edit: str = ""
    id: str = ""
    build: Build | None = None
    worker: str = ""
    code: str = ""
    message: str = ""


_decode = msgspec.json.Decoder(_Message).decode


async def _session(
    file: str, collaborators: int, edits: int, workers: int, seed: int
) -> dict[str, list[float]]:
    source = random.Random(seed)  # noqa: S311 - not a secret
    async with AsyncExitStack() as stack:
        data_dir = stack.enter_context(tempfile.TemporaryDirectory(prefix="cohort-bench-"))
        url = await stack.enter_async_context(_server(data_dir, workers))
        token, session_id, invitation = await _start_session(url, file)
        people = [
            await stack.enter_async_context(_collaborator(url, session_id, join))
            for join in _joins(token, invitation, collaborators)
        ]
        build = people[0][1]
        assert build is not None
        operations = operations_on(source, build)
        sockets = [socket for socket, _, _ in people]
        first: list[float] = []
        last: list[float] = []
        for number in track(range(edits), description="Editing", console=Console(stderr=True)):
            author = sockets[number % len(sockets)]
            edit = Edit(str(uuid.uuid4()), number, (next(operations),))
            began = time.perf_counter()
            await author.send(encode(edit), text=True)
            async with asyncio.timeout(ANSWER_S):
                arrived = await asyncio.gather(*(_change(each, edit.id) for each in sockets))
            first.append(min(arrived) - began)
            last.append(max(arrived) - began)
    return {"first has it": first, "last has it": last}


async def _contended(
    file: str, collaborators: int, edits: int, workers: int, rate: float, seed: int
) -> None:
    """Print how long edits take when people on all workers edit one session."""
    said: list[str] = []
    async with AsyncExitStack() as stack:
        data_dir = stack.enter_context(tempfile.TemporaryDirectory(prefix="cohort-bench-"))
        url = await stack.enter_async_context(_server(data_dir, workers, said))
        token, session_id, invitation = await _start_session(url, file)
        people: dict[str, list[tuple[ClientConnection, Build]]] = {}
        for join in _joins(token, invitation, collaborators):
            await _join_evenly(stack, people, url, session_id, join, collaborators / workers)
        each_s = collaborators / rate
        share = edits // collaborators
        times = await asyncio.gather(
            *(
                _edit_on(socket, operations_on(random.Random(seed + place), build), share, each_s)  # noqa: S311
                for place, (socket, build) in enumerate(chain.from_iterable(people.values()))
            )
        )
    _print(
        f"{edits} edits at {rate:g} a second by {collaborators} people on {len(people)} worker(s)",
        {"accepted": list(chain.from_iterable(times))},
    )
    races = re.findall(r"commits tried, (\d+) too late, (\d+) in line", "\n".join(said))
    late, waited = (sum(int(race[place]) for race in races) for place in (0, 1))
    Console().print(
        f"{late} commits came too late and {waited} waited in line: "
        f"{(late + waited) / sum(map(len, times)):.2f} retries per edit"
    )


async def _join_evenly(
    stack: AsyncExitStack,
    people: dict[str, list[tuple[ClientConnection, Build]]],
    url: str,
    session_id: str,
    join: Join,
    most: float,
) -> None:
    """Join by whichever worker has not its share of people yet."""
    async with asyncio.timeout(ANSWER_S):
        while True:
            joining = AsyncExitStack()
            socket, build, worker = await joining.enter_async_context(
                _collaborator(url, session_id, join)
            )
            if build is not None and len(people.setdefault(worker, [])) < most:
                stack.push_async_exit(joining.pop_all())
                people[worker].append((socket, build))
                return
            await joining.aclose()


async def _edit_on(
    socket: ClientConnection, operations: Iterator[Operation], edits: int, each_s: float
) -> list[float]:
    """Edit at a steady rate, whatever waits; how long each edit took."""
    sent: dict[str, float] = {}
    times: list[float] = []

    async def hear() -> None:
        while len(times) < edits:
            message = _decode(await socket.recv(decode=False))
            if message.type == "accepted":
                times.append(time.perf_counter() - sent[message.id])
            elif message.type == "refused":
                raise click.ClickException(f"An edit was refused: {message.message}")

    async with asyncio.timeout(edits * each_s + ANSWER_S), asyncio.TaskGroup() as group:
        group.create_task(hear())
        begin = time.perf_counter() + random.random() * each_s  # noqa: S311 - not a secret
        for number in range(edits):
            await asyncio.sleep(max(0.0, begin + number * each_s - time.perf_counter()))
            edit = Edit(str(uuid.uuid4()), 0, (next(operations),))
            sent[edit.id] = time.perf_counter()
            await socket.send(encode(edit), text=True)
    return times


@asynccontextmanager
async def _server(data_dir: str, workers: int, said: list[str] | None = None) -> AsyncIterator[str]:
    """A server on a free port; gives its address. said: takes what it logs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from server.cli import main; main()", "serve"),
        *("--port", "0", "--data-dir", data_dir, "--workers", str(workers)),
        env={**os.environ, **{f"COHORT_{name}_PER_MINUTE": "100000" for name in LIMITS}},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=None if said is None else asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            if found := re.search(r"http://\S+", line.decode()):
                yield found[0].rstrip("/")
                break
        else:
            raise click.ClickException("The server did not start; what it said is above.")
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        if said is not None and process.stderr is not None:
            said += (await process.stderr.read()).decode().splitlines()
        await process.wait()


async def _start_session(url: str, file: str) -> tuple[str, str, str]:
    """The owner's token, the session's id and an editor's invitation."""
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=ANSWER_S) as client:
        token = _created(await client.post("guests", json={"name": "Owner"}))["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        session_id = _created(await client.post("sessions", json={"file": file}))["id"]
        invitation = _created(
            await client.post(f"sessions/{session_id}/invitations", json={"role": "editor"})
        )
        return token, session_id, invitation["secret"]


def _created(response: httpx.Response) -> dict[str, Any]:
    answer: dict[str, Any] = response.json()
    if response.is_error:
        raise click.ClickException(str(answer.get("detail", response.status_code)))
    return answer


def _joins(token: str, invitation: str, collaborators: int) -> Iterator[Join]:
    yield Join(token=token)
    for number in range(2, collaborators + 1):
        yield Join(invitation=invitation, name=f"Guest {number}")


@asynccontextmanager
async def _collaborator(
    url: str, session_id: str, join: Join
) -> AsyncIterator[tuple[ClientConnection, Build | None, str]]:
    """Somebody who has joined, with the build of their snapshot and their worker."""
    address = f"{url.replace('http', 'ws', 1)}/api/v1/sessions/{session_id}/live"
    async with connect(address, subprotocols=[VERSION], compression=None) as socket:  # type: ignore[list-item]
        await socket.send(encode(join), text=True)
        worker = ""
        while True:
            message = _decode(await socket.recv(decode=False))
            worker = message.worker or worker
            if message.type == "snapshot":
                break
        yield socket, message.build, worker


async def _change(socket: ClientConnection, edit: str) -> float:
    """When the change of this edit arrived."""
    while True:
        message = _decode(await socket.recv(decode=False))
        if message.type == "change" and message.edit == edit:
            return time.perf_counter()
        if message.type == "refused" and message.id == edit:
            raise click.ClickException(f"An edit was refused: {message.message}")


def operations_on(source: random.Random, build: Build) -> Iterator[Operation]:
    """Edits without end that always may be: other boosters, the same piece again, on and off."""
    filled = [
        (power, slot, content.enhancement)
        for power, taken in sorted(build.powers.items())
        for slot, content in sorted(taken.slots.items())
        if isinstance(content.enhancement, SlottedEnhancement)
    ]
    boosted = [each for each in filled if each[2].boosters]
    switched = sorted(
        power for power, taken in build.powers.items() if taken.on is not UNSET and taken.level
    )
    while True:
        kind = source.random()
        if boosted and kind < 0.5:
            power, slot, _ = source.choice(boosted)
            yield ChangeEnhancement(power, slot, boosters=source.randint(0, 5))
        elif filled and kind < 0.8:
            yield PlaceEnhancement(*source.choice(filled))
        else:
            yield SwitchPower(source.choice(switched), source.random() < 0.5)

"""Many small sessions with real edits: the whole server, its engine and its log."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import httpx
import msgspec

from calc.build import Build
from calc.operations import Operation
from server.client_messages import Edit, Join
from server.commands.bench.broadcast import Load, settle
from server.commands.bench.crowd import Crowd, Member, Room, masked
from server.commands.bench.serving import Served
from server.commands.bench.session import operations_on
from server.protocol import encode

ANSWER_S = 60.0
READY = (b'{"type":"snapsho',)


def real_edits(
    served: Served, file: Path, sessions: int, size: int, seconds: float, per_second: float
) -> Load:
    """Edits at a rate, spread over the sessions. per_second: of all together."""
    with Crowd(served.port, READY) as crowd:
        groups = list(_opened(served, file, sessions, size, crowd))
        crowd.everybody()
        settle(crowd, 1.0)
        crowd.latencies = []
        started, cpu, began = crowd.deliveries, served.cpu_s(), time.perf_counter()
        due, number = began, 0
        while due < began + seconds:
            number += 1
            members, operations = groups[number % sessions]
            author = members[number // sessions % size]
            edit = Edit(f"edit-{number:08d}", author.room.published, (next(operations),))
            crowd.publish(author, masked(encode(edit)), b"%08d" % number)
            due += 1 / per_second
            while (left := due - time.perf_counter()) > 0:
                crowd.turn(left)
        crowd.until(lambda: crowd.deliveries - started == number * size, "a change is missing")
        return Load(
            number,
            number * size,
            time.perf_counter() - began,
            served.cpu_s() - cpu,
            crowd.latencies,
        )


def _opened(
    served: Served, file: Path, sessions: int, size: int, crowd: Crowd
) -> Iterator[tuple[list[Member], Iterator[Operation]]]:
    """Sessions of the build in the file, and their members: many clients of one person."""
    source = random.Random(1)  # noqa: S311 - not a secret
    with httpx.Client(base_url=f"{served.url.rstrip('/')}/api/v1", timeout=ANSWER_S) as client:
        token: str = _answer(client.post("/guests", json={"name": "Ann"}))["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        for number in range(sessions):
            body = {"file": file.read_text(), "title": f"Session {number}"}
            session: str = _answer(client.post("/sessions", json=body))["id"]
            snapshot = _answer(client.get(f"/sessions/{session}"))
            build = msgspec.convert(snapshot["build"], Build)
            room = Room(session)
            members = [
                crowd.connect(room, masked(encode(Join(token=token, client=f"c{each}"))))
                for each in range(size)
            ]
            yield members, operations_on(source, build)


def _answer(response: httpx.Response) -> dict[str, Any]:
    answer: dict[str, Any] = response.json()
    if response.is_error:
        raise click.ClickException(str(answer.get("detail", response.status_code)))
    return answer

"""A server that is asked to stop says so, finishes what came in, and writes it down."""

import asyncio
import itertools
import signal
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from websockets.exceptions import ConnectionClosed

from tests.wire.redis_servers import Node
from tests.wire.serving import Owner, Raw, Server

PEOPLE = 6
EDITS = "SELECT session_id, edit FROM changes"


async def test_who_is_there_is_told_and_what_was_accepted_is_in_sql(tmp_path: Path) -> None:
    server = Server(tmp_path, edits_per_second="1000", messages_per_second="1000")
    ann = Owner(server.url)
    people = [await Raw.open(server.url, ann.session) for _ in range(PEOPLE)]
    for number, person in enumerate(people):
        await person.join(token=ann.token, client=f"c{number}")
    editor = people[0]
    for number in range(30):
        title = {"type": "set_title", "title": f"{number}"}
        await editor.send(
            {"type": "edit", "id": f"edit-{number:04}", "base": 0, "operations": [title]}
        )
    await editor.receive("accepted")
    stopping = asyncio.create_task(asyncio.to_thread(server.stop))
    goodbyes = [await person.receive("goodbye") for person in people]
    assert {(await person.closed())[0] for person in people} == {1012}
    assert len({each["retry_after"] for each in goodbyes}) > 1  # they do not all return at once
    assert all(0 < each["retry_after"] <= 2 for each in goodbyes)
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await stopping == 0
    assert loop.time() - began < 10
    with sqlite3.connect(tmp_path / "cohort.sqlite") as sql:
        recorded = sql.execute("SELECT max(recorded) FROM epochs").fetchone()[0]
        changes = sql.execute("SELECT count(*) FROM changes").fetchone()[0]
    await server.restart()
    snapshot = ann.snapshot()
    assert (recorded, changes) == (snapshot["revision"], snapshot["revision"])
    assert snapshot["revision"] > 0
    assert snapshot["build"]["title"] == f"{snapshot['revision'] - 1}"
    server.ends_well()


async def test_who_waits_for_an_answer_in_vain_is_told_to_ask_again(tmp_path: Path) -> None:
    redis = Node(tmp_path / "redis", "--appendonly", "yes")
    server = Server(tmp_path / "server", redis_url=f"redis://127.0.0.1:{redis.port}")
    ann = Owner(server.url)
    here = await Raw.open(server.url, ann.session)
    await here.join(token=ann.token)
    bob = Owner(server.url)
    coming = await Raw.open(server.url, bob.session)
    redis.process.send_signal(signal.SIGSTOP)
    await coming.send({"type": "join", "token": bob.token})
    asking = asyncio.create_task(
        asyncio.to_thread(
            ann.call,
            "POST",
            f"/api/v1/sessions/{ann.session}/edits",
            {"base": 0, "operations": [{"type": "set_title", "title": "in vain"}]},
            status=503,
            **{"Idempotency-Key": "edit-0001"},
        )
    )
    await asyncio.sleep(0.5)
    assert await asyncio.to_thread(server.stop) == 0
    problem = await asking
    assert (await coming.closed())[0] == 1012
    redis.kill()
    assert (problem["code"], problem["retry_after"]) == ("unavailable", 1.0)
    told = "\n".join(server.said)
    assert "Traceback" not in told, told


async def test_two_workers_under_load_end_and_lose_nothing_that_was_accepted(
    tmp_path: Path,
) -> None:
    server = Server(tmp_path, "--workers", "2", edits_per_second="1000", messages_per_second="1000")
    owners = [Owner(server.url) for _ in range(4)]
    accepted: set[str] = set()
    goodbyes: list[dict[str, Any]] = []
    enough = asyncio.Event()

    async def edits(owner: Owner, number: int) -> int:
        """Edit without a pause until the server says goodbye; the close code."""
        raw = await Raw.open(server.url, owner.session)
        await raw.join(token=owner.token, client=f"c{number}")
        for count in itertools.count():
            title = {"type": "set_title", "title": f"{number} {count}"}
            edit = f"edit-{number}-{count}"
            with suppress(ConnectionClosed):  # what came before is still to be read
                await raw.send({"type": "edit", "id": edit, "base": 0, "operations": [title]})
            try:
                message = await answer(raw)
            except ConnectionClosed as closed:  # what is sent into a closed line resets it: a
                return closed.rcvd.code if closed.rcvd else 0  # goodbye may be lost unread
            if message["type"] == "goodbye":
                goodbyes.append(message)
                return (await raw.closed())[0]
            accepted.add(f"{owner.session} {message['id']}")
            if len(accepted) > 100:
                enough.set()
        raise AssertionError("it edits until it is told to go")

    async def answer(raw: Raw) -> dict[str, Any]:
        while True:
            message: dict[str, Any] = msgspec.json.decode(await raw.socket.recv())
            if message["type"] in ("accepted", "goodbye"):
                return message

    people = [
        asyncio.create_task(edits(owner, number))
        for number, owner in enumerate(owners * 3)  # three of each session, by either worker
    ]
    await enough.wait()
    assert await asyncio.to_thread(server.stop) == 0
    assert await asyncio.gather(*people) == [1012] * len(people)
    assert len({each["retry_after"] for each in goodbyes}) > 1
    with sqlite3.connect(tmp_path / "cohort.sqlite") as sql:
        recorded = {f"{session} {edit}" for session, edit in sql.execute(EDITS)}
    assert accepted <= recorded
    # Each worker ended by itself, in time: the launcher says when it has to kill one.
    server.complained_of_nothing()

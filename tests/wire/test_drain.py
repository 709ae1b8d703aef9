"""A server that is asked to stop says so, finishes what came in, and writes it down."""

import asyncio
import sqlite3
from pathlib import Path

from tests.wire.serving import Owner, Raw, Server

PEOPLE = 6


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

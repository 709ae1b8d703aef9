"""Undo and redo over real sockets: sent twice, on another worker, in a session opened again."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from server.redis.embedded import Valkey
from tests.wire.serving import Owner, Raw, Server, migrated


def set_level(number: int, level: int) -> dict[str, Any]:
    operations = [{"type": "set_level", "level": level}]
    return {"type": "edit", "id": f"edit-{number:04}", "base": 0, "operations": operations}


async def joined(url: str, session: str, **fields: Any) -> tuple[Raw, dict[str, Any]]:
    raw = await Raw.open(url, session)
    await raw.join(**fields)
    return raw, await raw.receive("snapshot")


async def test_an_undo_sent_twice_undoes_once_and_is_told_twice(
    two_servers: tuple[Server, Server],
) -> None:
    one, other = two_servers
    ann = Owner(one.url)
    bob_secret = ann.invite()["secret"]
    raw, _ = await joined(one.url, ann.session, token=ann.token)
    bob, _ = await joined(other.url, ann.session, invitation=bob_secret, name="Bob")
    first = set_level(1, 10)
    first["operations"].append({"type": "set_title", "title": "Supernova"})
    for edit in (set_level(0, 9), first):
        await raw.send(edit)
        await raw.receive("accepted")
    await bob.send(set_level(2, 30))
    await bob.receive("accepted")
    undo = {"type": "undo", "id": "undo-0001", "base": 2}
    await raw.send(undo)
    change = await raw.receive("change")
    while change["revision"] < 4:
        change = await raw.receive("change")
    assert (change["undoes"], change["patch"]) == ("edit-0001", {"title": None})
    accepted = await raw.receive("accepted")
    (kept,) = accepted["kept"]
    assert kept["message"] == "Bob set the level to 30 since."
    assert kept["place"] == "level"
    await raw.socket.close()
    # Back on the other worker, the answer lost: the same undo again.
    again, _ = await joined(other.url, ann.session, token=ann.token)
    await again.send(undo)
    assert await again.receive("accepted") == accepted
    await again.send({**undo, "type": "redo"})
    assert (await again.receive("refused"))["code"] == "id_reused"
    await again.send({"type": "redo", "id": "redo-0001", "base": 4})
    assert (await again.receive("change"))["redoes"] == "edit-0001"
    for each in (again, bob):
        await each.socket.close()
    assert ann.snapshot()["build"]["title"] == "Supernova"


async def test_there_is_nothing_to_undo_and_nothing_for_a_viewer(server: Server) -> None:
    ann = Owner(server.url)
    raw, _ = await joined(server.url, ann.session, token=ann.token)
    await raw.send({"type": "undo", "id": "undo-0001", "base": 0})
    assert (await raw.receive("refused"))["code"] == "nothing_to_undo"
    await raw.send({"type": "redo", "id": "undo-0002", "base": 0, "unknown": 1})
    assert (await raw.receive("refused"))["code"] == "nothing_to_redo"
    await raw.send({"type": "undo", "id": "undo-0003"})
    refused = await raw.receive("refused")
    assert (refused["code"], refused["id"], refused["path"]) == ("invalid", "undo-0003", "$")
    secret = ann.invite("viewer")["secret"]
    eve, _ = await joined(server.url, ann.session, invitation=secret, name="Eve")
    await eve.send({"type": "undo", "id": "undo-0001", "base": 0})
    assert (await eve.receive("refused"))["code"] == "not_allowed"
    for each in (raw, eve):
        await each.socket.close()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path / "valkey")
    valkey.start()
    yield valkey
    valkey.stop()


@pytest.fixture
def reopening(valkey: Valkey, tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "a", **migrated(tmp_path, valkey.url))
    yield server
    assert server.stop() == 0


async def recorded(database: Path, session: str, revision: int) -> None:
    """Wait until the recorder has written this revision."""
    while True:
        with sqlite3.connect(database) as sql:
            found = sql.execute(
                "SELECT max(recorded) FROM epochs WHERE session_id = ?", [session]
            ).fetchone()
        if found[0] == revision:
            return
        await asyncio.sleep(0.05)


async def test_what_was_done_before_a_session_was_opened_again_can_be_undone(
    reopening: Server, valkey: Valkey, tmp_path: Path
) -> None:
    ann = Owner(reopening.url)
    raw, _ = await joined(reopening.url, ann.session, token=ann.token)
    async with asyncio.timeout(60):
        for number in (1, 2):
            await raw.send(set_level(number, 10 * number))
            await raw.receive("accepted")
        await recorded(tmp_path / "shared.sqlite", ann.session, 2)
        redis = Redis.from_url(valkey.url)
        await redis.flushall()
        await redis.aclose()
        snapshot = await raw.receive("snapshot")  # of a new epoch
        assert snapshot["build"]["level"] == 20
        for number, level in ((1, 10), (2, 50)):
            await raw.send({"type": "undo", "id": f"undo-000{number}", "base": 2})
            change = await raw.receive("change")
            assert change["undoes"] == f"edit-000{3 - number}"
            assert change["patch"].get("level") == (None if level == 50 else level)
            assert (await raw.receive("accepted"))["revision"] == number + 2
        await raw.send({"type": "undo", "id": "undo-0001", "base": 2})
        assert (await raw.receive("accepted"))["revision"] == 3
    await raw.socket.close()

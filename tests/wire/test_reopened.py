"""Redis loses a session; SQL brings it back in a new epoch."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from calc.operations import SetLevel, SetTitle
from server.client import Client
from server.redis.embedded import Valkey
from server.server_messages import Accepted
from tests.wire.serving import Owner, Server, migrated


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path / "valkey")
    valkey.start()
    yield valkey
    valkey.stop()


@pytest.fixture
def servers(valkey: Valkey, tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    environment = migrated(tmp_path, valkey.url)
    one, other = (Server(tmp_path / name, **environment) for name in ("a", "b"))
    yield one, other
    assert one.stop() == 0
    assert other.stop() == 0


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


async def test_a_session_that_redis_lost_is_reopened_from_sql_by_two_workers_at_once(
    servers: tuple[Server, Server], valkey: Valkey, tmp_path: Path
) -> None:
    one, other = servers
    ann = Owner(one.url, title="Nova")
    secret = ann.invite()["secret"]
    async with (
        asyncio.timeout(60),
        Client(one.url, ann.session, token=ann.token) as first,
        Client(other.url, ann.session, invitation=secret, name="Bob") as second,
    ):
        for level in range(1, 41):  # past a stored build
            answer = await first.edit(SetLevel(level))
        assert isinstance(answer, Accepted)
        before = first.replica
        epoch, document, totals = before.position.epoch, before.document, before.totals
        await recorded(tmp_path / "shared.sqlite", ann.session, 40)

        redis = Redis.from_url(valkey.url)
        await redis.flushall()
        await redis.aclose()

        again = await first.edit(SetLevel(40), id=answer.id)
        assert again == answer  # its edit ids came back too
        await second.edit(SetTitle("Supernova"))
        await asyncio.gather(first.reached(41), second.reached(41))
        assert first.replica.position == second.replica.position
        assert first.replica.position.epoch != epoch
        assert first.replica.document == {**document, "title": "Supernova"}
        assert first.replica.totals == totals
        await recorded(tmp_path / "shared.sqlite", ann.session, 41)

        redis = Redis.from_url(valkey.url)
        await redis.flushall()
        await redis.aclose()
        await second.until(lambda: second.replica.position.epoch not in (epoch, ""))
        assert await first.edit(SetLevel(40), id=answer.id) == answer
        assert ann.snapshot()["revision"] == 41
        assert ann.snapshot()["build"]["title"] == "Supernova"


async def test_without_redis_the_server_lives_and_is_not_ready(
    servers: tuple[Server, Server], valkey: Valkey
) -> None:
    ann = Owner(servers[0].url)
    valkey.stop()
    assert ann.call("GET", "/health/live")["status"] == "live"
    assert ann.call("GET", "/health/ready", status=503)["status"] == "unavailable"
    answer = ann.http.post("/api/v1/totals", content=b"{}", headers={"X-Request-ID": "mine"})
    assert "request" not in answer.json()  # the fault is the client's
    headers = {"Authorization": f"Bearer {ann.token}", "X-Request-ID": "mine"}
    path = f"/api/v1/sessions/{ann.session}"
    answer = ann.http.patch(path, content=b'{"locked": true}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.json()["request"] == answer.headers["x-request-id"] == "mine"
    begun = ann.call("POST", "/api/v1/sessions", {"title": "Later"}, status=201)["id"]
    valkey.start()
    while ann.http.get("/health/ready").json()["checks"]["redis"]["status"] != "ok":
        pass  # a busy machine may take longer than it waits
    assert ann.snapshot()["revision"] == 0
    ann.session = begun
    assert ann.snapshot()["build"]["title"] == "Later"


async def test_an_idle_session_leaves_redis_and_an_edit_sent_again_is_made_once(
    tmp_path: Path,
) -> None:
    server = Server(tmp_path / "data", idle_s="1")
    ann = Owner(server.url, title="Nova")
    path = f"/api/v1/sessions/{ann.session}/edits"
    edit = {"base": 0, "operations": [{"type": "set_level", "level": 30}]}
    made = ann.call("POST", path, edit, **{"Idempotency-Key": "idle-edit-1"})
    before = ann.snapshot()
    assert server.stop() == 0
    await server.restart()  # nobody has it open any more
    socket = tmp_path / "data" / "redis" / "redis.sock"
    async with asyncio.timeout(90), Redis(unix_socket_path=str(socket)) as redis:
        while True:
            if not await redis.keys("{session:*"):
                break
            await asyncio.sleep(0.05)
        again = Owner(server.url)  # the token of before is good on the same port
        again.token, again.session = ann.token, ann.session
        assert again.call("POST", path, edit, **{"Idempotency-Key": "idle-edit-1"}) == made
        after = again.snapshot()
    assert after.pop("epoch") != before.pop("epoch")
    assert before.pop("at")
    assert "at" not in after  # the epoch is proof enough
    # Waiting proposals are told once SQL was asked for them.
    after.pop("proposals", None), before.pop("proposals", None)
    assert after == before
    history = again.call("GET", f"/api/v1/sessions/{ann.session}/history")["changes"]
    assert [each["edit"] for each in history] == ["idle-edit-1"]
    server.ends_well()

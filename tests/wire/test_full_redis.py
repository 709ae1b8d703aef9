"""A Redis that has no room left: edits are refused for now, and none that was accepted is lost."""

from pathlib import Path
from typing import Any

from redis import Redis

from tests.wire.serving import Owner, Server

NOTES = 2000  # characters: what an edit takes of Redis's memory
ROOM = 100_000


def test_a_full_redis_refuses_edits_and_loses_none(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", edits_per_second="10000", operations_per_second="10000")
    ann = Owner(server.url, title="Nova")
    path = f"/api/v1/sessions/{ann.session}/edits"

    def edit(number: int) -> Any:
        notes = {"type": "set_notes", "notes": f"{number:04}" * (NOTES // 4)}
        return ann.http.post(
            path,
            json={"base": 0, "operations": [notes]},
            headers={
                "Authorization": f"Bearer {ann.token}",
                "Idempotency-Key": f"edit-{number:04}",
            },
        )

    assert edit(1).status_code == 200
    with Redis(unix_socket_path=str(tmp_path / "data" / "redis" / "redis.sock")) as redis:
        redis.config_set("maxmemory", redis.info("memory")["used_memory"] + ROOM)
        number = 1
        while (answer := edit(number + 1)).status_code == 200:
            number += 1
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (503, "unavailable")
        assert problem["retry_after"] > 0
        assert ann.snapshot()["revision"] == number  # who looks on is served
        redis.config_set("maxmemory", 0)
    again = edit(number + 1)
    assert again.json()["revision"] == number + 1
    found, before = [], ""
    while True:
        page = ann.call("GET", f"/api/v1/sessions/{ann.session}/history?limit=100{before}")
        found += [each["edit"] for each in page["changes"]]
        if "next" not in page:
            break
        before = f"&before={page['next']}"
    assert found == [f"edit-{each:04}" for each in range(number + 1, 0, -1)]
    assert server.stop() == 0

"""What connections, audiences and databases tell of themselves to whoever measures."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from server.live.audience import BEHIND_S, Audience
from server.log.log import Log
from server.logic.rights import Access, Membership
from server.orm import Database, DatabaseAwayError
from server.protocol import Close
from server.redis.calls import UnreachableError
from server.server_messages import Refused
from server.settings import Settings
from server.sockets.connection import FALLS, Connection
from server.sockets.views import Wanted
from server.telemetry.measures import Measures


class Told:
    """Everything that was told, counted: `refused not_allowed`, `socket changes`, …"""

    def __init__(self) -> None:
        self.times: Counter[str] = Counter()
        self.measures = Measures(
            refused=lambda code: self._note(f"refused {code}"),
            socket=lambda feed, by: self._note(f"socket {feed}", by),
            fell_behind=lambda: self._note("fell behind"),
            moved_on=lambda: self._note("moved on"),
            cut_off=lambda: self._note("cut off"),
            redis_failed=lambda: self._note("redis failed"),
            sql_failed=lambda: self._note("sql failed"),
        )

    def _note(self, what: str, by: int = 1) -> None:
        self.times[what] += by


class Socket:
    """A socket whose peer reads when told to."""

    unread = 0

    def watch(self, outlet: Connection, outbox_bytes: int) -> Callable[[bytes], None]:
        return lambda _: None

    def close(self, code: Close, reason: str) -> None: ...


@pytest.fixture
def told() -> Told:
    return Told()


def a_connection(told: Told, person: str = "g1", *views: Any) -> Connection:
    wanted = Wanted(views) if views else Wanted()
    return Connection(Socket(), Settings(), person, "", 1e11, wanted, measures=told.measures)


def test_who_does_not_read_is_told_of_at_each_step(told: Told) -> None:
    connection = a_connection(told)
    connection.drained = Connection.reads_again  # type: ignore[assignment]
    for fall in range(1, FALLS + 1):
        connection.filled()
        connection.send(b"one too many")
        assert told.times["fell behind"] == fall
        connection.emptied()
    assert told.times == {"fell behind": FALLS, "moved on": FALLS, "cut off": 1}


def test_a_refusal_is_told_by_its_code(told: Told) -> None:
    a_connection(told).answer(Refused("not_allowed", "You may not.", id="edit-0001"))
    assert told.times == {"refused not_allowed": 1}


async def test_sockets_are_told_by_what_they_are_sent_until_they_leave(told: Told) -> None:
    audience = Audience(measures=told.measures)
    roles: Any = {"g1": "editor", "g2": "viewer", "g3": "viewer"}
    audience.take_access(Access(1, {who: Membership(who, role) for who, role in roles.items()}))
    editor, viewer = a_connection(told, "g1"), a_connection(told, "g2")
    overlay = a_connection(told, "g3", "totals")
    for connection in (editor, viewer, overlay):
        audience.enter(connection)
    assert told.times == {"socket changes": 1, "socket updates": 1, "socket totals": 1}
    audience.leave(editor)
    audience.leave(editor)
    overlay.behind_since = 0.0
    audience.close_overdue(now=0, monotonic=BEHIND_S + 1)
    audience.leave(overlay)
    assert +told.times == {"socket updates": 1, "cut off": 1}


async def test_calls_that_fail_are_told(told: Told, tmp_path: Path) -> None:
    away = Redis.from_url(f"unix://{tmp_path}/no.sock", retry=Retry(NoBackoff(), 0))  # type: ignore[no-untyped-call]
    with pytest.raises(UnreachableError):
        await Log(away, 10, 10, told.measures).ping()
    database = Database("sqlite+aiosqlite://", told.measures)
    with pytest.raises(DatabaseAwayError):
        async with database.reading():
            raise TimeoutError
    assert told.times == {"redis failed": 1, "sql failed": 1}
    await away.aclose()
    await database.close()

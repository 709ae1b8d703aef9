"""What recording waits for is told once, and when it is over."""

import pytest
from sqlalchemy.exc import ProgrammingError

from server.orm import DatabaseAwayError
from server.recording.outage import Outage
from server.redis.calls import FullError, UnreachableError


def test_what_fails_now_and_then_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage(rounds=3)
    outage.went_well()
    for _ in range(5):
        outage.hindered(FullError("Redis has no room left"))
        outage.went_well()
        outage.went_well()
    outage.hindered(UnreachableError("Connection refused."))
    assert caplog.messages == [
        "recording waits: Redis has no room left.",
        "recording waits: Redis does not answer: Connection refused.",
    ]
    caplog.clear()
    for _ in range(6):
        outage.went_well()
    (over,) = caplog.messages
    assert over.startswith("recording goes on, after ")
    outage.hindered(FullError())
    assert len(caplog.messages) == 2


def test_what_hinders_is_one_line_without_the_statement(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage(rounds=1)
    outage.hindered(ProgrammingError("SELECT\n1", None, Exception("no such column:\nx.")))
    away = DatabaseAwayError("several\nlines")
    away.__cause__ = TimeoutError()
    outage.hindered(away)
    assert caplog.messages == [
        "recording waits: The database refuses what is asked: no such column: x.",
        "recording waits: The database does not answer: it takes too long.",
    ]

"""Readiness: what is not well, since when, and no waiting for what hangs."""

import asyncio
import logging
import re
import signal
import time

import pytest

from server.orm import DatabaseAwayError, ReadOnlyError
from server.redis.calls import UnreachableError
from server.telemetry import health
from server.telemetry.health import Doctor


class World:
    """Redis, SQL and a recorder, as well as a test wants them to be."""

    def __init__(self) -> None:
        self.redis: Exception | None = None
        self.sql: Exception | None = None
        self.hangs = asyncio.Event()
        self.hangs.set()
        self.unsafe: tuple[str, ...] = ()
        self.lag_s = 0.0
        self.failing = 0
        self.asked = 0
        self.doctor = Doctor(
            self._redis, self._sql, self._unsafe, lambda: (self.lag_s, self.failing)
        )

    async def _redis(self) -> None:
        self.asked += 1
        await self.hangs.wait()
        if self.redis is not None:
            raise self.redis

    async def _sql(self) -> None:
        if self.sql is not None:
            raise self.sql

    async def _unsafe(self) -> tuple[str, ...]:
        return self.unsafe


async def test_all_is_well() -> None:
    found = await World().doctor.look()
    assert (found.status, found.serves) == ("ready", True)
    assert {check.status for check in found.checks.values()} == {"ok"}


async def test_without_redis_nobody_is_sent_here_until_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    world.redis = UnreachableError("refused")
    with caplog.at_level(logging.WARNING, "server.telemetry.health"):
        first = await world.doctor.look()
        again = await world.doctor.look()
    assert (first.status, first.serves) == ("unavailable", False)
    assert first.checks["redis"].status == "away"
    assert first.checks["redis"].detail == "Redis does not answer."
    assert again.checks["redis"].since == first.checks["redis"].since
    assert len(caplog.records) == 1  # told once, not at each look
    world.redis = None
    assert (await world.doctor.look()).status == "ready"


async def test_a_clock_that_is_set_back_makes_no_outage_end_before_it_began(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    world.lag_s = 31.0
    first = await world.doctor.look()
    earlier = time.time_ns() - 7200 * 10**9
    with monkeypatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: earlier)
        assert (await world.doctor.look()).checks == first.checks
        world.lag_s = 0.0
        await world.doctor.look()
    assert re.search(r"recorder is well again, after \d+ s", caplog.text)


async def test_without_sql_editing_goes_on() -> None:
    world = World()
    world.sql = DatabaseAwayError("refused")
    found = await world.doctor.look()
    assert (found.status, found.serves) == ("degraded", True)
    assert found.checks["sql"].status == "away"
    assert found.checks["sql"].detail == "The database does not answer."
    world.sql = ReadOnlyError()
    assert (await world.doctor.look()).checks["sql"].detail == "The database is read-only."


async def test_what_hangs_is_asked_once_and_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "ANSWER_S", 0.01)
    world = World()
    world.hangs.clear()
    assert (await world.doctor.look()).status == "unavailable"
    assert (await world.doctor.look()).status == "unavailable"
    assert world.asked == 1
    world.hangs.set()
    assert (await world.doctor.look()).status == "ready"


async def test_a_recorder_that_does_not_follow_and_an_unsafe_redis_are_named() -> None:
    world = World()
    world.lag_s, world.unsafe = 31.0, ("Redis may evict keys.",)
    found = await world.doctor.look()
    assert (found.status, found.serves) == ("degraded", True)
    assert found.checks["redis_safety"].detail == "Redis may evict keys."
    assert found.checks["recorder"].lag_s == 31.0
    world.lag_s, world.failing = 0.0, 2
    found = await world.doctor.look()
    assert found.checks["recorder"].detail == "2 sessions cannot be written to the database."


async def test_who_drains_is_not_ready_and_ends_later(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = asyncio.Event()
    installed = signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        world = World()
        world.doctor.drains(0.01)
        assert (await world.doctor.look()).status == "ready"
        signal.raise_signal(signal.SIGTERM)
        assert not ended.is_set()
        found = await world.doctor.look()
        assert (found.status, found.serves) == ("draining", False)
        async with asyncio.timeout(10):
            await ended.wait()
    finally:
        signal.signal(signal.SIGTERM, installed)

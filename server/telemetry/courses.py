"""An edit's way, timed for metrics and told as spans: what is behind `Measures`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from server.settings import Settings
from server.telemetry.health import Doctor
from server.telemetry.measures import UNMEASURED, Course, Measures, Spread

if TYPE_CHECKING:  # neither is loaded where it is off
    from server.telemetry.metrics import Metrics
    from server.telemetry.tracing import EditSpan, Tracing

HEALTH_EVERY = 5  # rounds

Seconds = Callable[[float], object]


def listeners(
    settings: Settings, worker: str, folder: Path | None
) -> "tuple[Metrics | None, Tracing | None]":
    """Who wants to know, by the settings. folder: see `Metrics`."""
    metrics = tracing = None
    if settings.measured:
        from server.telemetry.metrics import Metrics as Kept

        metrics = Kept(folder)
    if settings.otlp_endpoint:
        from server.telemetry.tracing import Tracing as Told

        tracing = Told(settings.otlp_endpoint, worker)
    return metrics, tracing


async def sample(metrics: "Metrics | None", doctor: Doctor) -> None:
    """Have the metrics tell how the process and what it stands on do, until cancelled.

    Without metrics it is looked at once, for the log to name what is not well.
    """
    if metrics is None:
        await doctor.look()
        return

    rounds = 0

    async def look() -> None:
        nonlocal rounds
        if rounds % HEALTH_EVERY == 0:
            for name, check in (await doctor.look()).checks.items():
                metrics.healthy(name, check.status == "ok")
        metrics.recorded(*doctor.recording())
        rounds += 1

    await metrics.run(look)


def measured(metrics: "Metrics | None", tracing: "Tracing | None") -> Measures:
    """What the parts of a worker tell, for those who want to know."""
    if metrics is None:
        if tracing is None:
            return UNMEASURED
        return Measures(course=_course(_untold, _untold, tracing), spread=_spread(None, tracing))
    return Measures(
        course=_course(metrics.committed, metrics.answered, tracing),
        spread=metrics.spread if tracing is None else _spread(metrics, tracing),
        refused=metrics.refused,
        session=metrics.session,
        socket=metrics.socket,
        fell_behind=metrics.fell_behind,
        moved_on=metrics.moved_on,
        cut_off=metrics.cut_off,
        closed=metrics.closed,
        computed=metrics.computed,
        redis_failed=metrics.redis_failed,
        sql_failed=metrics.sql_failed,
        hints_lost=metrics.hints_lost,
    )


class Timed(Course):
    """committed: told the seconds from the begin of its turn until it was durable; took: those
    from its arrival until its author was told. span: where traces are wanted."""

    __slots__ = ("_began", "_committed", "_received", "_span", "_took")

    def __init__(self, committed: Seconds, took: Seconds, span: "EditSpan | None") -> None:
        self._committed = committed
        self._took = took
        self._span = span
        self._received = self._began = perf_counter()

    def begins(self) -> None:
        self._began = perf_counter()
        if self._span is not None:
            self._span.begins()

    def decided(self) -> None:
        if self._span is not None:
            self._span.decided()

    def durable(self) -> AbstractContextManager[object]:
        self._committed(perf_counter() - self._began)
        return super().durable() if self._span is None else self._span.durable()

    def answered(self, code: str) -> None:
        self._took(perf_counter() - self._received)
        if self._span is not None:
            self._span.answered(code)


def _untold(_: float) -> None:
    """Nobody counts."""


def _course(
    committed: Seconds, took: Seconds, tracing: "Tracing | None"
) -> Callable[[str, str], Course]:
    if tracing is None:
        return lambda _session, _edit: Timed(committed, took, None)
    return lambda session, edit: Timed(committed, took, tracing.edit(session, edit))


def _spread(metrics: "Metrics | None", tracing: "Tracing") -> Callable[[str], Spread | None]:
    def spread(tier: str) -> Spread | None:
        ended = tracing.fan_out(tier)
        if metrics is None:
            return None if ended is None else Spread(ended)
        timed = metrics.spread(tier)
        if ended is None:
            return timed
        return Spread(lambda: (timed.done(), ended()))

    return spread

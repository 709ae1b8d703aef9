"""Traces: what belongs to what, what is left out, and a collector that is away."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from server.telemetry import tracing as traces
from server.telemetry.courses import measured
from server.telemetry.measures import Measures
from server.telemetry.tracing import Tracing
from tests.wire.collector import Collector, values


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    monkeypatch.setattr(traces, "FLUSH_S", 60.0)
    collector = Collector()
    yield collector
    collector.close()


def edit(measures: Measures, refused: str = "") -> None:
    course = measures.course("s1", "edit-0001")
    course.begins()
    if not refused:
        course.decided()
        with course.durable():
            spread = measures.spread("collaborators")
            if spread is not None:
                spread.awaits()
                spread.written()
    course.answered(refused)


async def test_an_edit_has_its_parts(collector: Collector) -> None:
    tracing = Tracing(collector.url, "w1")
    measures = measured(None, tracing)
    edit(measures)
    assert measures.spread("collaborators") is None  # of a change that was made elsewhere
    await tracing.close()
    (whole,) = [span for span in collector.spans if span.name == "edit"]
    parts = {span.name: span for span in collector.spans if span.name != "edit"}
    assert set(parts) == {"decide", "commit", "fan-out"}
    assert {part.parent_span_id for part in parts.values()} == {whole.span_id}
    assert parts["decide"].end_time_unix_nano == parts["commit"].start_time_unix_nano
    assert values(parts["fan-out"]) == {"cohort.tier": "collaborators"}
    assert collector.resources[0]["service.instance.id"] == "w1"


async def test_what_is_refused_says_why(collector: Collector) -> None:
    tracing = Tracing(collector.url, "w1")
    edit(measured(None, tracing), "not_allowed")
    await tracing.close()
    (span,) = collector.spans
    assert values(span)["cohort.refused"] == "not_allowed"


async def test_what_is_not_sampled_has_no_parts(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    tracing = Tracing(collector.url, "w1")
    edit(measured(None, tracing))
    await tracing.close()
    assert collector.spans == []


async def test_a_request_goes_on_with_the_trace_that_a_proxy_began(collector: Collector) -> None:
    tracing = Tracing(collector.url, "w1")
    trace = "0af7651916cd43dd8448eb211c80319c"
    span = tracing.request("GET", {"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    with span.current():
        edit(measured(None, tracing))
    span.answered("GET", "/x/{id}", 503, "r1")
    own = tracing.request("GET", {})
    own.answered("GET", "", 404, "r2")
    await tracing.close()
    by_name = {span.name: span for span in collector.spans}
    assert by_name["GET /x/{id}"].trace_id.hex() == trace
    assert by_name["edit"].parent_span_id == by_name["GET /x/{id}"].span_id
    assert by_name["GET /x/{id}"].status.code == 2  # an error of ours
    assert by_name["GET"].trace_id.hex() != trace


async def test_a_collector_that_hangs_holds_up_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        tracing = Tracing(f"http://127.0.0.1:{silent.getsockname()[1]}", "w1")
        edit(measured(None, tracing))
        async with asyncio.timeout(60):
            await tracing.close()

"""What Prometheus is told of a worker."""

import subprocess
import sys

import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from server.sockets.line import Line
from server.telemetry.courses import measured
from server.telemetry.measures import UNMEASURED, Course
from server.telemetry.metrics import Metrics, Tally


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def told(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every value, by its name and its labels' values."""
    metrics.look()
    text, _ = metrics.expose("")
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_a_tally_tells_what_a_histogram_tells() -> None:
    bounds = (0.1, 1.0, 10.0)
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    tally = Tally("x", "", registry=ours, buckets=bounds)
    histogram = Histogram("x", "", registry=theirs, buckets=bounds)
    for seconds in (0.05, 0.1, 0.100001, 1.0, 7.5, 10.0, 11.0):
        tally.observe(seconds)
        histogram.observe(seconds)
    assert generate_latest(ours) != generate_latest(theirs)
    tally.write()
    assert generate_latest(ours) == generate_latest(theirs)
    tally.write()
    assert generate_latest(ours) == generate_latest(theirs)


async def test_an_edit_is_counted_and_timed(metrics: Metrics) -> None:
    course = measured(metrics, None).course("s1", "edit-0001")
    course.begins()
    course.decided()
    with course.durable():
        pass
    course.answered("")
    values = told(metrics)
    assert values["cohort_edits_total", ()] == 1
    assert values["cohort_commit_seconds_count", ()] == 1
    assert 0 < values["cohort_commit_seconds_sum", ()] <= values["cohort_edit_seconds_sum", ()]


async def test_what_is_refused_is_no_edit_that_was_committed(metrics: Metrics) -> None:
    measures = measured(metrics, None)
    course = measures.course("s1", "edit-0001")
    course.begins()
    course.answered("not_allowed")
    measures.refused("not_allowed")
    values = told(metrics)
    assert values["cohort_refusals_total", ("not_allowed",)] == 1
    assert values["cohort_edit_seconds_count", ()] == 1
    assert values["cohort_commit_seconds_count", ()] == 0


async def test_requests_are_told_by_route_and_known_methods(metrics: Metrics) -> None:
    metrics.requested("GET", "/api/v1/builds/{build_id}", 200, 0.2)
    metrics.requested("GET", "/api/v1/builds/{build_id}", 404, 0.1)
    metrics.requested("BREW", "", 405, 0.1)
    values = told(metrics)
    route = "/api/v1/builds/{build_id}"
    assert values["cohort_http_requests_total", ("GET", route, "200")] == 1
    assert values["cohort_http_requests_total", ("GET", route, "404")] == 1
    assert values["cohort_http_request_seconds_count", ("GET", route)] == 2
    assert values["cohort_http_requests_total", ("other", "none", "405")] == 1


async def test_what_runs_and_how_it_is(metrics: Metrics) -> None:
    metrics.serves("page 8", "abc.3")
    metrics.recorded(2.5, 1)
    metrics.healthy("sql", False)
    values = told(metrics)
    (runs,) = [set(labels) for name, labels in values if name == "cohort_build_info"]
    assert runs >= {"page 8", "abc.3"}
    assert values["cohort_recorder_lag_seconds", ()] == 2.5
    assert values["cohort_recorder_failing_sessions", ()] == 1
    assert values["cohort_healthy", ("sql",)] == 0
    assert values["cohort_worker_memory_bytes", ()] > 1e6
    assert values["cohort_worker_cpu_seconds_total", ()] > 0


class Reader:
    """Stands for a connection in a line."""

    line: Line | None = None
    place = 0

    def write(self, frames: bytes) -> None: ...


async def test_a_change_is_fanned_out_when_every_line_has_written_it(metrics: Metrics) -> None:
    lines = [Line(), Line(), Line()]
    for line in lines[:2]:  # nobody is in the third
        line.enter(Reader())  # type: ignore[arg-type]
    spread = measured(metrics, None).spread("collaborators")
    assert spread is not None
    count = "cohort_fanout_seconds_count", ("collaborators",)
    for line in lines:
        line.put(b"frame", spread)
    assert told(metrics)[count] == 0
    lines[0]._begin()
    assert told(metrics)[count] == 0
    lines[1]._begin()
    assert told(metrics)[count] == 1


def test_nothing_is_measured_unless_somebody_wants_to_know() -> None:
    assert measured(None, None) is UNMEASURED
    assert type(UNMEASURED.course("s1", "edit-0001")) is Course
    assert UNMEASURED.spread("viewers") is None


def test_what_is_off_is_not_even_loaded() -> None:
    found = """
import sys, server.app
print(*{"prometheus_client", "structlog", "opentelemetry.exporter"} & sys.modules.keys())
"""
    loaded = subprocess.run(
        [sys.executable, "-c", found], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == ""

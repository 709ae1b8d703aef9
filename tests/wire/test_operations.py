"""What an operator sees of a server of two workers: metrics, logs, traces, and how it ends."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.wire.collector import Collector, values
from tests.wire.serving import Owner, Raw, Server

TOKEN = "metrics-token-of-the-tests"
FOLDER = "/cohort-metrics-"
PASSWORD = "four words nobody says"
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


class Watched:
    """A server of two workers, and all that it tells."""

    def __init__(self, folder: Path) -> None:
        self.collector = Collector()
        self.server = Server(
            folder,
            "--workers",
            "2",
            metrics_token=TOKEN,
            log_format="json",
            log_level="debug",
            otlp_endpoint=self.collector.url,
            drain_s="1.5",
        )
        self.url = self.server.url

    def metrics(self) -> dict[tuple[str, tuple[str, ...]], float]:
        """Every value, by its name and its labels' values (but for process ids)."""
        answer = httpx.get(
            f"{self.url}metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20
        )
        assert answer.status_code == 200, answer.text
        return {
            (sample.name, tuple(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }

    async def until(self, holds: Callable[[dict[Any, float]], bool]) -> dict[Any, float]:
        """The metrics, as soon as this holds of them: workers write theirs once a second."""
        async with asyncio.timeout(60):
            while True:
                if holds(found := await asyncio.to_thread(self.metrics)):
                    return found

    def lines(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(line) for line in self.server.said if line.startswith("{")]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")  # ms; as for all of the SDK's settings
        watched = Watched(tmp_path_factory.mktemp("operations"))
    yield watched
    watched.server.stop()
    watched.collector.close()


async def socket_of(worker: str | None, url: str, owner: Owner) -> tuple[Raw, str]:
    """A joined socket by this worker (any when None), and which that is."""
    while True:
        raw = await Raw.open(url, owner.session)
        welcome = await raw.join(token=owner.token)
        if worker is None or welcome["worker"] != worker:
            return raw, welcome["worker"]
        await raw.socket.close()


def metrics_folder(server: Server) -> Path:
    """Where its workers keep what they measure: they have mapped it."""
    maps = Path(f"/proc/{server.worker_pids()[0]}/maps").read_text()
    return Path(next(line.split()[-1] for line in maps.splitlines() if FOLDER in line)).parent


def test_metrics_are_for_who_has_the_token(watched: Watched) -> None:
    url = f"{watched.url}metrics"
    assert httpx.get(url).json()["code"] == "not_authenticated"
    wrong = httpx.get(url, headers={"Authorization": "Bearer metrics-token-of-others"})
    assert wrong.status_code == 401


async def test_a_scrape_adds_up_all_workers_and_a_dead_one_has_no_sockets(
    watched: Watched,
) -> None:
    ann = Owner(watched.url)
    before = watched.metrics()
    one, first = await socket_of(None, watched.url, ann)
    other, _ = await socket_of(first, watched.url, ann)
    for number, raw in enumerate((one, other, one)):
        title = {"type": "set_title", "title": f"{number}"}
        edit = {"type": "edit", "id": f"edit-{number:04}", "base": 0, "operations": [title]}
        await raw.send(edit)
        await raw.receive("accepted")
    await one.send({"type": "edit", "id": "edit-0009", "base": 0, "operations": []})
    await one.receive("refused")

    def grew(found: dict[Any, float], name: str, *labels: str) -> float:
        return found[name, labels] - before.get((name, labels), 0)

    found = await watched.until(
        lambda found: (
            grew(found, "cohort_edits_total") == 3
            and grew(found, "cohort_commit_seconds_count") == 3
            and ("cohort_healthy", ("redis",)) in found  # it looks after a second
        )
    )
    assert grew(found, "cohort_refusals_total", "invalid") == 1
    assert found["cohort_sockets", ("collaborators",)] == 2
    assert found["cohort_sessions_open", ()] >= 2  # the same, by each worker
    assert grew(found, "cohort_fanout_seconds_count", "collaborators") >= 3
    workers = [labels for name, labels in found if name == "cohort_worker_memory_bytes"]
    assert len(workers) == 2

    os.kill(int(first.partition("-")[0]), signal.SIGKILL)
    found = await watched.until(lambda found: found["cohort_sockets", ("collaborators",)] == 1)
    assert grew(found, "cohort_edits_total") == 3  # what it counted stays
    await other.socket.close()
    await watched.until(lambda found: found["cohort_sockets", ("collaborators",)] == 0)


async def test_labels_have_no_values_of_visitors(watched: Watched) -> None:
    ann = Owner(watched.url, "Nobody else")
    raw, _ = await socket_of(None, watched.url, ann)
    ann.snapshot()
    ann.http.get("/no/such/place")
    ann.http.request("PROPFIND", "/x")
    await raw.socket.close()
    found = watched.metrics()
    labels = {label for _, labels in found for label in labels}
    for own in (ann.session, ann.person, "Nobody else", "/no/such/place", "PROPFIND"):
        assert not any(own in label for label in labels)
    routes = {labels[1] for name, labels in found if name == "cohort_http_requests_total"}
    assert "/api/v1/sessions/{session_id}" in routes
    assert not any("/live" in route for route in routes if route != "/health/live")


async def test_a_request_and_an_edit_are_traced(watched: Watched) -> None:
    ann = Owner(watched.url)
    headers = {
        "Idempotency-Key": "edit-0001",
        "traceparent": f"00-{TRACE}-{PARENT}-01",
        "X-Request-ID": "asked-for-by-the-test",
    }
    edit = {"base": 0, "operations": [{"type": "set_level", "level": 30}]}
    path = f"/api/v1/sessions/{ann.session}/edits"
    ann.call("POST", path, edit, **headers)
    request = watched.collector.wait("POST /api/v1/sessions/{session_id}/edits")
    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (TRACE, PARENT)
    told = values(request)
    assert told["http.response.status_code"] == 200
    assert told["cohort.request"] == "asked-for-by-the-test"

    def of_edit(edit: str) -> Callable[[Any], bool]:
        about = {"cohort.session": ann.session, "cohort.edit": edit}
        return lambda span: about.items() <= values(span).items()

    span = watched.collector.wait("edit", of_edit("edit-0001"))
    assert (span.trace_id, span.parent_span_id) == (request.trace_id, request.span_id)
    for name in ("decide", "commit"):
        part = watched.collector.wait(name, lambda part: part.parent_span_id == span.span_id)
        assert span.start_time_unix_nano <= part.start_time_unix_nano <= part.end_time_unix_nano
    assert watched.collector.resources[0]["service.name"] == "cohort"

    raw, _ = await socket_of(None, watched.url, ann)
    operation = {"type": "set_level", "level": 31}
    await raw.send({"type": "edit", "id": "edit-0002", "base": 1, "operations": [operation]})
    await raw.receive("accepted")
    await raw.socket.close()
    live = watched.collector.wait("edit", of_edit("edit-0002"))
    assert not live.parent_span_id  # a socket has no span
    watched.collector.wait("fan-out", lambda part: part.parent_span_id == live.span_id)
    assert not [each for each in watched.collector.spans if each.name.endswith("/live")]


async def test_no_secret_is_in_the_logs(watched: Watched) -> None:
    ann = Owner(watched.url, archetype="Class_Scrapper")
    invitation = ann.invite("viewer")
    viewer = await Raw.open(watched.url, ann.session)
    welcome = await viewer.join(invitation=invitation["secret"], name="Vic")
    account = {"username": "logged", "password": PASSWORD}
    granted = ann.call("POST", "/api/v1/accounts", account, status=201)
    ann.call("POST", "/api/v1/accounts", account, status=401, Authorization="Bearer not.a.token")
    bearer = f"Bearer {granted['access_token']}"
    new = {"name": "bot", "scope": "read"}
    key = ann.call("POST", "/api/v1/account/keys", new, status=201, Authorization=bearer)
    form = {"grant_type": "password", "username": "logged", "password": f"{PASSWORD}!"}
    ann.http.post("/api/v1/token", data=form)
    form = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    refreshed = ann.http.post("/api/v1/token", data=form).json()
    ann.http.get(f"/api/v1/sessions/{ann.session}?token={key['token']}")
    ann.http.get("/api/v1/builds", params={"text": "a-secret-of-a-query"})
    await viewer.send({"type": "join", "token": key["token"]})
    await viewer.receive("refused")
    await viewer.socket.send("{" + invitation["secret"])
    await viewer.closed()
    secrets = (
        ann.token,
        invitation["secret"],
        welcome["token"],
        PASSWORD,
        granted["access_token"],
        granted["refresh_token"],
        refreshed["access_token"],
        refreshed["refresh_token"],
        key["token"],
        TOKEN,
        "a-secret-of-a-query",
    )
    last = ann.http.get("/api/v1/stats", headers={"X-Request-ID": "the-last-of-the-tour"})
    assert last.headers["x-request-id"] == "the-last-of-the-tour"
    async with asyncio.timeout(60):
        while not any(line.get("request") == "the-last-of-the-tour" for line in watched.lines()):
            await asyncio.to_thread(ann.http.get, "/health/live")
    said = "\n".join(watched.server.said)
    assert [each for each in secrets if each in said] == []
    lines = watched.lines()
    made = next(
        line for line in lines if line.get("route") == "/api/v1/sessions/{session_id}/invitations"
    )
    assert made["session"] == ann.session
    assert made["person"] == ann.person
    assert made["status"] == 201
    assert any(line["event"].startswith("socket over") for line in lines)
    assert {"time", "level", "logger", "worker", "event"} <= set.intersection(*map(set, lines))


async def test_who_is_to_stop_says_first_that_it_is_not_ready(watched: Watched) -> None:
    ann = Owner(watched.url)
    raw, _ = await socket_of(None, watched.url, ann)
    ready = await asyncio.to_thread(httpx.get, f"{watched.url}health/ready")
    assert ready.json()["status"] != "draining"
    folder = metrics_folder(watched.server)
    assert await asyncio.to_thread(folder.exists)
    stopping = asyncio.create_task(asyncio.to_thread(watched.server.stop))
    async with asyncio.timeout(20):
        while True:
            ready = await asyncio.to_thread(httpx.get, f"{watched.url}health/ready")
            if ready.json()["status"] == "draining":
                break
    assert ready.status_code == 503
    title = {"type": "set_title", "title": "the last"}
    await raw.send({"type": "edit", "id": "edit-0001", "base": 0, "operations": [title]})
    await raw.receive("accepted")  # it goes on meanwhile
    await raw.receive("goodbye")
    assert (await raw.closed())[0] == 1012
    assert await stopping == 0
    assert not await asyncio.to_thread(folder.exists)
    # Nor had the launcher to end a worker that took too long.
    assert [line["event"] for line in watched.lines() if line["level"] == "error"] == []

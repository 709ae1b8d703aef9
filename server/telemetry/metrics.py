"""A worker's metrics, in Prometheus' format.

No label has values that visitors choose: routes are templates, refusals and closes are told by
our own codes. Where several workers share a port, each writes its values to files in a folder
that the launcher made, and whichever is asked adds all of them up.
"""

import asyncio
import gc
import resource
from bisect import bisect_left
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from server.telemetry.measures import Spread

SAMPLE_S = 1.0
QUICK_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
COMPUTED_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1)
METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
# A second series for each, which several workers do not have anyway.
disable_created_metrics()  # type: ignore[no-untyped-call]
_PAGE_BYTES = resource.getpagesize()


class Tally(Histogram):
    """Counts in plain Python what it observes: each value of the library costs a microsecond to
    write where workers share them, and an edit would write ten. `write` does, now and then."""

    def _metric_init(self) -> None:
        super()._metric_init()
        self._seen = [0] * len(self._upper_bounds)
        self._seen_sum = 0.0

    def observe(self, amount: float, exemplar: dict[str, str] | None = None) -> None:
        self._seen[bisect_left(self._upper_bounds, amount)] += 1
        self._seen_sum += amount

    def write(self) -> None:
        """Show what was seen since the last time."""
        for bucket, seen in enumerate(self._seen):
            if seen:
                self._buckets[bucket].inc(seen)
                self._seen[bucket] = 0
        self._sum.inc(self._seen_sum)
        self._seen_sum = 0.0


class Metrics:
    """folder: where the workers of one launcher keep their values; None: this one is alone."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        registry = self._registry = CollectorRegistry()

        def counter(name: str, meaning: str, *labels: str) -> Counter:
            return Counter(f"cohort_{name}", meaning, labels, registry=registry)

        def tally(
            name: str, meaning: str, *labels: str, bounds: tuple[float, ...] = QUICK_S
        ) -> Tally:
            return Tally(f"cohort_{name}", meaning, labels, registry=registry, buckets=bounds)

        def gauge(name: str, meaning: str, *labels: str, of: str = "livesum") -> Gauge:
            # of: how the values of several workers become one; liveall: they do not.
            return Gauge(
                f"cohort_{name}",
                meaning,
                labels,
                registry=registry,
                multiprocess_mode=of,  # type: ignore[arg-type]
            )

        self._build = gauge(
            "build_info", "What runs.", "version", "release", "engine", of="livemax"
        )
        self._sessions = gauge("sessions_open", "Sessions that workers here have loaded.")
        sockets = gauge("sockets", "Live sockets and streams, by what they are sent.", "tier")
        self._sockets = {
            "changes": sockets.labels("collaborators"),
            "updates": sockets.labels("viewers"),
            "totals": sockets.labels("totals"),
            "": sockets.labels("quiet"),
        }
        closes = counter("sockets_closed", "Sockets that we closed, by close code.", "code")
        self.closed = _by_label(closes)
        refusals = counter("refusals", "Refusals told on live sockets, by code.", "code")
        self.refused = _by_label(refusals)
        self._edits = counter("edits", "Edits that were committed here.").inc
        self._new_edits = 0  # counted in `look`: each write of a value costs a microsecond
        commit = tally("commit_seconds", "From the begin of an edit's turn until it is durable.")
        edit = tally("edit_seconds", "From an edit's arrival until its author is answered.")
        computed = tally(
            "totals_seconds", "What it takes to compute a build's totals.", bounds=COMPUTED_S
        )
        fanout = tally(
            "fanout_seconds",
            "From a change's commit until it is written to every socket here.",
            "tier",
        )
        fanouts = {tier: _child(fanout, tier) for tier in ("collaborators", "viewers")}
        self._tallies = [commit, edit, computed, *fanouts.values()]
        self._commit, self.answered, self.computed = commit.observe, edit.observe, computed.observe
        self._fanout = {tier: each.observe for tier, each in fanouts.items()}
        self.fell_behind = counter("behind", "Sockets whose outbox was full.").inc
        self.moved_on = counter("resets", "Sockets that were behind, and got a snapshot.").inc
        self.cut_off = counter("slow_closed", "Sockets that were closed for not reading.").inc
        self.redis_failed = counter("redis_errors", "Calls of Redis that failed.").inc
        self.sql_failed = counter("sql_errors", "Uses of the database that failed.").inc
        self.hints_lost = counter(
            "hints_lost", "How often the reader of other workers' notifications began anew."
        ).inc
        self._lag = gauge(
            "recorder_lag_seconds", "How old what is not in SQL yet may be.", of="livemax"
        )
        self._failing = gauge("recorder_failing_sessions", "Sessions that cannot be recorded.")
        self._healthy = gauge(
            "healthy", "1: this dependency is well; 0: it is not.", "check", of="livemin"
        )
        self._requests = counter(
            "http_requests", "HTTP requests, live sockets aside.", "method", "route", "status"
        )
        self._request_seconds = tally(
            "http_request_seconds",
            "From an HTTP request's arrival until its answer begins.",
            "method",
            "route",
        )
        self._of_routes: dict[tuple[str, str, int], tuple[Callable[[], None], _Seconds]] = {}
        self._of_methods: dict[tuple[str, str], Tally] = {}
        self._tasks = gauge("worker_tasks", "Tasks of the event loop.", of="liveall")
        self._late = gauge(
            "worker_loop_late_seconds",
            "How late the event loop was lately, at worst.",
            of="liveall",
        )
        self._memory = gauge("worker_memory_bytes", "Resident memory.", of="liveall")
        self._files = gauge("worker_open_files", "Open file descriptors.", of="liveall")
        self._cpu = counter("worker_cpu_seconds", "Processor time.")
        self._cpu_known = 0.0
        collections = counter("worker_gc_collections", "Garbage collections.", "generation")
        self._collections = [collections.labels(str(each)) for each in range(3)]
        self._collected = [0, 0, 0]

    def serves(self, release: str, engine: str) -> None:
        """What sessions here run on."""
        self._build.labels(version("cohort"), release, engine).set(1)

    def session(self, by: int) -> None:
        self._sessions.inc(by)

    def socket(self, feed: str, by: int) -> None:
        self._sockets[feed].inc(by)

    def committed(self, seconds: float) -> None:
        """An edit is a change now."""
        self._new_edits += 1
        self._commit(seconds)

    def spread(self, tier: str) -> Spread:
        """Time a change from now until it is written."""
        began, observe = perf_counter(), self._fanout[tier]
        return Spread(lambda: observe(perf_counter() - began))

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """An HTTP request was answered. route: its template; "" when there is none."""
        key = (method if method in METHODS else "other", route or "none", status)
        bound = self._of_routes.get(key)
        if bound is None:
            seconds_of = self._of_methods.get(key[:2])
            if seconds_of is None:
                seconds_of = self._of_methods[key[:2]] = _child(self._request_seconds, *key[:2])
                self._tallies.append(seconds_of)
            counted = self._requests.labels(key[0], key[1], str(status))
            bound = self._of_routes[key] = (counted.inc, seconds_of.observe)
        count, observe = bound
        count()
        observe(seconds)

    def recorded(self, lag_s: float, failing: int) -> None:
        """How the recorder of this worker does."""
        self._lag.set(lag_s)
        self._failing.set(failing)

    def healthy(self, check: str, well: bool) -> None:
        self._healthy.labels(check).set(well)

    async def run(self, sample: Callable[[], Awaitable[None]]) -> None:
        """Look at the process, and call `sample`, every now and then, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + SAMPLE_S
            await asyncio.sleep(SAMPLE_S)
            self._late.set(max(0.0, loop.time() - due))
            self.look()
            await sample()

    def look(self) -> None:
        """Take note of what is counted apart, and of the process' own figures."""
        self._edits(self._new_edits)
        self._new_edits = 0
        for tally in self._tallies:
            tally.write()
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = used.ru_utime + used.ru_stime
        self._cpu.inc(seconds - self._cpu_known)
        self._cpu_known = seconds
        self._memory.set(_resident_bytes())
        self._files.set(_open_files())
        self._tasks.set(len(asyncio.all_tasks()))
        for generation, stats in enumerate(gc.get_stats()):
            collected = stats["collections"]
            self._collections[generation].inc(collected - self._collected[generation])
            self._collected[generation] = collected

    def expose(self, accepted: str) -> tuple[bytes, str]:
        """All values of all workers, and their media type. accepted: of the `Accept` header."""
        encode, media_type = choose_encoder(accepted)
        registry = self._registry
        if self._folder is not None:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call]
        return encode(registry), media_type


_Seconds = Callable[[float], None]


def _child(tally: Tally, *labels: str) -> Tally:
    child = tally.labels(*labels)
    assert isinstance(child, Tally)
    return child


def _by_label(counter: Counter) -> Callable[[object], None]:
    """Count under a label; each value of it is bound once."""
    bound: dict[object, Callable[[], None]] = {}

    def count(value: object) -> None:
        inc = bound.get(value)
        if inc is None:
            inc = bound[value] = counter.labels(value).inc
        inc()

    return count


def _resident_bytes() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):  # not on Linux
        return 0


def _open_files() -> int:
    try:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())
    except OSError:
        return 0

"""`cohort bench fanout`: how many people a core serves, and how soon they have a change."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from migrations import run as migrations
from server.commands.bench import broadcast
from server.commands.bench.broadcast import Arrival, Kind, Load
from server.commands.bench.crowd import StalledError
from server.commands.bench.fanout_report import (
    BARE,
    CHANNELS,
    EDITORS,
    VIEWERS,
    Key,
    Results,
    report,
)
from server.commands.bench.fanout_servers import SECRET
from server.commands.bench.real_edits import real_edits
from server.commands.bench.serving import Served, pin_generator, serving
from server.orm import connect
from server.redis.embedded import Valkey
from server.settings import Settings

SMALL = (200, 5)  # sessions, and people in each
MANY = 2000
PER_SECOND = 10.0
LIMITS = {
    "COHORT_EDITORS": "100000",
    "COHORT_SOCKETS_PER_PERSON": "100000",
    "COHORT_REQUESTS_PER_MINUTE": "1000000",
    "COHORT_SESSIONS_PER_MINUTE": "100000",
    "COHORT_JOIN_TIMEOUT_S": "60",
    "COHORT_HEARTBEAT_S": "3600",  # the load generator answers no pings
    "COHORT_EDITS_PER_SECOND": "1000000",
    "COHORT_EDITS_BURST": "1000000",
    "COHORT_OPERATIONS_PER_SECOND": "1000000",
    "COHORT_OPERATIONS_BURST": "1000000",
    "COHORT_EDIT_BYTES_BURST": "1000000000",
    "COHORT_MESSAGES_PER_SECOND": "1000000",
    "COHORT_MESSAGES_BURST": "1000000",
}
PARTS = ("one", "saturated", "small", "stream", "friends", "steady", "storm")
EDITS_PER_SECOND = 500.0
SERVERS = {BARE: "bare", CHANNELS: "channels", EDITORS: "cohort", VIEWERS: "cohort"}
ROLES = {BARE: "", CHANNELS: "", EDITORS: "editor", VIEWERS: "viewer"}

Measure = Callable[..., Load]


@click.command()
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
@click.option("--seconds", default=1.5, show_default=True, type=click.FloatRange(0.1))
@click.option("--size", "sizes", multiple=True, type=int, default=(100, 500, 1000, 2000))
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), default=PARTS)
@click.option(
    "--build",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A .mbd: then also 500 real edits a second to it, in 200 sessions of 5.",
)
def fanout(
    rounds: int, seconds: float, sizes: Sequence[int], parts: Sequence[str], build: Path | None
) -> None:
    """Publish changes of 1 KB to many, side by side with what one would have used.

    The server has one core for itself, the load generator another. Per core means per second of
    the server's processor time. Compared are medians of alternating rounds. But for --build the
    sessions are ours with a log in memory and an engine that computes nothing.
    """
    pin_generator()
    results: Results = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cohort-bench-")))
        valkey = Valkey(folder, None)
        valkey.start()
        stack.callback(valkey.stop)
        environment = {
            **LIMITS,
            "COHORT_REDIS_URL": valkey.url,
            "COHORT_DATA_DIR": str(folder),
            "COHORT_SECRET": SECRET,
        }
        asyncio.run(_migrate(folder))
        viewers = max(*sizes, MANY) + broadcast.WARM
        served = {
            name: stack.enter_context(_start(name, environment, viewers))
            for name in (BARE, CHANNELS, EDITORS)
        }
        served[VIEWERS] = served[EDITORS]
        kinds = {name: Kind(name, served[name], ROLES[name]) for name in served}

        @contextmanager
        def fresh(name: str) -> Iterator[Kind]:
            with _start(name, environment, viewers) as server:
                yield Kind(name, server, ROLES[name])

        steps = list(_steps(kinds, fresh, parts, sizes, seconds))
        if build is not None:
            steps.append(_real_edits(build, environment, seconds))
        with suppress(KeyboardInterrupt):
            try:
                _run(steps, rounds, results)
            finally:  # even when it was cut short
                report(results)


def _run(
    steps: Sequence[tuple[Key, Callable[[], Load | Arrival]]], rounds: int, results: Results
) -> None:
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=rounds * len(steps))
        for number in range(rounds):
            for key, measure in steps:
                progress.update(
                    task, description=f"round {number + 1}: {key.part}, {key.size} {key.kind}"
                )
                try:
                    load = measure()
                except StalledError as error:
                    raise click.ClickException(f"{key.kind}, {key.size}: {error}.") from None
                results.setdefault(key, []).append(load)
                progress.advance(task)


async def _migrate(folder: Path) -> None:
    engine = connect(Settings(data_dir=folder).database)
    await migrations.upgrade(engine)
    await engine.dispose()


def _start(name: str, environment: dict[str, str], viewers: int) -> AbstractContextManager[Served]:
    code = "import sys; from server.commands.bench.fanout_servers import main; main(*sys.argv[1:])"
    return serving(["-c", code, SERVERS[name], str(viewers)], environment)


def _real_edits(
    file: Path, environment: dict[str, str], seconds: float
) -> tuple[Key, Callable[[], Load]]:
    """A step with the whole server; it starts one of its own."""
    code = "from server.cli import main; main()"

    def step() -> Load:
        with serving(["-c", code, "serve", "--port", "0"], environment) as served:
            return real_edits(served, file, *SMALL, 2 * seconds, EDITS_PER_SECOND)

    return Key("edits", "real engine and log", SMALL[0]), step


def _steps(
    kinds: dict[str, Kind],
    fresh: Callable[[str], AbstractContextManager[Kind]],
    parts: Sequence[str],
    sizes: Sequence[int],
    seconds: float,
) -> Iterator[tuple[Key, Callable[[], Load | Arrival]]]:
    """What one round measures; what is compared stands side by side.

    fresh: starts one more server of a kind.
    """

    def crowded(measure: Measure, name: str, size: int, *more: float) -> Callable[[], Load]:
        def step() -> Load:
            with broadcast.gathered(kinds[name], size) as (crowd, author):
                return measure(kinds[name], crowd, author, seconds, *more)

        return step

    def small(measure: Measure, name: str) -> Callable[[], Load]:
        return lambda: measure(kinds[name], *SMALL, seconds)

    def storm(name: str) -> Callable[[], Arrival]:
        def step() -> Arrival:
            with fresh(name) as kind:
                return broadcast.storm(kind, MANY)

        return step

    for size in sizes:
        if "one" in parts:
            for name in (BARE, CHANNELS, EDITORS, VIEWERS):
                yield Key("one", name, size), crowded(broadcast.one_by_one, name, size)
        if "saturated" in parts:  # viewers are sent so many a second, however many there are
            for name in (BARE, CHANNELS, EDITORS):
                yield Key("saturated", name, size), crowded(broadcast.saturated, name, size)
    if "steady" in parts:
        for name in (CHANNELS, EDITORS, VIEWERS):
            yield Key("steady", name, MANY), crowded(broadcast.steady, name, MANY, PER_SECOND)
    if "small" in parts:
        for name in (BARE, CHANNELS, EDITORS):
            yield Key("small", name, SMALL[0]), small(broadcast.one_edits, name)
    if "stream" in parts:
        for name in (BARE, CHANNELS, EDITORS):
            yield Key("stream", name, SMALL[0]), small(broadcast.one_streams, name)
    if "friends" in parts:
        for name in (CHANNELS, EDITORS):
            yield Key("friends", name, SMALL[0]), small(broadcast.all_edit, name)
    if "storm" in parts:
        for name in (BARE, CHANNELS, VIEWERS):
            yield Key("storm", name, MANY), storm(name)

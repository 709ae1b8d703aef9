"""`cohort bench fanout`: how many people a core serves, and how soon they have a change."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import click
from msgspec import Struct
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from migrations import run as migrations
from server.commands.bench import broadcast
from server.commands.bench.broadcast import Kind, Load
from server.commands.bench.crowd import StalledError
from server.commands.bench.fanout_servers import SECRET
from server.commands.bench.quantile import quantile
from server.commands.bench.serving import pin_generator, serving
from server.orm import connect
from server.settings import Settings
from server.valkey import Valkey

SMALL = (200, 5)  # sessions, and people in each
MANY = 2000
PER_SECOND = 10.0
LIMITS = {
    "COHORT_EDITORS": "100000",
    "COHORT_EDITS_PER_SECOND": "1000000",
    "COHORT_EDITS_BURST": "1000000",
    "COHORT_OPERATIONS_PER_SECOND": "1000000",
    "COHORT_OPERATIONS_BURST": "1000000",
    "COHORT_MESSAGES_PER_SECOND": "1000000",
    "COHORT_MESSAGES_BURST": "1000000",
}
PARTS = ("one", "saturated", "small", "steady", "storm")
CHANNELS, BARE, EDITORS, VIEWERS = "ChannelsPlugin", "bare loop", "editors", "viewers"


class Key(Struct, frozen=True):
    """What was measured: in which part, of whom, with how many."""

    part: str
    kind: str
    size: int


Results = dict[Key, list[Load]]


@click.command()
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
@click.option("--seconds", default=1.5, show_default=True, type=click.FloatRange(0.1))
@click.option("--size", "sizes", multiple=True, type=int, default=(100, 500, 1000, 2000))
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), default=PARTS)
def fanout(rounds: int, seconds: float, sizes: Sequence[int], parts: Sequence[str]) -> None:
    """Publish changes of 1 KB to many, side by side with what one would have used.

    The server has one core for itself, the load generator another. Per core means per second of
    the server's processor time. Compared are medians of alternating rounds.
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
        kinds = _kinds(stack, environment, max(*sizes, MANY))
        steps = list(_steps(kinds, parts, sizes, seconds))
        progress = stack.enter_context(Progress(console=Console(stderr=True)))
        task = progress.add_task("", total=rounds * len(steps))
        for number in range(rounds):
            for key, measure in steps:
                progress.update(
                    task, description=f"round {number + 1}: {key.part}, {key.size} {key.kind}"
                )
                try:
                    results.setdefault(key, []).append(measure())
                except StalledError as error:
                    raise click.ClickException(f"{key.kind}, {key.size}: {error}.") from None
                progress.advance(task)
    _print(results, parts, sizes)


async def _migrate(folder: Path) -> None:
    engine = connect(Settings(data_dir=folder).database)
    await migrations.upgrade(engine)
    await engine.dispose()


def _kinds(stack: ExitStack, environment: dict[str, str], viewers: int) -> dict[str, Kind]:
    code = "import sys; from server.commands.bench.fanout_servers import main; main(*sys.argv[1:])"
    served = {
        kind: stack.enter_context(serving(["-c", code, kind, str(viewers)], environment))
        for kind in ("bare", "channels", "cohort")
    }
    kinds = (
        Kind(BARE, served["bare"]),
        Kind(CHANNELS, served["channels"]),
        Kind(EDITORS, served["cohort"], "editor"),
        Kind(VIEWERS, served["cohort"], "viewer"),
    )
    return {kind.name: kind for kind in kinds}


def _steps(
    kinds: dict[str, Kind], parts: Sequence[str], sizes: Sequence[int], seconds: float
) -> Iterator[tuple[Key, Callable[[], Load]]]:
    """What one round measures; what is compared stands side by side."""
    for size in sizes:
        for part, measure in (("one", broadcast.one_by_one), ("saturated", broadcast.saturated)):
            if part not in parts:
                continue
            for kind in kinds.values():
                if part == "saturated" and kind.name == VIEWERS:
                    continue  # they are sent so many a second, however many there are

                def step(kind: Kind = kind, size: int = size, measure=measure) -> Load:  # type: ignore[no-untyped-def]
                    with broadcast.gathered(kind, size) as (crowd, author):
                        load: Load = measure(kind, crowd, author, seconds)
                        return load

                yield Key(part, kind.name, size), step
    if "steady" in parts:
        for name in (CHANNELS, EDITORS, VIEWERS):

            def steady(kind: Kind = kinds[name]) -> Load:
                with broadcast.gathered(kind, MANY) as (crowd, author):
                    return broadcast.steady(kind, crowd, author, 2 * seconds, PER_SECOND)

            yield Key("steady", name, MANY), steady
    if "small" in parts:
        for name in (BARE, CHANNELS, EDITORS):

            def small(kind: Kind = kinds[name]) -> Load:
                return broadcast.small_sessions(kind, *SMALL, seconds)

            yield Key("small", name, SMALL[0]), small


def _print(results: Results, parts: Sequence[str], sizes: Sequence[int]) -> None:
    table = Table(title="One change to many (medians; per core: per second of processor time)")
    for heading in ("", "people", "thousand per core", "× ChannelsPlugin", "× bare loop"):
        table.add_column(heading, justify="right")
    for heading in ("p50 ms", "p99 ms"):
        table.add_column(heading, justify="right")
    for key, loads in results.items():
        rate = median(load.per_cpu_s for load in loads)
        row = [f"{key.part}: {key.kind}", str(key.size), f"{rate / 1000:.0f}"]
        for other in (CHANNELS, BARE):
            base = results.get(Key(key.part, other, key.size))
            row.append(f"{rate / median(load.per_cpu_s for load in base):.2f}" if base else "")
        row.extend(
            f"{1000 * median(quantile(load.latencies or [0], share) for load in loads):.1f}"
            for share in (0.5, 0.99)
        )
        table.add_row(*row)
    Console().print(table)

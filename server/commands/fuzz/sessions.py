"""`cohort fuzz sessions`: people, workers and a real Valkey, and everything that can go wrong."""

import asyncio
import gc
import multiprocessing
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

import click
import uvloop
from msgspec import Struct

from server.commands.fuzz.ground import Ground, prepare
from server.commands.fuzz.processes import ProcessWorld
from server.commands.fuzz.tasks import ForgetfulWorld, TaskWorld
from server.commands.fuzz.world import LIMIT_S, World
from server.inputs import catalogue_option, read_catalogue

WORLDS: dict[str, type[World]] = {
    "tasks": TaskWorld,
    "forgetful": ForgetfulWorld,
    "processes": ProcessWorld,
}
OVERDUE_S = LIMIT_S + 30.0


class Outcome(Struct, frozen=True):
    """What came of a seed. failures: what was promised and did not hold."""

    seed: int
    took_s: float
    failures: tuple[str, ...]
    journal: tuple[str, ...]


@click.command()
@click.option("--seeds", default=10, show_default=True, type=click.IntRange(1))
@click.option("--first", default=1, show_default=True, type=click.IntRange(0))
@click.option("--processes", default=2, show_default=True, help="How many seeds run at once.")
@click.option(
    "--world",
    default="tasks",
    show_default=True,
    type=click.Choice(list(WORLDS)),
    help="tasks: workers in one process; forgetful: the same, and Redis goes back; processes: "
    "`cohort serve`, killed and paused.",
)
@click.option(
    "--share",
    default=0.5,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Of the seeds that have each of: suggesters, roles and kicks, the lock, going back, "
    "expectations, other releases.",
)
@catalogue_option
def sessions(
    seeds: int, first: int, processes: int, world: str, share: float, catalogue_file: Path | None
) -> None:
    """Let random people edit while workers and Redis are killed, held and cut off.

    Afterwards everybody must have what the server has, and the history must be what was promised.
    A seed decides what people and faults do, not the moment at which the machine does it: a
    failure comes again often, not always. Its journal tells what happened.
    """
    catalogue = read_catalogue(catalogue_file)
    failed = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cohort-fuzz-") as folder:
        template = Path(folder) / "cohort.sqlite"
        ground = Ground(catalogue, share)
        asyncio.run(prepare(ground, template))
        gc.collect()
        gc.freeze()  # the runs begin as copies of this process
        all_seeds = range(first, first + seeds)
        runs = _outcomes(all_seeds, processes, WORLDS[world], ground, template)
        for outcome in runs:
            verdict = f"{len(outcome.failures)} failures" if outcome.failures else "ok"
            click.echo(f"seed {outcome.seed}: {verdict} ({outcome.took_s:.1f} s)")
            if outcome.failures:
                failed.append(outcome.seed)
                for line in (*outcome.journal, *outcome.failures):
                    click.echo(f"  {line}")
    took_s = time.monotonic() - began
    if failed:
        seeds_failed = " ".join(map(str, failed))
        click.echo(f"FAILED: {len(failed)} of {seeds} seeds in {took_s:.0f} s: {seeds_failed}")
        sys.exit(1)
    click.echo(f"OK: {seeds} seeds in {took_s:.0f} s, and every promise held")


def _outcomes(
    seeds: range, processes: int, world: type[World], ground: Ground, template: Path
) -> Iterator[Outcome]:
    """Each seed in a process of its own, so that nothing of it is left for the next."""
    forking = multiprocessing.get_context("fork")
    waiting = iter(seeds)
    running: dict[Connection, tuple[int, float, BaseProcess]] = {}
    while True:
        for seed in islice(waiting, processes - len(running)):
            ours, theirs = forking.Pipe(duplex=False)
            process: BaseProcess = forking.Process(
                target=_run, args=(seed, world, ground, template, theirs)
            )
            process.start()
            theirs.close()
            running[ours] = (seed, time.monotonic(), process)
        if not running:
            return
        for ready in wait(list(running), timeout=1.0) or _overdue(running):
            assert isinstance(ready, Connection)
            seed, began, done = running.pop(ready)
            yield _outcome(seed, began, ready)
            done.kill()
            done.join()


def _overdue(
    running: dict[Connection, tuple[int, float, BaseProcess]],
) -> list[Connection]:
    now = time.monotonic()
    return [ours for ours, (_, began, _) in running.items() if now - began > OVERDUE_S]


def _outcome(seed: int, began: float, ours: Connection) -> Outcome:
    try:
        if ours.poll():
            outcome = ours.recv()
            assert isinstance(outcome, Outcome)
            return outcome
        failure = f"is not over after {OVERDUE_S:.0f} s"
    except EOFError:
        failure = "ended without a word"
    return Outcome(seed, time.monotonic() - began, (failure,), ())


def _run(seed: int, kind: type[World], ground: Ground, template: Path, theirs: Connection) -> None:
    """One seed, in its own process."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"seed-{seed}-", dir=template.parent) as folder:
        path = Path(folder)
        (path / template.name).write_bytes(template.read_bytes())
        world = kind(seed, path, ground)
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(world.run())
        except Exception:
            world.journal.fail("world", traceback.format_exc())
    journal = world.journal
    theirs.send(
        Outcome(seed, time.monotonic() - began, tuple(journal.failures), tuple(journal.lines))
    )

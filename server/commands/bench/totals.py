"""`cohort bench totals`: how long the engine takes for a build, and how much it keeps of it."""

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeVar

import click
from msgspec import Struct, structs
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from calc import rules
from calc.build import OWN_SLOT, Build, SlottedEnhancement
from calc.engine import Engine
from calc.operations import Applied, Operation, PlaceEnhancement, SwitchPower, apply
from calc.owned import owned
from calc.results import Result
from calc.slotting import fits, levels
from calc.stats import STATS
from gamedata.catalogue import Catalogue, Enhancement, PowerId
from server import garbage
from server.commands.bench.quantile import quantile
from server.inputs import FILE, catalogue_option, read_build, read_catalogue

SAMPLE = 40  # how many enhancements a power is tried with
COPIES = 20  # how many memories of one build are weighed
Answer = TypeVar("Answer")
_SWITCHED = ("Toggle", "Auto", "Click")

FULL = "all, from nothing"
SLOT = "one slot changed"
TOGGLE = "one power toggled"
EXPLAIN = "explain one stat"
INSPECT = "figures of one power"
_NAMES = (FULL, SLOT, TOGGLE, EXPLAIN, INSPECT)


class Samples(Struct):
    """Microseconds, by what took them and which step of it; "" is the whole."""

    clock: Callable[[], int] = time.perf_counter_ns
    taken: dict[tuple[str, str], list[float]] = {}

    def timed(self, what: Callable[[], Answer], name: str, step: str = "") -> Answer:
        begin = self.clock()
        answer = what()
        taken = (self.clock() - begin) / 1000
        self.taken.setdefault((name, step), []).append(taken)
        return answer


@click.command()
@click.argument("files", metavar="FILE...", type=FILE, nargs=-1, required=True)
@click.option("--rounds", default=60, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True)
@click.option("--cpu", is_flag=True, help="Count processor time: others on the machine do not.")
@catalogue_option
def totals(
    files: tuple[Path, ...], rounds: int, seed: int, *, cpu: bool, catalogue_file: Path | None
) -> None:
    """Time totals, figures, findings and explanations of the builds in FILEs (.mbd).

    From nothing: of a build whose slots hold what the engine has not seen before, as decoded.
    Changes are random, each made to the build before, and remembered from it. A piece may be one
    that the engine has not seen before, and break a set. Figures are of every power, ready to be
    read; but for those of one, asked for by themselves as a session's members do.
    """
    catalogue = read_catalogue(catalogue_file)
    engine = Engine(catalogue)
    builds = [(file, read_build(file, catalogue).build) for file in files]
    random = Random(seed)  # noqa: S311 - not a secret
    for _, build in builds:
        _warm(engine, build)
    garbage.settle()
    clock = time.thread_time_ns if cpu else time.perf_counter_ns
    everything = Samples(clock)
    by_file: dict[str, Samples] = {}
    console = Console()
    for file, build in track(builds, description="Measuring", console=Console(stderr=True)):
        samples = by_file.setdefault(file.stem, Samples(clock))
        _measure(engine, build, random, rounds, samples)
    for samples in by_file.values():
        for what, taken in samples.taken.items():
            everything.taken.setdefault(what, []).extend(taken)
    console.print(_table(f"{len(builds)} builds, {catalogue.release}: microseconds", everything))
    console.print(_by_build(by_file, {file.stem: _kept(engine, build) for file, build in builds}))


def _warm(engine: Engine, build: Build) -> None:
    """Compile what the build's archetype and level need."""
    result = engine.result(build)
    for stat in STATS:
        engine.explain(result.memory, stat.key)


def _measure(engine: Engine, build: Build, random: Random, rounds: int, samples: Samples) -> None:
    for _ in range(rounds):
        _apart(engine, _unseen(build, random, engine.catalogue), None, samples, FULL)
        _whole(engine, _unseen(build, random, engine.catalogue), None, samples, FULL)
    changes = _Changes(build, random, engine.catalogue)
    result = engine.result(build)
    for number in range(2 * rounds):
        for name, change in ((SLOT, changes.slot), (TOGGLE, changes.toggle)):
            changed = change()
            if changed is None:
                continue
            if number % 2:
                _apart(engine, changed, result, samples, name)
                result = engine.result(changed, result)
            else:
                result = _whole(engine, changed, result, samples, name)
        memory, stat = result.memory, random.choice(STATS).key
        samples.timed(partial(engine.explain, memory, stat), EXPLAIN)
        power = random.choice(list(result.shown))
        samples.timed(partial(engine.power_figures, memory, power), INSPECT)


def _whole(
    engine: Engine, build: Build, before: Result | None, samples: Samples, name: str
) -> Result:
    result = samples.timed(partial(engine.result, build, before), name)
    if before is not None:
        # A set bonus of recharge or accuracy is heard by every power: another matter.
        moved = result.memory.strengths != before.memory.strengths
        step = "where global strengths moved" if moved else "where none moved"
        samples.taken.setdefault((name, step), []).append(samples.taken[name, ""][-1])
    return result


def _apart(
    engine: Engine, build: Build, before: Result | None, samples: Samples, name: str
) -> None:
    """Totals and findings each by itself; the figures are most of the rest of the whole."""
    memory = before.memory if before else None
    samples.timed(partial(engine.remember, build, memory), name, "totals alone")
    checked = before.checked if before else None
    samples.timed(partial(rules.check, build, engine.catalogue, checked), name, "findings alone")


# --- builds ---------------------------------------------------------------------------------------


def _unseen(build: Build, random: Random, catalogue: Catalogue) -> Build:
    """The same build with other levels and boosters in all its slots."""
    powers = {}
    for power, taken in build.powers.items():
        slots = {}
        for slot, content in taken.slots.items():
            piece = content.enhancement
            if isinstance(piece, SlottedEnhancement):
                other = _varied(piece, random, catalogue)
                content = structs.replace(content, enhancement=other)
            slots[slot] = content
        powers[power] = structs.replace(taken, slots=slots)
    return structs.replace(build, powers=powers)


def _varied(piece: SlottedEnhancement, random: Random, catalogue: Catalogue) -> SlottedEnhancement:
    enhancement = catalogue.enhancements[piece.id]  # type: ignore[index]
    between = levels(enhancement, catalogue)
    if between is not None:
        return structs.replace(piece, level=random.randint(*between), boosters=random.randint(0, 5))
    if enhancement.attuned:
        return piece
    return structs.replace(piece, relative=random.randint(-3, 3))


class _Changes:
    """Random edits of one build, one after the other."""

    def __init__(self, build: Build, random: Random, catalogue: Catalogue) -> None:
        self.build = build
        self.random = random
        self.catalogue = catalogue
        had = owned(build, catalogue)
        powers = [catalogue.powers[power] for power in had]
        self.switched = [power.id for power in powers if power.type in _SWITCHED]
        self.slotted = [power.id for power in powers if power.max_slots]
        self._fitting: dict[PowerId, list[Enhancement]] = {}

    def slot(self) -> Build | None:
        """Another enhancement in some slot."""
        return self._first(self._placing)

    def toggle(self) -> Build | None:
        return self._first(self._switching)

    def _first(self, operations: Callable[[], Iterator[Operation]]) -> Build | None:
        for operation in operations():
            answer = apply(self.build, operation, self.catalogue)
            if isinstance(answer, Applied) and answer.build != self.build:
                self.build = answer.build
                return answer.build
        return None

    def _placing(self) -> Iterator[Operation]:
        for _ in range(SAMPLE):
            power = self.random.choice(self.slotted)
            fitting = self._fits(power)
            if not fitting:
                continue
            enhancement = self.random.choice(fitting)
            taken = self.build.powers.get(power)
            slot = self.random.choice(sorted({OWN_SLOT, *(taken.slots if taken else ())}))
            between = levels(enhancement, self.catalogue)
            level = self.random.randint(*between) if between else 0
            yield PlaceEnhancement(power, slot, SlottedEnhancement(enhancement.id, level))

    def _fits(self, power: PowerId) -> list[Enhancement]:
        if power not in self._fitting:
            found = self.catalogue.powers[power]
            known = [
                each
                for each in self.catalogue.enhancements.values()
                if fits(found, each, self.catalogue)
            ]
            self._fitting[power] = self.random.sample(known, min(SAMPLE, len(known)))
        return self._fitting[power]

    def _switching(self) -> Iterator[Operation]:
        for _ in range(SAMPLE):
            power = self.random.choice(self.switched)
            yield SwitchPower(power, self.random.random() < 0.5)


def _kept(engine: Engine, build: Build) -> float:
    """KiB of what is remembered of a build from nothing, without what all builds share."""
    gc.collect()
    tracemalloc.start()
    kept = [engine.result(build) for _ in range(COPIES)]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / len(kept) / 1024


# --- tables ---------------------------------------------------------------------------------------


def _table(title: str, samples: Samples) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("", no_wrap=True)
    for heading in ("median", "p95", "p99", "p99/median", "times"):
        table.add_column(heading, justify="right")
    order = sorted(samples.taken.items(), key=lambda item: (_NAMES.index(item[0][0]), item[0][1]))
    for (name, step), taken in order:
        median, p95, p99 = (quantile(taken, share) for share in (0.5, 0.95, 0.99))
        table.add_row(
            f"  {step}" if step else name,
            *(f"{value:,.0f}" for value in (median, p95, p99)),
            f"{p99 / median:.1f}" if median else "",
            f"{len(taken):,}",
            style="dim" if step else "",
        )
    return table


def _by_build(by_file: dict[str, Samples], kept: dict[str, float]) -> Table:
    table = Table(title="Medians by build: microseconds; memory of one", title_justify="left")
    table.add_column("", no_wrap=True)
    for heading in (*_NAMES, "KiB"):
        table.add_column(heading, justify="right")
    for name, samples in by_file.items():
        medians = (quantile(samples.taken.get((each, ""), [0.0]), 0.5) for each in _NAMES)
        table.add_row(escape(name), *(f"{each:,.0f}" for each in medians), f"{kept[name]:,.0f}")
    return table

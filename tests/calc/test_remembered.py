"""Remembered totals are those from nothing, to the last bit, whatever is edited."""

from pathlib import Path
from random import Random
from sys import getsizeof

import pytest
from msgspec.structs import replace

from calc import build as documents
from calc import mbd
from calc.build import Build, Scenario, Slot, SlottedEnhancement, TakenPower
from calc.engine import Engine
from calc.operations import Applied, apply
from calc.remembered import Remembered
from calc.running import running
from gamedata.catalogue import ArchetypeId, Catalogue
from server.commands.fuzz.edits import random_operation
from tests.legal_builds import legal_build, players

GOLDENS = (
    "arsenal_dominator_incarnate",
    "arsenal_dominator_noslots",
    "hasten_2rech",
    "shield_scrapper_noslots",
    "shield_scrapper_set_bonuses",
    "shield_scrapper_slotted",
)
OPERATIONS = 500
BYTES = 2_000_000
WEAVE = "Pool.Fighting.Weave"
HASTEN = "Pool.Speed.Hasten"


@pytest.fixture(scope="module")
def engine(full_catalogue: Catalogue) -> Engine:
    return Engine(full_catalogue)


def follow(engine: Engine, build: Build, seed: int, operations: int) -> int:
    """Edit a build, comparing after each edit; how many edits there were."""
    random = Random(seed)
    remembered = engine.remember(build)
    edits = 0
    for _ in range(operations):
        applied = apply(build, random_operation(random, build, engine.catalogue), engine.catalogue)
        if not isinstance(applied, Applied):
            continue
        edits += 1
        build = applied.build
        remembered = engine.remember(build, remembered)
        assert bits(remembered) == {
            key: (total.value.hex(), total.capped.hex())
            for key, total in engine.totals(build).items()
        }
        anew = running(build, engine.frame(build))
        assert [active.key for active in remembered.state.powers] == [
            active.key for active in anew.powers
        ]
        assert remembered.state.modes == anew.modes
    return edits


def bits(remembered: Remembered) -> dict[str, tuple[str, str]]:
    return {
        key: (total.value.hex(), total.capped.hex()) for key, total in remembered.totals.items()
    }


@pytest.mark.parametrize("name", GOLDENS)
def test_golden_builds_after_500_operations(engine: Engine, goldens: Path, name: str) -> None:
    file = goldens / "builds" / name / f"{name}.mbd"
    build = mbd.read(file.read_bytes(), engine.catalogue).build
    assert follow(engine, build, seed=len(name), operations=OPERATIONS) > OPERATIONS // 2


@pytest.mark.parametrize("number", range(15))
def test_every_archetype_after_500_operations(engine: Engine, number: int) -> None:
    archetype = players(engine.catalogue)[number]
    build = legal_build(Random(number), ArchetypeId(archetype), engine.catalogue)
    assert follow(engine, build, seed=number, operations=OPERATIONS) > OPERATIONS // 2


def test_every_archetype_is_followed(full_catalogue: Catalogue) -> None:
    assert len(players(full_catalogue)) == 15


def test_older_memories_stay_what_they_were(engine: Engine) -> None:
    """Two edits of one build, each from the same memory."""
    power = TakenPower(level=1, on=True)
    first = Build(1, archetype="Class_Scrapper", powers={WEAVE: power, HASTEN: power})
    piece = Slot(enhancement=SlottedEnhancement("Crafted_Luck_of_the_Gambler_F", 50))
    remembered = engine.remember(first)
    before = dict(remembered.totals)
    for taken in (WEAVE, HASTEN, WEAVE):
        slotted = replace(power, slots={"own": piece})
        edited = replace(first, powers=first.powers | {taken: slotted})
        assert engine.remember(edited, remembered).totals == engine.totals(edited)
    assert remembered.totals == before == engine.totals(first)


def test_a_memory_of_another_frame_is_no_use_and_no_harm(engine: Engine) -> None:
    build = Build(1, archetype="Class_Scrapper", powers={WEAVE: TakenPower(level=1, on=True)})
    remembered = engine.remember(build)
    for other in (
        replace(build, level=30),
        replace(build, archetype="Class_Tanker"),
        replace(build, scenarios={"solo": Scenario(pvp=True)}),
    ):
        assert engine.remember(other, remembered).totals == engine.totals(other)


def test_what_a_build_is_called_touches_nothing(engine: Engine) -> None:
    build = Build(1, archetype="Class_Scrapper")
    remembered = engine.remember(build)
    again = engine.remember(replace(build, title="Another"), remembered)
    assert again.totals is remembered.totals
    assert again.build.title == "Another"


def test_a_memory_is_small(engine: Engine) -> None:
    """What one more build adds, all that it alone holds counted."""
    build = legal_build(Random(1), ArchetypeId("Class_Tanker"), engine.catalogue)
    remembered = engine.remember(build)
    assert size(remembered) < BYTES
    assert len(documents.encode(build)) < size(remembered)


def size(remembered: Remembered) -> int:
    """Bytes of the containers and numbers of a memory; what is compiled is everybody's."""
    seen: set[int] = set()

    def of(thing: object) -> int:
        if id(thing) in seen:
            return 0
        seen.add(id(thing))
        total = getsizeof(thing)
        if isinstance(thing, dict):
            total += sum(of(key) + of(value) for key, value in thing.items())
        elif isinstance(thing, (tuple, list)):
            total += sum(of(each) for each in thing)
        return total

    total = of(remembered.sources.by_key) + of(remembered.sources.bonuses)
    for field in remembered.__struct_fields__:
        if field not in ("frame", "build"):
            total += of(getattr(remembered, field))
    total += sum(
        getsizeof(source) + getsizeof(source.active)
        for source in remembered.sources.by_key.values()
    )
    return total + sum(of(given.sums) + of(given.keyed) for given in remembered.given.values())

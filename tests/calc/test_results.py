"""Results after an edit are those from nothing: totals, figures and findings alike."""

from pathlib import Path
from random import Random

import pytest

from calc import mbd, rules
from calc.build import Build
from calc.engine import Engine
from calc.operations import Applied, apply
from calc.results import Result
from gamedata.catalogue import ArchetypeId, Catalogue, PowerId
from server.commands.fuzz.edits import random_operation
from tests.legal_builds import legal_build, players

OPERATIONS = 500
COMPARED = 5  # every so many edits; what one left wrong stays wrong until it is touched again


@pytest.fixture(scope="module")
def engine(full_catalogue: Catalogue) -> Engine:
    return Engine(full_catalogue)


def follow(engine: Engine, build: Build, seed: int) -> int:
    """Edit a build, comparing on the way and, with an engine that knows of nothing, at the end.

    How many edits there were comes back.
    """
    random = Random(seed)
    result = engine.result(build)
    edits = 0
    for _ in range(OPERATIONS):
        applied = apply(build, random_operation(random, build, engine.catalogue), engine.catalogue)
        if not isinstance(applied, Applied):
            continue
        edits += 1
        build = applied.build
        result = engine.result(build, result)
        if edits % COMPARED == 0:
            assert_from_nothing(result, engine, build)
    assert_from_nothing(result, Engine(engine.catalogue), build)
    return edits


def assert_from_nothing(result: Result, engine: Engine, build: Build) -> None:
    assert result.totals == engine.totals(build)
    assert result.figures == engine.figures(build)
    assert result.checked.findings == rules.findings(build, engine.catalogue)


def test_a_golden_build(engine: Engine, goldens: Path) -> None:
    file = goldens / "builds" / "hasten_2rech" / "hasten_2rech.mbd"
    build = mbd.read(file.read_bytes(), engine.catalogue).build
    assert follow(engine, build, seed=7) > OPERATIONS // 2


def test_the_figures_of_one_power_are_those_of_all(engine: Engine, goldens: Path) -> None:
    file = goldens / "builds" / "arsenal_dominator_incarnate" / "arsenal_dominator_incarnate.mbd"
    memory = engine.remember(mbd.read(file.read_bytes(), engine.catalogue).build)
    for power, figures in engine.figures(memory).items():
        assert engine.power_figures(memory, power) == figures
    assert engine.power_figures(memory, PowerId("Pool.Flight.Fly")) is None


@pytest.mark.parametrize("number", range(15))
def test_every_archetype(engine: Engine, number: int) -> None:
    archetype = players(engine.catalogue)[number]
    build = legal_build(Random(number), ArchetypeId(archetype), engine.catalogue)
    assert follow(engine, build, seed=100 + number) > OPERATIONS // 2

"""Documents from elsewhere in the one form that operations write."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings

from calc import build as documents
from calc import mbd
from calc.build import (
    Build,
    PowerCondition,
    Powersets,
    Scenario,
    Slot,
    SlottedEnhancement,
    TakenPower,
)
from calc.canonical import canonical
from gamedata.catalogue import Catalogue
from server.commands.fuzz.edits import random_build
from tests.small import SMALL
from tests.strategies import documents as any_documents

PIECE = SlottedEnhancement("Crafted_Recharge", 50)


def test_what_holds_anyway_is_not_written() -> None:
    build = Build(
        1,
        powersets=Powersets(pools={"Pool.Speed": True, "Pool.Flight": False}),
        powers={
            "Pool.Speed.Hasten": TakenPower(
                4, on=False, count=1, slots={"own": Slot(), "k1": Slot(5)}
            ),
            "Inherent.Fitness.Health": TakenPower(on=True, slots={"own": Slot()}),
            "Inherent.Fitness.Stamina": TakenPower(on=False),
            "Pool.Leaping.Long_Jump": TakenPower(6, slots={"own": Slot(6, PIECE)}),
            "Pool.Nowhere.Nothing": TakenPower(slots={"own": Slot()}),
            "Temporary_Powers.Temporary_Powers.Jetpack": TakenPower(on=False),
        },
        scenario="raid",
        scenarios={"solo": Scenario(powers={"Pool.Speed.Hasten": PowerCondition()})},
    )
    assert canonical(build, SMALL) == Build(
        1,
        powersets=Powersets(pools={"Pool.Speed": True}),
        powers={
            "Pool.Speed.Hasten": TakenPower(4, slots={"k1": Slot(5)}),
            "Inherent.Fitness.Stamina": TakenPower(on=False),
            "Pool.Leaping.Long_Jump": TakenPower(6, slots={"own": Slot(0, PIECE)}),
            "Pool.Nowhere.Nothing": TakenPower(),
            "Temporary_Powers.Temporary_Powers.Jetpack": TakenPower(),
        },
        scenario="raid",
        scenarios={"solo": Scenario(), "raid": Scenario(title="Raid")},
    )


@settings(deadline=None, max_examples=60)
@given(any_documents(SMALL))
def test_twice_is_once(build: Build) -> None:
    once = canonical(build, SMALL)
    assert documents.encode(canonical(once, SMALL)) == documents.encode(once)


@pytest.mark.parametrize("seed", range(6))
def test_operations_leave_nothing_to_do(seed: int) -> None:
    build = random_build(Random(seed), SMALL)
    assert documents.encode(canonical(build, SMALL)) == documents.encode(build)


def test_neither_does_reading_a_file(full_catalogue: Catalogue, goldens: Path) -> None:
    files = sorted(goldens.glob("*/**/*.mbd"))
    assert len(files) == 8
    for file in files:
        build = mbd.read(file.read_bytes(), full_catalogue).build
        assert documents.encode(canonical(build, full_catalogue)) == documents.encode(build)

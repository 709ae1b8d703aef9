"""Where an operation does its work, and what its author may say that they saw there."""

from random import Random
from typing import get_args

import msgspec
import pytest
from msgspec import UNSET

from calc import build as documents
from calc import patch
from calc.build import Build, Slot, SlottedEnhancement, TakenPower
from calc.operations import (
    AddSlot,
    Applied,
    ChooseScenario,
    ClearEnhancement,
    MovePower,
    Operation,
    PlaceEnhancement,
    RemoveSlot,
    SetLevel,
    SetTitle,
    SwitchPower,
    TakePower,
    apply,
)
from calc.places import as_expected, place, touches
from gamedata.catalogue import Catalogue
from server.commands.fuzz.edits import random_operation

LUCK = SlottedEnhancement("Crafted_Luck_of_the_Gambler_A", 50)
WEAVE = "Pool.Fighting.Weave"
BUILD = Build(
    1,
    title="Nova",
    powers={WEAVE: TakenPower(24, on=True, slots={"k7": Slot(25, LUCK)})},
)


@pytest.mark.parametrize("seed", range(6))
def test_an_operation_changes_its_place_or_nothing(catalogue: Catalogue, seed: int) -> None:
    random = Random(seed)
    build = documents.empty()
    seen = set()
    for _ in range(300):
        operation = random_operation(random, build, catalogue)
        answer = apply(build, operation, catalogue)
        if isinstance(answer, Applied):
            change = patch.difference(build, answer.build)
            assert touches(change, place(operation)) or not change, operation
            build = answer.build
            seen.add(type(operation))
    assert len(seen) > len(get_args(Operation)) / 2


@pytest.mark.parametrize(
    "operation",
    [
        SetTitle("x", expects="Nova"),
        SetLevel(3, expects=50),
        SetLevel(3, expects=None),  # a default is not in the document
        SwitchPower(WEAVE, on=False, expects=True),
        SwitchPower("Pool.Speed.Hasten", on=True, expects=None),
        MovePower(WEAVE, 30, expects=24),
        TakePower("Pool.Speed.Hasten", expects=None),
        ClearEnhancement(WEAVE, "k7", expects=LUCK),
        RemoveSlot(WEAVE, "k7", expects=Slot(25, LUCK)),
        PlaceEnhancement(WEAVE, "own", LUCK, expects=None),
        ChooseScenario("raid", expects="solo"),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_what_is_there_may_be_expected(operation: Operation) -> None:
    assert as_expected(BUILD, operation)
    assert as_expected(BUILD, msgspec.structs.replace(operation, expects=UNSET))


@pytest.mark.parametrize(
    "operation",
    [
        SetTitle("x", expects="Supernova"),
        SetTitle("x", expects=None),
        SetLevel(3, expects=49),
        SwitchPower(WEAVE, on=False, expects=None),
        SwitchPower("Pool.Speed.Hasten", on=True, expects=False),
        TakePower(WEAVE, expects=None),
        AddSlot(WEAVE, "k7", expects=None),
        ClearEnhancement(WEAVE, "k8", expects=LUCK),
        ClearEnhancement(WEAVE, "k7", expects=msgspec.structs.replace(LUCK, boosters=5)),
        PlaceEnhancement(WEAVE, "k7", LUCK, expects=None),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_what_is_not_there_is_not_as_expected(operation: Operation) -> None:
    assert not as_expected(BUILD, operation)


def test_a_patch_touches_what_is_above_and_below_it() -> None:
    change = {"powers": {WEAVE: {"slots": {"k7": None}}}}
    above, below = ("powers", WEAVE), ("powers", WEAVE, "slots", "k7", "enhancement")
    assert touches(change, above)
    assert touches(change, below)
    assert not touches(change, ("powers", WEAVE, "level"))

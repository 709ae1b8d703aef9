"""What a set gives by itself is what a build gains that has it."""

from collections.abc import Mapping

import pytest

from calc.build import OWN_SLOT, Build, SlottedEnhancement, empty
from calc.engine import Engine, changed_tags
from calc.frame import Frame
from calc.gains import gains
from calc.operation_types import (
    AddSlot,
    Applied,
    Operation,
    PlaceEnhancement,
    SetArchetype,
    SetLevel,
    SetPowerset,
    TakePower,
)
from calc.operations import apply
from calc.stats import StatKey
from gamedata.catalogue import ArchetypeId, BoostSetId, Catalogue

ARCHETYPE = "Class_Scrapper"
POWER = "Scrapper_Melee.Dark_Melee.Shadow_Punch"  # a click: what it does itself is in no total
LETTERS = "ABCDEF"


@pytest.fixture(scope="module")
def frame(catalogue: Catalogue) -> Frame:
    return Frame(catalogue, ArchetypeId(ARCHETYPE), 50, changed_tags(catalogue))


def by_pieces(name: str, frame: Frame) -> dict[int, Mapping[StatKey, float]]:
    boost_set = frame.catalogue.boost_sets[BoostSetId(name)]
    return {each.pieces: each.values for each in gains(boost_set, frame)}


def test_each_row_gives_what_a_build_gains(catalogue: Catalogue, frame: Frame) -> None:
    """Makos_Bite, a piece at a time, in a real build."""
    engine = Engine(catalogue)
    known = by_pieces("Makos_Bite", frame)
    assert set(known) == {2, 3, 4, 5, 6}
    before = engine.totals(with_pieces(0, catalogue))
    for count in range(1, 7):
        after = engine.totals(with_pieces(count, catalogue))
        row = known.get(count, {})
        for key in after:
            gained = after[key].value - before[key].value
            # How fast health comes back hangs on all that one has.
            if key != "health.regeneration_per_second":
                assert gained == pytest.approx(row.get(StatKey(key), 0.0), abs=1e-9), (count, key)
        before = after


def test_a_row_of_one_piece_says_which(frame: Frame) -> None:
    boost_set = frame.catalogue.boost_sets[BoostSetId("Luck_of_the_Gambler")]
    bound = [each for each in gains(boost_set, frame) if each.enhancement]
    assert [(each.pieces, each.enhancement) for each in bound] == [
        (1, "Crafted_Luck_of_the_Gambler_F")
    ]
    assert bound[0].values == pytest.approx({"offense.recharge": 0.075})


def with_pieces(count: int, catalogue: Catalogue) -> Build:
    build = empty()
    slotted = [SlottedEnhancement(f"Crafted_Makos_Bite_{letter}", 50) for letter in LETTERS[:count]]
    operations: tuple[Operation, ...] = (
        SetArchetype(ARCHETYPE),
        SetLevel(50),
        SetPowerset("primary", "Scrapper_Melee.Dark_Melee"),
        TakePower(POWER),
        *(PlaceEnhancement(POWER, OWN_SLOT, each) for each in slotted[:1]),
        *(AddSlot(POWER, f"slot-{each.id[-1]}", enhancement=each) for each in slotted[1:]),
    )
    for operation in operations:
        outcome = apply(build, operation, catalogue)
        assert isinstance(outcome, Applied), outcome
        build = outcome.build
    return build

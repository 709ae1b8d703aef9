"""What is told apart of two builds, and what of it is followed without starting anew."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from calc import remembered
from calc.build import Build, PowerCondition, Scenario, Slot, SlottedEnhancement, TakenPower
from calc.changes import Changes, changes, differing
from calc.engine import Engine
from gamedata.catalogue import Catalogue

WEAVE = "Pool.Fighting.Weave"
HEALTH = "Inherent.Fitness.Health"
SPRINT = "Inherent.Inherent.Sprint"
PIECE = Slot(enhancement=SlottedEnhancement("Crafted_Heal", 50))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": "x"}, Changes()),
        ({"powers": {WEAVE: TakenPower(level=1, slots={"own": Slot()})}}, Changes((WEAVE,))),
        ({"powers": {WEAVE: TakenPower(level=1, on=True)}}, Changes((), (WEAVE,))),
        ({"powers": {WEAVE: TakenPower(level=1, count=3)}}, Changes((), (WEAVE,))),
        ({"powers": {WEAVE: TakenPower(level=2)}}, None),
        ({"powers": {}}, None),
        ({"powers": {WEAVE: TakenPower(level=1), HEALTH: TakenPower(level=2)}}, None),
        (
            {"powers": {WEAVE: TakenPower(level=1), HEALTH: TakenPower(slots={"own": Slot()})}},
            Changes((HEALTH,), (), (HEALTH,)),
        ),
        (
            {"powers": {WEAVE: TakenPower(level=1), SPRINT: TakenPower(on=True)}},
            Changes((), (SPRINT,), (SPRINT,)),
        ),
        ({"incarnates": {"alpha": "x"}}, None),
        ({"accolades": {"x": True}}, None),
        ({"scenarios": {"solo": Scenario(team=8)}}, None),
    ],
)
def test_what_changes(change: dict[str, object], expected: Changes | None) -> None:
    build = Build(1, archetype="Class_Scrapper", powers={WEAVE: TakenPower(level=1)})
    assert changes(build, replace(build, **change)) == expected


@pytest.mark.parametrize(
    "powers",
    [
        {HEALTH: TakenPower(slots={"own": PIECE})},
        {SPRINT: TakenPower(on=True)},
        {WEAVE: TakenPower(level=1)},
        {WEAVE: TakenPower(level=1, on=True, slots={"own": PIECE})},
    ],
    ids=["slots of an issued power", "an issued power on", "off", "slots"],
)
def test_slots_and_switches_are_followed_there_and_back(
    catalogue: Catalogue, powers: dict[str, TakenPower], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without looking at everything that one has, and to the very same totals."""
    engine = Engine(catalogue)
    first = Build(1, archetype="Class_Scrapper", powers={WEAVE: TakenPower(level=1, on=True)})
    other = replace(first, powers=first.powers | powers)
    expected = [engine.remember(build) for build in (other, first)]
    memory = engine.remember(first)
    monkeypatch.setattr(remembered, "running", None)
    for build, anew in zip((other, first), expected, strict=True):
        memory = engine.remember(build, memory)
        assert memory.totals == anew.totals
        assert list(memory.state.slots) == list(anew.state.slots)
        assert [active.key for active in memory.state.powers] == [
            active.key for active in anew.state.powers
        ]


def test_what_a_scenario_says_of_a_power_goes_before_its_switch(catalogue: Catalogue) -> None:
    engine = Engine(catalogue)
    scenario = Scenario(powers={WEAVE: PowerCondition(on=True)})
    first = Build(
        1,
        archetype="Class_Scrapper",
        powers={WEAVE: TakenPower(level=1)},
        scenarios={"solo": scenario},
    )
    other = replace(first, powers={WEAVE: TakenPower(level=1, on=False)})
    assert engine.remember(other, engine.remember(first)).totals == engine.totals(first)


@given(st.lists(st.integers(0, 9), unique=True), st.lists(st.integers(0, 9), unique=True))
def test_what_two_sequences_do_not_share(one: list[int], other: list[int]) -> None:
    objects = [object() for _ in range(10)]
    old, new = [objects[each] for each in one], [objects[each] for each in other]
    gone, won = differing(old, new)
    assert gone == [each for each in old if each not in new]
    assert won == [each for each in new if each not in old]

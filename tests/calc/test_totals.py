"""From sums to totals: `calc.md` §10."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calc.attributes import FLYING, JUMP_HEIGHT_CAP, SUMS
from calc.caps import Limits, limits
from calc.stats import NUMBER, STATS
from calc.tables import NOBODY
from calc.totals import Total, difference, finish, headline, numbers, numbers_after
from gamedata.catalogue import ArchetypeId, Catalogue


@pytest.fixture(scope="module")
def scrapper(catalogue: Catalogue) -> Limits:
    return limits(catalogue.archetypes[ArchetypeId("Class_Scrapper")], 50)


def totals(limits: Limits, **added: float) -> dict[str, Total]:
    """The totals when this much is added to the bases; dots in keys are written as `__`."""
    sums = list(limits.bases)
    for key, value in added.items():
        sums[NUMBER[key.replace("__", ".")]] += value
    return finish(sums, limits)


def test_bases_alone(scrapper: Limits) -> None:
    found = totals(scrapper)
    assert list(found) == [stat.key for stat in STATS]
    assert found["health.max"] == Total(1338.6208, 1338.6208)
    assert found["offense.recharge"] == Total(1.0, 1.0)
    assert found["movement.run"].value == 21.0
    assert found["movement.fly"] == Total(0.0, 0.0)


@pytest.mark.parametrize(
    ("key", "added", "value", "capped"),
    [
        ("defense.melee", 3.0, 3.0, 3.0),  # the soft cap is advice
        ("resistance.fire", 0.9, 0.9, 0.75),
        ("health.max", 2000.0, 3338.6208, 2409.5176),
        ("health.absorb", 2000.0, 2000.0, 1338.6208),
        ("health.regeneration", 40.0, 41.0, 30.0),
        ("endurance.recovery", 9.0, 10.0, 5.0),
        ("endurance.max", 300.0, 400.0, 365.0),
        ("offense.recharge", 4.5, 5.5, 5.0),
        ("offense.damage.fire", 6.0, 7.0, 5.0),
        ("offense.heal", 5.0, 5.0, 3.0),
        ("offense.to_hit", 3.0, 3.0, 3.0),
        ("perception", 1000.0, 1500.0, 1153.0),
        ("stealth.pvp", 1000.0, 1000.0, 571.5),
        ("debuff_resistance.defense", 1.2, 1.2, 0.95),
        ("debuff_resistance.recharge", 1.2, 1.2, 1.0),
        ("status_resistance.knockback", 100.0, 100.0, 100.0),  # immune; no cap
        ("movement.jump_height", 300.0, 304.0, 200.0),
    ],
)
def test_caps(scrapper: Limits, key: str, added: float, value: float, capped: float) -> None:
    assert totals(scrapper, **{key: added})[key] == Total(
        pytest.approx(value), pytest.approx(capped)
    )  # type: ignore[arg-type]


def test_speeds_end_at_their_cap_and_at_the_cap_of_caps(scrapper: Limits) -> None:
    fast = totals(scrapper, movement__run=200.0)["movement.run"]
    assert fast == Total(pytest.approx(8.398 * 21), pytest.approx(135.66))  # type: ignore[arg-type]
    raised = totals(scrapper, movement__run=200.0, movement__run_cap=30.0)
    assert raised["movement.run"].capped == pytest.approx(165.66)
    highest = totals(scrapper, movement__run_cap=500.0)["movement.run_cap"]
    assert highest.value == pytest.approx(8.398 * 21)


def test_slows_leave_a_tenth(scrapper: Limits) -> None:
    assert totals(scrapper, movement__run=-50.0)["movement.run"].value == pytest.approx(2.1)


def test_one_flies_with_a_power_of_flight(scrapper: Limits) -> None:
    sums = list(scrapper.bases)
    sums[FLYING] = 1.0
    assert finish(sums, scrapper)["movement.fly"].value == pytest.approx(1.5 * 21)


def test_launch_raises_the_cap_of_the_jump_height(scrapper: Limits) -> None:
    sums = list(scrapper.bases)
    sums[JUMP_HEIGHT_CAP] += 10 * 4
    sums[NUMBER["movement.jump_height"]] += 1000
    assert finish(sums, scrapper)["movement.jump_height"].capped == pytest.approx(240.0)
    sums[JUMP_HEIGHT_CAP] += 1000
    assert finish(sums, scrapper)["movement.jump_height"].capped == pytest.approx(300.0)


def test_what_follows_from_others(scrapper: Limits) -> None:
    found = totals(
        scrapper,
        health__max=133.8621,
        health__regeneration=0.4,
        endurance__recovery=0.25,
        endurance__use_per_second=1.859,
    )
    assert found["health.regeneration_per_second"].value == pytest.approx(8.59, abs=5e-3)
    assert found["endurance.recovery_per_second"].value == pytest.approx(2.0833, abs=5e-5)
    assert found["endurance.net_per_second"].value == pytest.approx(0.2243, abs=5e-5)


def test_the_capped_figures_follow_from_capped_ones(scrapper: Limits) -> None:
    found = totals(scrapper, health__max=5000.0)["health.regeneration_per_second"]
    assert found.capped == pytest.approx(2409.5176 * 0.25 * 5 / 3 / 100)
    assert found.value > found.capped


@pytest.mark.parametrize(
    ("damages", "expected"),
    [
        ([1.02] * 7, 1.02),
        ([1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.0], 1.5),  # one type lacks the buff
        ([1.8, 1.2, 1.2, 1.2, 1.2, 1.2, 1.2], 1.2),  # one type alone has more
        ([1.8, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], 1.8),
    ],
)
def test_one_figure_for_damage(damages: list[float], expected: float) -> None:
    assert headline(damages) == expected


def test_nobody_has_totals_too() -> None:
    found = finish(limits(NOBODY, 50).bases, limits(NOBODY, 50))
    assert found["health.max"] == Total(0.0, 0.0)
    assert found["offense.recharge"] == Total(1.0, 1.0)


def test_the_difference_holds_what_changed(scrapper: Limits) -> None:
    old, new = totals(scrapper), totals(scrapper, resistance__fire=0.1)
    assert difference(old, new) == {"resistance.fire": Total(0.1, 0.1)}
    assert difference(old, old) == {}


def test_the_headline_is_capped_as_the_type_that_it_shows() -> None:
    added = [0.0] * SUMS
    for count, word in enumerate(("smashing", "lethal", "fire", "cold", "energy", "negative")):
        added[NUMBER[f"offense.damage.{word}"]] = (2.0, 2.0, 2.0, 26.0, 50.0, 50.0)[count]
    added[NUMBER["offense.damage.toxic"]] = 51.0  # alone above the cap
    bounded = Limits(
        bases=(0.0,) * SUMS,
        caps=(50.0,) * len(STATS),
        capped=tuple((number, 50.0) for number in range(len(STATS))),
        base_regeneration=0.25,
        base_recovery=1.0,
        highest_jump=60.0,
    )
    assert finish(added, bounded)["offense.damage"] == Total(2.0, 2.0)


@given(st.lists(st.floats(-1e4, 1e4), min_size=SUMS, max_size=SUMS))
def test_a_cap_never_adds(added: list[float]) -> None:
    bounded = Limits(
        bases=(0.0,) * SUMS,
        caps=(50.0,) * len(STATS),
        capped=tuple((number, 50.0) for number in range(len(STATS))),
        base_regeneration=0.25,
        base_recovery=1.0,
        highest_jump=60.0,
    )
    for key, total in finish(added, bounded).items():
        if not key.endswith("per_second"):  # those follow from others
            assert total.capped <= total.value


@given(
    st.dictionaries(
        st.integers(0, SUMS - 1), st.floats(-5.0, 500.0, allow_nan=False), max_size=SUMS
    ),
    st.dictionaries(st.integers(0, SUMS - 1), st.floats(-5.0, 500.0, allow_nan=False), max_size=4),
)
def test_some_sums_changed(
    scrapper: Limits, before: dict[int, float], changed: dict[int, float]
) -> None:
    old = [before.get(number, base) for number, base in enumerate(scrapper.bases)]
    new = [changed.get(number, value) for number, value in enumerate(old)]
    found = numbers_after(new, scrapper, changed.keys(), numbers(old, scrapper))
    assert found == numbers(new, scrapper)

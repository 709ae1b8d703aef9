"""Enhancement Diversification: `calc.md` §6.3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calc.ed import KNEES, Schedule, apply_ed

bonuses = st.floats(0, 20)
schedules = st.sampled_from(sorted(KNEES))


@pytest.mark.parametrize(
    ("schedule", "at_first", "at_second", "at_third"),
    [
        ("A", 0.70, 0.88, 0.95),
        ("B", 0.40, 0.49, 0.56),
        ("C", 0.80, 0.98, 1.12),
        ("D", 1.2, 1.47, 1.68),
    ],
)
def test_value_at_each_knee(
    schedule: Schedule, at_first: float, at_second: float, at_third: float
) -> None:
    first, second, third = KNEES[schedule]
    assert apply_ed(first, schedule) == at_first
    assert apply_ed(second, schedule) == pytest.approx(at_second, abs=1e-12)
    assert apply_ed(third, schedule) == pytest.approx(at_third, abs=1e-12)
    assert apply_ed(third + 1, schedule) == pytest.approx(at_third + 0.15, abs=1e-12)


@pytest.mark.parametrize(
    ("slots", "bonus", "seconds"), [(2, 0.8332, 245.4724), (3, 0.9908, 226.04)]
)
def test_recharge_inventions_in_hasten(slots: int, bonus: float, seconds: float) -> None:
    diminished = apply_ed(slots * 0.424, "A")
    assert diminished == pytest.approx(bonus, abs=1e-9)
    assert 450 / (1 + diminished) == pytest.approx(seconds, abs=5e-3)


def test_defense_inventions_in_deflection() -> None:
    diminished = apply_ed(3 * 0.255, "B")
    assert diminished == pytest.approx(0.58475)
    assert 1.5 * 0.075 * (1 + diminished) == pytest.approx(0.178284, abs=1e-6)
    assert 0.4 * 0.346 * (1 + diminished) == pytest.approx(0.219329, abs=1e-6)


def test_weave_with_two_sets_and_kismet() -> None:
    diminished = apply_ed(4 * 0.625 * 0.255 + 2 * 0.625 * 0.209, "B")
    assert diminished == pytest.approx(0.604813, abs=1e-6)
    assert 0.0375 * (1 + diminished) == pytest.approx(0.060180, abs=1e-6)


def test_a_negative_sum_is_not_diminished() -> None:
    assert apply_ed(-10.0, "D") == -10.0


@given(bonuses, bonuses, schedules)
def test_larger_bonus_is_never_worse(one: float, other: float, schedule: Schedule) -> None:
    low, high = sorted((one, other))
    assert apply_ed(low, schedule) <= apply_ed(high, schedule) <= high

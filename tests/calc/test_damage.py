"""`calc.md` §3 and §11: ticks."""

import pytest

from calc.damage import TYPE_OF, expected, ticks
from gamedata.catalogue import Template


@pytest.mark.parametrize(
    ("duration_s", "period_s", "count"),
    [
        (3.1, 0.75, 5),  # Midnight Grasp
        (5.5, 0.25, 23),  # Ignite
        (5.5, 0.5, 12),
        (0.3, 0.1, 4),  # 0.3 / 0.1 is a little less than 3
        (0.0, 0.5, 1),
        (10.0, 0.0, 1),
        (None, 0.5, 1),
    ],
)
def test_one_tick_at_once_and_one_after_each_period(
    duration_s: float | None, period_s: float, count: int
) -> None:
    assert ticks(duration_s, period_s) == count


def test_a_tick_that_misses_ends_the_row() -> None:
    """Steam Spray: four ticks of 85 %."""
    spray = Template(("Fire_Dmg",), duration_s=3.0, period_s=1.0, flags=("CancelOnMiss",))
    assert expected(spray, 0.85) == pytest.approx(2.709, abs=5e-4)
    assert expected(spray, 1.0) == 4.0
    assert expected(spray, 0.0) == 0.0


def test_ticks_on_their_own_each_have_their_chance() -> None:
    rain = Template(("Fire_Dmg",), duration_s=3.0, period_s=1.0)
    assert expected(rain, 0.85) == pytest.approx(3.4)
    assert expected(rain, 1.7) == 4.0
    assert expected(rain, -0.2) == 0.0


def test_ticks_may_grow() -> None:
    growing = Template(
        ("Fire_Dmg",),
        duration_s=2.0,
        period_s=1.0,
        tick_magnitude_multiplier=2.0,
        tick_magnitude_additive=0.5,
    )
    assert expected(growing, 1.0) == pytest.approx(1.0 + (2.0 + 0.5) + (4.0 + 1.0))


def test_healing_is_no_damage() -> None:
    assert "Heal_Dmg" not in TYPE_OF
    assert TYPE_OF["Negative_Energy_Dmg"] == "negative"
    assert len(TYPE_OF) == 8

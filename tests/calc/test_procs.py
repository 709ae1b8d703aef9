"""`calc.md` §12: procs per minute."""

import math

import pytest
from msgspec import structs

from calc.procs import HIGHEST, chance
from gamedata.catalogue import Power, PowerId, PowersetId

SMITE = Power(
    PowerId("S.S.Smite"), "Smite", PowersetId("S.S"), type="Click", recharge_s=6.0, cast_s=0.97
)
SOUL_DRAIN = structs.replace(
    SMITE, recharge_s=120.0, cast_s=2.37, effect_area="Sphere", radius_ft=10.0
)


def test_the_worked_numbers() -> None:
    assert chance(3.5, SMITE, 0.0) == pytest.approx(0.4066, abs=5e-5)
    assert chance(3.5, SOUL_DRAIN, 0.0) == HIGHEST
    raw = 3.5 * (120 + 2.37) / (60 * (0.25 + 0.75 * 2.5))
    assert raw == pytest.approx(3.36, abs=5e-3)


def test_only_recharge_in_the_power_makes_procs_rarer() -> None:
    assert chance(3.5, SMITE, 0.95) == pytest.approx(3.5 * (6 / 1.95 + 0.97) / 60)


def test_a_wider_power_has_it_less_often_for_each_target() -> None:
    cone = structs.replace(SMITE, effect_area="Cone", radius_ft=10.0, arc_rad=math.radians(90))
    area = 1 + 0.15 * 10 - 0.00036667 * 10 * 270
    assert chance(3.5, cone, 0.0) == pytest.approx(3.5 * 6.97 / (60 * (0.25 + 0.75 * area)))


def test_toggles_are_asked_every_ten_seconds() -> None:
    toggle = structs.replace(SMITE, type="Toggle", period_s=0.5)
    assert chance(3.0, toggle, 0.0) == pytest.approx(0.5)


def test_a_proc_has_a_lowest_chance() -> None:
    quick = structs.replace(SMITE, recharge_s=0.0, cast_s=0.0)
    assert chance(2.0, quick, 0.0) == pytest.approx(0.05 + 0.03)

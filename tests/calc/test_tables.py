"""Values by level: `calc.md` §2.1 and §2.2, from the starter catalogue."""

import pytest

from calc.tables import NOBODY, at, limit, table
from gamedata.catalogue import Archetype, ArchetypeId, Catalogue


@pytest.fixture
def scrapper(catalogue: Catalogue) -> Archetype:
    return catalogue.archetypes[ArchetypeId("Class_Scrapper")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("melee_buff_def", 0.075),
        ("melee_res_dmg", 0.075),
        ("ranged_buff_def", 0.065),
        ("melee_res_boolean", 0.346),
        ("ranged_res_boolean", 0.2422),
        ("melee_healself", 133.8621),
        ("melee_damage", -62.5631),
        ("ranged_damage", -27.8058),
        ("melee_speedrunning", 3.5),
        ("melee_leap", 27.8),
        ("melee_speedjumping", 2.49),
        ("melee_ones", 1.0),
        ("ranged_ones", 1.0),
        ("ones", 1.0),
        ("melee_one", 1.0),
        ("melee_levels", 1.0),
        ("no_such_table", 0.0),
    ],
)
def test_tables_of_a_scrapper_of_level_50(scrapper: Archetype, name: str, value: float) -> None:
    assert table(scrapper, name, 50) == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("maximum.hit_points", 1338.6208),
        ("maximum_maximum.hit_points", 2409.5176),
        ("resistance_maximum.damage_type.smashing", 0.75),
        ("strength_maximum.damage_type.smashing", 5.0),
        ("strength_maximum.damage_type.heal", 4.0),
        ("strength_maximum.recharge_time", 5.0),
        ("strength_maximum.range", 5.0),
        ("strength_maximum.to_hit", 4.0),
        ("strength_minimum.recharge_time", 0.25),
        ("strength_minimum.damage_type.fire", 0.1),
        ("strength_minimum.endurance_discount", 0.0001),
        ("base.regeneration", 0.25),
        ("maximum.regeneration", 7.5),
        ("base.recovery", 1.0),
        ("maximum.recovery", 5.0),
        ("maximum.endurance", 100.0),
        ("maximum_maximum.endurance", 365.0),
        ("maximum_maximum.absorb", 1338.6208),
        ("base.to_hit", 0.75),
        ("base.perception_radius", 500.0),
        ("maximum.perception_radius", 1153.0),
        ("base.speed_flying", 1.5),
        ("maximum.speed_running", 6.46),
        ("maximum_maximum.speed_jumping", 7.917),
        ("maximum.jump_height", 50.0),
        ("maximum_maximum.jump_height", 75.0),
        ("resistance_maximum.to_hit", 0.95),
        ("resistance_maximum.recharge_time", 1.0),
        ("maximum.stealth_radius", 200.0),
        ("maximum.stealth_radius_player", 571.5),
        ("maximum.no_such_attribute", None),
        ("no_such_block.hit_points", None),
        ("", None),
    ],
)
def test_limits_of_a_scrapper_of_level_50(
    scrapper: Archetype, source: str, value: float | None
) -> None:
    assert limit(scrapper, source, 50) == value


def test_soldiers_of_arachnos_recover_faster(catalogue: Catalogue) -> None:
    soldier = catalogue.archetypes[ArchetypeId("Class_Arachnos_Soldier")]
    assert limit(soldier, "base.recovery", 50) == 1.05


def test_a_curve_keeps_its_last_value() -> None:
    assert [at((1.0, 2.0, 3.0), level) for level in (1, 3, 4, 50)] == [1.0, 3.0, 3.0, 3.0]
    assert at((), 50) == 0.0


def test_nobody_has_no_limits() -> None:
    assert limit(NOBODY, "maximum.hit_points", 50) is None
    assert table(NOBODY, "melee_buff_def", 50) == 0.0

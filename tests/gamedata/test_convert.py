"""Archetypes, powers and entities: the game's case, levels from 1, units in the names."""

from msgspec.structs import replace

from gamedata import convert
from gamedata.catalogue import CategoryId, PowerId, PowersetId
from gamedata.names import Names
from gamedata.raw import (
    RawArchetype,
    RawCategory,
    RawEntity,
    RawEntityDefaults,
    RawEntityLevel,
    RawPower,
    RawPowerset,
    RawRedirect,
    RawTable,
)

NAMES = Names(
    categories={"pool": CategoryId("Pool"), "brute_melee": CategoryId("Brute_Melee")},
    powersets={"pool.speed": PowersetId("Pool.Speed")},
    powers={"pool.speed.hasten": PowerId("Pool.Speed.Hasten")},
)
HASTEN = RawPower("Pool.Speed.Hasten", "Hasten", "Click", available_level=3)


def test_curve_drops_the_repeats_at_its_end() -> None:
    assert convert.curve([1.0, 1.0, 2.0, 3.0, 3.0, 3.0]) == (1.0, 1.0, 2.0, 3.0)
    assert convert.curve([1.0] * 105) == (1.0,)
    assert convert.curve([1.0, 2.0]) == (1.0, 2.0)


def test_levels_count_from_one() -> None:
    assert convert.power(HASTEN, NAMES).level == 4
    assert convert.power(replace(HASTEN, available_level=-1), NAMES).level == 0


def test_origins_are_no_enhancement_types() -> None:
    types = ("Enhance Damage", "Magic_Boost", "Science_Boost")
    raw = replace(HASTEN, boosts_allowed=types, max_boosts=999)
    power = convert.power(raw, NAMES)
    assert power.enhancement_types == ("Enhance Damage",)
    assert power.max_slots == 6


def test_a_power_that_takes_no_enhancements_has_no_slots() -> None:
    assert convert.power(replace(HASTEN, max_boosts=6), NAMES).max_slots == 0


def test_references_and_classes_are_in_the_games_case() -> None:
    raw = replace(
        HASTEN,
        archetypes=("arachnos_soldier",),
        redirect=(RawRedirect("pool.SPEED.hasten", "Always"), RawRedirect("Pets.gone.X")),
        chain_into_power_name="pool.speed.hasten",
    )
    power = convert.power(raw, NAMES)
    assert power.archetypes == ("Class_Arachnos_Soldier",)
    assert [each.power for each in power.redirects] == ["Pool.Speed.Hasten", "Pets.gone.X"]
    assert power.chain_into == "Pool.Speed.Hasten"
    assert power.powerset == "Pool.Speed"


def test_archetype() -> None:
    raw = RawArchetype(
        "brute",
        display_name="Brute",
        primary_category="Brute_MELEE",
        secondary_category="Brute_Defense",
        attrib_base={"to_hit": 0.75, "damage_type": {"smashing": 0.5}},
        attrib_max={"hit_points": [100.0, 110.0, 110.0], "insight": []},
        attrib_resistance_max={"defense": [0.2] * 104 + [0.95] + [0.2] * 104 + [0.95]},
        attrib_diminishing_str=({"to_hit": 0.3},),
        named_tables={"melee_damage": RawTable("Melee_Damage", [-1.0, -2.0])},
    )
    brute = convert.archetype(raw, True, NAMES)
    assert (brute.id, brute.player, brute.primary) == ("Class_Brute", True, "Brute_Melee")
    assert brute.base == {"to_hit": 0.75, "damage_type.smashing": 0.5}
    assert brute.maximum == {"hit_points": (100.0, 110.0)}
    assert brute.resistance_maximum["defense"] == (*[0.2] * 104, 0.95)
    assert brute.diminishing_strength == {"to_hit": 0.3}
    assert brute.tables == {"melee_damage": (-1.0, -2.0)}
    assert convert.archetype(raw, False, NAMES).primary == ""  # a pet picks no powersets


def test_powerset_and_category() -> None:
    power = convert.power(HASTEN, NAMES)
    raw = RawPowerset("Speed", "Super Speed", requires="0")
    powerset = convert.powerset(PowersetId("Pool.Speed"), raw, (power,), NAMES)
    assert (powerset.category, powerset.requires) == ("Pool", "0")
    assert powerset.powers == ("Pool.Speed.Hasten",)
    category = convert.category(RawCategory("Pool", None), (powerset.id,), NAMES)
    assert category.powersets == ("Pool.Speed",)


def test_entity() -> None:
    defaults = RawEntityDefaults("minion_pets", ("pool.speed.hasten",))
    levels = (RawEntityLevel(("Imp",)), RawEntityLevel(("Old Imp",)))
    raw = RawEntity("Pets_Imp", 1, ("Demon",), True, defaults, levels)
    entity = convert.entity(raw, NAMES)
    assert (entity.name, entity.archetype) == ("Imp", "Class_Minion_Pets")
    assert entity.powers == ("Pool.Speed.Hasten",)
    assert entity.commandable
    assert entity.copies_creator
    assert convert.entity(RawEntity("Pets_Nameless"), NAMES).name == ""

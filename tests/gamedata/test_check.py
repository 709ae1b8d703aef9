"""Rows and references: every word and number that is not known is told with its row."""

from typing import Any

import pytest
from msgspec.structs import replace

from gamedata import check
from gamedata.catalogue import (
    Archetype,
    ArchetypeId,
    Catalogue,
    Category,
    CategoryId,
    EffectGroup,
    Enhancement,
    EnhancementId,
    Power,
    PowerId,
    PowerParams,
    Powerset,
    PowersetId,
    Template,
)
from gamedata.raw import (
    RawArchetype,
    RawBonus,
    RawBoostInfo,
    RawBoostSet,
    RawEffect,
    RawEvent,
    RawPower,
    RawTable,
    RawTemplate,
)
from gamedata.report import Problem, Report

NAME = "Pool.Speed.Hasten"
GOOD = RawPower(NAME, type="Click", effect_area="AoE", target_type="Self", available_level=3)
TEMPLATE = RawTemplate(("ToHit",), "Current", table="Melee_Ones")


def problems_of(row: RawPower, listed_level: int | None = 3) -> set[Problem]:
    report = Report()
    check.Rows(report, {"melee_ones"}).power(row, NAME, listed_level)
    return report.problems


def test_a_good_power_has_no_problems() -> None:
    effects = (RawEffect(templates=(TEMPLATE,)),)
    assert problems_of(replace(GOOD, effects=effects)) == set()


@pytest.mark.parametrize(
    ("change", "kind", "name"),
    [
        ({"type": "Song"}, "unknown value", "type: Song"),
        ({"effect_area": "Town"}, "unknown value", "effect_area: Town"),
        ({"target_type": "Cat"}, "unknown value", "target_type: Cat"),
        ({"target_type_secondary": "Dog"}, "unknown value", "target_type: Dog"),
        ({"targets_affected": ("Cow",)}, "unknown value", "targets_affected: Cow"),
        ({"targets_autohit": ("Cow",)}, "unknown value", "targets_autohit: Cow"),
        ({"attack_types": ("Love",)}, "unknown value", "attack_types: Love"),
        ({"boosts_allowed": ("Enhance Wit",)}, "unknown value", "boosts_allowed: Enhance Wit"),
        ({"strengths_disallowed": ("Wit",)}, "unknown value", "strengths_disallowed: Wit"),
        ({"proc_allowed": "Some"}, "unknown value", "proc_allowed: Some"),
        ({"boost_info": RawBoostInfo(aspects=("Wit",))}, "unknown value", "aspects: Wit"),
        ({"available_level": 50}, "out of range", "available_level = 50"),
        ({"max_boosts": 7}, "out of range", "max_boosts = 7"),
        ({"recharge_time": -1.0}, "out of range", "recharge_time = -1"),
        ({"endurance_cost": float("nan")}, "out of range", "endurance_cost = nan"),
    ],
)
def test_a_surprise_in_a_power(change: dict[str, Any], kind: Any, name: str) -> None:
    row = replace(GOOD, **change)
    assert problems_of(row, row.available_level) == {Problem(kind, name, NAME)}


@pytest.mark.parametrize(
    ("change", "kind", "name"),
    [
        ({"attribs": ("ToHit", "Wit")}, "unknown value", "attribs: Wit"),
        ({"aspect": "Past"}, "unknown value", "aspect: Past"),
        ({"type": "Guess"}, "unknown value", "type of a template: Guess"),
        ({"target": "Moon"}, "unknown value", "target: Moon"),
        ({"application_type": "OnSunday"}, "unknown value", "application_type: OnSunday"),
        ({"stack": "Heap"}, "unknown value", "stack: Heap"),
        ({"caster_stack": "Heap"}, "unknown value", "caster_stack: Heap"),
        ({"boost_mod_allowed": "Wit"}, "unknown value", "boost_mod_allowed: Wit"),
        ({"flags": ("Boost (11)", "Shiny (99)")}, "unknown value", "flags: Shiny"),
        ({"cancel_events": ("Sneezed",)}, "unknown value", "events: Sneezed"),
        ({"suppress_events": (RawEvent("Sneezed"),)}, "unknown value", "events: Sneezed"),
        ({"duration": "a while"}, "unknown value", "duration: a while"),
        ({"table": "Melee_Wit"}, "unknown table", "Melee_Wit"),
    ],
)
def test_a_surprise_in_a_template(change: dict[str, Any], kind: Any, name: str) -> None:
    inner = RawEffect(templates=(replace(TEMPLATE, **change),))
    row = replace(GOOD, activation_effects=(RawEffect(child_effects=(inner,)),))
    assert problems_of(row) == {Problem(kind, name, NAME)}


def test_a_surprise_in_an_effect_group() -> None:
    row = replace(GOOD, effects=(RawEffect(is_pvp="PVX", flags=("Shiny",)),))
    assert problems_of(row) == {
        Problem("unknown value", "is_pvp: PVX", NAME),
        Problem("unknown value", "flags of an effect group: Shiny", NAME),
    }


def test_an_index_that_says_something_else() -> None:
    assert problems_of(GOOD, 4) == {Problem("indexes disagree", "available_level", NAME)}
    other = replace(GOOD, full_name="Pool.Speed.Flurry")
    assert problems_of(other) == {Problem("indexes disagree", "full_name Pool.Speed.Flurry", NAME)}


def test_lists_of_an_archetype_have_at_most_105_levels() -> None:
    report = Report()
    row = RawArchetype(
        "brute",
        restrictions=("Bald",),
        attrib_max={"hit_points": [1.0] * 106, "defense": [0.0] * 210, "insight": []},
        attrib_resistance_max={"defense": [0.2] * 105 + [0.3] * 105},
        named_tables={"melee_wit": RawTable("Melee_Wit", [])},
    )
    check.Rows(report, ()).archetype(row)
    assert report.problems == {
        Problem("unknown value", "restrictions: Bald", "brute"),
        Problem("out of range", "attrib_max.hit_points (levels) = 106", "brute"),
        Problem("out of range", "attrib_resistance_max.defense (levels) = 210", "brute"),
        Problem("out of range", "table melee_wit (levels) = 0", "brute"),
    }


def test_a_surprise_in_a_boost_set() -> None:
    report = Report()
    row = RawBoostSet(
        "Kismet",
        group_name="Wits",
        conversion_groups=("Rarity: Odd", "Mood: Bad", "Category: Anything"),
        bonuses=(RawBonus(7),),
    )
    check.Rows(report, ()).boost_set(row, frozenset({"Defense Sets"}))
    assert report.problems == {
        Problem("missing group", "Wits", "Kismet"),
        Problem("unknown value", "rarity: Odd", "Kismet"),
        Problem("unknown value", "conversion_groups: Mood: Bad", "Kismet"),
        Problem("out of range", "min_boosts = 7", "Kismet"),
    }


def granting(*powers: str) -> tuple[EffectGroup, ...]:
    params = PowerParams(tuple(map(PowerId, powers)))
    return (EffectGroup(children=(EffectGroup((Template(("Grant_Power",), params=params),)),)),)


CATALOGUE = Catalogue(
    "test",
    "",
    archetypes={
        ArchetypeId("Class_Brute"): Archetype(
            ArchetypeId("Class_Brute"),
            "Brute",
            True,
            primary=CategoryId("Pool"),
            secondary=CategoryId("Brute_Defense"),
        )
    },
    categories={
        CategoryId("Pool"): Category(CategoryId("Pool"), "Pool", (PowersetId("Pool.Speed"),))
    },
    powersets={
        PowersetId("Pool.Speed"): Powerset(PowersetId("Pool.Speed"), "Speed", CategoryId("Pool"))
    },
    powers={
        PowerId(NAME): Power(
            PowerId(NAME),
            "Hasten",
            PowersetId("Pool.Speed"),
            exclusion_groups=("Slow_Group",),
            effects=granting(NAME, "Pool.Speed.Gone"),
        )
    },
    enhancements={
        EnhancementId("Crafted_Run"): Enhancement(
            EnhancementId("Crafted_Run"), "Run", unique_group=(EnhancementId("Crafted_Gone"),)
        )
    },
    exclusion_groups={"Fast_Group": (PowerId(NAME), PowerId("Pool.Speed.Lost"))},
)


def test_references_to_what_is_not_there() -> None:
    assert set(check.references(CATALOGUE)) == {
        Problem("missing category", "Brute_Defense", "archetype Class_Brute"),
        Problem("missing power", "Pool.Speed.Gone", NAME),
        Problem("missing group", "Slow_Group", NAME),
        Problem("missing enhancement", "Crafted_Gone", "Crafted_Run"),
        Problem("missing power", "Pool.Speed.Lost", "group Fast_Group"),
    }

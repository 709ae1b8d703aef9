"""The stat registry, a published contract: `stats.md`, "The keys"."""

import itertools

import pytest

from calc.attributes import FEEDS, SUMS
from calc.caps import limits
from calc.stats import NUMBER, STATS
from calc.tables import limit
from gamedata.catalogue import Catalogue

DAMAGE = ["smashing", "lethal", "fire", "cold", "energy", "negative", "toxic", "psionic"]
DEFENSE = [*DAMAGE, "melee", "ranged", "aoe"]
MEZ = [
    "held",
    "stunned",
    "sleep",
    "immobilized",
    "knockback",
    "knockup",
    "repel",
    "confused",
    "terrorized",
    "taunt",
    "placate",
    "teleport",
]
KEYS = {
    *(f"defense.{word}" for word in DEFENSE),
    *(f"resistance.{word}" for word in DAMAGE),
    *(f"health.{word}" for word in ("max", "regeneration", "regeneration_per_second", "absorb")),
    *(
        f"endurance.{word}"
        for word in (
            "max",
            "recovery",
            "recovery_per_second",
            "net_per_second",
            "use_per_second",
        )
    ),
    *(
        f"offense.{word}"
        for word in (
            [
                "recharge",
                "damage",
                "accuracy",
                "range",
                "endurance_discount",
                "heal",
                "to_hit",
                "threat",
            ]
        )
    ),
    *(f"offense.damage.{word}" for word in DAMAGE),
    *(f"movement.{word}" for word in ("run", "fly", "jump", "jump_height")),
    *(f"movement.{word}_cap" for word in ("run", "fly", "jump")),
    "stealth.pve",
    "stealth.pvp",
    "perception",
    *(f"protection.{word}" for word in MEZ),
    *(f"status_resistance.{word}" for word in MEZ),
    *(
        f"debuff_resistance.{word}"
        for word in [
            "defense",
            "to_hit",
            "recharge",
            "recovery",
            "regeneration",
            "endurance",
            "perception",
            "run_speed",
            "fly_speed",
            "jump_speed",
            "jump_height",
            "accuracy",
            "range",
        ]
    ),
    *(f"elusivity.{word}" for word in DEFENSE),
    "level_shift",
}


def test_the_keys_are_those_of_the_contract() -> None:
    assert {stat.key for stat in STATS} == KEYS
    assert len(STATS) == len(KEYS)
    assert [NUMBER[stat.key] for stat in STATS] == list(range(len(STATS)))


def test_a_group_is_in_one_piece_and_its_labels_differ() -> None:
    groups = [stat.group for stat in STATS]
    assert len(dict.fromkeys(groups)) == 1 + sum(
        one != other for one, other in itertools.pairwise(groups)
    )
    labels = [(stat.group, stat.label) for stat in STATS]
    assert len(set(labels)) == len(labels)


def test_every_source_of_a_base_or_cap_exists_for_every_archetype(catalogue: Catalogue) -> None:
    for archetype in catalogue.archetypes.values():
        if not archetype.player:
            continue
        for stat in STATS:
            for source in (stat.base_from, stat.cap, stat.relative_to):
                if source and source not in NUMBER:
                    assert limit(archetype, source, 50) is not None, (archetype.id, source)


def test_everything_that_is_not_computed_from_others_is_fed() -> None:
    derived = {
        "health.regeneration_per_second",
        "endurance.recovery_per_second",
        "endurance.net_per_second",
        "endurance.use_per_second",
        "offense.damage",
    }
    fed = {number for feeds in FEEDS.values() for number, _ in feeds}
    assert fed == set(range(SUMS)) - {NUMBER[key] for key in derived}


def test_bases_and_caps_of_a_scrapper(catalogue: Catalogue) -> None:
    """`calc.md` §2.2 and §10, in the stats' units."""
    archetype = next(a for a in catalogue.archetypes.values() if a.id == "Class_Scrapper")
    found = limits(archetype, 50)

    def base_and_cap(key: str) -> tuple[float, float | None]:
        return found.bases[NUMBER[key]], found.caps[NUMBER[key]]

    assert base_and_cap("health.max") == (1338.6208, 2409.5176)
    assert base_and_cap("health.regeneration") == (1.0, 30.0)  # +29
    assert base_and_cap("endurance.recovery") == (1.0, 5.0)  # +4
    assert base_and_cap("endurance.max") == (100.0, 365.0)
    assert base_and_cap("offense.recharge") == (1.0, 5.0)
    assert base_and_cap("offense.damage") == (1.0, 5.0)
    assert base_and_cap("offense.heal") == (0.0, 3.0)
    assert base_and_cap("resistance.fire") == (0.0, 0.75)
    assert base_and_cap("defense.melee") == (0.0, None)
    assert base_and_cap("perception") == (500.0, 1153.0)
    assert base_and_cap("debuff_resistance.defense") == (0.0, 0.95)
    assert base_and_cap("movement.run_cap") == pytest.approx((135.66, 8.398 * 21))
    assert base_and_cap("movement.fly_cap")[0] == pytest.approx(86.0, abs=0.01)
    assert base_and_cap("movement.jump_height") == pytest.approx((4.0, 200.0))

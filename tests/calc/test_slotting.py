"""What fits where."""

import json
from pathlib import Path

import pytest

from calc.slotting import COMMON_LEVELS, fits, has_relative_level, levels
from gamedata.catalogue import Catalogue, EnhancementId, PowerId
from tests.small import SMALL

ATTACK = "Scrapper_Melee.Dark_Melee.Attack_1"
ARMOR = "Scrapper_Defense.Shield_Defense.Armor_1"


@pytest.mark.parametrize(
    ("power", "enhancement", "expected"),
    [
        (ATTACK, "Crafted_Damage", True),
        (ATTACK, "Crafted_Defense_Buff", False),
        (ATTACK, "Crafted_Makos_Bite_A", True),
        (ATTACK, "Attuned_Makos_Bite_F", True),
        (ATTACK, "Crafted_Kismet_A", False),
        (ATTACK, "Hamidon_Damage_Accuracy", True),
        (ATTACK, "Magic_Damage", True),
        (ATTACK, "Yins_Omni", False),  # for no player
        (ARMOR, "Hamidon_Damage_Accuracy", False),
        (ARMOR, "Crafted_Luck_of_the_Gambler_F", True),
        ("Pool.Speed.Hasten", "Crafted_Recharge", True),
        ("Pool.Speed.Hasten", "Crafted_Makos_Bite_A", False),
    ],
)
def test_fits(power: str, enhancement: str, expected: bool) -> None:
    answer = fits(
        SMALL.powers[PowerId(power)], SMALL.enhancements[EnhancementId(enhancement)], SMALL
    )
    assert answer is expected


def test_levels_of_what_is_crafted() -> None:
    def of(enhancement: str) -> tuple[int, int] | None:
        return levels(SMALL.enhancements[EnhancementId(enhancement)], SMALL)

    assert of("Crafted_Kismet_E") == (10, 30)
    assert of("Crafted_Hecatomb_A") == (50, 50)
    assert of("Crafted_Damage") == COMMON_LEVELS
    assert of("Attuned_Kismet_E") is None
    assert of("Magic_Damage") is None


def test_relative_level_is_for_origin_and_special_kinds() -> None:
    enhancements = SMALL.enhancements
    assert has_relative_level(enhancements[EnhancementId("Magic_Damage")])
    assert has_relative_level(enhancements[EnhancementId("Hamidon_Damage_Accuracy")])
    assert not has_relative_level(enhancements[EnhancementId("Crafted_Damage")])
    assert not has_relative_level(enhancements[EnhancementId("Attuned_Kismet_E")])


def test_pairs_that_mids_was_asked_about(full_catalogue: Catalogue, goldens: Path) -> None:
    probes = json.loads((goldens / "common" / "legality_probe.json").read_text())
    assert len(probes) == 3
    for probe in probes:
        power = full_catalogue.powers[PowerId(probe["PowerFullName"])]
        enhancement = full_catalogue.enhancements[EnhancementId(probe["EnhUid"])]
        assert fits(power, enhancement, full_catalogue) is probe["IsValid"], probe

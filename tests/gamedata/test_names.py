"""Ids in the game's own case."""

import pytest

from gamedata.catalogue import EnhancementId, PowerId
from gamedata.names import Names, archetype_id, by_lower, enhancement_id


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("scrapper", "Class_Scrapper"),
        ("@class_scrapper", "Class_Scrapper"),
        ("Class_Arachnos_Soldier", "Class_Arachnos_Soldier"),
        ("Arachnos Soldier", "Class_Arachnos_Soldier"),
        ("MasterMind", "Class_Mastermind"),
        ("@Class_Hyper-Advanced_Clockwork", "Class_Hyper-Advanced_Clockwork"),
    ],
)
def test_archetype_id(written: str, expected: str) -> None:
    assert archetype_id(written) == expected


def test_enhancement_id() -> None:
    assert enhancement_id("Boosts.Crafted_Run.Crafted_Run") == "Crafted_Run"
    assert enhancement_id("Crafted_Run") == "Crafted_Run"


def test_by_lower() -> None:
    assert by_lower(["Pool.Speed", "EPIC.x"]) == {"pool.speed": "Pool.Speed", "epic.x": "EPIC.x"}


def test_unknown_names_stay_as_written() -> None:
    names = Names(
        powers={"pool.speed.hasten": PowerId("Pool.Speed.Hasten")},
        enhancements={"crafted_run": EnhancementId("Crafted_Run")},
    )
    assert names.power("POOL.SPEED.hasten") == "Pool.Speed.Hasten"
    assert names.power("Pool.SPEED.Gone") == "Pool.SPEED.Gone"
    assert names.enhancement("boosts.crafted_run.crafted_run") == "Crafted_Run"
    assert names.category("Nowhere") == "Nowhere"
    assert names.powerset("Nowhere.X") == "Nowhere.X"
    assert names.boost_set("Nothing") == "Nothing"
    assert names.entity("Nobody") == "Nobody"

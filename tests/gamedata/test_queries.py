"""Which powersets an archetype may choose as what."""

import pytest

from gamedata import queries
from gamedata.catalogue import ArchetypeId, Catalogue, PowersetId
from gamedata.importer import import_export
from tests.gamedata.small_export import Files, WriteExport

SCRAPPER = ArchetypeId("Class_Scrapper")


@pytest.fixture
def small(export_files: Files, write_export: WriteExport) -> Catalogue:
    return import_export(write_export(export_files))[0]


@pytest.mark.parametrize(
    ("role", "powerset"),
    [
        ("primary", "Scrapper_Melee.Dark_Melee"),
        ("secondary", "Scrapper_Defense.Shield_Defense"),
        ("pool", "Pool.Speed"),
        ("epic", "Epic.Soul_Mastery"),
    ],
)
def test_roles(role: queries.Role, powerset: PowersetId, small: Catalogue) -> None:
    assert [each.id for each in queries.powersets_of(small, SCRAPPER, role)] == [powerset]
    assert queries.role_of(small, SCRAPPER, powerset) == role
    assert queries.role_of(small, SCRAPPER, PowersetId("Pets.Decoy")) is None


def test_a_pets_class_and_an_unknown_one_choose_nothing(small: Catalogue) -> None:
    for archetype in ("Class_Minion_Pets", "Class_Bard"):
        assert queries.powersets_of(small, ArchetypeId(archetype), "pool") == ()


def test_a_disabled_powerset_is_not_offered(export_files: Files, write_export: WriteExport) -> None:
    export_files["powers/pool/speed/index.json"]["requires"] = "0"
    catalogue, _ = import_export(write_export(export_files))
    assert queries.powersets_of(catalogue, SCRAPPER, "pool") == ()


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        ("$archetype == @Class_Scrapper", {"Class_Scrapper"}),
        (
            "$ARCHETYPE == @class_brute || char>arch eq 'Arachnos Soldier'",
            {"Class_Brute", "Class_Arachnos_Soldier"},
        ),
        ("(ownPowerNum?(Epic) > 0) && ($archetype == @Class_Brute)", {"Class_Brute"}),
        ("!($archetype == @Class_Brute)", set()),
        ("source>kMeter == 1", set()),
        ("not an expression", set()),
    ],
)
def test_classes_that_a_requirement_names(requires: str, expected: set[str]) -> None:
    assert queries.required_archetypes(requires) == expected


def test_the_games_own_epics(full_catalogue: Catalogue) -> None:
    """city-of-data.md §3: 10 each for 9 classes, 9 for two, 4 for the soldiers of Arachnos."""
    found = {
        each.name: len(queries.powersets_of(full_catalogue, each.id, "epic"))
        for each in full_catalogue.archetypes.values()
        if each.player
    }
    assert found == {
        "Arachnos Soldier": 4,
        "Arachnos Widow": 4,
        "Blaster": 10,
        "Brute": 10,
        "Controller": 10,
        "Corruptor": 10,
        "Defender": 10,
        "Dominator": 9,
        "Mastermind": 9,
        "Peacebringer": 0,
        "Scrapper": 10,
        "Sentinel": 10,
        "Stalker": 10,
        "Tanker": 10,
        "Warshade": 0,
    }


def test_the_games_own_pools(full_catalogue: Catalogue) -> None:
    pools = {each.id for each in queries.powersets_of(full_catalogue, SCRAPPER, "pool")}
    assert len(pools) == 12
    assert {"Pool.Speed", "Pool.Fighting", "Pool.Sorcery"} <= pools
    assert not pools & {"Pool.Fitness", "Pool.Gadgetry", "Pool.Utility_Belt"}

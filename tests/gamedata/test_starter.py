"""The embedded catalogue: what it must hold, that it stands alone, and where it comes from."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from gamedata import pack, references, starter
from gamedata.catalogue import ArchetypeId, BoostSetId, Catalogue, EnhancementId, PowerId
from gamedata.queries import Role, powersets_of
from gamedata.starter.select import read_selection, select

KHELDIANS = ("Class_Peacebringer", "Class_Warshade")
SETS = """
Luck of the Gambler, Red Fortune, Reactive Defenses, Kismet, Performance Shifter, Power Transfer,
Numina's Convalescence, Miracle, Panacea, Preventive Medicine, Doctored Wounds,
Steadfast Protection, Unbreakable Guard, Aegis, Impervium Armor, Impervious Skin, Karma,
Blessing of the Zephyr, Mako's Bite, Touch of Death, Crushing Impact, Kinetic Combat,
Positron's Blast, Thunderstrike, Decimation, Obliteration, Scirocco's Dervish, Multi Strike,
Basilisk's Gaze, Achilles' Heel, Force Feedback, Gaussian's Synchronized Fire-Control,
Expedient Reinforcement, Celerity
"""


def plain(name: str) -> str:
    """A name without what people spell in different ways."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def test_it_is_small_and_says_where_it_is_from(catalogue: Catalogue) -> None:
    assert starter.path().stat().st_size < 500_000
    assert catalogue.release.startswith("homecoming-")
    assert pack.seal(catalogue).hash == catalogue.hash


def test_every_player_archetype_with_its_tables_and_caps(catalogue: Catalogue) -> None:
    players = [each for each in catalogue.archetypes.values() if each.player]
    assert len(players) == 15
    for archetype in players:
        assert len(archetype.tables) >= 105
        assert archetype.resistance_maximum["damage_type.smashing"]
        assert archetype.maximum["hit_points"][49] > 800


def test_at_least_two_primaries_and_secondaries_each(catalogue: Catalogue) -> None:
    roles: tuple[Role, ...] = ("primary", "secondary")
    for archetype in catalogue.archetypes.values():
        if archetype.player:
            least = 1 if archetype.id in KHELDIANS else 2
            for role in roles:
                assert len(powersets_of(catalogue, archetype.id, role)) >= least, archetype.id


def test_soldiers_of_arachnos_come_with_their_branches(catalogue: Catalogue) -> None:
    for archetype in ("Class_Arachnos_Soldier", "Class_Arachnos_Widow"):
        found = powersets_of(catalogue, ArchetypeId(archetype), "primary")
        assert len(found) == 3


def test_all_pools_and_epics_and_inherents(catalogue: Catalogue, full_catalogue: Catalogue) -> None:
    for category in ("Pool", "Epic", "Inherent"):
        whole = full_catalogue.categories[category]  # type: ignore[index]
        assert catalogue.categories[category] == whole  # type: ignore[index]


def test_the_sets_that_players_use(catalogue: Catalogue) -> None:
    names = {plain(each.name) for each in catalogue.boost_sets.values()}
    wanted = {plain(name) for name in SETS.split(",")}
    assert len(wanted) == 34
    assert wanted <= names
    rarities = {each.rarity for each in catalogue.boost_sets.values()}
    assert {
        "Archetype",
        "Superior Archetype",
        "Very Rare",
        "PvP",
        "Winter Pack Series",
        "Superior Winter Pack Series",
    } <= rarities


def test_sets_come_with_their_pieces_and_bonuses(catalogue: Catalogue) -> None:
    for boost_set in catalogue.boost_sets.values():
        assert boost_set.bonuses, boost_set.id
        for variants in boost_set.pieces:
            assert all(id_ in catalogue.enhancements for id_ in variants), boost_set.id
        for bonus in boost_set.bonuses:
            assert all(id_ in catalogue.powers for id_ in bonus.powers), boost_set.id


@pytest.mark.parametrize(
    "id_",
    [
        "Crafted_Damage",
        "Crafted_Recharge",
        "Magic_Accuracy",
        "Mutation_Science_Damage",
        "Generic_Heal",
        "Hamidon_Damage_Accuracy",
    ],
)
def test_common_inventions_and_origin_kinds(id_: EnhancementId, catalogue: Catalogue) -> None:
    assert id_ in catalogue.enhancements


@pytest.mark.parametrize(
    "id_",
    [
        "Incarnate.Alpha.Agility_Core_Paragon",
        "Incarnate.Alpha_Silent.Defense_Buff_Very_Rare",  # granted
        "Temporary_Powers.Accolades.The_Atlas_Medallion",
        "Mastermind_Pets.Alpha_Wolf.Vicious_Bite",  # of a summoned henchman
        "Mastermind_Pets.Alpha_Wolf_2.Howl",  # granted to it by an upgrade
    ],
)
def test_what_powers_grant_and_summon_is_in(id_: PowerId, catalogue: Catalogue) -> None:
    assert id_ in catalogue.powers


def test_what_its_things_need_is_in_it(catalogue: Catalogue, full_catalogue: Catalogue) -> None:
    """Unless the export lacks it too. What is only revoked or recharged may be outside."""
    needed = [
        *(each for power in catalogue.powers.values() for each in references.of_power(power)),
        *(each for entity in catalogue.entities.values() for each in references.of_entity(entity)),
        *(
            each
            for piece in catalogue.enhancements.values()
            for each in references.of_enhancement(piece)
        ),
    ]
    assert len(needed) > 5_000
    for kind, whole, part in (
        ("power", full_catalogue.powers.keys(), catalogue.powers.keys()),
        ("entity", full_catalogue.entities.keys(), catalogue.entities.keys()),
        ("archetype", full_catalogue.archetypes.keys(), catalogue.archetypes.keys()),
        ("enhancement", full_catalogue.enhancements.keys(), catalogue.enhancements.keys()),
        ("set", full_catalogue.boost_sets.keys(), catalogue.boost_sets.keys()),
    ):
        assert {id_ for found, id_ in needed if found == kind} & whole <= part


def test_no_prose() -> None:
    """Names are short; the longest say which aspects an enhancement has."""

    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["name"]] if isinstance(value.get("name"), str) else []
            return own + [text for inner in value.values() for text in texts(inner)]
        if isinstance(value, list | tuple):
            return [text for inner in value for text in texts(inner)]
        return []

    names = texts(msgspec.to_builtins(pack.load(starter.path())))
    assert len(names) > 6_000
    assert max(map(len, names)) < 100


def test_golden_and_community_builds_can_be_made_with_it(
    catalogue: Catalogue, full_catalogue: Catalogue, goldens: Path
) -> None:
    powers = {name.lower() for name in catalogue.powers}
    enhancements = {name.lower() for name in catalogue.enhancements}
    everything = {name.lower() for name in full_catalogue.powers}
    builds = sorted(goldens.glob("**/*.mbd"))
    assert len(builds) == 8
    for path in builds:
        build = msgspec.json.decode(path.read_bytes())
        for entry in build["PowerEntries"]:
            name = (entry or {}).get("PowerName", "").lower()
            assert name in powers or name not in everything, (path.name, name)
            for slot in (entry or {}).get("SlotEntries", ()):
                if slot["Enhancement"]:
                    assert slot["Enhancement"]["Uid"].lower() in enhancements


def test_it_is_what_the_command_rebuilds(catalogue: Catalogue, full_catalogue: Catalogue) -> None:
    again, _ = select(full_catalogue, read_selection(starter.selection_path()))
    assert again.hash == catalogue.hash
    assert again.boost_sets[BoostSetId("Kismet")] == catalogue.boost_sets[BoostSetId("Kismet")]

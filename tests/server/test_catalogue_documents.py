"""What the catalogue's answers say."""

import pytest

from calc.build import Build, TakenPower, empty
from gamedata.catalogue import Catalogue
from server.catalogue import documents


def test_every_archetype_may_choose(catalogue: Catalogue) -> None:
    archetypes = documents.archetypes(catalogue)
    assert len(archetypes) == 15
    for archetype in archetypes:
        choices = documents.powersets(catalogue, archetype.id)
        assert choices.primary, archetype.name
        assert choices.secondary, archetype.name
        assert choices.pool == documents.powersets(catalogue, "Class_Blaster").pool


def test_an_epic_set_is_offered_to_its_archetypes_alone(catalogue: Catalogue) -> None:
    scrapper = {one.id for one in documents.powersets(catalogue, "Class_Scrapper").epic}
    dominator = {one.id for one in documents.powersets(catalogue, "Class_Dominator").epic}
    assert scrapper
    assert dominator
    assert scrapper.isdisjoint(dominator)


def test_obsolete_pools_are_not_offered(catalogue: Catalogue) -> None:
    pools = {one.id for one in documents.powersets(catalogue, "Class_Scrapper").pool}
    assert "Pool.Fighting" in pools
    assert not pools & {"Pool.Fitness", "Pool.Gadgetry", "Pool.Utility_Belt"}


def test_a_powerset_tells_what_can_be_picked(catalogue: Catalogue) -> None:
    leaping = documents.powerset(catalogue, "Pool.Leaping")
    powers = {power.name: power for power in leaping.powers}
    assert powers["Combat Jumping"].pick
    assert powers["Combat Jumping"].level == 4  # no pool power is picked earlier
    assert powers["Combat Jumping"].switchable
    assert not powers["Double Jump"].pick  # it comes with Super Jump


def test_a_branch_names_its_trunk(catalogue: Catalogue) -> None:
    branch = documents.powerset(catalogue, "Widow_Training.Fortunata_Training")
    assert branch.trunk == "Widow_Training.Widow_Training"


def test_only_what_fits_is_offered(catalogue: Catalogue) -> None:
    fitting = documents.fitting(catalogue, "Pool.Fighting.Weave", "Class_Scrapper")
    assert set(fitting.common) == {
        "Crafted_Defense_Buff",
        "Crafted_Endurance_Discount",
        "Crafted_Recharge",
    }
    assert "Luck_of_the_Gambler" in fitting.sets
    assert "Makos_Bite" not in fitting.sets
    assert "Magic_Defense_Buff" in fitting.single
    assert "Mutation_Magic_Defense_Buff" in fitting.dual
    assert "Generic_Defense_Buff" in fitting.training
    assert "Hamidon_Buff_Recharge" in fitting.special


def test_archetype_sets_are_offered_to_their_archetype(catalogue: Catalogue) -> None:
    smite = "Scrapper_Melee.Dark_Melee.Smite"
    assert "Scrappers_Strike" in documents.fitting(catalogue, smite, "Class_Scrapper").sets
    assert "Scrappers_Strike" not in documents.fitting(catalogue, smite, "Class_Brute").sets


def test_what_is_offered_is_described(catalogue: Catalogue) -> None:
    all_of_them = documents.enhancements(catalogue)
    known = {one.id for one in all_of_them.enhancements}
    sets = {one.id: one for one in all_of_them.sets}
    for id_, power in catalogue.powers.items():
        if power.max_slots and id_.startswith("Pool."):
            fitting = documents.fitting(catalogue, id_, "Class_Scrapper")
            assert known.issuperset(fitting.common + fitting.single + fitting.special)
            assert all(known.issuperset(form) for one in fitting.sets for form in sets[one].pieces)


def test_a_piece_knows_its_other_form(catalogue: Catalogue) -> None:
    crafted = documents.enhancement(catalogue, "Crafted_Luck_of_the_Gambler_A")
    assert crafted.name == "Luck of the Gambler: Defense/Endurance"
    assert (crafted.kind, crafted.levels, crafted.boostable) == ("set", (25, 50), True)
    assert crafted.form == "Attuned_Luck_of_the_Gambler_A"
    attuned = documents.enhancement(catalogue, crafted.form)
    assert (attuned.kind, attuned.levels, attuned.boostable) == ("attuned", None, False)
    assert attuned.form == crafted.id


@pytest.mark.parametrize(
    ("enhancement", "kind", "relative"),
    [
        ("Crafted_Recharge", "common", False),
        ("Magic_Recharge", "single", True),
        ("Mutation_Magic_Recharge", "dual", True),
        ("Generic_Recharge", "training", True),
        ("Hamidon_Damage_Accuracy", "special", True),
        ("Superior_Attuned_Superior_Scrappers_Strike_A", "attuned", False),
    ],
)
def test_kinds(catalogue: Catalogue, enhancement: str, kind: str, relative: bool) -> None:
    found = documents.enhancement(catalogue, enhancement)
    assert (found.kind, found.relative) == (kind, relative)


def test_a_set_tells_its_bonuses(catalogue: Catalogue) -> None:
    gambler = documents.boost_set(catalogue, "Luck_of_the_Gambler")
    assert [bonus.pieces for bonus in gambler.bonuses] == [2, 3, 4, 5, 6]
    assert gambler.bonuses[0].text == "Large Improved Regeneration"
    fury = documents.boost_set(catalogue, "Fury_of_the_Gladiator")
    repel = next(bonus for bonus in fury.bonuses if bonus.pvp and bonus.pieces == 3)
    assert repel.text == "Large Increased Repel Resistance"  # `pvp` says against whom


def test_what_a_pick_brings_is_granted(catalogue: Catalogue) -> None:
    build = empty()
    without = Build(1, archetype="Class_Scrapper", scenarios=build.scenarios)
    jumper = Build(
        1,
        archetype="Class_Peacebringer",
        powers=dict.fromkeys(
            ["Peacebringer_Defensive.Luminous_Aura.White_Dwarf"], TakenPower(level=20)
        ),
    )
    names = {power.name for power in documents.granted(catalogue, jumper)}
    assert "White Dwarf Strike" in names
    assert "White Dwarf" not in names  # it was picked
    assert "White Dwarf Strike" not in {
        power.name for power in documents.granted(catalogue, without)
    }


def test_temporary_powers_are_those_that_a_player_sees(catalogue: Catalogue) -> None:
    offered = documents.temporary(catalogue)
    assert [one.name for one in offered] == sorted(one.name for one in offered)
    assert all(one.id.startswith(("Temporary_Powers.", "Prestige.")) for one in offered)
    assert not any(one.id.startswith("Temporary_Powers.Accolades.") for one in offered)


def test_a_piece_with_a_proc_says_so(catalogue: Catalogue) -> None:
    procs = {one.id for one in documents.enhancements(catalogue).enhancements if one.proc}
    assert {one for one in procs if "Achilles_Heel" in one} == {
        "Attuned_Achilles_Heel_C",
        "Crafted_Achilles_Heel_C",
    }
    assert "Crafted_Recharge" not in procs

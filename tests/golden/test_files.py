"""Whole build files of Mids Reborn, and its names, against the game's data."""

import json
from collections import Counter
from pathlib import Path

import pytest
from msgspec import UNSET

from calc import build as documents
from calc import mbd
from calc.build import Slot, SlottedEnhancement
from calc.mbd_names import Names
from gamedata.catalogue import Catalogue
from tests.mids_files import HASTEN, Json, codes

FILES = {
    "arsenal_dominator_incarnate": {},
    "arsenal_dominator_noslots": {},
    "hasten_2rech": {},
    "shield_scrapper_noslots": {},
    "shield_scrapper_set_bonuses": {},
    "shield_scrapper_slotted": {},
    "dominator_electric_psionic": {},
    # Its author boosted every piece at once, also those that take no boosters.
    "scrapper_dark_shield": {"changed_strength": 26},
}


def stored(goldens: Path, name: str) -> Json:
    (path,) = goldens.glob(f"*/**/{name}.mbd")
    found: Json = json.loads(path.read_bytes())
    return found


@pytest.mark.parametrize("name", FILES)
def test_files_are_taken_over(name: str, full_catalogue: Catalogue, goldens: Path) -> None:
    (path,) = goldens.glob(f"*/**/{name}.mbd")
    imported = mbd.read(path.read_bytes(), full_catalogue)
    assert Counter(codes(imported)) == FILES[name]
    build, entries = imported.build, stored(goldens, name)["PowerEntries"]
    assert documents.decode(documents.encode(build)) == build
    assert len([taken for taken in build.powers.values() if taken.level]) == 24
    added = sum(name != "own" for taken in build.powers.values() for name in taken.slots)
    assert added == sum(max(0, len(entry["SlotEntries"]) - 1) for entry in entries)
    filled = sum(
        slot.enhancement is not UNSET
        for taken in build.powers.values()
        for slot in taken.slots.values()
    )
    pieces = [one["Enhancement"] for entry in entries for one in entry["SlotEntries"]]
    assert filled == len([one for one in pieces if one])


def test_68_added_slots_are_taken_over(full_catalogue: Catalogue, goldens: Path) -> None:
    text = (goldens / "builds" / "hasten_2rech" / "hasten_2rech.mbd").read_bytes()
    build = mbd.read(text, full_catalogue).build
    added = sum(name != "own" for taken in build.powers.values() for name in taken.slots)
    assert added == 68
    hasten = build.powers[HASTEN]
    assert hasten.level == 10
    assert hasten.on is UNSET
    assert hasten.slots["s1"] == Slot(11, SlottedEnhancement("Crafted_Recharge", 50))
    assert hasten.slots["s2"] == Slot(13)


def test_places_of_a_whole_file(full_catalogue: Catalogue, goldens: Path) -> None:
    text = (goldens / "community" / "scrapper_dark_shield.mbd").read_bytes()
    build = mbd.read(text, full_catalogue).build
    assert build.incarnates == {
        "alpha": "Incarnate.Alpha.Agility_Core_Paragon",
        "judgement": "Incarnate.Judgement.Void_Core_Final_Judgement",
        "interface": "Incarnate.Interface.Paralytic_Interface",
        "lore": "Incarnate.Lore.Polar_Lights_Total_Core_Improved_Ally",
        "hybrid": "Incarnate.Hybrid.Melee_Genome_9",
    }
    assert set(build.accolades.values()) == {False}
    assert build.title == "Laser - Accretion"
    steadfast = build.powers["Scrapper_Defense.Shield_Defense.One_with_the_Shield"].slots["own"]
    assert steadfast.enhancement == SlottedEnhancement("Crafted_Steadfast_Protection_B", 30, 5)


def test_every_label_of_old_files(full_catalogue: Catalogue, goldens: Path) -> None:
    """A file of 3.6 has labels for ids: every one that means a piece of the game finds it."""
    table = json.loads((goldens / "common" / "enhancements.json").read_text())
    names = Names(full_catalogue)
    found = Counter[str]()
    for row in table:
        grade = "SingleO" if row["TypeName"] == "Normal" else "None"
        by_id = names.enhancement(row["UID"], grade, "Magic")
        by_label = names.labelled(row["LongName"], grade, "Magic")
        if by_id is None:
            found["id unknown"] += 1
        elif by_label is None:
            found["label unknown"] += 1
        elif (by_id.boost_set, by_id.position) == (by_label.boost_set, by_label.position):
            found["same"] += 1
        else:
            # Sets whose aspects sit on other letters in Mids' database: the label's aspects count.
            assert by_id.boost_set == by_label.boost_set
            found["other letter"] += 1
    assert found == {"same": 1305, "other letter": 32, "label unknown": 2, "id unknown": 6}


def test_every_power_that_can_be_picked_in_mids(full_catalogue: Catalogue, goldens: Path) -> None:
    """All but the nine that the game does not have under any name."""
    rows = json.loads((goldens / "common" / "power_static_index.json").read_text())
    names = Names(full_catalogue)
    players = [one for one in full_catalogue.archetypes.values() if one.player]
    categories = {one.primary for one in players} | {one.secondary for one in players}
    pickable = [
        row["FullName"]
        for row in rows
        if row["FullName"].partition(".")[0] in categories | {"Pool", "Epic"}
    ]
    lost = [name for name in pickable if names.power(name) is None]
    assert len(pickable) == 3784
    assert len(lost) == 9
    found = names.power("Blaster_Support.Tactical_Arrow.Oil_Slick_Arrow")
    assert found == "Blaster_Support.Tactical_Arrow.Gymnastics"

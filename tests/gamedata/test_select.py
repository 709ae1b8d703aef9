"""A part of a catalogue: what is named, what that needs, and nothing else."""

from pathlib import Path

import pytest

from gamedata.catalogue import Catalogue
from gamedata.importer import import_export
from gamedata.report import Problem
from gamedata.starter.select import Selection, SelectionError, read_selection, select
from tests.gamedata.small_export import Files, WriteExport


@pytest.fixture
def small(export_files: Files, write_export: WriteExport) -> Catalogue:
    return import_export(write_export(export_files))[0]


def test_a_powerset_brings_what_its_powers_turn_into_and_summon(small: Catalogue) -> None:
    part, report = select(small, Selection(powersets={"Scrapper_Melee": ("Dark_Melee",)}))
    assert set(part.powers) == {
        "Scrapper_Melee.Dark_Melee.Smite",
        "Scrapper_Melee.Dark_Melee.Decoy",
        "Pets.Decoy.Punch",
    }
    assert set(part.entities) == {"Pets_Decoy"}
    assert set(part.archetypes) == {"Class_Scrapper", "Class_Minion_Pets"}
    assert part.enhancements == {}
    assert part.exclusion_groups == {}
    secondary = Problem("outside the selection", "Scrapper_Defense", "archetype Class_Scrapper")
    assert report.problems == {secondary}


def test_a_boost_set_brings_its_pieces_and_bonuses(small: Catalogue) -> None:
    part, _ = select(small, Selection(boost_sets=("Kis*",)))
    assert set(part.enhancements) == {"Attuned_Kismet_A", "Crafted_Kismet_A"}
    assert set(part.powers) == {"Set_Bonus.Set_Bonus.Small_Accuracy"}


def test_enhancements_of_no_set_by_pattern(small: Catalogue) -> None:
    part, _ = select(small, Selection(enhancements=("Crafted_*",)))
    assert set(part.enhancements) == {"Crafted_Damage"}


def test_whole_categories(small: Catalogue) -> None:
    part, _ = select(small, Selection(categories=("Pool",)))
    assert part.categories == {"Pool": small.categories["Pool"]}  # type: ignore[index]
    assert part.exclusion_groups == small.exclusion_groups


def test_a_category_offers_whole_powersets_only(
    export_files: Files, write_export: WriteExport
) -> None:
    """A power that another one turns into does not make its powerset a choice."""
    hasten = export_files["powers/pool/speed/hasten.json"]
    hasten["redirect"] = export_files["powers/scrapper_melee/dark_melee/smite.json"]["redirect"]
    hasten["redirect"][0]["name"] = "Scrapper_Melee.Dark_Melee.Decoy"
    full, _ = import_export(write_export(export_files))
    part, _ = select(full, Selection(categories=("Pool",)))
    partial = part.powersets["Scrapper_Melee.Dark_Melee"]  # type: ignore[index]
    assert partial.powers == ("Scrapper_Melee.Dark_Melee.Decoy",)
    assert "Scrapper_Melee" not in part.categories


def test_the_whole_is_a_part(small: Catalogue) -> None:
    everything = Selection(
        categories=tuple(small.categories), boost_sets=("*",), enhancements=("*",)
    )
    assert select(small, everything)[0] == small


@pytest.mark.parametrize(
    "selection",
    [
        Selection(categories=("Pol",)),
        Selection(powersets={"Pool": ("Speedy",)}),
        Selection(boost_sets=("Kismat",)),
        Selection(enhancements=("Crafted_Kismet_A",)),  # belongs to a set
    ],
)
def test_a_name_that_the_export_lacks_is_told(selection: Selection, small: Catalogue) -> None:
    with pytest.raises(SelectionError, match="The export has nothing that is called "):
        select(small, selection)


@pytest.mark.parametrize("text", ["categories = 3", "colour = 'red'", "= broken", "\xff"])
def test_a_selection_that_is_none(text: str, tmp_path: Path) -> None:
    path = tmp_path / "selection.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(SelectionError, match=r"selection\.toml is no selection: "):
        read_selection(path)


def test_a_selection_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SelectionError, match="cannot be read: No such file"):
        read_selection(tmp_path / "none.toml")

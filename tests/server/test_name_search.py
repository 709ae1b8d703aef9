"""Names are found as players write them."""

import pytest

from gamedata.catalogue import Catalogue
from server.catalogue.name_search import KINDS, Kind, NamedThing, Names, folded

ALL: frozenset[Kind] = frozenset(KINDS)


@pytest.fixture(scope="module")
def names(catalogue: Catalogue) -> Names:
    return Names(catalogue)


def first(names: Names, text: str) -> NamedThing:
    return names.search(text, ALL, 1).found[0]


@pytest.mark.parametrize(
    ("text", "kind", "id_"),
    [
        ("hasten", "power", "Pool.Speed.Hasten"),
        ("HÁSTEN", "power", "Pool.Speed.Hasten"),
        ("luck of the g", "set", "Luck_of_the_Gambler"),
        ("gambler luck", "set", "Luck_of_the_Gambler"),
        ("LotG", "set", "Luck_of_the_Gambler"),
        ("makos", "set", "Makos_Bite"),
        ("Mako’s bi", "set", "Makos_Bite"),
        ("blaster", "archetype", "Class_Blaster"),
        ("dark melee", "powerset", "Scrapper_Melee.Dark_Melee"),
        ("kismet tohit", "enhancement", "Crafted_Kismet_E"),
    ],
)
def test_the_best_comes_first(names: Names, text: str, kind: str, id_: str) -> None:
    found = first(names, text)
    assert (found.kind, found.id) == (kind, id_)


def test_words_begin_so_and_are_not_just_in_the_middle(names: Names) -> None:
    assert names.search("asten", ALL, 5).total == 0
    assert names.search("luck nonsense", ALL, 5).total == 0
    assert names.search("--", ALL, 5).total == 0


def test_results_are_bounded_and_counted(names: Names) -> None:
    found = names.search("a", ALL, 3)
    assert len(found.found) == 3
    assert found.total > 100


def test_only_the_kinds_asked_for(names: Names) -> None:
    found = names.search("blaster", frozenset({"set"}), 50)
    assert {each.kind for each in found.found} == {"set"}


def test_each_piece_is_found_once_and_no_level_of_it(names: Names) -> None:
    pieces = names.search("luck gambler", frozenset({"enhancement"}), 50).found
    assert len(pieces) == 6
    common = names.search("invention recharge", frozenset({"enhancement"}), 50).found
    assert not [each.id for each in common if each.id.rpartition("_")[2].isdecimal()]


def test_powers_say_whose_they_are(names: Names) -> None:
    found = names.search("siphon life", frozenset({"power"}), 50).found
    assert {"Class_Scrapper"} in [set(each.archetypes) for each in found]
    assert first(names, "hasten").archetypes == ()


def test_a_text_is_folded() -> None:
    assert folded("Mako's  Bité: ACC/Dmg") == ["makos", "bite", "acc", "dmg"]

"""The sets that give a stat, best first."""

import pytest

from gamedata.catalogue import Catalogue
from server.catalogue.documents import UnknownIdError
from server.catalogue.set_finder import GivingSet, SetFinder, Wanted

RECHARGE = Wanted("offense.recharge", "Class_Blaster")


@pytest.fixture(scope="module")
def finder(catalogue: Catalogue) -> SetFinder:
    return SetFinder(catalogue)


def find(finder: SetFinder, wanted: Wanted) -> dict[str, GivingSet]:
    return {each.id: each for each in finder.find(wanted, 500).sets}


def test_those_that_give_the_most_come_first(finder: SetFinder) -> None:
    found = finder.find(RECHARGE, 10)
    values = [each.value for each in found.sets]
    assert values == sorted(values, reverse=True)
    assert values[0] == 0.1
    assert found.total > len(found.sets) == 10


def test_a_set_with_several_rows_gives_their_sum(finder: SetFinder) -> None:
    armor = find(finder, Wanted("defense.ranged", "Class_Scrapper"))["Gladiators_Armor"]
    assert (armor.value, armor.pieces) == (0.055, 6)
    assert [(each.pieces, each.value) for each in armor.bonuses] == [(1, 0.03), (6, 0.025)]


def test_fewer_pieces_give_less(finder: SetFinder) -> None:
    few = find(finder, Wanted("defense.ranged", "Class_Scrapper", pieces=5))
    assert few["Gladiators_Armor"].value == 0.03
    assert "Blood_Mandate" not in few


def test_only_those_of_a_category_or_that_fit(finder: SetFinder) -> None:
    of_defense = find(finder, Wanted("offense.recharge", "Class_Blaster", group="Defense Sets"))
    assert {each.group for each in of_defense.values()} == {"Defense Sets"}
    assert of_defense["Luck_of_the_Gambler"].bonuses[0].enhancement
    hasten = Wanted("offense.recharge", "Class_Blaster", power="Pool.Speed.Hasten")
    assert {each.group for each in find(finder, hasten).values()} <= {"Universal Recharge Sets"}
    both = Wanted("offense.recharge", "Class_Blaster", group="Defense Sets", power=hasten.power)
    assert find(finder, both) == {}


def test_no_set_of_another_archetype_or_a_higher_level(finder: SetFinder) -> None:
    blaster = find(finder, RECHARGE)
    scrapper = find(finder, Wanted("offense.recharge", "Class_Scrapper"))
    assert "Blasters_Wrath" in blaster
    assert "Blasters_Wrath" not in scrapper
    low = find(finder, Wanted("offense.recharge", "Class_Blaster", level=20))
    assert "Absolute_Amazement" in blaster
    assert "Absolute_Amazement" not in low
    assert all(each.min_level <= 23 for each in low.values())


def test_what_holds_against_players_only_is_asked_for(finder: SetFinder) -> None:
    def rows(pvp: bool) -> int:
        found = find(finder, Wanted("resistance.smashing", "Class_Tanker", pvp=pvp))
        return sum(each.pvp for one in found.values() for each in one.bonuses)

    assert rows(pvp=False) == 0
    assert rows(pvp=True) > 0


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted("defense.nothing", "Class_Blaster"),
        Wanted("defense.ranged", "Class_Nobody"),
        Wanted("defense.ranged", "Class_Blaster", power="Pool.Nothing"),
    ],
)
def test_what_there_is_not_is_named(finder: SetFinder, wanted: Wanted) -> None:
    with pytest.raises(UnknownIdError, match=r"nothing|Nobody|Nothing"):
        finder.find(wanted, 5)

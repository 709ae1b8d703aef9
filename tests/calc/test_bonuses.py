"""Set bonuses and the rule of five: `calc.md` §7, with the starter catalogue's sets."""

from collections import Counter

import pytest

from calc.bonuses import Piece, counted, holds, rows
from calc.build import SlottedEnhancement
from gamedata.catalogue import Catalogue, EnhancementId, PowerId

GLOBAL = "Set_Bonus.Set_Bonus.Luck_of_the_Gambler"
SET = "Crafted_Luck_of_the_Gambler_"


def pieces(catalogue: Catalogue, *names: str, level: int = 50) -> list[Piece]:
    return [
        Piece(SlottedEnhancement(name, level), catalogue.enhancements[EnhancementId(name)])
        for name in names
    ]


def given(catalogue: Catalogue, *names: str, level: int = 50) -> tuple[PowerId, ...]:
    found = rows(pieces(catalogue, *names), level, catalogue)
    return tuple(given.power for given in found)


def test_a_set_gives_more_with_each_piece(catalogue: Catalogue) -> None:
    rows = catalogue.boost_sets[catalogue.enhancements[EnhancementId(SET + "A")].boost_set].bonuses
    by_pieces = {row.min_pieces: row.powers[0] for row in rows if row.min_pieces > 1}
    for count in range(1, 6):
        expected = [by_pieces[needed] for needed in range(2, count + 1)]
        assert list(given(catalogue, *(SET + letter for letter in "ABCDE"[:count]))) == expected


def test_a_piece_of_its_own_gives_its_global(catalogue: Catalogue) -> None:
    assert given(catalogue, SET + "F") == (GLOBAL,)
    assert given(catalogue, "Attuned_Luck_of_the_Gambler_F") == (GLOBAL,)
    assert GLOBAL not in given(catalogue, SET + "A", SET + "B")


def test_variants_of_a_piece_are_one_piece(catalogue: Catalogue) -> None:
    assert given(catalogue, SET + "A", "Attuned_Luck_of_the_Gambler_A") == ()


def test_pvp_bonuses_do_not_count(catalogue: Catalogue) -> None:
    boost_set = next(s for s in catalogue.boost_sets.values() if any(b.pvp for b in s.bonuses))
    names = [position[0] for position in boost_set.pieces]
    found = given(catalogue, *names)
    in_pvp = {power for bonus in boost_set.bonuses if bonus.pvp for power in bonus.powers}
    in_pve = {power for bonus in boost_set.bonuses if not bonus.pvp for power in bonus.powers}
    assert not set(found) & (in_pvp - in_pve)
    assert set(found) & in_pve


def test_six_of_one_bonus_count_five_times(catalogue: Catalogue) -> None:
    assert counted([PowerId(GLOBAL)] * 6, catalogue) == {GLOBAL: 5}


def test_some_bonuses_count_once(catalogue: Catalogue) -> None:
    once = next(
        power.id
        for power in catalogue.powers.values()
        if power.powerset == "Set_Bonus.Set_Bonus" and power.number_allowed == 1
    )
    assert counted([once] * 3, catalogue) == {once: 1}


def test_the_name_is_the_identity(catalogue: Catalogue) -> None:
    several = [PowerId(f"Set_Bonus.Set_Bonus.Increased_Health_{size}") for size in (2, 3)]
    known = [power for power in several if power in catalogue.powers]
    assert counted(known * 5, catalogue) == dict.fromkeys(known, 5)
    assert len(known) == 2


def test_unknown_bonuses_count_nothing(catalogue: Catalogue) -> None:
    assert counted([PowerId("Set_Bonus.Set_Bonus.No_Such_Bonus")], catalogue) == {}


@pytest.mark.parametrize(
    ("name", "piece_level", "level", "expected"),
    [
        (SET + "A", 50, 47, True),
        (SET + "A", 50, 46, False),
        (SET + "A", 25, 22, True),
        ("Attuned_Luck_of_the_Gambler_A", 0, 19, True),  # the data's 18, from 0
        ("Attuned_Luck_of_the_Gambler_A", 0, 18, False),
        ("Superior_Attuned_Superior_Critical_Strikes_A", 0, 1, True),  # ignores exemplar
    ],
)
def test_exemplared_characters_keep_some_bonuses(
    catalogue: Catalogue, name: str, piece_level: int, level: int, expected: bool
) -> None:
    """`calc.md` §13."""
    piece = pieces(catalogue, name, level=piece_level)[0]
    assert holds(piece.slotted, piece.enhancement, level) is expected


def test_every_set_of_the_catalogue_gives_bonuses_that_exist(catalogue: Catalogue) -> None:
    for boost_set in catalogue.boost_sets.values():
        names = [position[0] for position in boost_set.pieces]
        found = given(catalogue, *names)
        assert found, boost_set.id
        assert Counter(counted(found, catalogue)).total() == len(found), boost_set.id

"""Enhancements and boost sets."""

from msgspec.structs import replace

from gamedata.catalogue import BoostSetId, EnhancementId, PowerId
from gamedata.convert_enhancements import boost_set, enhancement
from gamedata.names import Names
from gamedata.raw import RawBonus, RawBoostInfo, RawBoostSet, RawPower
from gamedata.vocabulary import ORIGINS

NAMES = Names(
    powers={"set_bonus.set_bonus.luck": PowerId("Set_Bonus.Set_Bonus.Luck")},
    enhancements={
        name.lower(): EnhancementId(name) for name in ("Crafted_Luck_A", "Attuned_Luck_A")
    },
    boost_sets={"luck": BoostSetId("Luck")},
)
INFO = RawBoostInfo(
    slot_requires="char>level == 50",
    catalyzes_to=("boosts.attuned_luck_a.attuned_luck_a", "Luck"),
    min_slot_level=21,
    min_bonus_level=18,
    computed_name="Luck: Defense",
    boostset_name="luck",
    global_bonuses=(("set_bonus.set_bonus.luck", "Luck"),),
    restricted_ats=("MasterMind", "Arachnos Soldier"),
    unique_group=("attuned_luck_a",),
)
RAW = RawPower(
    "Boosts.Crafted_Luck_A.Crafted_Luck_A",
    "Luck",
    "Enhancement",
    boosts_allowed=("Enhance Defense", *sorted(ORIGINS)),
    boost_info=INFO,
)
PIECES = {EnhancementId("Crafted_Luck_A"): (BoostSetId("Luck"), 3)}


def test_enhancement() -> None:
    piece = enhancement(RAW, NAMES, PIECES)
    assert piece.id == "Crafted_Luck_A"
    assert piece.name == "Luck: Defense"
    assert (piece.boost_set, piece.position) == ("Luck", 3)
    assert (piece.min_level, piece.min_bonus_level) == (22, 19)
    assert piece.enhancement_types == ("Enhance Defense",)
    assert piece.origins == ()  # all five: any
    assert piece.catalyzes_to == "Attuned_Luck_A"
    assert piece.global_bonuses == ("Set_Bonus.Set_Bonus.Luck",)
    assert piece.restricted_archetypes == ("Class_Mastermind", "Class_Arachnos_Soldier")
    assert piece.unique_group == ("Attuned_Luck_A",)


def test_levels_without_a_limit_start_at_one() -> None:
    info = replace(INFO, min_slot_level=-3, min_bonus_level=-3)
    piece = enhancement(replace(RAW, boost_info=info), NAMES, PIECES)
    assert (piece.min_level, piece.min_bonus_level) == (1, 1)


def test_origin_kinds_name_their_origins_and_fall_back_to_the_display_name() -> None:
    info = replace(INFO, computed_name=None)
    types = ("Enhance Defense", "Magic_Boost", "Mutation_Boost")
    piece = enhancement(replace(RAW, boosts_allowed=types, boost_info=info), NAMES, {})
    assert piece.origins == ("Magic", "Mutation")
    assert piece.name == "Luck"
    assert piece.boost_set == ""


def test_boost_set() -> None:
    crafted = enhancement(RAW, NAMES, PIECES)
    raw = RawBoostSet(
        "Luck",
        "Luck of Somebody",
        "Defense Sets",
        ("Rarity: Rare", "Category: Defense"),
        (("Boosts.Crafted_Luck_A.Crafted_Luck_A", "boosts.attuned_luck_a.attuned_luck_a"),),
        25,
        40,
        (RawBonus(2, auto_powers=("set_bonus.set_bonus.luck",), is_pvp_bonus=True),),
    )
    luck = boost_set(raw, NAMES, {crafted.id: crafted})
    assert (luck.id, luck.rarity, luck.categories) == ("Luck", "Rare", ("Defense",))
    assert luck.pieces == (("Crafted_Luck_A", "Attuned_Luck_A"),)
    assert luck.bonuses[0].powers == ("Set_Bonus.Set_Bonus.Luck",)
    assert luck.bonuses[0].pvp
    assert (luck.min_level, luck.max_level) == (25, 40)


def test_a_set_of_attuned_pieces_has_their_levels() -> None:
    info = replace(INFO, attuned=True, min_slot_level=9, max_level=50)
    raw_piece = replace(RAW, full_name="Boosts.Attuned_Luck_A.Attuned_Luck_A", boost_info=info)
    piece = enhancement(raw_piece, NAMES, {})
    raw = RawBoostSet("Luck", boost_lists=(("Attuned_Luck_A",),), min_level=1, max_level=1)
    luck = boost_set(raw, NAMES, {piece.id: piece})
    assert (luck.min_level, luck.max_level) == (10, 50)

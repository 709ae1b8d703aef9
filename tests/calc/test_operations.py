"""What each operation does, what it refuses, and that its inverse takes it back."""

from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from calc import build as documents
from calc import mbd
from calc.build import (
    OWN_SLOT,
    Build,
    PowerCondition,
    Powersets,
    Scenario,
    Slot,
    SlottedEnhancement,
    TakenPower,
)
from calc.operations import (
    AddAccolade,
    AddPool,
    AddScenario,
    AddSlot,
    Applied,
    ChangeEnhancement,
    ChangeScenario,
    ChooseScenario,
    ClearEnhancement,
    DropPower,
    MovePower,
    MoveSlot,
    Operation,
    PlaceEnhancement,
    Refused,
    RemoveAccolade,
    RemovePool,
    RemoveScenario,
    RemoveSlot,
    SetArchetype,
    SetCount,
    SetIncarnate,
    SetLevel,
    SetNotes,
    SetOrigin,
    SetPowerset,
    SetScenarioPower,
    SetTitle,
    SwitchAccolade,
    SwitchPower,
    SwitchProc,
    TakePower,
    apply,
)
from calc.rules import findings
from gamedata.catalogue import Catalogue
from server.commands.fuzz.edits import random_build, random_operations
from tests.small import SMALL
from tests.strategies import documents as any_documents
from tests.walks import walk

MELEE = "Scrapper_Melee.Dark_Melee"
SHIELD = "Scrapper_Defense.Shield_Defense"
ATTACK = f"{MELEE}.Attack_1"
ARMOR = f"{SHIELD}.Armor_1"
DRAIN = f"{MELEE}.Soul_Drain"
TRUE_GRIT = f"{SHIELD}.True_Grit"
HASTEN = "Pool.Speed.Hasten"
KICK = "Pool.Fighting.Kick"
HEALTH = "Inherent.Fitness.Health"
SPRINT = "Inherent.Inherent.Sprint"
LONG_JUMP = "Pool.Leaping.Long_Jump"
DOUBLE_JUMP = "Pool.Leaping.Double_Jump"
DEFENSIVE, OFFENSIVE = f"{SHIELD}.Defensive_Stance", f"{SHIELD}.Offensive_Stance"

ALPHA = "Incarnate.Alpha.Agility_Core_Paragon"
HYBRID = "Incarnate.Hybrid.Assault_Genome"
ATLAS = "Temporary_Powers.Accolades.The_Atlas_Medallion"
MARSHAL = "Temporary_Powers.Accolades.Marshall"
JETPACK = "Temporary_Powers.Temporary_Powers.Jetpack"
EPIC = "Epic.Scrapper_Soul_Mastery.Epic_1"
GLIDE = "Prestige.Prestige_Sprints.Glide"

MAKOS_A = SlottedEnhancement("Crafted_Makos_Bite_A", 50, boosters=3)
MAKOS_F = SlottedEnhancement("Crafted_Makos_Bite_F", 50)
STRIKE = SlottedEnhancement("Attuned_Scrappers_Strike_A")

SCRAPPER = Build(
    1,
    title="Nova",
    archetype="Class_Scrapper",
    powersets=Powersets(
        MELEE,
        SHIELD,
        "Epic.Scrapper_Soul_Mastery",
        {"Pool.Speed": True, "Pool.Fighting": True, "Pool.Leaping": True},
    ),
    powers={
        ATTACK: TakenPower(
            1, slots={"own": Slot(0, MAKOS_A), "k1": Slot(3), "k2": Slot(5, STRIKE)}
        ),
        ARMOR: TakenPower(1, on=True),
        HASTEN: TakenPower(4),
        KICK: TakenPower(6, slots={"k1": Slot(7)}),
        LONG_JUMP: TakenPower(8, on=True),
        DRAIN: TakenPower(12, count=5),
        HYBRID: TakenPower(on=True, count=3),
        JETPACK: TakenPower(),
        "Epic.Scrapper_Soul_Mastery.Epic_1": TakenPower(35, slots={"own": Slot(0, STRIKE)}),
        HEALTH: TakenPower(slots={"k1": Slot(9)}),
        DOUBLE_JUMP: TakenPower(
            slots={"k1": Slot(11), "own": Slot(0, SlottedEnhancement("Crafted_Jump", 50))}
        ),
    },
    incarnates={"alpha": ALPHA, "hybrid": HYBRID},
    accolades={ATLAS: True},
    scenarios={
        "solo": Scenario(title="Solo"),
        "raid": Scenario("Raid", team=8, foes=10, powers={HASTEN: PowerCondition(on=True)}),
    },
    notes="To do.\n- slots",
)
# One build, one unique piece: the epic power's goes.
SCRAPPER = msgspec.structs.replace(
    SCRAPPER,
    powers=SCRAPPER.powers
    | {"Epic.Scrapper_Soul_Mastery.Epic_1": TakenPower(35, slots={"k1": Slot(50, MAKOS_F)})},
)


def applied(build: Build, *operations: Operation) -> Build:
    """The build after operations that are all accepted."""
    for operation in operations:
        answer = apply(build, operation, SMALL)
        assert isinstance(answer, Applied), answer
        build = answer.build
    return build


def code(build: Build, operation: Operation, catalogue: Catalogue = SMALL) -> str:
    """The code with which an operation is refused."""
    answer = apply(build, operation, catalogue)
    assert isinstance(answer, Refused), operation
    return answer.code


def taken_back(build: Build, answer: Applied, catalogue: Catalogue) -> bytes:
    """The document after an operation's inverse, which also survives the wire."""
    inverse = msgspec.json.decode(msgspec.json.encode(answer.inverse), type=tuple[Operation, ...])
    assert inverse == answer.inverse
    back = answer.build
    for operation in inverse:
        step = apply(back, operation, catalogue)
        assert isinstance(step, Applied), (operation, step)
        back = step.build
    return documents.encode(back)


EACH: dict[str, Operation] = {
    "set_title": SetTitle("Nova II"),
    "set_level": SetLevel(30),
    "set_origin": SetOrigin("Magic"),
    "set_archetype": SetArchetype("Class_Tanker"),
    "set_archetype none": SetArchetype(""),
    "set_powerset primary": SetPowerset("primary", "Scrapper_Melee.Claws"),
    "set_powerset none": SetPowerset("epic", ""),
    "add_pool": AddPool("Pool.Flight"),
    "remove_pool": RemovePool("Pool.Leaping"),
    "take_power": TakePower("Pool.Fighting.Boxing"),
    "take_power whole": TakePower(
        TRUE_GRIT, 10, on=False, count=3, slots={"a": Slot(20), "own": Slot()}
    ),
    "drop_power": DropPower(ATTACK),
    "drop_power that grants": DropPower(LONG_JUMP),
    "move_power": MovePower(HASTEN, 20),
    "move_power swaps": MovePower(HASTEN, 6),
    "move_power swaps to 1": MovePower(DRAIN, 1),
    "move_power swaps from 1": MovePower(ARMOR, 4),
    "add_slot": AddSlot(HASTEN, "z9"),
    "add_slot full": AddSlot(ATTACK, "z9", 20, SlottedEnhancement("Crafted_Damage", 50)),
    "add_slot to granted": AddSlot("Inherent.Fitness.Stamina", "z9"),
    "remove_slot": RemoveSlot(ATTACK, "k2"),
    "remove_slot of granted": RemoveSlot(HEALTH, "k1"),
    "move_slot": MoveSlot(ATTACK, "k2", 50),
    "place_enhancement": PlaceEnhancement(
        ATTACK, "k1", SlottedEnhancement("Magic_Damage", relative=2)
    ),
    "place_enhancement over": PlaceEnhancement(
        ATTACK, "own", SlottedEnhancement("Crafted_Damage", 25)
    ),
    "place_enhancement in granted": PlaceEnhancement(
        HEALTH, "own", SlottedEnhancement("Crafted_Heal")
    ),
    "clear_enhancement": ClearEnhancement(ATTACK, "k2"),
    "clear_enhancement own": ClearEnhancement(ATTACK, "own"),
    "change_enhancement": ChangeEnhancement(ATTACK, "own", level=40, boosters=0),
    "change_enhancement attuned": ChangeEnhancement(ATTACK, "own", attuned=True),
    "switch_power": SwitchPower(HASTEN, True),
    "switch_power granted": SwitchPower(SPRINT, True),
    "set_count": SetCount(DRAIN, 1),
    "set_count granted": SetCount(HEALTH, 4),
    "set_notes": SetNotes(""),
    "take_power prestige": TakePower(GLIDE, on=True, slots={"k9": Slot(11)}),
    "drop_power temporary": DropPower(JETPACK),
    "switch_power incarnate": SwitchPower(ALPHA, False),
    "switch_proc": SwitchProc(EPIC, "k1", True),
    "set_incarnate": SetIncarnate("destiny", "Incarnate.Destiny.Ageless_Invocation"),
    "set_incarnate another": SetIncarnate("alpha", "Incarnate.Alpha.Cardiac_Boost"),
    "set_incarnate none": SetIncarnate("hybrid", ""),
    "add_accolade": AddAccolade(MARSHAL, False),
    "remove_accolade": RemoveAccolade(ATLAS),
    "switch_accolade": SwitchAccolade(ATLAS, False),
    "add_scenario": AddScenario("duel", Scenario("Duel", pvp=True)),
    "change_scenario": ChangeScenario("raid", title="", team=1, fury=80, target_rank="minion"),
    "remove_scenario": RemoveScenario("raid"),
    "choose_scenario": ChooseScenario("raid"),
    "set_scenario_power": SetScenarioPower("solo", DRAIN, count=10),
    "set_scenario_power none": SetScenarioPower("raid", HASTEN),
}


@pytest.mark.parametrize("operation", EACH.values(), ids=EACH.keys())
def test_inverse_restores_the_very_same_document(operation: Operation) -> None:
    before = documents.encode(SCRAPPER)
    answer = apply(SCRAPPER, operation, SMALL)
    assert isinstance(answer, Applied), answer
    assert documents.encode(SCRAPPER) == before, "builds are never changed in place"
    assert documents.encode(answer.build) != before
    assert documents.decode(documents.encode(answer.build)) == answer.build
    assert taken_back(SCRAPPER, answer, SMALL) == before


def test_every_operation_has_an_inverse_here() -> None:
    tags = {one.__struct_config__.tag for one in Operation.__args__}
    assert {name.partition(" ")[0] for name in EACH} == tags


def test_a_slot_emptied_forgets_its_switches() -> None:
    build = applied(SCRAPPER, SetIncarnate("hybrid", ""))
    assert build.incarnates == {"alpha": ALPHA}
    assert HYBRID not in build.powers
    assert code(build, SwitchPower(HYBRID, True)) == "not_taken"
    assert code(SCRAPPER, DropPower(HYBRID)) == "granted"


def test_what_a_scenario_says_survives_its_power() -> None:
    """Scenarios are made for powers that come and go."""
    build = applied(SCRAPPER, DropPower(HASTEN))
    assert build.scenarios == SCRAPPER.scenarios
    build = applied(build, SetScenarioPower("raid", HASTEN))
    assert build.scenarios["raid"].powers == {}


def test_temporary_powers_are_no_picks() -> None:
    assert code(SCRAPPER, TakePower(GLIDE, 10)) == "no_pick_at_level"
    assert code(SCRAPPER, TakePower(JETPACK)) == "already_taken"
    build = applied(SCRAPPER, TakePower(GLIDE), AddSlot(GLIDE, "k9"))
    assert build.powers[GLIDE].level == 0
    assert not any(one.power == GLIDE for one in findings(build, SMALL))


def test_a_proc_keeps_its_switch_when_its_piece_changes() -> None:
    build = applied(
        SCRAPPER, SwitchProc(EPIC, "k1", False), ChangeEnhancement(EPIC, "k1", attuned=True)
    )
    attuned = SlottedEnhancement("Attuned_Makos_Bite_F", proc=False)
    assert build.powers[EPIC].slots["k1"].enhancement == attuned
    assert code(SCRAPPER, SwitchProc(ATTACK, "own", False)) == "no_proc"
    assert code(SCRAPPER, SwitchProc(ATTACK, "k1", False)) == "slot_empty"


def test_scenarios_that_are_not_there() -> None:
    for operation in (
        ChangeScenario("duel", team=2),
        RemoveScenario("duel"),
        ChooseScenario("duel"),
        SetScenarioPower("duel", HASTEN, True),
    ):
        assert code(SCRAPPER, operation) == "no_such_scenario"
    assert code(SCRAPPER, SetScenarioPower("solo", "No.Such.Power", True)) == "unknown_power"
    assert code(applied(SCRAPPER, RemoveScenario("raid")), RemoveScenario("solo")) == (
        "scenario_chosen"
    )


def test_archetype_takes_what_is_not_of_the_new_one() -> None:
    build = applied(SCRAPPER, PlaceEnhancement(KICK, "k1", SlottedEnhancement("Magic_Damage")))
    tanker = applied(build, SetArchetype("Class_Tanker"))
    assert tanker.powersets == Powersets(pools=SCRAPPER.powersets.pools)
    assert tanker.powers.keys() == {HASTEN, KICK, LONG_JUMP, HEALTH, DOUBLE_JUMP, HYBRID, JETPACK}
    assert tanker.powers[KICK] == build.powers[KICK]
    # The scrapper's own enhancements go too, where their power stays.
    pool_power = msgspec.structs.replace(
        SCRAPPER,
        powers={KICK: TakenPower(6, slots={"own": Slot(0, STRIKE), "k1": Slot(7, STRIKE)})},
    )
    answer = apply(pool_power, SetArchetype("Class_Tanker"), SMALL)
    assert isinstance(answer, Applied)
    assert answer.build.powers == {KICK: TakenPower(6, slots={"k1": Slot(7)})}


def test_pick_without_level_takes_the_lowest_that_allows() -> None:
    empty = msgspec.structs.replace(SCRAPPER, powers={})
    build = applied(empty, TakePower(ATTACK), TakePower(f"{MELEE}.Attack_2"), TakePower(ARMOR))
    # One primary and one secondary at level 1: the second attack is not one of them.
    assert [build.powers[one].level for one in (ATTACK, f"{MELEE}.Attack_2", ARMOR)] == [1, 2, 1]
    build = applied(build, TakePower(HASTEN), TakePower(DRAIN))
    assert (build.powers[HASTEN].level, build.powers[DRAIN].level) == (4, 12)


def test_pick_too_early_beats_no_pick() -> None:
    build = msgspec.structs.replace(
        SCRAPPER, powers={"Epic.Scrapper_Soul_Mastery.Epic_1": TakenPower(35)}
    )
    levels = (38, 41, 44, 47, 49)
    attacks = [f"{MELEE}.Attack_{number}" for number in range(1, 6)]
    build = applied(build, *(TakePower(*pair) for pair in zip(attacks, levels, strict=True)))
    build = applied(build, TakePower("Epic.Scrapper_Soul_Mastery.Epic_2"))
    assert build.powers["Epic.Scrapper_Soul_Mastery.Epic_2"].level == 1
    assert "too_early" in [one.code for one in findings(build, SMALL)]


def test_what_a_taken_power_starts_as() -> None:
    empty = msgspec.structs.replace(SCRAPPER, powers={})
    build = applied(
        empty, *(TakePower(one) for one in (HASTEN, ARMOR, TRUE_GRIT, DEFENSIVE, OFFENSIVE))
    )
    on = {power: taken.on for power, taken in build.powers.items()}
    assert on[HASTEN] is UNSET, "a click is off, by default"
    assert on[ARMOR] is True, "a toggle is on"
    assert on[TRUE_GRIT] is UNSET, "an auto is on, by default"
    assert on[DEFENSIVE] is True
    assert on[OFFENSIVE] is UNSET, "another of its exclusion group is on"


def test_defaults_are_never_written() -> None:
    build = applied(SCRAPPER, SwitchPower(HASTEN, True), SetCount(DRAIN, 1))
    assert build.powers[DRAIN].count is UNSET
    build = applied(build, SwitchPower(HASTEN, False), SwitchPower(SPRINT, True))
    assert build.powers[HASTEN] == TakenPower(4)
    assert build.powers[SPRINT] == TakenPower(on=True)
    build = applied(build, SwitchPower(SPRINT, False), RemoveSlot(HEALTH, "k1"))
    assert SPRINT not in build.powers
    assert HEALTH not in build.powers


def test_own_slot_is_there_only_while_it_holds_something() -> None:
    build = applied(
        SCRAPPER, PlaceEnhancement(HASTEN, OWN_SLOT, SlottedEnhancement("Crafted_Recharge"))
    )
    assert build.powers[HASTEN].slots == {
        "own": Slot(0, SlottedEnhancement("Crafted_Recharge", 50))
    }
    assert applied(build, ClearEnhancement(HASTEN, OWN_SLOT)).powers[HASTEN].slots == {}


def test_drop_takes_what_the_power_granted() -> None:
    build = applied(SCRAPPER, DropPower(LONG_JUMP))
    assert not build.powers.keys() & {LONG_JUMP, DOUBLE_JUMP}


def test_move_takes_the_place_of_who_is_there() -> None:
    build = applied(SCRAPPER, MovePower(HASTEN, 6))
    assert (build.powers[HASTEN].level, build.powers[KICK].level) == (6, 4)
    build = applied(SCRAPPER, MovePower(DRAIN, 1))
    assert (build.powers[DRAIN].level, build.powers[ATTACK].level) == (1, 12), "of its powerset"
    assert build.powers[ARMOR].level == 1


def test_slot_without_level_takes_the_lowest_that_is_left() -> None:
    build = applied(SCRAPPER, AddSlot(ATTACK, "z1"), AddSlot(ATTACK, "z2"), AddSlot(KICK, "z3"))
    slots = build.powers[ATTACK].slots
    assert (slots["z1"].level, slots["z2"].level) == (3, 5)
    assert build.powers[KICK].slots["z3"].level == 7, "not before its pick"


def test_slot_before_its_power_beats_no_slot() -> None:
    late = "Epic.Scrapper_Soul_Mastery.Epic_1"
    build = applied(SCRAPPER, MovePower(late, 49), AddSlot(late, "z1"), AddSlot(late, "z2"))
    assert [build.powers[late].slots[one].level for one in ("z1", "z2")] == [50, 50]
    build = applied(build, AddSlot(late, "z3"))
    assert build.powers[late].slots["z3"].level == 3
    assert "slot_too_early" in [one.code for one in findings(build, SMALL)]


def test_attuned_form_has_neither_level_nor_boosters() -> None:
    build = applied(SCRAPPER, ChangeEnhancement(ATTACK, "own", attuned=True))
    attuned = build.powers[ATTACK].slots["own"].enhancement
    assert attuned == SlottedEnhancement("Attuned_Makos_Bite_A")
    build = applied(build, ChangeEnhancement(ATTACK, "own", attuned=False, boosters=5))
    crafted = build.powers[ATTACK].slots["own"].enhancement
    assert crafted == SlottedEnhancement("Crafted_Makos_Bite_A", 50, boosters=5)


def test_change_keeps_what_is_absent() -> None:
    build = applied(SCRAPPER, ChangeEnhancement(ATTACK, "own", level=35))
    changed = build.powers[ATTACK].slots["own"].enhancement
    assert changed == SlottedEnhancement("Crafted_Makos_Bite_A", 35, boosters=3)


def test_a_piece_may_move_into_its_own_slot_again() -> None:
    again = PlaceEnhancement(ATTACK, "k2", STRIKE)
    assert applied(SCRAPPER, again) == SCRAPPER
    superior = SlottedEnhancement("Superior_Attuned_Superior_Scrappers_Strike_A")
    assert applied(SCRAPPER, PlaceEnhancement(ATTACK, "k2", superior))
    assert code(SCRAPPER, PlaceEnhancement(ATTACK, "k1", superior)) == "unique_used"


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (TakePower(ATTACK), "already_taken"),
        (TakePower(HEALTH), "granted"),
        (TakePower("Nowhere.At.All"), "unknown_power"),
        (TakePower("Scrapper_Melee.Claws.Attack_1"), "powerset_not_chosen"),
        (TakePower(TRUE_GRIT, 10, slots={"a": Slot(20, MAKOS_A)}), "does_not_fit"),
        (TakePower(TRUE_GRIT, 4), "level_taken"),
        (DropPower(HEALTH), "granted"),
        (DropPower(TRUE_GRIT), "not_taken"),
        (MovePower(HEALTH, 4), "not_taken"),
        (MovePower(HASTEN, 5), "no_pick_at_level"),
        (AddSlot(TRUE_GRIT, "k1"), "not_taken"),
        (AddSlot("Inherent.Inherent.Gauntlet", "k1"), "not_taken"),
        (AddSlot(ATTACK, "k1"), "slot_exists"),
        (AddSlot(ATTACK, "own"), "own_slot"),
        (MoveSlot(ATTACK, "own", 5), "own_slot"),
        (MoveSlot(ATTACK, "zz", 5), "no_such_slot"),
        (PlaceEnhancement(ATTACK, "zz", MAKOS_A), "no_such_slot"),
        (PlaceEnhancement(ATTACK, "k1", MAKOS_A), "piece_used"),
        (ClearEnhancement(ATTACK, "k1"), "slot_empty"),
        (ChangeEnhancement(ATTACK, "k1", level=30), "slot_empty"),
        (ChangeEnhancement(ATTACK, "own", level=10), "no_such_level"),
        (SwitchPower(TRUE_GRIT, True), "not_taken"),
        (SetCount(TRUE_GRIT, 2), "not_taken"),
        (RemovePool("Pool.Flight"), "not_chosen"),
        (SetPowerset("secondary", MELEE), "wrong_powerset"),
        (SetPowerset("epic", "Epic.Tank_Dark_Mastery"), "wrong_powerset"),
        (AddPool("Pool.Fitness"), "wrong_powerset"),
    ],
)
def test_refusals(operation: Operation, expected: str) -> None:
    assert code(SCRAPPER, operation) == expected


def test_a_pool_is_chosen_before_its_powers() -> None:
    refused = apply(SCRAPPER, TakePower("Pool.Flight.Armor_1"), SMALL)
    assert refused == Refused(
        "powerset_not_chosen", "P4", "Choose Flight first: Armor 1 is one of it."
    )


INDEPENDENT: tuple[Operation, ...] = (
    SetTitle("Nova II"),
    SetLevel(40),
    SwitchPower(HASTEN, True),
    SetCount(DRAIN, 3),
    AddSlot(HASTEN, "z1", 20),
    PlaceEnhancement(ATTACK, "k1", SlottedEnhancement("Crafted_Damage", 50)),
    ChangeEnhancement(ATTACK, "own", level=40),
    ClearEnhancement(ATTACK, "k2"),
    RemoveSlot(KICK, "k1"),
    TakePower(TRUE_GRIT, 20),
    SwitchPower(SPRINT, True),
    AddSlot(HEALTH, "z2", 30),
)


@given(st.permutations(INDEPENDENT))
@settings(deadline=None, max_examples=60)
def test_operations_on_different_things_commute(order: list[Operation]) -> None:
    assert documents.encode(applied(SCRAPPER, *order)) == documents.encode(
        applied(SCRAPPER, *INDEPENDENT)
    )


@pytest.mark.parametrize("seed", range(4))
def test_500_random_edits_and_all_the_way_back(seed: int) -> None:
    walk(documents.empty("Random"), SMALL, seed, 500)


def test_500_random_edits_on_the_starter_catalogue(catalogue: Catalogue) -> None:
    walk(documents.empty("Random"), catalogue, 11, 500)


@pytest.mark.parametrize("name", ["shield_scrapper_set_bonuses", "arsenal_dominator_noslots"])
def test_random_edits_of_a_golden_build(
    name: str, full_catalogue: Catalogue, goldens: Path
) -> None:
    text = (goldens / "builds" / name / f"{name}.mbd").read_bytes()
    walk(mbd.read(text, full_catalogue).build, full_catalogue, 5, 300)


def test_same_seed_same_operations() -> None:
    first = random_build(Random(3), SMALL)
    assert first == random_build(Random(3), SMALL)
    assert first != random_build(Random(4), SMALL)


@settings(deadline=None, max_examples=120)
@given(any_documents(SMALL), st.integers(0, 2**32))
def test_nothing_raises_on_any_document(build: Build, seed: int) -> None:
    random = Random(seed)
    for operation in random_operations(random, build, SMALL):
        assert isinstance(apply(build, operation, SMALL), Applied | Refused)
    for operation in EACH.values():
        answer = apply(build, operation, SMALL)
        if isinstance(answer, Applied):
            assert documents.decode(documents.encode(answer.build)) == answer.build


@pytest.mark.parametrize(
    ("taken", "operation", "after"),
    [
        (TakenPower(4, slots={"k1": Slot(0, MAKOS_A)}), MoveSlot(ATTACK, "k1", 5), "slot"),
        (TakenPower(0, slots={"k1": Slot(5)}), MovePower(ATTACK, 20), "power"),
    ],
)
def test_what_was_at_no_level_comes_back_at_one(
    taken: TakenPower, operation: Operation, after: str
) -> None:
    build = msgspec.structs.replace(SCRAPPER, powers={ATTACK: taken})
    moved = apply(build, operation, SMALL)
    assert isinstance(moved, Applied)
    inverse = msgspec.json.decode(msgspec.json.encode(moved.inverse), type=tuple[Operation, ...])
    restored = moved.build
    for each in inverse:
        outcome = apply(restored, each, SMALL)
        assert isinstance(outcome, Applied)
        restored = outcome.build
    back = restored.powers[ATTACK]
    assert back.slots["k1"].enhancement == taken.slots["k1"].enhancement
    assert 1 <= (back.slots["k1"].level if after == "slot" else back.level) <= 5

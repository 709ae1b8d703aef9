"""The rule book, rule by rule: what it refuses, and what it finds."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from calc import mbd
from calc.build import (
    MAX_POWERS,
    Build,
    PowerCondition,
    Powersets,
    Scenario,
    Slot,
    SlottedEnhancement,
    TakenPower,
    empty,
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
    PlaceEnhancement,
    Refused,
    RemovePool,
    RemoveScenario,
    RemoveSlot,
    Restore,
    SetArchetype,
    SetIncarnate,
    SetOrigin,
    SetPowerset,
    SetScenarioPower,
    Step,
    SwitchPower,
    SwitchProc,
    TakePower,
    apply,
)
from calc.picks import branches_differ
from calc.rulebook import RULES, Rule
from calc.rules import MAX_FINDINGS, Checked, Finding, check, findings
from calc.schedule import PICK_LEVELS
from gamedata.catalogue import Catalogue, PowersetId
from gamedata.queries import role_of
from tests.legal_builds import legal_build, players
from tests.small import SMALL
from tests.strategies import documents
from tests.walks import walk

MELEE = "Scrapper_Melee.Dark_Melee"
SHIELD = "Scrapper_Defense.Shield_Defense"
ATTACK = f"{MELEE}.Attack_1"
ARMOR = f"{SHIELD}.Armor_1"
HASTEN = "Pool.Speed.Hasten"
HEALTH = "Inherent.Fitness.Health"
JUMP = "Pool.Leaping.Long_Jump"
DOUBLE_JUMP = "Pool.Leaping.Double_Jump"
ALPHA = "Incarnate.Alpha.Agility_Core_Paragon"
ATLAS = "Temporary_Powers.Accolades.The_Atlas_Medallion"
MARSHAL = "Temporary_Powers.Accolades.Marshall"
JETPACK = "Temporary_Powers.Temporary_Powers.Jetpack"
POOLS = {"Pool.Speed": True, "Pool.Fighting": True, "Pool.Leaping": True}

SCRAPPER = Powersets(primary=MELEE, secondary=SHIELD, pools=POOLS)


def scrapper(
    powers: dict[str, TakenPower] | None = None,
    *,
    powersets: Powersets = SCRAPPER,
    level: int = 50,
    origin: str = "",
) -> Build:
    return Build(
        1,
        archetype="Class_Scrapper",
        powersets=powersets,
        powers={} if powers is None else powers,
        level=level,
        origin=origin,
    )


def slotted(*enhancements: str | SlottedEnhancement, power: str = ATTACK, pick: int = 1) -> Build:
    """A scrapper with one power; its own slot and slots of level 50 hold these."""
    names = ["own", "a", "b", "c", "d", "e"]
    slots = {
        name: Slot(
            0 if name == "own" else 50,
            SlottedEnhancement(one) if isinstance(one, str) else one,
        )
        for name, one in zip(names, enhancements, strict=False)
    }
    return scrapper({power: TakenPower(pick, slots=slots)})


def picks(count: int) -> dict[str, TakenPower]:
    """So many legal picks, the lowest levels first."""
    sets = (MELEE, SHIELD, "Pool.Fighting", "Pool.Leaping", "Pool.Speed", "Pool.Flight")
    build = scrapper(powersets=Powersets(MELEE, SHIELD, pools=POOLS | {"Pool.Flight": True}))
    names = [power for powerset in sets for power in SMALL.powersets[PowersetId(powerset)].powers]
    for name in sorted(names, key=lambda power: SMALL.powers[power].level):
        answer = apply(build, TakePower(name), SMALL)
        if isinstance(answer, Applied) and len(build.powers) < count:
            build = answer.build
    assert len(build.powers) == count
    return build.powers


def full_slots() -> Build:
    """24 picks and all 67 slots."""
    build = scrapper(
        picks(24), powersets=Powersets(MELEE, SHIELD, pools=POOLS | {"Pool.Flight": True})
    )
    left = 67
    for name in sorted(build.powers, key=lambda power: build.powers[power].level):
        for number in range(min(5, left)):
            answer = apply(build, AddSlot(name, f"s{number}"), SMALL)
            assert isinstance(answer, Applied)
            build = answer.build
            left -= 1
    assert left == 0
    return build


KISMET = TakenPower(1, slots={"own": Slot(0, SlottedEnhancement("Crafted_Kismet_E", 30))})
FULL = full_slots()
NOT_PICKED = next(
    power for power in SMALL.powersets[PowersetId(MELEE)].powers if power not in FULL.powers
)

REFUSED: dict[str, tuple[Build, Step]] = {
    "C1": (scrapper(), SetArchetype("Class_Minion_Pets")),
    "C2": (scrapper(), SetPowerset("primary", "Scrapper_Melee.Nothing")),
    "C3": (scrapper(), TakePower("Pool.Speed.Nothing")),
    "C4": (slotted(), PlaceEnhancement(ATTACK, "own", SlottedEnhancement("Crafted_Nothing"))),
    "C5": (scrapper(), SetOrigin("Elsewhere")),
    "A1": (Build(1), SetPowerset("primary", MELEE)),
    "A2": (scrapper(), SetPowerset("primary", "Tanker_Melee.Dark_Melee")),
    "A3": (scrapper(), AddPool("Pool.Gadgetry")),
    "A4": (
        scrapper(powersets=Powersets(MELEE, SHIELD, pools=POOLS | {"Pool.Flight": True})),
        AddPool("Pool.Medicine"),
    ),
    "A5": (scrapper(), AddPool("Pool.Speed")),
    "A6": (scrapper(), RemovePool("Pool.Medicine")),
    "P1": (scrapper(), TakePower(HEALTH)),
    "P2": (scrapper(), TakePower("Temporary_Powers.Accolades.The_Atlas_Medallion")),
    "P3": (scrapper(), TakePower("Tanker_Melee.Dark_Melee.Attack_1")),
    "P4": (scrapper(), TakePower("Pool.Medicine.Armor_1")),
    "P5": (slotted(), TakePower(ATTACK)),
    "P6": (FULL, TakePower(NOT_PICKED)),
    "P7": (scrapper({HASTEN: TakenPower(4)}), TakePower("Pool.Fighting.Kick", 4)),
    "P8": (scrapper(), TakePower(HASTEN, 5)),
    "P12": (scrapper(), AddSlot(ATTACK, "k1")),
    "S1": (scrapper(), AddSlot("Inherent.Inherent.Critical_Hit", "k1")),
    "S2": (slotted(*["Crafted_Damage"] * 6), AddSlot(ATTACK, "k1")),
    "S3": (FULL, AddSlot(HEALTH, "k1")),
    "S4": (slotted("Crafted_Damage", "Crafted_Damage"), AddSlot(ATTACK, "a")),
    "S5": (slotted(), RemoveSlot(ATTACK, "k1")),
    "S6": (slotted("Crafted_Damage"), RemoveSlot(ATTACK, "own")),
    "E1": (slotted(), PlaceEnhancement(ATTACK, "own", SlottedEnhancement("Crafted_Kismet_A"))),
    "E2": (
        scrapper({ARMOR: KISMET, f"{SHIELD}.Armor_2": TakenPower(2)}),
        PlaceEnhancement(f"{SHIELD}.Armor_2", "own", SlottedEnhancement("Attuned_Kismet_E")),
    ),
    "E3": (
        slotted("Crafted_Makos_Bite_A", "Crafted_Makos_Bite_B"),
        PlaceEnhancement(ATTACK, "a", SlottedEnhancement("Attuned_Makos_Bite_A")),
    ),
    "E4": (
        Build(
            1,
            archetype="Class_Tanker",
            powersets=Powersets("Tanker_Defense.Shield_Defense", "Tanker_Melee.Dark_Melee"),
            powers={"Tanker_Melee.Dark_Melee.Attack_1": TakenPower(1)},
        ),
        PlaceEnhancement(
            "Tanker_Melee.Dark_Melee.Attack_1",
            "own",
            SlottedEnhancement("Attuned_Scrappers_Strike_A"),
        ),
    ),
    "E6": (
        slotted(),
        PlaceEnhancement(ATTACK, "own", SlottedEnhancement("Crafted_Makos_Bite_A", 20)),
    ),
    "E7": (
        slotted(),
        PlaceEnhancement(ATTACK, "own", SlottedEnhancement("Attuned_Makos_Bite_A", boosters=5)),
    ),
    "E8": (
        slotted(),
        PlaceEnhancement(ATTACK, "own", SlottedEnhancement("Crafted_Damage", 50, relative=1)),
    ),
    "E10": (slotted(), ClearEnhancement(ATTACK, "own")),
    "E11": (slotted("Crafted_Damage"), ChangeEnhancement(ATTACK, "own", attuned=True)),
    "E12": (slotted("Crafted_Damage"), SwitchProc(ATTACK, "own", True)),
    "C7": (empty(), Restore({"level": 99})),
    "C6": (
        Build(1, powers={f"Pool.Nowhere.P{each}": TakenPower(50) for each in range(MAX_POWERS)}),
        SwitchPower(HEALTH, False),
    ),
    "P13": (
        Build(1, accolades={f"Temporary_Powers.Accolades.A{each}": True for each in range(100)}),
        AddAccolade(ATLAS),
    ),
    "I1": (scrapper(), SetIncarnate("omega", ALPHA)),
    "I2": (scrapper(), SetIncarnate("destiny", ALPHA)),
    "I4": (scrapper(), AddAccolade(HASTEN)),
    "N1": (scrapper(), ChooseScenario("raid")),
    "N2": (empty(), AddScenario("solo")),
    "N3": (
        Build(1, scenario="s1", scenarios={f"s{each}": Scenario() for each in range(20)}),
        AddScenario("raid"),
    ),
    "N4": (empty(), RemoveScenario("solo")),
    "N6": (empty(), ChangeScenario("solo", teammates={"Class_Tanker": 7, "Class_Scrapper": 1})),
    "N7": (empty(), ChangeScenario("solo", teammates={"Class_Nobody": 1})),
    "N5": (
        Build(
            1,
            scenarios={
                "solo": Scenario(
                    powers={
                        f"Pool.Nowhere.P{each}": PowerCondition(True) for each in range(MAX_POWERS)
                    }
                )
            },
        ),
        SetScenarioPower("solo", HASTEN, True),
    ),
}


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.refuses], ids=lambda rule: rule.id)
def test_refuses(rule: Rule) -> None:
    build, operation = REFUSED[rule.id]
    answer = apply(build, operation, SMALL)
    assert isinstance(answer, Refused)
    assert (answer.rule, answer.code) == (rule.id, rule.code)
    assert answer.message.endswith(".")
    assert "_" not in answer.message, "people read this: no ids"


TWO_TOGGLES = {
    f"{SHIELD}.Defensive_Stance": TakenPower(10, on=True),
    f"{SHIELD}.Offensive_Stance": TakenPower(12, on=True),
}
TOO_MANY = {f"k{number}": Slot(50) for number in range(6)}

FOUND: dict[str, Build] = {
    "C1": Build(1, archetype="Class_Nobody"),
    "C2": scrapper(powersets=Powersets("Scrapper_Melee.Nothing", SHIELD)),
    "C3": scrapper({f"{MELEE}.Nothing": TakenPower(2)}),
    "C4": slotted("Crafted_Nothing"),
    "C5": scrapper(origin="Elsewhere"),
    "A1": Build(1, powersets=SCRAPPER),
    "A2": scrapper(powersets=Powersets(SHIELD, SHIELD)),
    "A3": scrapper(powersets=Powersets(MELEE, SHIELD, pools={"Pool.Gadgetry": True})),
    "A4": scrapper(
        powersets=Powersets(
            MELEE, SHIELD, pools=POOLS | {"Pool.Flight": True, "Pool.Medicine": True}
        )
    ),
    "P3": scrapper({"Tanker_Melee.Dark_Melee.Attack_1": TakenPower(2)}),
    "P4": scrapper({"Pool.Medicine.Armor_1": TakenPower(4)}),
    "P6": scrapper(FULL.powers | {NOT_PICKED: TakenPower(49)}, powersets=FULL.powersets),
    "P7": scrapper({HASTEN: TakenPower(4), "Pool.Fighting.Kick": TakenPower(4)}),
    "P8": scrapper({HASTEN: TakenPower(5)}),
    "P9": scrapper({HASTEN: TakenPower(2)}),  # pools begin at 4
    "P10": scrapper({"Pool.Fighting.Tough": TakenPower(14), "Pool.Fighting.Kick": TakenPower(16)}),
    "P11": scrapper({ATTACK: TakenPower(1), f"{MELEE}.Attack_2": TakenPower(1)}),
    "P12": scrapper({DOUBLE_JUMP: TakenPower(slots={"k1": Slot(50)})}),
    "S1": scrapper({"Inherent.Inherent.Critical_Hit": TakenPower(slots={"k1": Slot(50)})}),
    "S2": scrapper({ATTACK: TakenPower(1, slots=TOO_MANY)}),
    "S3": scrapper(
        FULL.powers | {HEALTH: TakenPower(slots={"k1": Slot(50)})}, powersets=FULL.powersets
    ),
    "S7": scrapper({HASTEN: TakenPower(10, slots={"k1": Slot(9)})}),
    "S8": scrapper({ATTACK: TakenPower(1, slots={"a": Slot(3), "b": Slot(3), "c": Slot(3)})}),
    "S9": scrapper({ATTACK: TakenPower(1, slots={"a": Slot()})}),
    "E1": slotted("Crafted_Recharge", power=HEALTH, pick=0),
    "E2": scrapper({ARMOR: KISMET, f"{SHIELD}.Armor_2": KISMET}),
    "E3": slotted("Crafted_Makos_Bite_A", "Attuned_Makos_Bite_A"),
    "E4": Build(
        1,
        archetype="Class_Tanker",
        powers={
            "Tanker_Melee.Dark_Melee.Attack_1": TakenPower(
                1, slots={"own": Slot(0, SlottedEnhancement("Attuned_Scrappers_Strike_A"))}
            )
        },
    ),
    "E5": scrapper(slotted("Science_Damage").powers, origin="Magic"),
    "E6": slotted(SlottedEnhancement("Crafted_Makos_Bite_A", 10)),
    "E7": slotted(SlottedEnhancement("Attuned_Makos_Bite_A", boosters=1)),
    "E8": slotted(SlottedEnhancement("Crafted_Damage", 50, relative=2)),
    "E9": scrapper(slotted(SlottedEnhancement("Crafted_Hecatomb_A", 50)).powers, level=49),
    "E12": slotted(SlottedEnhancement("Crafted_Makos_Bite_A", 50, proc=True)),
    "A7": Build(
        1,
        archetype="Class_Arachnos_Soldier",
        powersets=Powersets(
            "Arachnos_Soldiers.Bane_Spider_Soldier", "Training_Gadgets.Crab_Spider_Training"
        ),
    ),
    "I1": Build(1, incarnates={"omega": ALPHA}),
    "I2": Build(1, incarnates={"destiny": ALPHA}),
    "I3": Build(1, level=49, incarnates={"alpha": ALPHA}),
    "I4": Build(1, accolades={HASTEN: True}),
    "I5": Build(1, accolades={ATLAS: True, MARSHAL: True}),
    "N1": Build(1, scenario="raid", scenarios={"solo": Scenario()}),
    "N6": Build(1, scenarios={"solo": Scenario(teammates={"Class_Tanker": 1})}),
    "N7": Build(1, scenarios={"solo": Scenario(team=2, teammates={"Class_Nobody": 1})}),
    "T1": scrapper(TWO_TOGGLES),
}


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.finds], ids=lambda rule: rule.id)
def test_finds(rule: Rule) -> None:
    found = [one for one in findings(FOUND[rule.id], SMALL) if one.rule == rule.id]
    assert found
    assert {one.code for one in found} == {rule.code}
    assert all(one.message.endswith(".") for one in found)
    assert rule.remedy


def test_every_rule_is_tried() -> None:
    assert REFUSED.keys() == {rule.id for rule in RULES if rule.refuses}
    assert FOUND.keys() == {rule.id for rule in RULES if rule.finds}
    assert all(rule.refuses or rule.finds for rule in RULES)
    assert len({rule.id for rule in RULES}) == len({rule.code for rule in RULES}) == len(RULES)


def rules_broken(build: Build, catalogue: Catalogue = SMALL) -> list[str]:
    return [one.rule for one in findings(build, catalogue)]


def test_what_is_legal_has_no_findings() -> None:
    assert findings(Build(1), SMALL) == ()
    assert findings(FULL, SMALL) == ()
    assert rules_broken(slotted(SlottedEnhancement("Crafted_Makos_Bite_A", 50))) == []


def test_a2_epic_is_for_the_classes_that_its_powers_name() -> None:
    mine = Powersets(MELEE, SHIELD, "Epic.Scrapper_Soul_Mastery")
    others = Powersets(MELEE, SHIELD, "Epic.Tank_Dark_Mastery")
    assert rules_broken(scrapper(powersets=mine)) == []
    assert rules_broken(scrapper(powersets=others)) == ["A2"]


def test_p4_a_branch_keeps_the_powers_of_its_trunk() -> None:
    soldier = Build(
        1,
        archetype="Class_Arachnos_Soldier",
        powersets=Powersets("Arachnos_Soldiers.Bane_Spider_Soldier"),
        powers={
            "Arachnos_Soldiers.Arachnos_Soldier.Attack_1": TakenPower(1),
            "Arachnos_Soldiers.Bane_Spider_Soldier.Attack_3": TakenPower(2),
        },
    )
    assert rules_broken(soldier) == []
    crab = "Arachnos_Soldiers.Crab_Spider_Soldier.Attack_3"
    answer = apply(soldier, TakePower(crab), SMALL)
    assert isinstance(answer, Refused)
    assert answer.code == "powerset_not_chosen"


@pytest.mark.parametrize(
    ("levels", "broken"),
    [
        ({"Boxing": 10, "Tough": 14, "Weave": 20}, []),
        ({"Boxing": 10, "Kick": 12, "Weave": 20}, []),
        ({"Boxing": 10, "Weave": 14, "Tough": 20}, ["Weave"]),
        ({"Tough": 14, "Weave": 20}, ["Tough", "Weave"]),
        ({"Weave": 20}, ["Weave"]),
    ],
)
def test_p10_by_level(levels: dict[str, int], broken: list[str]) -> None:
    build = scrapper({f"Pool.Fighting.{name}": TakenPower(at) for name, at in levels.items()})
    found = [one for one in findings(build, SMALL) if one.rule == "P10"]
    assert [one.power.rpartition(".")[2] for one in found] == broken
    assert all("Boxing, Kick" in one.message for one in found)


@pytest.mark.parametrize(
    ("primary", "message"),
    [
        ("Claws", "Battle Agility cannot be had together with Claws."),
        ("Staff_Fighting", "Battle Agility cannot be had together with Staff Fighting."),
        ("Dark_Melee", None),
    ],
)
def test_p10_names_what_excludes(
    primary: str, message: str | None, full_catalogue: Catalogue
) -> None:
    deflection = f"{SHIELD}.Deflection"
    build = scrapper(
        {deflection: TakenPower(1)}, powersets=Powersets(f"Scrapper_Melee.{primary}", SHIELD)
    )
    found = [one.message for one in findings(build, full_catalogue)]
    assert found == ([message] if message else [])


def test_a3_closed_powersets_are_nobodys(full_catalogue: Catalogue) -> None:
    closed = {
        "Controller_Control.Wind_Control": "primary",
        "Dominator_Control.Wind_Control": "primary",
        "Pool.Gadgetry": "pool",
        "Pool.Utility_Belt": "pool",
    }
    known = full_catalogue.powersets.values()
    assert {one.id for one in known if one.requires == "0"} == closed.keys()
    for powerset, role in closed.items():
        archetype = "Class_Dominator" if powerset.startswith("Dom") else "Class_Controller"
        choose = AddPool(powerset) if role == "pool" else SetPowerset("primary", powerset)
        answer = apply(Build(1, archetype=archetype), choose, full_catalogue)
        assert isinstance(answer, Refused)
        assert answer.code == "closed_powerset"
        pools = {powerset: True} if role == "pool" else {}
        primary = powerset if role == "primary" else ""
        build = Build(1, archetype=archetype, powersets=Powersets(primary, pools=pools))
        assert rules_broken(build, full_catalogue) == ["A3"]
        for who in full_catalogue.archetypes:
            assert role_of(full_catalogue, who, PowersetId(powerset)) is None


def test_p10_a_power_does_not_count_for_itself() -> None:
    epic = Powersets(MELEE, SHIELD, "Epic.Scrapper_Soul_Mastery")
    second = {"Epic.Scrapper_Soul_Mastery.Epic_2": TakenPower(38)}
    alone = scrapper(second, powersets=epic)
    # `ownPowerNum?(Epic) > 1`: two others would be needed, and there is one.
    both = scrapper(second | {"Epic.Scrapper_Soul_Mastery.Epic_1": TakenPower(35)}, powersets=epic)
    assert rules_broken(alone) == ["P10"]
    assert rules_broken(both) == ["P10"]


def test_s3_counts_added_slots_not_own_ones() -> None:
    answer = apply(FULL, PlaceEnhancement(HEALTH, "own", SlottedEnhancement("Crafted_Heal")), SMALL)
    assert isinstance(answer, Applied)
    assert rules_broken(answer.build) == []


def test_s7_granted_powers_take_slots_from_the_first_on() -> None:
    build = scrapper({HEALTH: TakenPower(slots={"k1": Slot(3)})})
    assert rules_broken(build) == []


def test_e2_normal_and_superior_archetype_pieces_are_one() -> None:
    both = slotted("Attuned_Scrappers_Strike_C", "Superior_Attuned_Superior_Scrappers_Strike_C")
    assert rules_broken(both) == ["E2"]
    different = slotted(
        "Attuned_Scrappers_Strike_C", "Superior_Attuned_Superior_Scrappers_Strike_D"
    )
    assert rules_broken(different) == []


def test_e9_is_one_finding_for_all() -> None:
    hecatomb = [SlottedEnhancement(f"Crafted_Hecatomb_{letter}", 50) for letter in "ABCDE"]
    found = findings(scrapper(slotted(*hecatomb).powers, level=20), SMALL)
    assert [one.rule for one in found] == ["E9"]
    assert "and 4 more" in found[0].message


def test_p12_what_nothing_grants_is_not_there() -> None:
    assert rules_broken(Build(1, powers={ALPHA: TakenPower(on=False)})) == ["P12"]
    assert rules_broken(Build(1, powers={ATLAS: TakenPower(on=False)})) == ["P12"]
    filled = Build(1, incarnates={"alpha": ALPHA}, powers={ALPHA: TakenPower(on=False)})
    assert rules_broken(filled) == []
    assert rules_broken(Build(1, powers={JETPACK: TakenPower(on=True)})) == []


@pytest.mark.parametrize(
    ("incarnates", "accolades"),
    [({"alpha": "Incarnate.Alpha.No"}, {}), ({}, {"No.Such.One": True})],
)
def test_c3_names_incarnates_and_accolades(
    incarnates: dict[str, str], accolades: dict[str, bool]
) -> None:
    assert rules_broken(Build(1, incarnates=incarnates, accolades=accolades)) == ["C3"]


def test_i5_a_form_that_is_left_out_does_no_harm() -> None:
    assert rules_broken(Build(1, accolades={ATLAS: True, MARSHAL: False})) == []


def test_i5_speaks_of_what_the_game_data_lacks() -> None:
    pair = {f"Temporary_Powers.Accolades.{each}": True for each in ("Invader", "Portal_Jockey")}
    both = pair | {f"Temporary_Powers.Accolades.{each}": True for each in ("Task_Force_Commander",)}
    assert rules_broken(Build(1, accolades=both)) == ["C3", "C3", "C3", "I5"]


def test_t1_reads_the_chosen_scenario() -> None:
    build = scrapper(TWO_TOGGLES)
    other = Scenario(powers={f"{SHIELD}.Offensive_Stance": PowerCondition(on=False)})
    scenarios = {"solo": Scenario(), "raid": other}
    assert rules_broken(replace(build, scenarios=scenarios)) == ["T1"]
    assert rules_broken(replace(build, scenarios=scenarios, scenario="raid")) == []


@pytest.mark.parametrize(
    ("primary", "secondary", "broken"),
    [
        ("Widow_Training.Fortunata_Training", "Teamwork.Fortunata_Teamwork", False),
        ("Widow_Training.Night_Widow_Training", "Teamwork.Widow_Teamwork", False),
        ("Widow_Training.Widow_Training", "Teamwork.Widow_Teamwork", False),
        ("Widow_Training.Night_Widow_Training", "Teamwork.Fortunata_Teamwork", True),
        ("Arachnos_Soldiers.Crab_Spider_Soldier", "Training_Gadgets.Bane_Spider_Training", True),
        ("Arachnos_Soldiers.Crab_Spider_Soldier", "Training_Gadgets.Crab_Spider_Training", False),
    ],
)
def test_a7_branches(primary: str, secondary: str, broken: bool) -> None:
    assert branches_differ(primary, secondary) is broken


def test_findings_are_bounded() -> None:
    powers = {f"Pool.Speed.Unknown_{number}": TakenPower(50) for number in range(500)}
    assert len(findings(scrapper(powers), SMALL)) == MAX_FINDINGS


@settings(deadline=None, max_examples=150)
@given(documents(SMALL))
def test_any_document_has_findings_and_none_raises(build: Build) -> None:
    for one in findings(build, SMALL):
        assert isinstance(one, Finding)
        assert one.message


def remembering(catalogue: Catalogue) -> Callable[[Build], None]:
    """A visitor of builds that compares what is found with and without what was found before."""
    checked: Checked | None = None

    def visit(build: Build) -> None:
        nonlocal checked
        checked = check(build, catalogue, checked)
        assert checked.findings == findings(build, catalogue)

    return visit


@pytest.mark.parametrize("seed", range(5))
def test_remembered_findings_are_those_from_nothing(seed: int) -> None:
    walk(empty(), SMALL, seed, 300, remembering(SMALL))


@pytest.mark.parametrize("number", range(0, 15, 3))
def test_also_of_whole_builds(catalogue: Catalogue, number: int) -> None:
    who = players(catalogue)[number]
    build = legal_build(Random(number), who, catalogue)
    walk(build, catalogue, number, 150, remembering(catalogue))


@settings(deadline=None, max_examples=100)
@given(documents(SMALL), documents(SMALL))
def test_from_any_build_to_any_other(one: Build, other: Build) -> None:
    visit = remembering(SMALL)
    for build in (one, other, one):
        visit(build)


EXPECTED_IN_GOLDENS = {
    "arsenal_dominator_incarnate": {},
    "arsenal_dominator_noslots": {},
    "hasten_2rech": {"S3": "68 slots", "S8": "level 13"},
    "shield_scrapper_noslots": {},
    "shield_scrapper_set_bonuses": {"S8": "level 15"},
    "shield_scrapper_slotted": {"S3": "68 slots", "S8": "level 13"},
    "dominator_electric_psionic": {},
    "scrapper_dark_shield": {"S8": "level 47"},
}


@pytest.mark.parametrize("name", EXPECTED_IN_GOLDENS)
def test_golden_builds_are_legal_but_for_their_slots(
    name: str, full_catalogue: Catalogue, goldens: Path
) -> None:
    (file,) = goldens.glob(f"*/**/{name}.mbd")
    build = mbd.read(file.read_bytes(), full_catalogue).build
    found = findings(build, full_catalogue)
    expected = EXPECTED_IN_GOLDENS[name]
    assert [one.rule for one in found] == list(expected)
    assert all(expected[one.rule] in one.message for one in found)
    is_picked = [taken.level in PICK_LEVELS and taken.level for taken in build.powers.values()]
    assert len([level for level in is_picked if level]) == 24

"""Build files of Mids Reborn: what is taken over, and what is a problem."""

from typing import Any

import pytest
from msgspec import UNSET

from calc.build import Slot, SlottedEnhancement, TakenPower
from tests.mids_files import (
    ATTACK,
    HASTEN,
    HEALTH,
    MELEE,
    codes,
    piece,
    power,
    read,
    slot,
)


def enhancement_of(uid: str, **fields: Any) -> tuple[object, list[str]]:
    imported = read(power(ATTACK, 1, slot(1, piece(uid, **fields))))
    own = imported.build.powers[ATTACK].slots.get("own", Slot())
    return own.enhancement, codes(imported)


def test_levels_count_from_one() -> None:
    imported = read(
        power(ATTACK, 1, slot(1, piece("Crafted_Makos_Bite_A", 34)), slot(3), slot(50), on=True),
        Level="29",
    )
    assert imported.problems == ()
    build = imported.build
    assert (build.title, build.archetype, build.origin, build.level) == (
        "Nova",
        "Class_Scrapper",
        "Magic",
        30,
    )
    assert build.powersets.primary == MELEE
    assert build.powersets.pools == {"Pool.Speed": True}
    assert build.powers == {
        ATTACK: TakenPower(
            1,
            on=True,
            slots={
                "own": Slot(0, SlottedEnhancement("Crafted_Makos_Bite_A", 35)),
                "s1": Slot(3),
                "s2": Slot(50),
            },
        )
    }


def test_what_comes_by_itself_is_written_only_when_it_deviates() -> None:
    imported = read(
        power(HEALTH, 1, slot(1), on=True),
        power("Inherent.Fitness.Stamina", 1, slot(1), slot(3), on=True),
        power("Inherent.Inherent.Brawl", 1, slot(1)),
        power("Inherent.Inherent.Sprint", 1, slot(1), on=True),
        power("Inherent.Inherent.Critical_Hit", 1),
    )
    assert imported.problems == ()
    assert imported.build.powers == {
        "Inherent.Fitness.Stamina": TakenPower(slots={"s1": Slot(3)}),
        "Inherent.Inherent.Sprint": TakenPower(on=True),
        "Inherent.Inherent.Critical_Hit": TakenPower(on=False),
    }


def test_accolades_and_incarnates_have_places_of_their_own() -> None:
    imported = read(
        power("Temporary_Powers.Accolades.The_Atlas_Medallion", 50, on=True),
        power("Incarnate.Alpha.Agility_Core_Paragon", 50, on=True),
    )
    assert imported.problems == ()
    assert imported.build.powers == {}
    assert imported.build.accolades == {"Temporary_Powers.Accolades.The_Atlas_Medallion": True}
    assert imported.build.incarnates == {"alpha": "Incarnate.Alpha.Agility_Core_Paragon"}


def test_number_of_targets_is_kept_where_it_says_something() -> None:
    drain = f"{MELEE}.Soul_Drain"

    def counted(name: str, value: object) -> object:
        return read(power(name, 12, VariableValue=value)).build.powers[name].count

    assert counted(drain, 10) == 10
    assert counted(drain, 1) is UNSET, "the default"
    assert counted(drain, 0) == 0
    assert counted(HASTEN, 0) is UNSET, "Mids knows no number for it"
    imported = read(power(drain, 12, VariableValue=10**9))
    assert codes(imported) == ["changed_count"]


@pytest.mark.parametrize(
    ("uid", "fields", "expected", "problems"),
    [
        ("Crafted_Damage", {}, SlottedEnhancement("Crafted_Damage", 50), []),
        (
            "crafted_damage",
            {"relative": "PlusThree"},
            SlottedEnhancement("Crafted_Damage", 50, boosters=3),
            [],
        ),
        (
            "Crafted_Makos_Bite_F",
            {"relative": "PlusFive"},
            SlottedEnhancement("Crafted_Makos_Bite_F", 50),
            ["changed_strength"],
        ),
        (
            "Attuned_Makos_Bite_A",
            {"level": 20, "relative": "Even"},
            SlottedEnhancement("Attuned_Makos_Bite_A"),
            [],
        ),
        (
            "Crafted_Makos_Bite_A",
            {"level": 9},
            SlottedEnhancement("Crafted_Makos_Bite_A", 30),
            ["changed_level"],
        ),
        (
            "Crafted_Kismet_A",
            {"level": 49},
            SlottedEnhancement("Crafted_Kismet_A", 30),
            ["changed_level"],
        ),
        (
            "Crafted_Makos_Bite_A",
            {"level": 10**30},
            SlottedEnhancement("Crafted_Makos_Bite_A", 50),
            ["changed_level"],
        ),
        ("Magic_Damage", {"grade": "SingleO"}, SlottedEnhancement("Magic_Damage"), []),
        (
            "Magic_Damage",
            {"grade": "SingleO", "relative": "PlusTwo"},
            SlottedEnhancement("Magic_Damage", relative=2),
            [],
        ),
        (
            "Magic_Damage",
            {"grade": "DualO", "relative": "MinusThree"},
            SlottedEnhancement("Mutation_Magic_Damage", relative=-3),
            [],
        ),
        ("Magic_Damage", {"grade": "TrainingO"}, SlottedEnhancement("Generic_Damage"), []),
        (
            "Hamidon_Damage_Accuracy",
            {"grade": "SingleO", "relative": "PlusFive"},
            SlottedEnhancement("Hamidon_Damage_Accuracy", relative=3),
            ["changed_strength"],
        ),
        (
            "Crafted_Damage",
            {"relative": "None"},
            SlottedEnhancement("Crafted_Damage", 50),
            ["changed_strength"],
        ),
        (
            "Crafted_Damage",
            {"relative": "MinusOne"},
            SlottedEnhancement("Crafted_Damage", 50),
            ["changed_strength"],
        ),
        ("Crafted_Shrapnel_A", {}, UNSET, ["unknown_enhancement"]),
        ("", {}, UNSET, []),
    ],
)
def test_enhancements(
    uid: str, fields: dict[str, Any], expected: object, problems: list[str]
) -> None:
    assert enhancement_of(uid, **fields) == (expected, problems)


def test_single_origin_is_the_characters() -> None:
    imported = read(
        power(ATTACK, 1, slot(1, piece("Magic_Damage", grade="SingleO"))), Origin="Science"
    )
    own = imported.build.powers[ATTACK].slots["own"].enhancement
    assert own == SlottedEnhancement("Science_Damage")


@pytest.mark.parametrize(
    ("label", "grade", "expected"),
    [
        ("Kismet: Piece C", "None", "Crafted_Kismet_C"),
        ("Makos Bite : Piece A", "None", "Crafted_Makos_Bite_A"),
        ("Scrappers Strike: Piece B", "None", "Attuned_Scrappers_Strike_B"),
        ("Invention: Damage Increase", "None", "Crafted_Damage"),
        ("Invention: Damage", "None", "Crafted_Damage"),
        ("Damage Increase", "SingleO", "Magic_Damage"),
        ("Damage Increase", "TrainingO", "Generic_Damage"),
        ("Nucleolus Exposure", "SingleO", "Hamidon_Damage_Accuracy"),
        ("Kismet: Accuracy +6%", "None", "Crafted_Kismet_F"),  # the set's one special piece
        ("Kismet: Accuracy", "None", None),
        ("No Such Set: Damage", "None", None),
    ],
)
def test_long_labels_of_old_files(label: str, grade: str, expected: str | None) -> None:
    entry = piece("", grade=grade) | {"Enhancement": label}
    del entry["Uid"]
    imported = read(power(ATTACK, 1, slot(1, entry)))
    own = imported.build.powers[ATTACK].slots.get("own", Slot()).enhancement
    if expected is None:
        assert own is UNSET
        assert codes(imported) == ["unknown_enhancement"]
        assert imported.problems[0].subject == label
    else:
        assert isinstance(own, SlottedEnhancement)
        assert own.id == expected


def test_a_build_is_taken_over_whole() -> None:
    """Too many slots and misplaced pieces are findings, not problems."""
    powers = [power(f"{MELEE}.Attack_{number}", 1, *[slot(50)] * 6) for number in range(1, 10)]
    imported = read(
        *powers,
        power(HASTEN, 33, slot(1, piece("Crafted_Defense_Buff")), *[slot(2)] * 5),
        power("Tanker_Melee.Dark_Melee.Attack_1", 4, *[slot(50)] * 6),
        power("Pool.Fighting.Weave", 2, *[slot(50)] * 6),
        power(HEALTH, 1, *[slot(50)] * 6),
        power("Inherent.Inherent.Critical_Hit", 1, *[slot(50)] * 6, on=True),
    )
    assert imported.problems == ()
    added = sum(name != "own" for taken in imported.build.powers.values() for name in taken.slots)
    assert added == 14 * 5
    assert imported.build.powers[HASTEN].level == 33


def test_unknown_names_are_told_one_by_one() -> None:
    imported = read(
        power("Pool.Speed.Nothing", 4, slot(), slot()),
        power("Inherent.Inherent.Special_Set_Bonuses", 1),
        power("", -1),
        power(HASTEN, 6),
        PowerSets=["Scrapper_Melee.Nothing", "", "Inherent.Inherent", "Pool.Speed", "Pool.Speed"],
        Class="Class_Nobody",
        Origin="Elsewhere",
    )
    told = {problem.code: problem.subject for problem in imported.problems}
    assert told == {
        "unknown_power": "Pool.Speed.Nothing",
        "unknown_powerset": "Scrapper_Melee.Nothing",
        "unknown_archetype": "Class_Nobody",
        "unknown_origin": "Elsewhere",
    }
    assert "2 slots" in imported.problems[-1].message
    assert imported.build.powersets.pools == {"Pool.Speed": True}
    assert imported.build.powers == {HASTEN: TakenPower(6)}


def test_what_a_build_has_no_place_for_is_told() -> None:
    entry = power(ATTACK, 1, slot(1, piece("Crafted_Damage") | {"Obtained": True}))
    imported = read(entry | {"ProcInclude": True}, Alignment="Rogue")
    assert codes(imported) == ["not_kept"] * 3
    told = " ".join(problem.message for problem in imported.problems)
    assert all(word in told for word in ("alignment", "obtained", "proc"))


def test_the_comment_becomes_notes() -> None:
    imported = read(Comment=" To do:\r\n\t- slots\n")
    assert imported.build.notes == "To do:\n\t- slots"
    assert imported.problems == ()
    hidden = read(Comment="a\u202eb\0")
    assert hidden.build.notes == "ab"
    assert codes(hidden) == ["changed_notes"]
    assert len(read(Comment="x" * 9000).build.notes) == 8000


def test_which_procs_count_is_kept() -> None:
    pieces = [piece("Crafted_Makos_Bite_F"), piece("Crafted_Makos_Bite_A")]
    entry = power(ATTACK, 1, slot(1, pieces[0]), slot(3, pieces[1]))
    slots = read(entry | {"ProcInclude": True}).build.powers[ATTACK].slots
    held = {key: each.enhancement for key, each in slots.items()}
    assert held == {
        "own": SlottedEnhancement("Crafted_Makos_Bite_F", 50, proc=True),
        "s1": SlottedEnhancement("Crafted_Makos_Bite_A", 50),
    }
    assert read(entry).build.powers[ATTACK].slots["own"].enhancement == SlottedEnhancement(
        "Crafted_Makos_Bite_F", 50
    )


def test_switches_of_incarnates_are_kept() -> None:
    imported = read(
        power("Incarnate.Alpha.Agility_Core_Paragon", 50),
        power("Incarnate.Hybrid.Assault_Genome", 50, on=True),
        power("Incarnate.Destiny.Ageless_Invocation", 50),
    )
    assert imported.problems == ()
    assert imported.build.powers == {
        "Incarnate.Alpha.Agility_Core_Paragon": TakenPower(on=False),
        "Incarnate.Hybrid.Assault_Genome": TakenPower(on=True),
    }
    assert imported.build.incarnates.keys() == {"alpha", "hybrid", "destiny"}


def test_sub_powers_that_are_on() -> None:
    subs = [
        {"PowerName": "Inherent.Inherent.Sprint", "StatInclude": True},
        {"PowerName": "Inherent.Inherent.Brawl", "StatInclude": False},
    ]
    imported = read(power(ATTACK, 1, SubPowerEntries=subs))
    assert imported.build.powers["Inherent.Inherent.Sprint"] == TakenPower(on=True)
    assert "Inherent.Inherent.Brawl" not in imported.build.powers


def test_names_lose_what_cannot_be_seen() -> None:
    imported = read(Name="No\u202eva\u0000 \u2066\n")
    assert imported.build.title == "Nova"
    assert codes(imported) == ["changed_name"]
    assert imported.problems[0].subject.isprintable()
    long = read(Name="x" * 200)
    assert long.build.title == "x" * 80
    assert codes(long) == ["changed_name"]
    assert len(long.problems[0].subject) == 100
    assert read(Name=None).build.title == ""

"""Build files of Mids Reborn: what is taken over, what is a problem, what is no build file."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from calc import build as documents
from calc import mbd
from calc.build import Slot, SlottedEnhancement, TakenPower
from calc.mbd import BuildFileError, Imported
from calc.mbd_names import Names
from gamedata.catalogue import Catalogue
from tests.small import SMALL

MELEE = "Scrapper_Melee.Dark_Melee"
ATTACK = f"{MELEE}.Attack_1"
HASTEN = "Pool.Speed.Hasten"
HEALTH = "Inherent.Fitness.Health"

Json = dict[str, Any]


def slot(level: object = 1, enhancement: object = None) -> Json:
    return {
        "Level": level,
        "IsInherent": False,
        "Enhancement": enhancement,
        "FlippedEnhancement": None,
    }


def piece(uid: str, level: object = 49, relative: str = "Even", grade: str = "None") -> Json:
    return {
        "Uid": uid,
        "Grade": grade,
        "IoLevel": level,
        "RelativeLevel": relative,
        "Obtained": False,
    }


def power(name: str, level: object = 1, *slots: Json, on: bool = False, **more: object) -> Json:
    return {
        "PowerName": name,
        "Level": level,
        "StatInclude": on,
        "ProcInclude": False,
        "VariableValue": 0,
        "InherentSlotsUsed": 0,
        "SubPowerEntries": [],
        "SlotEntries": list(slots),
    } | more


def file(*powers: Json, **more: object) -> Json:
    return {
        "BuiltWith": {
            "App": "Mids Reborn",
            "Version": "3.8.6.0",
            "Database": "Homecoming",
            "DatabaseVersion": "2026.5.1337",
        },
        "Level": "49",
        "Class": "Class_Scrapper",
        "Origin": "Magic",
        "Alignment": "Hero",
        "Name": "Nova",
        "Comment": "",
        "PowerSets": [MELEE, "Scrapper_Defense.Shield_Defense", "", "Pool.Speed", "", "", "", ""],
        "LastPower": 24,
        "PowerEntries": list(powers),
    } | more


def read(*powers: Json, **more: object) -> Imported:
    return mbd.read(json.dumps(file(*powers, **more)), SMALL)


def codes(imported: Imported) -> list[str]:
    return [problem.code for problem in imported.problems]


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


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (power(HASTEN, "four"), "damaged_entry"),
        (power(HASTEN, 0), "changed_level"),
        (power(HASTEN, 51), "changed_level"),
        (power(HASTEN, 4.5), "changed_level"),
        (power(HASTEN, 10**25), "changed_level"),
        (power(HASTEN, None), "damaged_entry"),
        (power(HASTEN, 4, slot(0), slot(99)), "changed_level"),
        (power(HASTEN, 4, slot(), {"Level": []}), "damaged_entry"),
        (power(HASTEN, 4, slot(1, "Crafted_Recharge")), "damaged_entry"),
        (power(HASTEN, 4, slot(1, {"Uid": 7})), "damaged_entry"),
        (power(HASTEN, 4, SlotEntries="many"), "damaged_entry"),
        (power(HASTEN, 4, *[slot()] * 40), "too_many_slots"),
        (power(HASTEN, 4, SubPowerEntries=[None]), "damaged_entry"),
        (["no", "power"], "damaged_entry"),
        (7, "damaged_entry"),
        (None, "damaged_entry"),
    ],
)
def test_a_damaged_entry_costs_no_other(entry: Any, problem: str) -> None:
    imported = read(entry, power(ATTACK, 1))
    assert problem in codes(imported)
    assert ATTACK in imported.build.powers
    assert len(imported.build.powers.get(HASTEN, TakenPower()).slots) <= 6


def test_a_power_named_twice_is_taken_once() -> None:
    imported = read(power(HASTEN, 4), power(HASTEN, 6, slot(), slot(50)))
    assert imported.build.powers == {HASTEN: TakenPower(4)}
    assert codes(imported) == ["repeated_power"]


def test_counts_are_never_trusted() -> None:
    imported = read(*[power(f"Pool.Speed.Nothing_{number}", 4) for number in range(400)])
    assert len(imported.problems) == mbd.MAX_PROBLEMS + 1
    assert {"unknown_power", "too_many_powers", "more_problems"} >= set(codes(imported))


@pytest.mark.parametrize("level", ["50", "-1", "", "ten", 49.5, 10**40, "٤٩"])
def test_bad_character_level(level: object) -> None:
    imported = read(Level=level)
    assert imported.build.level == 50
    assert codes(imported) == ["changed_level"]


def test_another_database_is_told() -> None:
    other = {"App": "Mids Reborn", "Version": "3", "Database": "Rebirth"}
    assert codes(read(BuiltWith=other)) == ["other_database"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("{}", "damaged"),
        ('{"BuiltWith": {}, "PowerEntries": 7}', "damaged"),
        ('{"BuiltWith": null, "PowerEntries": []}', "damaged"),
        ('{"format": 1, "title": "Nova"}', "no Mids Reborn build"),
        ("[1, 2]", "opening brace"),
        ("not a build", "opening brace"),
        ("{not json", "damaged"),
        ("|MxDz;2401;786;1572;HEX;|\n|78DA|", ".mxd"),
        ("|MBD;1;2;3;BASE64;|", "data chunk"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "damaged"),
        ('{"BuiltWith": {}, "PowerEntries": ' + "[" * 100_000, "damaged"),
        ("{" + " " * 300_000 + "}", "too large"),
        (b"{\xff\xfe}", "damaged"),
        (b"\xef\xbb\xbf", "empty"),
        ("\ud800", "damaged"),
        ('{"BuiltWith": {"App": "\\ud800"}, "PowerEntries": []}', "damaged"),
        ('{"BuiltWith": {}, "PowerEntries": [], "Level": 1e999}', "damaged"),
        ('{"BuiltWith": {}, "PowerEntries": [], "Name": 7}', "damaged"),
    ],
)
def test_what_is_no_build_file_is_said_in_a_sentence(text: str | bytes, words: str) -> None:
    with pytest.raises(BuildFileError, match=words) as caught:
        mbd.read(text, SMALL)
    message = str(caught.value)
    assert message.endswith(".")
    message.encode()


def test_byte_order_mark_and_carriage_returns() -> None:
    text = json.dumps(file(power(HASTEN, 4)), indent=2).replace("\n", "\r\n")
    assert mbd.read(b"\xef\xbb\xbf" + text.encode(), SMALL).build.powers == {HASTEN: TakenPower(4)}


_json = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=20),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_part_may_be_anything(data: st.DataObject) -> None:
    """A whole file with one part of it replaced: read, or refused with a sentence."""
    whole = file(
        power(ATTACK, 1, slot(1, piece("Crafted_Damage")), slot(3), on=True), power(HASTEN, 4)
    )
    node: Any = whole
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            node[key] = data.draw(_json)
            break
        node = node[key]
    try:
        imported = mbd.read(json.dumps(whole), SMALL)
    except BuildFileError:
        return
    assert documents.decode(documents.encode(imported.build)) == imported.build
    for problem in imported.problems:
        (problem.message + problem.subject).encode()


@settings(deadline=None, max_examples=100)
@given(st.one_of(st.text(max_size=200), st.binary(max_size=200)))
def test_any_text_is_refused_with_a_sentence(text: str | bytes) -> None:
    with pytest.raises(BuildFileError):
        mbd.read(text, SMALL)


# With the game's data


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

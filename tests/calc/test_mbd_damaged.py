"""Build files of Mids Reborn that are damaged or none: problems by name, or a sentence."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc import build as documents
from calc import mbd
from calc.build import TakenPower
from calc.mbd import BuildFileError
from tests.mids_files import ATTACK, HASTEN, codes, file, piece, power, read, slot
from tests.small import SMALL


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

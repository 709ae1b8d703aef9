"""Merge patches: the difference of two documents, and what merging it gives."""

from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc import build as documents
from calc import patch
from calc.build import Build, Slot, SlottedEnhancement, TakenPower
from server.commands.fuzz.edits import random_build
from tests.small import SMALL
from tests.strategies import builds
from tests.strategies import documents as any_documents

HASTEN = "Pool.Speed.Hasten"


def merged(old: Build, new: Build) -> bytes:
    """The old document with the difference merged into it, as canonical JSON."""
    difference = msgspec.json.decode(msgspec.json.encode(patch.difference(old, new)))
    result = patch.merge(patch.document(old), difference)
    return msgspec.json.encode(result, order="sorted")


def with_slots(**slots: Slot) -> Build:
    return Build(1, powers={HASTEN: TakenPower(10, on=True, slots=slots)})


CRAFTED = Slot(25, SlottedEnhancement("Crafted_Recharge", 50, boosters=2))


def test_attuned_in_place_of_crafted_removes_level_and_boosters() -> None:
    attuned = Slot(25, SlottedEnhancement("Attuned_Recharge"))
    assert patch.difference(with_slots(k7=CRAFTED), with_slots(k7=attuned)) == {
        "powers": {
            HASTEN: {
                "slots": {
                    "k7": {
                        "enhancement": {"id": "Attuned_Recharge", "level": None, "boosters": None}
                    }
                }
            }
        }
    }


def test_last_slot_goes_with_all_of_them() -> None:
    assert patch.difference(with_slots(own=CRAFTED), with_slots()) == {
        "powers": {HASTEN: {"slots": None}}
    }


def test_one_of_two_slots_goes_alone() -> None:
    difference = patch.difference(with_slots(own=CRAFTED, k7=CRAFTED), with_slots(k7=CRAFTED))
    assert difference == {"powers": {HASTEN: {"slots": {"own": None}}}}


def test_dropped_power() -> None:
    other = Build(1, powers={"Pool.Speed.Flurry": TakenPower(4)})
    difference = patch.difference(Build(1, powers=with_slots().powers | other.powers), other)
    assert difference == {"powers": {HASTEN: None}}


def test_equal_documents_have_no_difference() -> None:
    build = random_build(Random(4), SMALL)
    assert patch.difference(build, documents.decode(documents.encode(build))) == {}


# The examples of RFC 7396, appendix A.
RFC_7396: tuple[tuple[str, str, str], ...] = (
    ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
    ('{"a":"b"}', '{"a":null}', "{}"),
    ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
    ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
    ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
    ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
    ('["a","b"]', '["c","d"]', '["c","d"]'),
    ('{"a":"b"}', '["c"]', '["c"]'),
    ('{"a":"foo"}', "null", "null"),
    ('{"a":"foo"}', '"bar"', '"bar"'),
    ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
    ("[1,2]", '{"a":"b","c":null}', '{"a":"b"}'),
    ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
)


def test_merge_is_rfc_7396() -> None:
    for target, difference, expected in RFC_7396:
        parsed = [msgspec.json.decode(text) for text in (target, difference, expected)]
        assert patch.merge(parsed[0], parsed[1]) == parsed[2], (target, difference)


@settings(deadline=None, max_examples=25)
@given(builds(SMALL, 12), builds(SMALL, 12))
def test_merging_the_difference_gives_the_new_document(old: Build, new: Build) -> None:
    assert merged(old, new) == documents.encode(new)


@settings(deadline=None, max_examples=60)
@given(any_documents(SMALL), any_documents(SMALL))
def test_so_it_does_for_any_documents(old: Build, new: Build) -> None:
    assert merged(old, new) == documents.encode(new)


@settings(deadline=None, max_examples=100)
@given(any_documents(SMALL), any_documents(SMALL))
def test_a_patched_build_has_the_merged_document(old: Build, new: Build) -> None:
    difference = msgspec.json.decode(msgspec.json.encode(patch.difference(old, new)))
    patched = patch.patched(old, difference)
    assert patched == new
    assert documents.encode(patched) == documents.encode(new)
    assert {type(each) for each in patched.powers.values()} <= {TakenPower}


@settings(deadline=None, max_examples=25)
@given(builds(SMALL, 12), builds(SMALL, 12))
def test_a_patched_build_shares_what_the_patch_does_not_touch(old: Build, new: Build) -> None:
    difference: dict[str, Any] = patch.difference(old, new)
    patched = patch.patched(old, difference)
    touched = difference.get("powers") or {}
    for power, taken in old.powers.items():
        if power not in touched and power in new.powers:
            assert patched.powers[power] is taken
    for field in ("powers", "scenarios", "accolades", "incarnates"):
        assert field in difference or getattr(patched, field) is getattr(old, field)


def test_of_a_touched_power_the_other_slots_are_shared() -> None:
    old = with_slots(own=CRAFTED, k7=CRAFTED)
    patched = patch.patched(old, {"powers": {HASTEN: {"slots": {"own": {"enhancement": None}}}}})
    slots = patched.powers[HASTEN].slots
    assert slots == {"own": Slot(25), "k7": CRAFTED}
    assert slots["k7"] is CRAFTED


@pytest.mark.parametrize(
    "wrong", [{"colour": 1}, {"format": None}, {"level": "high"}, {"powers": {HASTEN: {"on": 3}}}]
)
def test_a_patch_that_gives_no_build_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        patch.patched(with_slots(own=CRAFTED), wrong)


_json = st.recursive(
    st.one_of(st.booleans(), st.integers(-9, 9), st.text(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.text(max_size=2), _json, max_size=4),
    st.dictionaries(st.text(max_size=2), _json, max_size=4),
)
def test_nothing_is_changed_in_place(old: dict[str, object], new: dict[str, object]) -> None:
    before = msgspec.json.encode(old), msgspec.json.encode(new)
    patch.merge(old, patch.between(old, new))
    assert before == (msgspec.json.encode(old), msgspec.json.encode(new))

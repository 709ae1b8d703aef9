"""What two builds differ in, told for people."""

from random import Random

from msgspec import UNSET
from msgspec.structs import replace

from calc import build as documents
from calc.build import Build, Powersets, Slot, SlottedEnhancement, TakenPower
from calc.comparison import Difference, Field, compare
from calc.engine import Engine
from calc.patch import document, merge
from gamedata.catalogue import Catalogue
from server.commands.fuzz.edits import random_build

LUCK = SlottedEnhancement("Crafted_Luck_of_the_Gambler_A", level=50)
KISMET = SlottedEnhancement("Attuned_Kismet_E")
WEAVE = "Pool.Fighting.Weave"
HEALTH = "Inherent.Fitness.Health"


def build(**powers: TakenPower) -> Build:
    named = {"weave": WEAVE, "health": HEALTH}
    return Build(1, powers={named[key]: power for key, power in powers.items()})


def difference(old: Build, new: Build, catalogue: Catalogue) -> Difference:
    engine = Engine(catalogue)
    return compare(old, new, engine.totals(old), engine.totals(new), catalogue)


def test_equal_builds_differ_in_nothing(catalogue: Catalogue) -> None:
    one = random_build(Random(1), catalogue)
    assert difference(one, one, catalogue) == Difference()


def test_the_character_is_compared_with_names(catalogue: Catalogue) -> None:
    old = replace(documents.empty(), archetype="Class_Scrapper", level=50)
    new = replace(
        old,
        archetype="Class_Tanker",
        level=30,
        powersets=Powersets("No.Such_Set", pools={"Pool.Fighting": True}),
    )
    found = difference(old, new, catalogue)
    assert found.fields == (
        Field("archetype", "Class_Scrapper", "Class_Tanker", "Scrapper", "Tanker"),
        Field("primary", UNSET, "No.Such_Set", "", "No.Such_Set"),
        Field("level", 50, 30),
    )
    assert found.pools == (Field("Pool.Fighting", UNSET, True, "", "Fighting"),)
    assert found.totals["health.max"].before != found.totals["health.max"].after


def test_powers_are_added_removed_and_moved(catalogue: Catalogue) -> None:
    old, new = build(), build(weave=TakenPower(level=24, on=True))
    (added,) = difference(old, new, catalogue).powers
    assert (added.change, added.name) == ("added", "Weave")
    assert added.fields == (
        Field("level", UNSET, 24),
        Field("on", UNSET, True),
        Field("slots", UNSET, 1),
    )
    (removed,) = difference(new, old, catalogue).powers
    assert removed.change == "removed"
    (moved,) = difference(new, build(weave=TakenPower(level=30, on=True)), catalogue).powers
    assert (moved.change, moved.fields) == ("changed", (Field("level", 24, 30),))


def test_a_power_that_comes_by_itself_is_never_added(catalogue: Catalogue) -> None:
    slotted = build(health=TakenPower(slots={"k1": Slot(3, KISMET)}))
    (changed,) = difference(build(), slotted, catalogue).powers
    assert changed.change == "changed"
    assert [each.id for each in changed.added] == ["Attuned_Kismet_E"]


def test_slots_are_told_apart_by_what_is_in_them(catalogue: Catalogue) -> None:
    old = build(weave=TakenPower(24, slots={"own": Slot(0, LUCK), "a": Slot(25, KISMET)}))
    renamed = build(weave=TakenPower(24, slots={"own": Slot(0, KISMET), "z": Slot(25, LUCK)}))
    (power,) = difference(old, renamed, catalogue).powers
    assert (power.fields, power.removed, power.added) == ((), (), ())
    better = replace(LUCK, boosters=5)
    more = build(
        weave=TakenPower(24, slots={"own": Slot(0, better), "a": Slot(25, better), "b": Slot(27)})
    )
    (power,) = difference(old, more, catalogue).powers
    assert power.fields == (Field("slots", 2, 3),)
    assert [(each.id, each.count) for each in power.removed] == [
        ("Attuned_Kismet_E", 1),
        ("Crafted_Luck_of_the_Gambler_A", 1),
    ]
    (added,) = power.added
    assert (added.count, added.boosters) == (2, 5)


def test_the_patch_leads_from_one_to_the_other(catalogue: Catalogue) -> None:
    random = Random(7)
    for _ in range(5):
        old, new = random_build(random, catalogue), random_build(random, catalogue)
        found = difference(old, new, catalogue)
        assert merge(document(old), found.patch) == document(new)
        named = {each.power for each in found.powers}
        assert old.powers.keys() - new.powers.keys() <= named

"""Words and ids in expressions: what is known passes, all else is told with its row."""

from typing import Any

import pytest

from gamedata.catalogue import (
    Archetype,
    ArchetypeId,
    Catalogue,
    Category,
    CategoryId,
    Enhancement,
    EnhancementId,
    Power,
    PowerId,
    Powerset,
    PowersetId,
)
from gamedata.check_expressions import expressions
from gamedata.report import Problem

HASTEN, SPEED, POOL = PowerId("Pool.Speed.Hasten"), PowersetId("Pool.Speed"), CategoryId("Pool")
BRUTE, RUN = ArchetypeId("Class_Brute"), EnhancementId("Crafted_Run")
CATALOGUE = Catalogue(
    "test",
    "",
    archetypes={BRUTE: Archetype(BRUTE, "Brute")},
    categories={POOL: Category(POOL, "Pool")},
    powersets={SPEED: Powerset(SPEED, "Speed", POOL)},
    powers={HASTEN: Power(HASTEN, "Hasten", SPEED)},
    enhancements={RUN: Enhancement(RUN, "Run")},
)


@pytest.mark.parametrize(
    "text",
    [
        "pool.speed.hasten && Pool.Speed",
        "ownPowerNum?(Pool) > 1",
        "$archetype == @Class_Nobody || source>arch == Brute",
        "BoostsSlotted>crafted_run > 0",
        "source.Mode?(kWhatever) && target.HasTag?(Anything) && source.TokenOwned?(Any)",
        "@StdResult * minmax(target>cur.kToHit - 1, -1, 1) * rand()",
        "Ne(target>entref, source>entref) && !isPVPMap? && target.isFriend?",
        "source.EventTimeSince>Held > 5 && source.TeamSize>30 > 1",
        "mapname> eq 'Atlas Park' && system>MapTokenVal(WinterEventContacts) > 0",
        "power.base>activatetime / power.base>areafactor",
    ],
)
def test_what_is_known(text: str) -> None:
    assert list(expressions({text: ("A",)}, CATALOGUE)) == []


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("source.ownPower?(POOL.SPEED.GONE)", "missing power", "POOL.SPEED.GONE"),
        ("Event.Old.Power", "missing power", "Event.Old.Power"),
        ("Pool.Sloth && Pool.Speed", "missing powerset", "Pool.Sloth"),
        ("BoostsSlotted>X_A > 0", "missing enhancement", "BoostsSlotted>X_A"),
        ("PowerBoostsSlotted>X_A > 0", "missing enhancement", "PowerBoostsSlotted>X_A"),
        ("$archtype == @Class_Brute", "unknown word", "$archtype"),
        ("source>arch == Bard", "unknown word", "Bard"),
        ("target.isOutside?", "unknown word", "target.isOutside?"),
        ("cousin>level > 3", "unknown word", "cousin>level"),
        ("!sqrt(2)", "unknown word", "sqrt"),
        ("1 +", "expression not understood", "not understood at its end: 1 +"),
    ],
)
def test_what_is_not(text: str, kind: Any, name: str) -> None:
    expected = {Problem(kind, name, "A"), Problem(kind, name, "B")}
    assert set(expressions({text: ("A", "B")}, CATALOGUE)) == expected

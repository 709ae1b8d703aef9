"""Templates and effect groups."""

from typing import Any

import pytest

from gamedata.catalogue import (
    EntityId,
    EntityParams,
    Event,
    FilterParams,
    PowerId,
    PowerParams,
    PowersetId,
)
from gamedata.convert_effects import duration_s, effects, flag_names, params, template
from gamedata.names import Names
from gamedata.raw import RawEffect, RawEvent, RawParams, RawTemplate

NAMES = Names(
    powers={"pets.imp.bite": PowerId("Pets.Imp.Bite")},
    entities={"pets_imp": EntityId("Pets_Imp")},
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0.75 seconds", 0.75),
        ("10 seconds", 10.0),
        ("99999 seconds", 99999.0),
        ("UntilKilled", None),
        ("a while", 0.0),  # reported by the check
    ],
)
def test_duration(text: str, seconds: float | None) -> None:
    assert duration_s(text) == seconds


def test_flags_lose_their_number() -> None:
    assert flag_names(("IgnoreStrength (4)", "Boost (11)")) == ("IgnoreStrength", "Boost")


def test_template() -> None:
    raw = RawTemplate(
        ("Smashing_Dmg",),
        "Absolute",
        "Magnitude",
        "Melee_Damage",
        scale=0.32,
        duration="UntilKilled",
        stack_key="TravelBuff",
        boost_mod_allowed="Enhance Damage",
        suppress_events=(RawEvent("Held", 8.0, True),),
        mode_name="Hidden",
    )
    found = template(raw, NAMES)
    assert (found.aspect, found.type, found.table) == ("Absolute", "Magnitude", "melee_damage")
    assert found.duration_s is None
    assert found.boost_mod_allowed == "Enhance Damage"
    assert found.suppress_events == (Event("Held", 8.0, True),)
    assert (found.stack_key, found.mode) == ("TravelBuff", "Hidden")


def test_the_export_writes_any_enhancement_as_science_boost() -> None:
    assert template(RawTemplate(("ToHit",)), NAMES).boost_mod_allowed == ""


def test_unknown_words_of_closed_lists_become_nothing() -> None:
    found = template(RawTemplate(("ToHit",), "Past", "Guess"), NAMES)
    assert (found.aspect, found.type) == ("", "")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, None),
        (RawParams("Costume"), None),
        (
            RawParams("Power", 2, ("pets.imp.bite", "Pets.Gone.X"), ("Pets.Imp",)),
            PowerParams(
                (PowerId("Pets.Imp.Bite"), PowerId("Pets.Gone.X")), 2, (PowersetId("Pets.Imp"),)
            ),
        ),
        (RawParams("EntCreate", entity_def="PETS_IMP"), EntityParams(EntityId("Pets_Imp"))),
        (
            RawParams(
                "EntCreate",
                display_name="Rain",
                class_name="Class_Minion_PETS",
                redirects=("pets.imp.bite",),
            ),
            EntityParams(
                name="Rain", archetype="Class_Minion_Pets", powers=(PowerId("Pets.Imp.Bite"),)
            ),
        ),
        (RawParams("EffectFilter", tags=("Crit",)), FilterParams(("Crit",))),
    ],
)
def test_parameters(raw: RawParams | None, expected: Any) -> None:
    assert params(raw, NAMES) == expected


@pytest.mark.parametrize(
    ("word", "pvp"), [("EITHER", ""), ("PVP_ONLY", "only"), ("PVE_ONLY", "never")]
)
def test_effect_groups_keep_their_children(word: str, pvp: str) -> None:
    child = RawEffect(chance=-0.2, tags=("Crit",), templates=(RawTemplate(("ToHit",)),))
    raw = RawEffect(is_pvp=word, requires_expression="isPVPMap?", child_effects=(child,))
    (group,) = effects((raw,), NAMES)
    assert (group.pvp, group.requires) == (pvp, "isPVPMap?")
    assert group.children[0].chance == -0.2
    assert group.children[0].templates[0].attributes == ("ToHit",)

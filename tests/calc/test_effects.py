"""A power as a flat list, and what of it the caster feels: `calc.md` §3, §5.2, §5.3."""

import pytest

from calc.effects import Effect, SelfEffect, felt_by_caster, flatten
from gamedata.catalogue import EffectGroup, Event, Expression, Power, PowerId, PowersetId, Template

SELF = ("Self",)
FOES = ("Foe (Alive)",)
NEVER_SELF = Expression("Ne(target>entref, source>entref)")


def template(attribute: str = "ToHit", **fields: object) -> Template:
    settings: dict[str, object] = {"aspect": "Current", "target": "Self"} | fields
    return Template((attribute,), **settings)  # type: ignore[arg-type]


def power(*groups: EffectGroup, **fields: object) -> Power:
    settings: dict[str, object] = {"targets_affected": SELF} | fields
    return Power(PowerId("A.B.C"), "C", PowersetId("A.B"), effects=groups, **settings)  # type: ignore[arg-type]


def group(*templates: Template, **fields: object) -> EffectGroup:
    return EffectGroup(templates or (template(),), **fields)  # type: ignore[arg-type]


def felt(found: Power) -> list[SelfEffect]:
    return list(felt_by_caster(found, "scrapper", 50))


def test_flattening_gathers_what_the_path_adds() -> None:
    inner = group(
        template("Recovery", delay_s=0.5, jit_requires=Expression("@Scale > 0")),
        chance=0.5,
        delay_s=0.25,
        requires=Expression("1"),
        tags=("Inner",),
        flags=("MainTargetOnly",),
    )
    outer = group(
        template("ToHit"),
        children=(inner,),
        chance=0.8,
        ppm=3.5,
        delay_s=1.0,
        requires=Expression("Always"),
        tags=("Outer",),
        pvp="only",
    )
    found = list(flatten(power(outer)))
    assert [effect.template.attributes for effect in found] == [("ToHit",), ("Recovery",)]
    assert found[1] == Effect(
        inner.templates[0],
        chances=((0.8, ("Outer",)), (0.5, ("Inner",))),
        conditions=(Expression("Always"), Expression("1"), Expression("@Scale > 0")),
        ppm=3.5,
        delay_s=1.75,
        flags=frozenset({"MainTargetOnly"}),
        tags=frozenset({"Inner", "Outer"}),
        pvp_only=True,
    )


def test_activation_effects_are_known_as_such() -> None:
    found = Power(PowerId("A.B.C"), "C", PowersetId("A.B"), activation_effects=(group(),))
    assert [effect.activation for effect in flatten(found)] == [True]


def test_a_tick_has_a_chance_of_its_own() -> None:
    found = next(iter(flatten(power(group(template(tick_chance=0.0), tags=("Ammo",))))))
    assert found.chances == ((1.0, ("Ammo",)), (0.0, ("Ammo",)))


@pytest.mark.parametrize(
    ("earlier", "counts"),
    [
        (group(), False),  # it always happens
        (group(requires=Expression("1")), False),
        (group(requires=Expression("0")), True),
        (group(chance=0.5), True),
        (group(ppm=3.5), True),
        (group(requires=Expression("source.Mode?(kX)")), True),  # the build decides
    ],
)
def test_a_fallback_waits_for_what_stands_before_it(earlier: EffectGroup, counts: bool) -> None:
    fallback = group(template("Recovery"), flags=("Fallback",))
    found = [effect.effect.template.attributes[0] for effect in felt(power(earlier, fallback))]
    assert ("Recovery" in found) is counts


def test_a_fallback_remembers_the_condition_that_forestalls_it() -> None:
    earlier = group(requires=Expression("source.Mode?(kX)"))
    fallback = felt(power(earlier, group(template("Recovery"), flags=("Fallback",))))[-1]
    assert [condition.reads for condition in fallback.unless] == [{"modes"}]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (power(group(pvp="only")), "PvP"),
        (power(group(ppm=3.5)), "a proc"),
        (power(group(template(delay_s=2.5), delay_s=3.0)), "it begins late"),
        (power(group(template(application="OnDeactivate"))), "switching off"),
        (power(group(template(application="OnExpire"))), "the end"),
        (power(group(template(target="TargetOnly"))), "the target's"),
        (power(group(template(target="AnyAffected")), targets_affected=FOES), "the foes'"),
        (power(group(template(target="AnyAffected"), requires=NEVER_SELF)), "others only"),
        (power(group(requires=Expression("rand() < 0.5"))), "unknown"),
        (power(group(template(jit_requires=Expression("target>arch eq 'Class_Henchman'")))), "pet"),
    ],
)
def test_what_the_caster_does_not_feel(found: Power, why: str) -> None:
    assert felt(found) == [], why


def test_what_the_caster_feels() -> None:
    for target in ("Self", "SelfAndPets", "AnyAffected", "AnyAffectedAndPets"):
        assert len(felt(power(group(template(target=target))))) == 1, target
    for application in ("OnTick", "OnActivate", "OnEnable"):
        assert len(felt(power(group(template(application=application))))) == 1
    assert len(felt(power(group(template(delay_s=5.0))))) == 1
    suppressed = template(suppress_events=(Event("Attacked", 10.0),))
    assert len(felt(power(group(suppressed)))) == 1  # nothing is happening


def test_a_condition_that_the_archetype_decides_is_decided() -> None:
    yes = power(group(requires=Expression("source>arch eq 'Scrapper'")))
    no = power(group(requires=Expression("source>arch eq 'Brute' && source.Mode?(kX)")))
    assert felt(yes)[0].conditions == ()
    assert felt(no) == []


def aims(found: Power) -> list[tuple[str, str, int]]:
    return [(effect.view, effect.times, effect.limit) for effect in felt(found)]


@pytest.mark.parametrize(
    ("stack", "limit", "expected"),
    [
        ("Continuous", 2, ("foe", "each", 0)),
        ("Stack", 2, ("foe", "each", 0)),
        ("Replace", 2, ("foe", "any", 0)),
        ("StackToLimit", 4, ("foe", "each", 4)),
    ],
)
def test_effects_on_the_caster_for_each_foe_hit(
    stack: str, limit: int, expected: tuple[str, str, int]
) -> None:
    """Soul Drain: one part once, one for each target."""
    found = power(
        group(template(stack=stack, stack_limit=limit)), targets_affected=FOES, max_targets=10
    )
    assert aims(found) == [expected]


def test_effects_on_the_caster_for_each_ally() -> None:
    """Phalanx Fighting: it affects its owner too, but this part only counts allies."""
    found = power(
        group(template(stack="Continuous"), requires=NEVER_SELF),
        targets_affected=("Self", "Player Teammate (Alive)"),
    )
    assert aims(found) == [("ally", "each", 0)]


def test_main_and_secondary_targets() -> None:
    def found(flag: str, target_type: str, target: str = "Self") -> list[tuple[str, str, int]]:
        effect = group(template(stack="Stack", target=target), flags=(flag,))
        affected = ("Foe (Alive)", "Self")
        return aims(power(effect, targets_affected=affected, target_type=target_type))

    # Around a caster who is the main target (Reaction Time) ...
    assert found("SecondaryTargetsOnly", "Self", "AnyAffected") == []
    assert found("MainTargetOnly", "Self", "AnyAffected") == [("self", "once", 0)]
    assert found("SecondaryTargetsOnly", "Self") == [("foe", "each", 0)]
    assert found("MainTargetOnly", "Self") == [("self", "stacks", 0)]
    # ... and around a foe.
    assert found("MainTargetOnly", "Foe (Alive)", "AnyAffected") == []
    assert found("MainTargetOnly", "Foe (Alive)") == [("foe", "any", 0)]
    only_foes = group(template(stack="Stack"), flags=("SecondaryTargetsOnly",))
    assert aims(power(only_foes, targets_affected=FOES, target_type="Foe (Alive)")) == [
        ("foe", "others", 0)
    ]


def test_activation_effects_are_never_per_target() -> None:
    found = Power(
        PowerId("A.B.C"),
        "C",
        PowersetId("A.B"),
        targets_affected=FOES,
        activation_effects=(group(template(stack="Stack")),),
    )
    assert aims(found) == [("self", "once", 0)]

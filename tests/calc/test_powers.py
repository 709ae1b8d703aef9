"""A compiled power and what it contributes: `calc.md` §4, §5.3, §6.1, §6.4."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calc.compile import compile_power
from calc.conditions import compiled
from calc.facts import Context, Facts
from calc.powers import (
    ENDURANCE_USE,
    CompiledPower,
    Enhanceable,
    Keyed,
    Part,
    contributions,
    global_strengths,
)
from calc.stats import NUMBER
from gamedata.catalogue import (
    Archetype,
    ArchetypeId,
    EffectGroup,
    Expression,
    Power,
    PowerId,
    PowersetId,
    Template,
)

ARCHETYPE = Archetype(
    ArchetypeId("Class_Test"),
    "Test",
    base={"perception_radius": 500.0},
    strength_minimum={"damage_type.smashing": 0.1, "endurance_discount": 0.0001},
    strength_maximum={"damage_type.smashing": (5.0,), "endurance_discount": (5.0,)},
    tables={"melee_ones": (1.0,), "melee_res_dmg": (0.05, 0.06, 0.075)},
)
CONTEXT = Context(Facts())


def template(attribute: str, aspect: str, scale: float = 1.0, **fields: object) -> Template:
    settings: dict[str, object] = {"table": "melee_ones", "target": "Self"} | fields
    return Template((attribute,), aspect=aspect, scale=scale, **settings)  # type: ignore[arg-type]


def compile_one(*templates: Template, level: int = 50, **fields: object) -> CompiledPower:
    settings: dict[str, object] = {"type": "Toggle", "targets_affected": ("Self",)} | fields
    power = Power(
        PowerId("A.B.C"),
        "C",
        PowersetId("A.B"),
        effects=(EffectGroup(templates),),
        **settings,  # type: ignore[arg-type]
    )
    return compile_power(power, ARCHETYPE, level)


def given_by(
    power: CompiledPower,
    *,
    count: int = 1,
    slotted: tuple[float, ...] = (0.0,) * 9,
    strengths: dict[str, float] | None = None,
) -> dict[int, float]:
    added, keyed = contributions(power, count, slotted, strengths or {}, CONTEXT, {})
    assert not keyed
    return dict(added)


# --- what a number is -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"type": "Magnitude", "magnitude": 9.0}, 0.15),  # the magnitude is no factor (§0.9)
        ({"type": "Duration", "magnitude": 9.0}, 9.0),
        ({"type": "Constant", "magnitude": 9.0}, 9.0),
        ({"type": "Expression", "magnitude": 9.0}, 0.15),
        ({"type": "Expression", "magnitude_expression": Expression("@StdResult + 1")}, 1.15),
        ({"type": "Expression", "magnitude_expression": Expression("@Scale * @Value")}, 0.15),
    ],
)
def test_magnitude(fields: dict[str, object], value: float) -> None:
    power = compile_one(template("ToHit", "Current", 2.0, table="melee_res_dmg", **fields))
    assert given_by(power)[NUMBER["offense.to_hit"]] == pytest.approx(value)


@pytest.mark.parametrize(("level", "value"), [(1, 0.05), (2, 0.06), (3, 0.075), (50, 0.075)])
def test_tables_are_read_at_the_level(level: int, value: float) -> None:
    power = compile_one(template("ToHit", "Current", table="melee_res_dmg"), level=level)
    assert given_by(power)[NUMBER["offense.to_hit"]] == value


@pytest.mark.parametrize(
    ("attribute", "aspect", "expected"),
    [
        ("Ranged", "Current", {"defense.ranged": 0.5}),
        ("Area", "Current", {"defense.aoe": 0.5}),
        ("Negative_Energy_Dmg", "Resistance", {"resistance.negative": 0.5}),
        ("Held", "Current", {"protection.held": -0.5}),
        ("Held", "Resistance", {"status_resistance.held": 0.5}),
        ("Base_Defense", "Resistance", {"debuff_resistance.defense": 0.5}),
        ("RunningSpeed", "Current", {"movement.run": 10.5}),
        ("RunningSpeed", "Maximum", {"movement.run_cap": 10.5}),
        ("JumpHeight", "Current", {"movement.jump_height": 2.0}),
        ("PerceptionRadius", "Current", {"perception": 250.0}),
        ("StealthRadius_PVP", "Current", {"stealth.pvp": 0.5}),
        ("RechargeTime", "Strength", {"offense.recharge": 0.5}),
        ("Heal_Dmg", "Strength", {"offense.heal": 0.5}),
        ("Level_Shift", "Current", {"level_shift": 0.5}),
        ("Smashing_Dmg", "Absolute", {}),  # damage
        ("Endurance", "Current", {}),  # once
        ("Null", "Current", {}),
        ("Translucency", "Current", {}),
    ],
)
def test_attribute_and_aspect_say_which_stat(
    attribute: str, aspect: str, expected: dict[str, float]
) -> None:
    power = compile_one(template(attribute, aspect, 0.5))
    assert given_by(power) == {NUMBER[key]: value for key, value in expected.items()}


def test_base_defense_is_every_defense() -> None:
    found = given_by(compile_one(template("Base_Defense", "Current", 0.05)))
    assert found == {NUMBER[key]: 0.05 for key in NUMBER if key.startswith("defense.")}


# --- strength ---------------------------------------------------------------------------------


def test_slots_and_global_strengths_multiply_what_is_not_a_strength() -> None:
    power = compile_one(template("Smashing_Dmg", "Resistance", 0.1))
    assert [each.attribute for each in power.enhanceable] == ["Smashing_Dmg"]
    found = given_by(power, slotted=(0.5, 0.0), strengths={"Smashing_Dmg": 0.25})
    assert found[NUMBER["resistance.smashing"]] == pytest.approx(0.1 * 1.75)


@pytest.mark.parametrize(
    ("fields", "power_fields", "factor"),
    [
        ({"flags": ("IgnoreStrength",)}, {}, 1.0),
        ({"type": "Duration", "magnitude": 0.1}, {}, 1.0),  # its duration is enhanced
        ({}, {"ignore_strength": True}, 1.5),  # slots only
        ({}, {"global_strengths_disallowed": ("Smashing_Dmg",)}, 1.5),
        ({}, {"strengths_disallowed": ("Smashing_Dmg",)}, 1.0),
        ({}, {}, 1.75),
    ],
)
def test_what_is_not_strengthened(
    fields: dict[str, object], power_fields: dict[str, object], factor: float
) -> None:
    power = compile_one(template("Smashing_Dmg", "Resistance", 0.1, **fields), **power_fields)
    found = given_by(power, slotted=(0.5, 0.0), strengths={"Smashing_Dmg": 0.25})
    assert found[NUMBER["resistance.smashing"]] == pytest.approx(0.1 * factor)


def test_strengths_are_not_strengthened() -> None:
    power = compile_one(template("Smashing_Dmg", "Strength", 0.4))
    assert power.enhanceable == ()
    found = given_by(power, strengths={"Smashing_Dmg": 1.0})
    assert found == {NUMBER["offense.damage.smashing"]: 0.4}
    assert power.strengthens == (("Smashing_Dmg", 0.4),)


def test_strengths_that_depend_on_the_build() -> None:
    hasten = template("RechargeTime", "Strength", 0.7, stack="Suppress", stack_key="HasteBuff")
    each = template("Smashing_Dmg", "Strength", 0.1, stack="Stack")
    power = compile_one(hasten, each, targets_affected=("Foe (Alive)",), max_targets=10)
    assert list(global_strengths(power, 3, CONTEXT, {})) == [
        ("RechargeTime", 0.7, "HasteBuff"),
        ("Smashing_Dmg", pytest.approx(0.3), ""),
    ]
    assert list(global_strengths(power, 0, CONTEXT, {})) == []


@pytest.mark.parametrize(("slotted", "factor"), [(9.0, 5.0), (-3.0, 0.1), (0.5, 1.5)])
def test_strength_stays_between_the_archetypes_limits(slotted: float, factor: float) -> None:
    power = compile_one(template("Smashing_Dmg", "Resistance", 0.1))
    found = given_by(power, slotted=(slotted, 0.0))
    assert found[NUMBER["resistance.smashing"]] == pytest.approx(0.1 * factor)


def test_a_toggles_cost() -> None:
    """Global discounts reach it although its effects ignore global strengths: Tough."""
    power = compile_one(
        template("ToHit", "Current"), endurance_cost=0.1625, period_s=0.5, ignore_strength=True
    )
    found = given_by(power, slotted=(0.0, 0.4), strengths={"EnduranceDiscount": 0.0375})
    assert found[ENDURANCE_USE] == pytest.approx(0.325 / 1.4375)
    for kind in ("Click", "Auto"):
        assert ENDURANCE_USE not in given_by(
            compile_one(type=kind, endurance_cost=0.5, period_s=0.5)
        )
    fixed = compile_one(
        endurance_cost=0.2, period_s=0.5, strengths_disallowed=("EnduranceDiscount",)
    )
    assert given_by(fixed, slotted=(0.4,))[ENDURANCE_USE] == pytest.approx(0.4)


def test_an_expression_has_its_strength_inside() -> None:
    expression = Expression("0.47 * @Strength - 0.47")
    hover = compile_one(
        template("FlyingSpeed", "Current", type="Expression", magnitude_expression=expression)
    )
    found = given_by(hover, slotted=(0.5, 0.0))
    assert found[NUMBER["movement.fly"]] == pytest.approx(0.47 * 0.5 * 21)


# --- how often --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "limit", "count", "expected"),
    [
        ("once", 0, 7, 1),
        ("stacks", 0, 0, 1),
        ("stacks", 0, 3, 3),
        ("stacks", 2, 3, 2),
        ("each", 0, 0, 0),
        ("each", 0, 3, 3),
        ("each", 2, 3, 2),
        ("any", 0, 0, 0),
        ("any", 0, 3, 1),
        ("others", 0, 0, 0),
        ("others", 0, 1, 0),
        ("others", 0, 3, 2),
    ],
)
def test_multiplicity(times: str, limit: int, count: int, expected: int) -> None:
    part = Part(times=times, limit=limit)  # type: ignore[arg-type]
    assert part.multiplicity(count, CONTEXT, {}) == expected


def test_conditions_and_what_forestalls() -> None:
    yes, no = compiled(Expression("1")), compiled(Expression("0"))
    assert Part(conditions=(yes, yes)).multiplicity(1, CONTEXT, {}) == 1
    assert Part(conditions=(yes, no)).multiplicity(1, CONTEXT, {}) == 0
    assert Part(unless=(no,)).multiplicity(1, CONTEXT, {}) == 1
    assert Part(unless=(no, yes)).multiplicity(1, CONTEXT, {}) == 0


def test_where_a_count_means_targets_there_is_one_stack() -> None:
    """Invincibility-like: one part for its owner, one for each foe."""
    power = compile_one(
        template("ToHit", "Current", 0.1, stack="Stack"),
        template(
            "Recovery", "Current", 0.1, stack="Stack", jit_requires=Expression("!target.isFriend?")
        ),
        targets_affected=("Self", "Foe (Alive)"),
        max_targets=10,
    )
    assert power.counts_targets
    found = given_by(power, count=4)
    assert found[NUMBER["offense.to_hit"]] == pytest.approx(0.1)
    assert found[NUMBER["endurance.recovery"]] == pytest.approx(0.4)


def test_keyed_numbers_wait_for_their_rivals() -> None:
    power = compile_one(
        template("RunningSpeed", "Current", 0.5, stack="Suppress", stack_key="TravelBuff")
    )
    added, keyed = contributions(power, 1, (0.0, 0.0), {}, CONTEXT, {})
    assert added == []
    assert keyed == [Keyed("TravelBuff", "RunningSpeed", NUMBER["movement.run"], 10.5)]


def test_plain_rows_need_no_look_at_the_build() -> None:
    power = compile_one(template("ToHit", "Current"), template("Recovery", "Current"))
    assert len(power.always) == 2
    assert power.parts == ()


@given(st.floats(-1, 3), st.floats(-1, 3), st.floats(-1, 3))
def test_more_strength_is_never_less(one: float, other: float, globals_: float) -> None:
    wanted = Enhanceable("Smashing_Dmg", minimum=0.1, maximum=5.0)
    low, high = sorted((one, other))
    strengths = {"Smashing_Dmg": globals_}
    assert 0.1 <= wanted.strength(low, strengths) <= wanted.strength(high, strengths) <= 5.0

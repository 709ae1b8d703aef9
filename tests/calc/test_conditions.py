"""Expressions and what their names mean: `calc.md` §5.4, §14.4."""

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calc.conditions import compiled, decided
from calc.facts import Context, Facts, Value, View, area_factor, word
from gamedata.catalogue import Catalogue, EffectGroup, Expression, Power, PowerId, PowersetId
from gamedata.expressions import ExpressionError, parse

SCRAPPER = Facts(
    "scrapper",
    50,
    {"pool.fighting.kick": 1, "pool.fighting": 1, "epic": 2},
    frozenset({"granite_mode"}),
    team=3,
    maximum_hit_points=1500.0,
    to_hit=0.82,
)


def value(expression: str, view: View = "self", **context: float) -> Value:
    return compiled(Expression(expression), view).evaluate(Context(SCRAPPER, **context))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", True),
        ("0", 0.0),
        ("Always", True),
        ("1 + 2 * 3 - 4 / 2", 5.0),
        ("-2 * -3", 6.0),
        ("!0 && 1", True),
        ("1 || 0 && 0", True),
        ("'Fire' eq 'fire'", True),
        ("Ne('a', 'b')", True),
        ("minmax(7, 1, 5)", 5.0),
        ("pow(2, 3)", 8.0),
        ("10 - 5 * Source.Mode?(kGranite_Mode)", 5.0),
        ("1 / 0", None),
        ("rand() < 0.5", None),
        ("'text' < 1", None),
        ("pow(10, 999)", None),
        ("unheard_of > 1", None),
        ("not a (((valid text", None),
    ],
)
def test_values(expression: str, expected: Value) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "likelihood"),
    [
        ("1", 1.0),
        ("0", 0.0),
        ("30 < 100 * rand()", 0.7),
        ("120 < 100 * rand()", 0.0),
        ("-5 < 100 * rand()", 1.0),
        ("1 && (1 && 30 < 100 * rand())", 0.7),
        ("30 < 100 * rand() && 0", 0.0),
        ("unheard_of < 100 * rand()", 0.0),
        ("30 < 100 * rand() && 30 < 100 * rand()", 0.0),  # whether the rolls are one is unknown
        ("rand() < 0.5", 0.0),
    ],
)
def test_a_random_roll_holds_by_its_chance(expression: str, likelihood: float) -> None:
    condition = compiled(Expression(expression), "foe")
    assert condition.likelihood(Context(SCRAPPER)) == pytest.approx(likelihood)
    assert condition.holds(Context(SCRAPPER)) == (expression == "1")


UNKNOWN, TRUE, FALSE = "rand()", "1", "0"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (f"{FALSE} && {UNKNOWN}", False),
        (f"{UNKNOWN} && {FALSE}", False),
        (f"{TRUE} && {UNKNOWN}", None),
        (f"{TRUE} || {UNKNOWN}", True),
        (f"{UNKNOWN} || {TRUE}", True),
        (f"{FALSE} || {UNKNOWN}", None),
        (f"!{UNKNOWN}", None),
        (f"-{UNKNOWN} + 1", None),
        (f"{UNKNOWN} == 1", None),
        (f"minmax({UNKNOWN}, 0, 1)", None),
    ],
)
def test_unknown_spreads_unless_the_other_side_decides(expression: str, expected: Value) -> None:
    assert value(expression) is expected
    assert compiled(Expression(expression)).holds(Context(SCRAPPER)) is bool(expected)


@pytest.mark.parametrize(
    ("expression", "as_self", "as_foe", "as_ally"),
    [
        ("target>enttype eq 'player'", True, False, True),
        ("target>enttype eq 'critter'", False, True, False),
        ("target>entref == source>entref", True, False, False),
        ("Ne(target>entref, source>entref)", False, True, True),
        ("target.isFriend?", True, False, True),
        ("source>enttype eq 'player'", True, True, True),
        ("source>arch eq 'Scrapper'", True, True, True),
        ("source>arch == Controller", False, False, False),
        ("target>arch eq 'Class_Minion_Grunt'", False, False, False),
        ("target>kHitPoints% > 99", True, True, True),
        ("target>kHeld > 0", False, False, False),
        ("source.EventTimeSince>Attacked > 10", True, True, True),
        ("target.EventCount>Healed > 0", False, False, False),
        ("target.HasTag?(Undead)", False, False, False),
        ("target.TokenOwned?(Power_DisallowSpeedBoost)", False, False, False),
        ("target.mode?(kGranite_Mode)", True, False, False),
        ("target.ownPower?(Pool.Fighting.Kick)", True, False, False),
        ("source.ownPower?(Pool.Fighting.Kick)", True, True, True),
        ("@ToHitRoll < @ToHit", True, True, True),
        ("isPVPMap?", False, False, False),
        ("power.base>areafactor == 1", True, True, True),
    ],
)
def test_whom_target_means(expression: str, as_self: Value, as_foe: Value, as_ally: Value) -> None:
    assert [value(expression, view) for view in ("self", "foe", "ally")] == [
        as_self,
        as_foe,
        as_ally,
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("source.ownPowerNum?(Epic)", 2),
        ("source.ownPowerNum?(Pool.Fighting.Boxing)", 0),
        ("source.TeamSize>100 - 1", 2.0),
        ("source>Max.kHitPoints * 0.1", 150.0),
        ("source>cur.kToHit", 0.82),
        ("source>level + source>combatlevel", 100),
        ("source>kMeter + source>kRage", 0.0),
        ("3 * minmax(1 - source>kHitPoints% / 100, 0, 1)", 0.0),
    ],
)
def test_what_the_build_says(expression: str, expected: float) -> None:
    assert value(expression) == pytest.approx(expected)


def test_the_result_of_an_expression_template() -> None:
    """Hover's defense: the expression has the strength in it (`calc.md` §3)."""
    assert value("0.47 * @Strength - 0.47", strength=1.5) == pytest.approx(0.235)
    assert value("@StdResult * (13 / 100 - source>kHitPoints% / 1000)", result=1.0) == (
        pytest.approx(0.03)  # Reactive Defenses at full health, `calc.md` §5.5
    )
    boosted = "@StdResult * (0.15 * source.ownPower?(Pool.Fighting.Kick) + 1)"
    assert value(boosted, result=0.76) == pytest.approx(0.76 * 1.15)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$archetype == @Class_Scrapper", True),
        ("$archetype == @Class_Arachnos_Soldier", False),
        ("Pool.Fighting.Boxing && Pool.Fighting.Tough || Pool.Fighting.Kick", True),
        ("!(Pool.Fighting || Scrapper_Melee.Claws)", False),
        ("ownPowerNum?(Epic) > 1", True),
        ("char>accesslevel >= 0", True),
        ("Owned?(VetSprints) || auth>Preorder:EB", True),
        ("productOwned?(cucpccp1)", True),
    ],
)
def test_requirements(expression: str, expected: bool) -> None:
    assert compiled(Expression(expression), "build").holds(Context(SCRAPPER)) is expected


def test_an_effect_never_counts_what_one_may_have_bought() -> None:
    assert not compiled(Expression("source.Owned?(VetSprints)")).holds(Context(SCRAPPER))


def test_pieces_in_the_build_and_in_the_power() -> None:
    facts = Facts(slotted={"crafted_kismet_e": 1})
    context = Context(facts, slotted_here={"crafted_luck_of_the_gambler_f": 1})
    here = compiled(Expression("PowerBoostsSlotted>Crafted_Luck_of_the_Gambler_F >= 1"))
    assert here.holds(context)
    assert not here.holds(Context(facts))
    assert compiled(Expression("BoostsSlotted>Crafted_Kismet_E <= 0")).evaluate(context) is False


def test_what_an_expression_reads() -> None:
    expression = Expression("source.Mode?(kX) && source>arch eq 'Brute' && unheard_of > 1")
    condition = compiled(expression)
    assert condition.reads == {"modes", "archetype"}
    assert condition.not_understood == {"unheard_of"}


def test_archetype_and_level_can_decide_alone() -> None:
    fixed = Context(Facts("brute", 20))
    assert (
        decided(Expression("source.Mode?(kX) && source>arch eq 'Scrapper'"), "self", fixed) is False
    )
    assert decided(Expression("source.Mode?(kX) || source>level > 10"), "self", fixed) is True
    assert decided(Expression("source.Mode?(kX)"), "self", fixed) is None


def test_numbers_are_finite() -> None:
    context = Context(SCRAPPER)
    for expression in ("source.EventTimeSince>Hit", "'text'", "rand()", "1e308 * 10"):
        assert compiled(Expression(expression)).number(context) == 0.0
    assert compiled(Expression("2 * 3")).number(context) == 6.0


def test_one_spelling_for_a_class() -> None:
    spellings = ("@Class_Arachnos_Soldier", "Class_Arachnos_Soldier", "Arachnos Soldier")
    assert {word(spelling) for spelling in spellings} == {"arachnos_soldier"}


def test_area_factor() -> None:
    """`calc.md` §12: the data has radians, the rule degrees."""

    def power(area: str, radius: float = 0.0, arc: float = 0.0) -> Power:
        return Power(
            PowerId("A.B.C"),
            "C",
            PowersetId("A.B"),
            effect_area=area,
            radius_ft=radius,
            arc_rad=arc,
        )

    assert area_factor(power("SingleTarget")) == 1.0
    assert area_factor(power("AoE", 10)) == pytest.approx(2.5)
    cone = power("Cone", 30, math.radians(45))
    assert area_factor(cone) == pytest.approx(1 + 0.15 * 30 - 0.00036667 * 30 * (360 - 45))


def _expressions(groups: tuple[EffectGroup, ...]) -> set[Expression]:
    found = {group.requires for group in groups}
    for group in groups:
        found |= _expressions(group.children)
        for template in group.templates:
            found |= {template.jit_requires, template.magnitude_expression}
    return found


def test_every_expression_of_the_catalogue_can_be_read(catalogue: Catalogue) -> None:
    found: set[Expression] = set()
    for power in catalogue.powers.values():
        found |= {power.requires, power.max_targets_expression}
        found |= _expressions(power.effects) | _expressions(power.activation_effects)
    context = Context(SCRAPPER)
    views: tuple[View, ...] = ("self", "foe", "ally", "build")
    for expression, view in product(sorted(found), views):
        compiled(expression, view).evaluate(context)
    assert len(found) > 300


@given(st.text(alphabet="source>target.kMode?()&|!=<>+-*/ '0123456789@_,", max_size=40))
def test_no_text_is_too_strange(text: str) -> None:
    try:
        parse(text)
    except ExpressionError:
        assert not compiled(Expression(text)).holds(Context(SCRAPPER)) or not text
    else:
        compiled(Expression(text)).evaluate(Context(SCRAPPER))

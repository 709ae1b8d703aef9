"""A power's effects as a flat list, and which of them its own caster feels.

Source: the design's `calc.md` §3, §5.2, §5.3.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from msgspec import Struct, structs

from calc.conditions import Condition, compiled, decided
from calc.facts import FIXED, Context, Facts, View
from gamedata.catalogue import EffectGroup, Entity, Expression, Power, Template

MAX_DELAY_S = 5.0  # what begins later is no part of "now"
_FOE = "Foe"
# Events that suppress an effect of who fights. The export's names are not all what they say:
# Engagement's `OutOfCombat` ends with attacks and blows, which are called AttackedOther and
# AttackedByOtherClick there. `Moved` stands where the game has clicks on mission objects.
FIGHTING = frozenset(
    {
        "ActivateAttackClick",
        "AttackedByOther",
        "AttackedByOtherClick",
        "AttackedNoException",
        "AttackedOther",
        "Healed",
        "MissByOther",
        "PetAttacked",
        "PseudoPetHitOther",
    }
)
_ON_SELF = frozenset({"Self", "SelfAndPets"})
OWN_PET = "Own Pet (Alive)"
_ALLIES = frozenset(
    {
        "Ally (Alive)",
        "Any",
        "Any (Alive)",
        "Leaguemate",
        "Leaguemate (Alive)",
        "Player Teammate",
        "Player Teammate (Alive)",
    }
)
ON_ENABLE = "OnEnable"  # at all times while one has the power, on or off
_ON_ACTIVATE = "OnActivate"  # once: for a toggle, when it is switched on
_NEVER = frozenset({"OnDeactivate", "OnDisable", "OnExpire"})
_ADDING = frozenset({"Continuous", "Stack"})
_TO_LIMIT = frozenset({"StackToLimit", "RefreshToLimit"})

Chances = tuple[tuple[float, tuple[str, ...]], ...]
"""Chances that multiply, each with the tags by which chance modifiers change it."""

Times = Literal["once", "stacks", "each", "any", "others", "teammates"]
"""How often an effect counts, for `n` targets or stacks: once; by the stacks chosen; for each
target; once when there is a target; for each target but the first; for each teammate of an
archetype that it asks for, whatever `n` is.
"""


class Effect(Struct, frozen=True, gc=False):
    """One template with everything that its place in the groups adds.

    unless: conditions of earlier siblings that keep a fallback from applying.
    flags: of all groups on the path. activation: it happens once, when the power is activated.
    """

    template: Template
    chances: Chances = ()
    conditions: tuple[Expression, ...] = ()
    unless: tuple[Expression, ...] = ()
    ppm: float = 0.0
    delay_s: float = 0.0
    flags: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    pvp_only: bool = False
    pve_only: bool = False
    activation: bool = False


class SelfEffect(Struct, frozen=True, gc=False):
    """An effect that the caster feels, as far as the archetype and the level decide it.

    conditions: those whose value depends on the build; unless: none of these may hold.
    limit: the most stacks that count, 0 is no limit.
    """

    effect: Effect
    view: View
    times: Times
    limit: int = 0
    conditions: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()


def how_often(times: Times, count: int, limit: int) -> int:
    """How often an effect counts for a number of targets or stacks; limit: 0 is none."""
    match times:
        case "once" | "teammates":
            return 1
        case "any":
            return 1 if count > 0 else 0
        case "others":
            found = max(count - 1, 0)
        case "stacks":
            found = max(count, 1)
        case "each":
            found = count
    return min(found, limit) if limit else found


def flatten(power: Power) -> Iterator[Effect]:
    """Every template of a power, depth first."""
    yield from _walk(power.effects, Effect(Template(())))
    yield from _walk(power.activation_effects, Effect(Template(()), activation=True))


def _walk(groups: tuple[EffectGroup, ...], parent: Effect) -> Iterator[Effect]:
    for index, group in enumerate(groups):
        here = _inherit(parent, group, groups[:index], groups[index + 1 :])
        if here is None:
            continue
        for template in group.templates:
            chances = here.chances
            if template.tick_chance != 1.0:
                chances = (*chances, (template.tick_chance, group.tags))
            conditions = here.conditions
            if template.jit_requires:
                conditions = (*conditions, template.jit_requires)
            yield Effect(
                template,
                chances,
                conditions,
                here.unless,
                here.ppm,
                here.delay_s + template.delay_s,
                here.flags,
                here.tags,
                here.pvp_only,
                here.pve_only,
                here.activation,
            )
        yield from _walk(group.children, here)


def _inherit(
    parent: Effect,
    group: EffectGroup,
    earlier: tuple[EffectGroup, ...],
    later: tuple[EffectGroup, ...],
) -> Effect | None:
    """What holds inside a group; None for a fallback that an earlier sibling always forestalls."""
    unless = parent.unless
    if "Fallback" in group.flags:
        # A sibling that merely may happen leaves the fallback its turn.
        certain = [sibling for sibling in earlier if sibling.chance >= 1.0 and not sibling.ppm]
        if any(not sibling.requires for sibling in certain):
            return None
        # One behind it that waits for its chance takes its place: blows on who is attuned.
        waiting = [sibling for sibling in later if sibling.requires and sibling.chance <= 0.0]
        unless = (*unless, *(sibling.requires for sibling in (*certain, *waiting)))
    chances = parent.chances
    if group.chance != 1.0 or group.tags:
        chances = (*chances, (group.chance, group.tags))
    conditions = parent.conditions
    if group.requires:
        conditions = (*conditions, group.requires)
    return Effect(
        parent.template,
        chances,
        conditions,
        unless,
        group.ppm or parent.ppm,
        parent.delay_s + group.delay_s,
        parent.flags.union(group.flags) if group.flags else parent.flags,
        parent.tags.union(group.tags) if group.tags else parent.tags,
        parent.pvp_only or group.pvp == "only",
        parent.pve_only or group.pvp == "never",
        parent.activation,
    )


def felt_by_caster(
    power: Power,
    archetype: str,
    level: int,
    *,
    pvp: bool = False,
    combat: bool = False,
    by_foes: bool = False,
) -> Iterator[SelfEffect]:
    """The effects that count for the caster's own totals.

    archetype: without `Class_`, lower case. pvp: against players. combat: who fights loses what
    fighting suppresses. by_foes: foes hit by another power execute it. Chances and procs: an
    effect with procs per minute
    never counts; other chances are left to the reader, since chance modifiers change them.
    """
    fixed = Context(Facts(archetype, level, pvp=pvp, combat=combat), power)
    for effect in flatten(power):
        if left_out(effect, power, pvp=pvp, combat=combat):
            continue
        for view, times in aims(effect, power, by_foes=by_foes):
            conditions = undecided(effect.conditions, view, fixed)
            unless = undecided_unless(effect.unless, view, fixed)
            if conditions is not None and unless is not None:
                limit = limit_of(effect.template)
                if about_teammates(conditions):
                    times = "teammates"
                yield SelfEffect(effect, view, times, limit, conditions, unless)
                break


def felt_by_pet(
    power: Power,
    pet: Entity,
    archetype: str,
    level: int,
    *,
    pvp: bool = False,
    by_foes: bool = False,
) -> Iterator[SelfEffect]:
    """The effects that one of those whom the caster summoned has of a power.

    Parameters: `felt_by_caster`; archetype: the caster's.
    """
    fixed = Context(Facts(archetype, level, pvp=pvp, pet=pet), power)
    for effect in flatten(power):
        if left_out(effect, power, pvp=pvp) or not _reaches_pets(effect, power):
            continue
        conditions = undecided(effect.conditions, "pet", fixed)
        unless = undecided_unless(effect.unless, "pet", fixed)
        if conditions is not None and unless is not None:
            times: Times = _times_executed(effect) if by_foes else "once"
            yield SelfEffect(effect, "pet", times, 0, conditions, unless)


def reaches_pets(power: Power) -> bool:
    """Whether anything in a power may do something for those whom its caster summoned."""
    return any(_reaches_pets(effect, power) for effect in flatten(power))


def _reaches_pets(effect: Effect, power: Power) -> bool:
    """One's pets are allies near by; of a power for one ally, not the one who is meant."""
    target = effect.template.target
    if target.endswith("AndPets"):
        return True
    if not target.startswith("AnyAffected"):
        return False
    affected = power.targets_affected
    return OWN_PET in affected or (
        power.effect_area != "SingleTarget" and not _ALLIES.isdisjoint(affected)
    )


def left_out(effect: Effect, power: Power, *, pvp: bool = False, combat: bool = False) -> str:
    """Why an effect is in nobody's totals, whomever it reaches; "" when it may be."""
    if effect.pvp_only and not pvp:
        return "against players only"
    if effect.pve_only and pvp:
        return "never against players"
    if combat and any(event.event in FIGHTING for event in effect.template.suppress_events):
        return "suppressed by fighting"
    if effect.ppm:
        return "happens by chance, per minute: in its power's figures"
    if effect.delay_s > MAX_DELAY_S:
        return f"begins later than {MAX_DELAY_S:g} s"
    if effect.template.application in _NEVER:
        return "happens when its power ends"
    if power.type == "Toggle" and _only_at_first(effect):
        return "ends soon after its power is switched on"
    return ""


def _only_at_first(effect: Effect) -> bool:
    """Whether a toggle does it once, for a time: the dwarves' protection until their first tick."""
    template = effect.template
    return (
        template.application == _ON_ACTIVATE
        and template.duration_s is not None
        and not template.params
        and not effect.activation
    )


def aims(effect: Effect, power: Power, *, by_foes: bool = False) -> Iterator[tuple[View, Times]]:
    """In whose view and how often an effect reaches the caster; the first that can be counts.

    by_foes: each foe that another power hits executes the power.
    """
    template = effect.template
    reaches_caster = "Self" in power.targets_affected or not power.targets_affected
    caster_is_main = power.target_type == "Self"
    if ("SecondaryTargetsOnly" if caster_is_main else "MainTargetOnly") in effect.flags:
        reaches_caster = False
    if template.target.startswith("AnyAffected"):
        if reaches_caster:
            has_copies = power.number_allowed > 1 and template.stack in _TO_LIMIT
            if by_foes:
                yield "self", _times_executed(effect)
            else:
                yield "self", "stacks" if has_copies else "once"
        return
    if template.target not in _ON_SELF:
        return
    if effect.activation or template.application == ON_ENABLE:
        yield "self", "once"
        if effect.activation:
            return
    elif reaches_caster:
        yield "self", "stacks" if template.stack in _ADDING | _TO_LIMIT else "once"
    others = [target for target in power.targets_affected if target != "Self"]
    if others and template.application == ON_ENABLE:
        yield "foe", "once"
    elif others and not (caster_is_main and "MainTargetOnly" in effect.flags):
        foes = any(_FOE in target for target in others)
        yield "foe" if foes else "ally", _times_per_target(effect, caster_is_main=caster_is_main)


def _times_executed(effect: Effect) -> Times:
    """How often an effect counts of a power that each of several foes executes."""
    return "each" if effect.template.stack in _ADDING | _TO_LIMIT else "any"


def _times_per_target(effect: Effect, *, caster_is_main: bool) -> Times:
    adds = effect.template.stack in _ADDING | _TO_LIMIT
    if not adds or "MainTargetOnly" in effect.flags:
        return "any"
    # Around a caster who is the main target all others are secondary ones.
    return "others" if "SecondaryTargetsOnly" in effect.flags and not caster_is_main else "each"


def about_teammates(conditions: Iterable[Condition]) -> bool:
    """Whether they ask for the archetype of an ally."""
    return any("teammate" in condition.reads for condition in conditions)


def fitting_teammates(conditions: Sequence[Condition], context: Context) -> int:
    """For how many teammates all conditions hold."""
    found = 0
    for archetype, number in context.facts.teammates.items():
        facts = structs.replace(context.facts, teammate=archetype)
        of_this_one = structs.replace(context, facts=facts)
        if all(condition.holds(of_this_one) for condition in conditions):
            found += number
    return found


def limit_of(template: Template) -> int:
    return template.stack_limit if template.stack in _TO_LIMIT else 0


def undecided(
    expressions: tuple[Expression, ...], view: View, fixed: Context
) -> tuple[Condition, ...] | None:
    """The conditions that the build decides; None when one of them can hold in no build."""
    found = []
    for expression in expressions:
        value = decided(expression, view, fixed)
        if value is not None and not value:
            return None
        if value is None:
            condition = compiled(expression, view)
            if not condition.reads - FIXED:
                return None  # unknown for good
            found.append(condition)
    return tuple(found)


def undecided_unless(
    expressions: tuple[Expression, ...], view: View, fixed: Context
) -> tuple[Condition, ...] | None:
    """The same for conditions of which none may hold."""
    values = [(expression, decided(expression, view, fixed)) for expression in expressions]
    if any(value for _, value in values):
        return None
    return tuple(compiled(expression, view) for expression, value in values if value is None)

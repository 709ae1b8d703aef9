"""What an enhancement in a slot is worth to the power around it, and what the slots add up to.

Source: the design's `calc.md` §6.
"""

import math
from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct

from calc.attributes import DEFENSES
from calc.build import MAX_LEVEL, SlottedEnhancement
from calc.ed import Schedule, apply_ed
from calc.tables import at, table
from gamedata.catalogue import (
    Archetype,
    Catalogue,
    Curve,
    EffectGroup,
    Enhancement,
    Power,
    Template,
)

COMMON_LEVELS = (10, 53)  # of an invention that belongs to no set
BOOSTER = 0.05  # what one level above adds, to every aspect
LEVEL_BELOW = 0.10  # what one level below takes away
MAX_COMBINED = 3

_SCHEDULE_BY_TABLE: dict[str, Schedule] = {
    "melee_boosts_33": "A",
    "melee_boosts_20": "B",
    "melee_boosts_40": "C",
    "melee_boosts_60": "D",
}
_SCHEDULE_BY_ATTRIBUTE: dict[str, Schedule] = {
    "ToHit": "B",
    "Range": "B",
    "InterruptTime": "C",
    "Knockback": "D",
    "Knockup": "D",
}


class Bonus(Struct, frozen=True, gc=False):
    """What one enhancement adds to one attribute. past_ed: not diminished."""

    attribute: str
    schedule: Schedule
    value: float
    past_ed: bool = False


class Together(Struct, frozen=True, eq=False, gc=False):
    """Attributes that pieces raise alike (damage of every type), so that ED works once for all.

    by_schedule: the attributes of each schedule. past_ed: not diminished.
    """

    by_schedule: tuple[tuple[Schedule, tuple[str, ...]], ...]
    past_ed: bool


class Raise(Struct, frozen=True, gc=False):
    """What one part of one enhancement adds to each of its attributes."""

    attributes: Together
    value: float


class Aspect(Struct, frozen=True, gc=False):
    """One part of an enhancement: the attributes that it raises alike, each with its schedule.

    only_in: the enhancement type that a power must take for it, "" for any power. The value is
    scale times the curve at the piece's level.
    """

    only_in: str
    scale: float
    curve: Curve
    attributes: Together


@lru_cache(maxsize=1024)
def together(attributes: tuple[tuple[str, Schedule], ...], *, past_ed: bool) -> Together:
    """One object for the same attributes, of however many pieces."""
    by_schedule: dict[Schedule, tuple[str, ...]] = {}
    for attribute, name in attributes:
        by_schedule[name] = (*by_schedule.get(name, ()), attribute)
    return Together(tuple(by_schedule.items()), past_ed)


def raises(
    slotted: SlottedEnhancement,
    enhancement: Enhancement,
    accepted: tuple[str, ...],
    archetype: Archetype,
    level: int,
    catalogue: Catalogue,
    *,
    highest: int = COMMON_LEVELS[1],
    known: tuple[Aspect, ...] | None = None,
) -> tuple[Raise, ...]:
    """What a slotted enhancement adds to the attributes of each of its parts, before ED.

    accepted: the enhancement types that the power takes; a part of a piece with several aspects
    counts only where its type is among them. level: the character's combat level. highest: no
    piece is worth more than one of this level, whatever its own. known: `aspects` of the piece, if
    they are at hand.
    """
    piece_level = min(effective_level(slotted, enhancement, level, catalogue), highest)
    factor = relative_factor(slotted, enhancement)
    return tuple(
        [
            Raise(aspect.attributes, aspect.scale * at(aspect.curve, piece_level) * factor)
            for aspect in (aspects(enhancement, archetype) if known is None else known)
            if not aspect.only_in or aspect.only_in in accepted
        ]
    )


def aspects(enhancement: Enhancement, archetype: Archetype) -> tuple[Aspect, ...]:
    """What an enhancement enhances, for an archetype's characters of any level."""
    return tuple(
        Aspect(
            template.boost_mod_allowed,
            template.scale,
            archetype.tables.get(template.table, (1.0,)),
            _raised(template, enhancement.enhancement_types),
        )
        for template in boost_templates(enhancement)
    )


def boost(power: Power, archetype: Archetype, level: int) -> tuple[Raise, ...]:
    """What a power that is an enhancement for others (Alpha's) adds to each that takes its type."""
    return tuple(
        Raise(
            _raised(template, power.enhancement_types),
            template.scale * table(archetype, template.table, level),
        )
        for template in boost_templates(power)
    )


def _raised(template: Template, enhancement_types: tuple[str, ...]) -> Together:
    return together(
        tuple(
            (attribute, schedule(template, attribute, enhancement_types))
            for attribute in template.attributes
        ),
        past_ed="BoostIgnoreDiminishing" in template.flags,
    )


def bonuses(given: Iterable[Raise]) -> Iterable[Bonus]:
    """Attribute by attribute."""
    for each in given:
        for name, attributes in each.attributes.by_schedule:
            for attribute in attributes:
                yield Bonus(attribute, name, each.value, each.attributes.past_ed)


def strengths(given: Iterable[Raise]) -> dict[str, float]:
    """What all enhancements of a power come to after ED, by attribute: `strength` of each."""
    values: dict[Together, list[float]] = {}
    for each in given:
        if each.attributes in values:
            values[each.attributes].append(each.value)
        else:
            values[each.attributes] = [each.value]
    found: dict[str, float] = {}
    for alike in _alike(frozenset(values)):
        shares = [
            apply_ed(math.fsum([value for each in some for value in values[each]]), name)
            for name, some in alike.diminished
        ]
        for each_past_ed in alike.past_ed:
            shares.extend(values[each_past_ed])
        result = shares[0] if len(shares) == 1 else math.fsum(shares)
        for attribute in alike.attributes:
            found[attribute] = result
    return found


class _Alike(Struct, frozen=True, eq=False, gc=False):
    """Attributes that the same parts of pieces raise, by schedule, and past ED."""

    attributes: tuple[str, ...]
    diminished: tuple[tuple[Schedule, tuple[Together, ...]], ...]
    past_ed: tuple[Together, ...]


@lru_cache(maxsize=4096)
def _alike(parts: frozenset[Together]) -> tuple[_Alike, ...]:
    """Where all these parts of pieces meet: which attributes come to the same strength."""
    raised: dict[str, list[tuple[Schedule, Together]]] = {}
    for part in parts:
        for name, attributes in part.by_schedule:
            for attribute in attributes:
                raised.setdefault(attribute, []).append((name, part))
    alike: dict[tuple[tuple[Schedule, Together], ...], list[str]] = {}
    for attribute, by in raised.items():
        alike.setdefault(tuple(by), []).append(attribute)
    return tuple(_alike_by(by, tuple(attributes)) for by, attributes in alike.items())


def _alike_by(by: tuple[tuple[Schedule, Together], ...], attributes: tuple[str, ...]) -> _Alike:
    diminished: dict[Schedule, tuple[Together, ...]] = {}
    for name, part in by:
        if not part.past_ed:
            diminished[name] = (*diminished.get(name, ()), part)
    past_ed = tuple(part for _, part in by if part.past_ed)
    return _Alike(attributes, tuple(sorted(diminished.items())), past_ed)


def boost_templates(enhancement: Enhancement | Power) -> Iterable[Template]:
    """The parts that enhance the power, not its procs and globals: chances mean nothing here."""
    return (
        template
        for groups in (enhancement.effects, enhancement.activation_effects)
        for template in _templates(groups)
        if "Boost" in template.flags and template.aspect == "Strength"
    )


def _templates(groups: tuple[EffectGroup, ...]) -> Iterable[Template]:
    for group in groups:
        yield from group.templates
        yield from _templates(group.children)


def effective_level(
    slotted: SlottedEnhancement, enhancement: Enhancement, level: int, catalogue: Catalogue
) -> int:
    """The level at which a piece's tables are read (`calc.md` §6.2).

    A crafted piece keeps its own, within its set's; any other has its owner's, up to the set's.
    """
    boost_set = catalogue.boost_sets.get(enhancement.boost_set)
    if not slotted.level or enhancement.attuned:
        return min(level, enhancement.max_level, boost_set.max_level if boost_set else MAX_LEVEL)
    lowest, highest = COMMON_LEVELS
    if boost_set is not None:
        lowest, highest = boost_set.min_level, boost_set.max_level
    return min(max(slotted.level, lowest), highest)


def relative_factor(slotted: SlottedEnhancement, enhancement: Enhancement) -> float:
    """What boosters, or a level relative to the character's, do to every aspect of a piece."""
    if enhancement.boostable:
        return 1.0 + BOOSTER * slotted.boosters
    if enhancement.combinable:
        if slotted.relative < 0:
            return 1.0 + LEVEL_BELOW * slotted.relative
        return 1.0 + BOOSTER * min(slotted.relative, MAX_COMBINED)
    return 1.0


def schedule(template: Template, attribute: str, enhancement_types: tuple[str, ...]) -> Schedule:
    """The ED schedule of one attribute: inventions name it by table, the others by their type.

    enhancement_types: of the whole piece.
    """
    by_table = _SCHEDULE_BY_TABLE.get(template.table)
    if by_table is not None:
        return by_table
    types = (template.boost_mod_allowed,) if template.boost_mod_allowed else enhancement_types
    if attribute in DEFENSES:
        return "B" if "Enhance Defense" in types else "A"
    if attribute.endswith("_Dmg"):
        return "B" if "Enhance Damage Resistance" in types else "A"
    return _SCHEDULE_BY_ATTRIBUTE.get(attribute, "A")


def strength(found: Iterable[Bonus]) -> float:
    """What one attribute's bonuses, from all slots of a power, come to after ED.

    ED works once on each schedule's sum, never slot by slot.
    """
    by_schedule: dict[Schedule, list[float]] = {}
    past_ed = []
    for bonus in found:
        if bonus.past_ed:
            past_ed.append(bonus.value)
        else:
            by_schedule.setdefault(bonus.schedule, []).append(bonus.value)
    if len(by_schedule) == 1 and not past_ed:
        ((only, values),) = by_schedule.items()
        return apply_ed(math.fsum(values), only)
    diminished = [
        apply_ed(math.fsum(values), schedule) for schedule, values in sorted(by_schedule.items())
    ]
    return math.fsum((*diminished, *past_ed))

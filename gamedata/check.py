"""Keys, references and ranges: what of an export was not understood.

`Rows` looks at rows before they are converted; `references` at the finished catalogue (and
`check_expressions.py` at the expressions in it).
"""

import math
from collections.abc import Container, Iterable, Iterator
from functools import cache

from gamedata import references as refer
from gamedata import vocabulary as words
from gamedata.catalogue import Catalogue
from gamedata.convert import LEVELS, MAX_SLOTS
from gamedata.convert_effects import DURATION, flag_names
from gamedata.raw import RawArchetype, RawBoostSet, RawEffect, RawPower, RawTemplate
from gamedata.report import Problem, ProblemKind, Report

HIGHEST_PICK = 49  # 0-based
TWICE = "defense"  # its maxima come as two equal blocks, one after the other
MAXIMA = ("attrib_max", "attrib_max_max", "attrib_strength_max", "attrib_resistance_max")


class Rows:
    """Checks rows one by one; remembers the expressions, which repeat a lot."""

    def __init__(self, report: Report, tables: Iterable[str]) -> None:
        """tables: the lower-case names of all modifier tables."""
        self.report = report
        self.tables = frozenset(tables)
        self.expressions: dict[str, set[str]] = {}  # text -> the rows that hold it

    def power(self, raw: RawPower, listed_name: str, listed_level: int | None) -> None:
        """What the powerset's index says of it: name and level; None if it says nothing."""
        row = raw.full_name
        if row.lower() != listed_name.lower():
            self.report.add("indexes disagree", f"full_name {row}", listed_name)
        self._word("type", raw.type, words.POWER_TYPES, row)
        self._word("effect_area", raw.effect_area, words.EFFECT_AREAS, row)
        self._word("proc_allowed", raw.proc_allowed, words.PROC_ALLOWED, row)
        self._word("target_type", raw.target_type, words.TARGETS, row)
        self._words("target_type", (raw.target_type_secondary or "Self",), words.TARGETS, row)
        self._words("targets_affected", raw.targets_affected, words.TARGETS, row)
        self._words("targets_autohit", raw.targets_autohit, words.TARGETS, row)
        self._words("attack_types", raw.attack_types, words.ATTACK_TYPES, row)
        allowed = words.ENHANCEMENT_TYPES | words.ORIGINS
        self._words("boosts_allowed", raw.boosts_allowed, allowed, row)
        for field in ("strengths_disallowed", "global_strengths_disallowed"):
            known = words.ATTRIBUTES | words.GEOMETRY
            self._words(field, getattr(raw, field), known, row)
        self._range("available_level", raw.available_level, -1, HIGHEST_PICK, row)
        self._range("max_boosts", raw.max_boosts, 0, MAX_SLOTS, row)
        self._range("number_allowed", raw.number_allowed, 0, math.inf, row)
        for field in ("accuracy", "activation_time", "recharge_time", "activate_period"):
            self._range(field, getattr(raw, field), 0, math.inf, row)
        for field in ("endurance_cost", "range", "radius", "max_targets_hit"):
            self._range(field, getattr(raw, field), 0, math.inf, row)
        if listed_level is not None and listed_level != raw.available_level:
            self.report.add("indexes disagree", "available_level", row)
        for text in (
            raw.requires,
            raw.activate_requires,
            raw.target_requires,
            raw.max_targets_expression,
            raw.chain_effect_expr,
            raw.boost_info.slot_requires,
            *(redirect.condition_expression for redirect in raw.redirect),
        ):
            self._expression(text, row)
        self._words("aspects", raw.boost_info.aspects, words.ENHANCEMENT_ASPECTS, row)
        for effect in (*raw.effects, *raw.activation_effects):
            self._effect(effect, row)

    def archetype(self, raw: RawArchetype) -> None:
        row = raw.name
        self._words("restrictions", raw.restrictions, words.RESTRICTIONS, row)
        for field in MAXIMA:
            for name, value in getattr(raw, field).items():
                if isinstance(value, list):
                    twice = name == TWICE and value[:LEVELS] == value[LEVELS:]
                    levels = len(value) // 2 if twice else len(value)
                    self._range(f"{field}.{name} (levels)", levels, 0, LEVELS, row)
        for name, table in raw.named_tables.items():
            self._range(f"table {name} (levels)", len(table.values), 1, LEVELS, row)

    def boost_set(self, raw: RawBoostSet, groups: frozenset[str]) -> None:
        """groups: what the powers name in `allowed_boostset_cats`."""
        row = raw.name
        if raw.group_name not in groups:
            self.report.add("missing group", raw.group_name, row)
        for group in raw.conversion_groups:
            if group.startswith("Rarity: "):
                self._word("rarity", group.removeprefix("Rarity: "), words.RARITIES, row)
            elif not group.startswith("Category: "):
                self.report.add("unknown value", f"conversion_groups: {group}", row)
        for bonus in raw.bonuses:
            self._range("min_boosts", bonus.min_boosts, 1, MAX_SLOTS, row)
            self._expression(bonus.requires, row)

    def _effect(self, effect: RawEffect, row: str) -> None:
        self._word("is_pvp", effect.is_pvp, words.PVP, row)
        self._words("flags of an effect group", effect.flags, words.EFFECT_FLAGS, row)
        self._expression(effect.requires_expression, row)
        for template in effect.templates:
            self._template(template, row)
        for child in effect.child_effects:
            self._effect(child, row)

    def _template(self, raw: RawTemplate, row: str) -> None:
        self._words("attribs", raw.attribs, words.ATTRIBUTES, row)
        self._word("aspect", raw.aspect, words.ASPECTS, row)
        self._word("type of a template", raw.type, words.TEMPLATE_TYPES, row)
        self._word("target", raw.target, words.TEMPLATE_TARGETS, row)
        self._word("application_type", raw.application_type, words.APPLICATIONS, row)
        self._word("stack", raw.stack, words.STACKS, row)
        self._word("caster_stack", raw.caster_stack, words.CASTER_STACKS, row)
        if raw.boost_mod_allowed not in words.ORIGINS:
            known = words.ENHANCEMENT_TYPES
            self._word("boost_mod_allowed", raw.boost_mod_allowed, known, row)
        self._words("flags", flag_names(raw.flags), words.TEMPLATE_FLAGS, row)
        self._words("events", raw.cancel_events, words.EVENTS, row)
        for event in (*raw.suppress_events, *raw.required_events):
            self._word("events", event.event, words.EVENTS, row)
        if raw.duration != "UntilKilled" and not _is_duration(raw.duration):
            self.report.add("unknown value", f"duration: {raw.duration}", row)
        if raw.table.lower() not in self.tables:
            self.report.add("unknown table", raw.table, row)
        for text in (raw.magnitude_expression, raw.duration_expression, raw.jit_requires):
            self._expression(text, row)

    def _word(self, field: str, word: str, known: frozenset[str], row: str) -> None:
        if word not in known:
            self.report.add("unknown value", f"{field}: {word}", row)

    def _words(self, field: str, found: tuple[str, ...], known: frozenset[str], row: str) -> None:
        for word in found:
            if word not in known:
                self.report.add("unknown value", f"{field}: {word}", row)

    def _range(self, field: str, value: float, low: float, high: float, row: str) -> None:
        if not low <= value <= high:
            self.report.add("out of range", f"{field} = {value:g}", row)

    def _expression(self, text: str, row: str) -> None:
        if text:
            self.expressions.setdefault(text, set()).add(row)


@cache
def _is_duration(text: str) -> bool:
    return DURATION.fullmatch(text) is not None


_MISSING: dict[refer.Kind, ProblemKind] = {
    "power": "missing power",
    "mentioned power": "missing power",
    "powerset": "missing powerset",
    "category": "missing category",
    "entity": "missing entity",
    "archetype": "missing archetype",
    "enhancement": "missing enhancement",
    "set": "missing boost set",
}


def references(catalogue: Catalogue) -> Iterator[Problem]:
    """Every id that something names and the catalogue lacks."""
    known: dict[refer.Kind, Container[str]] = {
        "power": catalogue.powers,
        "mentioned power": catalogue.powers,
        "powerset": catalogue.powersets,
        "category": catalogue.categories,
        "entity": catalogue.entities,
        "archetype": catalogue.archetypes,
        "enhancement": catalogue.enhancements,
        "set": catalogue.boost_sets,
    }
    for row, found in _all_references(catalogue):
        for kind, id_ in found:
            if id_ not in known[kind]:
                yield Problem(_MISSING[kind], id_, row)
    for groups in (catalogue.exclusion_groups, catalogue.recharge_groups):
        for group, powers in groups.items():
            for id_ in powers:
                if id_ not in catalogue.powers:
                    yield Problem("missing power", id_, f"group {group}")
    for power in catalogue.powers.values():
        for group in power.exclusion_groups:
            if group not in catalogue.exclusion_groups:
                yield Problem("missing group", group, power.id)


def _all_references(catalogue: Catalogue) -> Iterator[tuple[str, Iterable[refer.Reference]]]:
    for power in catalogue.powers.values():
        yield power.id, refer.of_power(power)
    for enhancement in catalogue.enhancements.values():
        yield enhancement.id, refer.of_enhancement(enhancement)
    for boost_set in catalogue.boost_sets.values():
        yield f"boost set {boost_set.id}", refer.of_boost_set(boost_set)
    for entity in catalogue.entities.values():
        yield f"entity {entity.id}", refer.of_entity(entity)
    for archetype in catalogue.archetypes.values():
        if archetype.player:
            named = (archetype.primary, archetype.secondary)
            yield f"archetype {archetype.id}", (("category", id_) for id_ in named)

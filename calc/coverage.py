"""How much of a catalogue the engine understands: by kind of effect, condition and formula.

Every power that a build can come to is walked (`calc.reach`), and every enhancement. What becomes
of an effect is asked of the engine's own tables and compiler, so that both cannot disagree.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from msgspec import Struct, field

from calc.attributes import ignored
from calc.compile import unread
from calc.compile_sheet import Caster, compile_sheet, name_of
from calc.conditions import compiled, compiled_tree
from calc.effects import Effect, SelfEffect, aims, felt_by_caster, flatten, left_out
from calc.engine import changed_tags
from calc.enhance import boost_templates
from calc.facts import UNKNOWN, Context, Facts, View, word
from calc.forms import atoms, form
from calc.frame import Frame
from calc.reach import Reached, reached
from gamedata.catalogue import (
    Archetype,
    Catalogue,
    EffectGroup,
    Enhancement,
    Expression,
    Power,
    Template,
)
from gamedata.expressions import Call, ExpressionError, Node, parse

LEVEL = 50
_OTHERS = "of what is summoned, or of others"
_SHOWN = "felt by others: in its power's figures"
_ON_OTHERS = "felt by others"
_NO_FIGURE = "a state of others that has no figure"
_NOT_ONESELF = "its conditions leave the caster out"
_NO_SITUATION = "in no situation that a build can tell: {}"
# What tells the caster from others.
_WHO = frozenset({"target>entref", "source>entref", "target>enttype", "target.isfriend?"})
_IN_NO_TOTAL = "of an effect that is in no total"
_CARRIED = "carried into other powers: in their figures"
UNKNOWABLE = "nobody can know it before it happens"
_FIXED = "the same in every build"
_TIME = "how long something lasts is in no total"
_CHAIN = "how much less each further target of a chain feels"
_USABLE = "whether it can be used now is the player's affair"


class Count(Struct):
    """How often one kind occurs. ignored: by reason. not_understood: by where it stands."""

    evaluated: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    not_understood: Counter[str] = field(default_factory=Counter)

    def add(self, reason: str | None, where: str) -> None:
        """reason: None is evaluated, "" is not understood."""
        if reason is None:
            self.evaluated += 1
        elif reason:
            self.ignored[reason] += 1
        else:
            self.not_understood[where] += 1


class Coverage(Struct):
    """What occurs in a catalogue.

    effects: by attribute and aspect. conditions: by what they ask about. expressions: formulas
    of magnitudes, durations and numbers of targets, by shape.
    """

    powers: int = 0
    enhancements: int = 0
    effects: dict[str, Count] = {}
    conditions: dict[str, Count] = {}
    expressions: dict[str, Count] = {}


def coverage(catalogue: Catalogue) -> Coverage:
    """Walk everything that a build can hold. Takes seconds."""
    walk = _Walk(catalogue)
    for each in reached(catalogue):
        walk.power(each)
    for enhancement in catalogue.enhancements.values():
        walk.enhancement(enhancement)
    for boost_set in catalogue.boost_sets.values():
        for bonus in boost_set.bonuses:
            walk.condition(bonus.requires, ("build",), boost_set.id)
    return walk.found


class _Walk:
    def __init__(self, catalogue: Catalogue) -> None:
        self.found = Coverage()
        self.catalogue = catalogue
        self.tags = changed_tags(catalogue)
        self.players = tuple(each for each in catalogue.archetypes.values() if each.player)
        # A piece by itself is the same for all archetypes.
        self.frame = Frame(catalogue, self.players[0].id, LEVEL, self.tags)

    def power(self, each: Reached) -> None:
        power = each.power
        self.found.powers += 1
        self.condition(power.requires, ("build",), power.id)
        for expression in (power.activate_requires, power.target_requires):
            self.condition(expression, ("self",), power.id, _USABLE)
        for redirect in power.redirects:
            self.condition(redirect.condition, ("self",), power.id)
        self.formula(power.max_targets_expression, ("self",), power.id)
        self.formula(power.chain_effect, ("self",), power.id, _CHAIN)
        if not each.archetypes:
            self._effects(power, (), _OTHERS)
        elif power.type == "Global Enhancement":
            self._boosts(power, power.id)
            self._effects(power, (), _CARRIED)
        else:
            self._effects(power, [self.catalogue.archetypes[who] for who in each.archetypes])

    def enhancement(self, enhancement: Enhancement) -> None:
        self.found.enhancements += 1
        self.condition(enhancement.slot_requires, ("build",), enhancement.id)
        self._boosts(enhancement, enhancement.id)
        # What a piece does by itself; the rest of it happens to the targets of its power.
        own = self.frame.piece(enhancement.id).power
        self._effects(own, self.players)
        kept = {id(effect.template) for effect in flatten(own)}
        for template in _templates((*enhancement.effects, *enhancement.activation_effects)):
            if "Boost" not in template.flags and id(template) not in kept:
                self._effect(template, _SHOWN, enhancement.id)

    def _boosts(self, whose: Power | Enhancement, where: str) -> None:
        counted = {id(template) for template in boost_templates(whose)}
        for template in _templates((*whose.effects, *whose.activation_effects)):
            if "Boost" in template.flags:
                for attribute in template.attributes:
                    reason = None
                    if id(template) not in counted:
                        reason = ignored(attribute, template.aspect)
                    self._count(self.found.effects, f"enhances {attribute}", reason, where)

    def _effects(
        self, power: Power, archetypes: Sequence[Archetype], left_out_as: str = ""
    ) -> None:
        """left_out_as: why none of them counts."""
        felt = [(who, _felt(power, who)) for who in archetypes]
        shown = self._shown(power, archetypes)
        for effect in flatten(power):
            if left_out_as == _CARRIED and "Boost" in effect.template.flags:
                continue  # counted with the boosts
            views = [view for view, _ in aims(effect, power)]
            reason = left_out_as or left_out(effect, power, pvp=effect.pvp_only)
            if not reason and not views:
                views = [_view_of_others(power)]
                self._on_others(power, effect, views, is_shown=id(effect.template) in shown)
                continue
            if reason:
                self._effect(effect.template, reason, power.id)
            elif not self._felt_effect(power, effect, views, felt):
                reason = _IN_NO_TOTAL
            self._around(power, effect, views, reason)

    def _shown(self, power: Power, archetypes: Iterable[Archetype]) -> set[int]:
        """The templates for others that are in a power's figures for somebody."""
        wanted = {id(effect.template) for effect in flatten(power) if not any(aims(effect, power))}
        shown: set[int] = set()
        for who in archetypes if wanted else ():
            for pvp in (False, True):
                sheet = compile_sheet(power, Caster(who, LEVEL, name_of(who), pvp=pvp), self.tags)
                shown.update(id(block.template) for block in sheet.blocks)
                shown.update(id(bringing.block.template) for bringing in sheet.bringing)
            if wanted <= shown:
                break
        return shown

    def _on_others(
        self, power: Power, effect: Effect, views: Sequence[View], *, is_shown: bool
    ) -> None:
        """Count an effect that its caster does not feel."""
        reason = _SHOWN
        if not is_shown:
            never = _never(effect, tuple(views))
            reason = f"{_ON_OTHERS}, {never}" if never != _NOT_ONESELF else _NO_FIGURE
        for attribute in effect.template.attributes:
            kind = f"{attribute} {effect.template.aspect}"
            why = reason
            if not is_shown:
                why = ignored(attribute, effect.template.aspect) or reason
            self._count(self.found.effects, kind, why, power.id)
        self._around(power, effect, views, "" if is_shown else reason)

    def _effect(self, template: Template, reason: str, where: str) -> None:
        for attribute in template.attributes:
            kind = f"{attribute} {template.aspect}"
            self._count(self.found.effects, kind, reason, where)

    def _felt_effect(
        self,
        power: Power,
        effect: Effect,
        views: Sequence[View],
        felt: Iterable[tuple[Archetype, Sequence[SelfEffect]]],
    ) -> bool:
        """Count an effect that may reach the caster; whether a total may follow from it."""
        found = [(who, each) for who, effects in felt for each in effects if each.effect == effect]
        never = "" if found or self._is_unknown(effect, views) else _never(effect, tuple(views))
        matters = False
        for attribute in effect.template.attributes:
            reason: str | None = ignored(attribute, effect.template.aspect) or never
            for who, each in found:
                reason = unread(power, each, attribute, who, LEVEL, self.tags)
                if reason is None:
                    break
            matters = matters or not reason or reason == never
            kind = f"{attribute} {effect.template.aspect}"
            self._count(self.found.effects, kind, reason, power.id)
        return matters

    @staticmethod
    def _is_unknown(effect: Effect, views: Iterable[View]) -> bool:
        return any(
            compiled(expression, view).not_understood
            for expression in (*effect.conditions, *effect.unless)
            for view in views
        )

    def _around(self, power: Power, effect: Effect, views: Sequence[View], reason: str) -> None:
        """The conditions and formulas of an effect. reason: why it is left out, or ""."""
        template = effect.template
        for expression in (*effect.conditions, *effect.unless):
            self.condition(expression, views, power.id, reason or None)
        self.formula(template.magnitude_expression, views, power.id, reason or None)
        self.formula(template.duration_expression, views, power.id, reason or _TIME)

    def condition(
        self, expression: Expression, views: Sequence[View], where: str, reason: str | None = None
    ) -> None:
        """reason: why nobody looks at it; None: somebody does."""
        if not expression:
            return
        tree = _tree(expression)
        if tree is None:
            self._count(self.found.conditions, expression, "", where)
            return
        rolled = any(compiled(expression, view).rolled is not None for view in views)
        for name, part in atoms(tree):
            fate = reason or (None if rolled and _is_roll(part) else _fate(part, tuple(views)))
            self._count(self.found.conditions, name, fate, where)

    def formula(
        self, expression: Expression, views: Sequence[View], where: str, reason: str | None = None
    ) -> None:
        if not expression:
            return
        tree = _tree(expression)
        if tree is None:
            self._count(self.found.expressions, expression, "", where)
            return
        if reason is None:
            fates = {_fate(part, tuple(views)) for _, part in atoms(tree)}
            reason = "" if "" in fates else UNKNOWABLE if UNKNOWABLE in fates else None
        shape = form(tree)
        self._count(self.found.expressions, shape, reason, where)

    @staticmethod
    def _count(counts: dict[str, Count], kind: str, reason: str | None, where: str) -> None:
        counts.setdefault(kind, Count()).add(reason, where)


@lru_cache(maxsize=8192)
def _tree(expression: Expression) -> Node | None:
    """None for what does not parse."""
    try:
        return parse(expression)
    except ExpressionError:
        return None


def _fate(part: Node, views: tuple[View, ...]) -> str | None:
    """What becomes of a part of an expression, in whichever view it is read."""
    conditions = [compiled_tree(part, view) for view in views]
    if any(condition.not_understood for condition in conditions):
        return ""
    if any(condition.reads for condition in conditions):
        return None
    values = {condition.evaluate(Context(Facts())) for condition in conditions}
    return UNKNOWABLE if UNKNOWN in values else _FIXED


def _is_roll(part: Node) -> bool:
    """Whether that is a random roll, which a condition is likely to hold with."""
    return isinstance(part, Call) and part.name.lower() == "rand"


def _never(effect: Effect, views: tuple[View, ...]) -> str:
    """Why an effect's conditions can never hold: what they ask for is the same in every build."""
    asked: set[str] = set()
    for expression in effect.conditions:
        tree = _tree(expression)
        if tree is not None:
            asked.update(
                name
                for name, part in atoms(tree)
                if not _is_roll(part) and _fate(part, views) is not None
            )
    beyond = sorted(asked - _WHO)
    return _NO_SITUATION.format(", ".join(beyond)) if beyond else _NOT_ONESELF


def _view_of_others(power: Power) -> View:
    return "foe" if any("Foe" in target for target in power.targets_affected) else "ally"


def _felt(power: Power, who: Archetype) -> list[SelfEffect]:
    """What a power's caster feels, in PvP too."""
    archetype = word(who.id)
    against_players = felt_by_caster(power, archetype, LEVEL, pvp=True)
    return [
        *felt_by_caster(power, archetype, LEVEL),
        *(each for each in against_players if each.effect.pvp_only),
    ]


def _templates(groups: Iterable[EffectGroup]) -> Iterator[Template]:
    for group in groups:
        yield from group.templates
        yield from _templates(group.children)

"""Works out what a power does when it is used, for one archetype and level.

Source: the design's `calc.md` §3 to §6, §11.
"""

from collections.abc import Iterator, Set

from msgspec import Struct, structs

from calc.compile import enhanceable, is_enhanced
from calc.conditions import Condition, compiled
from calc.damage import TYPE_OF, expected, ticks
from calc.effects import (
    Chances,
    Effect,
    Times,
    about_teammates,
    aims,
    flatten,
    limit_of,
    undecided,
    undecided_unless,
)
from calc.facts import Context, Facts, View, word
from calc.sheet import OWN, Block, Bringing, Line, On, Sheet, sheet_of
from calc.tables import table
from gamedata.catalogue import (
    Archetype,
    EntityParams,
    Power,
    PowerParams,
    Template,
)

_FOE = "Foe"
_ENDED = frozenset({"OnDeactivate", "OnDisable", "OnExpire"})
_EXECUTING = frozenset({"Execute_Power", "Grant_Boosted_Power"})
_UNSEEN = frozenset({"Null", "Set_Mode", "Unset_Mode", "Grant_Power", "Revoke_Power"})
_CERTAIN = 1.0


class Caster(Struct, frozen=True):
    """Whose power it is.

    archetype: whose tables and limits count. name: the class that conditions see. creator: the
    class of who summoned them, "" for a player.
    """

    archetype: Archetype
    level: int
    name: str
    creator: str = ""
    pvp: bool = False
    combat: bool = False


def compile_sheet(
    power: Power,
    caster: Caster,
    changed_tags: Set[str] = frozenset(),
    *,
    enhanced: bool = True,
    by_foes: bool = False,
) -> Sheet:
    """A power's sheet.

    changed_tags: the tags whose chance some power can change. enhanced: false for what nothing
    strengthens. by_foes: those whom another power hit execute it, and are its count.
    """
    compiler = _Compiler(power, caster, changed_tags, enhanced=enhanced, by_foes=by_foes)
    for effect in flatten(power):
        compiler.add(effect)
    blocks = compiler.blocks
    if any(block.times not in ("once", "stacks") for block in blocks):
        # The power's count means targets: there is one stack of the rest.
        blocks = [
            structs.replace(block, times="once") if block.times == "stacks" else block
            for block in blocks
        ]
    return sheet_of(power, tuple(compiler.enhanceable), blocks, compiler.bringing, compiler.fixed)


class _Compiler:
    def __init__(
        self,
        power: Power,
        caster: Caster,
        changed_tags: Set[str],
        *,
        enhanced: bool,
        by_foes: bool,
    ) -> None:
        self.power = power
        self.by_foes = by_foes
        self.caster = caster
        self.changed_tags = changed_tags
        self.enhanced = enhanced
        self.fixed = Context(
            Facts(
                caster.name,
                caster.level,
                creator=caster.creator,
                pvp=caster.pvp,
                combat=caster.combat,
            ),
            power,
        )
        self.blocks: list[Block] = []
        self.bringing: list[Bringing] = []
        self.enhanceable = [
            enhanceable(power, attribute, caster.archetype, caster.level, is_effect=False)
            for attribute in (OWN if enhanced else ())
        ]

    def add(self, effect: Effect) -> None:
        template = effect.template
        if self._left_out(effect):
            return
        for on, view, times in _landings(effect, self.power, by_foes=self.by_foes):
            conditions = undecided(effect.conditions, view, self.fixed)
            unless = undecided_unless(effect.unless, view, self.fixed)
            if conditions is None or unless is None:
                continue
            if on == "self" and about_teammates(conditions):
                times = "teammates"
            block = self._block(effect, on, view, times, conditions, unless)
            params = template.params
            if isinstance(params, EntityParams):
                self.bringing.append(Bringing(block, summons=params))
            elif isinstance(params, PowerParams) and _EXECUTING.intersection(template.attributes):
                self.bringing.append(Bringing(block, params.powers))
            elif isinstance(params, PowerParams) and "Grant_Power" in template.attributes:
                if on == "self":
                    self.bringing.append(Bringing(block, params.powers, grants=True))
            elif block.lines:
                self.blocks.append(block)
            return

    def _left_out(self, effect: Effect) -> bool:
        against = effect.pve_only if self.caster.pvp else effect.pvp_only
        return (
            against
            or effect.template.application in _ENDED
            or "HitRollFail" in effect.flags
            or "Boost" in effect.template.flags
        )

    def _block(
        self,
        effect: Effect,
        on: On,
        view: View,
        times: Times,
        conditions: tuple[Condition, ...],
        unless: tuple[Condition, ...],
    ) -> Block:
        template = effect.template
        value = table(self.caster.archetype, template.table, self.caster.level)
        chances = effect.chances
        tick_tags: tuple[str, ...] = ()
        if template.tick_chance != _CERTAIN:
            tick_tags = tuple(tag for tag in chances[-1][1] if tag in self.changed_tags)
            chances = chances[:-1]
        chance, changing = self._chances(chances)
        is_formula = template.type == "Expression" and template.magnitude_expression
        on_duration = template.type == "Duration"
        return Block(
            template,
            on,
            tuple(self._lines(template, value, on)),
            value=value,
            duration_s=template.scale * value if on_duration else template.duration_s,
            expression=compiled(template.magnitude_expression, view) if is_formula else None,
            duration_expression=compiled(template.duration_expression, view)
            if on_duration and template.duration_expression
            else None,
            conditions=conditions,
            unless=unless,
            chance=chance,
            chances=changing,
            tick_chance=template.tick_chance,
            tick_tags=tick_tags,
            ticks=ticks(template.duration_s, template.period_s),
            sum_of_ticks=expected(template, template.tick_chance),
            delay_s=effect.delay_s,
            ppm=effect.ppm,
            times=times,
            limit=limit_of(template),
            secondary="SecondaryTargetsOnly" in effect.flags and self.power.target_type != "Self",
        )

    def _chances(self, chances: Chances) -> tuple[float, Chances]:
        """The product of those that stay, and those that modifiers change."""
        product, changing = 1.0, []
        for chance, tags in chances:
            changed = tuple(tag for tag in tags if tag in self.changed_tags)
            if changed:
                changing.append((chance, changed))
            else:
                product *= min(max(chance, 0.0), 1.0)
        return product, tuple(changing)

    def _lines(self, template: Template, value: float, on: On) -> Iterator[Line]:
        by_table = template.type in ("Magnitude", "Expression")
        amount = template.scale * value if by_table else template.magnitude
        for attribute in template.attributes:
            if attribute in _UNSEEN:
                continue
            is_damage = on != "self" and template.aspect == "Absolute" and attribute in TYPE_OF
            yield Line(
                attribute,
                amount,
                self._strength(attribute, template),
                template.type == "Duration",
                TYPE_OF[attribute] if is_damage else "",
            )

    def _strength(self, attribute: str, template: Template) -> int:
        if not self.enhanced or not is_enhanced(template):
            return -1
        wanted = enhanceable(
            self.power, attribute, self.caster.archetype, self.caster.level, is_effect=True
        )
        if wanted not in self.enhanceable:
            self.enhanceable.append(wanted)
        return self.enhanceable.index(wanted)


def _landings(effect: Effect, power: Power, *, by_foes: bool) -> Iterator[tuple[On, View, Times]]:
    """On whom an effect may land, in whose view and how often; the first that can be counts."""
    for view, times in aims(effect, power, by_foes=by_foes):
        yield "self", view, times
    if effect.template.target in ("Self", "SelfAndPets"):
        return
    others = [target for target in power.targets_affected if target != "Self"]
    if any(_FOE in target for target in others):
        yield "foe", "foe", "once"
    if any(_FOE not in target for target in others):
        yield "ally", "ally", "once"
    if not others and "Create_Entity" in effect.template.attributes:
        yield "foe", "foe", "once"  # at a place: what is summoned there finds its own targets


def name_of(archetype: Archetype) -> str:
    """The class as conditions name it."""
    return word(archetype.id)

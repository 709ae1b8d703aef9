"""What a power does when it is used, as worked out once for an archetype and level.

Totals ask only what the caster feels; figures ask for everything: what happens to foes and allies,
what is healed or summoned, how likely and how often. Source: the design's `calc.md` §3 to §6, §11.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Literal

from msgspec import Struct, structs

from calc.compile import enhanceable, is_enhanced
from calc.conditions import Condition, compiled
from calc.damage import TYPE_OF, expected, ticks
from calc.effects import (
    Chances,
    Effect,
    Times,
    aims,
    flatten,
    how_often,
    limit_of,
    undecided,
    undecided_unless,
)
from calc.facts import FIXED, Context, Facts, View, word
from calc.powers import Enhanceable
from calc.tables import table
from gamedata.catalogue import (
    Archetype,
    EntityParams,
    Power,
    PowerId,
    PowerParams,
    Template,
)

On = Literal["self", "foe", "ally"]

OWN = ("RechargeTime", "EnduranceDiscount", "Accuracy", "Range", "InterruptTime")
"""The attributes of a power itself; their strengths are its first, in this order."""

_FOE = "Foe"
_ENDED = frozenset({"OnDeactivate", "OnDisable", "OnExpire"})
_EXECUTING = frozenset({"Execute_Power", "Grant_Boosted_Power"})
_UNSEEN = frozenset({"Null", "Set_Mode", "Unset_Mode", "Grant_Power", "Revoke_Power"})
_CERTAIN = 1.0
_SAME_FOR_ALL = FIXED | {"result"}


class Line(Struct, frozen=True, gc=False):
    """One attribute of one effect.

    amount: before strength, in the attribute's unit; strength: which of the sheet's multiplies it,
    -1 for none, and on_duration whether it multiplies the duration. damage: the type, "" for none.
    """

    attribute: str
    amount: float
    strength: int = -1
    on_duration: bool = False
    damage: str = ""


class Block(Struct, frozen=True, gc=False):
    """One template: the lines that share its conditions and chance.

    chance: of what no modifier changes; chances: the others. tick_chance: of each tick, with its
    tags. ppm: procs per minute, 0 for what does not come so. times, limit: how a count of targets
    or stacks multiplies it. secondary: it spares the power's own target.
    """

    template: Template
    on: On
    lines: tuple[Line, ...]
    value: float = 0.0
    duration_s: float | None = 0.0
    expression: Condition | None = None
    duration_expression: Condition | None = None
    conditions: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    chance: float = 1.0
    chances: Chances = ()
    tick_chance: float = 1.0
    tick_tags: tuple[str, ...] = ()
    ticks: int = 1
    sum_of_ticks: float = 1.0
    delay_s: float = 0.0
    ppm: float = 0.0
    times: Times = "once"
    limit: int = 0
    secondary: bool = False

    @property
    def is_open(self) -> bool:
        """Whether a build decides how likely it happens."""
        return bool(self.conditions or self.unless or self.chances or self.ppm)

    @property
    def is_plain(self) -> bool:
        """Whether its size follows from strengths, targets and likelihood alone."""
        formulas = (self.expression, self.duration_expression)
        reads = (formula.reads for formula in formulas if formula is not None)
        return not self.tick_tags and all(read <= _SAME_FOR_ALL for read in reads)

    def likelihood(self, context: Context, modifiers: Mapping[str, float]) -> float:
        """How likely it happens, procs per minute aside; 0 when a condition keeps it from it.

        modifiers: by tag, what is added to chances.
        """
        for condition in self.conditions:
            if not condition.holds(context):
                return 0.0
        for condition in self.unless:
            if condition.holds(context):
                return 0.0
        chance = self.chance
        for base, tags in self.chances:
            chance *= min(max(base + sum(modifiers.get(tag, 0.0) for tag in tags), 0.0), 1.0)
        return chance

    def multiplied(self, count: int) -> int:
        """How often it counts for a number of targets or stacks."""
        return how_often(self.times, count, self.limit)

    def magnitude(self, line: Line, context: Context, strength: float) -> float:
        """A line's magnitude with its strength, in the attribute's unit."""
        result = line.amount * strength
        if self.expression is None:
            return result
        return self.expression.number(self._reading(context, result, strength))

    def duration(self, context: Context, strength: float) -> float | None:
        """How long it lasts where strength works on that; None until killed."""
        if self.duration_s is None:
            return None
        result = self.duration_s * strength
        if self.duration_expression is None:
            return result
        return self.duration_expression.number(self._reading(context, result, strength))

    def _reading(self, context: Context, result: float, strength: float) -> Context:
        return Context(
            context.facts,
            context.power,
            context.slotted_here,
            result,
            strength,
            self.template.scale,
            self.value,
        )

    def each_tick(self, modifiers: Mapping[str, float]) -> float:
        """The chance of each tick."""
        added = sum(modifiers.get(tag, 0.0) for tag in self.tick_tags) if self.tick_tags else 0.0
        return min(max(self.tick_chance + added, 0.0), 1.0)

    def all_ticks(self, modifiers: Mapping[str, float]) -> float:
        """What its ticks come to, in first ticks."""
        if not self.tick_tags:
            return self.sum_of_ticks
        return expected(self.template, self.each_tick(modifiers))


class Bringing(Struct, frozen=True, eq=False, gc=False):
    """A template that brings powers: executes them at once, grants them, summons what has them.

    block: when and how likely. grants: for good, without the slots. summons: None for the others.
    """

    block: Block
    powers: tuple[PowerId, ...] = ()
    grants: bool = False
    summons: EntityParams | None = None


class Sheet(Struct, frozen=True, eq=False, gc=False):
    """A power with everything that it does: each sheet is itself only.

    enhanceable: `OWN` first, then what its lines use. is_open: by block, whether a build decides
    how likely it happens; open: those blocks. is_plain: all blocks are. heard: the
    attributes whose global strength it uses, as `enhanceable` has them. fixed: the reading of what
    is the same for all builds.
    """

    power: Power
    enhanceable: tuple[Enhanceable, ...]
    blocks: tuple[Block, ...] = ()
    bringing: tuple[Bringing, ...] = ()
    is_open: tuple[bool, ...] = ()
    open: tuple[Block, ...] = ()
    is_plain: bool = False
    heard: tuple[str, ...] = ()
    fixed: Context = Context(Facts())

    @property
    def reads_facts(self) -> bool:
        """Whether anything in it looks at a build."""
        return bool(self.open) or not self.is_plain


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
    power: Power, caster: Caster, changed_tags: Set[str] = frozenset(), *, enhanced: bool = True
) -> Sheet:
    """A power's sheet.

    changed_tags: the tags whose chance some power can change. enhanced: false for what nothing
    strengthens.
    """
    compiler = _Compiler(power, caster, changed_tags, enhanced=enhanced)
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


def sheet_of(
    power: Power,
    enhanceable: tuple[Enhanceable, ...],
    blocks: Iterable[Block],
    bringing: Iterable[Bringing],
    fixed: Context,
) -> Sheet:
    """A sheet of what a power does, and brings."""
    blocks = tuple(blocks)
    return Sheet(
        power,
        enhanceable,
        blocks,
        tuple(bringing),
        tuple(block.is_open for block in blocks),
        tuple(block for block in blocks if block.is_open),
        all(block.is_plain for block in blocks),
        tuple(wanted.attribute for wanted in enhanceable if wanted.by_globals),
        fixed,
    )


class _Compiler:
    def __init__(
        self, power: Power, caster: Caster, changed_tags: Set[str], *, enhanced: bool
    ) -> None:
        self.power = power
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
            for attribute in OWN
        ]

    def add(self, effect: Effect) -> None:
        template = effect.template
        if self._left_out(effect):
            return
        for on, view, times in _landings(effect, self.power):
            conditions = undecided(effect.conditions, view, self.fixed)
            unless = undecided_unless(effect.unless, view, self.fixed)
            if conditions is None or unless is None:
                continue
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


def _landings(effect: Effect, power: Power) -> Iterator[tuple[On, View, Times]]:
    """On whom an effect may land, in whose view and how often; the first that can be counts."""
    for view, times in aims(effect, power):
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

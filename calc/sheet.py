"""What a power does when it is used, as worked out once for an archetype and level.

Totals ask only what the caster feels; figures ask for everything: what happens to foes and allies,
what is healed or summoned, how likely and how often. Source: the design's `calc.md` §3 to §6, §11.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from calc.conditions import Condition
from calc.damage import expected
from calc.effects import Chances, Times, fitting_teammates, how_often
from calc.facts import FIXED, Context, Facts
from calc.powers import Enhanceable
from gamedata.catalogue import EntityParams, Power, PowerId, Template

On = Literal["self", "foe", "ally"]

OWN = ("RechargeTime", "EnduranceDiscount", "Accuracy", "Range", "InterruptTime")
"""The attributes of a power itself; their strengths are its first, in this order."""

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
        return not self.tick_tags and self.is_fixed

    @property
    def is_fixed(self) -> bool:
        """Whether no formula of its looks at a build."""
        formulas = (self.expression, self.duration_expression)
        reads = (formula.reads for formula in formulas if formula is not None)
        return all(read <= _SAME_FOR_ALL for read in reads)

    def likelihood(self, context: Context, modifiers: Mapping[str, float]) -> float:
        """How likely it happens, procs per minute aside; 0 when a condition keeps it from it.

        modifiers: by tag, what is added to chances. Of what happens for each teammate: for how
        many it does.
        """
        for condition in self.unless:
            if condition.holds(context):
                return 0.0
        chance = self.chance
        if self.times == "teammates":
            return chance * fitting_teammates(self.conditions, context)
        for condition in self.conditions:
            chance *= condition.likelihood(context)
            if chance == 0.0:
                return 0.0
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

    enhanceable: `OWN` first, then what its lines use; nothing where no strength works. slotted:
    their attributes. is_open: by
    block, whether a build decides how likely it happens; open: those blocks. is_plain: all blocks
    are; has_ppm: an open one has procs per minute. heard: the attributes whose global strength it
    uses, as `enhanceable` has them. fixed: the reading of what is the same for all builds.
    """

    power: Power
    enhanceable: tuple[Enhanceable, ...]
    slotted: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    bringing: tuple[Bringing, ...] = ()
    is_open: tuple[bool, ...] = ()
    open: tuple[Block, ...] = ()
    is_plain: bool = False
    has_ppm: bool = False
    heard: tuple[str, ...] = ()
    fixed: Context = Context(Facts())

    @property
    def reads_facts(self) -> bool:
        """Whether anything in it looks at a build."""
        return bool(self.open) or not self.is_plain

    def strengths(
        self, slotted: Sequence[float], by_globals: Mapping[str, float]
    ) -> tuple[float, ...]:
        """S of `calc.md` §6.1, by position in `enhanceable`; 1.0 at the end for what has none.

        slotted: what slots come to, by position; by_globals: the global strengths.
        """
        enhanceable = zip(self.enhanceable, slotted, strict=True)
        return (*[wanted.strength(bonus, by_globals) for wanted, bonus in enhanceable], 1.0)

    def own_strengths(
        self, wanted: Container[str], slotted: Sequence[float], by_globals: Mapping[str, float]
    ) -> dict[str, float]:
        """Some of those of the power itself (`OWN`), by attribute."""
        return {
            attribute: self.enhanceable[index].strength(slotted[index], by_globals)
            for index, attribute in enumerate(OWN)
            if attribute in wanted
        }


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
        tuple(wanted.attribute for wanted in enhanceable),
        blocks,
        tuple(bringing),
        tuple(block.is_open for block in blocks),
        tuple(block for block in blocks if block.is_open),
        all(block.is_plain for block in blocks),
        any(block.is_open and block.ppm for block in blocks),
        tuple(wanted.attribute for wanted in enhanceable if wanted.by_globals),
        fixed,
    )

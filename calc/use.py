"""One use of a power: what its sheet comes to in a build.

Source: the design's `calc.md` §6.1, §11.
"""

from collections.abc import Callable, Mapping

from msgspec import Struct

from calc import procs
from calc.facts import Context
from calc.figure_types import EffectFigure
from calc.sheet import OWN, Block, Line, Sheet

_NO_MODIFIERS: Mapping[str, float] = {}


class Outcome(Struct, frozen=True, gc=False):
    """What the blocks of a sheet come to. before, after: damage by type."""

    effects: tuple[EffectFigure, ...]
    before: Mapping[str, float]
    after: Mapping[str, float]


class Planned(Struct, frozen=True, gc=False):
    """A line that happens, as it is without slots and buffs.

    times: how often its magnitude counts. whole: what its ticks come to, in first ticks, on
    average. damage: the type that it adds to, "" for none.
    """

    figure: EffectFigure
    block: Block
    line: Line
    times: int
    whole: float
    damage: str


class Plan(Struct, frozen=True, gc=False):
    """What the blocks of a sheet do without slots and buffs: all that strengths do not touch.

    before: damage by type.
    """

    lines: tuple[Planned, ...]
    before: Mapping[str, float]


Outcomes = Callable[[Sheet, tuple[float, ...], int, tuple[float, ...], float, str], Outcome]
"""What a plain sheet comes to, remembered: its `plan`, `strengthened`. Of the sheet, strengths,
count, likelihoods, factor and via."""


class Use(Struct):
    """What evaluating one use of a power needs, and what comes of it.

    strengths: by position in the sheet's `enhanceable`, 1.0 at the end for what has none.
    modifiers: what is added to chances, by tag. count: targets or stacks. recharge: what slots add
    to the power's recharge. before, after: damage by type.
    """

    context: Context
    modifiers: Mapping[str, float]
    outcome: Outcomes
    strengths: tuple[float, ...] = (1.0,)
    count: int = 1
    recharge: float = 0.0
    effects: list[EffectFigure] = []
    before: dict[str, float] = {}
    after: dict[str, float] = {}

    def likelihood(self, block: Block) -> float:
        """How likely a block happens in this use."""
        chance = block.likelihood(self.context, self.modifiers)
        if block.ppm and chance > 0.0:
            chance *= procs.chance(block.ppm, self.context.power, self.recharge)
        return chance

    def do(self, sheet: Sheet, *, factor: float = 1.0, via: str = "") -> None:
        """Add what a sheet's blocks do. factor: the chance that it is done at all."""
        if not sheet.blocks:
            return
        likelihoods = tuple([self.likelihood(block) for block in sheet.open])
        strengths = self.strengths[len(OWN) :]
        if sheet.is_plain:
            done = self.outcome(sheet, strengths, self.count, likelihoods, factor, via)
        else:
            context, modifiers = self.context, self.modifiers
            planned = plan(sheet, self.count, likelihoods, factor, via, context, modifiers)
            done = strengthened(planned, strengths, context)
        self.effects.extend(done.effects)
        for whole, part in ((self.before, done.before), (self.after, done.after)):
            for kind, damage in part.items():
                whole[kind] = whole.get(kind, 0.0) + damage


def plan(
    sheet: Sheet,
    count: int,
    likelihoods: tuple[float, ...],
    factor: float,
    via: str,
    context: Context | None = None,
    modifiers: Mapping[str, float] = _NO_MODIFIERS,
) -> Plan:
    """What the blocks of a sheet do as they are.

    likelihoods: of the sheet's open blocks. factor: the chance that it is done at all. context,
    modifiers: only needed where the sheet is not plain.
    """
    context = context or sheet.fixed
    lines: list[Planned] = []
    before: dict[str, float] = {}
    decided = iter(likelihoods)
    for block, is_open in zip(sheet.blocks, sheet.is_open, strict=True):
        chance = factor * (next(decided) if is_open else block.chance)
        times = block.multiplied(count)
        if block.times == "teammates":
            chance, times = factor, round(chance / factor)
        if chance <= 0.0 or not times:
            continue
        each_tick = chance * block.each_tick(modifiers)
        if each_tick <= 0.0:
            continue
        whole = chance * block.all_ticks(modifiers)
        for line in block.lines:
            planned = _planned(block, line, times, each_tick, whole, via, context)
            lines.append(planned)
            if kind := planned.damage:
                before[kind] = before.get(kind, 0.0) + whole * planned.figure.before
    return Plan(tuple(lines), before)


def _planned(
    block: Block,
    line: Line,
    times: int,
    each_tick: float,
    whole: float,
    via: str,
    context: Context,
) -> Planned:
    if line.on_duration:
        magnitude, duration = times * line.amount, block.duration(context, 1.0)
    else:
        magnitude, duration = times * block.magnitude(line, context, 1.0), block.duration_s
    if line.damage:
        magnitude = -magnitude
    figure = EffectFigure(
        line.attribute,
        block.template.aspect,
        block.on,
        magnitude,
        magnitude,
        duration,
        duration,
        each_tick,
        block.ticks,
        block.template.period_s,
        block.delay_s,
        via,
    )
    return Planned(figure, block, line, times, whole, "" if block.secondary else line.damage)


def strengthened(planned: Plan, strengths: tuple[float, ...], context: Context) -> Outcome:
    """What a plan comes to in a power that is strengthened.

    strengths: by position in the sheet's `enhanceable`, without those of `OWN`.
    """
    effects: list[EffectFigure] = []
    after: dict[str, float] = {}
    for each in planned.lines:
        position = each.line.strength
        figure = each.figure
        if position >= 0:
            strength = strengths[position - len(OWN)]
            if strength != 1.0:
                figure = _strengthened(each, strength, context)
        if kind := each.damage:
            after[kind] = after.get(kind, 0.0) + each.whole * figure.magnitude
        effects.append(figure)
    return Outcome(tuple(effects), planned.before, after)


def _strengthened(planned: Planned, strength: float, context: Context) -> EffectFigure:
    was, block, line = planned.figure, planned.block, planned.line
    if line.on_duration:
        magnitude, duration = was.before, block.duration(context, strength)
    else:
        magnitude = planned.times * block.magnitude(line, context, strength)
        duration = was.duration_s
        if line.damage:
            magnitude = -magnitude
    return EffectFigure(
        was.attribute,
        was.aspect,
        was.on,
        magnitude,
        was.before,
        duration,
        was.duration_before_s,
        was.chance,
        was.ticks,
        was.period_s,
        was.delay_s,
        was.via,
    )

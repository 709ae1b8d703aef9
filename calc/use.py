"""One use of a power: what its sheet comes to in a build.

Source: the design's `calc.md` §6.1, §11.
"""

from collections.abc import Callable, Mapping

from msgspec import Struct

from calc import procs
from calc.facts import Context
from calc.figure_types import EffectFigure
from calc.sheet import OWN, Block, Sheet

_NO_MODIFIERS: Mapping[str, float] = {}


class Outcome(Struct, frozen=True, gc=False):
    """What the blocks of a sheet come to. before, after: damage by type."""

    effects: tuple[EffectFigure, ...]
    before: Mapping[str, float]
    after: Mapping[str, float]


class Use(Struct):
    """What evaluating one use of a power needs, and what comes of it.

    strengths: by position in the sheet's `enhanceable`, 1.0 at the end for what has none.
    modifiers: what is added to chances, by tag. outcome: `work_out`, remembered. count: targets or
    stacks. recharge: what slots add to the power's recharge. before, after: damage by type.
    """

    context: Context
    modifiers: Mapping[str, float]
    outcome: Callable[[Sheet, tuple[float, ...], int, tuple[float, ...], float, str], Outcome]
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
            done = work_out(
                sheet,
                strengths,
                self.count,
                likelihoods,
                factor,
                via,
                self.context,
                self.modifiers,
            )
        self.effects.extend(done.effects)
        for whole, part in ((self.before, done.before), (self.after, done.after)):
            for kind, damage in part.items():
                whole[kind] = whole.get(kind, 0.0) + damage


def work_out(
    sheet: Sheet,
    strengths: tuple[float, ...],
    count: int,
    likelihoods: tuple[float, ...],
    factor: float,
    via: str,
    context: Context | None = None,
    modifiers: Mapping[str, float] = _NO_MODIFIERS,
) -> Outcome:
    """What the blocks of a sheet do.

    strengths: without those of `OWN`. likelihoods: of the sheet's open blocks. context, modifiers:
    only needed where the sheet is not plain.
    """
    working = _Working(context or sheet.fixed, modifiers, strengths, via)
    decided = iter(likelihoods)
    for block, is_open in zip(sheet.blocks, sheet.is_open, strict=True):
        chance = factor * (next(decided) if is_open else block.chance)
        times = block.multiplied(count)
        if block.times == "teammates":
            chance, times = factor, round(chance / factor)
        if chance > 0.0 and times:
            working.add(block, chance, times)
    return Outcome(tuple(working.effects), working.before, working.after)


class _Working:
    def __init__(
        self,
        context: Context,
        modifiers: Mapping[str, float],
        strengths: tuple[float, ...],
        via: str,
    ) -> None:
        self.context = context
        self.modifiers = modifiers
        self.strengths = strengths
        self.via = via
        self.effects: list[EffectFigure] = []
        self.before: dict[str, float] = {}
        self.after: dict[str, float] = {}

    def add(self, block: Block, chance: float, times: int) -> None:
        each_tick = chance * block.each_tick(self.modifiers)
        if each_tick <= 0.0:
            return
        whole = chance * block.all_ticks(self.modifiers)
        for line in block.lines:
            strength = self.strengths[line.strength - len(OWN)] if line.strength >= 0 else 1.0
            if line.on_duration:
                before = after = times * line.amount
                duration_before = block.duration(self.context, 1.0)
                duration = block.duration(self.context, strength)
            else:
                before = times * block.magnitude(line, self.context, 1.0)
                after = times * block.magnitude(line, self.context, strength)
                duration = duration_before = block.duration_s
            if line.damage:
                before, after = -before, -after
                if not block.secondary:
                    kind = line.damage
                    self.before[kind] = self.before.get(kind, 0.0) + whole * before
                    self.after[kind] = self.after.get(kind, 0.0) + whole * after
            self.effects.append(
                EffectFigure(
                    line.attribute,
                    block.template.aspect,
                    block.on,
                    after,
                    before,
                    duration,
                    duration_before,
                    each_tick,
                    block.ticks,
                    block.template.period_s,
                    block.delay_s,
                    self.via,
                )
            )

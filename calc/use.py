"""One use of a power: what its sheet comes to in a build.

Source: the design's `calc.md` §6.1, §11.
"""

from collections.abc import Mapping

from msgspec import Struct

from calc import procs
from calc.facts import Context
from calc.figure_types import EffectFigure
from calc.sheet import Block, Sheet


class Use(Struct):
    """What evaluating one use of a power needs, and what comes of it.

    strengths: by position in the sheet's `enhanceable`, 1.0 at the end for what has none.
    modifiers: what is added to chances, by tag. count: targets or stacks. recharge: what slots add
    to the power's recharge. damage: by type, before and after.
    """

    context: Context
    modifiers: Mapping[str, float]
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
        for block in sheet.blocks:
            chance = factor * self.likelihood(block)
            times = block.multiplied(self.count)
            if chance > 0.0 and times:
                self._do(block, chance, times, via)

    def _do(self, block: Block, chance: float, times: int, via: str) -> None:
        all_ticks = block.all_ticks(self.modifiers)
        each_tick = chance * block.each_tick(self.modifiers)
        for line in block.lines:
            strength = self.strengths[line.strength]
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
                    whole = chance * all_ticks
                    self._hurt(line.damage, whole * before, whole * after)
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
                    via,
                )
            )

    def _hurt(self, kind: str, before: float, after: float) -> None:
        self.before[kind] = self.before.get(kind, 0.0) + before
        self.after[kind] = self.after.get(kind, 0.0) + after

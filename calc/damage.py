"""Damage of one use of a power: by type, over its ticks, on average.

Source: the design's `calc.md` §3 and §11.
"""

from calc.stats import DAMAGE_TYPES
from gamedata.catalogue import Template

TYPE_OF: dict[str, str] = {f"{attribute.title()}_Dmg": word for word, _, attribute in DAMAGE_TYPES}
"""By attribute: the word in our keys. What is not here is no damage (`Heal_Dmg`)."""

_EXACT = 1e-6  # durations are sums of periods, written as decimal fractions


def ticks(duration_s: float | None, period_s: float) -> int:
    """How often something that lasts is applied: at once, and after each period.

    duration_s: None for what lasts until somebody dies; that counts once here.
    """
    if duration_s is None or duration_s <= 0 or period_s <= 0:
        return 1
    return int(duration_s / period_s + _EXACT) + 1


def expected(template: Template, tick_chance: float) -> float:
    """What all ticks of a template come to, in first ticks, on average.

    tick_chance: of each tick, with what modifiers add. With `CancelOnMiss` a tick that fails ends
    the row. A template may make each tick larger than the one before.
    """
    count = ticks(template.duration_s, template.period_s)
    chance = min(max(tick_chance, 0.0), 1.0)
    multiplier, added = template.tick_magnitude_multiplier, template.tick_magnitude_additive
    if chance == 1.0 and multiplier == 1.0 and not added:
        return float(count)
    total, happens, size = 0.0, chance, 1.0
    for index in range(count):
        total += happens * (size + index * added)
        size *= multiplier
        if "CancelOnMiss" in template.flags:
            happens *= chance
    return total

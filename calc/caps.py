"""Where an archetype's totals start and where they end. Source: the design's `calc.md` §2.2."""

from msgspec import Struct

from calc.attributes import JUMP_HEIGHT_CAP, SUMS
from calc.stats import JUMP_HEIGHT_FT, NUMBER, STATS, Stat
from calc.tables import limit
from gamedata.catalogue import Archetype


class Limits(Struct, frozen=True, gc=False):
    """An archetype's bases and caps at a level, in the stats' units.

    bases: of every sum. caps: of every stat, None for those without one (or whose cap is another
    stat's total); capped: those that have one. base_regeneration, base_recovery: what the stats
    count in.
    """

    bases: tuple[float, ...]
    caps: tuple[float | None, ...]
    capped: tuple[tuple[int, float], ...]
    base_regeneration: float
    base_recovery: float
    highest_jump: float | None


def limits(archetype: Archetype, level: int) -> Limits:
    """The limits of an archetype's characters of a level; without an archetype there are none."""
    bases = [0.0] * SUMS
    for number, stat in enumerate(STATS):
        start = limit(archetype, stat.base_from, level) or 0.0
        bases[number] = stat.base + start * stat.per_unit
    jump_cap = limit(archetype, "maximum.jump_height", level) or 0.0
    bases[JUMP_HEIGHT_CAP] = jump_cap * JUMP_HEIGHT_FT
    highest_jump = limit(archetype, "maximum_maximum.jump_height", level)
    caps = tuple(_cap(stat, archetype, level) for stat in STATS)
    return Limits(
        bases=tuple(bases),
        caps=caps,
        capped=tuple((number, cap) for number, cap in enumerate(caps) if cap is not None),
        base_regeneration=limit(archetype, "base.regeneration", level) or 0.0,
        base_recovery=limit(archetype, "base.recovery", level) or 0.0,
        highest_jump=None if highest_jump is None else highest_jump * JUMP_HEIGHT_FT,
    )


def _cap(stat: Stat, archetype: Archetype, level: int) -> float | None:
    if stat.cap in NUMBER:
        return None
    value = limit(archetype, stat.cap, level)
    if value is None:
        return None
    if stat.relative_to:
        unit = limit(archetype, stat.relative_to, level)
        return value / unit if unit else None
    if stat.cap.startswith("strength_maximum") and not stat.base:
        return value - 1.0  # the game's strength starts from 1, the stat shows only the bonus
    return value * stat.per_unit

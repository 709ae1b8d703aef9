"""The stats of a single power: what its figures are called, their units and how they are shown.

Keys are published like those of `calc.stats`. Source: the design's `stats.md`, "The keys".
"""

from typing import Literal

from msgspec import Struct

from calc.stats import DAMAGE_TYPES

PowerUnit = Literal[
    "fraction", "points", "points_per_second", "seconds", "feet", "targets", "ratio"
]
PowerFormat = Literal["percent", "decimal", "whole"]


class PowerStat(Struct, frozen=True, omit_defaults=True, gc=False):
    """What a number in a power's figures means.

    lower_is_better: an enhancement makes it smaller.
    """

    key: str
    label: str
    unit: PowerUnit
    format: PowerFormat = "decimal"
    lower_is_better: bool = False


POWER_STATS: tuple[PowerStat, ...] = (
    # The chance to hit a foe of one's own level without defense, not held between its limits:
    # the accuracy that Mids Reborn shows.
    PowerStat("power.accuracy", "Accuracy", "fraction", "percent"),
    PowerStat("power.accuracy_multiplier", "Accuracy multiplier", "ratio"),
    PowerStat("power.hit_chance", "Chance to hit", "fraction", "percent"),
    PowerStat("power.recharge", "Recharge time", "seconds", lower_is_better=True),
    PowerStat("power.endurance", "Endurance cost", "points", lower_is_better=True),
    PowerStat(
        "power.endurance_per_second",
        "Endurance per second",
        "points_per_second",
        lower_is_better=True,
    ),
    PowerStat("power.cast", "Cast time", "seconds", lower_is_better=True),
    PowerStat("power.arcana_cast", "ArcanaTime", "seconds", lower_is_better=True),
    PowerStat("power.interrupt", "Interruptible", "seconds", lower_is_better=True),
    PowerStat("power.range", "Range", "feet"),
    PowerStat("power.radius", "Radius", "feet"),
    PowerStat("power.targets", "Most targets", "targets", "whole"),
    PowerStat("power.duration", "Longest mez", "seconds"),
    PowerStat("power.damage", "Damage", "points"),
    *(
        PowerStat(f"power.damage.{word}", f"{label} damage", "points")
        for word, label, _ in DAMAGE_TYPES
    ),
    # What procs have in the damage above.
    PowerStat("power.damage.procs", "Damage of procs", "points"),
    PowerStat("power.dpa", "Damage per ArcanaTime", "points_per_second"),
    PowerStat("power.dps", "Damage per second of its cycle", "points_per_second"),
    PowerStat("power.dpe", "Damage per point of endurance", "ratio"),
)
"""All keys that figures have, in the order in which they are shown."""

"""Where a total comes from: an ordered list whose values add up to it exactly.

What adds nothing is listed too, with the reason: what the rule of five dropped, what a stronger
one of its kind outdoes, what is off. Source: the design's `calc.md` §10, §18.
"""

import math

from msgspec import Struct, structs

from calc.origins import Item, Kind, origins
from calc.remembered import Remembered
from calc.stats import DAMAGE_TYPES, NUMBER
from calc.totals import Total

NO_FLIGHT = "no power of flight is on"
OUT_OF_LIMITS = "outside of what the archetype can reach"


class Explanation(Struct, frozen=True, omit_defaults=True, gc=False):
    """A stat of a build.

    value: before the cap, bit for bit `math.fsum` of the items' values. capped: after it; cut:
    what the cap took. formula, inputs: how a stat follows from others that are no sum.
    """

    stat: str
    value: float
    capped: float
    items: tuple[Item, ...]
    cut: float = 0.0
    formula: str = ""
    inputs: dict[str, Total] = {}


_PRODUCTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "health.regeneration_per_second": (
        "Max HP x Regeneration x the archetype's rate",
        ("health.max", "health.regeneration"),
    ),
    "endurance.recovery_per_second": (
        "Max End x End Rec x the archetype's rate",
        ("endurance.max", "endurance.recovery"),
    ),
}
_NET = ("endurance.recovery_per_second", "endurance.use_per_second")
_DAMAGES = tuple(f"offense.damage.{word}" for word, _, _ in DAMAGE_TYPES)
_HEADLINE = "the strongest type (without psionic), unless that is the exception"
_SPEEDS = frozenset(
    f"movement.{word}{end}" for word in ("run", "fly", "jump") for end in ("", "_cap")
)
_ORDER: tuple[Kind, ...] = (
    "base",
    "stat",
    "power",
    "inherent",
    "temporary",
    "incarnate",
    "accolade",
    "enhancement",
    "set bonus",
    "limit",
)


def explain(remembered: Remembered, stat: str) -> Explanation:
    """Where a stat's total comes from. Raises KeyError for a stat that there is not."""
    totals = remembered.totals
    total = totals[stat]
    if stat in _PRODUCTS:
        formula, inputs = _PRODUCTS[stat]
        itself = (Item("stat", total.value, stat),)
        return _explanation(stat, total, itself, formula, {key: totals[key] for key in inputs})
    if stat == "endurance.net_per_second":
        recovery, use = _NET
        difference = (
            Item("stat", totals[recovery].value, recovery),
            Item("stat", -totals[use].value, use),
        )
        return _explanation(stat, total, difference)
    if stat == "offense.damage":
        inputs_ = {key: totals[key] for key in _DAMAGES}
        chosen = next(key for key in _DAMAGES if totals[key].value == total.value)
        items = _items(remembered, chosen, totals[chosen])
        return _explanation(stat, total, items, f"as {chosen}: {_HEADLINE}", inputs_)
    return _explanation(stat, total, _items(remembered, stat, total))


def _explanation(
    stat: str,
    total: Total,
    items: tuple[Item, ...],
    formula: str = "",
    inputs: dict[str, Total] = {},  # noqa: B006 - never changed
) -> Explanation:
    cut = total.value - total.capped
    return Explanation(stat, total.value, total.capped, items, cut, formula, inputs)


def _items(remembered: Remembered, stat: str, total: Total) -> tuple[Item, ...]:
    found = origins(remembered, NUMBER[stat])
    if stat in _SPEEDS:
        found = _within(found, total.value, stat)
    assert math.fsum(item.value for item in found) == total.value, stat
    return tuple(sorted(found, key=lambda item: (bool(item.why), _ORDER.index(item.kind))))


def _within(items: list[Item], total: float, stat: str) -> list[Item]:
    """What keeps a speed between its limits."""
    if stat == "movement.fly" and not total:
        return [
            structs.replace(item, value=0.0, lost=item.value, why=NO_FLIGHT) if item.value else item
            for item in items
        ]
    values = [item.value for item in items]
    limits = []
    # One number need not hold the difference to the last bit; what is left of it is another.
    while math.fsum(values) != total:
        beyond = math.fsum((*values, -total))
        values.append(-beyond)
        limits.append(Item("limit", -beyond, why=OUT_OF_LIMITS))
    return [*items, *limits]

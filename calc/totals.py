"""Totals: what a build's sums come to, stat by stat, before and after the caps.

Source: the design's `calc.md` §10.
"""

import math
from collections.abc import Mapping, Sequence, Set

from msgspec import Struct

from calc.attributes import FLYING, JUMP_HEIGHT_CAP
from calc.caps import Limits
from calc.stats import DAMAGE_TYPES, NUMBER, SPEED_FT_PER_S, STATS

SLOWEST = (1.0 - 0.9) * SPEED_FT_PER_S  # slows take no more than nine tenths
_PER_SECOND = 5.0 / 3.0 / 100.0  # of the pool, per unit of regeneration or recovery

_HEALTH = NUMBER["health.max"]
_REGENERATION = NUMBER["health.regeneration"]
_REGENERATION_PER_S = NUMBER["health.regeneration_per_second"]
_ENDURANCE = NUMBER["endurance.max"]
_RECOVERY = NUMBER["endurance.recovery"]
_RECOVERY_PER_S = NUMBER["endurance.recovery_per_second"]
_USE_PER_S = NUMBER["endurance.use_per_second"]
_NET_PER_S = NUMBER["endurance.net_per_second"]
_DAMAGE = NUMBER["offense.damage"]
_DAMAGES = tuple(NUMBER[f"offense.damage.{word}"] for word, _, _ in DAMAGE_TYPES)
# Mids' headline looks at all types but psionic.
_HEADLINED = tuple(
    NUMBER[f"offense.damage.{word}"] for word, _, _ in DAMAGE_TYPES if word != "psionic"
)
_JUMP_HEIGHT = NUMBER["movement.jump_height"]
_SPEEDS = tuple(
    (NUMBER[f"movement.{word}"], NUMBER[f"movement.{word}_cap"]) for word in ("run", "fly", "jump")
)
_FLY = NUMBER["movement.fly"]
DERIVED = frozenset(
    {
        _DAMAGE,
        _REGENERATION_PER_S,
        _RECOVERY_PER_S,
        _NET_PER_S,
        _JUMP_HEIGHT,
        *(number for pair in _SPEEDS for number in pair),
    }
)
"""The stats that can change without a change of their own sum."""
_INTERWOVEN = DERIVED | {
    *_HEADLINED,
    _HEALTH,
    _REGENERATION,
    _ENDURANCE,
    _RECOVERY,
    _USE_PER_S,
    FLYING,
    JUMP_HEIGHT_CAP,
}
"""The sums that others follow from, or that follow from others."""


class Total(Struct, frozen=True, gc=False):
    """One stat of a build, in the stat's unit. value: before the cap; capped: after it."""

    value: float
    capped: float


def difference(old: Mapping[str, Total], new: Mapping[str, Total]) -> dict[str, Total]:
    """The stats whose total changed, with the new total."""
    return {key: total for key, total in new.items() if old.get(key) != total}


def finish(sums: Sequence[float], limits: Limits) -> dict[str, Total]:
    """The totals of every stat, in the registry's order, from the sums (`calc.attributes`)."""
    return total_of(*numbers(sums, limits))


def total_of(values: Sequence[float], capped: Sequence[float]) -> dict[str, Total]:
    """By stat, from lists by the stat's number."""
    return {
        stat.key: Total(value, after)
        for stat, value, after in zip(STATS, values, capped, strict=True)
    }


def difference_in(
    touched: Set[int],
    new: tuple[Sequence[float], Sequence[float]],
    old: tuple[Sequence[float], Sequence[float]],
) -> dict[str, Total]:
    """The totals that differ. touched: the sums that may; new, old: totals before and after the
    caps, by the stat's number."""
    values, capped = new
    old_values, old_capped = old
    return {
        STATS[number].key: Total(values[number], capped[number])
        for number in (DERIVED.union(touched) if touched else ())
        if number < len(STATS)
        and (values[number] != old_values[number] or capped[number] != old_capped[number])
    }


def numbers(sums: Sequence[float], limits: Limits) -> tuple[list[float], list[float]]:
    """The totals before and after the caps, by the stat's number."""
    values = list(sums[: len(STATS)])
    _move(values, sums, limits)
    capped = list(values)
    for number, cap in limits.capped:
        if values[number] > cap:
            capped[number] = cap
    for speed, cap in _SPEEDS:
        capped[speed] = min(values[speed], capped[cap])
    if limits.highest_jump is not None:
        jump_cap = min(sums[JUMP_HEIGHT_CAP], limits.highest_jump)
        capped[_JUMP_HEIGHT] = min(values[_JUMP_HEIGHT], jump_cap)
    values[_DAMAGE] = headline([values[damage] for damage in _HEADLINED])
    # Capped is the type that the headline shows: among capped strengths another may be chosen.
    shown = next(damage for damage in _HEADLINED if values[damage] == values[_DAMAGE])
    capped[_DAMAGE] = capped[shown]
    _derive(values, limits)
    _derive(capped, limits)
    return values, capped


def numbers_after(
    sums: Sequence[float],
    limits: Limits,
    touched: Set[int],
    old: tuple[Sequence[float], Sequence[float]],
) -> tuple[Sequence[float], Sequence[float]]:
    """The same where only some sums differ from those that came to old."""
    if not touched:
        return old
    if not touched.isdisjoint(_INTERWOVEN):
        return numbers(sums, limits)
    values, capped = list(old[0]), list(old[1])
    for number in touched:
        if number < len(STATS):
            value, cap = sums[number], limits.caps[number]
            values[number] = value
            capped[number] = value if cap is None or value <= cap else cap
    return values, capped


def _move(values: list[float], sums: Sequence[float], limits: Limits) -> None:
    """Speeds end at what no buff can pass; one who has no power of flight does not fly."""
    for speed, cap in _SPEEDS:
        highest = limits.caps[cap]
        if highest is not None:
            values[cap] = min(values[cap], highest)
            values[speed] = min(max(values[speed], SLOWEST), highest)
    if sums[FLYING] <= 0:
        values[_FLY] = 0.0


def _derive(numbers: list[float], limits: Limits) -> None:
    """The stats per second that follow from others."""
    regeneration = numbers[_REGENERATION] * limits.base_regeneration
    numbers[_REGENERATION_PER_S] = numbers[_HEALTH] * regeneration * _PER_SECOND
    recovery = numbers[_RECOVERY] * limits.base_recovery
    numbers[_RECOVERY_PER_S] = numbers[_ENDURANCE] * recovery * _PER_SECOND
    numbers[_NET_PER_S] = numbers[_RECOVERY_PER_S] - numbers[_USE_PER_S]


def headline(damages: Sequence[float]) -> float:
    """One figure for the strengths of several damage types, as Mids shows it: the strongest,
    unless that is the exception among them."""
    low, high = min(damages), max(damages)
    average = math.fsum(damages) / len(damages)
    return low if high - average > average - low and low > 1.0 else high

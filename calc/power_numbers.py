"""The numbers of one use of a power, by the keys of `calc.power_stats`.

Source: the design's `calc.md` §10, "Hit chance", and §11.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from calc.arcana import arcana_time
from calc.damage import TYPE_OF
from calc.figure_types import EffectFigure
from calc.stats import MEZ_TYPES
from gamedata.catalogue import Power

HIT_CHANCES = (0.05, 0.95)  # no attack is surer or less sure than that
BASE_TO_HIT: dict[int, float] = {
    -4: 0.95,
    -3: 0.90,
    -2: 0.85,
    -1: 0.80,
    0: 0.75,
    1: 0.65,
    2: 0.56,
    3: 0.48,
    4: 0.39,
    5: 0.30,
    6: 0.20,
    7: 0.08,
}
"""The chance to hit a foe by how many levels it is above oneself, before buffs."""

DAMAGE_KEYS = tuple((word, f"power.damage.{word}") for word in TYPE_OF.values())
_MOVING = ("knockback", "knockup", "repel", "teleport")  # these move a foe, and last no time
_MEZZES = frozenset(word.capitalize() for word, _ in MEZ_TYPES if word not in _MOVING)


def own_numbers(power: Power, own: Power, to_hit: float, of_level: float) -> dict[str, float]:
    """What a power itself is before slotting: cost, times, reach, accuracy.

    own: the power that one has: it is the one that recharges and costs, whatever it redirects to.
    to_hit: of a foe of one's own level; of_level: what another level of the foe's adds to it.
    """
    cost = own.endurance_cost or power.endurance_cost
    numbers = {
        "power.accuracy": power.accuracy * to_hit,
        "power.accuracy_multiplier": power.accuracy,
        "power.hit_chance": _hit_chance(power.accuracy, to_hit + of_level),
        "power.recharge": own.recharge_s or power.recharge_s,
        "power.endurance": cost,
        "power.cast": power.cast_s,
        "power.range": power.range_ft,
        "power.interrupt": power.interrupt_s,
        "power.radius": power.radius_ft,
        "power.targets": float(power.max_targets),
    }
    if power.type == "Click":
        numbers["power.arcana_cast"] = arcana_time(power.cast_s)
    elif power.type == "Toggle" and power.period_s > 0:
        numbers["power.endurance_per_second"] = cost / power.period_s
    return numbers


def strengthened(
    before: Mapping[str, float],
    power: Power,
    strengths: Sequence[float],
    to_hit: float,
    of_level: float,
) -> dict[str, float]:
    """A power's own numbers with strengths, by position in `calc.sheet.OWN`.

    before: without. to_hit: with buffs. What a strength of 1 leaves as it is is not touched.
    """
    numbers = dict(before)
    recharge, discount, accuracy, reach, interrupt = strengths[:5]
    if recharge != 1.0:
        numbers["power.recharge"] /= recharge
    if discount != 1.0:
        cost = numbers["power.endurance"] = numbers["power.endurance"] / discount
        if "power.endurance_per_second" in numbers:
            numbers["power.endurance_per_second"] = cost / power.period_s
    multiplier = power.accuracy * accuracy
    numbers["power.accuracy"] = multiplier * to_hit
    numbers["power.accuracy_multiplier"] = multiplier
    numbers["power.hit_chance"] = _hit_chance(multiplier, to_hit + of_level)
    if reach != 1.0:
        numbers["power.range"] *= reach
    if interrupt != 1.0:
        numbers["power.interrupt"] /= interrupt
    return numbers


def _hit_chance(multiplier: float, to_hit: float) -> float:
    low, high = HIT_CHANCES
    chance = (low if to_hit < low else high if to_hit > high else to_hit) * multiplier
    return low if chance < low else high if chance > high else chance


def add_damage(numbers: dict[str, float], damage: Mapping[str, float], power: Power) -> None:
    """Damage by type, and what it comes to for each second and point of endurance.

    Of a toggle or auto it is the damage of one pulse.
    """
    whole = math.fsum(damage.values()) if damage else 0.0
    if not whole:
        return
    numbers["power.damage"] = whole
    for kind, value in damage.items():
        numbers[f"power.damage.{kind}"] = value
    _add_rates(numbers, whole, power)


def strengthened_anew(
    numbers: Mapping[str, float],
    before: Mapping[str, float],
    power: Power,
    strengths: Mapping[str, float],
    to_hit: float,
    of_level: float,
) -> dict[str, float]:
    """A power's numbers with other strengths of its own.

    before: without any. strengths: those that may be others, by attribute: that of accuracy too
    where only the chance to hit is another.
    """
    found = dict(numbers)
    for attribute, strength in strengths.items():
        match attribute:
            case "RechargeTime":
                found["power.recharge"] = before["power.recharge"] / strength
            case "EnduranceDiscount":
                cost = found["power.endurance"] = before["power.endurance"] / strength
                if "power.endurance_per_second" in found:
                    found["power.endurance_per_second"] = cost / power.period_s
            case "Accuracy":
                multiplier = power.accuracy * strength
                found["power.accuracy"] = multiplier * to_hit
                found["power.accuracy_multiplier"] = multiplier
                found["power.hit_chance"] = _hit_chance(multiplier, to_hit + of_level)
            case "Range":
                found["power.range"] = before["power.range"] * strength
            case _:
                found["power.interrupt"] = before["power.interrupt"] / strength
    if "power.damage" in found:
        _add_rates(found, found["power.damage"], power)
    return found


def _add_rates(numbers: dict[str, float], whole: float, power: Power) -> None:
    """What damage comes to for each second and point of endurance."""
    if numbers["power.endurance"]:
        numbers["power.dpe"] = whole / numbers["power.endurance"]
    if "power.arcana_cast" in numbers:
        numbers["power.dpa"] = whole / numbers["power.arcana_cast"]
        seconds = numbers["power.recharge"] + numbers["power.cast"] + numbers["power.interrupt"]
    else:
        seconds = power.period_s
    if seconds:
        numbers["power.dps"] = whole / seconds


def add_duration(
    before: dict[str, float], after: dict[str, float], effects: Iterable[EffectFigure]
) -> None:
    """How long the power's longest mez holds a foe."""
    mezzes = [each for each in effects if each.on == "foe" and each.attribute in _MEZZES]
    if mezzes:
        before["power.duration"] = max(each.duration_before_s or 0.0 for each in mezzes)
        after["power.duration"] = max(each.duration_s or 0.0 for each in mezzes)

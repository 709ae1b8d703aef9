"""Procs: how often what comes by chance, so many times per minute, comes.

Source: the design's `calc.md` §12.
"""

from calc.facts import area_factor
from gamedata.catalogue import Power

HIGHEST = 0.90
_LOWEST = 0.05
_LOWEST_PER_PPM = 0.015
PULSE_S = 10.0  # toggles and autos are asked this often, whatever their own period


def chance(ppm: float, power: Power, recharge: float) -> float:
    """The chance of a proc each time its power is used; of a toggle or auto, every 10 seconds.

    ppm: procs per minute. recharge: what slots and Alpha add to the power's recharge, after ED;
    global recharge does not count.
    """
    if power.type in ("Toggle", "Auto"):
        seconds = PULSE_S
    else:
        seconds = power.recharge_s / (1.0 + recharge) + power.cast_s
    raw = ppm * seconds / (60.0 * (0.25 + 0.75 * area_factor(power)))
    return min(max(raw, _LOWEST + _LOWEST_PER_PPM * ppm), HIGHEST)

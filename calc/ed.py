"""Enhancement Diversification: the more a power is enhanced in one respect, the less more helps."""

import math
from itertools import pairwise
from typing import Literal

Schedule = Literal["A", "B", "C", "D"]

KEPT = (1.0, 0.9, 0.7, 0.15)  # share of the bonus that counts, band by band
KNEES: dict[Schedule, tuple[float, float, float]] = {
    "A": (0.70, 0.90, 1.00),
    "B": (0.40, 0.50, 0.60),
    "C": (0.80, 1.00, 1.20),
    "D": (1.20, 1.50, 1.80),
}
"""Where a schedule's bands end, as fractions. Source: Mids Reborn, `Maths.mhd`; calc.md §6.3."""


_BANDS: dict[Schedule, tuple[tuple[float, float, float], ...]] = {
    schedule: tuple(
        (kept, low, high)
        for kept, (low, high) in zip(KEPT, pairwise((0.0, *knees, math.inf)), strict=True)
    )
    for schedule, knees in KNEES.items()
}


def apply_ed(bonus: float, schedule: Schedule) -> float:
    """Diminish one attribute's enhancement, summed over a power's slots.

    bonus: fraction of the base value. A negative sum (knockback turned to knockdown) is not
    diminished. The result is never above the bonus.

    >>> round(apply_ed(3 * 0.333, "A"), 4)  # three single origins
    0.9493
    """
    bands = _BANDS[schedule]
    if bonus <= bands[0][2]:
        return bonus
    shares = [kept * (min(bonus, high) - low) for kept, low, high in bands if bonus > low]
    # Adding up share by share can end a bit above the bonus itself.
    return min(bonus, math.fsum(shares))

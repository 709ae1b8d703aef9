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


def apply_ed(bonus: float, schedule: Schedule) -> float:
    """Diminish one attribute's enhancement, summed over a power's slots.

    bonus: fraction of the base value. A negative sum (knockback turned to knockdown) is not
    diminished. The result is never above the bonus.

    >>> round(apply_ed(3 * 0.333, "A"), 4)  # three single origins
    0.9493
    """
    first = KNEES[schedule][0]
    if bonus <= first:
        return bonus
    bands = zip(KEPT, pairwise((0.0, *KNEES[schedule], math.inf)), strict=True)
    # Adding up share by share can end a bit above the bonus itself.
    return min(
        bonus, math.fsum(kept * max(0.0, min(bonus, high) - low) for kept, (low, high) in bands)
    )

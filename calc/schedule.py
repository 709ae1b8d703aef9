"""When a character gets powers to pick and slots to add: constants of the game (calc.md 14.1)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

PICK_LEVELS = (1, 1, 2, *range(4, 31, 2), 32, 35, 38, 41, 44, 47, 49)
PICKS: Mapping[int, int] = MappingProxyType(Counter(PICK_LEVELS))
"""How many powers are picked at a level: two at 1, one at 23 others."""

SLOTS: Mapping[int, int] = MappingProxyType(
    dict.fromkeys(range(3, 30, 2), 2)
    | dict.fromkeys((31, 33, 34, 36, 37, 39, 40, 42, 43, 45, 46, 48, 50), 3)
)
"""How many slots are added at a level."""
_EARLIEST = tuple(level for level, count in sorted(SLOTS.items()) for _ in range(count))

MAX_PICKS = sum(PICKS.values())
MAX_ADDED_SLOTS = sum(SLOTS.values())
MAX_SLOTS_PER_POWER = 6  # the own one and five added
MAX_POOLS = 4
MAX_EXTRAS = 30  # temporary and prestige powers: no rule of the game, but there are limits
FIRST_POOL_LEVEL = 4


def free_pick(used: Iterable[int], at_least: int = 1) -> int | None:
    """The lowest level from `at_least` on at which a power can still be picked."""
    return _lowest(PICKS, used, at_least)


def free_slot(used: Iterable[int], at_least: int = 1) -> int | None:
    """The lowest level from `at_least` on at which a slot can still be added."""
    return _lowest(SLOTS, used, at_least)


def _lowest(given: Mapping[int, int], used: Iterable[int], at_least: int) -> int | None:
    taken = Counter(used)
    levels = (level for level, count in given.items() if taken[level] < count)
    return min((level for level in levels if level >= at_least), default=None)


def overdrawn(used: Iterable[int]) -> int | None:
    """The lowest level up to which more slots were added than the game had given by then."""
    added = sorted([level for level in used if level > 0])
    for level, earliest in zip(added, _EARLIEST, strict=False):
        if level < earliest:
            return level
    return added[MAX_ADDED_SLOTS] if len(added) > MAX_ADDED_SLOTS else None

"""The schedule of picks and slots, as the game has it."""

from calc.schedule import (
    MAX_ADDED_SLOTS,
    MAX_PICKS,
    PICKS,
    SLOTS,
    free_pick,
    free_slot,
    overdrawn,
)


def test_24_picks_and_67_slots() -> None:
    assert (MAX_PICKS, MAX_ADDED_SLOTS) == (24, 67)
    assert (PICKS[1], PICKS[2], PICKS[49]) == (2, 1, 1)
    assert 33 not in PICKS
    assert (SLOTS[3], SLOTS[29], SLOTS[31], SLOTS[50]) == (2, 2, 3, 3)
    assert 32 not in SLOTS


def test_no_level_gives_both_a_pick_and_slots() -> None:
    assert not PICKS.keys() & SLOTS.keys()


def test_free_pick_is_the_lowest_that_allows() -> None:
    assert free_pick([]) == 1
    assert free_pick([1]) == 1
    assert free_pick([1, 1]) == 2
    assert free_pick([], at_least=33) == 35
    assert free_pick([49], at_least=49) is None


def test_free_slot_counts_what_is_used() -> None:
    assert free_slot([3]) == 3
    assert free_slot([3, 3]) == 5
    assert free_slot([50, 50], at_least=49) == 50
    assert free_slot([50, 50, 50], at_least=49) is None


def test_budget_is_overdrawn_at_the_first_level_where_it_is() -> None:
    assert overdrawn([]) is None
    assert overdrawn([3, 3, 5, 5]) is None
    assert overdrawn([5, 5, 5, 5]) is None  # later than could be
    assert overdrawn([3, 3, 3]) == 3
    assert overdrawn([2]) == 2  # before the first are given
    assert overdrawn([level for level, count in SLOTS.items() for _ in range(count)]) is None
    assert overdrawn([50] * 68) == 50

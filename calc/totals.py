"""Totals: what a build adds up to, stat by stat, before and after the caps."""

from collections.abc import Mapping

from msgspec import Struct


class Total(Struct, frozen=True, gc=False):
    """One stat of a build, in the stat's unit. value: before the cap; capped: after it."""

    value: float
    capped: float


def difference(old: Mapping[str, Total], new: Mapping[str, Total]) -> dict[str, Total]:
    """The stats whose total changed, with the new total."""
    return {key: total for key, total in new.items() if old.get(key) != total}

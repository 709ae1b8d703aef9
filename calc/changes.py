"""In what one build differs from another, as far as totals and figures follow from it."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

from calc.build import Build, TakenPower

_PLAIN = TakenPower()
Thing = TypeVar("Thing")


class Changes(Struct, frozen=True, gc=False):
    """The powers that differ. slotted: in their slots; switched: on or off, or their count.

    issued: that only one of the builds names, with no level: no pick.
    """

    slotted: tuple[str, ...] = ()
    switched: tuple[str, ...] = ()
    issued: tuple[str, ...] = ()

    @property
    def powers(self) -> frozenset[str]:
        return frozenset((*self.slotted, *self.switched, *self.issued))


def changes(old: Build, new: Build) -> Changes | None:
    """What changed in some powers' slots and switches; None when it was more, or something else.

    What an edit did not touch is the same object.
    """
    if (
        _differ(old.powersets, new.powersets)
        or _differ(old.incarnates, new.incarnates)
        or _differ(old.accolades, new.accolades)
        or old.scenario != new.scenario
        or _differ(old.scenarios.get(old.scenario), new.scenarios.get(new.scenario))
    ):
        return None
    issued: tuple[str, ...] = ()
    there, now = old.powers, new.powers
    others = [power for power, taken in now.items() if there.get(power) is not taken]
    if len(now) != len(there) or any(power not in there for power in others):
        issued = tuple(sorted(there.keys() ^ now.keys()))
        others.extend(there.keys() - now.keys())
    slotted, switched = [], []
    for power in others:
        before, after = there.get(power, _PLAIN), now.get(power, _PLAIN)
        if after.level != before.level:
            return None
        if _differ(before.slots, after.slots):
            slotted.append(power)
        if after.on is not before.on or after.count != before.count:
            switched.append(power)
    return Changes(tuple(slotted), tuple(switched), issued)


def moved(old: Mapping[str, float], new: Mapping[str, float]) -> Collection[str]:
    """Under which names two sets of numbers differ; what is not there is 0."""
    if old == new:
        return ()
    return {name for name in old.keys() | new.keys() if old.get(name, 0.0) != new.get(name, 0.0)}


def differing(old: Sequence[Thing], new: Sequence[Thing]) -> tuple[list[Thing], list[Thing]]:
    """The objects that only one of two sequences has: those that are gone, and those that are new.

    What they begin and end with alike is not looked at twice: of long ones little is left.
    """
    first, last, shorter = 0, 0, min(len(old), len(new))
    while first < shorter and old[first] is new[first]:
        first += 1
    while last < shorter - first and old[-1 - last] is new[-1 - last]:
        last += 1
    before, after = old[first : len(old) - last], new[first : len(new) - last]
    if not before or not after:
        return list(before), list(after)
    known, kept = {id(each) for each in before}, {id(each) for each in after}
    return (
        [each for each in before if id(each) not in kept],
        [each for each in after if id(each) not in known],
    )


def _differ(one: object, other: object) -> bool:
    return one is not other and one != other

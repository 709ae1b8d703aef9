"""In what one build differs from another, as far as totals and figures follow from it."""

from msgspec import Struct

from calc.build import Build, TakenPower

_PLAIN = TakenPower()


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
    if old.powers.keys() != new.powers.keys():
        issued = tuple(sorted(old.powers.keys() ^ new.powers.keys()))
    slotted, switched = [], []
    for power in old.powers.keys() | new.powers.keys() if issued else old.powers:
        before, after = old.powers.get(power, _PLAIN), new.powers.get(power, _PLAIN)
        if after is before:
            continue
        if after.level != before.level:
            return None
        if _differ(before.slots, after.slots):
            slotted.append(power)
        if after.on is not before.on or after.count != before.count:
            switched.append(power)
    return Changes(tuple(slotted), tuple(switched), issued)


def _differ(one: object, other: object) -> bool:
    return one is not other and one != other

"""A build with what the catalogue knows of it, looked up once, and what is new about it."""

from typing import Literal, get_args

from calc.build import Build
from calc.check.holding import NOTHING, Holding, holding
from calc.picks import picked_of
from gamedata.catalogue import Archetype, ArchetypeId, Catalogue, Power, PowerId

Aspect = Literal[
    "character",
    "powersets",
    "picks",
    "switches",
    "incarnates",
    "accolades",
    "scenario",
    "levels",
    "slots",
    "misplaced",
    "foreign",
    "twice",
    "uniques",
    "early",
]
"""What of a build a check reads. character: archetype, origin and level; picks: which powers are
there and at which levels; switches: what is on; levels and those after it: fields of `Holding`."""

_OF_HOLDINGS: tuple[Aspect, ...] = (
    "levels",
    "slots",
    "misplaced",
    "foreign",
    "twice",
    "uniques",
    "early",
)
_ALL: frozenset[Aspect] = frozenset(get_args(Aspect))


class Known:
    """A build with what the catalogue knows of it.

    order: its powers by level and id. picks: their levels. changed: in which aspects the build
    differs from the one before; without one, in all.
    """

    archetype: Archetype | None
    order: list[str]
    powers: dict[str, Power]
    picks: dict[str, int]
    holdings: dict[str, Holding]
    changed: set[Aspect]

    def __init__(self, build: Build, catalogue: Catalogue, before: "Known | None" = None) -> None:
        self.build = build
        self.catalogue = catalogue
        if before is not None and before.catalogue is catalogue:
            self.changed = _changed(build, before.build)
        else:
            before = None
            self.changed = set(_ALL)
        if before is None or "picks" in self.changed:
            self._look_up_powers()
        else:
            self.order, self.powers, self.picks = before.order, before.powers, before.picks
        if before is None or "character" in self.changed:
            self._look_up_archetype()
            self.holdings = {power: self._holding(power, NOTHING) for power in self.order}
            self.changed.update(_OF_HOLDINGS)
        else:
            self.archetype = before.archetype
            self._take_over_holdings(before)

    def _look_up_archetype(self) -> None:
        found = self.catalogue.archetypes.get(ArchetypeId(self.build.archetype))
        self.archetype = found if found is not None and found.player else None

    def _look_up_powers(self) -> None:
        taken, powers = self.build.powers, self.catalogue.powers
        self.order = sorted(taken, key=lambda power: (taken[power].level, power))
        self.powers = {power: powers[PowerId(power)] for power in self.order if power in powers}
        picked = picked_of(self.powers.values(), self.catalogue)
        self.picks = {power.id: taken[power.id].level for power in picked}

    def _take_over_holdings(self, before: "Known") -> None:
        """Of powers that are the same object, what they held before."""
        self.holdings = {}
        taken_before = before.build.powers
        for power, taken in self.build.powers.items():
            there = before.holdings.get(power, NOTHING)
            if taken_before.get(power) is not taken:
                held = self._holding(power, there)
                for aspect in _OF_HOLDINGS:
                    if getattr(held, aspect) != getattr(there, aspect):
                        self.changed.add(aspect)
                there = held
            self.holdings[power] = there
        if "picks" in self.changed:
            self.changed.update(_OF_HOLDINGS)

    def _holding(self, power: str, before: Holding) -> Holding:
        taken, found = self.build.powers[power], self.powers.get(power)
        picked = self.picks.get(power, 0)
        return holding(taken, found, picked, self.build, self.catalogue, before)


def _changed(build: Build, before: Build) -> set[Aspect]:
    """In what a build differs, but for its slots. What an edit did not touch is the same object."""
    changed: set[Aspect] = set()
    if (build.archetype, build.origin, build.level) != (
        before.archetype,
        before.origin,
        before.level,
    ):
        changed.add("character")
    if build.powersets is not before.powersets and build.powersets != before.powersets:
        changed.add("powersets")
    if build.incarnates is not before.incarnates:
        changed.add("incarnates")
    if build.accolades is not before.accolades:
        changed.add("accolades")
    if build.scenario != before.scenario or build.scenarios is not before.scenarios:
        changed.add("scenario")
    if build.powers is not before.powers:
        if len(build.powers) != len(before.powers):
            changed.add("picks")
        for power, taken in build.powers.items():
            there = before.powers.get(power)
            if there is None or there.level != taken.level:
                changed.update(("picks", "switches"))
            elif there.on is not taken.on:
                changed.add("switches")
    return changed


def names(powers: list[Power]) -> str:
    *first, last = [power.name for power in powers]
    return f"{', '.join(first)} and {last}" if first else last

"""A build with what the catalogue knows of it, looked up once, and what is new about it."""

from collections.abc import Iterator, Sequence
from typing import Literal, get_args

from calc.build import Build, TakenPower
from calc.check.holding import NOTHING, Holding, holding
from calc.picks import picked_of
from gamedata.catalogue import Archetype, ArchetypeId, Catalogue, Power, PowerId

Aspect = Literal[
    "character",
    "powersets",
    "picks",
    "issued",
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
picked and at which levels; issued: which others are there; switches: what is on; levels and those
after it: fields of `Holding`."""

_OF_HOLDINGS: tuple[Aspect, ...] = (
    "levels",
    "slots",
    "misplaced",
    "foreign",
    "twice",
    "uniques",
    "early",
)
_PLAIN = TakenPower()
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
        self._others: list[str] = []  # the powers of which something is new
        if before is not None and before.catalogue is catalogue:
            old = before.build.powers
            if build.powers is not old:
                taken = build.powers
                self._others = [power for power in taken if old.get(power) is not taken[power]]
            self.changed = _changed(build, before.build, self._others)
        else:
            before = None
            self.changed = set(_ALL)
        if before is None or "picks" in self.changed:
            self._look_up_powers()
        else:
            self.order, self.powers, self.picks = before.order, before.powers, before.picks
            if "issued" in self.changed:
                self._look_up_powers()
                if list(self.picks.items()) != list(before.picks.items()):
                    self.changed.add("picks")
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
        self.holdings = before.holdings
        if self._others:
            self.holdings = dict(before.holdings)
            for power in self._others:
                there = before.holdings.get(power, NOTHING)
                held = self.holdings[power] = self._holding(power, there)
                self.changed.update(_differ(held, there))
        if not self.changed.isdisjoint(("picks", "issued")):
            for power in before.holdings.keys() - self.build.powers.keys():
                self.changed.update(_differ(NOTHING, before.holdings[power]))
            self.holdings = {power: self.holdings[power] for power in self.build.powers}
        if "picks" in self.changed:
            self.changed.update(_OF_HOLDINGS)

    def _holding(self, power: str, before: Holding) -> Holding:
        taken, found = self.build.powers[power], self.powers.get(power)
        picked = self.picks.get(power, 0)
        return holding(taken, found, picked, self.build, self.catalogue, before)


def _differ(one: Holding, other: Holding) -> Iterator[Aspect]:
    """In what of themselves two holdings differ."""
    for aspect in _OF_HOLDINGS:
        if getattr(one, aspect) != getattr(other, aspect):
            yield aspect


def _changed(build: Build, before: Build, others: Sequence[str]) -> set[Aspect]:
    """In what a build differs, but for its slots. What an edit did not touch is the same object.

    others: the powers of which something is new.
    """
    changed: set[Aspect] = set()
    if (
        build.level != before.level
        or build.archetype != before.archetype
        or build.origin != before.origin
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
    for power in others:
        changed.update(_changed_of(before.powers.get(power, _PLAIN), build.powers[power]))
        if power not in before.powers:
            changed.add("issued")
    if len(build.powers) != len(before.powers) or "issued" in changed:
        for power in before.powers.keys() - build.powers.keys():
            changed.update(_changed_of(before.powers[power], _PLAIN))
            changed.add("issued")
    return changed


def _changed_of(before: TakenPower, taken: TakenPower) -> Iterator[Aspect]:
    if before.level != taken.level:
        yield "picks"
        yield "switches"
    elif before.on is not taken.on:
        yield "switches"


def names(powers: list[Power]) -> str:
    *first, last = [power.name for power in powers]
    return f"{', '.join(first)} and {last}" if first else last

"""The facts of a build in its scenario: what the game's conditions ask about.

Source: the design's `calc.md` §5.4, §9.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import UNSET

from calc.build import Build, PowerCondition, Scenario, TakenPower
from calc.facts import Facts, word
from calc.frame import Frame, Slots
from calc.owned import copies, powersets
from calc.states import is_counted, modes_of_foe
from calc.teammates import counted
from gamedata.catalogue import PowerId

_AS_BUILT = PowerCondition()
_NO_MODES: frozenset[str] = frozenset()
_HIDING = "stalker"

# The class of a foe of each rank, as the game's conditions name it.
FOES: dict[str, str] = {
    "minion": "minion_grunt",
    "lieutenant": "lt_grunt",
    "boss": "boss_grunt",
    "elite_boss": "boss_elite",
    "archvillain": "boss_archvillain",
    "monster": "boss_monster",
}


class Tally(Mapping[str, int]):
    """How often each enhancement is slotted, by lower-case id; counted when somebody asks, which
    is seldom."""

    def __init__(self, slots: Iterable[Slots]) -> None:
        self._slots = tuple(slots)

    @cached_property
    def _counts(self) -> Counter[str]:
        return Counter(slotted.id.lower() for placed in self._slots for slotted in placed)

    def __getitem__(self, enhancement: str) -> int:
        return self._counts[enhancement]

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)


def facts_of(
    build: Build,
    scenario: Scenario,
    had: Mapping[PowerId, TakenPower],
    owned: Mapping[str, int] | None,
    slots: Mapping[PowerId, Slots],
    frame: Frame,
) -> Facts:
    """What conditions can ask about a build in a scenario.

    had: the powers that one has; owned: their copies, where known. slots: what sits in them.
    """
    counts = copies(had, powersets(build)) if owned is None else dict(owned)
    for power, taken in had.items():
        if is_counted(power):
            _set_copies(counts, power, taken, scenario, frame)
    teammates = counted(scenario)
    return Facts(
        word(build.archetype),
        frame.level,
        counts,
        team=max(scenario.team, 1 + sum(teammates.values())),
        hit_points_percent=scenario.health,
        endurance_percent=scenario.endurance,
        rage=_rage(build, scenario),
        activated_s=scenario.activated_s,
        pvp=frame.pvp,
        combat=frame.combat,
        target_hit_points_percent=scenario.target_health,
        target_held=scenario.target_held,
        target_class="" if frame.pvp else FOES[scenario.target_rank],
        slotted=Tally(slots.values()),
        teammates=teammates,
        target_has={power.lower(): many for power, many in scenario.target_has.items()},
        target_modes=modes_of_foe(scenario.target_has, frame.catalogue)
        if scenario.target_has
        else _NO_MODES,
    )


def _rage(build: Build, scenario: Scenario) -> float:
    """One meter for each archetype: the game calls it rage, whatever players call it."""
    if word(build.archetype) == _HIDING:
        return 100.0 if scenario.meter else 0.0  # one is hidden, or is not
    return max(scenario.fury, scenario.meter)


def _set_copies(
    counts: dict[str, int], power: PowerId, taken: TakenPower, scenario: Scenario, frame: Frame
) -> None:
    """How many copies of a state one has: as many as somebody says, and as can be."""
    here = scenario.powers.get(power, _AS_BUILT).count
    many = taken.count if here is UNSET else here
    if many is not UNSET:
        counts[power.lower()] = min(many, frame.catalogue.powers[power].number_allowed)

"""What a build has at the level that it plays at, whether it is on or not: powers, states, slots.

Source: the design's `calc.md` §5.1, §7.1, §9, §13.
"""

from collections.abc import Iterable, Mapping

from msgspec import UNSET

from calc.build import Build, Scenario, TakenPower
from calc.frame import Frame, Slots
from calc.owned import owned_with_copies
from calc.states import STATES, is_state, outdone
from calc.switches import is_on
from gamedata.catalogue import PowerId

_PLAIN = TakenPower()
LEVELS_ABOVE = 5  # how far above the level played at a power may have been picked


def had_by(
    build: Build, scenario: Scenario, frame: Frame
) -> tuple[dict[PowerId, TakenPower], dict[str, int] | None]:
    """The powers that one has at the level one plays at; incarnates and accolades apart.

    With the states that one is in: a scenario may say so, whatever the build has; of one with
    levels only the highest is. And how many copies one has of each, where that is known.
    """
    powers = frame.catalogue.powers
    available = min(build.level, frame.level + LEVELS_ABOVE)
    apart = {*build.incarnates.values(), *build.accolades}
    all_owned, counts = owned_with_copies(build, frame.catalogue, frame.issuing)
    had = {
        power: taken
        for power, taken in all_owned.items()
        if (taken.level or powers[power].level) <= available and power not in apart
    }
    built, said = _states(build.powers, frame), _states(scenario.powers, frame)
    for state in built:
        if state in had and not is_on(state, had[state], scenario, frame):
            del had[state]
    for state in said:
        if state not in had and scenario.powers[state].on is True:
            had[state] = _PLAIN
    if built or said:
        for state in outdone(state for state in {*built, *said} if state in had):
            del had[state]
    return had, counts if had.keys() == all_owned.keys() else None


def _states(powers: Iterable[str], frame: Frame) -> list[PowerId]:
    """Those of some powers that are states which others put one in."""
    known = frame.catalogue.powers
    states = [PowerId(power) for power in powers if power.startswith(STATES)]
    return sorted(state for state in states if state in known and is_state(known[state]))


def set_bonuses_of(
    slots: Mapping[PowerId, Slots], frame: Frame
) -> dict[PowerId, tuple[PowerId, ...]]:
    """The bonuses that each power's slots give."""
    return {
        power: given
        for power, placed in slots.items()
        if placed and (given := frame.set_bonuses(placed))
    }


def slots_of(taken: TakenPower, level: int, frame: Frame) -> Slots:
    """The enhancements in a power's slots, as far as the catalogue knows them, by slot id."""
    if not taken.slots:
        return ()
    return tuple(
        slot.enhancement
        for _, slot in sorted(taken.slots.items())
        if slot.enhancement is not UNSET
        and slot.level <= level
        and slot.enhancement.id in frame.catalogue.enhancements
    )

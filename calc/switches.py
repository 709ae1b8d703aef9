"""The scenario that a build is read in, and what it and the build say of each power's switches."""

from msgspec import UNSET

from calc.build import Build, PowerCondition, Scenario, TakenPower
from calc.frame import Frame
from gamedata.catalogue import PowerId

_AS_BUILT = PowerCondition()
_NOTHING = Scenario()


def scenario_of(build: Build) -> Scenario:
    """The scenario that a build is read in; one that is not there has nothing happening."""
    return build.scenarios.get(build.scenario, _NOTHING)


def combat_level(build: Build, scenario: Scenario) -> int:
    """The level of every table: one's own, or the lower one that one plays at."""
    return min(build.level, scenario.exemplar or build.level)


def is_on(power: PowerId, taken: TakenPower, scenario: Scenario, frame: Frame) -> bool:
    condition = scenario.powers.get(power, _AS_BUILT)
    if condition.on is not UNSET:
        return condition.on
    if taken.on is not UNSET:
        return taken.on
    return frame.is_on(power)


def count_of(power: PowerId, taken: TakenPower, scenario: Scenario, frame: Frame) -> int:
    condition = scenario.powers.get(power, _AS_BUILT)
    if condition.count is not UNSET:
        return condition.count
    if taken.count is not UNSET:
        return taken.count
    # What nobody has chosen: the targets in range, or one stack.
    match frame.targets(power):
        case "foes":
            return scenario.foes
        case "allies":
            return scenario.allies
        case _:
            return 1

"""The conditions under which a build is read."""

from collections.abc import Mapping

from msgspec import UNSET
from msgspec.structs import replace

from calc.build import (
    MAX_ON_TARGET,
    MAX_POWERS,
    MAX_SCENARIOS,
    Build,
    PowerCondition,
    Scenario,
)
from calc.canonical import scenario_without_defaults
from calc.operation_types import (
    AddScenario,
    Applied,
    ChangeScenario,
    ChooseScenario,
    Refused,
    RemoveScenario,
    SetScenarioPower,
)
from calc.rulebook import refused
from calc.teammates import breaches, with_teammates
from gamedata.catalogue import Catalogue, PowerId

_BY_ID = ("teammates", "target_has")  # of these a change names some, and others stay
_CONDITIONS = tuple(
    name
    for name in ChangeScenario.__struct_fields__
    if name not in ("scenario", "expects", *_BY_ID)
)


def add(build: Build, operation: AddScenario, catalogue: Catalogue) -> Applied | Refused:
    if operation.scenario in build.scenarios:
        return refused("scenario_exists", "There is a scenario of this id already.")
    if len(build.scenarios) >= MAX_SCENARIOS:
        return refused("too_many_scenarios", f"A build has at most {MAX_SCENARIOS} scenarios.")
    conditions = scenario_without_defaults(operation.conditions)
    breach = next(breaches(conditions, catalogue), None)
    if breach is not None:
        return refused(breach.code, breach.message)
    changed = _with(build, operation.scenario, conditions)
    return Applied(changed, (RemoveScenario(operation.scenario),))


def change(build: Build, operation: ChangeScenario, catalogue: Catalogue) -> Applied | Refused:
    scenario = build.scenarios.get(operation.scenario)
    if scenario is None:
        return _no_such_scenario()
    wanted = {
        name: value for name in _CONDITIONS if (value := getattr(operation, name)) is not UNSET
    }
    back = {name: getattr(scenario, name) for name in wanted}
    after = replace(scenario, **wanted)
    if operation.teammates is not UNSET:
        after = with_teammates(after, operation.teammates, grows="team" not in wanted)
        back["team"] = scenario.team
        back["teammates"] = {
            archetype: scenario.teammates.get(archetype, 0) for archetype in operation.teammates
        }
    if operation.target_has is not UNSET:
        found = _with_on_target(after, operation.target_has, catalogue)
        if isinstance(found, Refused):
            return found
        after = found
        back["target_has"] = {
            power: scenario.target_has.get(power, 0) for power in operation.target_has
        }
    if after == scenario:
        return Applied(build, ())
    if after.team != scenario.team or after.teammates != scenario.teammates:
        known = tuple(breaches(scenario, catalogue))  # which came from elsewhere
        breach = next((each for each in breaches(after, catalogue) if each not in known), None)
        if breach is not None:
            return refused(breach.code, breach.message)
    changed = _with(build, operation.scenario, after)
    return Applied(changed, (ChangeScenario(operation.scenario, **back),))


def _with_on_target(
    scenario: Scenario, given: Mapping[str, int], catalogue: Catalogue
) -> Scenario | Refused:
    """A scenario in which the foe has other numbers of some powers, 0 for none."""
    there = {power: many for power, many in {**scenario.target_has, **given}.items() if many}
    if any(PowerId(power) not in catalogue.powers for power in given if power in there):
        return _unknown_power()
    if len(there) > MAX_ON_TARGET:
        message = f"A scenario speaks of at most {MAX_ON_TARGET} powers that the foe has."
        return refused("too_many_conditions", message)
    return replace(scenario, target_has=there)


def remove(build: Build, operation: RemoveScenario) -> Applied | Refused:
    scenarios = dict(build.scenarios)
    scenario = scenarios.pop(operation.scenario, None)
    if scenario is None:
        return _no_such_scenario()
    if operation.scenario == build.scenario:
        message = "The totals are read under this scenario; choose another one first."
        return refused("scenario_chosen", message)
    changed = replace(build, scenarios=scenarios)
    return Applied(changed, (AddScenario(operation.scenario, scenario),))


def choose(build: Build, operation: ChooseScenario) -> Applied | Refused:
    if operation.scenario not in build.scenarios:
        return _no_such_scenario()
    if operation.scenario == build.scenario:
        return Applied(build, ())
    changed = replace(build, scenario=operation.scenario)
    return Applied(changed, (ChooseScenario(build.scenario),))


def set_power(build: Build, operation: SetScenarioPower, catalogue: Catalogue) -> Applied | Refused:
    scenario = build.scenarios.get(operation.scenario)
    if scenario is None:
        return _no_such_scenario()
    before = scenario.powers.get(operation.power, PowerCondition())
    wanted = PowerCondition(operation.on, operation.count)
    if wanted == before:
        return Applied(build, ())
    powers = dict(scenario.powers)
    if wanted == PowerCondition():
        del powers[operation.power]
    elif PowerId(operation.power) not in catalogue.powers:
        return _unknown_power()
    elif operation.power not in powers and len(powers) >= MAX_POWERS:
        message = f"A scenario speaks of at most {MAX_POWERS} powers."
        return refused("too_many_conditions", message)
    else:
        powers[operation.power] = wanted
    changed = _with(build, operation.scenario, replace(scenario, powers=powers))
    back = SetScenarioPower(operation.scenario, operation.power, before.on, before.count)
    return Applied(changed, (back,))


def _with(build: Build, scenario_id: str, scenario: Scenario) -> Build:
    return replace(build, scenarios=build.scenarios | {scenario_id: scenario})


def _unknown_power() -> Refused:
    return refused("unknown_power", "This power is not in the game data in use.")


def _no_such_scenario() -> Refused:
    return refused("no_such_scenario", "This scenario is not there any more.")

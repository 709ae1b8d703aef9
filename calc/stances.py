"""Toggles of which the game lets one run: stances, forms, ammunition, ways to travel.

Which they are is in their exclusion groups. Source: the design's `calc.md` §14.5.
"""

from collections.abc import Iterable, Iterator, Mapping

from calc.build import PowerCondition, Scenario, TakenPower
from gamedata.catalogue import Catalogue, Power, PowerId

_AS_BUILT = PowerCondition()
_NO_PICK = 99  # after every level


def can_exclude(power: Power) -> bool:
    """Whether there may be powers that cannot run together with this one."""
    return bool(power.exclusion_groups) and power.type == "Toggle"


def exclude_each_other(one: Power, other: Power) -> bool:
    """Whether two powers cannot run together."""
    return (
        one.id != other.id
        and can_exclude(one)
        and can_exclude(other)
        and not set(one.exclusion_groups).isdisjoint(other.exclusion_groups)
    )


def resting(
    on: Mapping[PowerId, TakenPower], scenario: Scenario, catalogue: Catalogue
) -> dict[PowerId, PowerId]:
    """Of powers that are on, those that rest nevertheless, each with the one that keeps it so.

    What the scenario switches on goes before what the build does; then what was picked first,
    and of one level the first by id.
    """
    several = [
        (power, taken) for power, taken in on.items() if can_exclude(catalogue.powers[power])
    ]
    if len(several) < 2:
        return {}
    runs: dict[str, PowerId] = {}
    rests: dict[PowerId, PowerId] = {}
    for power, _ in sorted(several, key=lambda each: _precedence(each[0], each[1], scenario)):
        groups = catalogue.powers[power].exclusion_groups
        before = next((runs[group] for group in groups if group in runs), None)
        if before is None:
            runs.update(dict.fromkeys(groups, power))
        else:
            rests[power] = before
    return rests


def _precedence(power: PowerId, taken: TakenPower, scenario: Scenario) -> tuple[bool, int, str]:
    by_scenario = scenario.powers.get(power, _AS_BUILT).on is True
    return not by_scenario, taken.level or _NO_PICK, power


def others(power: Power, powers: Iterable[str], catalogue: Catalogue) -> Iterator[PowerId]:
    """Of these powers, those that cannot run together with one."""
    if can_exclude(power):
        for other_id in powers:
            other = catalogue.powers.get(PowerId(other_id))
            if other is not None and exclude_each_other(power, other):
                yield other.id

"""The one form of a document: what operations write, and what documents from elsewhere become.

No default is written, the own slot is there only while it holds an enhancement and has no level,
a pool that is not chosen is not named, of what the game grants by itself only what deviates
is there, and the chosen scenario is there.
"""

from msgspec import UNSET
from msgspec.structs import replace

from calc import defaults
from calc.build import MAX_SCENARIOS, OWN_SLOT, Build, PowerCondition, Scenario, Slot, TakenPower
from calc.picks import is_extra, is_pick
from calc.teammates import large_enough
from gamedata.catalogue import Catalogue, Power, PowerId

_AS_BUILT = PowerCondition()


def canonical(build: Build, catalogue: Catalogue) -> Build:
    """A build from elsewhere in the form in which operations would have left it.

    What it means stays, also where it breaks rules.
    """
    powers: dict[str, TakenPower] = {}
    for power_id, taken in build.powers.items():
        taken = replace(taken, slots=_slots(taken.slots))
        power = catalogue.powers.get(PowerId(power_id))
        if power is not None:
            taken = without_defaults(taken, power)
        if power is None or not may_be_absent(taken, power, catalogue):
            powers[power_id] = taken
    pools = {pool: True for pool, is_chosen in build.powersets.pools.items() if is_chosen}
    return replace(
        build,
        powers=powers,
        powersets=replace(build.powersets, pools=pools),
        scenarios=_scenarios(build),
    )


def _scenarios(build: Build) -> dict[str, Scenario]:
    """Each without empty conditions; one that is chosen and not there is under its id."""
    scenarios = {
        key: scenario_without_defaults(scenario) for key, scenario in build.scenarios.items()
    }
    if build.scenario not in scenarios and len(scenarios) < MAX_SCENARIOS:
        scenarios[build.scenario] = Scenario(title=build.scenario.capitalize())
    return scenarios


def scenario_without_defaults(scenario: Scenario) -> Scenario:
    """A scenario without conditions that say nothing, and with a team of all who are named."""
    scenario = large_enough(scenario)
    if _AS_BUILT not in scenario.powers.values():
        return scenario
    powers = {power: each for power, each in scenario.powers.items() if each != _AS_BUILT}
    return replace(scenario, powers=powers)


def without_defaults(taken: TakenPower, power: Power) -> TakenPower:
    """What is said of a power, without what holds anyway."""
    on = UNSET if taken.on == defaults.on(power) else taken.on
    count = UNSET if taken.count == defaults.count(power) else taken.count
    return taken if on is taken.on and count is taken.count else replace(taken, on=on, count=count)


def may_be_absent(taken: TakenPower, power: Power, catalogue: Catalogue) -> bool:
    """Whether a power needs no place in the document."""
    return defaults.is_plain(taken) and not (is_pick(power, catalogue) or is_extra(power))


def _slots(slots: dict[str, Slot]) -> dict[str, Slot]:
    return {
        slot_id: Slot(0, slot.enhancement) if slot_id == OWN_SLOT else slot
        for slot_id, slot in slots.items()
        if slot_id != OWN_SLOT or slot.enhancement is not UNSET
    }

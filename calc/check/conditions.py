"""Incarnates, accolades, the scenario, and what is switched on."""

from collections.abc import Iterator

from msgspec import UNSET

from calc import incarnates, stances, teammates
from calc.accolades import PAIRS, is_accolade
from calc.build import Scenario, TakenPower
from calc.check.known import Known, names
from calc.rulebook import Breach
from gamedata.catalogue import Power, PowerId


def incarnate_slots(known: Known) -> Iterator[Breach]:
    filled = sorted(known.build.incarnates.items())
    for slot, power_id in filled:
        power = known.catalogue.powers.get(PowerId(power_id))
        if power is None:
            message = f"The {slot} slot's power is not in the game data in use."
            yield Breach("unknown_power", message, power_id)
        elif slot not in incarnates.SLOTS:
            yield Breach("no_such_incarnate_slot", f"There is no {slot} slot.", power_id)
        elif incarnates.slot_of(power) != slot:
            message = f"{power.name} does not go into the {slot} slot."
            yield Breach("wrong_incarnate_slot", message, power_id)
    if filled and known.build.level < incarnates.FIRST_LEVEL:
        message = f"Incarnate slots are filled at level {known.build.level}."
        yield Breach("incarnate_too_early", message, filled[0][1])


def accolades(known: Known) -> Iterator[Breach]:
    had = known.build.accolades
    for power_id in sorted(had):
        power = known.catalogue.powers.get(PowerId(power_id))
        if power is None:
            message = f"The accolade {power_id} is not in the game data in use."
            yield Breach("unknown_power", message, power_id)
        elif not is_accolade(power):
            yield Breach("not_an_accolade", f"{power.name} is no accolade's power.", power_id)
    for villain, hero in sorted(PAIRS.items()):
        if had.get(villain) and had.get(hero):
            both = (known.catalogue.powers.get(PowerId(each)) for each in (hero, villain))
            named = " and ".join(power.name for power in both if power is not None)
            message = f"{named or 'Two forms'} are one accolade; it counts once."
            yield Breach("accolade_twice", message, villain)


def scenario(known: Known) -> Iterator[Breach]:
    """A document without any scenario is read as if nothing happened."""
    build = known.build
    if build.scenarios and build.scenario not in build.scenarios:
        yield Breach("no_such_scenario", f"The scenario {build.scenario} is not there.")
    for each in build.scenarios.values():
        yield from teammates.breaches(each, known.catalogue)


def switches(known: Known) -> Iterator[Breach]:
    """Of powers that exclude each other; what only a scenario switches on is its right."""
    scenario = known.build.scenarios.get(known.build.scenario, Scenario())
    conditions = scenario.powers
    on: dict[PowerId, TakenPower] = {}
    for power_id, power in known.powers.items():
        taken = known.build.powers[power_id]
        here = conditions[power_id].on if power_id in conditions else UNSET
        if stances.can_exclude(power) and (taken.on if here is UNSET else here) is True:
            on[power.id] = taken
    together: dict[PowerId, list[Power]] = {}
    for rests, runs in stances.resting(on, scenario, known.catalogue).items():
        by_scenario = [each in conditions and conditions[each].on is True for each in (rests, runs)]
        if by_scenario != [False, True]:
            together.setdefault(runs, []).append(known.powers[rests])
    for runs, powers in together.items():
        counts = known.powers[runs]
        message = (
            f"{names([counts, *powers])} exclude each other, and are on together; "
            f"{counts.name} counts."
        )
        yield Breach("exclude_each_other", message, powers[-1].id)

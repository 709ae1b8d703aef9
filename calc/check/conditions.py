"""Incarnates, accolades, the scenario, and what is switched on."""

from collections.abc import Iterator

from msgspec import UNSET

from calc import incarnates, teammates
from calc.accolades import PAIRS, is_accolade
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
    scenario = known.build.scenarios.get(known.build.scenario)
    conditions = scenario.powers if scenario is not None else {}
    groups: dict[str, list[Power]] = {}
    for power_id in known.order:
        power = known.powers.get(power_id)
        on = known.build.powers[power_id].on
        if power_id in conditions and conditions[power_id].on is not UNSET:
            on = conditions[power_id].on
        if power is not None and power.type == "Toggle" and on is True:
            for group in power.exclusion_groups:
                groups.setdefault(group, []).append(power)
    told: set[tuple[str, ...]] = set()
    for powers in groups.values():
        together = tuple(power.id for power in powers)
        if len(powers) > 1 and together not in told:
            told.add(together)
            message = f"{names(powers)} exclude each other, and are on together."
            yield Breach("exclude_each_other", message, powers[-1].id)

"""Picks, and what is switched on."""

from collections.abc import Iterator

from msgspec import UNSET
from msgspec.structs import replace

from calc import defaults, stances
from calc.apply.document import (
    count_of,
    is_on,
    is_pick_id,
    taken_in,
    with_power,
    without_powers,
)
from calc.apply.slots import with_slots
from calc.build import Build, TakenPower
from calc.operation_types import (
    Applied,
    DropPower,
    MovePower,
    Refused,
    SetCount,
    SwitchPower,
    TakePower,
)
from calc.picks import (
    chosen_with_trunks,
    comes_by_itself,
    has,
    is_extra,
    is_pick,
    lowest_level,
)
from calc.rulebook import a, refused
from calc.schedule import MAX_EXTRAS, MAX_PICKS, PICKS, free_pick
from gamedata.catalogue import ArchetypeId, Catalogue, Power, PowerId
from gamedata.queries import role_of


def take(build: Build, operation: TakePower, catalogue: Catalogue) -> Applied | Refused:
    power = catalogue.powers.get(PowerId(operation.power))
    if power is None:
        return _unknown()
    if is_extra(power):
        return _take_extra(build, power, operation, catalogue)
    refusal = _not_pickable(build, power, catalogue)
    if refusal is not None:
        return refusal
    level = _pick_level(build, operation, power, catalogue)
    if isinstance(level, Refused):
        return level
    on = operation.on
    if on is UNSET:
        on = defaults.on_when_taken(power, _excluded_is_on(build, power, catalogue))
    taken = TakenPower(level=level, on=on, count=operation.count)
    changed = with_power(build, power, taken, catalogue)
    slotted = with_slots(changed, power, operation.slots, catalogue)
    if isinstance(slotted, Refused):
        return slotted
    return Applied(slotted, (DropPower(power.id),))


def _take_extra(
    build: Build, power: Power, operation: TakePower, catalogue: Catalogue
) -> Applied | Refused:
    """A temporary or prestige power: no pick, and at no level."""
    if power.id in build.powers:
        return refused("already_taken", f"{power.name} is there already.")
    if operation.level is not UNSET:
        return refused("no_pick_at_level", f"{power.name} is no pick, and has no level.")
    extras = (catalogue.powers.get(PowerId(other)) for other in build.powers)
    if sum(1 for other in extras if other is not None and is_extra(other)) >= MAX_EXTRAS:
        message = f"A build has at most {MAX_EXTRAS} temporary and prestige powers."
        return refused("too_many_extras", message)
    taken = TakenPower(on=operation.on, count=operation.count)
    changed = with_power(build, power, taken, catalogue)
    slotted = with_slots(changed, power, operation.slots, catalogue)
    if isinstance(slotted, Refused):
        return slotted
    return Applied(slotted, (DropPower(power.id),))


def drop(build: Build, operation: DropPower, catalogue: Catalogue) -> Applied | Refused:
    power = catalogue.powers.get(PowerId(operation.power))
    if power is not None and power.auto_issue and comes_by_itself(build, power, catalogue):
        return refused("granted", f"{power.name} comes by itself and cannot be dropped.")
    if operation.power in build.incarnates.values():
        name = operation.power if power is None else power.name
        return refused("granted", f"{name} is an incarnate power: clear its slot.")
    if operation.power not in build.powers:
        return _unknown() if power is None else _not_taken(power)
    rest, back = without_powers(build, build, (operation.power,), catalogue)
    return Applied(rest, back)


def move(build: Build, operation: MovePower, catalogue: Catalogue) -> Applied | Refused:
    power = catalogue.powers.get(PowerId(operation.power))
    if power is None:
        return _unknown()
    taken = build.powers.get(power.id)
    if taken is None or not is_pick(power, catalogue):
        return _not_taken(power)
    if operation.level not in PICKS:
        return _no_pick_at(operation.level)
    if operation.level == taken.level:
        return Applied(build, ())
    moved = replace(taken, level=operation.level)
    powers = build.powers | {power.id: moved}
    there = [other for other in _picked_at(build, operation.level, catalogue) if other != power.id]
    if len(there) < PICKS[operation.level]:
        inverse: tuple[MovePower] | tuple[DropPower, TakePower]
        if taken.level:
            inverse = (MovePower(power.id, taken.level),)
        else:  # at none, as a document may have it: no operation names that
            again = TakePower(power.id, UNSET, is_on(taken, power), taken.count, taken.slots)
            inverse = (DropPower(power.id), again)
        return Applied(replace(build, powers=powers), inverse)
    other = min(there, key=lambda name: (not name.startswith(f"{power.powerset}."), name))
    powers[other] = replace(build.powers[other], level=taken.level)
    # From level 1 the other one comes back: two are picked there, and it knows whom it replaced.
    back = (
        MovePower(power.id, taken.level) if taken.level > 1 else MovePower(other, operation.level)
    )
    return Applied(replace(build, powers=powers), (back,))


def switch(build: Build, operation: SwitchPower, catalogue: Catalogue) -> Applied | Refused:
    power = catalogue.powers.get(PowerId(operation.power))
    if power is None:
        return _unknown()
    if not has(build, power, catalogue):
        return _not_taken(power)
    taken = taken_in(build, power.id)
    changed = with_power(build, power, replace(taken, on=operation.on), catalogue)
    back = [SwitchPower(power.id, is_on(taken, power), keep_others=True)]
    if operation.on and not operation.keep_others:
        for other_id in sorted(stances.others(power, build.powers, catalogue)):
            other, there = catalogue.powers[other_id], build.powers[other_id]
            if is_on(there, other):
                changed = with_power(changed, other, replace(there, on=False), catalogue)
                back.append(SwitchPower(other_id, True, keep_others=True))
    return Applied(changed, tuple(back))


def set_count(build: Build, operation: SetCount, catalogue: Catalogue) -> Applied | Refused:
    power = catalogue.powers.get(PowerId(operation.power))
    if power is None:
        return _unknown()
    if not has(build, power, catalogue):
        return _not_taken(power)
    taken = taken_in(build, power.id)
    changed = with_power(build, power, replace(taken, count=operation.count), catalogue)
    return Applied(changed, (SetCount(power.id, count_of(taken, power)),))


def _not_pickable(build: Build, power: Power, catalogue: Catalogue) -> Refused | None:
    if power.auto_issue:
        return refused("granted", f"{power.name} comes by itself and is not picked.")
    if not is_pick(power, catalogue):
        return refused("not_pickable", f"{power.name} cannot be picked.")
    if power.id in build.powers:
        return refused("already_taken", f"{power.name} is picked already.")
    if power.powerset in chosen_with_trunks(build):
        return None
    archetype = catalogue.archetypes.get(ArchetypeId(build.archetype))
    powerset = catalogue.powersets.get(power.powerset)
    set_name = (powerset.name if powerset else "") or power.powerset
    if archetype is not None and role_of(catalogue, archetype.id, power.powerset) is None:
        message = f"{power.name} is of {set_name}, which {a(archetype.name)} cannot have."
        return refused("wrong_archetype", message)
    return refused("powerset_not_chosen", f"Choose {set_name} first: {power.name} is one of it.")


def _pick_level(
    build: Build, operation: TakePower, power: Power, catalogue: Catalogue
) -> int | Refused:
    picked = {
        power_id: taken.level
        for power_id, taken in build.powers.items()
        if is_pick_id(power_id, catalogue)
    }
    if len(picked) >= MAX_PICKS:
        message = f"A character picks {MAX_PICKS} powers; drop one to pick {power.name}."
        return refused("too_many_picks", message)
    if operation.level is UNSET:
        return _lowest_pick(picked, power, build, catalogue)
    if operation.level not in PICKS:
        return _no_pick_at(operation.level)
    there = [power_id for power_id, level in picked.items() if level == operation.level]
    if len(there) >= PICKS[operation.level]:
        names = " and ".join(catalogue.powers[PowerId(power_id)].name for power_id in sorted(there))
        return refused("level_taken", f"At level {operation.level}, {names} was picked.")
    return operation.level


def _lowest_pick(
    picked: dict[str, int], power: Power, build: Build, catalogue: Catalogue
) -> int | Refused:
    """Level 1 is for one primary and one secondary; what comes too early beats no pick at all."""
    lowest = lowest_level(power)
    category = power.powerset.partition(".")[0]
    second = lowest == 1 and any(
        level == 1 and power_id.startswith(f"{category}.") for power_id, level in picked.items()
    )
    for at_least in (2 if second else lowest, lowest, 1):
        level = free_pick(picked.values(), at_least)
        if level is not None:
            return level
    return refused("too_many_picks", f"There is no level left at which to pick {power.name}.")


def _picked_at(build: Build, level: int, catalogue: Catalogue) -> Iterator[str]:
    for power_id, taken in build.powers.items():
        if taken.level == level and is_pick_id(power_id, catalogue):
            yield power_id


def _excluded_is_on(build: Build, power: Power, catalogue: Catalogue) -> bool:
    """Whether a power is on that cannot be on together with this one."""
    return any(
        is_on(build.powers[other], catalogue.powers[other])
        for other in stances.others(power, build.powers, catalogue)
    )


def _unknown() -> Refused:
    return refused("unknown_power", "This power is not in the game data in use.")


def _not_taken(power: Power) -> Refused:
    return refused("not_taken", f"{power.name} is not among this character's powers.")


def _no_pick_at(level: int) -> Refused:
    return refused("no_pick_at_level", f"No power is picked at level {level}.")

"""Incarnate slots and accolades."""

from msgspec import UNSET
from msgspec.structs import replace

from calc.accolades import is_accolade
from calc.build import MAX_ACCOLADES, Build
from calc.incarnates import SLOTS, slot_of
from calc.operation_types import (
    AddAccolade,
    Applied,
    Operation,
    Refused,
    RemoveAccolade,
    SetCount,
    SetIncarnate,
    SwitchAccolade,
    SwitchPower,
)
from calc.rulebook import refused
from gamedata.catalogue import Catalogue, PowerId


def set_incarnate(build: Build, operation: SetIncarnate, catalogue: Catalogue) -> Applied | Refused:
    before = build.incarnates.get(operation.slot, "")
    if operation.power:
        refusal = _misfit(operation, catalogue)
        if refusal is not None:
            return refusal
    elif not before and operation.slot not in SLOTS:
        return _no_such_slot()
    if operation.power == before:
        return Applied(build, ())
    incarnates = dict(build.incarnates)
    if operation.power:
        incarnates[operation.slot] = operation.power
    else:
        del incarnates[operation.slot]
    back: list[Operation] = [SetIncarnate(operation.slot, before)]
    powers = dict(build.powers)
    if before not in incarnates.values():
        taken = powers.pop(before, None)
        if taken is not None and taken.on is not UNSET:
            back.append(SwitchPower(before, taken.on, keep_others=True))
        if taken is not None and taken.count is not UNSET:
            back.append(SetCount(before, taken.count))
    return Applied(replace(build, incarnates=incarnates, powers=powers), tuple(back))


def _misfit(operation: SetIncarnate, catalogue: Catalogue) -> Refused | None:
    power = catalogue.powers.get(PowerId(operation.power))
    if power is None:
        return refused("unknown_power", "This power is not in the game data in use.")
    if operation.slot not in SLOTS:
        return _no_such_slot()
    if slot_of(power) != operation.slot:
        message = f"{power.name} does not go into the {operation.slot} slot."
        return refused("wrong_incarnate_slot", message)
    return None


def _no_such_slot() -> Refused:
    return refused("no_such_incarnate_slot", f"Incarnate slots are {', '.join(SLOTS)}.")


def add_accolade(build: Build, operation: AddAccolade, catalogue: Catalogue) -> Applied | Refused:
    power = catalogue.powers.get(PowerId(operation.power))
    if power is None:
        return refused("unknown_power", "This power is not in the game data in use.")
    if not is_accolade(power):
        return refused("not_an_accolade", f"{power.name} is no accolade's power.")
    if power.id in build.accolades:
        return refused("already_taken", f"{power.name} is there already.")
    if len(build.accolades) >= MAX_ACCOLADES:
        return refused("too_many_extras", f"A build has at most {MAX_ACCOLADES} accolades.")
    accolades = build.accolades | {power.id: operation.on}
    return Applied(replace(build, accolades=accolades), (RemoveAccolade(power.id),))


def remove_accolade(build: Build, operation: RemoveAccolade) -> Applied | Refused:
    accolades = dict(build.accolades)
    on = accolades.pop(operation.power, None)
    if on is None:
        return _no_such_accolade()
    back = AddAccolade(operation.power, on)
    return Applied(replace(build, accolades=accolades), (back,))


def switch_accolade(build: Build, operation: SwitchAccolade) -> Applied | Refused:
    on = build.accolades.get(operation.power)
    if on is None:
        return _no_such_accolade()
    if on == operation.on:
        return Applied(build, ())
    accolades = build.accolades | {operation.power: operation.on}
    return Applied(replace(build, accolades=accolades), (SwitchAccolade(operation.power, on),))


def _no_such_accolade() -> Refused:
    return refused("not_taken", "This accolade is not among the character's.")

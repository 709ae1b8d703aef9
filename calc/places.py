"""Where in the build document an operation does its work, and what is there."""

from msgspec import UNSET, Struct

from calc import operation_types as operations
from calc import patch
from calc.build import Build

Place = tuple[str, ...]
"""Keys from the document's root to a value."""


def place(operation: operations.Step) -> Place:
    """The one place that an operation is about; what else it changes follows from it."""
    match operation:
        case operations.SetTitle():
            return ("title",)
        case operations.SetNotes():
            return ("notes",)
        case operations.SetLevel():
            return ("level",)
        case operations.SetOrigin():
            return ("origin",)
        case operations.SetArchetype():
            return ("archetype",)
        case operations.SetPowerset(role=role):
            return ("powersets", role)
        case operations.AddPool(powerset=powerset) | operations.RemovePool(powerset=powerset):
            return ("powersets", "pools", powerset)
        case operations.SetIncarnate(slot=slot):
            return ("incarnates", slot)
        case (
            operations.AddAccolade(power=power)
            | operations.RemoveAccolade(power=power)
            | operations.SwitchAccolade(power=power)
        ):
            return ("accolades", power)
        case operations.ChooseScenario():
            return ("scenario",)
        case (
            operations.AddScenario(scenario=scenario)
            | operations.ChangeScenario(scenario=scenario)
            | operations.RemoveScenario(scenario=scenario)
        ):
            return ("scenarios", scenario)
        case operations.SetScenarioPower(scenario=scenario, power=power):
            return ("scenarios", scenario, "powers", power)
        case operations.Restore():
            return common(operation.patch)
        case _:
            return ("powers", operation.power, *_within_power(operation))


def _within_power(
    operation: operations.TakePower
    | operations.DropPower
    | operations.MovePower
    | operations.SwitchPower
    | operations.SetCount
    | operations.AddSlot
    | operations.RemoveSlot
    | operations.MoveSlot
    | operations.PlaceEnhancement
    | operations.ClearEnhancement
    | operations.ChangeEnhancement
    | operations.SwitchProc,
) -> Place:
    match operation:
        case operations.TakePower() | operations.DropPower():
            return ()
        case operations.MovePower():
            return ("level",)
        case operations.SwitchPower():
            return ("on",)
        case operations.SetCount():
            return ("count",)
        case operations.AddSlot(slot=slot) | operations.RemoveSlot(slot=slot):
            return ("slots", slot)
        case operations.MoveSlot(slot=slot):
            return ("slots", slot, "level")
        case operations.SwitchProc(slot=slot):
            return ("slots", slot, "enhancement", "proc")
        case _:
            return ("slots", operation.slot, "enhancement")


def as_expected(build: Build, operation: operations.Step) -> bool:
    """Whether a build has at the operation's place what its author saw there, if they said."""
    if isinstance(operation, operations.Restore) or operation.expects is UNSET:
        return True
    where = place(operation)
    if operation.expects is None:
        return not _is_in(patch.document(build), where)
    found: object = build
    for key in where:
        if isinstance(found, Struct):
            found = getattr(found, key, UNSET)
        else:
            found = found.get(key, UNSET) if isinstance(found, dict) else UNSET
    return bool(found == operation.expects)


def common(change: object) -> Place:
    """The deepest place that holds all that a merge patch changes."""
    where: list[str] = []
    while isinstance(change, dict) and len(change) == 1:
        ((key, change),) = change.items()
        where.append(key)
    return tuple(where)


def _is_in(document: object, where: Place) -> bool:
    for key in where:
        if not isinstance(document, dict) or key not in document:
            return False
        document = document[key]
    return True


def touches(change: object, where: Place) -> bool:
    """Whether a merge patch changes something at a place, above it or below it."""
    for key in where:
        if not isinstance(change, dict):
            return True
        if key not in change:
            return False
        change = change[key]
    return True

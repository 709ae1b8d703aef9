"""Where in the build document an operation does its work, and what is there."""

from msgspec import UNSET, Struct

from calc import patch
from calc.build import Build
from calc.operation_types import (
    AddAccolade,
    AddPool,
    AddScenario,
    AddSlot,
    ChangeEnhancement,
    ChangeScenario,
    ChooseScenario,
    ClearEnhancement,
    DropPower,
    MovePower,
    MoveSlot,
    PlaceEnhancement,
    RemoveAccolade,
    RemovePool,
    RemoveScenario,
    RemoveSlot,
    Restore,
    SetArchetype,
    SetCount,
    SetIncarnate,
    SetLevel,
    SetNotes,
    SetOrigin,
    SetPowerset,
    SetScenarioPower,
    SetTitle,
    Step,
    SwitchAccolade,
    SwitchPower,
    SwitchProc,
    TakePower,
)

Place = tuple[str, ...]
"""Keys from the document's root to a value."""


def place(operation: Step) -> Place:
    """The one place that an operation is about; what else it changes follows from it."""
    match operation:
        case SetTitle():
            return ("title",)
        case SetNotes():
            return ("notes",)
        case SetLevel():
            return ("level",)
        case SetOrigin():
            return ("origin",)
        case SetArchetype():
            return ("archetype",)
        case SetPowerset(role=role):
            return ("powersets", role)
        case AddPool(powerset=powerset) | RemovePool(powerset=powerset):
            return ("powersets", "pools", powerset)
        case SetIncarnate(slot=slot):
            return ("incarnates", slot)
        case AddAccolade(power=power) | RemoveAccolade(power=power) | SwitchAccolade(power=power):
            return ("accolades", power)
        case ChooseScenario():
            return ("scenario",)
        case (
            AddScenario(scenario=scenario)
            | ChangeScenario(scenario=scenario)
            | RemoveScenario(scenario=scenario)
        ):
            return ("scenarios", scenario)
        case SetScenarioPower(scenario=scenario, power=power):
            return ("scenarios", scenario, "powers", power)
        case Restore():
            return common(operation.patch)
        case _:
            return ("powers", operation.power, *_within_power(operation))


def _within_power(
    operation: TakePower
    | DropPower
    | MovePower
    | SwitchPower
    | SetCount
    | AddSlot
    | RemoveSlot
    | MoveSlot
    | PlaceEnhancement
    | ClearEnhancement
    | ChangeEnhancement
    | SwitchProc,
) -> Place:
    match operation:
        case TakePower() | DropPower():
            return ()
        case MovePower():
            return ("level",)
        case SwitchPower():
            return ("on",)
        case SetCount():
            return ("count",)
        case AddSlot(slot=slot) | RemoveSlot(slot=slot):
            return ("slots", slot)
        case MoveSlot(slot=slot):
            return ("slots", slot, "level")
        case SwitchProc(slot=slot):
            return ("slots", slot, "enhancement", "proc")
        case _:
            return ("slots", operation.slot, "enhancement")


def as_expected(build: Build, operation: Step) -> bool:
    """Whether a build has at the operation's place what its author saw there, if they said."""
    if isinstance(operation, Restore) or operation.expects is UNSET:
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

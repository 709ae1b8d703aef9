"""What comes of an operation: the next build and the way back, or a refusal.

`apply` is the only way from one build to the next.
"""

from calc.apply import character, enhancements, incarnates, powers, restore, scenarios, slots
from calc.build import MAX_POWERS, MAX_SLOTS, Build
from calc.operation_types import (
    AddAccolade,
    AddPool,
    AddScenario,
    AddSlot,
    Applied,
    ChangeEnhancement,
    ChangeScenario,
    ChooseScenario,
    ClearEnhancement,
    DropPower,
    MovePower,
    MoveSlot,
    Operation,
    PlaceEnhancement,
    PowersetRole,
    Refused,
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
from calc.rulebook import refused
from gamedata.catalogue import Catalogue

__all__ = [
    "AddAccolade",
    "AddPool",
    "AddScenario",
    "AddSlot",
    "Applied",
    "ChangeEnhancement",
    "ChangeScenario",
    "ChooseScenario",
    "ClearEnhancement",
    "DropPower",
    "MovePower",
    "MoveSlot",
    "Operation",
    "PlaceEnhancement",
    "PowersetRole",
    "Refused",
    "RemoveAccolade",
    "RemovePool",
    "RemoveScenario",
    "RemoveSlot",
    "Restore",
    "SetArchetype",
    "SetCount",
    "SetIncarnate",
    "SetLevel",
    "SetNotes",
    "SetOrigin",
    "SetPowerset",
    "SetScenarioPower",
    "SetTitle",
    "Step",
    "SwitchAccolade",
    "SwitchPower",
    "SwitchProc",
    "TakePower",
    "apply",
]


def apply(build: Build, operation: Step, catalogue: Catalogue) -> Applied | Refused:
    """The build after an operation, and the operations that take it back; or why it cannot be.

    The inverse, applied in its order, restores the very same document, unless that document
    broke a rule that refuses (a file's 68th slot): then the way back is refused. A build from
    elsewhere may break any rule; an operation is only held against the rules that it touches.
    """
    answer = _applied(build, operation, catalogue)
    if isinstance(answer, Applied) and not _can_be_a_document(answer.build):
        return refused("build_full", "The build holds as much as it can; drop something first.")
    return answer


def _can_be_a_document(build: Build) -> bool:
    """Whether others can read it: only what came from elsewhere can be near these limits."""
    return len(build.powers) <= MAX_POWERS and all(
        len(taken.slots) <= MAX_SLOTS for taken in build.powers.values()
    )


def _applied(build: Build, operation: Step, catalogue: Catalogue) -> Applied | Refused:
    match operation:
        case SetTitle():
            return character.set_title(build, operation)
        case SetNotes():
            return character.set_notes(build, operation)
        case SetLevel():
            return character.set_level(build, operation)
        case SetOrigin():
            return character.set_origin(build, operation)
        case SetArchetype():
            return character.set_archetype(build, operation, catalogue)
        case SetPowerset():
            return character.set_powerset(build, operation, catalogue)
        case AddPool():
            return character.add_pool(build, operation, catalogue)
        case RemovePool():
            return character.remove_pool(build, operation, catalogue)
        case TakePower():
            return powers.take(build, operation, catalogue)
        case DropPower():
            return powers.drop(build, operation, catalogue)
        case MovePower():
            return powers.move(build, operation, catalogue)
        case SwitchPower():
            return powers.switch(build, operation, catalogue)
        case SetCount():
            return powers.set_count(build, operation, catalogue)
        case AddSlot():
            return slots.add(build, operation, catalogue)
        case RemoveSlot():
            return slots.remove(build, operation, catalogue)
        case MoveSlot():
            return slots.move(build, operation, catalogue)
        case PlaceEnhancement():
            return enhancements.place(build, operation, catalogue)
        case ClearEnhancement():
            return enhancements.clear(build, operation, catalogue)
        case ChangeEnhancement():
            return enhancements.change(build, operation, catalogue)
        case SwitchProc():
            return enhancements.switch_proc(build, operation, catalogue)
        case SetIncarnate():
            return incarnates.set_incarnate(build, operation, catalogue)
        case AddAccolade():
            return incarnates.add_accolade(build, operation, catalogue)
        case RemoveAccolade():
            return incarnates.remove_accolade(build, operation)
        case SwitchAccolade():
            return incarnates.switch_accolade(build, operation)
        case AddScenario():
            return scenarios.add(build, operation, catalogue)
        case ChangeScenario():
            return scenarios.change(build, operation, catalogue)
        case RemoveScenario():
            return scenarios.remove(build, operation)
        case ChooseScenario():
            return scenarios.choose(build, operation)
        case SetScenarioPower():
            return scenarios.set_power(build, operation, catalogue)
        case Restore():
            return restore.restore(build, operation)

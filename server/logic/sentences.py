"""What somebody did, in words for players."""

from collections.abc import Sequence

from msgspec import UNSET

from calc import operations
from calc.build import SlottedEnhancement
from calc.places import Place, common, place
from gamedata.catalogue import ArchetypeId, Catalogue, EnhancementId, PowerId, PowersetId
from server.logic.rights import Access
from server.server_messages import Change


def changed_since(
    change: Change | None, where: Place, person: str, access: Access, catalogue: Catalogue
) -> str:
    """Who changed what at a place meanwhile, told to `person`: one sentence."""
    if change is None:
        return "It has been changed since."
    if change.by is UNSET:
        who = "The server"
    elif change.by == person:
        who = "You"
    else:
        member = access.members.get(change.by)
        who = "Somebody" if member is None else member.name
    return f"{who} {_what(change, where, catalogue)} since."


def _what(change: Change, where: Place, catalogue: Catalogue) -> str:
    for operation in reversed(change.operations):
        there = place(operation)
        shorter = min(len(there), len(where))
        if there[:shorter] == where[:shorter]:
            return made(operation, catalogue)
    return "changed it"


def deed(change: Change, catalogue: Catalogue) -> str:
    """What an edit did, to follow who made it."""
    if change.restores is not UNSET:
        return f"went back to revision {change.restores}"
    if change.undoes_work is not UNSET:
        number = len(change.undoes_work.edits)
        return f"took back {number} edit{'s' if number > 1 else ''} of somebody"
    if change.undoes is not UNSET:
        return "took back an edit"
    if change.redoes is not UNSET:
        return "made an edit again"
    if not change.operations:
        return "brought the totals up to date"
    return _several(change.operations, catalogue)


def _several(steps: Sequence[operations.Step], catalogue: Catalogue) -> str:
    """What one edit did, in the words of the page's feed."""
    first, *others = steps
    if not others:
        return made(first, catalogue)
    powers = {getattr(step, "power", "") for step in steps}
    if len(powers) == 1 and all(_places(step) for step in steps):
        return f"placed {len(steps)} enhancements in {_power(powers.pop(), catalogue)}"
    return f"{made(first, catalogue)} and {len(others)} more"


def made(operation: operations.Step, catalogue: Catalogue) -> str:
    """What an operation did, to follow who did it."""
    match operation:
        case operations.SetTitle():
            return "changed the title"
        case operations.SetNotes():
            return "changed the notes"
        case operations.SetLevel(level=level):
            return f"set the level to {level}"
        case operations.SetOrigin():
            return "changed the origin"
        case operations.SetArchetype(archetype=archetype):
            found = catalogue.archetypes.get(ArchetypeId(archetype))
            return f"chose the archetype {found.name}" if found else "changed the archetype"
        case operations.SetPowerset(role=role, powerset=powerset):
            name = _powerset(powerset, catalogue)
            return f"chose {name} as {role} powerset" if powerset else f"changed the {role}"
        case operations.AddPool(powerset=powerset):
            return f"added the pool {_powerset(powerset, catalogue)}"
        case operations.RemovePool(powerset=powerset):
            return f"gave up the pool {_powerset(powerset, catalogue)}"
        case operations.SetIncarnate(slot=slot):
            return f"changed the {slot} slot"
        case (
            operations.AddAccolade(power=power)
            | operations.RemoveAccolade(power=power)
            | operations.SwitchAccolade(power=power)
        ):
            return f"changed the accolade {_power(power, catalogue)}"
        case operations.AddScenario():
            return "added the scenario"
        case operations.ChangeScenario():
            return "changed the scenario"
        case operations.RemoveScenario():
            return "removed the scenario"
        case operations.ChooseScenario():
            return "chose another scenario"
        case operations.SetScenarioPower(power=power):
            return f"changed {_power(power, catalogue)} in the scenario"
        case operations.Restore(patch=patch):
            where = common(patch)
            if len(where) > 1 and where[0] == "powers":
                return f"brought back {_power(where[1], catalogue)} as it was"
            return "brought back what there was before"
        case _:
            return _of_power(operation, catalogue)


def _of_power(
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
    catalogue: Catalogue,
) -> str:
    power = _power(operation.power, catalogue)
    match operation:
        case operations.TakePower():
            return f"took {power}"
        case operations.DropPower():
            return f"dropped {power}"
        case operations.MovePower(level=level):
            return f"moved {power} to level {level}"
        case operations.SwitchPower(on=on):
            return f"switched {power} {'on' if on else 'off'}"
        case operations.SetCount():
            return f"changed the count of {power}"
        case operations.AddSlot(enhancement=SlottedEnhancement() as placed):
            return f"added a slot with {_enhancement(placed, catalogue)} to {power}"
        case operations.AddSlot():
            return f"added a slot to {power}"
        case operations.RemoveSlot():
            return f"removed a slot of {power}"
        case operations.MoveSlot():
            return f"moved a slot of {power}"
        case operations.PlaceEnhancement(enhancement=enhancement):
            return f"placed {_enhancement(enhancement, catalogue)} in {power}"
        case operations.ClearEnhancement():
            return f"emptied a slot of {power}"
        case _:
            return f"changed what is in a slot of {power}"


def _power(power: str, catalogue: Catalogue) -> str:
    found = catalogue.powers.get(PowerId(power))
    return found.name if found else power


def _places(step: operations.Step) -> bool:
    return isinstance(getattr(step, "enhancement", UNSET), SlottedEnhancement)


def _enhancement(placed: SlottedEnhancement, catalogue: Catalogue) -> str:
    found = catalogue.enhancements.get(EnhancementId(placed.id))
    return found.name if found else placed.id


def _powerset(powerset: str, catalogue: Catalogue) -> str:
    found = catalogue.powersets.get(PowersetId(powerset))
    return found.name if found else powerset

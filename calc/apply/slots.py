"""Adding, removing and moving slots."""

from collections.abc import Mapping

from msgspec import UNSET
from msgspec.structs import replace

from calc.apply.document import is_pick_id, taken_in, with_power, with_slot
from calc.build import OWN_SLOT, Build, Slot, SlottedEnhancement
from calc.operation_types import AddSlot, Applied, MoveSlot, Refused, RemoveSlot
from calc.picks import has
from calc.placing import breaches, in_place, rival
from calc.rulebook import refused
from calc.schedule import MAX_ADDED_SLOTS, MAX_SLOTS_PER_POWER, free_slot
from gamedata.catalogue import Catalogue, EnhancementId, Power, PowerId


def add(build: Build, operation: AddSlot, catalogue: Catalogue) -> Applied | Refused:
    power = slottable(build, operation.power, catalogue)
    if isinstance(power, Refused):
        return power
    slot = Slot(0 if operation.level is UNSET else operation.level, operation.enhancement)
    changed = _with_new_slot(build, power, operation.slot, slot, catalogue)
    if isinstance(changed, Refused):
        return changed
    return Applied(changed, (RemoveSlot(power.id, operation.slot),))


def remove(build: Build, operation: RemoveSlot, catalogue: Catalogue) -> Applied | Refused:
    found = added_slot(build, operation.power, operation.slot, catalogue)
    if isinstance(found, Refused):
        return found
    power, slot = found
    taken = with_slot(build.powers[power.id], operation.slot, None)
    back = AddSlot(power.id, operation.slot, slot.level or UNSET, slot.enhancement)
    return Applied(with_power(build, power, taken, catalogue), (back,))


def move(build: Build, operation: MoveSlot, catalogue: Catalogue) -> Applied | Refused:
    found = added_slot(build, operation.power, operation.slot, catalogue)
    if isinstance(found, Refused):
        return found
    power, slot = found
    if slot.level == operation.level:
        return Applied(build, ())
    moved = replace(slot, level=operation.level)
    taken = with_slot(build.powers[power.id], operation.slot, moved)
    back: tuple[MoveSlot] | tuple[RemoveSlot, AddSlot]
    if slot.level:
        back = (MoveSlot(power.id, operation.slot, slot.level),)
    else:  # at none, as when all levels are used up: no operation names that
        again = AddSlot(power.id, operation.slot, UNSET, slot.enhancement)
        back = (RemoveSlot(power.id, operation.slot), again)
    return Applied(with_power(build, power, taken, catalogue), back)


def with_slots(
    build: Build, power: Power, slots: Mapping[str, Slot], catalogue: Catalogue
) -> Build | Refused:
    """The build in which a power has these slots too."""
    if slots and power.max_slots < 1:
        return _not_slottable(power)
    result: Build | Refused = build
    for slot_id in sorted(slots):
        if isinstance(result, Refused):
            return result
        slot = slots[slot_id]
        if slot_id != OWN_SLOT:
            result = _with_new_slot(result, power, slot_id, slot, catalogue)
        elif isinstance(slot.enhancement, SlottedEnhancement):
            result = with_enhancement(result, power, slot_id, Slot(), slot.enhancement, catalogue)
    return result


def with_enhancement(
    build: Build,
    power: Power,
    slot_id: str,
    slot: Slot,
    enhancement: SlottedEnhancement,
    catalogue: Catalogue,
) -> Build | Refused:
    """The build in which an enhancement sits in this slot."""
    placed = in_place(enhancement, catalogue)
    for breach in breaches(build, power, placed, catalogue):
        return refused(breach.code, breach.message)
    found = catalogue.enhancements[EnhancementId(placed.id)]
    used = rival(build, power, slot_id, found, catalogue)
    if used is not None:
        return refused(used.code, used.message)
    taken = with_slot(taken_in(build, power.id), slot_id, replace(slot, enhancement=placed))
    return with_power(build, power, taken, catalogue)


def slottable(build: Build, power_id: str, catalogue: Catalogue) -> Power | Refused:
    """The power, if the character has it and it takes enhancements."""
    power = catalogue.powers.get(PowerId(power_id))
    if power is None:
        return refused("unknown_power", "This power is not in the game data in use.")
    if not has(build, power, catalogue):
        return refused("not_taken", f"{power.name} is not among this character's powers.")
    return power if power.max_slots > 0 else _not_slottable(power)


def added_slot(
    build: Build, power_id: str, slot_id: str, catalogue: Catalogue
) -> tuple[Power, Slot] | Refused:
    """The power and its slot, if it is there and not the own one."""
    power = catalogue.powers.get(PowerId(power_id))
    if power is None:
        return refused("unknown_power", "This power is not in the game data in use.")
    if slot_id == OWN_SLOT:
        message = f"{power.name}'s own slot comes with it; it cannot be moved or removed."
        return refused("own_slot", message)
    slot = taken_in(build, power_id).slots.get(slot_id)
    return no_such_slot(power) if slot is None else (power, slot)


def no_such_slot(power: Power) -> Refused:
    return refused("no_such_slot", f"This slot of {power.name} is not there any more.")


def _with_new_slot(
    build: Build, power: Power, slot_id: str, slot: Slot, catalogue: Catalogue
) -> Build | Refused:
    refusal = _no_room(build, power, slot_id)
    if refusal is not None:
        return refusal
    taken = taken_in(build, power.id)
    slot = replace(slot, level=slot.level or _lowest_level(build, power, catalogue))
    if isinstance(slot.enhancement, SlottedEnhancement):
        return with_enhancement(build, power, slot_id, slot, slot.enhancement, catalogue)
    return with_power(build, power, with_slot(taken, slot_id, slot), catalogue)


def _no_room(build: Build, power: Power, slot_id: str) -> Refused | None:
    slots = taken_in(build, power.id).slots
    if slot_id == OWN_SLOT:
        return refused("own_slot", f"{power.name}'s own slot comes with it and is not added.")
    if slot_id in slots:
        return refused("slot_exists", f"{power.name} has a slot of this id already.")
    if len(slots.keys() - {OWN_SLOT}) >= MAX_SLOTS_PER_POWER - 1:
        return refused("power_full", f"{power.name} has all of its six slots.")
    if len(_levels(build)) >= MAX_ADDED_SLOTS:
        message = f"All {MAX_ADDED_SLOTS} slots are placed; remove one to add it to {power.name}."
        return refused("no_slot_left", message)
    return None


def _lowest_level(build: Build, power: Power, catalogue: Catalogue) -> int:
    """What comes before its power beats no slot at all: it is a finding."""
    used = _levels(build)
    picked = taken_in(build, power.id).level if is_pick_id(power.id, catalogue) else 0
    return free_slot(used, picked) or free_slot(used) or picked


def _levels(build: Build) -> list[int]:
    """At which level each added slot of the build was added."""
    return [
        slot.level
        for taken in build.powers.values()
        for slot_id, slot in taken.slots.items()
        if slot_id != OWN_SLOT
    ]


def _not_slottable(power: Power) -> Refused:
    return refused("not_slottable", f"{power.name} takes no enhancements.")

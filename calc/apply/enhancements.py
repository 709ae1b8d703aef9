"""What sits in the slots."""

from itertools import chain

from msgspec import UNSET
from msgspec.structs import replace

from calc.apply.document import taken_in, with_power, with_slot
from calc.apply.slots import no_such_slot, slottable, with_enhancement
from calc.build import OWN_SLOT, Build, Slot, SlottedEnhancement
from calc.operation_types import (
    Applied,
    ChangeEnhancement,
    ClearEnhancement,
    PlaceEnhancement,
    Refused,
    SwitchProc,
)
from calc.placing import breaches_of_proc, is_same_piece
from calc.rulebook import refused
from gamedata.catalogue import Catalogue, Enhancement, EnhancementId, Power, PowerId


def place(build: Build, operation: PlaceEnhancement, catalogue: Catalogue) -> Applied | Refused:
    power = slottable(build, operation.power, catalogue)
    if isinstance(power, Refused):
        return power
    slot = _slot(build, power, operation.slot)
    if slot is None:
        return no_such_slot(power)
    return _placed(build, power, operation.slot, slot, operation.enhancement, catalogue)


def clear(build: Build, operation: ClearEnhancement, catalogue: Catalogue) -> Applied | Refused:
    found = _occupied(build, operation.power, operation.slot, catalogue)
    if isinstance(found, Refused):
        return found
    power, slot, there = found
    taken = taken_in(build, power.id)
    emptied = with_slot(taken, operation.slot, replace(slot, enhancement=UNSET))
    back = PlaceEnhancement(power.id, operation.slot, there)
    return Applied(with_power(build, power, emptied, catalogue), (back,))


def change(build: Build, operation: ChangeEnhancement, catalogue: Catalogue) -> Applied | Refused:
    found = _occupied(build, operation.power, operation.slot, catalogue)
    if isinstance(found, Refused):
        return found
    power, slot, there = found
    enhancement = catalogue.enhancements.get(EnhancementId(there.id))
    if enhancement is None:
        return refused("unknown_enhancement", "This enhancement is not in the game data in use.")
    form = _form(enhancement, operation, catalogue)
    if isinstance(form, Refused):
        return form
    kept = there if form.attuned == enhancement.attuned else SlottedEnhancement(there.id)
    changed = SlottedEnhancement(
        id=form.id,
        level=kept.level if operation.level is UNSET else operation.level,
        boosters=kept.boosters if operation.boosters is UNSET else operation.boosters,
        relative=kept.relative if operation.relative is UNSET else operation.relative,
        proc=there.proc,
    )
    return _placed(build, power, operation.slot, slot, changed, catalogue)


def switch_proc(build: Build, operation: SwitchProc, catalogue: Catalogue) -> Applied | Refused:
    found = _occupied(build, operation.power, operation.slot, catalogue)
    if isinstance(found, Refused):
        return found
    power, slot, there = found
    if there.proc == operation.on:
        return Applied(build, ())
    enhancement = catalogue.enhancements.get(EnhancementId(there.id))
    if enhancement is None:
        return refused("unknown_enhancement", "This enhancement is not in the game data in use.")
    wanted = replace(there, proc=operation.on)
    for breach in breaches_of_proc(wanted, enhancement):
        return refused(breach.code, breach.message)
    switched = replace(slot, enhancement=wanted)
    taken = with_slot(taken_in(build, power.id), operation.slot, switched)
    back = SwitchProc(power.id, operation.slot, there.proc)
    return Applied(with_power(build, power, taken, catalogue), (back,))


def _placed(
    build: Build,
    power: Power,
    slot_id: str,
    slot: Slot,
    enhancement: SlottedEnhancement,
    catalogue: Catalogue,
) -> Applied | Refused:
    changed = with_enhancement(build, power, slot_id, slot, enhancement, catalogue)
    if isinstance(changed, Refused):
        return changed
    if isinstance(slot.enhancement, SlottedEnhancement):
        return Applied(changed, (PlaceEnhancement(power.id, slot_id, slot.enhancement),))
    return Applied(changed, (ClearEnhancement(power.id, slot_id),))


def _slot(build: Build, power: Power, slot_id: str) -> Slot | None:
    """The own slot is there also when the document says nothing of it."""
    slot = taken_in(build, power.id).slots.get(slot_id)
    return Slot() if slot is None and slot_id == OWN_SLOT else slot


def _occupied(
    build: Build, power_id: str, slot_id: str, catalogue: Catalogue
) -> tuple[Power, Slot, SlottedEnhancement] | Refused:
    power = catalogue.powers.get(PowerId(power_id))
    if power is None:
        return refused("unknown_power", "This power is not in the game data in use.")
    slot = _slot(build, power, slot_id)
    if slot is None:
        return no_such_slot(power)
    if not isinstance(slot.enhancement, SlottedEnhancement):
        return refused("slot_empty", f"This slot of {power.name} is empty.")
    return power, slot, slot.enhancement


def _form(
    enhancement: Enhancement, operation: ChangeEnhancement, catalogue: Catalogue
) -> Enhancement | Refused:
    """The attuned or the crafted form of a piece, as the operation wants."""
    wanted = operation.attuned
    if wanted is UNSET or wanted == enhancement.attuned:
        return enhancement
    boost_set = catalogue.boost_sets.get(enhancement.boost_set)
    for variant in chain.from_iterable(boost_set.pieces if boost_set is not None else ()):
        found = catalogue.enhancements.get(variant)
        if found and found.attuned == wanted and is_same_piece(found, enhancement):
            return found
    form = "attuned" if wanted else "crafted"
    return refused("no_other_form", f"{enhancement.name} has no {form} form.")

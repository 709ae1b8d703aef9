"""The next document: copies what changes, shares the rest, and stays canonical."""

from collections.abc import Iterable

from msgspec import UNSET
from msgspec.structs import replace

from calc import defaults
from calc.build import OWN_SLOT, Build, Slot, SlottedEnhancement, TakenPower
from calc.canonical import may_be_absent, without_defaults
from calc.operation_types import (
    AddSlot,
    Operation,
    PlaceEnhancement,
    SetCount,
    SwitchPower,
    TakePower,
)
from calc.picks import comes_by_itself, is_pick
from gamedata.catalogue import Catalogue, Power, PowerId


def taken_in(build: Build, power: str) -> TakenPower:
    """What the document says of a power, which may be nothing."""
    return build.powers.get(power) or TakenPower()


def is_on(taken: TakenPower, power: Power) -> bool:
    return defaults.on(power) if taken.on is UNSET else taken.on


def count_of(taken: TakenPower, power: Power) -> int:
    return defaults.count(power) if taken.count is UNSET else taken.count


def with_power(build: Build, power: Power, taken: TakenPower, catalogue: Catalogue) -> Build:
    """The build in which this is said of a power."""
    taken = without_defaults(taken, power)
    powers = dict(build.powers)
    if may_be_absent(taken, power, catalogue):
        powers.pop(power.id, None)
    else:
        powers[power.id] = taken
    return replace(build, powers=powers)


def with_slot(taken: TakenPower, slot_id: str, slot: Slot | None) -> TakenPower:
    """What is said of a power when this is one of its slots; None: when the slot is gone."""
    slots = dict(taken.slots)
    if slot is None or (slot_id == OWN_SLOT and slot.enhancement is UNSET):
        slots.pop(slot_id, None)
    else:
        slots[slot_id] = slot
    return replace(taken, slots=slots)


def without_powers(
    before: Build, changed: Build, gone: Iterable[str], catalogue: Catalogue
) -> tuple[Build, tuple[Operation, ...]]:
    """A changed build without some powers and what they granted, and what brings those back."""
    powers = dict(changed.powers)
    lost = {power: powers.pop(power) for power in gone}
    rest = replace(changed, powers=powers)
    while leftover := [power for power in powers if _is_leftover(power, before, rest, catalogue)]:
        lost |= {power: powers.pop(power) for power in leftover}
        rest = replace(changed, powers=dict(powers))
    # Picks before what they grant.
    order = sorted(lost, key=lambda power: (not is_pick_id(power, catalogue), power))
    back = (operation for power in order for operation in _back(power, lost[power], catalogue))
    return rest, tuple(back)


def is_pick_id(power: str, catalogue: Catalogue) -> bool:
    found = catalogue.powers.get(PowerId(power))
    return found is not None and is_pick(found, catalogue)


def _is_leftover(power_id: str, before: Build, after: Build, catalogue: Catalogue) -> bool:
    """Whether a granted power was there before, and is not any more."""
    power = catalogue.powers.get(PowerId(power_id))
    return (
        power is not None
        and power.auto_issue
        and not comes_by_itself(after, power, catalogue)
        and comes_by_itself(before, power, catalogue)
    )


def _back(power_id: str, taken: TakenPower, catalogue: Catalogue) -> list[Operation]:
    """What gives a power back as it was: a pick whole, of a granted one what deviated."""
    power = catalogue.powers.get(PowerId(power_id))
    if power is None or not power.auto_issue:
        on = UNSET if power is None else is_on(taken, power)
        level = taken.level or UNSET
        return [TakePower(power_id, level, on, taken.count, taken.slots)]
    operations: list[Operation] = []
    if taken.on is not UNSET:
        operations.append(SwitchPower(power_id, taken.on, keep_others=True))
    if taken.count is not UNSET:
        operations.append(SetCount(power_id, taken.count))
    for slot_id, slot in taken.slots.items():
        if slot_id != OWN_SLOT:
            operations.append(AddSlot(power_id, slot_id, slot.level or UNSET, slot.enhancement))
        elif isinstance(slot.enhancement, SlottedEnhancement):
            operations.append(PlaceEnhancement(power_id, slot_id, slot.enhancement))
    return operations

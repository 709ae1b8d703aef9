"""Slots, and what sits in them."""

from collections.abc import Iterator

from calc.build import OWN_SLOT
from calc.check.known import Known
from calc.placing import breaches
from calc.rulebook import Breach
from calc.schedule import MAX_ADDED_SLOTS, MAX_SLOTS_PER_POWER, SLOTS, overdrawn


def slots(known: Known) -> Iterator[Breach]:
    for power_id, taken in known.taken:
        power = known.powers.get(power_id)
        if power is None or not taken.slots:
            continue
        if power.max_slots < 1:
            yield Breach("not_slottable", f"{power.name} takes no enhancements.", power_id)
        added = sorted((slot.level, key) for key, slot in taken.slots.items() if key != OWN_SLOT)
        if len(added) >= MAX_SLOTS_PER_POWER:
            message = f"{power.name} has {len(added)} added slots; five are allowed."
            yield Breach("power_full", message, power_id)
        for level, slot_id in added:
            if not level:
                message = f"A slot of {power.name} was added at no level."
                yield Breach("slot_without_level", message, power_id, slot_id)
            elif level < known.picks.get(power_id, 0):
                picked = known.picks[power_id]
                message = f"A slot of {power.name} is of level {level}, its pick of {picked}."
                yield Breach("slot_too_early", message, power_id, slot_id)


def slot_budget(known: Known) -> Iterator[Breach]:
    levels = [
        slot.level
        for _, taken in known.taken
        for slot_id, slot in taken.slots.items()
        if slot_id != OWN_SLOT
    ]
    if len(levels) > MAX_ADDED_SLOTS:
        message = f"{len(levels)} slots are added; {MAX_ADDED_SLOTS} are allowed."
        yield Breach("no_slot_left", message)
    level = overdrawn(levels)
    if level is not None and (level < max(SLOTS) or len(levels) <= MAX_ADDED_SLOTS):
        added = sum(1 for at in levels if 0 < at <= level)
        given = sum(count for at, count in SLOTS.items() if at <= level)
        message = f"Up to level {level} the game gives {given} slots; here are {added}."
        yield Breach("slots_overdrawn", message)


def enhancements(known: Known) -> Iterator[Breach]:
    for power, slot_id, slotted, _ in known.slotted:
        for breach in breaches(known.build, power, slotted, known.catalogue):
            yield Breach(breach.code, breach.message, power.id, slot_id)


def origins(known: Known) -> Iterator[Breach]:
    origin = known.build.origin
    for power, slot_id, _, enhancement in known.slotted:
        if origin and enhancement and enhancement.origins and origin not in enhancement.origins:
            origins = " or ".join(enhancement.origins)
            message = f"{enhancement.name} in {power.name} is for {origins} origin."
            yield Breach("enhancement_of_other_origin", message, power.id, slot_id)


def repeated(known: Known) -> Iterator[Breach]:
    uniques: dict[str, str] = {}
    pieces: set[tuple[str, str, int]] = set()
    for power, slot_id, _, enhancement in known.slotted:
        if enhancement is None:
            continue
        if enhancement.unique_group:
            key = min(enhancement.unique_group)
            if key in uniques:
                message = f"{enhancement.name} is unique, and {uniques[key]} holds one already."
                yield Breach("unique_used", message, power.id, slot_id)
            uniques.setdefault(key, power.name)
        elif enhancement.boost_set:
            piece = (power.id, enhancement.boost_set, enhancement.position)
            if piece in pieces:
                message = f"{power.name} holds {enhancement.name} twice."
                yield Breach("piece_used", message, power.id, slot_id)
            pieces.add(piece)

"""Slots, and what sits in them: of each power by itself, and of all together."""

from collections.abc import Iterator

from calc.check.known import Known
from calc.placing import breaches
from calc.rulebook import Breach
from calc.schedule import MAX_ADDED_SLOTS, SLOTS, overdrawn


def slots(known: Known) -> Iterator[Breach]:
    for power in known.order:
        yield from known.holdings[power].slots


def slot_budget(known: Known) -> Iterator[Breach]:
    levels = [level for held in known.holdings.values() for level in held.levels]
    if len(levels) > MAX_ADDED_SLOTS:
        message = f"{len(levels)} slots are added; {MAX_ADDED_SLOTS} are allowed."
        yield Breach("no_slot_left", message)
    level = overdrawn(levels)
    if level is not None and (level < max(SLOTS) or len(levels) <= MAX_ADDED_SLOTS):
        added = sum(1 for at in levels if 0 < at <= level)
        given = sum(count for at, count in SLOTS.items() if at <= level)
        message = f"Up to level {level} the game gives {given} slots; here are {added}."
        yield Breach("slots_overdrawn", message)


def misplaced(known: Known) -> Iterator[Breach]:
    """Said only of as many as are asked for: of a document that breaks every rule not of all."""
    for power in known.order:
        for slot, slotted in known.holdings[power].misplaced:
            for breach in breaches(known.build, known.powers[power], slotted, known.catalogue):
                yield Breach(breach.code, breach.message, power, slot)


def uniques(known: Known) -> Iterator[Breach]:
    holders: dict[str, str] = {}
    for power in known.order:
        for group, slot, name in known.holdings[power].uniques:
            if group in holders:
                message = f"{name} is unique, and {holders[group]} holds one already."
                yield Breach("unique_used", message, power, slot)
            holders.setdefault(group, known.powers[power].name)


def twice(known: Known) -> Iterator[Breach]:
    for power in known.order:
        yield from known.holdings[power].twice


def foreign(known: Known) -> Iterator[Breach]:
    for power in known.order:
        for slot, held in known.holdings[power].foreign:
            origins = " or ".join(held.origins)
            message = f"{held.name} in {known.powers[power].name} is for {origins} origin."
            yield Breach("enhancement_of_other_origin", message, power, slot)

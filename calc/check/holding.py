"""What one power holds in its slots, and what is wrong with that alone: the unit that is kept."""

from collections.abc import Iterator

from msgspec import Struct

from calc.build import OWN_SLOT, Build, Slot, SlottedEnhancement, TakenPower
from calc.picks import is_pick
from calc.placing import breaches
from calc.rulebook import Breach
from calc.schedule import MAX_SLOTS_PER_POWER
from gamedata.catalogue import Catalogue, Enhancement, EnhancementId, Power

Breaches = tuple[Breach, ...]


class Piece(Struct, frozen=True, gc=False):
    """What sits in a slot. misplaced: the refusing rules of chapter E; foreign: of no such
    origin."""

    slot: Slot
    enhancement: Enhancement | None
    misplaced: Breaches
    foreign: Breaches


class Holding(Struct, frozen=True, gc=False):
    """A power's slots. slots, misplaced, foreign, twice: what is wrong with them.

    levels: at which the added slots were added. uniques: group, slot and name of each unique
    piece. early: slot and name of what cannot be slotted yet at the character's level.
    """

    levels: tuple[int, ...] = ()
    pieces: tuple[tuple[str, Piece], ...] = ()
    slots: Breaches = ()
    misplaced: Breaches = ()
    foreign: Breaches = ()
    twice: Breaches = ()
    uniques: tuple[tuple[str, str, str], ...] = ()
    early: tuple[tuple[str, str], ...] = ()


NOTHING = Holding()


def holding(
    taken: TakenPower, power: Power | None, build: Build, catalogue: Catalogue, before: Holding
) -> Holding:
    """before: of the same power and character; slots that are still the same are not looked at."""
    if not taken.slots:
        return NOTHING
    levels = tuple(slot.level for key, slot in taken.slots.items() if key != OWN_SLOT)
    if power is None:
        return Holding(levels)
    known = dict(before.pieces)
    pieces: list[tuple[str, Piece]] = []
    for key in sorted(taken.slots):
        slot, piece = taken.slots[key], known.get(key)
        if piece is None or piece.slot is not slot:
            piece = _piece(power, key, slot, build, catalogue)
        if piece is not None:
            pieces.append((key, piece))
    return Holding(
        levels,
        tuple(pieces),
        tuple(_slots(power, taken, catalogue)),
        tuple(breach for _, piece in pieces for breach in piece.misplaced),
        tuple(breach for _, piece in pieces for breach in piece.foreign),
        tuple(_twice(power, pieces)),
        tuple(
            (min(held.unique_group), key, held.name)
            for key, piece in pieces
            if (held := piece.enhancement) is not None and held.unique_group
        ),
        tuple(
            (key, held.name)
            for key, piece in pieces
            if (held := piece.enhancement) is not None
            and (build.level < held.min_level or (held.only_at_50 and build.level < 50))
        ),
    )


def _piece(power: Power, key: str, slot: Slot, build: Build, catalogue: Catalogue) -> Piece | None:
    slotted = slot.enhancement
    if not isinstance(slotted, SlottedEnhancement):
        return None
    held = catalogue.enhancements.get(EnhancementId(slotted.id))
    misplaced = tuple(
        Breach(breach.code, breach.message, power.id, key)
        for breach in breaches(build, power, slotted, catalogue)
    )
    foreign: Breaches = ()
    if held is not None and build.origin and held.origins and build.origin not in held.origins:
        message = f"{held.name} in {power.name} is for {' or '.join(held.origins)} origin."
        foreign = (Breach("enhancement_of_other_origin", message, power.id, key),)
    return Piece(slot, held, misplaced, foreign)


def _slots(power: Power, taken: TakenPower, catalogue: Catalogue) -> Iterator[Breach]:
    if power.max_slots < 1:
        yield Breach("not_slottable", f"{power.name} takes no enhancements.", power.id)
    added = sorted((slot.level, key) for key, slot in taken.slots.items() if key != OWN_SLOT)
    if len(added) >= MAX_SLOTS_PER_POWER:
        message = f"{power.name} has {len(added)} added slots; five are allowed."
        yield Breach("power_full", message, power.id)
    picked = taken.level if is_pick(power, catalogue) else 0
    for level, key in added:
        if not level:
            message = f"A slot of {power.name} was added at no level."
            yield Breach("slot_without_level", message, power.id, key)
        elif level < picked:
            message = f"A slot of {power.name} is of level {level}, its pick of {picked}."
            yield Breach("slot_too_early", message, power.id, key)
        else:
            break  # they rise


def _twice(power: Power, pieces: list[tuple[str, Piece]]) -> Iterator[Breach]:
    """Pieces of a set that are there twice; of uniques other rules speak."""
    seen: set[tuple[str, int]] = set()
    for key, piece in pieces:
        held = piece.enhancement
        if held is None or not held.boost_set or held.unique_group:
            continue
        place = held.boost_set, held.position
        if place in seen:
            message = f"{power.name} holds {held.name} twice."
            yield Breach("piece_used", message, power.id, key)
        seen.add(place)

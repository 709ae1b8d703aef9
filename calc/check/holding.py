"""What one power holds in its slots, and what is wrong with that alone: the unit that is kept."""

from collections.abc import Iterator

from msgspec import UNSET, Struct

from calc.build import OWN_SLOT, Build, Slot, SlottedEnhancement, TakenPower
from calc.placing import is_well_placed
from calc.rulebook import Breach
from calc.schedule import MAX_SLOTS_PER_POWER
from gamedata.catalogue import Catalogue, Enhancement, EnhancementId, Power

Breaches = tuple[Breach, ...]


class Piece(Struct, frozen=True, gc=False):
    """What sits in a slot. is_misplaced: against the refusing rules of chapter E; is_foreign: for
    another origin."""

    slot: Slot
    slotted: SlottedEnhancement
    enhancement: Enhancement | None
    is_misplaced: bool
    is_foreign: bool


class Holding(Struct, frozen=True, gc=False):
    """A power's slots. slots, twice: what is wrong with them.

    levels: at which the added slots were added. misplaced, foreign: slot and content of what may
    not be there, and of what is for another origin. uniques: group, slot and name of each unique
    piece. early: slot and name of what cannot be slotted yet at the character's level.
    """

    levels: tuple[int, ...] = ()
    pieces: tuple[tuple[str, Piece], ...] = ()
    slots: Breaches = ()
    misplaced: tuple[tuple[str, SlottedEnhancement], ...] = ()
    foreign: tuple[tuple[str, Enhancement], ...] = ()
    twice: Breaches = ()
    uniques: tuple[tuple[str, str, str], ...] = ()
    early: tuple[tuple[str, str], ...] = ()


NOTHING = Holding()


def holding(
    taken: TakenPower,
    power: Power | None,
    picked: int,
    build: Build,
    catalogue: Catalogue,
    before: Holding,
) -> Holding:
    """What a power holds. picked: the level of its pick, 0 if it is none.

    before: of the same power and character; slots that are still the same are not looked at.
    """
    if not taken.slots:
        return NOTHING
    levels = tuple([slot.level for key, slot in taken.slots.items() if key != OWN_SLOT])
    if power is None:
        return Holding(levels)
    pieces = _pieces(power, taken, build, catalogue, before)
    slots = tuple(_slots(power, taken, picked)) if _may_be_wrong(power, levels, picked) else ()
    return _holding(power, levels, slots, pieces, build.level)


def _pieces(
    power: Power, taken: TakenPower, build: Build, catalogue: Catalogue, before: Holding
) -> list[tuple[str, Piece]]:
    known = dict(before.pieces)
    pieces: list[tuple[str, Piece]] = []
    for key in sorted(taken.slots):
        slot, piece = taken.slots[key], known.get(key)
        if slot.enhancement is UNSET:
            continue
        if piece is None or piece.slot is not slot:
            piece = _piece(power, slot, slot.enhancement, build, catalogue)
        pieces.append((key, piece))
    return pieces


def _holding(
    power: Power,
    levels: tuple[int, ...],
    slots: Breaches,
    pieces: list[tuple[str, Piece]],
    level: int,
) -> Holding:
    misplaced: list[tuple[str, SlottedEnhancement]] = []
    foreign: list[tuple[str, Enhancement]] = []
    twice: list[Breach] = []
    uniques: list[tuple[str, str, str]] = []
    early: list[tuple[str, str]] = []
    seen: set[tuple[str, int]] = set()
    for key, piece in pieces:
        if piece.is_misplaced:
            misplaced.append((key, piece.slotted))
        held = piece.enhancement
        if held is None:
            continue
        if piece.is_foreign:
            foreign.append((key, held))
        if held.unique_group:
            uniques.append((min(held.unique_group), key, held.name))
        elif held.boost_set:
            if (held.boost_set, held.position) in seen:
                message = f"{power.name} holds {held.name} twice."
                twice.append(Breach("piece_used", message, power.id, key))
            seen.add((held.boost_set, held.position))
        if level < held.min_level or (held.only_at_50 and level < 50):
            early.append((key, held.name))
    return Holding(
        levels,
        tuple(pieces),
        slots,
        tuple(misplaced),
        tuple(foreign),
        tuple(twice),
        tuple(uniques),
        tuple(early),
    )


def _piece(
    power: Power, slot: Slot, slotted: SlottedEnhancement, build: Build, catalogue: Catalogue
) -> Piece:
    held = catalogue.enhancements.get(EnhancementId(slotted.id))
    is_foreign = held is not None and bool(
        build.origin and held.origins and build.origin not in held.origins
    )
    is_misplaced = not is_well_placed(build, power, slotted, catalogue)
    return Piece(slot, slotted, held, is_misplaced, is_foreign)


def _may_be_wrong(power: Power, levels: tuple[int, ...], picked: int) -> bool:
    return (
        power.max_slots < 1
        or len(levels) >= MAX_SLOTS_PER_POWER
        or (bool(levels) and min(levels) < max(picked, 1))
    )


def _slots(power: Power, taken: TakenPower, picked: int) -> Iterator[Breach]:
    if power.max_slots < 1:
        yield Breach("not_slottable", f"{power.name} takes no enhancements.", power.id)
    added = sorted((slot.level, key) for key, slot in taken.slots.items() if key != OWN_SLOT)
    if len(added) >= MAX_SLOTS_PER_POWER:
        message = f"{power.name} has {len(added)} added slots; five are allowed."
        yield Breach("power_full", message, power.id)
    for level, key in added:
        if not level:
            message = f"A slot of {power.name} was added at no level."
            yield Breach("slot_without_level", message, power.id, key)
        elif level < picked:
            message = f"A slot of {power.name} is of level {level}, its pick of {picked}."
            yield Breach("slot_too_early", message, power.id, key)

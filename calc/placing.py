"""Whether one enhancement may sit in one slot of one build: the refusing rules of chapter E."""

from collections.abc import Iterator

from msgspec import UNSET
from msgspec.structs import replace

from calc.build import Build, SlottedEnhancement
from calc.rulebook import Breach, a
from calc.slotting import fits, has_relative_level, levels
from gamedata.catalogue import ArchetypeId, Catalogue, Enhancement, EnhancementId, Power, PowerId

MAX_LEVEL_BY_DEFAULT = 50


def in_place(slotted: SlottedEnhancement, catalogue: Catalogue) -> SlottedEnhancement:
    """With its level: a crafted invention of which none was said has the highest it can."""
    enhancement = catalogue.enhancements.get(EnhancementId(slotted.id))
    bounds = levels(enhancement, catalogue) if enhancement and not slotted.level else None
    if bounds is None:
        return slotted
    return replace(slotted, level=min(bounds[1], MAX_LEVEL_BY_DEFAULT))


def is_well_placed(
    build: Build, power: Power, slotted: SlottedEnhancement, catalogue: Catalogue
) -> bool:
    """Whether there are no breaches; quicker, since it says nothing."""
    enhancement = catalogue.enhancements.get(EnhancementId(slotted.id))
    return (
        enhancement is not None
        and fits(power, enhancement, catalogue)
        and not is_of_other_archetype(enhancement, build.archetype)
        and _has_right_level(slotted, levels(enhancement, catalogue))
        and (not slotted.boosters or enhancement.boostable)
        and (not slotted.relative or has_relative_level(enhancement))
        and (slotted.proc is UNSET or enhancement.proc)
    )


def _has_right_level(slotted: SlottedEnhancement, bounds: tuple[int, int] | None) -> bool:
    return not slotted.level if bounds is None else bounds[0] <= slotted.level <= bounds[1]


def breaches(
    build: Build, power: Power, slotted: SlottedEnhancement, catalogue: Catalogue
) -> Iterator[Breach]:
    """What is wrong with an enhancement in a power, whatever else the build holds."""
    enhancement = catalogue.enhancements.get(EnhancementId(slotted.id))
    if enhancement is None:
        yield Breach("unknown_enhancement", "This enhancement is not in the game data in use.")
        return
    name = enhancement.name
    if not fits(power, enhancement, catalogue):
        yield Breach("does_not_fit", f"{name} does not fit into {power.name}.")
    if is_of_other_archetype(enhancement, build.archetype):
        only_for = enhancement.restricted_archetypes
        names = " or ".join(a(_archetype_name(one, catalogue)) for one in only_for)
        yield Breach("enhancement_of_other_archetype", f"{name} is for {names}.")
    yield from _breaches_of_strength(slotted, enhancement, catalogue)


def is_of_other_archetype(enhancement: Enhancement, archetype: str) -> bool:
    """Whether an enhancement is an archetype's, and not of this one; none chosen may be any."""
    only_for = enhancement.restricted_archetypes
    return bool(only_for) and archetype != "" and archetype not in only_for


def _breaches_of_strength(
    slotted: SlottedEnhancement, enhancement: Enhancement, catalogue: Catalogue
) -> Iterator[Breach]:
    name = enhancement.name
    bounds = levels(enhancement, catalogue)
    if bounds is None:
        if slotted.level:
            yield Breach("no_such_level", f"{name} has no level of its own.")
    elif not bounds[0] <= slotted.level <= bounds[1]:
        span = f"from level {bounds[0]} to {bounds[1]}"
        if bounds[0] == bounds[1]:
            span = f"at level {bounds[0]} only"
        yield Breach("no_such_level", f"{name} exists {span}.")
    if slotted.boosters and not enhancement.boostable:
        yield Breach("not_boostable", f"{name} takes no boosters.")
    if slotted.relative and not has_relative_level(enhancement):
        yield Breach("no_relative_level", f"{name} is not above or below the character's level.")
    yield from breaches_of_proc(slotted, enhancement)


def breaches_of_proc(slotted: SlottedEnhancement, enhancement: Enhancement) -> Iterator[Breach]:
    """Only a proc can be switched."""
    if slotted.proc is not UNSET and not enhancement.proc:
        yield Breach("no_proc", f"{enhancement.name} has no proc to switch.")


def rival(
    build: Build, power: Power, slot_id: str, enhancement: Enhancement, catalogue: Catalogue
) -> Breach | None:
    """The piece elsewhere in the build that keeps this one out of a slot, if there is one."""
    group = enhancement.unique_group
    if group:
        for other_power, other_slot, other in enhancements_of(build):
            if other.id in group and (other_power, other_slot) != (power.id, slot_id):
                where = catalogue.powers.get(PowerId(other_power))
                holder = where.name if where is not None else other_power
                message = f"{enhancement.name} is unique, and {holder} holds one already."
                return Breach("unique_used", message, other_power, other_slot)
    taken = build.powers.get(power.id)
    if not enhancement.boost_set or taken is None:
        return None
    for other_slot, slot in taken.slots.items():
        if other_slot != slot_id and isinstance(slot.enhancement, SlottedEnhancement):
            found = catalogue.enhancements.get(EnhancementId(slot.enhancement.id))
            if found is not None and is_same_piece(found, enhancement):
                message = f"{power.name} holds {enhancement.name} already."
                return Breach("piece_used", message, power.id, other_slot)
    return None


def is_same_piece(one: Enhancement, other: Enhancement) -> bool:
    """The crafted and the attuned form of a set's letter are one piece."""
    return bool(one.boost_set) and (one.boost_set, one.position) == (
        other.boost_set,
        other.position,
    )


def enhancements_of(build: Build) -> Iterator[tuple[str, str, SlottedEnhancement]]:
    """Every enhancement with its power and its slot."""
    for power, taken in build.powers.items():
        for slot_id, slot in taken.slots.items():
            if isinstance(slot.enhancement, SlottedEnhancement):
                yield power, slot_id, slot.enhancement


def _archetype_name(archetype_id: ArchetypeId, catalogue: Catalogue) -> str:
    found = catalogue.archetypes.get(archetype_id)
    return found.name if found is not None else archetype_id

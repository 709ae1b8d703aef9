"""What can sit in a slot. Source: calc.md 14.6, city-of-data.md 5."""

from calc.conditions import compiled
from calc.facts import Context, Facts
from gamedata.catalogue import Catalogue, Enhancement, Power

COMMON_LEVELS = (10, 50)  # of inventions without a set

_ANYBODY = Context(Facts())


def fits(power: Power, enhancement: Enhancement, catalogue: Catalogue) -> bool:
    """Whether a power accepts this kind of enhancement, whoever has it.

    A piece of a set fits where its set does; anything else where one of its types does. A few
    are for no player.
    """
    if _is_for_nobody(enhancement):
        return False
    if not enhancement.boost_set:
        return any(kind in power.enhancement_types for kind in enhancement.enhancement_types)
    boost_set = catalogue.boost_sets.get(enhancement.boost_set)
    return boost_set is not None and boost_set.group in power.set_groups


def has_relative_level(enhancement: Enhancement) -> bool:
    """Origin and special kinds are -3 to +3 of the character; inventions have a level of theirs."""
    return not enhancement.ignores_level_differences and not enhancement.attuned


def levels(enhancement: Enhancement, catalogue: Catalogue) -> tuple[int, int] | None:
    """From which to which level a crafted invention exists; None: it has no level of its own."""
    if enhancement.attuned or has_relative_level(enhancement):
        return None
    boost_set = catalogue.boost_sets.get(enhancement.boost_set)
    if boost_set is None:
        return COMMON_LEVELS
    return boost_set.min_level, boost_set.max_level


def _is_for_nobody(enhancement: Enhancement) -> bool:
    """What conditions of slotting say of archetype, level and uniqueness is decoded already."""
    decoded = enhancement.unique_group or enhancement.restricted_archetypes
    if not enhancement.slot_requires or decoded or enhancement.only_at_50:
        return False
    return not compiled(enhancement.slot_requires, "build").holds(_ANYBODY)

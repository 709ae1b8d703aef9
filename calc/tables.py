"""Values by level, from an archetype's tables and limits. Source: the design's `calc.md` §2."""

from gamedata.catalogue import Archetype, ArchetypeId, Curve

NOBODY = Archetype(ArchetypeId(""), "")
"""The archetype of a build that has not chosen one: no tables, no limits."""

_ONES = frozenset({"ones", "melee_one", "melee_levels"})  # in no class's tables; they mean 1


def at(curve: Curve, level: int) -> float:
    """A curve's value at a level; the last entry holds for every level above."""
    return curve[min(level, len(curve)) - 1] if curve else 0.0


def table(archetype: Archetype, name: str, level: int) -> float:
    """The table's value, by which a template's scale is multiplied; an unknown table's is 0."""
    curve = archetype.tables.get(name)
    if curve is None:
        return 1.0 if name in _ONES else 0.0
    return at(curve, level)


def limit(archetype: Archetype, source: str, level: int) -> float | None:
    """An archetype's value by "block.attribute" (`maximum.hit_points`); None where it has none."""
    block, _, attribute = source.partition(".")
    match block:
        case "base":
            return archetype.base.get(attribute)
        case "minimum":
            return archetype.minimum.get(attribute)
        case "strength_minimum":
            return archetype.strength_minimum.get(attribute)
        case "resistance_minimum":
            return archetype.resistance_minimum.get(attribute)
        case "maximum":
            curve = archetype.maximum.get(attribute)
        case "maximum_maximum":
            curve = archetype.maximum_maximum.get(attribute)
        case "strength_maximum":
            curve = archetype.strength_maximum.get(attribute)
        case "resistance_maximum":
            curve = archetype.resistance_maximum.get(attribute)
        case _:
            return None
    return at(curve, level) if curve else None

"""Questions to a catalogue that its shape does not answer by itself.

Pure: who asks often keeps the answer beside the catalogue.
"""

from functools import lru_cache
from typing import Literal, get_args

from gamedata.catalogue import Archetype, ArchetypeId, Catalogue, CategoryId, Powerset, PowersetId
from gamedata.expressions import Binary, Call, ExpressionError, Name, Node, Text, Unary, parse
from gamedata.names import archetype_id

Role = Literal["primary", "secondary", "pool", "epic"]

ROLES: tuple[Role, ...] = get_args(Role)

POOL = CategoryId("Pool")
EPIC = CategoryId("Epic")
DISABLED = "0"  # what the game writes as requirement of what nobody can have
OBSOLETE = frozenset((PowersetId("Pool.Fitness"),))  # inherent since issue 19: Inherent.Fitness


def powersets_of(catalogue: Catalogue, archetype: ArchetypeId, role: Role) -> tuple[Powerset, ...]:
    """What an archetype may choose as primary, secondary, pool or epic powerset, game order.

    Empty for an archetype that the catalogue lacks. Disabled and obsolete powersets are left
    out. Source: city-of-data.md §3.
    """
    who = catalogue.archetypes.get(archetype)
    if who is None or not who.player:
        return ()
    found = category_powersets(catalogue, _category(who, role))
    return tuple(each for each in found if allows(catalogue, who, role, each))


def allows(catalogue: Catalogue, archetype: Archetype, role: Role, powerset: Powerset) -> bool:
    """Whether a powerset is of the kind that an archetype has in a role, also a disabled one."""
    if powerset.category != _category(archetype, role) or powerset.id in OBSOLETE:
        return False
    return role != "epic" or archetype.id in epic_archetypes(catalogue, powerset)


def _category(archetype: Archetype, role: Role) -> CategoryId:
    match role:
        case "primary":
            return archetype.primary
        case "secondary":
            return archetype.secondary
        case "pool":
            return POOL
        case "epic":
            return EPIC


def category_powersets(catalogue: Catalogue, category: CategoryId) -> tuple[Powerset, ...]:
    """The powersets of a category that somebody can have and the catalogue holds."""
    listed = catalogue.categories.get(category)
    return tuple(
        powerset
        for id_ in (listed.powersets if listed else ())
        if (powerset := catalogue.powersets.get(id_))
        and powerset.requires != DISABLED
        and id_ not in OBSOLETE
    )


def epic_archetypes(catalogue: Catalogue, powerset: Powerset) -> frozenset[ArchetypeId]:
    """Who may take an epic powerset: the classes that its powers' requirements name.

    The powers' own `archetypes` are empty for all of them.
    """
    powers = (catalogue.powers.get(id_) for id_ in powerset.powers)
    return frozenset[ArchetypeId]().union(
        *(required_archetypes(power.requires) for power in powers if power and power.requires)
    )


@lru_cache(maxsize=1024)
def required_archetypes(requires: str) -> frozenset[ArchetypeId]:
    """The classes with which an expression compares `$archetype` (or `char>arch`)."""
    try:
        return _compared(parse(requires))
    except ExpressionError:  # the import has reported it
        return frozenset()


def _compared(node: Node) -> frozenset[ArchetypeId]:
    match node:
        case Binary("==" | "eq", Name(who), Name(name) | Text(name)):
            known = who.lower() in ("$archetype", "char>arch")
            return frozenset((archetype_id(name),)) if known else frozenset()
        case Binary(_, left, right):
            return _compared(left) | _compared(right)
        case Unary("-", operand):
            return _compared(operand)
        case Call(_, arguments):
            return frozenset[ArchetypeId]().union(*map(_compared, arguments))
        case _:  # a negated comparison names who may not
            return frozenset()


def role_of(catalogue: Catalogue, archetype: ArchetypeId, powerset: PowersetId) -> Role | None:
    """As what an archetype may choose a powerset, or None if it may not."""
    who = catalogue.archetypes.get(archetype)
    found = catalogue.powersets.get(powerset)
    if who is None or not who.player or found is None or found.requires == DISABLED:
        return None
    return next((role for role in ROLES if allows(catalogue, who, role, found)), None)

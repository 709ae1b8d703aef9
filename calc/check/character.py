"""Archetype, origin, powersets, and what the character's level allows."""

from collections.abc import Iterator

from calc.check.known import Known
from calc.mids_names import ORIGINS
from calc.owned import powersets
from calc.picks import branches_differ
from calc.rulebook import Breach, a
from calc.schedule import MAX_POOLS
from gamedata.catalogue import PowersetId
from gamedata.queries import DISABLED, Role, allows


def character(known: Known) -> Iterator[Breach]:
    build = known.build
    if build.archetype and known.archetype is None:
        yield Breach("unknown_archetype", "The archetype is not in the game data in use.")
    if not build.archetype and (known.picks or any(powersets(build))):
        yield Breach("no_archetype", "No archetype is chosen.")
    if build.origin not in ("", *ORIGINS):
        yield Breach("unknown_origin", "The origin is none of the game's five.")


def chosen_powersets(known: Known) -> Iterator[Breach]:
    chosen = known.build.powersets
    pools = sorted(pool for pool, is_chosen in chosen.pools.items() if is_chosen)
    roles: list[tuple[Role, str]] = [
        ("primary", chosen.primary),
        ("secondary", chosen.secondary),
        ("epic", chosen.epic),
    ]
    roles.extend(("pool", pool) for pool in pools)
    for role, powerset_id in roles:
        if not powerset_id:
            continue
        powerset = known.catalogue.powersets.get(PowersetId(powerset_id))
        if powerset is None:
            yield Breach("unknown_powerset", f"The {role} is not in the game data in use.")
            continue
        name = powerset.name or powerset.id
        if known.archetype and not allows(known.catalogue, known.archetype, role, powerset):
            message = f"{name} cannot be the {role} of {a(known.archetype.name)}."
            yield Breach("wrong_powerset", message)
        elif powerset.requires == DISABLED:
            yield Breach("closed_powerset", f"{name} cannot be chosen.")
    if branches_differ(chosen.primary, chosen.secondary):
        message = "The primary and the secondary powerset are of different branches."
        yield Breach("branches_differ", message)
    if len(pools) > MAX_POOLS:
        yield Breach("too_many_pools", f"{len(pools)} pools are chosen; {MAX_POOLS} are allowed.")


def character_level(known: Known) -> Iterator[Breach]:
    """One finding for all: a build that is looked at below 50 would drown in them."""
    early = [
        (power, slot, name) for power in known.order for slot, name in known.holdings[power].early
    ]
    if early:
        power, slot, name = early[0]
        more = f" and {len(early) - 1} more" if len(early) > 1 else ""
        message = f"{name}{more} cannot be slotted yet at level {known.build.level}."
        yield Breach("level_too_low", message, power, slot)

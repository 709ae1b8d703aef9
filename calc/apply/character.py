"""Title, notes, level, origin, archetype and powersets."""

from collections.abc import Iterable

from msgspec import UNSET
from msgspec.structs import replace

from calc.apply.document import with_power, with_slot, without_powers
from calc.build import Build, Powersets
from calc.mids_names import ORIGINS
from calc.operation_types import (
    AddPool,
    Applied,
    Operation,
    PlaceEnhancement,
    PowersetRole,
    Refused,
    RemovePool,
    SetArchetype,
    SetLevel,
    SetNotes,
    SetOrigin,
    SetPowerset,
    SetTitle,
)
from calc.picks import TRUNKS
from calc.placing import enhancements_of, is_of_other_archetype
from calc.rulebook import a, refused
from calc.schedule import MAX_POOLS
from gamedata.catalogue import (
    Archetype,
    ArchetypeId,
    Catalogue,
    EnhancementId,
    PowerId,
    Powerset,
    PowersetId,
)
from gamedata.queries import DISABLED, Role, allows


def set_title(build: Build, operation: SetTitle) -> Applied:
    return Applied(replace(build, title=operation.title), (SetTitle(build.title),))


def set_notes(build: Build, operation: SetNotes) -> Applied:
    return Applied(replace(build, notes=operation.notes), (SetNotes(build.notes),))


def set_level(build: Build, operation: SetLevel) -> Applied:
    return Applied(replace(build, level=operation.level), (SetLevel(build.level),))


def set_origin(build: Build, operation: SetOrigin) -> Applied | Refused:
    if operation.origin not in ("", *ORIGINS):
        return refused("unknown_origin", f"Origins are {', '.join(ORIGINS)}.")
    return Applied(replace(build, origin=operation.origin), (SetOrigin(build.origin),))


def set_archetype(build: Build, operation: SetArchetype, catalogue: Catalogue) -> Applied | Refused:
    archetype = _archetype(operation.archetype, catalogue)
    if operation.archetype and archetype is None:
        return refused("unknown_archetype", "This archetype is not in the game data in use.")
    if operation.archetype == build.archetype:
        return Applied(build, ())
    kept, back = _kept_powersets(build, archetype, catalogue)
    gone = _gone(build, kept) | _of_categories(build, build.archetype, archetype, catalogue)
    changed = replace(build, archetype=operation.archetype, powersets=kept)
    rest, powers_back = without_powers(build, changed, gone, catalogue)
    rest, enhancements_back = _without_others_enhancements(rest, catalogue)
    return Applied(rest, (SetArchetype(build.archetype), *back, *powers_back, *enhancements_back))


def _kept_powersets(
    build: Build, archetype: Archetype | None, catalogue: Catalogue
) -> tuple[Powersets, list[Operation]]:
    """What another archetype keeps of the powersets, and what chooses the others again."""
    kept = build.powersets
    back: list[Operation] = []
    roles: tuple[PowersetRole, ...] = ("primary", "secondary", "epic")
    for role in roles:
        chosen = _chosen(build, role)
        powerset = catalogue.powersets.get(PowersetId(chosen))
        if chosen and (
            archetype is None
            or powerset is None
            or not allows(catalogue, archetype, role, powerset)
        ):
            kept = _with(kept, role, "")
            back.append(SetPowerset(role, chosen))
    return kept, back


def _without_others_enhancements(
    build: Build, catalogue: Catalogue
) -> tuple[Build, list[Operation]]:
    """The build without what only other archetypes may slot, and what puts it back."""
    back: list[Operation] = []
    for power_id, slot_id, slotted in list(enhancements_of(build)):
        found = catalogue.enhancements.get(EnhancementId(slotted.id))
        power = catalogue.powers.get(PowerId(power_id))
        if found and power and is_of_other_archetype(found, build.archetype):
            taken = build.powers[power_id]
            emptied = replace(taken.slots[slot_id], enhancement=UNSET)
            build = with_power(build, power, with_slot(taken, slot_id, emptied), catalogue)
            back.append(PlaceEnhancement(power_id, slot_id, slotted))
    return build, back


def set_powerset(build: Build, operation: SetPowerset, catalogue: Catalogue) -> Applied | Refused:
    role, powerset_id = operation.role, operation.powerset
    chosen = _chosen(build, role)
    if powerset_id:
        archetype = _archetype(build.archetype, catalogue)
        if archetype is None:
            return refused("no_archetype", "Choose an archetype first.")
        refusal = _refusal(powerset_id, role, archetype, catalogue)
        if refusal is not None:
            return refusal
    if powerset_id == chosen:
        return Applied(build, ())
    powersets = _with(build.powersets, role, powerset_id)
    changed = replace(build, powersets=powersets)
    rest, back = without_powers(build, changed, _gone(build, powersets), catalogue)
    return Applied(rest, (SetPowerset(role, chosen), *back))


def add_pool(build: Build, operation: AddPool, catalogue: Catalogue) -> Applied | Refused:
    pools = _pools(build)
    archetype = _archetype(build.archetype, catalogue)
    if archetype is None:
        return refused("no_archetype", "Choose an archetype first.")
    refusal = _refusal(operation.powerset, "pool", archetype, catalogue)
    if refusal is not None:
        return refusal
    if operation.powerset in pools:
        name = catalogue.powersets[PowersetId(operation.powerset)].name
        return refused("already_chosen", f"{name} is chosen already.")
    if len(pools) >= MAX_POOLS:
        return refused("too_many_pools", f"A character has at most {MAX_POOLS} power pools.")
    powersets = replace(build.powersets, pools=pools | {operation.powerset: True})
    inverse = RemovePool(operation.powerset)
    return Applied(replace(build, powersets=powersets), (inverse,))


def remove_pool(build: Build, operation: RemovePool, catalogue: Catalogue) -> Applied | Refused:
    pools = _pools(build)
    if pools.pop(operation.powerset, None) is None:
        return refused("not_chosen", "This pool is not chosen.")
    powersets = replace(build.powersets, pools=pools)
    changed = replace(build, powersets=powersets)
    rest, back = without_powers(build, changed, _gone(build, powersets), catalogue)
    return Applied(rest, (AddPool(operation.powerset), *back))


def _archetype(archetype_id: str, catalogue: Catalogue) -> Archetype | None:
    archetype = catalogue.archetypes.get(ArchetypeId(archetype_id))
    return archetype if archetype is not None and archetype.player else None


def _chosen(build: Build, role: PowersetRole) -> str:
    match role:
        case "primary":
            return build.powersets.primary
        case "secondary":
            return build.powersets.secondary
        case "epic":
            return build.powersets.epic


def _with(powersets: Powersets, role: PowersetRole, powerset: str) -> Powersets:
    match role:
        case "primary":
            return replace(powersets, primary=powerset)
        case "secondary":
            return replace(powersets, secondary=powerset)
        case "epic":
            return replace(powersets, epic=powerset)


def _pools(build: Build) -> dict[str, bool]:
    return {pool: True for pool, is_chosen in build.powersets.pools.items() if is_chosen}


def _refusal(
    powerset_id: str, role: Role, archetype: Archetype, catalogue: Catalogue
) -> Refused | None:
    powerset = catalogue.powersets.get(PowersetId(powerset_id))
    if powerset is None:
        return refused("unknown_powerset", "This powerset is not in the game data in use.")
    name = _name(powerset)
    if not allows(catalogue, archetype, role, powerset):
        return refused("wrong_powerset", f"{name} cannot be the {role} of {a(archetype.name)}.")
    if powerset.requires == DISABLED:
        return refused("closed_powerset", f"{name} cannot be chosen.")
    return None


def _name(powerset: Powerset) -> str:
    return powerset.name or powerset.id


def _gone(build: Build, kept: Powersets) -> set[str]:
    """The powers of the powersets that are given up."""
    before, after = _sets(build.powersets), _sets(kept)
    return _powers_of(build, before - after)


def _sets(powersets: Powersets) -> set[str]:
    pools = (pool for pool, is_chosen in powersets.pools.items() if is_chosen)
    chosen = {powersets.primary, powersets.secondary, powersets.epic, *pools} - {""}
    return chosen | {TRUNKS[branch] for branch in chosen if branch in TRUNKS}


def _of_categories(
    build: Build, old_id: str, new: Archetype | None, catalogue: Catalogue
) -> set[str]:
    """The powers of the old archetype's categories, also of powersets that were not chosen."""
    old = _archetype(old_id, catalogue)
    if old is None or (new is not None and new.primary == old.primary):
        return set()
    return _powers_of(build, (old.primary, old.secondary))


def _powers_of(build: Build, parents: Iterable[str]) -> set[str]:
    prefixes = tuple(f"{parent}." for parent in parents)
    return {power for power in build.powers if power.startswith(prefixes)}

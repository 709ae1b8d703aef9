"""Builds and operations by a seed.

`random_operations` does what people do: mostly what the rules allow, now and then something that
they refuse. Same seed, same build, same catalogue: same operations.
"""

from collections.abc import Callable
from random import Random

from msgspec import UNSET

from calc import build as document
from calc import incarnates
from calc.build import OWN_SLOT, Build, TakenPower
from calc.mids_names import ORIGINS
from calc.operations import (
    AddAccolade,
    AddPool,
    AddSlot,
    Applied,
    ChangeEnhancement,
    ClearEnhancement,
    DropPower,
    MovePower,
    MoveSlot,
    Operation,
    PlaceEnhancement,
    PowersetRole,
    RemoveAccolade,
    RemovePool,
    RemoveSlot,
    SetArchetype,
    SetCount,
    SetIncarnate,
    SetLevel,
    SetNotes,
    SetOrigin,
    SetPowerset,
    SetTitle,
    SwitchAccolade,
    SwitchPower,
    SwitchProc,
    TakePower,
    apply,
)
from calc.picks import chosen_with_trunks, is_extra, is_pick
from calc.placing import enhancements_of
from calc.schedule import PICK_LEVELS
from gamedata.catalogue import Catalogue, EnhancementId, PowerId, PowersetId
from server.commands.fuzz.choices import (
    accolades,
    any_power,
    fitting_enhancement,
    incarnate_powers,
    picks_of,
    player_archetypes,
    powersets_for,
    slots_of,
)
from server.commands.fuzz.nonsense import nonsense
from server.commands.fuzz.scenarios import (
    add_scenario,
    change_scenario,
    choose_scenario,
    remove_scenario,
    set_scenario_power,
)

_ROLES: tuple[PowersetRole, ...] = ("primary", "secondary", "epic")

Maker = Callable[[Random, Build, Catalogue], Operation | None]


def random_operations(random: Random, build: Build, catalogue: Catalogue) -> tuple[Operation, ...]:
    """One edit: one to four operations, each on the build that the ones before leave.

    About one edit in eight holds an operation that makes no sense or breaks a rule.
    """
    operations: list[Operation] = []
    for _ in range(random.choice((1, 1, 1, 2, 3, 4))):
        operation = random_operation(random, build, catalogue)
        operations.append(operation)
        answer = apply(build, operation, catalogue)
        if isinstance(answer, Applied):
            build = answer.build
    if random.random() < 0.12:
        operations.insert(random.randint(0, len(operations)), nonsense(random, build, catalogue))
    return tuple(operations)


def random_operation(random: Random, build: Build, catalogue: Catalogue) -> Operation:
    """An operation that is mostly legal on this build."""
    if not build.archetype:
        return SetArchetype(random.choice(player_archetypes(catalogue)))
    makers = list(_MAKERS)
    weights = list(_MAKERS.values())
    for _ in range(20):
        made = random.choices(makers, weights)[0](random, build, catalogue)
        if made is not None:
            return made
    return SetLevel(random.randint(1, 50))


def random_build(random: Random, catalogue: Catalogue, edits: int = 60) -> Build:
    """A build as it comes out of so many edits."""
    build = document.empty("Random")
    for _ in range(edits):
        for operation in random_operations(random, build, catalogue):
            answer = apply(build, operation, catalogue)
            if isinstance(answer, Applied):
                build = answer.build
    return build


# What people do


def _set_title(random: Random, build: Build, catalogue: Catalogue) -> Operation:
    return SetTitle(random.choice(("Nova", "Ælfgar", "日本", "", "The Atlas Medal")))


def _set_level(random: Random, build: Build, catalogue: Catalogue) -> Operation:
    return SetLevel(random.choice((50, 50, random.randint(1, 50))))


def _set_origin(random: Random, build: Build, catalogue: Catalogue) -> Operation:
    return SetOrigin(random.choice(("", *ORIGINS)))


def _set_archetype(random: Random, build: Build, catalogue: Catalogue) -> Operation:
    return SetArchetype(random.choice(["", *player_archetypes(catalogue)]))


def _set_powerset(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    role = random.choice(_ROLES)
    found = powersets_for(build, role, catalogue)
    return SetPowerset(role, random.choice(found)) if found else None


def _choose_missing_powerset(
    random: Random, build: Build, catalogue: Catalogue
) -> Operation | None:
    chosen = build.powersets
    missing = [role for role in _ROLES if not getattr(chosen, role)]
    if not missing:
        return None
    role = random.choice(missing)
    found = powersets_for(build, role, catalogue)
    return SetPowerset(role, random.choice(found)) if found else None


def _add_pool(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    free = [
        pool
        for pool in powersets_for(build, "pool", catalogue)
        if pool not in build.powersets.pools
        and catalogue.powersets[PowersetId(pool)].requires != "0"
    ]
    return AddPool(random.choice(free)) if free and len(build.powersets.pools) < 4 else None


def _remove_pool(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    pools = sorted(build.powersets.pools)
    return RemovePool(random.choice(pools)) if pools else None


def _take_power(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    sets = (catalogue.powersets.get(PowersetId(one)) for one in sorted(chosen_with_trunks(build)))
    free = [
        power_id
        for powerset in sets
        if powerset is not None
        for power_id in powerset.powers
        if power_id not in build.powers
        and power_id in catalogue.powers
        and is_pick(catalogue.powers[power_id], catalogue)
    ]
    if not free:
        return None
    level = random.choice((UNSET, UNSET, UNSET, random.choice(PICK_LEVELS)))
    return TakePower(random.choice(free), level)


def _drop_power(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    picks = picks_of(build, catalogue)
    return DropPower(random.choice(picks).id) if picks else None


def _move_power(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    picks = picks_of(build, catalogue)
    return MovePower(random.choice(picks).id, random.choice(PICK_LEVELS)) if picks else None


def _switch_power(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    power = any_power(random, build, catalogue)
    return None if power is None else SwitchPower(power.id, random.random() < 0.6)


def _set_count(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    power = any_power(random, build, catalogue)
    return None if power is None else SetCount(power.id, random.choice((0, 1, 3, 10)))


def _add_slot(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    power = any_power(random, build, catalogue, slottable=True)
    if power is None:
        return None
    level = random.choice((UNSET, UNSET, UNSET, random.randint(2, 50)))
    enhancement = fitting_enhancement(random, power, catalogue) if random.random() < 0.4 else None
    slot = f"{random.choice('abcdefghk')}{random.randint(0, 99)}"
    return AddSlot(power.id, slot, level, UNSET if enhancement is None else enhancement)


def _remove_slot(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    slots = slots_of(build, added=True)
    return RemoveSlot(*random.choice(slots)) if slots else None


def _move_slot(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    slots = slots_of(build, added=True)
    return MoveSlot(*random.choice(slots), random.randint(3, 50)) if slots else None


def _place(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    power = any_power(random, build, catalogue, slottable=True)
    if power is None:
        return None
    taken = build.powers.get(power.id, TakenPower())
    enhancement = fitting_enhancement(random, power, catalogue)
    slot = random.choice([OWN_SLOT, *sorted(taken.slots)])
    return None if enhancement is None else PlaceEnhancement(power.id, slot, enhancement)


def _clear(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    slots = slots_of(build, full=True)
    return ClearEnhancement(*random.choice(slots)) if slots else None


def _change(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    slots = slots_of(build, full=True)
    if not slots:
        return None
    power, slot = random.choice(slots)
    what = random.choice(("level", "boosters", "relative", "attuned"))
    return ChangeEnhancement(
        power,
        slot,
        level=random.randint(1, 50) if what == "level" else UNSET,
        boosters=random.randint(0, 5) if what == "boosters" else UNSET,
        relative=random.randint(-3, 3) if what == "relative" else UNSET,
        attuned=random.random() < 0.5 if what == "attuned" else UNSET,
    )


def _set_notes(random: Random, build: Build, catalogue: Catalogue) -> Operation:
    return SetNotes(random.choice(("", "To do:\n- slots", "日本")))


def _switch_proc(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    procs = [
        (power, slot)
        for power, slot, slotted in enhancements_of(build)
        if (found := catalogue.enhancements.get(EnhancementId(slotted.id))) and found.proc
    ]
    if not procs:
        return None
    return SwitchProc(*random.choice(sorted(procs)), random.choice((UNSET, True, False)))


def _set_incarnate(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    slot = random.choice(incarnates.SLOTS)
    found = incarnate_powers(slot, catalogue)
    return SetIncarnate(slot, random.choice(["", *found, *found])) if found else None


def _add_accolade(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    free = [one for one in accolades(catalogue) if one not in build.accolades]
    return AddAccolade(random.choice(free), random.random() < 0.8) if free else None


def _remove_accolade(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    return RemoveAccolade(random.choice(sorted(build.accolades))) if build.accolades else None


def _switch_accolade(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    if not build.accolades:
        return None
    return SwitchAccolade(random.choice(sorted(build.accolades)), random.random() < 0.5)


def _take_extra(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    free = [one.id for one in catalogue.powers.values() if is_extra(one)]
    return TakePower(random.choice(free)) if free else None


def _drop_extra(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    powers = (catalogue.powers.get(PowerId(power)) for power in sorted(build.powers))
    extras = [power.id for power in powers if power is not None and is_extra(power)]
    return DropPower(random.choice(extras)) if extras else None


_MAKERS: dict[Maker, float] = {
    _set_notes: 0.5,
    _switch_proc: 2,
    _set_incarnate: 4,
    _add_accolade: 1.5,
    _remove_accolade: 0.7,
    _switch_accolade: 0.7,
    _take_extra: 1,
    _drop_extra: 0.7,
    add_scenario: 2,
    change_scenario: 4,
    remove_scenario: 1,
    choose_scenario: 3,
    set_scenario_power: 3,
    _set_title: 1,
    _set_level: 1,
    _set_origin: 1,
    _set_archetype: 0.3,
    _set_powerset: 1,
    _choose_missing_powerset: 8,
    _add_pool: 4,
    _remove_pool: 1,
    _take_power: 22,
    _drop_power: 4,
    _move_power: 5,
    _switch_power: 8,
    _set_count: 3,
    _add_slot: 24,
    _remove_slot: 5,
    _move_slot: 4,
    _place: 26,
    _clear: 4,
    _change: 8,
}

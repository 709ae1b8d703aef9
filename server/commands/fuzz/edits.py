"""Builds and operations by a seed.

`random_operations` does what people do: mostly what the rules allow, now and then something that
they refuse. Same seed, same build, same catalogue: same operations.
"""

from collections.abc import Callable
from random import Random

from msgspec import UNSET
from msgspec.structs import asdict

from calc import build as document
from calc import incarnates
from calc.accolades import POWERSET
from calc.build import (
    OWN_SLOT,
    Build,
    Scenario,
    SlottedEnhancement,
    TakenPower,
)
from calc.mids_names import ORIGINS
from calc.operations import (
    AddAccolade,
    AddPool,
    AddScenario,
    AddSlot,
    Applied,
    ChangeEnhancement,
    ChangeScenario,
    ChooseScenario,
    ClearEnhancement,
    DropPower,
    MovePower,
    MoveSlot,
    Operation,
    PlaceEnhancement,
    PowersetRole,
    RemoveAccolade,
    RemovePool,
    RemoveScenario,
    RemoveSlot,
    SetArchetype,
    SetCount,
    SetIncarnate,
    SetLevel,
    SetNotes,
    SetOrigin,
    SetPowerset,
    SetScenarioPower,
    SetTitle,
    SwitchAccolade,
    SwitchPower,
    SwitchProc,
    TakePower,
    apply,
)
from calc.owned import owned
from calc.picks import chosen_with_trunks, is_extra, is_pick
from calc.placing import enhancements_of
from calc.schedule import PICK_LEVELS
from calc.slotting import fits, has_relative_level, levels
from gamedata.catalogue import (
    ArchetypeId,
    Catalogue,
    Enhancement,
    EnhancementId,
    Power,
    PowerId,
    PowersetId,
)
from gamedata.queries import Role, allows

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
        operations.insert(random.randint(0, len(operations)), _nonsense(random, build, catalogue))
    return tuple(operations)


def random_operation(random: Random, build: Build, catalogue: Catalogue) -> Operation:
    """An operation that is mostly legal on this build."""
    if not build.archetype:
        return SetArchetype(random.choice(_archetypes(catalogue)))
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
    return SetArchetype(random.choice(["", *_archetypes(catalogue)]))


def _set_powerset(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    role = random.choice(_ROLES)
    found = _powersets(build, role, catalogue)
    return SetPowerset(role, random.choice(found)) if found else None


def _choose_missing_powerset(
    random: Random, build: Build, catalogue: Catalogue
) -> Operation | None:
    chosen = build.powersets
    missing = [role for role in _ROLES if not getattr(chosen, role)]
    if not missing:
        return None
    role = random.choice(missing)
    found = _powersets(build, role, catalogue)
    return SetPowerset(role, random.choice(found)) if found else None


def _add_pool(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    free = [
        pool
        for pool in _powersets(build, "pool", catalogue)
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
    picks = _picks(build, catalogue)
    return DropPower(random.choice(picks).id) if picks else None


def _move_power(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    picks = _picks(build, catalogue)
    return MovePower(random.choice(picks).id, random.choice(PICK_LEVELS)) if picks else None


def _switch_power(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    power = _any_power(random, build, catalogue)
    return None if power is None else SwitchPower(power.id, random.random() < 0.6)


def _set_count(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    power = _any_power(random, build, catalogue)
    return None if power is None else SetCount(power.id, random.choice((0, 1, 3, 10)))


def _add_slot(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    power = _any_power(random, build, catalogue, slottable=True)
    if power is None:
        return None
    level = random.choice((UNSET, UNSET, UNSET, random.randint(2, 50)))
    enhancement = _enhancement(random, power, catalogue) if random.random() < 0.4 else None
    slot = f"{random.choice('abcdefghk')}{random.randint(0, 99)}"
    return AddSlot(power.id, slot, level, UNSET if enhancement is None else enhancement)


def _remove_slot(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    slots = _slots(build, added=True)
    return RemoveSlot(*random.choice(slots)) if slots else None


def _move_slot(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    slots = _slots(build, added=True)
    return MoveSlot(*random.choice(slots), random.randint(3, 50)) if slots else None


def _place(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    power = _any_power(random, build, catalogue, slottable=True)
    if power is None:
        return None
    taken = build.powers.get(power.id, TakenPower())
    enhancement = _enhancement(random, power, catalogue)
    slot = random.choice([OWN_SLOT, *sorted(taken.slots)])
    return None if enhancement is None else PlaceEnhancement(power.id, slot, enhancement)


def _clear(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    slots = _slots(build, full=True)
    return ClearEnhancement(*random.choice(slots)) if slots else None


def _change(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    slots = _slots(build, full=True)
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


def _add_scenario(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    if len(build.scenarios) > 5:
        return None
    return AddScenario(f"{random.choice('abc')}{random.randint(0, 9)}", random_scenario(random))


def _change_scenario(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    if not build.scenarios:
        return None
    wanted = asdict(random_scenario(random))
    del wanted["powers"]
    players = [each.id for each in catalogue.archetypes.values() if each.player]
    wanted["teammates"] = {random.choice(players): random.randint(0, 3)}
    wanted["target_has"] = {random.choice(list(catalogue.powers)): random.randint(0, 2)}
    some = {key: value for key, value in wanted.items() if random.random() < 0.5}
    return ChangeScenario(random.choice(sorted(build.scenarios)), **some)


def _remove_scenario(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    others = sorted(build.scenarios.keys() - {build.scenario})
    return RemoveScenario(random.choice(others)) if others else None


def _choose_scenario(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    return ChooseScenario(random.choice(sorted(build.scenarios))) if build.scenarios else None


def _set_scenario_power(random: Random, build: Build, catalogue: Catalogue) -> Operation | None:
    power = _any_power(random, build, catalogue)
    if power is None or not build.scenarios:
        return None
    return SetScenarioPower(
        random.choice(sorted(build.scenarios)),
        power.id,
        random.choice((UNSET, True, False)),
        random.choice((UNSET, UNSET, 0, 1, 5)),
    )


def random_scenario(random: Random) -> Scenario:
    """Conditions of a fight, each as likely as not what it is anyway."""

    def some(usual: int, *others: int) -> int:
        return random.choice((usual, usual, *others))

    return Scenario(
        title=random.choice(("", "Raid", "Duel")),
        team=some(1, 3, 8),
        exemplar=some(0, 0, 25, 45),
        pvp=random.random() < 0.15,
        combat=random.random() < 0.4,
        health=some(100, 40),
        endurance=some(100, 10),
        fury=some(0, 50, 80),
        meter=some(0, 100),
        target_health=some(100, 20),
        target_held=random.random() < 0.3,
        target_rank=random.choice(("boss", "boss", "minion", "lieutenant", "archvillain")),
        relative_level=some(0, 4, -1),
        foes=some(1, 0, 3, 16),
        allies=some(0, 2, 7),
        activated_s=some(0, 15, 90),
    )


_MAKERS: dict[Maker, float] = {
    _set_notes: 0.5,
    _switch_proc: 2,
    _set_incarnate: 4,
    _add_accolade: 1.5,
    _remove_accolade: 0.7,
    _switch_accolade: 0.7,
    _take_extra: 1,
    _drop_extra: 0.7,
    _add_scenario: 2,
    _change_scenario: 4,
    _remove_scenario: 1,
    _choose_scenario: 3,
    _set_scenario_power: 3,
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


def _nonsense(random: Random, build: Build, catalogue: Catalogue) -> Operation:
    """An operation on what is not there, or against a rule."""
    powers = sorted(build.powers) or ["Pool.Speed.Hasten"]
    power = random.choice(powers)
    nothing = SlottedEnhancement("Crafted_Nothing_A", 50)
    return random.choice(
        (
            TakePower(power),
            TakePower("Pool.Nowhere.Nothing"),
            TakePower("Inherent.Fitness.Health"),
            DropPower("Pool.Nowhere.Nothing"),
            DropPower("Inherent.Fitness.Stamina"),
            MovePower(power, 3),
            AddSlot(power, OWN_SLOT),
            RemoveSlot(power, "zz99"),
            RemoveSlot(power, OWN_SLOT),
            PlaceEnhancement(power, OWN_SLOT, nothing),
            PlaceEnhancement(power, "zz99", nothing),
            ClearEnhancement(power, "zz99"),
            SetArchetype("Class_Nobody"),
            SetPowerset("primary", "Pool.Speed"),
            SetPowerset("epic", "Nowhere.Nothing"),
            AddPool("Epic.Nothing"),
            RemovePool("Pool.Nowhere"),
            SetOrigin("Elsewhere"),
            SwitchPower("Pool.Nowhere.Nothing", True),
            SetCount("Boosts.Nothing.Nothing", 3),
            SwitchProc(power, "zz99", True),
            SetIncarnate("omega", "Incarnate.Alpha.Nothing"),
            SetIncarnate("alpha", "Pool.Speed.Hasten"),
            AddAccolade("Pool.Speed.Hasten"),
            RemoveAccolade("Pool.Nowhere.Nothing"),
            SwitchAccolade("Pool.Nowhere.Nothing", True),
            AddScenario(build.scenario),
            ChangeScenario("nowhere", team=3),
            RemoveScenario(build.scenario),
            ChooseScenario("nowhere"),
            SetScenarioPower(build.scenario, "Pool.Nowhere.Nothing", True),
        )
    )


# What there is to choose from


def accolades(catalogue: Catalogue) -> list[str]:
    return list(catalogue.powersets[POWERSET].powers)


def incarnate_powers(slot: str, catalogue: Catalogue) -> list[str]:
    """The game keeps a powerset for each slot."""
    return [
        power
        for powerset in catalogue.powersets.values()
        if powerset.powers and incarnates.slot_of(catalogue.powers[powerset.powers[0]]) == slot
        for power in powerset.powers
    ]


def _archetypes(catalogue: Catalogue) -> list[str]:
    return [one.id for one in catalogue.archetypes.values() if one.player]


def _powersets(build: Build, role: Role, catalogue: Catalogue) -> list[str]:
    archetype = catalogue.archetypes.get(ArchetypeId(build.archetype))
    if archetype is None:
        return []
    return [
        one.id for one in catalogue.powersets.values() if allows(catalogue, archetype, role, one)
    ]


def _picks(build: Build, catalogue: Catalogue) -> list[Power]:
    found = (catalogue.powers.get(PowerId(power)) for power in sorted(build.powers))
    return [power for power in found if power is not None and is_pick(power, catalogue)]


def _any_power(
    random: Random, build: Build, catalogue: Catalogue, *, slottable: bool = False
) -> Power | None:
    """Mostly a pick, sometimes one that comes by itself."""
    if random.random() < 0.2:
        powers = [catalogue.powers[power] for power in owned(build, catalogue)]
    else:
        powers = _picks(build, catalogue)
    fitting = [power for power in powers if not slottable or power.max_slots > 0]
    return random.choice(fitting) if fitting else None


def _slots(build: Build, *, added: bool = False, full: bool = False) -> list[tuple[str, str]]:
    return [
        (power, slot_id)
        for power in sorted(build.powers)
        for slot_id, slot in sorted(build.powers[power].slots.items())
        if not (added and slot_id == OWN_SLOT) and not (full and slot.enhancement is UNSET)
    ]


def _enhancement(random: Random, power: Power, catalogue: Catalogue) -> SlottedEnhancement | None:
    fitting = [one for one in _sample(random, power, catalogue) if fits(power, one, catalogue)]
    if not fitting:
        return None
    chosen = random.choice(fitting)
    bounds = levels(chosen, catalogue)
    return SlottedEnhancement(
        chosen.id,
        level=0 if bounds is None else random.randint(*bounds),
        boosters=random.choice((0, 0, 5)) if chosen.boostable else 0,
        relative=random.choice((0, 0, 3)) if has_relative_level(chosen) else 0,
    )


def _sample(random: Random, power: Power, catalogue: Catalogue) -> list[Enhancement]:
    """Pieces of a set that the power accepts, or some of everything."""
    sets = [one for one in catalogue.boost_sets.values() if one.group in power.set_groups]
    if sets and random.random() < 0.7:
        ids = [piece for variants in random.choice(sets).pieces for piece in variants]
    else:
        ids = random.sample(list(catalogue.enhancements), 40)
    return [catalogue.enhancements[one] for one in ids if one in catalogue.enhancements]

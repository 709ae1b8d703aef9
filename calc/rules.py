"""What is wrong with a build, all at once.

The rule book itself is `calc.rulebook`: here is what finds its breaches. A finding never stands
in the way of an edit.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from msgspec import UNSET, Struct

from calc import incarnates
from calc.build import OWN_SLOT, Build, SlottedEnhancement, TakenPower
from calc.conditions import compiled
from calc.facts import Context, Facts, word
from calc.mids_names import ORIGINS
from calc.owned import copies, powersets
from calc.picks import (
    branches_differ,
    chosen_with_trunks,
    comes_by_itself,
    context_of,
    is_accolade,
    is_extra,
    is_pick,
    lowest_level,
)
from calc.placing import breaches
from calc.rulebook import BY_CODE, Breach, a
from calc.running import ACCOLADE_PAIRS
from calc.schedule import (
    MAX_ADDED_SLOTS,
    MAX_PICKS,
    MAX_POOLS,
    MAX_SLOTS_PER_POWER,
    PICKS,
    SLOTS,
    overdrawn,
)
from gamedata.catalogue import (
    Archetype,
    ArchetypeId,
    Catalogue,
    Enhancement,
    EnhancementId,
    Power,
    PowerId,
    PowersetId,
)
from gamedata.queries import DISABLED, Role, allows, role_of

MAX_FINDINGS = 200
# In conditions: powers and powersets, and what is denied of them.
_IDS = re.compile(r"\b[A-Z]\w*\.[\w:]+(?:\.[\w:'+-]+)?")
_NEGATED = re.compile(r"!\([^()]*\)|![\w.:'+-]+")


class Finding(Struct, frozen=True, omit_defaults=True):
    """One rule that a build breaks, and what to do about it.

    rule: its number in the rule book; power, slot: the place, where there is one.
    """

    code: str
    rule: str
    message: str
    remedy: str = ""
    power: str = ""
    slot: str = ""


def findings(build: Build, catalogue: Catalogue) -> tuple[Finding, ...]:
    """Every rule that a build breaks, in the order of the rule book's chapters.

    At most 200. Never raises for a build that can be decoded.
    """
    known = _Known(build, catalogue)
    checks: tuple[Callable[[_Known], Iterable[Breach]], ...] = (
        _character,
        _powersets,
        _powers,
        _pick_levels,
        _prerequisites,
        _slots,
        _slot_budget,
        _enhancements,
        _repeated,
        _origins,
        _character_level,
        _incarnates,
        _accolades,
        _scenario,
        _switches,
    )
    broken: list[Breach] = []
    for check in checks:
        broken.extend(check(known))
        if len(broken) >= MAX_FINDINGS:
            break
    return tuple(_finding(breach) for breach in broken[:MAX_FINDINGS])


def _finding(breach: Breach) -> Finding:
    rule = BY_CODE[breach.code]
    return Finding(rule.code, rule.id, breach.message, rule.remedy, breach.power, breach.slot)


class _Known:
    """A build with what the catalogue knows of it, looked up once."""

    def __init__(self, build: Build, catalogue: Catalogue) -> None:
        self.build = build
        self.catalogue = catalogue
        found = catalogue.archetypes.get(ArchetypeId(build.archetype))
        self.archetype: Archetype | None = found if found is not None and found.player else None
        order = sorted(build.powers.items(), key=lambda item: (item[1].level, item[0]))
        self.taken: list[tuple[str, TakenPower]] = order
        powers = catalogue.powers
        self.powers: dict[str, Power] = {
            power_id: powers[PowerId(power_id)] for power_id, _ in order if power_id in powers
        }
        self.picks: dict[str, int] = {
            power_id: taken.level
            for power_id, taken in order
            if power_id in self.powers and is_pick(self.powers[power_id], catalogue)
        }
        self.slotted: list[tuple[Power, str, SlottedEnhancement, Enhancement | None]] = [
            (
                self.powers[power_id],
                slot_id,
                slot.enhancement,
                catalogue.enhancements.get(EnhancementId(slot.enhancement.id)),
            )
            for power_id, taken in order
            if power_id in self.powers
            for slot_id, slot in sorted(taken.slots.items())
            if isinstance(slot.enhancement, SlottedEnhancement)
        ]


def _character(known: _Known) -> Iterator[Breach]:
    build = known.build
    if build.archetype and known.archetype is None:
        yield Breach("unknown_archetype", "The archetype is not in the game data in use.")
    if not build.archetype and (known.picks or any(powersets(build))):
        yield Breach("no_archetype", "No archetype is chosen.")
    if build.origin not in ("", *ORIGINS):
        yield Breach("unknown_origin", "The origin is none of the game's five.")


def _powersets(known: _Known) -> Iterator[Breach]:
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


def _powers(known: _Known) -> Iterator[Breach]:
    build = known.build
    chosen = chosen_with_trunks(build)
    incarnate = frozenset(build.incarnates.values())
    context = context_of(build)
    for power_id, _ in known.taken:
        power = known.powers.get(power_id)
        if power is None:
            message = f"{power_id} is not in the game data in use."
            yield Breach("unknown_power", message, power_id)
        elif power_id in known.picks:
            if power.powerset not in chosen:
                yield _not_of_a_chosen_set(power, known)
        elif power_id in incarnate or is_extra(power):
            continue
        elif not comes_by_itself(build, power, known.catalogue, context):
            message = f"{power.name} is granted by nothing that the character has."
            yield Breach("not_taken", message, power_id)


def _not_of_a_chosen_set(power: Power, known: _Known) -> Breach:
    archetype = known.archetype
    if archetype and role_of(known.catalogue, archetype.id, power.powerset) is None:
        message = f"{power.name} is not for {a(archetype.name)}."
        return Breach("wrong_archetype", message, power.id)
    message = f"{power.name} is of a powerset that is not chosen."
    return Breach("powerset_not_chosen", message, power.id)


def _pick_levels(known: _Known) -> Iterator[Breach]:
    if len(known.picks) > MAX_PICKS:
        message = f"{len(known.picks)} powers are picked; {MAX_PICKS} are allowed."
        yield Breach("too_many_picks", message)
    at_level: dict[int, list[Power]] = {}
    for power_id, level in known.picks.items():
        power = known.powers[power_id]
        at_level.setdefault(level, []).append(power)
        if level not in PICKS:
            at = f"at level {level}" if level else "without a level"
            yield Breach("no_pick_at_level", f"{power.name} is picked {at}.", power_id)
        elif level < lowest_level(power):
            message = (
                f"{power.name} is picked at {level}, and is there from {lowest_level(power)} on."
            )
            yield Breach("too_early", message, power_id)
    for level, powers in at_level.items():
        if len(powers) > PICKS.get(level, len(powers)):
            message = f"At level {level}, {_names(powers)} are picked."
            yield Breach("level_taken", message, powers[-1].id)
    first = [power.powerset.partition(".")[0] for power in at_level.get(1, ())]
    if (
        known.archetype
        and len(first) == 2
        and set(first)
        != {
            known.archetype.primary,
            known.archetype.secondary,
        }
    ):
        message = f"{_names(at_level[1])} are not one primary and one secondary power."
        yield Breach("first_picks", message, at_level[1][-1].id)


def _prerequisites(known: _Known) -> Iterator[Breach]:
    """Level by level: what was picked at the same level counts, the power itself does not."""
    build = known.build
    granted = [power_id for power_id in known.powers if power_id not in known.picks]
    counts = copies(granted, powersets(build))
    waiting = list(known.picks.items())  # by level
    while waiting:
        level = waiting[0][1]
        group = [power_id for power_id, at in waiting if at == level]
        waiting = waiting[len(group) :]
        for power_id in group:
            _count(counts, power_id, 1)
        context = Context(Facts(word(build.archetype), max(level, 1), counts))
        for power_id in group:
            power = known.powers[power_id]
            if power.requires:
                _count(counts, power_id, -1)
                if compiled(power.requires, "build").evaluate(context) in (False, 0):
                    yield Breach("prerequisite_missing", _missing(power, known), power_id)
                _count(counts, power_id, 1)


def _count(counts: dict[str, int], power_id: str, by: int) -> None:
    category, _, rest = power_id.lower().partition(".")
    for key in (power_id.lower(), f"{category}.{rest.partition('.')[0]}", category):
        counts[key] = counts.get(key, 0) + by
        if not counts[key]:
            del counts[key]


def _missing(power: Power, known: _Known) -> str:
    level = known.picks[power.id]
    if _is_exclusion(power.requires):
        there = [name for name in _IDS.findall(power.requires) if _is_there(name, known)]
        return f"{power.name} cannot be had together with {_listed(there, known)}."
    others = _listed(_IDS.findall(power.requires), known)
    about = f" ({others})" if others else ""
    return f"What {power.name} requires does not hold at level {level}{about}."


def _is_exclusion(requires: str) -> bool:
    """Whether all that is asked for is that something is not there: !A, !(A || B), !A && !B."""
    return bool(_IDS.search(requires)) and not _IDS.search(_NEGATED.sub("", requires))


def _is_there(name: str, known: _Known) -> bool:
    return name in known.powers or name in {*powersets(known.build)} or _is_some_of(name, known)


def _is_some_of(powerset: str, known: _Known) -> bool:
    return any(power.startswith(f"{powerset}.") for power in known.powers)


def _listed(ids: list[str], known: _Known) -> str:
    catalogue = known.catalogue
    named = (
        catalogue.powers.get(PowerId(name)) or catalogue.powersets.get(PowersetId(name))
        for name in ids
    )
    return ", ".join(dict.fromkeys(other.name for other in named if other is not None))


def _slots(known: _Known) -> Iterator[Breach]:
    for power_id, taken in known.taken:
        power = known.powers.get(power_id)
        if power is None or not taken.slots:
            continue
        if power.max_slots < 1:
            yield Breach("not_slottable", f"{power.name} takes no enhancements.", power_id)
        added = sorted((slot.level, key) for key, slot in taken.slots.items() if key != OWN_SLOT)
        if len(added) >= MAX_SLOTS_PER_POWER:
            message = f"{power.name} has {len(added)} added slots; five are allowed."
            yield Breach("power_full", message, power_id)
        for level, slot_id in added:
            if not level:
                message = f"A slot of {power.name} was added at no level."
                yield Breach("slot_without_level", message, power_id, slot_id)
            elif level < known.picks.get(power_id, 0):
                picked = known.picks[power_id]
                message = f"A slot of {power.name} is of level {level}, its pick of {picked}."
                yield Breach("slot_too_early", message, power_id, slot_id)


def _slot_budget(known: _Known) -> Iterator[Breach]:
    levels = [
        slot.level
        for _, taken in known.taken
        for slot_id, slot in taken.slots.items()
        if slot_id != OWN_SLOT
    ]
    if len(levels) > MAX_ADDED_SLOTS:
        message = f"{len(levels)} slots are added; {MAX_ADDED_SLOTS} are allowed."
        yield Breach("no_slot_left", message)
    level = overdrawn(levels)
    if level is not None and (level < max(SLOTS) or len(levels) <= MAX_ADDED_SLOTS):
        added = sum(1 for at in levels if 0 < at <= level)
        given = sum(count for at, count in SLOTS.items() if at <= level)
        message = f"Up to level {level} the game gives {given} slots; here are {added}."
        yield Breach("slots_overdrawn", message)


def _enhancements(known: _Known) -> Iterator[Breach]:
    for power, slot_id, slotted, _ in known.slotted:
        for breach in breaches(known.build, power, slotted, known.catalogue):
            yield Breach(breach.code, breach.message, power.id, slot_id)


def _origins(known: _Known) -> Iterator[Breach]:
    origin = known.build.origin
    for power, slot_id, _, enhancement in known.slotted:
        if origin and enhancement and enhancement.origins and origin not in enhancement.origins:
            origins = " or ".join(enhancement.origins)
            message = f"{enhancement.name} in {power.name} is for {origins} origin."
            yield Breach("enhancement_of_other_origin", message, power.id, slot_id)


def _repeated(known: _Known) -> Iterator[Breach]:
    uniques: dict[str, str] = {}
    pieces: set[tuple[str, str, int]] = set()
    for power, slot_id, _, enhancement in known.slotted:
        if enhancement is None:
            continue
        if enhancement.unique_group:
            key = min(enhancement.unique_group)
            if key in uniques:
                message = f"{enhancement.name} is unique, and {uniques[key]} holds one already."
                yield Breach("unique_used", message, power.id, slot_id)
            uniques.setdefault(key, power.name)
        elif enhancement.boost_set:
            piece = (power.id, enhancement.boost_set, enhancement.position)
            if piece in pieces:
                message = f"{power.name} holds {enhancement.name} twice."
                yield Breach("piece_used", message, power.id, slot_id)
            pieces.add(piece)


def _character_level(known: _Known) -> Iterator[Breach]:
    """One finding for all: a build that is looked at below 50 would drown in them."""
    level = known.build.level
    early = [
        (power, slot_id, enhancement)
        for power, slot_id, _, enhancement in known.slotted
        if enhancement is not None
        and (level < enhancement.min_level or (enhancement.only_at_50 and level < 50))
    ]
    if early:
        power, slot_id, enhancement = early[0]
        more = f" and {len(early) - 1} more" if len(early) > 1 else ""
        message = f"{enhancement.name}{more} cannot be slotted yet at level {level}."
        yield Breach("level_too_low", message, power.id, slot_id)


def _incarnates(known: _Known) -> Iterator[Breach]:
    filled = sorted(known.build.incarnates.items())
    for slot, power_id in filled:
        power = known.catalogue.powers.get(PowerId(power_id))
        if power is None:
            message = f"The {slot} slot's power is not in the game data in use."
            yield Breach("unknown_power", message, power_id)
        elif slot not in incarnates.SLOTS:
            yield Breach("no_such_incarnate_slot", f"There is no {slot} slot.", power_id)
        elif incarnates.slot_of(power) != slot:
            message = f"{power.name} does not go into the {slot} slot."
            yield Breach("wrong_incarnate_slot", message, power_id)
    if filled and known.build.level < incarnates.FIRST_LEVEL:
        message = f"Incarnate slots are filled at level {known.build.level}."
        yield Breach("incarnate_too_early", message, filled[0][1])


def _accolades(known: _Known) -> Iterator[Breach]:
    accolades = known.build.accolades
    for power_id in sorted(accolades):
        power = known.catalogue.powers.get(PowerId(power_id))
        if power is None:
            message = f"The accolade {power_id} is not in the game data in use."
            yield Breach("unknown_power", message, power_id)
        elif not is_accolade(power):
            yield Breach("not_an_accolade", f"{power.name} is no accolade's power.", power_id)
    for villain, hero in sorted(ACCOLADE_PAIRS.items()):
        if accolades.get(villain) and accolades.get(hero):
            found = [known.catalogue.powers.get(PowerId(each)) for each in (hero, villain)]
            names = _names([power for power in found if power is not None])
            message = f"{names} are one accolade; it counts once."
            yield Breach("accolade_twice", message, villain)


def _scenario(known: _Known) -> Iterator[Breach]:
    """A document without any scenario is read as if nothing happened."""
    build = known.build
    if build.scenarios and build.scenario not in build.scenarios:
        yield Breach("no_such_scenario", f"The scenario {build.scenario} is not there.")


def _switches(known: _Known) -> Iterator[Breach]:
    scenario = known.build.scenarios.get(known.build.scenario)
    conditions = scenario.powers if scenario is not None else {}
    groups: dict[str, list[Power]] = {}
    for power_id, taken in known.taken:
        power = known.powers.get(power_id)
        on = taken.on
        if power_id in conditions and conditions[power_id].on is not UNSET:
            on = conditions[power_id].on
        if power is not None and power.type == "Toggle" and on is True:
            for group in power.exclusion_groups:
                groups.setdefault(group, []).append(power)
    told: set[tuple[str, ...]] = set()
    for powers in groups.values():
        together = tuple(power.id for power in powers)
        if len(powers) > 1 and together not in told:
            told.add(together)
            message = f"{_names(powers)} exclude each other, and are on together."
            yield Breach("exclude_each_other", message, powers[-1].id)


def _names(powers: list[Power]) -> str:
    *first, last = [power.name for power in powers]
    return f"{', '.join(first)} and {last}" if first else last

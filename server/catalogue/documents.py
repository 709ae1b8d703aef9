"""What the catalogue's REST calls answer: the catalogue cut up for somebody who builds.

Facts and what rules follow from them alone (which powersets an archetype may choose, what fits a
power), so that a client needs neither the catalogue nor the rules.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import gamedata.catalogue as game
from calc import by_foes, defaults, picks, slotting
from calc.build import Build
from calc.owned import owned
from calc.schedule import PICK_LEVELS, SLOTS
from gamedata import queries
from server.catalogue.parts import (
    BoostSet,
    Counts,
    Enhancement,
    Enhancements,
    Fitting,
    Kind,
    Named,
    Power,
    Powerset,
    PowersetOf,
    PowersetsByRole,
    Schedule,
    SetBonus,
    SlotsAt,
)

K = TypeVar("K")
T = TypeVar("T")


class UnknownIdError(LookupError):
    """The catalogue has nothing of this id. The message is a sentence."""


def schedule(_: game.Catalogue) -> Schedule:
    """At which levels powers are picked and slots are added."""
    return Schedule(PICK_LEVELS, tuple(SlotsAt(level, count) for level, count in SLOTS.items()))


def archetypes(catalogue: game.Catalogue) -> tuple[Named, ...]:
    """Those that players choose from, by name."""
    players = (one for one in catalogue.archetypes.values() if one.player)
    return _by_name(Named(one.id, one.name) for one in players)


def powersets(catalogue: game.Catalogue, archetype: str) -> PowersetsByRole:
    """Those that an archetype may choose, by role and name. Raises UnknownIdError."""
    chooser = look_up(catalogue.archetypes, game.ArchetypeId(archetype), "archetype")

    def of(role: queries.Role) -> tuple[Named, ...]:
        found = queries.powersets_of(catalogue, chooser.id, role)
        return _by_name(Named(one.id, one.name) for one in found)

    return PowersetsByRole(
        primary=of("primary"), secondary=of("secondary"), pool=of("pool"), epic=of("epic")
    )


def powerset(catalogue: game.Catalogue, id_: str) -> Powerset:
    """A powerset with its powers, in the order of the game. Raises UnknownIdError."""
    found = look_up(catalogue.powersets, game.PowersetId(id_), "powerset")
    return Powerset(
        id=found.id,
        name=found.name,
        category=found.category,
        powers=tuple(_power(one, catalogue) for one in _powers(found, catalogue)),
        trunk=picks.TRUNKS.get(found.id, ""),
    )


def player_powersets(catalogue: game.Catalogue) -> tuple[PowersetOf, ...]:
    """All that some archetype may choose, by name; each with who."""
    chosen: dict[game.PowersetId, list[str]] = {}
    players = [one.id for one in catalogue.archetypes.values() if one.player]
    for chooser in players:
        for role in queries.ROLES:
            for one in queries.powersets_of(catalogue, chooser, role):
                chosen.setdefault(one.id, []).append(chooser)
    known = (catalogue.powersets[one] for one in chosen)
    return tuple(
        PowersetOf(
            one.id,
            one.name,
            one.category,
            () if len(chosen[one.id]) == len(players) else tuple(chosen[one.id]),
        )
        for one in sorted(known, key=lambda one: (one.name, one.id))
    )


def power(catalogue: game.Catalogue, id_: str) -> Power:
    """A power, as far as a planner shows it. Raises UnknownIdError."""
    return _power(look_up(catalogue.powers, game.PowerId(id_), "power"), catalogue)


def granted(catalogue: game.Catalogue, build: Build) -> tuple[Power, ...]:
    """The powers that a character has without picking them, for example inherent fitness."""
    powers = (catalogue.powers[one] for one in owned(build, catalogue))
    return tuple(
        _power(one, catalogue)
        for one in powers
        if not picks.is_pick(one, catalogue) and one.show_in_manage
    )


def temporary(catalogue: game.Catalogue) -> tuple[Power, ...]:
    """Temporary and prestige powers that a player sees, by name: they are taken at no level."""
    extras = (one for one in catalogue.powers.values() if picks.is_extra(one))
    seen = (_power(one, catalogue) for one in extras if one.show_in_manage)
    return tuple(sorted(seen, key=lambda one: (one.name, one.id)))


def enhancements(catalogue: game.Catalogue) -> Enhancements:
    """All enhancements and all boost sets, in the order of the catalogue."""
    return Enhancements(
        tuple(enhancement_of(one, catalogue) for one in catalogue.enhancements.values()),
        tuple(_boost_set(one, catalogue) for one in catalogue.boost_sets.values()),
    )


def enhancement(catalogue: game.Catalogue, id_: str) -> Enhancement:
    """One enhancement. Raises UnknownIdError."""
    found = look_up(catalogue.enhancements, game.EnhancementId(id_), "enhancement")
    return enhancement_of(found, catalogue)


def boost_sets(catalogue: game.Catalogue) -> tuple[BoostSet, ...]:
    """All boost sets, by name."""
    sets = (_boost_set(one, catalogue) for one in catalogue.boost_sets.values())
    return tuple(sorted(sets, key=lambda one: (one.name, one.id)))


def boost_set(catalogue: game.Catalogue, id_: str) -> BoostSet:
    """A boost set with its pieces. Raises UnknownIdError."""
    found = look_up(catalogue.boost_sets, game.BoostSetId(id_), "boost set")
    return _boost_set(found, catalogue)


def fitting(catalogue: game.Catalogue, power: str, archetype: str) -> Fitting:
    """What fits a slot of a power; of what is an archetype's own, only this archetype's.

    Raises UnknownIdError for an unknown power; who is no archetype has nothing of their own.
    """
    slotted = look_up(catalogue.powers, game.PowerId(power), "power")
    by_kind: dict[str, list[game.Enhancement]] = {}
    sets: dict[game.BoostSetId, game.BoostSet] = {}
    for one in catalogue.enhancements.values():
        restricted = one.restricted_archetypes
        if restricted and game.ArchetypeId(archetype) not in restricted:
            continue
        if not slotting.fits(slotted, one, catalogue):
            continue
        if one.boost_set:
            sets[one.boost_set] = catalogue.boost_sets[one.boost_set]
        elif not is_level_variant(one, catalogue):
            by_kind.setdefault(kind(one), []).append(one)

    def ids(kind: Kind) -> tuple[str, ...]:
        return tuple(one.id for one in sorted(by_kind.get(kind, ()), key=lambda one: one.name))

    groups = slotted.set_groups
    fitting_sets = sorted(sets.values(), key=lambda one: (groups.index(one.group), one.name))
    return Fitting(
        common=ids("common"),
        single=ids("single"),
        dual=ids("dual"),
        training=ids("training"),
        special=ids("special"),
        sets=tuple(one.id for one in fitting_sets),
    )


def kind(enhancement: game.Enhancement) -> Kind:
    """What players call it: an invention, a set's piece, a single origin, a Hamidon, ..."""
    if enhancement.boost_set:
        return "attuned" if enhancement.attuned else "set"
    if not slotting.has_relative_level(enhancement) and not enhancement.proc:
        return "common"
    match enhancement.origins:
        case (_,):
            return "single"
        case (_, _):
            return "dual"
    is_plain = len(enhancement.enhancement_types) == 1 and not enhancement.superior
    return "training" if is_plain and not enhancement.proc else "special"


def _power(power: game.Power, catalogue: game.Catalogue) -> Power:
    powerset = catalogue.powersets.get(power.powerset)
    widest = by_foes.widest(power, catalogue)
    counts = Counts(defaults.count(widest), widest.max_targets)
    return Power(
        id=power.id,
        name=power.name,
        powerset=power.powerset,
        powerset_name=powerset.name if powerset else "",
        type=power.type,
        level=picks.lowest_level(power),
        pick=picks.is_pick(power, catalogue),
        max_slots=power.max_slots,
        switchable=power.type in ("Click", "Toggle"),
        on=defaults.on(power),
        counts=counts if widest is not power or defaults.gives_per_target(power) else None,
        requires=power.requires,
    )


def enhancement_of(enhancement: game.Enhancement, catalogue: game.Catalogue) -> Enhancement:
    """An enhancement with what players call it."""
    label = enhancement.name.rpartition(": ")[2]
    boost_set = catalogue.boost_sets.get(enhancement.boost_set)
    return Enhancement(
        id=enhancement.id,
        name=f"{boost_set.name}: {label}" if boost_set else enhancement.name,
        label=label,
        kind=kind(enhancement),
        set=enhancement.boost_set,
        levels=slotting.levels(enhancement, catalogue),
        min_level=enhancement.min_level,
        boostable=enhancement.boostable,
        relative=slotting.has_relative_level(enhancement),
        form=_other_form(enhancement, catalogue),
        unique=enhancement.unique_group,
        archetypes=enhancement.restricted_archetypes,
        origins=enhancement.origins,
        proc=enhancement.proc,
    )


def _boost_set(boost_set: game.BoostSet, catalogue: game.Catalogue) -> BoostSet:
    return BoostSet(
        id=boost_set.id,
        name=boost_set.name,
        group=boost_set.group,
        min_level=boost_set.min_level,
        max_level=boost_set.max_level,
        pieces=boost_set.pieces,
        rarity=boost_set.rarity,
        bonuses=tuple(_bonuses(boost_set, catalogue)),
    )


def _bonuses(boost_set: game.BoostSet, catalogue: game.Catalogue) -> Iterator[SetBonus]:
    """In the game's words: their numbers depend on the archetype.

    The bonus of a single piece is not listed: that piece's label says it.
    """
    for bonus in boost_set.bonuses:
        names = (catalogue.powers[one].name for one in bonus.powers if one in catalogue.powers)
        plain = (name.removesuffix(" (PVP)") if bonus.pvp else name for name in names)  # `pvp`
        text = ", ".join(name.removesuffix(" Bonus") for name in plain)
        if bonus.min_pieces > 1 and text:
            yield SetBonus(bonus.min_pieces, text, bonus.pvp)


def is_level_variant(enhancement: game.Enhancement, catalogue: game.Catalogue) -> bool:
    """Crafted_Recharge_30 is Crafted_Recharge at a level of its own."""
    name, _, level = enhancement.id.rpartition("_")
    return level.isdecimal() and game.EnhancementId(name) in catalogue.enhancements


def _other_form(enhancement: game.Enhancement, catalogue: game.Catalogue) -> str:
    """The attuned form of a crafted piece, or the other way round; "" if it has only one."""
    boost_set = catalogue.boost_sets.get(enhancement.boost_set)
    if boost_set is None or enhancement.position >= len(boost_set.pieces):
        return ""
    for form in boost_set.pieces[enhancement.position]:
        other = catalogue.enhancements.get(form)
        if other is not None and other.attuned != enhancement.attuned:
            return form
    return ""


def _powers(powerset: game.Powerset, catalogue: game.Catalogue) -> Iterator[game.Power]:
    return (catalogue.powers[one] for one in powerset.powers if one in catalogue.powers)


def _by_name(named: Iterable[Named]) -> tuple[Named, ...]:
    return tuple(sorted(named, key=lambda one: (one.name, one.id)))


def look_up(mapping: Mapping[K, T], key: K, what: str) -> T:
    """What a mapping has of this key. what: a word for it. Raises UnknownIdError."""
    found = mapping.get(key)
    if found is None:
        raise UnknownIdError(f"This catalogue has no {what} {key}.")
    return found

"""What there is to choose from, for an operation on a build."""

from random import Random

from msgspec import UNSET

from calc import incarnates
from calc.accolades import POWERSET
from calc.build import OWN_SLOT, Build, SlottedEnhancement
from calc.owned import owned
from calc.picks import is_pick
from calc.slotting import fits, has_relative_level, levels
from gamedata.catalogue import ArchetypeId, Catalogue, Enhancement, Power, PowerId
from gamedata.queries import Role, allows


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


def player_archetypes(catalogue: Catalogue) -> list[str]:
    return [one.id for one in catalogue.archetypes.values() if one.player]


def powersets_for(build: Build, role: Role, catalogue: Catalogue) -> list[str]:
    archetype = catalogue.archetypes.get(ArchetypeId(build.archetype))
    if archetype is None:
        return []
    return [
        one.id for one in catalogue.powersets.values() if allows(catalogue, archetype, role, one)
    ]


def picks_of(build: Build, catalogue: Catalogue) -> list[Power]:
    found = (catalogue.powers.get(PowerId(power)) for power in sorted(build.powers))
    return [power for power in found if power is not None and is_pick(power, catalogue)]


def any_power(
    random: Random, build: Build, catalogue: Catalogue, *, slottable: bool = False
) -> Power | None:
    """Mostly a pick, sometimes one that comes by itself."""
    if random.random() < 0.2:
        powers = [catalogue.powers[power] for power in owned(build, catalogue)]
    else:
        powers = picks_of(build, catalogue)
    fitting = [power for power in powers if not slottable or power.max_slots > 0]
    return random.choice(fitting) if fitting else None


def slots_of(build: Build, *, added: bool = False, full: bool = False) -> list[tuple[str, str]]:
    return [
        (power, slot_id)
        for power in sorted(build.powers)
        for slot_id, slot in sorted(build.powers[power].slots.items())
        if not (added and slot_id == OWN_SLOT) and not (full and slot.enhancement is UNSET)
    ]


def fitting_enhancement(
    random: Random, power: Power, catalogue: Catalogue
) -> SlottedEnhancement | None:
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

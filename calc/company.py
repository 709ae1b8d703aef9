"""What those whom a build summons have of its other powers: strengths, to-hit, more powers.

A mastermind's Supremacy, Leadership, the upgrades of henchmen, the share in set bonuses: each is an
effect of the export that reaches pets, read with the pet as its target. Their own autos count too.
"""

import math
from collections.abc import Iterator, Mapping

from msgspec import Struct, structs

from calc import bonuses
from calc.active import Active
from calc.facts import Context, Facts, word
from calc.frame import Slots
from calc.pets import Summoned
from calc.powers import CompiledPower, contributions, global_strengths, stronger
from calc.running import Running
from calc.sheets import TO_HIT, Sheets
from calc.tables import limit
from gamedata.catalogue import PowerId

_NO_STRENGTHS: Mapping[str, float] = {}


class Granted(Struct, frozen=True, gc=False):
    """A power that a pet is given.

    by: the build's power that does it; boosted: with its slots, instead of the summoning power's.
    """

    power: PowerId
    by: PowerId
    boosted: bool = False
    slots: Slots = ()


class Gifts(Struct, frozen=True, gc=False):
    """What pets of one kind have. strengths: by attribute; to_hit: base and buffs."""

    strengths: Mapping[str, float]
    base_to_hit: float
    to_hit: float
    granted: tuple[Granted, ...] = ()


class Givers(Struct, frozen=True, gc=False):
    """What of a build may give pets of any kind something: few of its powers do.

    bonuses: how often each set bonus counts.
    """

    powers: tuple[Active, ...]
    bonuses: Mapping[PowerId, int]


def givers(state: Running, sheets: Sheets) -> Givers:
    known, is_for_pets = sheets.catalogue.powers, sheets.is_for_pets
    given = [each for each in state.bonuses if each in known and is_for_pets(each)]
    return Givers(
        tuple([active for active in state.powers if is_for_pets(active.power.power.id)]),
        bonuses.counted(given, sheets.catalogue),
    )


class _Sums:
    """Values by attribute; of those with one key the strongest."""

    def __init__(self) -> None:
        self.values: dict[str, list[float]] = {}
        self.keyed: dict[tuple[str, str], float] = {}

    def add(self, attribute: str, value: float, key: str = "") -> None:
        if key:
            place = attribute, key
            self.keyed[place] = stronger(value, self.keyed.get(place, 0.0))
        else:
            self.values.setdefault(attribute, []).append(value)

    def sums(self) -> dict[str, float]:
        for (attribute, _), value in self.keyed.items():
            self.values.setdefault(attribute, []).append(value)
        return {attribute: math.fsum(values) for attribute, values in self.values.items()}


def gifts(
    pet: Summoned,
    giving: Givers,
    state: Running,
    sheets: Sheets,
    strengths: Mapping[str, float],
    facts: Facts,
) -> Gifts:
    """What pets of a kind have of a build's powers.

    giving: of these; strengths, facts: those of who summoned them.
    """
    base = limit(pet.archetype, "base.to_hit", sheets.frame.level) or 0.0
    entity = sheets.catalogue.entities.get(pet.entity)
    sums = _Sums()
    granted: list[Granted] = []
    if entity is not None:
        met = structs.replace(facts, pet=entity)
        for active in giving.powers:
            power = active.power.power.id
            given = sheets.for_pet(power, pet.entity, active.power.by_foes)
            if given is None:
                continue
            context = structs.replace(active.context, facts=met)
            slots = state.slots.get(PowerId(active.owner), ())
            enhanced = sheets.frame.enhanced(power, slots, state.boosts)
            _add(sums, given, active.count, enhanced, strengths, context, state.chances)
            granted.extend(_granted(given, active, context, slots))
        for bonus, times in giving.bonuses.items():
            given = sheets.for_pet(bonus, pet.entity)
            if given is not None:
                context = Context(met, given.power)
                for _ in range(times):
                    _add(sums, given, 1, {}, _NO_STRENGTHS, context, state.chances)
    own = structs.replace(facts, archetype=word(pet.own_class), creator=facts.archetype)
    for power in (*pet.powers, *(each.power for each in granted)):
        itself = sheets.of_pet_itself(power, pet.own_class)
        if itself is not None:
            _add(sums, itself, 1, {}, _NO_STRENGTHS, Context(own, itself.power), {})
    found = sums.sums()
    return Gifts(found, base, base + found.pop("ToHit", 0.0), tuple(granted))


def _add(
    sums: _Sums,
    power: CompiledPower,
    count: int,
    enhanced: Mapping[str, float],
    strengths: Mapping[str, float],
    context: Context,
    chances: Mapping[str, float],
) -> None:
    for attribute, value in power.strengthens:
        sums.add(attribute, value)
    for attribute, value, key in global_strengths(power, count, context, chances):
        sums.add(attribute, value, key)
    slotted = [enhanced.get(attribute, 0.0) for attribute in power.slotted]
    added, keyed = contributions(power, count, slotted, strengths, context, chances)
    for number, value in added:
        if number == TO_HIT:
            sums.add("ToHit", value)
    for each in keyed:
        if each.sum == TO_HIT:
            sums.add("ToHit", each.value, each.key)


def _granted(
    given: CompiledPower, active: Active, context: Context, slots: Slots
) -> Iterator[Granted]:
    owner = PowerId(active.owner)
    for part in given.grants:
        if part.multiplicity(active.count, context, {}):
            yield from (Granted(power, owner) for power in part.powers)
    for part in given.executes:
        if part.multiplicity(active.count, context, {}):
            yield from (Granted(power, owner, boosted=True, slots=slots) for power in part.powers)

"""Legal level-50 builds for any archetype, by a seed.

24 powers with what they require, all 67 slots, boost sets with some pieces attuned, boosted or
unique, incarnates, accolades, and two scenarios besides the usual one. Each step is an operation
that is kept only while the rule book finds nothing, so a build is as legal as the rules say.
Same seed, same archetype, same catalogue: same build.
"""

from collections.abc import Iterator
from random import Random

from msgspec import UNSET

from calc import build as documents
from calc import incarnates
from calc.accolades import PAIRS
from calc.build import OWN_SLOT, Build, SlottedEnhancement
from calc.mids_names import ORIGINS
from calc.operations import (
    AddAccolade,
    AddPool,
    AddScenario,
    AddSlot,
    Applied,
    ChooseScenario,
    Operation,
    PlaceEnhancement,
    SetArchetype,
    SetCount,
    SetIncarnate,
    SetOrigin,
    SetPowerset,
    SwitchPower,
    SwitchProc,
    TakePower,
    apply,
)
from calc.owned import owned
from calc.picks import chosen_with_trunks, is_pick, lowest_level
from calc.placing import enhancements_of
from calc.rules import findings
from calc.schedule import MAX_SLOTS_PER_POWER, PICK_LEVELS, SLOTS
from calc.slotting import fits, has_relative_level, levels
from gamedata.catalogue import (
    ArchetypeId,
    BoostSet,
    Catalogue,
    Enhancement,
    EnhancementId,
    Power,
    PowersetId,
)
from gamedata.queries import Role, powersets_of
from server.commands.fuzz.choices import accolades, incarnate_powers
from server.commands.fuzz.scenarios import random_scenario

TRIES = 20  # some powersets do not go together: a shield with claws


def players(catalogue: Catalogue) -> list[ArchetypeId]:
    """The archetypes that people play."""
    return [one.id for one in catalogue.archetypes.values() if one.player]


def legal_build(random: Random, archetype: ArchetypeId, catalogue: Catalogue) -> Build:
    """One legal build; as full as the catalogue's powers and pieces allow."""
    for _ in range(TRIES):
        maker = _Maker(random, archetype, catalogue)
        maker.choose_powersets()
        if maker.pick_powers():
            break
    maker.add_slots()
    maker.fill_slots()
    maker.add_the_rest()
    return maker.build


class _Maker:
    def __init__(self, random: Random, archetype: ArchetypeId, catalogue: Catalogue) -> None:
        self.random = random
        self.archetype = archetype
        self.catalogue = catalogue
        self.build = documents.empty("Legal")
        self.sets = sorted(catalogue.boost_sets.values(), key=lambda one: one.id)
        self.single = [
            one
            for one in catalogue.enhancements.values()
            if not one.boost_set and one.enhancement_types
        ]
        self.do(SetArchetype(archetype))
        self.do(SetOrigin(random.choice(sorted(ORIGINS))))

    def do(self, operation: Operation, *, check: bool = False) -> bool:
        """Whether an operation was possible, and left nothing to find if that is to be checked."""
        answer = apply(self.build, operation, self.catalogue)
        if not isinstance(answer, Applied):
            return False
        if check and findings(answer.build, self.catalogue):
            return False
        self.build = answer.build
        return True

    def shuffled(self, items: list[str]) -> list[str]:
        return self.random.sample(items, len(items))

    # Powers

    def choose_powersets(self) -> None:
        for role in ("primary", "secondary", "epic"):
            for powerset in self.powersets(role):
                if self.do(SetPowerset(role, powerset), check=True):
                    break
        for pool in self.powersets("pool")[:4]:
            self.do(AddPool(pool), check=True)

    def powersets(self, role: Role) -> list[str]:
        found = powersets_of(self.catalogue, self.archetype, role)
        return self.shuffled([one.id for one in found])

    def pick_powers(self) -> bool:
        """Level by level, so that what is required is there before. Whether all were picked."""
        picked = 0
        for position, level in enumerate(PICK_LEVELS):
            free = [power for power in self.candidates() if lowest_level(power) <= level]
            if position < 2:
                who = self.catalogue.archetypes[self.archetype]
                category = (who.primary, who.secondary)[position]
                free = [power for power in free if power.id.startswith(f"{category}.")]
            for power in self.random.sample(free, len(free)):
                if self.do(TakePower(power.id, level), check=True):
                    picked += 1
                    break
        return picked == len(PICK_LEVELS)

    def candidates(self) -> list[Power]:
        sets = (
            self.catalogue.powersets.get(PowersetId(one))
            for one in sorted(chosen_with_trunks(self.build))
        )
        ids = [power_id for one in sets if one is not None for power_id in one.powers]
        powers = (self.catalogue.powers[one] for one in ids if one in self.catalogue.powers)
        return [
            power
            for power in powers
            if is_pick(power, self.catalogue) and power.id not in self.build.powers
        ]

    # Slots

    def slottable(self) -> list[Power]:
        powers = (self.catalogue.powers[one] for one in owned(self.build, self.catalogue))
        return [power for power in powers if power.max_slots > 0]

    def add_slots(self) -> None:
        """Most powers get many slots or none, as people have them."""
        weights = {power.id: self.random.choice((0.05, 1, 4)) for power in self.slottable()}
        powers = sorted(weights)
        number = 0
        for level, count in SLOTS.items():
            for _ in range(count):
                open_to = [power for power in powers if self.has_room(power, level)]
                if not open_to:
                    return
                chosen = self.random.choices(open_to, [weights[one] for one in open_to])[0]
                number += 1
                assert self.do(AddSlot(chosen, f"s{number}", level))

    def has_room(self, power: str, level: int) -> bool:
        taken = self.build.powers.get(power)
        if taken is None:
            return True
        added = len(taken.slots.keys() - {OWN_SLOT})
        return added < MAX_SLOTS_PER_POWER - 1 and taken.level <= level

    def fill_slots(self) -> None:
        for power in self.slottable():
            taken = self.build.powers.get(power.id)
            slots = sorted({OWN_SLOT, *(taken.slots if taken else ())})
            pieces = self.pieces(power, len(slots))
            for slot in slots:
                for piece in pieces:
                    if self.do(PlaceEnhancement(power.id, slot, self.slotted(piece))):
                        break
                else:
                    break  # nothing is left that fits

    def pieces(self, power: Power, count: int) -> Iterator[Enhancement]:
        """Of one or two sets that the power takes, then whatever fits; each is asked for once."""
        fitting = [one for one in self.sets if one.group in power.set_groups]
        for boost_set in self.random.sample(fitting, min(len(fitting), self.random.randint(0, 3))):
            for piece in self.some_of(boost_set, count):
                if self.is_possible(piece):
                    yield piece
        while True:
            common = [
                one
                for one in self.random.sample(self.single, min(60, len(self.single)))
                if fits(power, one, self.catalogue) and self.is_possible(one)
            ]
            if not common and not any(
                fits(power, one, self.catalogue) and self.is_possible(one) for one in self.single
            ):
                return
            yield from common

    def some_of(self, boost_set: BoostSet, count: int) -> list[Enhancement]:
        letters = [variants for variants in boost_set.pieces if variants]
        chosen = self.random.sample(letters, min(len(letters), self.random.randint(2, 6), count))
        ids = [self.random.choice(variants) for variants in chosen]
        known = self.catalogue.enhancements
        return [known[one] for one in ids if one in known]

    def is_possible(self, piece: Enhancement) -> bool:
        """Of what an operation does not refuse."""
        return not piece.origins or self.build.origin in piece.origins

    def slotted(self, piece: Enhancement) -> SlottedEnhancement:
        bounds = levels(piece, self.catalogue)
        boosters = self.random.choice((0, 0, 3, 5)) if piece.boostable else 0
        relative = self.random.choice((0, 0, 1, -1, 3)) if has_relative_level(piece) else 0
        level = (
            0 if bounds is None else self.random.choice((bounds[1], self.random.randint(*bounds)))
        )
        return SlottedEnhancement(piece.id, level, boosters, relative)

    # Everything else

    def add_the_rest(self) -> None:
        for slot in incarnates.SLOTS:
            powers = incarnate_powers(slot, self.catalogue)
            if powers and self.do(SetIncarnate(slot, self.random.choice(powers))):
                self.do(SwitchPower(self.build.incarnates[slot], self.random.random() < 0.7))
        for accolade in accolades(self.catalogue):
            if accolade not in PAIRS and self.random.random() < 0.6:
                self.do(AddAccolade(accolade, self.random.random() < 0.8))
        for power in sorted(self.build.powers):
            if self.random.random() < 0.4:
                self.do(SwitchPower(power, self.random.random() < 0.6), check=True)
            if self.random.random() < 0.2:
                self.do(SetCount(power, self.random.choice((0, 2, 5, 10))))
        for power, slot, slotted in list(enhancements_of(self.build)):
            if self.catalogue.enhancements[EnhancementId(slotted.id)].proc:
                self.do(SwitchProc(power, slot, self.random.choice((UNSET, UNSET, True, False))))
        for scenario in ("raid", "duel"):
            self.do(AddScenario(scenario, random_scenario(self.random)))
        self.do(ChooseScenario(self.random.choice(sorted(self.build.scenarios))), check=True)

"""The figures of those whom powers summon.

Source: the design's `calc.md` §11, "Summons".
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct, structs

from calc.facts import Context, Facts, word
from calc.figure_types import PetFigures, PetPowerFigures
from calc.frame import Slots
from calc.pets import Summoned, pulses
from calc.power_numbers import DAMAGE_KEYS, add_damage, strengthened
from calc.sheet import Sheet
from calc.standing import Situation
from calc.use import Use
from gamedata.catalogue import PowerId

MAX_JUMPS = 8


class Theirs(Struct, frozen=True, gc=False):
    """What the powers of somebody summoned are worked out in: the summoner's, or their own.

    strengths: the global ones, by attribute. facts: with their class, where conditions look at it.
    modifiers: what is added to chances, by tag. slots, boosts: of the summoner's, if these work in
    their powers.
    """

    summoned: Summoned
    strengths: Mapping[str, float]
    base_to_hit: float
    to_hit: float
    facts: Facts
    modifiers: Mapping[str, float]
    slots: Slots
    boosts: tuple[PowerId, ...]

    def sheet(self, power: PowerId, here: Situation) -> Sheet:
        who = self.summoned
        return here.sheets.of_pet(power, who.own_class, own_tables=not who.copies_strengths)


def _theirs(summoned: Summoned, slots: Slots, here: Situation) -> Theirs:
    """slots: the summoner's."""
    facts = structs.replace(
        here.facts, archetype=word(summoned.own_class), creator=here.facts.archetype
    )
    copied = slots if summoned.copies_boosts else ()
    boosts = here.state.boosts if summoned.copies_boosts else ()
    if summoned.copies_strengths:
        to_hit = here.base_to_hit, here.to_hit
        chances = here.state.chances
        return Theirs(summoned, here.strengths, *to_hit, facts, chances, copied, boosts)
    given = here.gifts(summoned)
    to_hit = given.base_to_hit, given.to_hit
    return Theirs(summoned, given.strengths, *to_hit, facts, {}, copied, boosts)


def pets_of(
    summoned: Summoned, use: Use, chance: float, slots: Slots, here: Situation
) -> PetFigures:
    """Whom a power summons. slots: the summoner's."""
    theirs = _theirs(summoned, slots, here)
    found = [
        _pet_power(power, many, theirs, use, chance, here)
        for power, many in zip(summoned.powers, summoned.pulses, strict=True)
    ]
    if summoned.is_part or summoned.jumps:
        found.extend(_placed(theirs, use, chance, here))
    granted = () if summoned.copies_strengths else here.gifts(summoned).granted
    for each in granted:
        power = here.sheets.catalogue.powers.get(each.power)
        if power is None or each.power in summoned.powers:
            continue
        many = pulses(power, summoned.duration_s)
        with_slots = structs.replace(theirs, slots=each.slots) if each.boosted else theirs
        done = _pet_power(each.power, many, with_slots, use, chance, here)
        found.append(structs.replace(done, via=each.by))
    return PetFigures(
        summoned.name,
        summoned.own_class,
        chance,
        summoned.duration_s,
        summoned.is_part,
        tuple([each for each in found if each.effects]),
    )


def _placed(
    theirs: Theirs, use: Use, chance: float, here: Situation, depth: int = 0
) -> Iterator[PetPowerFigures]:
    """What those do whom a thing puts in its place: Meteor falls where its shadow was.

    Of lightning: what its next jumps do.
    """
    summoned = theirs.summoned
    for power, many in zip(summoned.powers, summoned.pulses, strict=True):
        sheet = theirs.sheet(power, here)
        for bringing in sheet.bringing:
            if "PseudoPet" not in bringing.block.template.flags and not summoned.jumps:
                continue
            inner = here.sheets.summoned(bringing)
            if inner is None or not (inner.is_part or (summoned.jumps and depth < MAX_JUMPS)):
                continue
            next_jumps: Iterator[PetPowerFigures] = iter(())
            is_jump = summoned.jumps and depth < MAX_JUMPS
            if is_jump:
                inner = structs.replace(inner, is_part=False, jumps=True)  # the last one, too
            with_it = structs.replace(
                _theirs(inner, (), here), slots=theirs.slots, boosts=theirs.boosts
            )
            if is_jump:
                next_jumps = _placed(with_it, use, chance, here, depth + 1)
            context = Context(here.facts, sheet.power)
            likely = chance * bringing.block.likelihood(context, here.state.chances)
            for each, pulses_ in zip(inner.powers, inner.pulses, strict=True):
                yield _pet_power(each, many * pulses_, with_it, use, likely, here)
            yield from next_jumps


def _pet_power(
    power: PowerId, many: int, theirs: Theirs, use: Use, chance: float, here: Situation
) -> PetPowerFigures:
    """A pet's power; what it hurts is the summoner's damage too if the pet is part of the power."""
    sheets, summoned, strengths = here.sheets, theirs.summoned, theirs.strengths
    sheet = theirs.sheet(power, here)
    slotted = sheets.slotted(sheet, theirs.slots, theirs.boosts, copied=True)
    context = Context(theirs.facts if sheet.reads_facts else here.facts, sheet.power)
    heard = tuple(map(strengths.get, sheet.heard))
    likelihoods = tuple([block.likelihood(context, theirs.modifiers) for block in sheet.open])
    to_hit = theirs.base_to_hit, theirs.to_hit
    key = (sheet, many, slotted, heard, likelihoods, to_hit, here.of_level)
    executing = [each for each in sheet.bringing if each.powers and not each.grants]
    is_kept = sheet.is_plain and not executing
    found = sheets.pets.get(key) if is_kept else None
    if found is None:
        own = Use(
            context,
            theirs.modifiers,
            sheets.outcome,
            sheet.strengths(slotted, strengths),
            recharge=slotted[0],
        )
        own.do(sheet)
        for bringing in executing:
            likely = own.likelihood(bringing.block)
            for each in bringing.powers if likely > 0.0 else ():
                _execute(each, own, likely, theirs, here)
        found = _pet_figures(power, many, sheet, own, to_hit, here)
        if is_kept:
            sheets.pets.keep(key, found)
    if summoned.is_part and summoned.damages(power):
        for mine, done in ((use.before, found.before), (use.after, found.after)):
            for kind, name in DAMAGE_KEYS:
                if name in done:
                    mine[kind] = mine.get(kind, 0.0) + chance * many * done[name]
    return found


def _execute(power: PowerId, use: Use, factor: float, theirs: Theirs, here: Situation) -> None:
    """Do what a pet's power does by another: Dark Servant's grasp, a coil's pulse."""
    if power not in here.sheets.catalogue.powers:
        return
    sheet = theirs.sheet(power, here)
    slotted = here.sheets.slotted(sheet, theirs.slots, theirs.boosts, copied=True)
    inner = structs.replace(
        use,
        context=Context(use.context.facts, sheet.power),
        strengths=sheet.strengths(slotted, theirs.strengths),
    )
    inner.do(sheet, factor=factor, via=power)


def _pet_figures(
    power: PowerId,
    many: int,
    sheet: Sheet,
    use: Use,
    to_hit: tuple[float, float],
    here: Situation,
) -> PetPowerFigures:
    itself = here.sheets.own_numbers(sheet, power, to_hit[0], here.of_level)
    before = dict(itself)
    after = strengthened(itself, sheet.power, use.strengths, to_hit[1], here.of_level)
    add_damage(before, use.before, sheet.power)
    add_damage(after, use.after, sheet.power)
    effects = tuple(each for each in use.effects if each.on != "self" or sheet.power.type != "Auto")
    return PetPowerFigures(power, many, before, after, effects)

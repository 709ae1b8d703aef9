"""The figures of those whom powers summon.

Source: the design's `calc.md` §11, "Summons".
"""

from collections.abc import Iterator, Mapping

from msgspec import structs

from calc.facts import Context, word
from calc.figure_types import PetFigures, PetPowerFigures
from calc.frame import Slots
from calc.pets import Summoned, pulses
from calc.power_numbers import DAMAGE_KEYS, add_damage, strengthened
from calc.sheet import Sheet
from calc.standing import Situation
from calc.use import Use
from gamedata.catalogue import PowerId

MAX_JUMPS = 8


def pets_of(
    summoned: Summoned, use: Use, chance: float, slots: Slots, here: Situation
) -> PetFigures:
    """Whom a power summons. slots: the summoner's."""
    copied = slots if summoned.copies_boosts else ()
    boosts = here.state.boosts if summoned.copies_boosts else ()
    found = [
        _pet_power(power, many, summoned, use, chance, copied, boosts, here)
        for power, many in zip(summoned.powers, summoned.pulses, strict=True)
    ]
    if summoned.is_part or summoned.jumps:
        found.extend(_placed(summoned, use, chance, copied, boosts, here))
    granted = () if summoned.copies_strengths else here.gifts(summoned).granted
    for each in granted:
        power = here.sheets.catalogue.powers.get(each.power)
        if power is None or each.power in summoned.powers:
            continue
        many = pulses(power, summoned.duration_s)
        with_slots = each.slots if each.boosted else copied
        done = _pet_power(each.power, many, summoned, use, chance, with_slots, boosts, here)
        found.append(structs.replace(done, via=each.by))
    return PetFigures(
        summoned.name,
        summoned.own_class,
        chance,
        summoned.duration_s,
        summoned.is_part,
        tuple(each for each in found if each.effects),
    )


def _placed(
    summoned: Summoned,
    use: Use,
    chance: float,
    slots: Slots,
    boosts: tuple[PowerId, ...],
    here: Situation,
    depth: int = 0,
) -> Iterator[PetPowerFigures]:
    """What those do whom a thing puts in its place: Meteor falls where its shadow was.

    Of lightning: what its next jumps do.
    """
    for power, many in zip(summoned.powers, summoned.pulses, strict=True):
        sheet = here.sheets.of_pet(
            power, summoned.own_class, own_tables=not summoned.copies_strengths
        )
        for bringing in sheet.bringing:
            if "PseudoPet" not in bringing.block.template.flags and not summoned.jumps:
                continue
            inner = here.sheets.summoned(bringing)
            if inner is not None and summoned.jumps and depth < MAX_JUMPS:
                inner = structs.replace(inner, is_part=False, jumps=True)  # the last one, too
                next_jumps = _placed(inner, use, chance, slots, boosts, here, depth + 1)
            elif inner is None or not inner.is_part:
                continue
            else:
                next_jumps = iter(())
            context = Context(here.facts, sheet.power)
            likely = chance * bringing.block.likelihood(context, here.state.chances)
            for each, pulses_ in zip(inner.powers, inner.pulses, strict=True):
                yield _pet_power(each, many * pulses_, inner, use, likely, slots, boosts, here)
            yield from next_jumps


def _pet_power(
    power: PowerId,
    many: int,
    summoned: Summoned,
    use: Use,
    chance: float,
    slots: Slots,
    boosts: tuple[PowerId, ...],
    here: Situation,
) -> PetPowerFigures:
    """A pet's power; what it hurts is the summoner's damage too if the pet is part of the power."""
    sheets, state = here.sheets, here.state
    sheet = sheets.of_pet(power, summoned.own_class, own_tables=not summoned.copies_strengths)
    slotted = sheets.slotted(sheet, slots, boosts, copied=True)
    modifiers = state.chances if summoned.copies_strengths else {}
    if summoned.copies_strengths:
        strengths, base_to_hit, to_hit = here.strengths, here.base_to_hit, here.to_hit
    else:
        given = here.gifts(summoned)
        strengths, base_to_hit, to_hit = given.strengths, given.base_to_hit, given.to_hit
    facts = here.facts
    if sheet.reads_facts:
        facts = structs.replace(facts, archetype=word(summoned.own_class), creator=facts.archetype)
    context = Context(facts, sheet.power)
    heard = tuple([strengths.get(attribute, 0.0) for attribute in sheet.heard])
    likelihoods = tuple([block.likelihood(context, modifiers) for block in sheet.open])
    key = (sheet, many, slotted, heard, likelihoods, base_to_hit, to_hit, here.of_level)
    executing = [each for each in sheet.bringing if each.powers and not each.grants]
    is_kept = sheet.is_plain and not executing
    found = sheets.pets.get(key) if is_kept else None
    if found is None:
        own = Use(
            context,
            modifiers,
            sheets.outcome,
            sheet.strengths(slotted, strengths),
            recharge=slotted[0],
        )
        own.do(sheet)
        for bringing in executing:
            likely = own.likelihood(bringing.block)
            for each in bringing.powers if likely > 0.0 else ():
                _execute(each, own, likely, summoned, strengths, (slots, boosts), here)
        found = _pet_figures(power, many, sheet, own, (base_to_hit, to_hit), here)
        if is_kept:
            sheets.pets.keep(key, found)
    if summoned.is_part and summoned.damages(power):
        for mine, theirs in ((use.before, found.before), (use.after, found.after)):
            for kind, name in DAMAGE_KEYS:
                if name in theirs:
                    mine[kind] = mine.get(kind, 0.0) + chance * many * theirs[name]
    return found


def _execute(
    power: PowerId,
    use: Use,
    factor: float,
    summoned: Summoned,
    strengths: Mapping[str, float],
    slotted_with: tuple[Slots, tuple[PowerId, ...]],
    here: Situation,
) -> None:
    """Do what a pet's power does by another: Dark Servant's grasp, a coil's pulse."""
    if power not in here.sheets.catalogue.powers:
        return
    sheet = here.sheets.of_pet(power, summoned.own_class, own_tables=not summoned.copies_strengths)
    slotted = here.sheets.slotted(sheet, *slotted_with, copied=True)
    inner = structs.replace(
        use,
        context=Context(use.context.facts, sheet.power),
        strengths=sheet.strengths(slotted, strengths),
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

"""A power's own figures: what one use costs, how long it takes and what it does, before and after
slotting.

Source: the design's `calc.md` §11 and §12; the spelling of keys: `stats.md`.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from msgspec import UNSET, structs

from calc import procs
from calc.active import MAX_DEPTH
from calc.build import SlottedEnhancement, TakenPower
from calc.by_foes import executions
from calc.damage import ticks
from calc.enhance import bonuses as bonuses_of
from calc.facts import Context
from calc.figure_types import EffectFigure, Figures, PetFigures, ProcFigure
from calc.frame import Slots
from calc.pet_figures import pets_of
from calc.power_numbers import add_damage, add_duration, strengthened
from calc.sheet import Sheet
from calc.standing import Situation
from calc.use import Use
from calc.used import Used
from gamedata.catalogue import Power, PowerId

_PLAIN = TakenPower()
MAX_EFFECTS = 300  # of a power with all that it executes: no data of the game comes near


def figures_of(
    used: Used,
    slots: Slots,
    slotted: tuple[float, ...],
    count: int,
    modifiers: Mapping[str, float],
    here: Situation,
) -> Figures:
    """The figures of one of a build's powers.

    slotted: what its slots come to, by position in the sheet's `enhanceable`. count: targets or
    stacks. modifiers: what is added to chances in it, by tag.
    """
    sheet = used.sheet
    strengths = sheet.strengths(slotted, here.strengths)
    context = Context(here.facts, sheet.power)
    use = Use(context, modifiers, here.sheets.outcome, strengths, count, slotted[0])
    use.do(sheet)
    pets = _together(_follow(sheet, use, slots, here)) if sheet.bringing else ()
    return _finished(used.own, sheet, use, pets, slots, here)


def _finished(
    own: Power,
    sheet: Sheet,
    use: Use,
    pets: tuple[PetFigures, ...],
    slots: Slots,
    here: Situation,
) -> Figures:
    """The figures of what a use came to. own: the power that one has, which may redirect."""
    itself = here.sheets.own_numbers(sheet, own.id, here.base_to_hit, here.of_level)
    before = dict(itself)
    after = strengthened(itself, sheet.power, use.strengths, here.to_hit, here.of_level)
    in_slots = _procs(own.id, sheet, pets, use, slots, here)
    for proc, by_type in in_slots:
        for kind, damage in by_type.items() if proc.on else ():
            use.after[kind] = use.after.get(kind, 0.0) + damage
    add_damage(before, use.before, sheet.power)
    add_damage(after, use.after, sheet.power)
    parts = [power.effects for pet in pets if pet.is_part for power in pet.powers]
    add_duration(before, after, chain(use.effects, *parts) if parts else use.effects)
    if in_slots:
        by_procs = math.fsum([proc.damage for proc, _ in in_slots if proc.on])
        if by_procs:
            after["power.damage.procs"] = by_procs
    return Figures(
        sheet.power.id,
        before,
        after,
        tuple(use.effects),
        tuple([proc for proc, _ in in_slots]),
        pets,
    )


# --- what a power brings --------------------------------------------------------------------


def _follow(
    sheet: Sheet, use: Use, slots: Slots, here: Situation, depth: int = 0, factor: float = 1.0
) -> Iterator[PetFigures]:
    """Do what a power executes too, and give whom it summons."""
    for bringing in sheet.bringing:
        block = bringing.block
        chance = factor * use.likelihood(block)
        if chance <= 0.0 or not block.multiplied(use.count):
            continue
        summoned = here.sheets.summoned(bringing)
        if summoned is not None:
            yield pets_of(summoned, use, chance, slots, here)
            for inner, likely in here.sheets.summoned_by(bringing):
                pet = pets_of(inner, use, chance * likely, slots, here)
                if pet.powers:
                    yield pet
        elif depth < MAX_DEPTH:
            for power in bringing.powers:
                found = here.sheets.catalogue.powers.get(power)
                if found is None or len(use.effects) >= MAX_EFFECTS:
                    continue
                if block.on == "foe":
                    many = executions(sheet.power, found, use.count)
                    by_foes = structs.replace(use, count=many)
                    yield from _execute(power, by_foes, slots, here, depth + 1, chance, True)
                elif not bringing.grants:
                    yield from _execute(power, use, slots, here, depth + 1, chance)
                elif found.type == "Auto":
                    yield from _execute(power, use, (), here, depth + 1, chance)
                else:
                    use.effects.extend(_enhancing(power, here))


def _enhancing(power: PowerId, here: Situation) -> Iterator[EffectFigure]:
    """What a power that is an enhancement for others (Alpha's) adds to them."""
    for bonus in bonuses_of(here.sheets.frame.boost(power)):
        yield EffectFigure(bonus.attribute, "Strength", "self", bonus.value, bonus.value, via=power)


def _execute(
    power: PowerId,
    use: Use,
    slots: Slots,
    here: Situation,
    depth: int,
    factor: float,
    by_foes: bool = False,
) -> Iterator[PetFigures]:
    """Do another power at once, with the same slots. by_foes: those do it whom the use hits."""
    sheet = here.sheets.of_power(power, by_foes=by_foes)
    slotted = here.sheets.slotted(sheet, slots, here.state.boosts, copied=True)
    inner = structs.replace(
        use,
        context=Context(here.facts, sheet.power),
        strengths=sheet.strengths(slotted, here.strengths),
    )
    inner.do(sheet, factor=factor, via=power)
    yield from _follow(sheet, inner, slots, here, depth, factor)


def _together(pets: Iterable[PetFigures]) -> tuple[PetFigures, ...]:
    """Pets that are alike, as one with their number."""
    found: list[PetFigures] = []
    for pet in pets:
        if found and structs.replace(found[-1], count=1) == pet:
            found[-1] = structs.replace(pet, count=found[-1].count + 1)
        else:
            found.append(pet)
    return tuple(found)


# --- procs ----------------------------------------------------------------------------------


def _procs(
    own: PowerId,
    sheet: Sheet,
    pets: tuple[PetFigures, ...],
    use: Use,
    slots: Slots,
    here: Situation,
) -> list[tuple[ProcFigure, dict[str, float]]]:
    """What may happen by the pieces in a power, each with its average damage by type.

    A power that summons something for its effects has its procs there.
    """
    if not sheet.power.proc_allowed or not (slots or here.procs):
        return []
    found: list[tuple[ProcFigure, dict[str, float]]] = []
    if slots:
        host, pulses = _host(sheet, pets, here)
        pieces = here.sheets.in_slots(tuple([each.id for each in slots]), host.id)
        if pieces.by_chance:
            recharge = use.recharge if host is sheet.power else 0.0
            in_slots = _in_slots(own, slots, here)
            for (slot, slotted), piece in zip(in_slots, pieces.by_slot, strict=True):
                if piece is not None:
                    is_on = slotted.proc is not False
                    happened = _happening(piece, host, pulses, recharge, use, here)
                    found.extend(_proc_figure(slot, slotted.id, is_on, each) for each in happened)
    everywhere = here.sheets.everywhere(here.procs, sheet.power.id)
    for proc, works in zip(everywhere.procs, everywhere.works, strict=True):
        happened = _happening(works, works.power, 1, use.recharge, use, here)
        found.extend(_proc_figure("", proc, True, each) for each in happened)
    return found


def _happening(
    piece: Sheet, host: Power, pulses: int, recharge: float, use: Use, here: Situation
) -> Iterator[tuple[float, tuple[EffectFigure, ...], dict[str, float]]]:
    """What a proc does in a power, if it can: its chance, effects, and average damage by type."""
    happening = Use(
        Context(here.facts, host), use.modifiers, here.sheets.outcome, recharge=recharge
    )
    blocks = (*piece.blocks, *(bringing.block for bringing in piece.bringing))
    chance = max(happening.likelihood(block) for block in blocks)
    if chance <= 0.0:
        return
    happening.do(piece)
    for _ in _follow(piece, happening, (), here):
        pass  # whom a proc summons is not shown
    damage = {kind: pulses * value for kind, value in happening.after.items()}
    yield chance, tuple(happening.effects), damage


def _proc_figure(
    slot: str,
    name: str,
    is_on: bool,
    happened: tuple[float, tuple[EffectFigure, ...], dict[str, float]],
) -> tuple[ProcFigure, dict[str, float]]:
    chance, effects, damage = happened
    return ProcFigure(slot, name, chance, math.fsum(damage.values()), is_on, effects), damage


def _host(sheet: Sheet, pets: tuple[PetFigures, ...], here: Situation) -> tuple[Power, int]:
    """The power in which procs happen, and how often they can in one use."""
    power = sheet.power
    if any("Foe" in target for target in power.targets_affected):
        return power, 1
    for pet in pets:
        for each in pet.powers if pet.is_part else ():
            found = here.sheets.catalogue.powers[PowerId(each.power)]
            if any("Foe" in target for target in found.targets_affected):
                return found, ticks(pet.duration_s, procs.PULSE_S)
    return power, 1


def _in_slots(
    own: PowerId, slots: Slots, here: Situation
) -> Iterator[tuple[str, SlottedEnhancement]]:
    """What counts of a power's slots, by slot id."""
    taken = here.build.powers.get(own, _PLAIN)
    for slot_id, slot in sorted(taken.slots.items()):
        if slot.enhancement is not UNSET and slot.enhancement in slots:
            yield slot_id, slot.enhancement

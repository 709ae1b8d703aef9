"""A power's own figures: what one use costs, how long it takes and what it does, before and after
slotting.

Source: the design's `calc.md` §11 and §12; the spelling of keys: `stats.md`.
"""

import math
from collections.abc import Container, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from msgspec import UNSET, Struct, structs

from calc import procs
from calc.active import MAX_DEPTH, limited, standing_in
from calc.build import SlottedEnhancement, TakenPower
from calc.by_foes import executions
from calc.damage import ticks
from calc.enhance import bonuses as bonuses_of
from calc.facts import Context
from calc.figure_types import EffectFigure, Figures, PetFigures, ProcFigure
from calc.frame import Slots
from calc.listening import Listens
from calc.pet_figures import pets_of
from calc.power_numbers import add_damage, add_duration, strengthened, strengthened_anew
from calc.powers import CompiledPower
from calc.sheet import Sheet
from calc.standing import Situation
from calc.switches import count_of, scenario_of
from calc.use import Use
from gamedata.catalogue import EnhancementId, Power, PowerId

_PLAIN = TakenPower()
MAX_EFFECTS = 300  # of a power with all that it executes: no data of the game comes near


def powers_of(here: Situation) -> Iterator[PowerId]:
    """Every power that the build has: picked, issued, incarnate."""
    yield from here.state.slots
    known = here.sheets.catalogue.powers
    for _, power in sorted(here.build.incarnates.items()):
        if power in known and power not in here.state.slots:
            yield PowerId(power)


class Shown(Struct, frozen=True, gc=False):
    """A power's figures with what they came from.

    own: the power that one has; sheet: of the one that is used. slotted: what its slots come to,
    by position in the sheet's `enhanceable`. hears: what beside that changes its figures.
    looks_around: these may change though no strength, total or mode does: it has pets, which other
    powers give something, or reads what is slotted.
    """

    figures: Figures
    own: Power
    sheet: Sheet
    slotted: tuple[float, ...]
    hears: Listens
    looks_around: bool


def _shown_as(
    figures: Figures, own: Power, sheet: Sheet, slotted: tuple[float, ...], hears: Listens
) -> Shown:
    looks_around = bool(figures.pets) or "slotted" in hears.reads
    return Shown(figures, own, sheet, slotted, hears, looks_around)


def shown(power: PowerId, here: Situation, was: Shown | None = None) -> Shown:
    """One of a build's powers. was: in a comparable situation, with the same slots."""
    sheets, state = here.sheets, here.state
    slots = state.slots.get(power, ())
    found = standing_in(power, here.facts, sheets.frame)
    sheet = sheets.of_power(found.power.id)
    context = Context(here.facts, sheet.power)
    is_same = was is not None and was.sheet is sheet
    slotted = was.slotted if was and is_same else sheets.slotted(sheet, slots, state.boosts)
    taken = here.build.powers.get(power, _PLAIN)
    count = count_of(power, taken, scenario_of(here.build), sheets.frame)
    count = limited(found, count, context)
    modifiers = _chances(slots, here)
    works = sheets.by_chance(slots, sheet.power.id) if slots else []
    key = None if works else _depends_on(power, sheet, slotted, count, modifiers, here)
    figures = sheets.figures.get(key) if key else None
    own = sheets.catalogue.powers[power]
    if figures is None:
        strengths = sheet.strengths(slotted, here.strengths)
        use = Use(context, modifiers, sheets.outcome, strengths, count, slotted[0])
        use.do(sheet)
        pets = _together(_follow(sheet, use, slots, here)) if sheet.bringing else ()
        figures = _finished(own, sheet, use, pets, slots, here)
        if key:
            sheets.figures.keep(key, figures)
    hears = was.hears if was and is_same else _hears(power, found, sheet, works, here)
    return _shown_as(figures, own, sheet, slotted, hears)


def costing_anew(was: Shown, here: Situation, moved: Container[str]) -> Shown:
    """The same use of a power where its cost, times, reach and accuracy may be others.

    For a power that brings nothing, and whose effects listen to nothing that changed. moved: the
    attributes whose strength did; accuracy is among them if the chance to hit is another.
    """
    before, sheet = was.figures, was.sheet
    strengths = sheet.own_strengths(moved, was.slotted, here.strengths)
    after = strengthened_anew(
        before.after, before.before, sheet.power, strengths, here.to_hit, here.of_level
    )
    figures = Figures(before.power, before.before, after, before.effects, before.procs, before.pets)
    return Shown(figures, was.own, sheet, was.slotted, was.hears, was.looks_around)


def _hears(
    power: PowerId, used: CompiledPower, sheet: Sheet, works: Sequence[Sheet], here: Situation
) -> Listens:
    """What beside itself and its slots changes a power's figures. used: what stands for it; works:
    what its slots do by chance."""
    sheets = here.sheets
    hears = sheets.listens(sheet)
    also = [sheets.listens(each) for each in works]
    for proc in here.procs:
        everywhere = sheets.of_proc(proc, sheet.power.id)
        if everywhere is not None:
            also.append(sheets.listens(everywhere))
    # What decides what is used instead, and on how many: it does so for modes and grants too.
    reads = used.brings_by
    if used.power.id != power:
        reads = reads | sheets.frame.power(power).brings_by
    if not also and reads <= hears.reads:
        return hears
    return Listens(
        hears.own,
        hears.attributes.union(*[each.attributes for each in also]),
        hears.reads.union(reads, *[each.reads for each in also]),
        hears.others or any(each.others for each in also),
    )


def _chances(slots: Slots, here: Situation) -> Mapping[str, float]:
    """What is added to chances in a power with these slots, by tag."""
    chances = here.state.chances
    own = here.sheets.chances_in(tuple([each.id for each in slots])) if slots else {}
    if not own:
        return chances
    return {**chances, **{tag: chances.get(tag, 0.0) + own[tag] for tag in own}}


def _depends_on(
    power: PowerId,
    sheet: Sheet,
    slotted: tuple[float, ...],
    count: int,
    modifiers: Mapping[str, float],
    here: Situation,
) -> Hashable:
    """All that the figures of a power depend on in a frame whose slots do nothing by chance; None
    when that takes long to say."""
    if not sheet.is_plain or sheet.bringing or sheet.has_ppm:
        return None
    if not all(here.sheets.is_settled(proc, sheet.power.id) for proc in here.procs):
        return None
    context = Context(here.facts, sheet.power)
    return (
        power,
        sheet,
        slotted,
        tuple([here.strengths.get(attribute, 0.0) for attribute in sheet.heard]),
        count,
        tuple([block.likelihood(context, modifiers) for block in sheet.open]),
        here.to_hit,
        here.of_level,
        tuple([_likely(proc, sheet.power.id, modifiers, here) for proc in here.procs]),
    )


def _likely(
    proc: PowerId, host: PowerId, modifiers: Mapping[str, float], here: Situation
) -> Hashable:
    """How likely a proc that works in all powers, and each of its ticks, comes in one of them."""
    works = here.sheets.of_proc(proc, host)
    if works is None:
        return None
    context = Context(here.facts, works.power)
    blocks = (*works.blocks, *[bringing.block for bringing in works.bringing])
    return (
        proc,
        tuple([block.likelihood(context, modifiers) for block in blocks]),
        tuple([block.each_tick(modifiers) for block in works.blocks if block.tick_tags]),
    )


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
    by_procs = math.fsum(proc.damage for proc, _ in in_slots if proc.on)
    for proc, by_type in in_slots:
        for kind, damage in by_type.items() if proc.on else ():
            use.after[kind] = use.after.get(kind, 0.0) + damage
    add_damage(before, use.before, sheet.power)
    add_damage(after, use.after, sheet.power)
    parts = (power for pet in pets if pet.is_part for power in pet.powers)
    add_duration(before, after, chain(use.effects, *(part.effects for part in parts)))
    if by_procs:
        after["power.damage.procs"] = by_procs
    return Figures(
        sheet.power.id,
        before,
        after,
        tuple(use.effects),
        tuple(proc for proc, _ in in_slots),
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
        recharge = use.recharge if host is sheet.power else 0.0
        for slot, slotted in _in_slots(own, slots, here):
            piece = here.sheets.of_piece(EnhancementId(slotted.id), host.id)
            if piece is not None:
                is_on = slotted.proc is not False
                happened = _happening(piece, host, pulses, recharge, use, here)
                found.extend(_proc_figure(slot, slotted.id, is_on, each) for each in happened)
    for proc in here.procs:
        works = here.sheets.of_proc(proc, sheet.power.id)
        if works is not None:
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

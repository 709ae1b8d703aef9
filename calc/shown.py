"""The figures of a build's powers, each as long as what it depends on stays the same.

A power's figures depend on itself, its slots and switches, on the global strengths that its sheet
listens to, on modes, and on the totals where one of its formulas reads them. Where that is soon
said they are remembered under it for all builds: most powers have no slots, and are alike in many.
"""

from collections.abc import Container, Hashable, Iterator, Mapping

from msgspec import structs

from calc.active import limited, standing_in
from calc.build import TakenPower
from calc.facts import Context, Reads
from calc.figure_types import Figures
from calc.figures import figures_of
from calc.power_numbers import strengthened_anew
from calc.powers import CompiledPower
from calc.sheet import Sheet
from calc.sheets import Kept
from calc.standing import Situation
from calc.switches import count_of, scenario_of
from calc.used import NOTHING, Everywhere, Shown, Used
from gamedata.catalogue import PowerId

_PLAIN = TakenPower()
_APART: frozenset[Reads] = frozenset({"slotted", "totals"})  # read by few, and often others


def powers_of(here: Situation) -> Iterator[PowerId]:
    """Every power that the build has: picked, issued, incarnate."""
    yield from here.state.slots
    known = here.sheets.catalogue.powers
    for _, power in sorted(here.build.incarnates.items()):
        if power in known and power not in here.state.slots:
            yield PowerId(power)


def all_shown(here: Situation) -> dict[PowerId, Shown]:
    """Every power that the build has: most without slots are as in any build in its situation."""
    slots, alike = here.state.slots, _unslotted(here)
    found: dict[PowerId, Shown] = {}
    for power in powers_of(here):
        if slots.get(power):
            found[power] = shown(power, here)
            continue
        instead, used = _used(power, here)
        gifts = _gifts(used, here) if used.hears.others else ()
        key = used, _count(power, instead, used, here), gifts
        known = alike.get(key)
        if known is None:
            known = shown(power, here)
            if known.hears.reads.isdisjoint(_APART):
                alike.keep(key, known)
        found[power] = known
    return found


def _unslotted(here: Situation) -> Kept[Shown]:
    """What powers without slots come to where all is the same that they have in common.

    But for what pets have, and what is `_APART`.
    """
    state, facts = here.state, structs.replace(here.facts, maximum_hit_points=0.0, slotted={})
    read = (here.strengths, state.chances, *structs.astuple(facts))
    return here.sheets.unslotted_in(here.own, state.boosts, here.procs, *map(_settled, read))


def _settled(value: object) -> object:
    """The same as something that can be looked up."""
    return frozenset(value.items()) if isinstance(value, Mapping) else value


def _gifts(used: Used, here: Situation) -> Hashable:
    """What those whom a power summons have of the build."""
    sheets = here.sheets
    return tuple(
        [
            (frozenset(had.strengths.items()), had.base_to_hit, had.to_hit, had.granted)
            for had in map(here.gifts, sheets.pets_in(used.sheet.power.id))
        ]
    )


def _used(power: PowerId, here: Situation) -> tuple[CompiledPower, Used]:
    """What is used when a power is: itself, or what it redirects to now."""
    frame = here.sheets.frame
    found = frame.power(power)
    if found.redirects:
        found = standing_in(power, here.facts, frame)
    return found, here.sheets.used(power, found.power.id)


def _count(power: PowerId, instead: CompiledPower, used: Used, here: Situation) -> int:
    """How many targets or stacks it is used with, where that matters."""
    if not used.counts:
        return 1
    taken = here.build.powers.get(power, _PLAIN)
    chosen = count_of(power, taken, scenario_of(here.build), here.sheets.frame)
    return limited(instead, chosen, Context(here.facts, used.sheet.power))


def shown(power: PowerId, here: Situation, was: Shown | None = None) -> Shown:
    """One of a build's powers. was: in a comparable situation, with the same slots."""
    sheets, state = here.sheets, here.state
    found, used = _used(power, here)
    sheet, slots = used.sheet, state.slots.get(power, ())
    if not slots and not state.boosts:
        slotted = used.unslotted
    elif was is not None and was.used is used:
        slotted = was.slotted
    else:
        slotted = sheets.slotted(sheet, slots, state.boosts)
    works: tuple[Sheet, ...] = ()
    modifiers = state.chances
    if slots:
        pieces = sheets.in_slots(tuple([each.id for each in slots]), sheet.power.id)
        works = pieces.by_chance
        modifiers = _added(modifiers, pieces.chances)
    count = _count(power, found, used, here)
    everywhere = sheets.everywhere(here.procs, sheet.power.id) if here.procs else NOTHING
    key, alike = None, sheets.slotted_alike if slots else sheets.unslotted_alike
    if used.is_plain and everywhere.is_settled and not works:
        key = _depends_on(used, slotted, count, modifiers, everywhere, here)
        known = alike.get(key)
        if known is not None:
            return known
    figures = figures_of(used, slots, slotted, count, modifiers, here)
    hears = used.hears
    if works or everywhere.works:
        hears = sheets.hearing(used, (*works, *everywhere.works))
    found_now = Shown(figures, used, slotted, hears, bool(figures.pets) or "slotted" in hears.reads)
    if key is not None:
        alike.keep(key, found_now)
    return found_now


def costing_anew(was: Shown, here: Situation, moved: Container[str]) -> Shown:
    """The same use of a power where its cost, times, reach and accuracy may be others.

    For a power that brings nothing, and whose effects listen to nothing that changed. moved: the
    attributes whose strength did; accuracy is among them if the chance to hit is another.
    """
    before, sheet = was.figures, was.used.sheet
    strengths = sheet.own_strengths(moved, was.slotted, here.strengths)
    after = strengthened_anew(
        before.after, before.before, sheet.power, strengths, here.to_hit, here.of_level
    )
    figures = Figures(before.power, before.before, after, before.effects, before.procs, before.pets)
    return Shown(figures, was.used, was.slotted, was.hears, was.looks_around)


def _added(chances: Mapping[str, float], own: Mapping[str, float]) -> Mapping[str, float]:
    """What is added to chances in a power whose slots change some, by tag."""
    if not own:
        return chances
    return {**chances, **{tag: chances.get(tag, 0.0) + own[tag] for tag in own}}


def _depends_on(
    used: Used,
    slotted: tuple[float, ...],
    count: int,
    modifiers: Mapping[str, float],
    everywhere: Everywhere,
    here: Situation,
) -> Hashable:
    """All that the figures of a power depend on in a frame, where nothing in its slots happens by
    chance."""
    likelihoods: tuple[float, ...] = ()
    if used.sheet.open:
        context = Context(here.facts, used.sheet.power)
        likelihoods = tuple([block.likelihood(context, modifiers) for block in used.sheet.open])
    return (
        used,
        slotted,
        count,
        here.own,
        tuple(map(here.strengths.get, used.heard)),
        likelihoods,
        tuple([_likely(works, modifiers, here) for works in everywhere.works]),
    )


def _likely(works: Sheet, modifiers: Mapping[str, float], here: Situation) -> Hashable:
    """A proc that works in all powers, and how likely it and each of its ticks comes in one."""
    context = Context(here.facts, works.power)
    blocks = (*works.blocks, *[bringing.block for bringing in works.bringing])
    return (
        works,
        tuple([block.likelihood(context, modifiers) for block in blocks]),
        tuple([block.each_tick(modifiers) for block in works.blocks if block.tick_tags]),
    )

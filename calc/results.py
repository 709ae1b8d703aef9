"""Everything that follows from a build: totals, figures and findings, each from the build before.

Figures are kept power by power: a power's depend on itself, its slots and switches, on the global
strengths that its sheet listens to, and on the totals where one of its formulas reads them.
"""

from collections.abc import Collection, Iterator

from msgspec import Struct, structs

from calc.changes import changes, differing, moved
from calc.facts import Reads
from calc.figure_types import Figures
from calc.remembered import Remembered
from calc.rules import Checked
from calc.running import Running
from calc.sheets import Sheets
from calc.shown import all_shown, costing_anew, powers_of, shown
from calc.standing import Situation, situation
from calc.switches import scenario_of
from calc.totals import Total
from calc.used import Shown
from gamedata.catalogue import PowerId


class Result(Struct, frozen=True, gc=False):
    """What follows from a build, and what of it serves the next build."""

    memory: Remembered
    checked: Checked
    shown: dict[PowerId, Shown]
    here: Situation

    @property
    def totals(self) -> dict[str, Total]:
        return self.memory.totals

    @property
    def figures(self) -> dict[PowerId, Figures]:
        return {power: found.figures for power, found in self.shown.items()}


def figures_after(
    memory: Remembered, sheets: Sheets, old: Result | None = None
) -> tuple[dict[PowerId, Shown], Situation]:
    """The figures of all powers, and in what situation. old: the result for another build: what
    holds of it is taken."""
    before_here = old.here if old is not None else None
    here = situation(memory.build, memory.state, sheets, memory.strengths, memory.sums, before_here)
    if old is None or not _is_comparable(memory, old.memory) or here.procs != old.here.procs:
        return all_shown(here), here
    found = before = old.shown
    if memory.state.slots.keys() != old.memory.state.slots.keys() or (
        memory.build.incarnates != old.memory.build.incarnates
    ):
        found = {
            power: before[power] if power in before else shown(power, here)
            for power in powers_of(here)
        }
    others = _others(memory, old.memory)
    anew = {power: shown(power, here) for power in others if power in before and power in found}
    anew |= {
        power: listener
        for power, listener in _listeners(old, others, memory, here)
        if power in found
    }
    return {**found, **anew} if anew else found, here


def _listeners(
    old: Result, others: Collection[PowerId], memory: Remembered, here: Situation
) -> Iterator[tuple[PowerId, Shown]]:
    """The powers whose figures change with global strengths, totals or what pets are given.

    others: those that are looked at anyway.
    """
    strengths = moved(old.memory.strengths, memory.strengths)
    tags = moved(old.memory.state.chances, memory.state.chances)
    hits_otherwise = here.to_hit != old.here.to_hit
    reads = _read_otherwise(here, old.here)
    anything = hits_otherwise or bool(tags) or not reads <= {"slotted"}
    own = {*strengths, "Accuracy"} if hits_otherwise else strengths
    givers: Collection[PowerId] | None = None
    looked_at: Collection[tuple[PowerId, Shown]] = old.shown.items()
    if not anything and not strengths:  # by far the most edits, and nearly all powers
        looked_at = [(power, was) for power, was in looked_at if was.looks_around]
    for power, was in looked_at:
        if power in others:
            continue
        hears = was.hears
        if (
            (anything and hears.others)
            or not hears.reads.isdisjoint(reads)
            or not hears.attributes.isdisjoint(strengths)
            or not hears.tags.isdisjoint(tags)
        ):
            yield power, shown(power, here, was)
            continue
        if was.figures.pets and here.sheets.pets_in(was.used.sheet.power.id):
            if givers is None:
                givers = _givers(memory.state, old.memory.state)
            if _pets_have_other(was.used.sheet.power.id, givers, strengths, here, old.here):
                yield power, shown(power, here, was)
                continue
        if hits_otherwise or not hears.own.isdisjoint(strengths):
            yield power, costing_anew(was, here, own)


def _read_otherwise(here: Situation, before: Situation) -> frozenset[Reads]:
    """What conditions and formulas read that differs between two comparable situations."""
    facts, old = here.facts, before.facts
    found: list[Reads] = []
    if here.to_hit != before.to_hit or facts.maximum_hit_points != old.maximum_hit_points:
        found.append("totals")
    if facts.modes != old.modes:
        found.append("modes")
    if facts.slotted is not old.slotted:
        found.append("slotted")
    return frozenset(found)


def _is_comparable(one: Remembered, other: Remembered) -> bool:
    """Whether all that concerns every power is the same, but for strengths, chances, totals, modes
    and what is slotted."""
    if one.frame is not other.frame:
        return False
    new, old = one.state, other.state
    facts = old.facts
    return (
        new.boosts == old.boosts
        and scenario_of(one.build) == scenario_of(other.build)
        and new.facts == structs.replace(facts, slotted=new.facts.slotted, modes=new.facts.modes)
    )


def _others(memory: Remembered, old: Remembered) -> Collection[PowerId]:
    """The powers that are slotted or switched otherwise."""
    changed = changes(old.build, memory.build)
    if changed is not None:
        return {PowerId(power) for power in changed.powers}
    slots, powers, taken = old.state.slots, old.build.powers, memory.build.powers
    now = memory.state.slots
    placed = [power for power, pieces in now.items() if slots.get(power) is not pieces]
    others = [power for power, each in taken.items() if powers.get(power) is not each]
    found = {power for power in placed if slots.get(power) != now[power]}
    found.update(PowerId(power) for power in others if powers.get(power) != taken[power])
    if len(taken) != len(powers) or any(power not in powers for power in others):
        found.update(PowerId(power) for power in powers.keys() - taken.keys())
    return found


def _givers(one: Running, other: Running) -> Collection[PowerId]:
    """The powers and set bonuses that differ: what pets are given may follow from these."""
    lost, won = differing(other.powers, one.powers)
    givers = {active.power.power.id for active in (*lost, *won)}
    if one.set_bonuses is not other.set_bonuses:
        for power in one.set_bonuses.keys() | other.set_bonuses.keys():
            given, before = one.set_bonuses.get(power, ()), other.set_bonuses.get(power, ())
            if given is not before and given != before:
                givers.update(given, before)
    return givers


def _pets_have_other(
    used: PowerId,
    givers: Collection[PowerId],
    strengths: Collection[str],
    here: Situation,
    before: Situation,
) -> bool:
    """Whether those whom a power summons have something else of the build's powers than before.

    givers: the powers that are not the same; strengths: those of their summoner's that are not.
    """
    sheets, known = here.sheets, here.sheets.catalogue
    return any(
        (
            bool(strengths)
            or any(
                giver in known.powers and sheets.for_pet(giver, pet.entity) is not None
                for giver in givers
            )
        )
        and here.gifts(pet) != before.gifts(pet)
        for pet in sheets.pets_in(used)
        if pet.entity in known.entities
    )

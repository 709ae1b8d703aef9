"""Everything that follows from a build: totals, figures and findings, each from the build before.

Figures are kept power by power: a power's depend on itself, its slots and switches, on the global
strengths that its sheet listens to, and on the totals where one of its formulas reads them.
"""

from collections.abc import Collection, Mapping

from msgspec import Struct, structs

from calc.active import standing_in
from calc.figure_types import Figures
from calc.figures import figures, powers_of
from calc.remembered import Remembered
from calc.rules import Checked
from calc.sheets import Sheets
from calc.standing import Situation, situation
from calc.switches import scenario_of
from calc.totals import Total
from gamedata.catalogue import EnhancementId, PowerId


class Result(Struct, frozen=True, gc=False):
    """What follows from a build, and what of it serves the next build."""

    memory: Remembered
    checked: Checked
    figures: dict[PowerId, Figures]
    here: Situation

    @property
    def totals(self) -> dict[str, Total]:
        return self.memory.totals


def figures_after(
    memory: Remembered, sheets: Sheets, old: Result | None = None
) -> tuple[dict[PowerId, Figures], Situation]:
    """The figures of all powers, and in what situation. old: the result for another build: what
    holds of it is taken."""
    here = situation(memory.build, memory.state, sheets, memory.strengths, memory.sums)
    if old is None or not _is_comparable(memory, old.memory) or here.to_hit != old.here.to_hit:
        return {power: figures(power, here) for power in powers_of(here)}, here
    others = _others(memory, old.memory)
    others.update(
        power
        for power, before in old.figures.items()
        if before.pets and power not in others and _pets_have_other(power, here, old.here)
    )
    moved = _moved(memory.strengths, old.memory.strengths)
    healthier = here.facts.maximum_hit_points != old.here.facts.maximum_hit_points
    if moved or healthier:
        others.update(
            power
            for power in old.figures
            if power not in others and _hears(power, here, moved, healthier=healthier)
        )
    if memory.state.slots.keys() == old.memory.state.slots.keys() and (
        memory.build.incarnates == old.memory.build.incarnates
    ):
        if not others:
            return old.figures, here
        found = dict(old.figures)
        for power in others:
            if power in found:
                found[power] = figures(power, here)
        return found, here
    return {
        power: old.figures[power]
        if power in old.figures and power not in others
        else figures(power, here)
        for power in powers_of(here)
    }, here


def _is_comparable(one: Remembered, other: Remembered) -> bool:
    """Whether all that concerns every power is the same, strengths and totals aside."""
    if one.frame is not other.frame:
        return False
    new, old = one.state, other.state
    return (
        new.boosts == old.boosts
        and new.chances == old.chances
        and scenario_of(one.build) == scenario_of(other.build)
        and new.facts == structs.replace(old.facts, slotted=new.facts.slotted)
        and not new.reads_slots
    )


def _others(memory: Remembered, old: Remembered) -> set[PowerId]:
    """The powers that are slotted or switched otherwise."""
    slots, powers = old.state.slots, old.build.powers
    others = {
        power
        for power, placed in memory.state.slots.items()
        if (before := slots.get(power)) is not placed and before != placed
    }
    others.update(
        PowerId(power)
        for power, taken in memory.build.powers.items()
        if (was := powers.get(power)) is not taken and was != taken
    )
    return others | {PowerId(power) for power in powers.keys() - memory.build.powers.keys()}


def _moved(strengths: Mapping[str, float], old: Mapping[str, float]) -> Collection[str]:
    """The attributes whose global strength differs."""
    if strengths == old:
        return ()
    return {
        attribute
        for attribute in strengths.keys() | old.keys()
        if strengths.get(attribute, 0.0) != old.get(attribute, 0.0)
    }


def _pets_have_other(power: PowerId, here: Situation, before: Situation) -> bool:
    """Whether those whom a power summons have something else of the build's powers than before."""
    used = standing_in(power, here.facts, here.sheets.frame).power.id
    return any(here.gifts(pet) != before.gifts(pet) for pet in here.sheets.pets_in(used))


def _hears(power: PowerId, here: Situation, moved: Collection[str], *, healthier: bool) -> bool:
    """Whether other strengths or other health change a power's figures."""
    sheets = here.sheets
    used = power
    if sheets.frame.power(power).redirects:
        used = standing_in(power, here.facts, sheets.frame).power.id
    heard = sheets.listens(sheets.of_power(used))
    if heard.others or not heard.attributes.isdisjoint(moved):
        return True
    return healthier and (
        heard.totals
        or any(
            sheets.piece_reads_totals(EnhancementId(slotted.id))
            for slotted in here.state.slots.get(power, ())
        )
    )

"""Everything that follows from a build: totals, figures and findings, each from the build before.

Figures are kept power by power: a power's depend on itself, its slots and switches, on the global
strengths that its sheet listens to, and on the totals where one of its formulas reads them.
"""

from collections.abc import Collection, Mapping

from msgspec import Struct, structs

from calc.figure_types import Figures
from calc.figures import Situation, figures, powers_of, situation
from calc.remembered import Remembered
from calc.rules import Checked
from calc.running import scenario_of, standing_in
from calc.sheets import Sheets
from calc.totals import Total
from gamedata.catalogue import EnhancementId, PowerId


class Result(Struct, frozen=True, gc=False):
    """What follows from a build, and what of it serves the next build."""

    memory: Remembered
    checked: Checked
    figures: dict[PowerId, Figures]

    @property
    def totals(self) -> dict[str, Total]:
        return self.memory.totals


def figures_after(
    memory: Remembered, sheets: Sheets, old: Result | None = None
) -> dict[PowerId, Figures]:
    """The figures of all powers. old: the result for another build: what holds of it is taken."""
    here = situation(memory.build, memory.state, sheets, memory.strengths, memory.sums)
    if old is None or not _is_comparable(memory, old.memory):
        return {power: figures(power, here) for power in powers_of(here)}
    before = situation(
        old.memory.build, old.memory.state, sheets, old.memory.strengths, old.memory.sums
    )
    moved = _moved(memory.strengths, old.memory.strengths)
    all_anew = here.to_hit != before.to_hit
    healthier = here.facts.maximum_hit_points != before.facts.maximum_hit_points
    found = {}
    for power in powers_of(here):
        known = old.figures.get(power)
        if (
            known is None
            or all_anew
            or not _is_as_it_was(power, memory, old.memory)
            or ((moved or healthier) and _hears(power, here, moved, healthier=healthier))
        ):
            known = figures(power, here)
        found[power] = known
    return found


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
        and not any("slotted" in active.power.reads for active in new.powers)
    )


def _is_as_it_was(power: PowerId, memory: Remembered, old: Remembered) -> bool:
    slots, before = memory.state.slots.get(power), old.state.slots.get(power)
    if slots is not before and slots != before:
        return False
    taken, was = memory.build.powers.get(power), old.build.powers.get(power)
    return taken is was or taken == was


def _moved(strengths: Mapping[str, float], old: Mapping[str, float]) -> Collection[str]:
    """The attributes whose global strength differs."""
    if strengths == old:
        return ()
    return {
        attribute
        for attribute in strengths.keys() | old.keys()
        if strengths.get(attribute, 0.0) != old.get(attribute, 0.0)
    }


def _hears(power: PowerId, here: Situation, moved: Collection[str], *, healthier: bool) -> bool:
    """Whether other strengths or other health change a power's figures."""
    sheets = here.sheets
    sheet = sheets.of_power(standing_in(power, here.facts, sheets.frame).power.id)
    heard = sheets.listens(sheet)
    if heard.others or not heard.attributes.isdisjoint(moved):
        return True
    return healthier and (
        heard.totals
        or any(
            sheets.listens(sheets.of_piece(EnhancementId(slotted.id), sheet.power.id)).totals
            for slotted in here.state.slots.get(power, ())
        )
    )

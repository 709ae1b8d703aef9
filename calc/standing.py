"""What the figures of all powers of a build have in common."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from calc.active import knowing
from calc.build import Build
from calc.company import Gifts, gifts
from calc.everywhere import everywhere
from calc.facts import Context, Facts
from calc.pets import Summoned
from calc.power_numbers import BASE_TO_HIT
from calc.running import Running
from calc.sheets import Sheets
from calc.switches import scenario_of
from calc.tables import limit
from gamedata.catalogue import EntityId, PowerId


class Situation(Struct, frozen=True, gc=False):
    """What the figures of all powers of a build have in common.

    strengths: the global ones, by attribute. facts: with the totals. to_hit: base and buffs,
    base_to_hit: the base alone. of_level: what the foe's level adds to it. procs: those that work
    in all powers. met: what pets of each kind have, worked out when somebody asks.
    """

    build: Build
    state: Running
    sheets: Sheets
    strengths: Mapping[str, float]
    facts: Facts
    to_hit: float
    base_to_hit: float
    of_level: float = 0.0
    procs: tuple[PowerId, ...] = ()
    met: dict[EntityId, Gifts] = {}

    def gifts(self, pet: Summoned) -> Gifts:
        """What pets of a kind have of this build."""
        found = self.met.get(pet.entity)
        if found is None:
            found = gifts(pet, self.state, self.sheets, self.strengths, self.facts)
            self.met[pet.entity] = found
        return found


def situation(
    build: Build,
    state: Running,
    sheets: Sheets,
    strengths: Mapping[str, float],
    sums: Sequence[float],
) -> Situation:
    """A build's situation. strengths, sums: those of its totals."""
    facts = knowing(sums, Context(state.facts), sheets.frame).facts
    base = limit(sheets.frame.archetype, "base.to_hit", sheets.frame.level) or 0.0
    above = scenario_of(build).relative_level
    return Situation(
        build,
        state,
        sheets,
        strengths,
        facts,
        facts.to_hit,
        base,
        BASE_TO_HIT[above] - BASE_TO_HIT[0],
        everywhere(state, sheets.catalogue),
    )

"""What the figures of all powers of a build have in common."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from calc.active import with_totals
from calc.build import Build
from calc.company import Gifts, Givers, gifts, givers
from calc.everywhere import everywhere, everywhere_after
from calc.facts import Facts
from calc.pets import Summoned
from calc.power_numbers import BASE_TO_HIT
from calc.running import Running
from calc.sheet import OWN
from calc.sheets import Sheets
from calc.switches import scenario_of
from gamedata.catalogue import EntityId, PowerId


class Situation(Struct, frozen=True, gc=False):
    """What the figures of all powers of a build have in common.

    strengths: the global ones, by attribute. facts: with the totals. to_hit: base and buffs,
    base_to_hit: the base alone. of_level: what the foe's level adds to it. own: the strengths of
    `calc.sheet.OWN` with these two, from which the numbers of powers themselves follow. procs:
    those that work in all powers. giving, met: what gives pets something, and what those of each
    kind have, worked out when somebody asks.
    """

    build: Build
    state: Running
    sheets: Sheets
    strengths: Mapping[str, float]
    facts: Facts
    to_hit: float
    base_to_hit: float
    of_level: float = 0.0
    own: tuple[float, ...] = ()
    procs: tuple[PowerId, ...] = ()
    giving: list[Givers] = []
    met: dict[EntityId, Gifts] = {}

    def gifts(self, pet: Summoned) -> Gifts:
        """What pets of a kind have of this build."""
        found = self.met.get(pet.entity)
        if found is None:
            if not self.giving:
                self.giving.append(givers(self.state, self.sheets))
            (giving,) = self.giving
            found = gifts(pet, giving, self.state, self.sheets, self.strengths, self.facts)
            self.met[pet.entity] = found
        return found


def situation(
    build: Build,
    state: Running,
    sheets: Sheets,
    strengths: Mapping[str, float],
    sums: Sequence[float],
    old: Situation | None = None,
) -> Situation:
    """A build's situation. strengths, sums: those of its totals. old: that of another build."""
    facts = with_totals(sums, state.facts, sheets.frame)
    above = scenario_of(build).relative_level
    of_level = BASE_TO_HIT[above] - BASE_TO_HIT[0]
    return Situation(
        build,
        state,
        sheets,
        strengths,
        facts,
        facts.to_hit,
        sheets.frame.base_to_hit,
        of_level,
        (*[strengths.get(attribute, 0.0) for attribute in OWN], facts.to_hit, of_level),
        everywhere(state, sheets.catalogue)
        if old is None or old.sheets is not sheets
        else everywhere_after(old.procs, old.state, state, sheets.catalogue),
    )

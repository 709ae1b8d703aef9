"""The engine: a catalogue, and everything that was worked out from it once and is asked often."""

from calc.build import Build
from calc.stats import STATS
from calc.totals import Total
from gamedata.catalogue import Catalogue


class Engine:
    """Answers what a build adds up to. One per process and catalogue; not for threads."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def totals(self, build: Build) -> dict[str, Total]:
        """Every stat, in the registry's order."""
        return {stat.key: Total(stat.base, stat.base) for stat in STATS}

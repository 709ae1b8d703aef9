"""The rules and maths that a session runs on: `calc` bound to one catalogue, by name."""

from collections.abc import Callable
from time import perf_counter

from msgspec import Struct

from calc import operations, rules
from calc.build import Build
from calc.engine import Engine as Totals
from calc.explain import Explanation
from calc.figure_types import Figures
from calc.operations import Applied, Step
from calc.remembered import Remembered
from calc.rules import Checked, Finding
from calc.totals import Total
from gamedata.catalogue import Catalogue, PowerId
from server.telemetry.measures import UNMEASURED

MEMORIES = 256  # sessions of which the newest build is remembered; each takes about 0.2 MB
VERSION = 3  # of `calc`: rises whenever the same build and catalogue give other totals


def name_of(catalogue_hash: str) -> str:
    """What an engine on this catalogue is called."""
    return f"{catalogue_hash[:16]}.{VERSION}"


class Result(Struct, frozen=True):
    """What follows from a build."""

    totals: dict[str, Total]
    findings: tuple[Finding, ...]


class Memory(Struct, frozen=True):
    """How a session's newest build was worked out."""

    totals: Remembered
    checked: Checked


class Engine:
    """Equal names, equal answers: a session's totals all come from engines of one name.

    computed: told the seconds that each build took. totals: the maths, on the same catalogue, for
    several of a process: what it keeps follows from the catalogue alone, not from sessions.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        computed: Callable[[float], object] = UNMEASURED.computed,
        totals: Totals | None = None,
    ) -> None:
        self.catalogue = catalogue
        self._computed = computed
        self.name = name_of(catalogue.hash)
        self._totals = Totals(catalogue) if totals is None else totals
        self._memories: dict[str, Memory] = {}

    def apply(self, build: Build, operation: Step) -> Applied | operations.Refused:
        return operations.apply(build, operation, self.catalogue)

    def result(self, build: Build, session: str = "", *, keep: bool = True) -> Result:
        """session: whose build it is. Each of its edits is computed from the one before; the
        result is the same without. keep: it will be the session's build."""
        before = self._memories.get(session)
        began = perf_counter()
        memory = Memory(
            self._totals.remember(build, before.totals if before else None),
            rules.check(build, self.catalogue, before.checked if before else None),
        )
        self._computed(perf_counter() - began)
        if session and keep:
            self._memories.pop(session, None)  # to the end of the line
            self._memories[session] = memory
            if len(self._memories) > MEMORIES:
                del self._memories[next(iter(self._memories))]
        return Result(memory.totals.totals, memory.checked.findings)

    def explain(self, build: Build, stat: str, session: str = "") -> Explanation:
        """Where a total comes from. session: whose build it is."""
        return self._totals.explain(self._known(build, session), stat)

    def figures(self, build: Build, power: str, session: str = "") -> Figures | None:
        """What one use of a power costs and does; None: the build does not have it."""
        return self._totals.power_figures(self._known(build, session), PowerId(power))

    def _known(self, build: Build, session: str) -> Build | Remembered:
        known = self._memories.get(session)
        return known.totals if known is not None and known.totals.build == build else build

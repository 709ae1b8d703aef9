"""The rules and maths that a session runs on: `calc` bound to one catalogue, by name."""

from msgspec import Struct

from calc import operations, rules
from calc.build import Build
from calc.engine import Engine as Totals
from calc.operations import Applied, Operation
from calc.rules import Finding
from calc.totals import Total
from gamedata.catalogue import Catalogue

VERSION = 1  # of `calc`: rises whenever the same build and catalogue give other totals


class Result(Struct, frozen=True):
    """What follows from a build."""

    totals: dict[str, Total]
    findings: tuple[Finding, ...]


class Engine:
    """Equal names, equal answers: a session's totals all come from engines of one name."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.name = f"{catalogue.hash[:16]}.{VERSION}"
        self._totals = Totals(catalogue)

    def apply(self, build: Build, operation: Operation) -> Applied | operations.Refused:
        return operations.apply(build, operation, self.catalogue)

    def result(self, build: Build) -> Result:
        return Result(self._totals.totals(build), rules.findings(build, self.catalogue))

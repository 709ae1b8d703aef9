"""What an import did not understand, row by row, and what it left out on purpose."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct, field

ProblemKind = Literal[
    "unreadable entry",  # empty, damaged, no JSON, or of another shape
    "index entry without file",
    "file without index entry",  # a stale leftover of the export: not imported
    "listed twice",
    "unknown field",
    "missing field",
    "unknown value",  # of an enumeration
    "unknown parameters",
    "unknown table",
    "out of range",
    "indexes disagree",
    "expression not understood",
    "unknown word",  # in an expression
    "missing archetype",
    "missing category",
    "missing powerset",
    "missing power",
    "missing enhancement",
    "missing boost set",
    "missing entity",
    "missing group",
    "outside the selection",
]


class Problem(Struct, frozen=True, order=True):
    """One thing that was not understood.

    name: the field, word, table, file or referenced id. row: where it stands, "" if `name` says.
    """

    kind: ProblemKind
    name: str
    row: str = ""


class Report(Struct):
    """Collects while an import runs. Equal problems are one."""

    problems: set[Problem] = set()
    ignored: Counter[str] = field(default_factory=Counter)
    """Known, and of no use to a planner: how many non-empty ones, by kind."""

    def add(self, kind: ProblemKind, name: str, row: str = "") -> None:
        self.problems.add(Problem(kind, name, row))

    def extend(self, problems: Iterable[Problem]) -> None:
        self.problems.update(problems)

    def ignore(self, kind: str, count: int = 1) -> None:
        self.ignored[kind] += count

    def counts(self) -> dict[str, int]:
        """How many problems of each kind."""
        return dict(sorted(Counter(problem.kind for problem in self.problems).items()))


def text(report: Report) -> str:
    """The whole report: by kind, every name with the rows in which it stands."""
    lines: list[str] = []
    by_kind: dict[str, dict[str, list[str]]] = {}
    for problem in sorted(report.problems):
        rows = by_kind.setdefault(problem.kind, {}).setdefault(problem.name, [])
        if problem.row:
            rows.append(problem.row)
    for kind, names in by_kind.items():
        count = sum(max(1, len(rows)) for rows in names.values())
        lines.append(f"{kind}: {count:,}")
        for name, rows in names.items():
            lines.append(f"  {name}")
            lines.extend(f"    in {row}" for row in rows)
    if report.ignored:
        lines.append(f"left out on purpose: {report.ignored.total():,}")
    lines.extend(f"  {kind}: {count:,}" for kind, count in sorted(report.ignored.items()))
    return "\n".join(lines) + "\n"

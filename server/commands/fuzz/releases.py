"""Releases of the server with maths of their own, and whether their numbers were ever mixed."""

from collections.abc import Sequence

from calc.build import Build
from calc.engine import Engine as Totals
from calc.totals import Total
from gamedata.catalogue import Catalogue
from server.commands.fuzz.history import History
from server.commands.fuzz.journal import Journal
from server.engine import Engine, Result

WHO = "releases"


class Release(Engine):
    """The engine of a release: the same rules, and totals by which it can be told.

    number: 0 is ours, as it is.
    """

    def __init__(self, catalogue: Catalogue, number: int, totals: Totals | None = None) -> None:
        super().__init__(catalogue, totals=totals)
        self.number = number
        if number:
            self.name += f"r{number}"

    def result(self, build: Build, session: str = "", *, keep: bool = True) -> Result:
        result = super().result(build, session, keep=keep)
        if not self.number:
            return result
        totals = {
            stat: Total(total.value, total.capped + self.number)
            for stat, total in result.totals.items()
        }
        return Result(totals, result.findings)


def check_releases(
    journal: Journal,
    history: History,
    builds: Sequence[Build],
    engines: Sequence[Release],
    *,
    forgetful: bool,
) -> None:
    """At each revision the totals are those of the engine that the session was on, which the
    server alone changes, and to a newer one.

    builds: by revision. engines: of all releases, by number. forgetful: where Redis lost which
    releases there were, and all who knew it died, an older one may be taken for a newer; and a
    session that an older one brought back from SQL is moved to the newer one again.
    """
    engine = engines[0]
    numbers = {each.name: each.number for each in engines}
    totals = dict(engine.result(builds[0], WHO).totals)
    for _, change in history.changes:
        if not change.by:
            moved = change.edit.removeprefix("engine-").rpartition("-")[0]
            newer = numbers.get(moved, -1)
            moves = newer >= 0 if forgetful else newer > engine.number
            journal.expect(moves, WHO, f"{change.revision} moves from {engine.name} to {moved}")
            journal.note(WHO, f"{moved} at {change.revision}")
            engine = engines[max(newer, 0)]
        totals |= change.totals
        journal.expect(
            totals == engine.result(builds[change.revision], f"{WHO} {engine.number}").totals,
            WHO,
            f"the totals of {change.revision} are not those of {engine.name}",
        )

"""What `cohort bench fanout` prints."""

from collections.abc import Callable
from statistics import median

from msgspec import Struct
from rich.console import Console
from rich.table import Table

from server.commands.bench.broadcast import Arrival, Load
from server.commands.bench.quantile import quantile

CHANNELS, BARE, EDITORS, VIEWERS = "ChannelsPlugin", "bare loop", "editors", "viewers"
TITLES = {
    "one": "Next change after the last delivery",
    "saturated": "Sixteen changes on their way",
    "steady": "Ten changes a second",
    "small": "200 sessions of 5, one edits in each: the next change after the last delivery",
    "stream": "200 sessions of 5, one edits in each: sixteen changes on their way",
    "friends": "200 sessions of 5 who all edit, each their next change when they have their last",
    "edits": "200 sessions of 5, 500 real edits a second in all",
    "storm": "2,000 come at once",
}


class Key(Struct, frozen=True):
    """What was measured: in which part, of whom, with how many."""

    part: str
    kind: str
    size: int


Results = dict[Key, list[Load | Arrival]]


def report(results: Results) -> None:
    """A table for each part; medians of the rounds."""
    for part in dict.fromkeys(key.part for key in results):
        console = Console()
        table = Table(title=TITLES[part], title_justify="left")
        headings = _ARRIVALS if part == "storm" else _LOADS
        for heading in ("", "people", *headings):
            table.add_column(heading, justify="left" if not heading else "right")
        for key in results:
            if key.part == part:
                table.add_row(key.kind, str(key.size), *_row(results, key))
        console.print(table)


_LOADS = ("k/core", "× ChannelsPlugin", "× bare loop", "p50 ms", "p99 ms", "busy")
_ARRIVALS = ("seconds", "of processor time", "KB each, idle")


def _row(results: Results, key: Key) -> list[str]:
    if key.part == "storm":
        return [
            f"{_median(results, key, lambda each: each.seconds):.2f}",
            f"{_median(results, key, lambda each: each.cpu_s):.2f}",
            f"{_median(results, key, _kilobytes):.1f}",
        ]
    rate = _median(results, key, _rate)
    row = [f"{rate / 1000:.0f}"]
    for other in (CHANNELS, BARE):
        base = Key(key.part, other, key.size)
        row.append(f"{rate / _median(results, base, _rate):.2f}" if base in results else "")
    row.extend(
        f"{1000 * _median(results, key, lambda each: _late(each, share)):.1f}"  # noqa: B023
        for share in (0.5, 0.99)
    )
    busy = _median(results, key, lambda each: each.cpu_s / each.seconds)
    return [*row, f"{busy:.0%}"]


def _median(results: Results, key: Key, of: Callable[[Load | Arrival], float]) -> float:
    return median(of(each) for each in results[key])


def _rate(each: Load | Arrival) -> float:
    assert isinstance(each, Load)
    return each.per_cpu_s


def _late(each: Load | Arrival, share: float) -> float:
    assert isinstance(each, Load)
    return quantile(each.latencies or [0.0], share)


def _kilobytes(each: Load | Arrival) -> float:
    assert isinstance(each, Arrival)
    return each.bytes_each / 1024

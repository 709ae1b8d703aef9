"""`cohort totals`: what a build file adds up to."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click
import msgspec
from rich.columns import Columns
from rich.console import Console
from rich.table import Table

from calc.engine import Engine
from calc.stats import STATS, Stat
from calc.totals import Total
from server.inputs import FILE, catalogue_option, read_build, read_catalogue

_UNITS = {"feet": " ft", "feet_per_second": " ft/s", "per_second": "/s"}


@click.command()
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help='Print {"stat": {"value", "capped"}}.')
@catalogue_option
def totals(file: Path, *, as_json: bool, catalogue_file: Path | None) -> None:
    """Print the totals of a Mids Reborn build (.mbd).

    What of the file is not in the totals is listed on standard error.
    """
    catalogue = read_catalogue(catalogue_file)
    imported = read_build(file, catalogue)
    found = Engine(catalogue).totals(imported.build)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)))
    else:
        _show(found, Console())


def _show(found: dict[str, Total], console: Console) -> None:
    tables = [
        _table(group, [(stat, found[stat.key]) for stat in stats])
        for group, stats in groupby(STATS, key=lambda stat: stat.group)
    ]
    console.print(Columns(table for table in tables if table is not None))
    if any(total.capped < total.value for total in found.values()):
        console.print("* at its cap; in brackets what it would be without")


def _table(group: str, rows: list[tuple[Stat, Total]]) -> Table | None:
    """A group's rows; none for a group in which there is nothing (elusivity, outside of PvP)."""
    if not any(total.value for _, total in rows):
        return None
    table = Table(title=group, title_justify="left", show_header=False)
    table.add_column("stat")
    table.add_column("total", justify="right", no_wrap=True)
    for stat, total in rows:
        table.add_row(stat.label, " ".join(_cells(stat, total)))
    return table


def _cells(stat: Stat, total: Total) -> Iterator[str]:
    yield text(stat, total.capped)
    if total.capped < total.value:
        yield f"* ({text(stat, total.value)})"


def text(stat: Stat, value: float) -> str:
    """A value as the page shows it, with its unit."""
    if stat.format == "percent":
        return f"{_decimal(100 * value)}%"
    if stat.format == "whole":
        return str(int(value))
    return _decimal(value) + _UNITS.get(stat.unit, "")


def _decimal(value: float) -> str:
    """Two decimals at most, and no minus before nothing."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text

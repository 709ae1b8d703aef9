"""What an operator reads: tables, or JSON for their scripts."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
import msgspec
from msgspec import UNSET
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

WORDS = ("title", "name", "about")  # may be long: they get what is left of a terminal's width
WIDE = 240


def show_json(value: Any) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value)))


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]], none: str) -> None:
    """none: what to say when there are no rows."""
    if not rows:
        click.echo(none)
        return
    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column not in WORDS)
    for row in rows:
        table.add_row(*(escape(cell(each)) for each in row))
    console = Console()
    if not console.is_terminal:
        console.width = WIDE  # for `grep`: a row is a line
    console.print(table)


def show_fields(fields: Sequence[tuple[str, object]]) -> None:
    """What there is to say of one thing."""
    table = Table(box=None, show_header=False)
    for name, value in fields:
        if shown := cell(value):
            table.add_row(f"[bold]{name}[/bold]", escape(shown))
    Console().print(table)


def cell(value: object) -> str:
    if value is UNSET or value is None or value is False:
        return ""
    return "yes" if value is True else str(value)


def time_of(at: object) -> str:
    """Milliseconds since 1970, to the minute."""
    if not isinstance(at, int) or not at:
        return ""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d %H:%M")


def size_of(number: int) -> str:
    return f"{number / 1024:,.0f} KiB"

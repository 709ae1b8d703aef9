"""`cohort gamedata`: compile the game's export, look into catalogues, rebuild the starter."""

import re
import resource
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from calc.coverage import Count, coverage
from gamedata import pack, starter
from gamedata.catalogue import Catalogue
from gamedata.importer import import_export
from gamedata.queries import POOL, category_powersets, powersets_of
from gamedata.read import ExportError
from gamedata.report import Report, text
from gamedata.starter.select import SelectionError, read_selection, select
from server.inputs import catalogue_path, read_catalogue

FILE = click.Path(dir_okay=False, path_type=Path)
WIDE = 140  # columns of a table in a file or a pipe
SHOWN = 5  # names of each kind on the screen; the report file has all


@click.group()
def gamedata() -> None:
    """The game's data: catalogues and where they come from."""


@gamedata.command("import")
@click.argument("export", metavar="EXPORT.zip", type=FILE)
@click.option("--out", type=FILE, help="The catalogue to write (default: RELEASE.catalogue here).")
@click.option("--report", "report_to", type=FILE, help="The report (default: OUT.report.txt).")
def import_(export: Path, out: Path | None, report_to: Path | None) -> None:
    """Compile a City of Data raw export into one catalogue file."""
    console = Console()
    started = time.perf_counter()
    catalogue, report = _import(export, console)
    out = out or Path(re.sub(r"[^\w.-]", "_", catalogue.release) + ".catalogue")
    report_to = report_to or out.with_name(out.name + ".report.txt")
    with _writing(out):
        pack.write(catalogue, out)
    with _writing(report_to):
        report_to.write_text(text(report), encoding="utf-8")
    seconds = time.perf_counter() - started
    _show_problems(report, console)
    _say(console, f"Everything not understood or left out, by name: {report_to}")
    _show(out, catalogue, console)
    _say(console, f"{out}: written in {seconds:.1f} s, with {_peak_mb():.0f} MB of memory.")


@gamedata.command()
@click.argument("file", type=FILE, required=False)
def info(file: Path | None) -> None:
    """Tell what a catalogue holds (default: COHORT_GAMEDATA, or the starter catalogue)."""
    path = catalogue_path(file)
    started = time.perf_counter()
    try:
        catalogue = pack.load(path)
    except pack.CatalogueError as error:
        raise click.ClickException(str(error)) from error
    seconds = time.perf_counter() - started
    memory = _peak_mb()
    console = Console()
    _show(path, catalogue, console)
    _say(console, f"Opened in {seconds:.2f} s, with {memory:.0f} MB of memory.")


@gamedata.command("coverage")
@click.argument("file", type=FILE, required=False)
def coverage_(file: Path | None) -> None:
    """Count what of a catalogue the engine evaluates, leaves out, and does not understand.

    By kind of effect, condition and formula, over everything that a build can hold.
    Default: COHORT_GAMEDATA, or the starter catalogue. Exit code 1 when something is not
    understood.
    """
    found = coverage(read_catalogue(file))
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    for title, counts in (
        ("Effects: attribute and aspect", found.effects),
        ("Conditions: what they ask about", found.conditions),
        ("Formulas: shape", found.expressions),
    ):
        console.print(_coverage_table(title, counts))
    everything = [*found.effects.values(), *found.conditions.values(), *found.expressions.values()]
    console.print(_reasons_table(found.effects.values()))
    unknown = sum(count.not_understood.total() for count in everything)
    evaluated = sum(count.evaluated for count in everything)
    left_out = sum(count.ignored.total() for count in everything)
    _say(
        console,
        f"{found.powers:,} powers, {found.enhancements:,} enhancements. {evaluated:,} evaluated, "
        f"{left_out:,} left out for a reason, {unknown:,} not understood.",
    )
    if unknown:
        raise SystemExit(1)


def _coverage_table(title: str, counts: dict[str, Count]) -> Table:
    table = Table("kind", "evaluated", "left out, and why", "not understood, where", title=title)
    table.columns[1].justify = "right"
    for kind, count in sorted(counts.items()):
        reasons = (f"{times:,} {reason}" for reason, times in count.ignored.most_common())
        table.add_row(
            escape(kind),
            f"{count.evaluated:,}",
            escape("\n".join(reasons)),
            escape(
                "\n".join(f"{times:,} {where}" for where, times in count.not_understood.items())
            ),
        )
    return table


def _reasons_table(counts: Iterable[Count]) -> Table:
    """What is left out of all effects together."""
    table = Table("effects left out", "why", title="Effects left out, of all kinds")
    table.columns[0].justify = "right"
    reasons: Counter[str] = Counter()
    for count in counts:
        reasons.update(count.ignored)
    for reason, times in reasons.most_common():
        table.add_row(f"{times:,}", escape(reason))
    return table


@gamedata.command("starter")
@click.argument("export", metavar="EXPORT.zip", type=FILE)
@click.option("--selection", type=FILE, help="What to take (default: the embedded one).")
@click.option("--out", type=FILE, help="The catalogue to write (default: the embedded one).")
def starter_(export: Path, selection: Path | None, out: Path | None) -> None:
    """Rebuild the starter catalogue from an export and a selection."""
    console = Console()
    try:
        wanted = read_selection(selection or starter.selection_path())
        catalogue, _ = _import(export, console)
        chosen, report = select(catalogue, wanted)
    except SelectionError as error:
        raise click.ClickException(str(error)) from error
    out = out or starter.path()
    with _writing(out):
        pack.write(chosen, out)
    _say(console, text(report).rstrip())
    _show(out, chosen, console)


def _import(export: Path, console: Console) -> tuple[Catalogue, Report]:
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("opening", total=None)
        try:
            return import_export(
                export,
                lambda what, done, total: bar.update(
                    task, description=what, completed=done, total=total
                ),
            )
        except ExportError as error:
            raise click.ClickException(str(error)) from error


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise click.ClickException(f"{path} cannot be written: {reason}.") from error


def _peak_mb() -> float:
    """The most memory this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts in KiB


def _say(console: Console, sentence: str) -> None:
    """Plain: no markup, no colours for numbers and paths, no line breaks inside."""
    console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def _show_problems(report: Report, console: Console) -> None:
    table = Table("not understood", "rows", "names", title="Not understood")
    table.columns[1].justify = "right"
    for kind, count in report.counts().items():
        names = sorted({each.name for each in report.problems if each.kind == kind})
        more = f", and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
        table.add_row(kind, f"{count:,}", escape(", ".join(names[:SHOWN])) + more)
    if table.row_count:
        console.print(table)
    else:
        _say(console, "Everything was understood.")


def _show(path: Path, catalogue: Catalogue, console: Console) -> None:
    header = pack.read_header(path)
    about = Table(title=escape(path.name), show_header=False)
    about.add_column()
    about.add_column(overflow="fold")
    about.add_row("release", escape(header.release))
    about.add_row("content hash", header.hash[:16])
    about.add_row("format", str(header.format))
    about.add_row("size", f"{path.stat().st_size:,} bytes")
    for kind, count in header.counts.items():
        about.add_row(kind.replace("_", " "), f"{count:,}")
    about.add_row("pools", f"{len(category_powersets(catalogue, POOL)):,}")
    console.print(about)
    roles = Table("archetype", "primaries", "secondaries", "epics", title="Player archetypes")
    for column in roles.columns[1:]:
        column.justify = "right"
    for archetype in catalogue.archetypes.values():
        if archetype.player:
            found = (
                len(powersets_of(catalogue, archetype.id, "primary")),
                len(powersets_of(catalogue, archetype.id, "secondary")),
                len(powersets_of(catalogue, archetype.id, "epic")),
            )
            roles.add_row(escape(archetype.name), *map(str, found))
    console.print(roles)

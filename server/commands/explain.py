"""`cohort explain`: where a total of a build file comes from."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from calc.engine import Engine
from calc.explain import Explanation
from calc.origins import Item
from calc.stats import NUMBER, STATS, Stat
from gamedata.catalogue import BoostSetId, Catalogue, EnhancementId, PowerId
from server.commands.totals import text
from server.inputs import FILE, Refused, catalogue_option, read_build, read_catalogue

NEAR = 5  # how many stats of a similar name are shown


@click.command()
@click.argument("file", type=FILE)
@click.argument("stat")
@click.option("--json", "as_json", is_flag=True, help="Print the explanation as JSON.")
@catalogue_option
def explain(file: Path, stat: str, *, as_json: bool, catalogue_file: Path | None) -> None:
    """Say where a total of a Mids Reborn build (.mbd) comes from, and what it lost on the way.

    STAT is a key as `cohort totals --json` has it, such as defense.ranged.
    """
    if stat not in NUMBER:
        raise Refused(_no_stat(stat))
    catalogue = read_catalogue(catalogue_file)
    imported = read_build(file, catalogue)
    explanation = Engine(catalogue).explain(imported.build, stat)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(explanation)))
    else:
        _show(explanation, catalogue, Console())


def _no_stat(stat: str) -> str:
    near = near_stats(stat)
    if not near:
        return f"{stat!r} is no stat; `cohort totals --json` prints their keys."
    return f"{stat!r} is no stat: did you mean {' or '.join(near)}?"


def near_stats(stat: str) -> list[str]:
    """The keys that somebody may have meant: by spelling, by label, or by a part of the key."""
    wanted = stat.lower()
    by_word: dict[str, list[str]] = {}
    for each in STATS:
        for word in {each.key, each.label.lower(), *each.key.split(".")}:
            by_word.setdefault(word, []).append(each.key)
    close = [wanted] if wanted in by_word else get_close_matches(wanted, by_word, NEAR, 0.6)
    return list(dict.fromkeys(key for word in close for key in by_word[word]))[:NEAR]


def _show(explanation: Explanation, catalogue: Catalogue, console: Console) -> None:
    stat = STATS[NUMBER[explanation.stat]]
    table = Table(title=f"{stat.group}: {stat.label}", title_justify="left")
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("from")
    table.add_column("enhanced")
    table.add_column("note")
    for item in explanation.items:
        table.add_row(
            text(stat, item.value),
            escape(_source(item, catalogue)),
            escape(_enhanced(item)),
            escape("; ".join(_notes(item, stat))),
            style="dim" if item.why else "",
        )
    table.add_section()
    table.add_row(text(stat, explanation.value), "total", "", escape(explanation.formula))
    if explanation.cut:
        cut = f"the cap took {text(stat, explanation.cut)}"
        table.add_row(text(stat, explanation.capped), "capped", "", cut)
    console.print(table)
    for key, total in explanation.inputs.items():
        of = STATS[NUMBER[key]]
        console.print(f"{escape(key)}: {text(of, total.value)}", highlight=False)


def _source(item: Item, catalogue: Catalogue) -> str:
    match item.kind:
        case "base":
            return "the archetype's own"
        case "limit":
            return "limit"
        case "stat":
            stat = STATS[NUMBER[item.id]]
            return f"{stat.label} ({stat.key})"
        case "enhancement":
            enhancement = catalogue.enhancements[EnhancementId(item.id)]
            return f"{enhancement.name}, in {_power(item.power, catalogue)}"
        case "set bonus":
            boost_set = catalogue.boost_sets[BoostSetId(item.boost_set)]
            pieces = "1 piece" if item.pieces == 1 else f"{item.pieces} pieces"
            return f"{boost_set.name}, {pieces} in {_power(item.power, catalogue)}"
        case "power":
            kind = ""
        case kind_of_power:
            kind = f" ({kind_of_power})"
    by = f", by {_power(item.power, catalogue)}" if item.power else ""
    return f"{_power(item.id, catalogue)}{kind}{by}"


def _power(power: str, catalogue: Catalogue) -> str:
    return catalogue.powers[PowerId(power)].name or power


def _enhanced(item: Item) -> str:
    enhancing = item.enhancing
    if enhancing is None:
        return ""
    words = [f"x {enhancing.strength:.4g}"]
    if enhancing.slotted:
        slotted = f"{100 * enhancing.slotted:.2f}%"
        if enhancing.after_ed != enhancing.slotted:
            slotted += f", {100 * enhancing.after_ed:.2f}% after ED"
        words.append(f"slots {slotted}")
    return "; ".join(words)


def _notes(item: Item, stat: Stat) -> Iterator[str]:
    if item.times > 1:
        yield f"{item.times} times"
    if item.lost:
        yield f"would be {text(stat, item.lost)}"
    if item.why:
        yield item.why
    if item.when and not item.why:
        yield item.when

"""`cohort watch`: a session's totals and changes in a terminal, live."""

import asyncio
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

import click
from msgspec import UNSET
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from calc.stats import STATS, Stat
from calc.totals import Total
from gamedata.catalogue import Catalogue
from server.client import (
    Away,
    Client,
    ClosedError,
    GapError,
    Link,
    NoAnswerError,
    Replica,
    read_link,
)
from server.commands.totals import text
from server.inputs import catalogue_option, read_catalogue
from server.logic.sentences import deed
from server.server_messages import (
    Change,
    Proposal,
    Said,
    ServerMessage,
    Snapshot,
    Status,
    Update,
    Welcome,
)

SLOW_S = 1.0  # whoever waits longer to get in is told that they do
USUAL = (  # what players look at first
    "defense.melee",
    "defense.ranged",
    "defense.aoe",
    "defense.smashing",
    "defense.energy",
    "resistance.smashing",
    "resistance.lethal",
    "resistance.energy",
    "health.max",
    "health.regeneration_per_second",
    "endurance.net_per_second",
    "offense.recharge",
    "offense.damage",
    "offense.to_hit",
)
NAMED = 20  # stats that a server takes by name; of more it is asked for all
FEED = 200  # lines
SHOWN_S = 0.1  # between two pictures


@click.command()
@click.argument("link")
@click.option(
    "--stat",
    "patterns",
    multiple=True,
    metavar="KEY",
    help="A total to show: its key, or a pattern like 'defense.*'; may be given again.",
)
@click.option("--name", default="Watcher", show_default=True, help="How others see you.")
@click.option("--token", envvar="COHORT_TOKEN", help="Join as who this token says you are.")
@catalogue_option
def watch(
    link: str,
    *,
    patterns: tuple[str, ...],
    name: str,
    token: str | None,
    catalogue_file: Path | None,
) -> None:
    """Show a session's totals as they change, and who changes what.

    LINK is an invitation's link, with the secret that follows its #. In a pipe each event is a
    line. Ctrl-C ends it.
    """
    stats = chosen(patterns)
    try:
        where = read_link(link)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if not where.secret and token is None:
        raise click.UsageError("The link has no secret: copy all of it, with what follows the #.")
    catalogue = read_catalogue(catalogue_file)
    with suppress(KeyboardInterrupt):
        try:
            asyncio.run(_watch(where, name, token, stats, catalogue))
        except (ClosedError, NoAnswerError, GapError) as error:
            reason = error.reason if isinstance(error, ClosedError) else str(error)
            raise click.ClickException(reason) from None


def chosen(patterns: Iterable[str]) -> tuple[Stat, ...]:
    """The stats that keys and patterns name, in the registry's order. Raises UsageError."""
    wanted = tuple(patterns) or USUAL
    for pattern in wanted:
        if not any(fnmatchcase(stat.key, pattern) for stat in STATS):
            raise click.UsageError(f"No stat is called {pattern!r}: see /api/v1/stats.")
    return tuple(
        stat for stat in STATS if any(fnmatchcase(stat.key, pattern) for pattern in wanted)
    )


async def _watch(
    where: Link, name: str, token: str | None, stats: tuple[Stat, ...], catalogue: Catalogue
) -> None:
    client = Client(
        where.url,
        where.session,
        token=token,
        invitation=where.secret or None,
        name=name,
        stats=[stat.key for stat in stats] if len(stats) <= NAMED else (),
    )
    screen: Screen | Lines
    console = Console()
    told = f"{where.url} does not answer yet; still trying …"
    waits = asyncio.get_running_loop().call_later(SLOW_S, partial(click.echo, told, err=True))
    async with client:
        waits.cancel()
        if console.is_terminal:
            screen = Screen(client, stats, catalogue, console)
        else:
            screen = Lines(client.replica, stats, catalogue, _echo)
        with screen:
            async for message in client:
                screen.take(message)


def _echo(line: str) -> None:
    click.echo(line)
    sys.stdout.flush()


class Feed:
    """Messages as lines for a person."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._names: dict[str, str] = {}
        self._proposed: set[str] = set()  # open proposals that are known

    def line(self, message: ServerMessage | Away) -> str:
        """What happened; "" for what nobody needs to be told."""
        match message:
            case Welcome():
                self._names |= {each.person: each.name for each in message.members}
                return f"joined as {message.name} ({message.role}), revision {message.revision}"
            case Away():
                reason = message.reason.rstrip(".")
                return f"away: {reason}; trying again in {message.retry_s:.1f} s"
            case Change():
                return f"{message.revision} {self._who(message)} {self._did(message)}"
            case Update():
                places = ", ".join(_places(message.patch)) or "nothing of the build"
                return f"{message.revision} changed: {places}"
            case Snapshot():
                known = () if message.proposals is UNSET else message.proposals
                self._proposed |= {each.id for each in known}
                return ""
            case Proposal(state="open") if message.id in self._proposed:
                return ""  # it comes to something else by now
            case Proposal():
                keep = self._proposed.add if message.state == "open" else self._proposed.discard
                keep(message.id)
                who = self._names.get(message.by, "somebody")
                return f"{who} proposes {message.title or message.id!r}: {message.state}"
            case Said():
                return f"{message.name}: {message.text}"
            case Status():
                return f"degraded: {message.reason}" if message.degraded else "no longer degraded"
            case _:
                return ""

    def _who(self, change: Change) -> str:
        return "The server" if change.by is UNSET else self._names.get(change.by, "somebody")

    def _did(self, change: Change) -> str:
        return deed(change, self._catalogue)

    def meet(self, replica: Replica) -> None:
        self._names |= {each.person: each.name for each in replica.people.values()}


def _places(patch: dict[str, object]) -> Iterable[str]:
    """The parts of a build that a patch touches: two keys deep."""
    for key, value in patch.items():
        if isinstance(value, dict) and key != "powersets":
            for inner in value:
                yield f"{key.rstrip('s')} {inner.rpartition('.')[2]}"
        else:
            yield f"{key} {value}" if isinstance(value, str | int) else key


class Lines:
    """For a pipe: a line for each event, and for each chosen total that is another."""

    def __init__(
        self,
        replica: Replica,
        stats: tuple[Stat, ...],
        catalogue: Catalogue,
        write: Callable[[str], None],
    ) -> None:
        self._replica = replica
        self._stats = stats
        self._write = write
        self._feed = Feed(catalogue)
        self._totals: dict[str, Total] = {}
        self._here = -1

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass

    def take(self, message: ServerMessage | Away) -> None:
        replica = self._replica
        self._feed.meet(replica)
        lines = [self._feed.line(message)]
        if not isinstance(message, Away | Welcome):
            lines += (
                f"total {stat.key} {text(stat, total.capped)}"
                for stat in self._stats
                if (total := replica.totals.get(stat.key)) is not None
                and total != self._totals.get(stat.key)
            )
            self._totals = replica.totals
        if replica.number != self._here:
            self._here = replica.number
            lines.append(f"here: {_who_is_here(replica)}")
        clock = time.strftime("%H:%M:%S")
        for line in filter(None, lines):
            self._write(f"{clock} {line}")


class Screen:
    """For a terminal: totals, who is here, and the newest changes."""

    def __init__(
        self, client: Client, stats: tuple[Stat, ...], catalogue: Catalogue, console: Console
    ) -> None:
        self._client = client
        self._stats = stats
        self._feed = Feed(catalogue)
        self._lines: deque[str] = deque(maxlen=FEED)
        self._moved: dict[str, float] = {}  # when a total was another, by key
        self._totals: dict[str, Total] = {}
        self._trouble = ""
        self._console = console
        self._live = Live(
            console=console, get_renderable=self._picture, refresh_per_second=1 / SHOWN_S
        )

    def __enter__(self) -> None:
        self._live.start()

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def take(self, message: ServerMessage | Away) -> None:
        replica = self._client.replica
        self._feed.meet(replica)
        self._trouble = self._feed.line(message) if isinstance(message, Away) else ""
        line = self._feed.line(message)
        if line:
            self._lines.append(f"{time.strftime('%H:%M:%S')} {line}")
        if not isinstance(message, Snapshot):
            now = time.monotonic()
            for key, total in replica.totals.items():
                if self._totals.get(key, total) != total:
                    self._moved[key] = now
        self._totals = replica.totals

    def _picture(self) -> Group:
        replica = self._client.replica
        document = replica.document
        title = document.get("title") or "Unnamed build"
        state = (
            Text("● live", "green") if self._client.joined else Text(f"○ {self._trouble}", "yellow")
        )
        head = Text.assemble(
            (title, "bold"), f"  level {document.get('level', '?')}  revision {replica.revision}  "
        )
        head.append_text(state)
        here = Text(f"Here: {_who_is_here(replica)}", "dim")
        room = max(3, self._console.height - len(self._stats) - 8)
        feed = Text("\n".join(list(self._lines)[-room:]), overflow="ellipsis", no_wrap=True)
        return Group(head, here, self._table(), Panel(feed, title="Changes", title_align="left"))

    def _table(self) -> Table:
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        table.add_column("stat")
        table.add_column("total", justify="right", min_width=10)
        now = time.monotonic()
        for stat in self._stats:
            total = self._client.replica.totals.get(stat.key)
            if total is None:
                continue
            style = "bold green" if now - self._moved.get(stat.key, -10) < 2 else ""
            table.add_row(f"{stat.group} {stat.label}", Text(text(stat, total.capped), style))
        return table


def _who_is_here(replica: Replica) -> str:
    names = sorted(each.name for each in replica.people.values())
    if names:
        return ", ".join(names)
    return "1 person" if replica.number == 1 else f"{replica.number} people"

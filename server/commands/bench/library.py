"""`cohort bench library`: how long a search over many saved builds takes."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import click
import msgspec
from msgspec import Struct
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import func, insert, select

from calc import build as documents
from calc.build import Build
from calc.totals import Total
from gamedata.catalogue import Catalogue
from migrations import run
from server.commands.bench.quantile import quantile
from server.commands.fuzz.edits import random_build
from server.engine import Engine
from server.inputs import catalogue_option, read_catalogue
from server.library.search import Found, Threshold, Wanted, search
from server.library.tables import CHOSEN, SEARCH, TERMS, BuildRow, VersionRow
from server.library.terms import SHOWN, stats, terms
from server.members.access import new_id
from server.orm import Database

MODELS = 150  # builds that are worked out; the others are like one of them
AUTHORS = 2000
WORDS = [
    *("farm", "fire", "tank", "solo", "team", "raid", "pvp", "budget", "softcap", "perma"),
    *("hasten", "leveling", "capped", "aoe", "single", "target", "proc", "bomb", "brute"),
    *("scrapper", "ice", "dark", "shield", "stone", "electric", "regen", "invuln", "cheap"),
    *("final", "draft", "test", "alt", "main", "trial", "incarnate", "hover", "blaster"),
    *("controller", "support", "heal", "buff", "debuff", "nova", "spines", "claws", "katana"),
    *("sonic", "rad", "kinetic", "empathy", "trick", "arrow", "mercs", "bots", "demon"),
]
TAGS = WORDS[:24]
AT_ONCE = 2000  # builds in a transaction
_FIRST = 1_700_000_000_000  # milliseconds since 1970


class Model(Struct, frozen=True):
    """A build that was worked out, encoded."""

    build: Build
    totals: dict[str, Total]
    document: bytes
    encoded: bytes


class Taken(Struct):
    """Milliseconds of each search: until it was answered, and of this process."""

    wall: list[float] = []
    cpu: list[float] = []

    async def page(self, database: Database, wanted: Wanted, person: str) -> Found:
        begin, used = time.perf_counter(), time.process_time()
        found = await search(database, wanted, person)
        self.wall.append((time.perf_counter() - begin) * 1000)
        self.cpu.append((time.process_time() - used) * 1000)
        return found


@click.command()
@catalogue_option
@click.option("--builds", default=100_000, show_default=True, type=click.IntRange(1))
@click.option("--searches", default=60, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=1, show_default=True)
@click.option(
    "--database",
    "url",
    default="",
    help="SQLAlchemy URL; builds that it holds stay.  [default: a SQLite file of its own]",
)
def library(catalogue_file: Path | None, builds: int, searches: int, seed: int, url: str) -> None:
    """Save so many synthetic builds, and search among them: milliseconds for a page of 20.

    Each kind of search is asked with other words, ids and thresholds every time, and for the
    page after the first one too. CPU is what this process used, however busy the machine was.
    """
    console = Console()
    catalogue = read_catalogue(catalogue_file)
    with tempfile.TemporaryDirectory(prefix="cohort-bench-") as folder:
        file = Path(folder) / "library.sqlite"
        asyncio.run(
            _bench(url or f"sqlite+aiosqlite:///{file}", catalogue, builds, searches, seed, console)
        )
        if not url:
            console.print(f"{file.stat().st_size / 1e6:.0f} MB")


async def _bench(
    url: str, catalogue: Catalogue, builds: int, searches: int, seed: int, console: Console
) -> None:
    database = Database(url)
    await run.upgrade(database.engine)
    random = Random(seed)  # noqa: S311 - not a secret
    engine = Engine(catalogue)
    models = [_model(random, engine) for _ in range(min(MODELS, builds))]
    async with database.reading() as sql:
        known = await sql.scalar(select(func.count()).select_from(SEARCH)) or 0
    with Progress(console=console) as progress:
        task = progress.add_task("Saving builds", total=builds, completed=known)
        for begin in range(known, builds, AT_ONCE):
            count = min(AT_ONCE, builds - begin)
            await _save(database, random, models, begin, count)
            progress.advance(task, count)
    table = Table("search", "p50 ms", "p95 ms", "longest ms", "p95 CPU ms", "found")
    everything = Taken()
    for name in KINDS:
        taken, found = await _measure(database, random, models, name, searches)
        everything.wall += taken.wall
        everything.cpu += taken.cpu
        table.add_row(name, *_shown(taken), f"{found:.1f}")
    table.add_row("all of them", *_shown(everything), "")
    console.print(table)
    await database.close()


def _shown(taken: Taken) -> Iterator[str]:
    wall = taken.wall
    cpu = quantile(taken.cpu, 0.95)
    for value in (quantile(wall, 0.5), quantile(wall, 0.95), max(wall), cpu):
        yield f"{value:.1f}"


def _model(random: Random, engine: Engine) -> Model:
    build = random_build(random, engine.catalogue)
    totals = engine.result(build).totals
    return Model(build, totals, documents.encode(build), msgspec.json.encode(totals))


async def _save(
    database: Database, random: Random, models: list[Model], begin: int, count: int
) -> None:
    """As the library does it, in larger steps."""
    rows: dict[object, list[dict[str, object]]] = {
        table: [] for table in (BuildRow, VersionRow, SEARCH, TERMS)
    }
    for number in range(begin, begin + count):
        model = random.choice(models)
        row = _row(random, model.build, number)
        rows[BuildRow].append(
            {column.key: getattr(row, column.key) for column in BuildRow.__table__.columns}
        )
        rows[VersionRow].append(_version(row, model))
        place = 1_000_000_000 + number
        varied = {
            stat: Total(model.totals[stat].value, model.totals[stat].capped * random.uniform(0, 2))
            for stat in CHOSEN
        }
        rows[SEARCH].append(
            {"place": place, "build_id": row.id, "shown": SHOWN[row.visibility], **stats(varied)}
        )
        rows[TERMS] += [{"place": place, "term": term} for term in sorted(terms(row, model.build))]
    async with database.writing() as sql:
        for table, values in rows.items():
            await sql.execute(insert(table), values)  # type: ignore[arg-type]


def _row(random: Random, build: Build, number: int) -> BuildRow:
    author = int(AUTHORS * random.random() ** 2)  # some have many more than others
    return BuildRow(
        id=new_id(),
        owner=f"g{author:016x}",
        owner_name=f"Author {author}",
        title=" ".join(random.sample(WORDS, 3)).title(),
        visibility=random.choices(("public", "unlisted", "private"), (8, 1, 1))[0],
        tags=" ".join(random.sample(TAGS, random.randint(0, 4))),
        edition=1,
        version=1,
        message=" ".join(random.choices(WORDS, k=6)) + f" v{number % 5000}",
        archetype=build.archetype,
        primary=build.powersets.primary,
        secondary=build.powersets.secondary,
        level=build.level,
        favourites=0,
        forked_from=None,
        forked_version=None,
        created_at=_FIRST + number,
        updated_at=_FIRST + number,
    )


def _version(row: BuildRow, model: Model) -> dict[str, object]:
    return {
        "build_id": row.id,
        "number": 1,
        "author": row.owner,
        "author_name": row.owner_name,
        "message": row.message,
        "at": row.updated_at,
        "engine": "bench",
        "release": "bench",
        "totals": model.encoded,
        "document": model.document,
    }


# Each kind of search: what people ask for together.
KINDS = (
    "the newest",
    "archetype",
    "both powersets",
    "pool",
    "tag",
    "rare word",
    "common words",
    "author's own",
    "ranged defense",
    "three thresholds, rarely met",
    "archetype, threshold, word",
    "pool, tag, thresholds rarely met",
    "what is not there",
)


def _wish(random: Random, kind: str, model: Model) -> Wanted:
    build = model.build
    sets = build.powersets
    pool = tuple(random.sample(sorted(sets.pools), 1)) if sets.pools else ()
    rarely = tuple(
        Threshold(stat, model.totals[stat].capped * 1.7 + 0.3) for stat in random.sample(CHOSEN, 3)
    )
    ranged = Threshold("defense.ranged", random.uniform(0.1, 0.6))
    match kind:
        case "archetype":
            return Wanted(archetype=build.archetype)
        case "both powersets":
            return Wanted(powersets=tuple(filter(None, (sets.primary, sets.secondary))))
        case "pool":
            return Wanted(powersets=pool)
        case "tag":
            return Wanted(tags=(random.choice(TAGS),))
        case "rare word":
            return Wanted(text=f"v{random.randrange(5000)}")
        case "common words":
            return Wanted(text=" ".join(random.sample(WORDS, 2)))
        case "author's own":
            return Wanted(whose="mine")
        case "ranged defense":
            return Wanted(thresholds=(ranged,))
        case "three thresholds, rarely met":
            return Wanted(thresholds=rarely)
        case "archetype, threshold, word":
            return Wanted(
                archetype=build.archetype, thresholds=(ranged,), text=random.choice(WORDS)[:3]
            )
        case "pool, tag, thresholds rarely met":
            return Wanted(powersets=pool, tags=(random.choice(TAGS),), thresholds=rarely)
        case "what is not there":
            return Wanted(archetype=build.archetype, text="fire nowhere")
        case _:
            return Wanted()


async def _measure(
    database: Database, random: Random, models: list[Model], kind: str, searches: int
) -> tuple[Taken, float]:
    """What each search took, and how many builds were on a page."""
    taken = Taken()
    found = 0
    for _ in range(searches):
        wanted = _wish(random, kind, random.choice(models))
        person = f"g{int(AUTHORS * random.random() ** 2):016x}"
        page = await taken.page(database, wanted, person)
        found += len(page.builds)
        if page.next:
            after = msgspec.structs.replace(wanted, after=int(page.next, 16))
            found += len((await taken.page(database, after, person)).builds)
    return taken, found / len(taken.wall)

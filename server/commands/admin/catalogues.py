"""Which catalogue, by which maths, the sessions run on."""

from collections import Counter
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from gamedata import pack
from server import overview
from server.commands.admin.reaching import data_dir_option, json_option, reached, running
from server.commands.admin.showing import show_json, show_table
from server.engine import name_of
from server.log.releases import Known, Releases
from server.settings import Settings, SettingsError


class Running(Struct, frozen=True):
    """sessions: how many live ones are on this engine."""

    engine: Known
    sessions: int


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None)
@json_option
@data_dir_option
def catalogue(file: Path | None, as_json: bool, **at: Any) -> None:
    """Show on which engines (a catalogue, and a version of the maths) the sessions run.

    With FILE, have them run on that catalogue. They move, each by a change that its people see, as
    soon as a process serves that was started with it: to start those first costs nobody a wait.
    """

    async def work(settings: Settings) -> list[Running]:
        async with reached(settings) as stores:
            if stores.redis is None:
                raise SettingsError("No server runs on this data directory.")
            releases = Releases(stores.redis, name_of(pack.read_header(file).hash) if file else "")
            if file:
                if settings.redis_url is None:
                    raise SettingsError(
                        "With the embedded Valkey, sessions run on what the server was started "
                        f"with: stop it, and start it with COHORT_GAMEDATA={file}."
                    )
                await releases.announce(again=True)
            known = await releases.known()
            which = [each.session for each in await overview.sessions(stores.database)]
            heads = await overview.heads(stores.log, which)
            counted = Counter(head.engine for head in heads.values())
            return [Running(each, counted[each.engine]) for each in known]

    try:
        found = running(at["data_dir"], work)
    except pack.CatalogueError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        show_json(found)
        return
    show_table(
        ("engine", "", "live sessions"),
        [
            (each.engine.engine, "wanted" if each.engine.wanted else "", each.sessions)
            for each in found
        ],
        "No process has served yet.",
    )

"""What all seeds of a run stand on: made once, before they begin as copies of the process."""

from pathlib import Path
from random import Random

import httpx
from sqlalchemy.orm import configure_mappers

from calc.build import Build
from calc.engine import Engine as Totals
from calc.operations import Applied
from gamedata.catalogue import Catalogue
from migrations import run as migrations
from server.app import routed
from server.commands.fuzz.edits import random_operations
from server.commands.fuzz.releases import Release
from server.orm import connect
from server.redis.embedded import find_binary
from server.settings import Settings

EDITS = 200  # of the builds that are worked out beforehand


class Ground:
    """Nothing of it depends on what happens in a session.

    routing: of every worker's application; valkey: the server that worlds run. share: of the
    seeds that have each of what not all have.
    """

    def __init__(self, catalogue: Catalogue, share: float = 0.5) -> None:
        self.catalogue = catalogue
        self.share = share
        self.routing = routed(catalogue, Settings().body_bytes)
        self.valkey = find_binary(None)
        self._totals = Totals(catalogue)

    def engine(self, release: int = 0) -> Release:
        """A worker's own, which remembers its sessions; the maths are those of all."""
        return Release(self.catalogue, release, self._totals)


async def prepare(ground: Ground, database: Path) -> None:
    """Make the database that each seed has a copy of, and load what else is loaded once."""
    engine = connect(f"sqlite+aiosqlite:///{database}")
    await migrations.upgrade(engine)
    await engine.dispose()
    configure_mappers()
    transport = httpx.ASGITransport(app=ground.routing)  # type: ignore[arg-type]  # only HTTP
    async with (
        ground.routing.event_emitter,
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        (await client.get("/api/v1/stats")).raise_for_status()
    _walk(ground)


def _walk(ground: Ground) -> None:
    """Work builds out, as a worker does that serves for a while, so that no seed has to begin."""
    engine, random = ground.engine(), Random(1)  # noqa: S311 - not a secret
    build = Build(1, archetype="Class_Scrapper")
    for _ in range(EDITS):
        for operation in random_operations(random, build, ground.catalogue):
            outcome = engine.apply(build, operation)
            if isinstance(outcome, Applied):
                build = outcome.build
        engine.result(build, "walk")

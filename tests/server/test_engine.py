"""Results for sessions: what is remembered changes nothing but the time that it takes."""

import gc
import sys

import pytest
from msgspec.structs import replace

from calc.build import Build, TakenPower
from calc.engine import Engine as Totals
from gamedata.catalogue import Catalogue
from server.engine import MEMORIES, Engine

HASTEN = {"Pool.Speed.Hasten": TakenPower(level=4, on=True)}


@pytest.fixture
def engine(catalogue: Catalogue) -> Engine:
    return Engine(catalogue)


def test_a_sessions_edits_follow_each_other(engine: Engine, catalogue: Catalogue) -> None:
    first = Build(1, archetype="Class_Scrapper")
    second = replace(first, powers=HASTEN)
    for build in (first, second, first, replace(second, level=30), second):
        assert engine.result(build, "session") == Engine(catalogue).result(build)


def test_sessions_do_not_mix(engine: Engine, catalogue: Catalogue) -> None:
    builds = {
        "one": Build(1, archetype="Class_Scrapper"),
        "other": Build(1, archetype="Class_Tanker", powers=HASTEN),
    }
    for session in ("one", "other", "one", "other"):
        result = engine.result(builds[session], session)
        assert result == Engine(catalogue).result(builds[session])


def test_who_shares_the_maths_remembers_for_themselves(catalogue: Catalogue) -> None:
    maths = Totals(catalogue)
    one, other = Engine(catalogue, totals=maths), Engine(catalogue, totals=maths)
    build = Build(1, archetype="Class_Scrapper", powers=HASTEN)
    assert one.result(build, "session") == other.result(build)
    assert list(one._memories) == ["session"]
    assert not other._memories


def test_memories_are_bounded(engine: Engine) -> None:
    build = Build(1)
    for number in range(MEMORIES + 10):
        engine.result(build, f"s{number}")
    assert len(engine._memories) == MEMORIES
    assert "s0" not in engine._memories


def at_every_level(engine: Engine, times: int) -> None:
    """So many edits of a session; each brings the build to another level."""
    for number in range(times):
        build = Build(1, archetype="Class_Scrapper", level=number % 50 + 1, powers=HASTEN)
        engine.result(build, "session")


def test_what_edits_leave_behind_goes_without_a_collection(engine: Engine) -> None:
    """Only a full one would find it, and a worker makes these seldom."""
    at_every_level(engine, 50)
    gc.collect()
    gc.disable()
    try:
        at_every_level(engine, 50)
        engine.figures(Build(1, powers=HASTEN), "Pool.Speed.Hasten")
        assert gc.collect() < 50
    finally:
        gc.enable()


def test_memory_does_not_grow_with_edits(engine: Engine) -> None:
    """Nor by what no collection finds: rings of Structs that it does not look at."""
    at_every_level(engine, 100)
    before = blocks()
    at_every_level(engine, 200)
    assert blocks() - before < 100


def blocks() -> int:
    """How many pieces of memory are in use, without what is only kept for the next time."""
    gc.collect()
    return sys.getallocatedblocks()

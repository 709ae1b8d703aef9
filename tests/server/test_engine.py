"""Results for sessions: what is remembered changes nothing but the time that it takes."""

import pytest
from msgspec.structs import replace

from calc.build import Build, TakenPower
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


def test_memories_are_bounded(engine: Engine) -> None:
    build = Build(1)
    for number in range(MEMORIES + 10):
        engine.result(build, f"s{number}")
    assert len(engine._memories) == MEMORIES
    assert "s0" not in engine._memories

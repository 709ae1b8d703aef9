"""`cohort bench totals`: the changes it makes, and what it prints."""

from itertools import pairwise
from pathlib import Path
from random import Random

import msgspec
import pytest
from click.testing import CliRunner

from calc.build import Build, SlottedEnhancement, encode
from gamedata.catalogue import Catalogue
from server.cli import main
from server.commands.bench.quantile import quantile
from server.commands.bench.totals import EXPLAIN, FULL, SLOT, TOGGLE, _Changes, _unseen
from tests.legal_builds import legal_build, players


@pytest.fixture(scope="module")
def build(catalogue: Catalogue) -> Build:
    return legal_build(Random(5), players(catalogue)[5], catalogue)


def pieces(build: Build) -> list[SlottedEnhancement]:
    return [
        slot.enhancement
        for taken in build.powers.values()
        for slot in taken.slots.values()
        if isinstance(slot.enhancement, SlottedEnhancement)
    ]


def test_changes_are_seeded_and_change_the_build(catalogue: Catalogue, build: Build) -> None:
    def walked(seed: int) -> list[bytes]:
        changes = _Changes(build, Random(seed), catalogue)
        steps = [change() for _ in range(10) for change in (changes.slot, changes.toggle)]
        return [encode(step) for step in steps if step is not None]

    assert walked(1) == walked(1) != walked(2)
    assert len(walked(1)) > 15
    assert all(one != other for one, other in pairwise(walked(1)))


def test_unseen_slots_hold_the_same_pieces_otherwise(catalogue: Catalogue, build: Build) -> None:
    other = _unseen(build, Random(1), catalogue)
    assert [piece.id for piece in pieces(other)] == [piece.id for piece in pieces(build)]
    changed = [one != two for one, two in zip(pieces(other), pieces(build), strict=True)]
    assert sum(changed) > len(changed) / 3


def test_it_prints_every_measurement(tmp_path: Path) -> None:
    content = {
        "BuiltWith": {"App": "Mids Reborn", "Database": "Homecoming"},
        "Level": "49",
        "Class": "Class_Scrapper",
        "PowerSets": ["Scrapper_Melee.Dark_Melee", "Scrapper_Defense.Shield_Defense"],
        "PowerEntries": [
            {
                "PowerName": "Scrapper_Defense.Shield_Defense.Deflection",
                "Level": 1,
                "StatInclude": True,
                "SlotEntries": [],
            }
        ],
    }
    path = tmp_path / "shield.mbd"
    path.write_bytes(msgspec.json.encode(content))
    runner = CliRunner(env={"COLUMNS": "160"})
    result = runner.invoke(main, ["bench", "totals", str(path), "--rounds", "2", "--cpu"])
    assert result.exit_code == 0, result.output
    for words in (
        FULL,
        SLOT,
        TOGGLE,
        EXPLAIN,
        "totals alone",
        "findings alone",
        "p99/median",
        "KiB",
        "shield",
    ):
        assert words in result.stdout, words


def test_quantile() -> None:
    values = [float(value) for value in range(1, 101)]
    assert [quantile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert quantile([7.0], 0.99) == 7.0

"""`cohort explain`: a total's sources on the command line."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from calc.explain import Explanation
from server.cli import main
from server.commands.explain import near_stats

DEFLECTION = "Scrapper_Defense.Shield_Defense.Deflection"


@pytest.fixture
def build_file(tmp_path: Path) -> Path:
    """A scrapper with three defense inventions in a toggle."""
    piece = {"Uid": "Crafted_Defense_Buff", "IoLevel": 49, "RelativeLevel": "Even"}
    slots = [{"Level": 1, "Enhancement": piece}] * 3
    content = {
        "BuiltWith": {"App": "Mids Reborn", "Database": "Homecoming"},
        "Level": "49",
        "Class": "Class_Scrapper",
        "PowerSets": ["Scrapper_Melee.Dark_Melee", "Scrapper_Defense.Shield_Defense"],
        "PowerEntries": [
            {"PowerName": DEFLECTION, "Level": 1, "StatInclude": True, "SlotEntries": slots}
        ],
    }
    path = tmp_path / "shield.mbd"
    path.write_bytes(msgspec.json.encode(content))
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "160"}).invoke(main, ["explain", *map(str, arguments)])


def test_the_table_has_display_names_and_what_ed_took(build_file: Path) -> None:
    result = run(build_file, "defense.ranged")
    assert result.exit_code == 0
    (row,) = (line for line in result.stdout.splitlines() if "Battle Agility" in line)
    assert "17.83%" in row
    assert "slots 76.35%, 58.45% after ED" in row
    assert "Defense: Ranged" in result.stdout
    assert any("17.83%" in line and "total" in line for line in result.stdout.splitlines())
    assert any("Rest (inherent)" in line and "off" in line for line in result.stdout.splitlines())


def test_json_is_the_whole_explanation(build_file: Path) -> None:
    result = run(build_file, "defense.ranged", "--json")
    explanation = msgspec.json.decode(result.stdout, type=Explanation)
    assert explanation.items[0].id == DEFLECTION
    assert explanation.value == pytest.approx(0.1783, abs=1e-4)


def test_a_derived_stat_shows_what_it_follows_from(build_file: Path) -> None:
    result = run(build_file, "health.regeneration_per_second")
    assert "Max HP x Regeneration" in result.stdout
    assert "health.max: 1338" in result.stdout


@pytest.mark.parametrize(
    ("stat", "sentence"),
    [
        ("defense.rangd", "'defense.rangd' is no stat: did you mean defense.ranged"),
        ("Haste", "did you mean offense.recharge?"),
        ("qqqq", "'qqqq' is no stat; `cohort totals --json` prints their keys."),
    ],
)
def test_an_unknown_stat_is_one_sentence(build_file: Path, stat: str, sentence: str) -> None:
    result = run(build_file, stat)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_missing_file_is_one_sentence() -> None:
    result = run("/missing.mbd", "defense.ranged")
    assert result.exit_code == 2
    assert result.stderr == "Error: /missing.mbd cannot be read: No such file or directory.\n"


def test_near_stats() -> None:
    assert len(near_stats("fire")) == 4
    assert set(near_stats("perception")) == {"perception", "debuff_resistance.perception"}

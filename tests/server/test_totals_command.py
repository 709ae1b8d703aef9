"""`cohort totals`: a build file's totals on the command line."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from calc.stats import STATS
from calc.totals import Total
from gamedata import starter
from server.cli import main

DEFLECTION = "Scrapper_Defense.Shield_Defense.Deflection"


def _entry(power: str, *enhancements: str, on: bool = True) -> dict[str, object]:
    slots = [
        {"Level": 1, "Enhancement": {"Uid": uid, "IoLevel": 49, "RelativeLevel": "Even"}}
        for uid in enhancements
    ]
    return {"PowerName": power, "Level": 1, "StatInclude": on, "SlotEntries": slots}


@pytest.fixture
def build_file(tmp_path: Path) -> Path:
    """A scrapper with three defense inventions in a toggle, and something that no game knows."""
    content = {
        "BuiltWith": {"App": "Mids Reborn", "Database": "Homecoming"},
        "Level": "49",
        "Class": "Class_Scrapper",
        "PowerSets": ["Scrapper_Melee.Dark_Melee", "Scrapper_Defense.Shield_Defense"],
        "PowerEntries": [
            _entry(DEFLECTION, *["Crafted_Defense_Buff"] * 3),
            _entry("Scrapper_Melee.Dark_Melee.No_Such_Power", on=False),
        ],
    }
    path = tmp_path / "shield.mbd"
    path.write_bytes(msgspec.json.encode(content))
    return path


def run(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, ["totals", *map(str, arguments)])


def test_json_has_every_stat(build_file: Path) -> None:
    result = run(build_file, "--json")
    assert result.exit_code == 0
    totals = msgspec.json.decode(result.stdout, type=dict[str, Total])
    assert list(totals) == [stat.key for stat in STATS]
    assert totals["defense.ranged"].value == pytest.approx(0.178284, rel=5e-4)
    assert totals["health.regeneration"].value == pytest.approx(1.4)


def test_the_table_has_the_groups_and_labels_that_players_know(build_file: Path) -> None:
    result = run(build_file)
    assert result.exit_code == 0
    for text in ("Defense", "Ranged", "17.83%", "Max HP", "1338", "Haste", "100%", "End Use/s"):
        assert text in result.stdout, text
    assert "Elusivity" not in result.stdout  # nothing in it
    assert "at its cap" not in result.stdout


def test_a_capped_total_is_marked(build_file: Path) -> None:
    content = msgspec.json.decode(build_file.read_bytes())
    shields = ("Tough_Hide", "Resist_Physical_Damage", "Temp_Invulnerability", "Unstoppable")
    content["PowerEntries"] += [
        _entry(f"Scrapper_Defense.Invulnerability.{power}") for power in shields
    ]
    build_file.write_bytes(msgspec.json.encode(content))
    result = run(build_file)
    assert "75% * (" in result.stdout
    assert "* at its cap" in result.stdout


def test_what_is_not_in_the_totals_goes_to_standard_error(build_file: Path) -> None:
    result = run(build_file, "--json")
    assert "No_Such_Power" in result.stderr
    assert "No_Such_Power" not in result.stdout


def test_a_catalogue_can_be_named(build_file: Path) -> None:
    assert run(build_file, "--catalogue", starter.path()).exit_code == 0
    assert run(build_file, COHORT_GAMEDATA=str(starter.path())).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence"),
    [
        (("{tmp}/missing.mbd",), {}, "missing.mbd cannot be read: No such file or directory."),
        (("{tmp}",), {}, "cannot be read: Is a directory."),
        (("{tmp}/text.mbd",), {}, "This is no Mids Reborn build file"),
        (("{tmp}/shield.mbd", "--catalogue", "{tmp}/text.mbd"), {}, "not a Cohort catalogue"),
        (("{tmp}/shield.mbd", "--catalogue", "{tmp}/missing"), {}, "missing"),
        (("{tmp}/shield.mbd",), {"COHORT_GAMEDATA": "/missing"}, "COHORT_GAMEDATA"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence(
    build_file: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    sentence: str,
) -> None:
    (tmp_path / "text.mbd").write_text("no build, no catalogue")
    result = run(*(argument.format(tmp=tmp_path) for argument in arguments), **environment)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""

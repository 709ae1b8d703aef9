"""The stages together: on the small export always, on the game's own where it is there."""

import os
import random
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from gamedata import pack
from gamedata.catalogue import Catalogue, EntityParams
from gamedata.importer import import_export
from gamedata.read import ExportError
from gamedata.report import Problem, Report
from tests.gamedata.small_export import Files, WriteExport


def test_the_small_export_is_understood_whole(
    export_files: Files, write_export: WriteExport
) -> None:
    catalogue, report = import_export(write_export(export_files))
    assert report.problems == set()
    assert catalogue.release == "homecoming-test_1"
    assert pack.counts(catalogue) == {
        "archetypes": 2,
        "categories": 6,  # without Boosts: its powers are the enhancements
        "powersets": 6,
        "powers": 7,
        "enhancements": 3,
        "boost_sets": 1,
        "entities": 1,
        "exclusion_groups": 1,
        "recharge_groups": 1,
    }


def test_names_are_resolved_to_the_games_own_spelling(
    export_files: Files, write_export: WriteExport
) -> None:
    catalogue, _ = import_export(write_export(export_files))
    scrapper = catalogue.archetypes["Class_Scrapper"]  # type: ignore[index]
    assert scrapper.primary == "Scrapper_Melee"  # the archetype writes Scrapper_MELEE
    smite = catalogue.powers["Scrapper_Melee.Dark_Melee.Smite"]  # type: ignore[index]
    assert smite.redirects[0].power == "Pets.Decoy.Punch"
    decoy = catalogue.powers["Scrapper_Melee.Dark_Melee.Decoy"]  # type: ignore[index]
    assert decoy.effects[0].templates[0].params == EntityParams(entity="Pets_Decoy")  # type: ignore[arg-type]
    crafted = catalogue.enhancements["Crafted_Kismet_A"]  # type: ignore[index]
    assert (crafted.boost_set, crafted.catalyzes_to) == ("Kismet", "Attuned_Kismet_A")
    bonus = catalogue.boost_sets["Kismet"].bonuses[0]  # type: ignore[index]
    assert bonus.powers == ("Set_Bonus.Set_Bonus.Small_Accuracy",)
    assert catalogue.exclusion_groups == {"Speed_Group": ("Pool.Speed.Hasten",)}


def test_order_and_time_of_the_entries_do_not_matter(
    export_files: Files, write_export: WriteExport, tmp_path: Path
) -> None:
    first = import_export(write_export(export_files))[0]
    shuffled = list(export_files)
    random.Random(1).shuffle(shuffled)
    later = write_export(export_files, shuffled, "shuffled.zip")
    with zipfile.ZipFile(later, "a") as file:
        file.comment = b"another one"
    second = import_export(later)[0]
    assert first == second
    assert list(first.powers) == list(second.powers) == sorted(first.powers)
    assert len(first.hash) == 64
    one, other = tmp_path / "one", tmp_path / "other"
    pack.write(first, one)
    pack.write(second, other)
    assert one.read_bytes() == other.read_bytes()


def test_a_changed_number_changes_the_hash(export_files: Files, write_export: WriteExport) -> None:
    before = import_export(write_export(export_files))[0]
    entry = "powers/pool/speed/hasten.json"
    export_files[entry] = {**export_files[entry], "recharge_time": 450.5}
    after = import_export(write_export(export_files))[0]
    assert before.hash != after.hash


def test_nothing_is_dropped_without_a_word(export_files: Files, write_export: WriteExport) -> None:
    """One of every kind of thing that can be wrong, all told in one report."""
    smite = export_files["powers/scrapper_melee/dark_melee/smite.json"]
    smite["effects"][0]["templates"][0]["table"] = "Melee_Nonsense"
    smite["effects"][0]["templates"][0]["attribs"] = ["Charisma"]
    smite["effects"][0]["requires_expression"] = "source>kMeter >"
    smite["requires"] = "Pool.Speed.Slowen && Pool.Sloth && BoostsSlotted>Crafted_Nothing_A > 0"
    smite["fresh_field"] = 1
    del smite["recharge_time"]
    del export_files["entities/pets_decoy.json"]
    del export_files["powers/pets/decoy/punch.json"]
    export_files["powers/pool/speed/hasten.json"] = b""
    export_files["powers/pool/speed/forgotten.json"] = {}
    catalogue, report = import_export(write_export(export_files))
    row = "Scrapper_Melee.Dark_Melee.Smite"
    entry = "powers/scrapper_melee/dark_melee/smite.json"
    assert report.problems == {
        Problem("unknown table", "Melee_Nonsense", row),
        Problem("unknown value", "attribs: Charisma", row),
        Problem("expression not understood", "not understood at its end: source>kMeter >", row),
        Problem("missing power", "Pool.Speed.Slowen", row),
        Problem("missing powerset", "Pool.Sloth", row),
        Problem("missing enhancement", "BoostsSlotted>Crafted_Nothing_A", row),
        Problem("unknown field", "power.fresh_field", entry),
        Problem("missing field", "power.recharge_time", entry),
        Problem("missing entity", "pets_decoy", "Scrapper_Melee.Dark_Melee.Decoy"),
        Problem("missing power", "Pets.Decoy.Punch", row),
        Problem("index entry without file", "power Pets.Decoy.Punch"),
        Problem("unreadable entry", "powers/pool/speed/hasten.json: empty"),
        Problem("missing power", "Pool.Speed.Hasten", "group Speed_Group"),
        Problem("missing power", "Pool.Speed.Hasten", "group Fast_Group"),
        Problem("file without index entry", "powers/pool/speed/forgotten.json"),
    }
    assert catalogue.powers[row].effects[0].templates[0].attributes == ("Charisma",)  # type: ignore[index]


@pytest.mark.parametrize("part", ["archetypes/", "powers/scrapper_melee/"])
def test_missing_parts_are_told(part: str, export_files: Files, write_export: WriteExport) -> None:
    kept = [entry for entry in export_files if not entry.startswith(part)]
    path = write_export(export_files, kept)
    if part == "archetypes/":
        with pytest.raises(ExportError, match="no powers or no archetypes that can be read"):
            import_export(path)
    else:
        problem = Problem("index entry without file", "category Scrapper_Melee")
        assert problem in import_export(path)[1].problems


def test_progress_runs_to_its_end(export_files: Files, write_export: WriteExport) -> None:
    steps: list[tuple[str, int, int]] = []
    import_export(write_export(export_files), lambda *step: steps.append(step))
    assert steps[0] == ("indexes", 0, 1)
    assert ("Pets", 10, 10) in steps
    assert steps[-1] == ("checks", 1, 1)


# The game's own export: counts of city-of-data.md, values of calc.md.


def test_counts_of_the_games_export(full_import: tuple[Catalogue, Report]) -> None:
    catalogue, _ = full_import
    assert catalogue.release == "homecoming-20251209_7415"
    counts = pack.counts(catalogue)
    assert counts["archetypes"] == 30
    assert sum(each.player for each in catalogue.archetypes.values()) == 15
    assert counts["powers"] == 11_361 - 2_739 - 37  # without enhancements and stale files
    assert counts["enhancements"] == 2_739
    assert counts["boost_sets"] == 227
    assert counts["entities"] == 449
    assert counts["exclusion_groups"] == 25
    assert counts["recharge_groups"] == 4
    categories = Counter(power.partition(".")[0] for power in catalogue.powers)
    assert categories["Set_Bonus"] == 997
    assert categories["Epic"] == 405
    assert categories["Scrapper_Melee"] == 201
    assert sum(len(each.bonuses) for each in catalogue.boost_sets.values()) == 1_086
    assert sum(len(each.redirects) > 0 for each in catalogue.powers.values()) == 159


def test_values_of_the_games_export(full_import: tuple[Catalogue, Report]) -> None:
    catalogue, _ = full_import
    scrapper = catalogue.archetypes["Class_Scrapper"]  # type: ignore[index]

    def at_50(values: tuple[float, ...]) -> float:
        return values[min(49, len(values) - 1)]

    assert at_50(scrapper.maximum["hit_points"]) == 1338.6208
    assert at_50(scrapper.maximum_maximum["hit_points"]) == 2409.5176
    assert at_50(scrapper.resistance_maximum["damage_type.smashing"]) == 0.75
    assert at_50(scrapper.resistance_maximum["defense"]) == 0.95
    assert at_50(scrapper.strength_maximum["recharge_time"]) == 5.0
    assert scrapper.strength_minimum["recharge_time"] == 0.25
    assert scrapper.base["perception_radius"] == 500
    assert at_50(scrapper.tables["melee_buff_def"]) == 0.075
    assert at_50(scrapper.tables["melee_damage"]) == -62.5631
    assert len(scrapper.tables["melee_ones"]) == 1  # repeats at the end are not kept
    smite = catalogue.powers["Scrapper_Melee.Dark_Melee.Smite"]  # type: ignore[index]
    scales = [template.scale for template in smite.effects[0].templates]
    assert scales == [0.32, 1.0]
    assert (smite.level, smite.cast_s, smite.recharge_s, smite.max_slots) == (1, 0.97, 6.0, 6)
    gambler = catalogue.enhancements["Attuned_Luck_of_the_Gambler_A"]  # type: ignore[index]
    assert (gambler.min_level, gambler.min_bonus_level, gambler.attuned) == (22, 19, True)
    assert gambler.effects[0].templates[0].table == "melee_boosts_20"
    fury = catalogue.boost_sets["Superior_Brutes_Fury"]  # type: ignore[index]
    assert (fury.rarity, fury.max_level) == ("Superior Archetype", 50)


def test_every_surprise_of_the_games_export_is_named(full_import: tuple[Catalogue, Report]) -> None:
    _, report = full_import
    assert report.counts() == {
        "file without index entry": 38,  # 34 powers, one powerset's index and its 3 powers
        "index entry without file": 1_062,
        "missing archetype": 1,
        "missing entity": 14,
        "missing power": 445,
        "missing powerset": 1,
        "out of range": 2,
        "unknown table": 7,
        "unknown word": 2,  # `$archtype` and `target.isOutside?`, once each
    }
    assert Problem("out of range", "max_boosts = 999", "Pets.PsionicNexus.Psionic_Link_Self") in (
        report.problems
    )
    tables = {each.name for each in report.problems if each.kind == "unknown table"}
    assert tables == {"Ones", "Melee_Levels", "Melee_One"}
    assert report.ignored["template: parameters of type Costume"] == 294


MEASURE = """
import re, sys, time
from pathlib import Path
from gamedata import importer, pack
if sys.argv[1] == "import":
    pack.write(importer.import_export(Path(sys.argv[2]))[0], Path(sys.argv[3]))
else:
    pack.load(Path(sys.argv[3]))
seconds = time.process_time()
# Not ru_maxrss: a child inherits its parent's.
print(seconds, int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024)
"""


def test_import_and_opening_stay_small(export_zip: Path, tmp_path: Path) -> None:
    """Memory exactly; the times of the processor (15 s, 0.6 s) with room for a slower one."""
    limits = {"import": (60.0, 800.0), "open": (3.0, 150.0)}
    for what, (most_seconds, most_megabytes) in limits.items():
        command = (sys.executable, "-c", MEASURE, what, str(export_zip), str(tmp_path / "full"))
        done = subprocess.run(
            command,
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[2],
            env={"PATH": os.environ["PATH"]},
            timeout=100,
        )
        seconds, megabytes = map(float, done.stdout.split())
        assert seconds < most_seconds
        assert megabytes < most_megabytes

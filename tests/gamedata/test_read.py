"""The reader: what is no export at all, entries that cannot be read, fields that changed."""

import random
import zipfile
from pathlib import Path

import pytest

from gamedata import read, shapes
from gamedata.raw import RawPower
from gamedata.read import Export, ExportError, power_entry
from gamedata.report import Problem, Report
from tests.gamedata.small_export import Files, WriteExport, power


def powers(path: Path, report: Report) -> list[RawPower]:
    with Export(path, report) as export:
        return [
            row
            for category in export.categories()
            for _, powerset in export.powersets(category)
            for _, _, row in export.powers(powerset)
        ]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"nowhere\.zip cannot be read: No such file"):
        Export(tmp_path / "nowhere.zip", Report())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 but no more", b"plain text"])
def test_what_is_no_zip_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(content)
    with pytest.raises(ExportError, match=r"export\.zip is not a zip file, or is damaged\."):
        Export(path, Report())


def test_a_truncated_export_is_told(export_files: Files, write_export: WriteExport) -> None:
    path = write_export(export_files)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ExportError, match="is not a zip file, or is damaged"):
        Export(path, Report())


def test_an_export_with_any_damage_is_told_or_read(
    export_files: Files, write_export: WriteExport
) -> None:
    """Bytes changed at random, mostly in the directory: a sentence or a report, nothing else."""
    path = write_export(export_files)
    good, source = path.read_bytes(), random.Random(7)
    told = 0
    for _ in range(200):
        data = bytearray(good)
        for _ in range(source.choice((1, 2, 20))):
            data[-1 - source.randrange(3_000)] = source.randrange(256)
        path.write_bytes(data)
        try:
            powers(path, Report())
        except ExportError:
            told += 1
    assert 10 < told < 190


def test_too_large_and_encrypted_entries_are_named(
    export_files: Files, write_export: WriteExport, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = "powers/pool/speed/hasten.json"
    export_files[entry] = {**export_files[entry], "display_help": "x" * 100_000}
    path = write_export(export_files)
    monkeypatch.setattr(read, "MAX_ENTRY_BYTES", 100_000)
    report = Report()
    powers(path, report)
    (problem,) = report.problems
    assert problem.name.startswith(f"{entry}: 10")
    assert problem.name.endswith(" bytes are too many")
    data = path.read_bytes()
    flags = data.rindex(b"PK\x01\x02", 0, data.rindex(entry.encode())) + 8
    path.write_bytes(data[:flags] + b"\x01\x00" + data[flags + 2 :])
    monkeypatch.setattr(read, "MAX_ENTRY_BYTES", 200_000)
    report = Report()
    powers(path, report)
    assert report.problems == {Problem("unreadable entry", f"{entry}: encrypted")}


def test_a_zip_of_something_else_is_told(write_export: WriteExport) -> None:
    for files in ({"readme.txt": b"hello"}, {"powers/index.json": b"[]"}):
        with pytest.raises(ExportError, match=r"powers/index\.json is missing or unreadable\."):
            Export(write_export(files), Report())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"{", "Input data was truncated"),
        (b"[]", "Expected `object`, got `array`"),
        (b"\xff\xfe", "JSON is malformed: invalid character (byte 0)"),
        (b'{"full_name": 7}', "Expected `str`, got `int` - at `$.full_name`"),
    ],
)
def test_an_unreadable_entry_is_named_and_the_rest_is_read(
    content: bytes, reason: str, export_files: Files, write_export: WriteExport
) -> None:
    entry = "powers/pool/speed/hasten.json"
    export_files[entry] = content
    report = Report()
    names = {row.full_name for row in powers(write_export(export_files), report)}
    assert "Pool.Speed.Hasten" not in names
    assert len(names) == 9
    unreadable = {each.name for each in report.problems if each.kind == "unreadable entry"}
    assert unreadable == {f"{entry}: {reason}"}


def test_a_damaged_entry_is_named(export_files: Files, write_export: WriteExport) -> None:
    path = write_export(export_files)
    entry = "powers/pool/speed/hasten.json"
    with zipfile.ZipFile(path) as file:
        start = file.getinfo(entry).header_offset + 30 + len(entry)
    data = bytearray(path.read_bytes())
    data[start : start + 20] = b"\x00" * 20
    path.write_bytes(data)
    report = Report()
    assert len(powers(path, report)) == 9
    assert [each.name.startswith(f"{entry}: ") for each in report.problems] == [True]


def test_names_may_hold_colons_dots_and_quotes(
    export_files: Files, write_export: WriteExport
) -> None:
    name = "Pool.Speed.Tactical_Training:_Maneuvers_'+v1."
    assert power_entry(name) == "powers/pool/speed/tactical_training:_maneuvers_'+v1..json"
    index = export_files["powers/pool/speed/index.json"]
    index["power_names"] = [*index["power_names"], name]
    index["available_level"] = [*index["available_level"], 0]
    export_files[power_entry(name)] = power(name)
    report = Report()
    assert name in {row.full_name for row in powers(write_export(export_files), report)}
    assert report.problems == set()


def test_what_two_indexes_list_is_read_once(export_files: Files, write_export: WriteExport) -> None:
    index = export_files["powers/pool/speed/index.json"]
    index["power_names"] = ["Pool.Speed.Hasten", "pool.speed.hasten"]
    index["available_level"] = [3, 3]
    report = Report()
    assert len(powers(write_export(export_files), report)) == 10
    assert report.problems == {Problem("listed twice", "power pool.speed.hasten")}


def test_lists_of_a_powerset_that_differ_in_length_are_told(
    export_files: Files, write_export: WriteExport
) -> None:
    export_files["powers/pool/speed/index.json"]["available_level"] = [3, 4]
    report = Report()
    powers(write_export(export_files), report)
    assert report.problems == {Problem("indexes disagree", "available_level", "Speed")}


def test_new_and_lost_fields_are_told_at_every_depth(
    export_files: Files, write_export: WriteExport
) -> None:
    entry = "powers/scrapper_melee/dark_melee/smite.json"
    smite = export_files[entry]
    smite["boost_info"]["shine"] = True
    effect = smite["effects"][0]
    del effect["templates"][0]["stack"]
    effect["child_effects"] = [{**effect, "mood": "", "templates": []}]
    report = Report()
    powers(write_export(export_files), report)
    assert report.problems == {
        Problem("unknown field", "enhancement.shine", entry),
        Problem("missing field", "template.stack", entry),
        Problem("unknown field", "effect group.mood", entry),
    }


def test_what_is_left_out_on_purpose_is_counted_by_kind(
    export_files: Files, write_export: WriteExport
) -> None:
    hasten = export_files["powers/pool/speed/hasten.json"]
    hasten["display_help"] = "You move very fast."
    hasten["icon"] = "hasten.png"
    params = {"type": "Costume", "costume_name": "Rock", "priority": 1}
    template = {**export_files["powers/scrapper_melee/dark_melee/smite.json"]["effects"][0]}
    hasten["effects"] = [
        {**template, "templates": [{**template["templates"][0], "params": params}]}
    ]
    export_files["tables/scrapper.json"] = {}
    export_files["powers_by_at.json"] = {}
    report = Report()
    path = write_export(export_files)
    powers(path, report)
    with Export(path, report) as export:
        export.left_over()
    assert report.ignored["power: texts"] == 1
    assert report.ignored["power: art"] == 1
    assert report.ignored["template: parameters of type Costume"] == 1
    assert report.ignored["file: derived view"] == 1
    assert report.ignored["file: modifier tables (read from the archetypes)"] == 1


def test_unknown_parameters_are_told(export_files: Files, write_export: WriteExport) -> None:
    entry = "powers/scrapper_melee/dark_melee/decoy.json"
    template = export_files[entry]["effects"][0]["templates"][0]
    template["params"] = {"type": "Horoscope", "sign": "Leo"}
    report = Report()
    powers(write_export(export_files), report)
    assert report.problems == {Problem("unknown parameters", "Horoscope", entry)}


def test_no_field_is_both_read_and_left_out() -> None:
    known = [value for value in vars(shapes).values() if isinstance(value, shapes.Shape)]
    assert len(known) > 10
    for shape in known:
        assert not shape.read & shape.ignored.keys(), shape.name

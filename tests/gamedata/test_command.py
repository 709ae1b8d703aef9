"""`cohort gamedata`: what a person sees, and one sentence when something is wrong."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec import structs

from gamedata import pack, starter
from gamedata.catalogue import EffectGroup, PowerId, Template
from gamedata.importer import import_export
from server.commands.gamedata import gamedata
from tests.gamedata.small_export import Files, WriteExport


def run(*arguments: str | Path, **environment: str) -> Result:
    runner = CliRunner(env=environment)
    return runner.invoke(gamedata, [str(each) for each in arguments])


def test_import_writes_catalogue_and_report(
    export_files: Files, write_export: WriteExport, tmp_path: Path
) -> None:
    export_files["powers/pool/speed/hasten.json"]["mood"] = "good"
    export = write_export(export_files)
    out = tmp_path / "deep" / "my.catalogue"
    result = run("import", export, "--out", out)
    assert result.exit_code == 0, result.output
    assert pack.load(out) == import_export(export)[0]
    assert "power.mood" in result.output
    assert "written in" in result.output
    report = out.with_name("my.catalogue.report.txt").read_text()
    assert "unknown field: 1\n  power.mood\n    in powers/pool/speed/hasten.json\n" in report


def test_import_names_the_file_after_the_release(
    export_files: Files,
    write_export: WriteExport,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    export_files["powers/index.json"]["revision"] = "../home coming"
    monkeypatch.chdir(tmp_path)
    result = run("import", write_export(export_files))
    assert result.exit_code == 0, result.output
    assert (tmp_path / ".._home_coming.catalogue").exists()
    assert "Everything was understood." in result.output


def test_info_tells_what_a_catalogue_holds(
    export_files: Files, write_export: WriteExport, tmp_path: Path
) -> None:
    path = tmp_path / "small.catalogue"
    pack.write(import_export(write_export(export_files))[0], path)
    result = run("info", path)
    assert result.exit_code == 0, result.output
    words = result.output.replace("│", " ").split()
    assert "homecoming-test_1" in words
    assert " ".join(words).count("Scrapper 1 1 1") == 1
    assert "Opened in" in result.output


def test_info_shows_the_starter_catalogue_by_default() -> None:
    result = run("info")
    assert result.exit_code == 0, result.output
    assert "starter.catalogue" in result.output
    assert "Warshade" in result.output


def test_info_and_coverage_look_at_the_catalogue_in_use(
    export_files: Files, write_export: WriteExport, tmp_path: Path
) -> None:
    path = tmp_path / "small.catalogue"
    pack.write(import_export(write_export(export_files))[0], path)
    assert "homecoming-test_1" in run("info", COHORT_GAMEDATA=str(path)).output
    result = run("coverage", COHORT_GAMEDATA=str(path))
    assert result.exit_code == 0, result.output
    assert "0 not understood." in result.output
    for command in ("info", "coverage"):
        result = run(command, COHORT_GAMEDATA="/missing")
        assert result.exit_code == 2
        assert "COHORT_GAMEDATA '/missing': is not a file." in result.output


def test_coverage_names_what_is_not_understood(tmp_path: Path) -> None:
    starter_catalogue = pack.load(starter.path())
    hasten = starter_catalogue.powers[PowerId("Pool.Speed.Hasten")]
    template = Template(("Charisma",), aspect="Current", scale=1.0, target="Self")
    odd = structs.replace(hasten, effects=(EffectGroup((template,)),))
    powers = starter_catalogue.powers | {odd.id: odd}
    path = tmp_path / "odd.catalogue"
    pack.write(structs.replace(starter_catalogue, powers=powers), path)
    result = run("coverage", path, COLUMNS="200")
    assert result.exit_code == 1
    assert "1 not understood." in result.output
    row = next(line for line in result.output.splitlines() if "Charisma Current" in line)
    assert "1 Pool.Speed.Hasten" in row


def test_starter_rebuilds_from_a_selection(
    export_files: Files, write_export: WriteExport, tmp_path: Path
) -> None:
    selection = tmp_path / "selection.toml"
    selection.write_text('categories = ["Pool"]')
    out = tmp_path / "starter"
    result = run("starter", write_export(export_files), "--selection", selection, "--out", out)
    assert result.exit_code == 0, result.output
    assert set(pack.load(out).powers) == {"Pool.Speed.Hasten"}
    assert "outside the selection: 2\n  Scrapper_Defense\n" in result.output


def test_one_sentence_when_it_cannot_be_done(
    export_files: Files, write_export: WriteExport, tmp_path: Path
) -> None:
    export = write_export(export_files)
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("nonsense")
    bad = [
        (("import", nonsense), "is not a zip file, or is damaged."),
        (("import", tmp_path / "none.zip"), "cannot be read: No such file or directory."),
        (("import", export, "--out", nonsense / "x"), "cannot be written: File exists."),
        (("info", nonsense), "is not a Cohort catalogue."),
        (("starter", export, "--selection", nonsense), "is no selection: "),
        (("starter", nonsense), "is not a zip file, or is damaged."),
    ]
    for arguments, sentence in bad:
        result = run(*arguments)
        assert result.exit_code == 1, (arguments, result.output)
        assert sentence in result.output
        assert "Traceback" not in result.output
        assert result.output.strip().startswith("Error: ")

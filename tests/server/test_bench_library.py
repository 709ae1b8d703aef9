"""The benchmark of the library runs, and finds what it saved."""

from pathlib import Path

from click.testing import CliRunner

from server.commands.bench.library import KINDS, library


def test_it_saves_and_searches(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'library.sqlite'}"
    asked = ["--builds", "30", "--searches", "1", "--database", url]
    answer = CliRunner().invoke(library, asked, env={"COLUMNS": "140"}, catch_exceptions=False)
    assert answer.exit_code == 0
    rows = [line.split("│") for line in answer.output.splitlines() if line.startswith("│")]
    found = {row[1].strip(): row[-2].strip() for row in rows}
    assert set(found) == {*KINDS, "all of them"}
    assert 0 < float(found["the newest"]) <= 20
    assert float(found["what is not there"]) == 0

"""The small export as a file."""

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.gamedata.small_export import Files, WriteExport, small_export


@pytest.fixture
def export_files() -> Files:
    """The entries of the small export; a test may change them."""
    return small_export()


@pytest.fixture
def write_export(tmp_path: Path) -> WriteExport:
    """Writes entries into a zip, in the given order."""

    def write(files: Files, order: Iterable[str] | None = None, name: str = "export.zip") -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for entry in order or files:
                value = files[entry]
                file.writestr(entry, value if isinstance(value, bytes) else json.dumps(value))
        return path

    return write

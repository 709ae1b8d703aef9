"""What many tests stand on: the starter catalogue, and the shared test data where it is there."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from gamedata import pack, starter
from gamedata.catalogue import Catalogue
from gamedata.importer import import_export
from gamedata.report import Report

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
# Machines are shared and noisy: how long an example takes says nothing.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

EXPORT = SHARED / "gamedata" / "raw_data_homecoming-20251209_7415.player.zip"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-reference",
        action="store_true",
        help="Write the live protocol's reference anew, with examples that tests have seen.",
    )
    parser.addoption("--fuzz-sockets", type=int, default=400, help="Sockets of fuzzed frames.")
    parser.addoption("--fuzz-seed", type=int, default=20260301, help="What they are drawn from.")


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The embedded starter catalogue."""
    return pack.load(starter.path())


@pytest.fixture(scope="session")
def export_zip() -> Path:
    """The game export that tests may read but the project does not hold."""
    if not EXPORT.exists():
        pytest.skip(f"the game export is not there: {EXPORT.relative_to(SHARED.parent)}")
    return EXPORT


@pytest.fixture(scope="session")
def full_import(export_zip: Path) -> tuple[Catalogue, Report]:
    """All of the shared export and what was not understood: imported once, in a few seconds."""
    return import_export(export_zip)


@pytest.fixture(scope="session")
def full_catalogue(full_import: tuple[Catalogue, Report]) -> Catalogue:
    """All of the shared export."""
    return full_import[0]


@pytest.fixture(scope="session")
def goldens() -> Path:
    """The reference builds and their totals, which the project does not hold."""
    folder = SHARED / "goldens"
    if not folder.exists():
        pytest.skip(f"the golden builds are not there: {folder.relative_to(SHARED.parent)}")
    return folder

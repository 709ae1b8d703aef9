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

# What takes long, about the longest first. Several processes take whole files in this order: if a
# long one began last, the others would have nothing left to do. The two of fuzz tests that keep all
# cores busy are apart: better beside tests that wait for a server than beside each other.
LONGEST = (
    "wire/test_fuzz.py",
    "wire/test_redis_servers.py",
    "browser/test_page.py",
    "wire/test_fuzz_more.py",
    "wire/test_faults.py",
    "wire/test_two_releases.py",
    "wire/test_serve.py",
    "calc/test_remembered.py",
    "calc/test_whole_builds.py",
    "wire/test_reopened.py",
    "browser/test_account_page.py",
    "browser/test_library_page.py",
    "wire/test_accounts.py",
    "calc/test_results.py",
    "wire/test_went_back.py",
    "wire/test_drain.py",
    "wire/test_watch.py",
    "wire/test_admin.py",
    "browser/test_accessible.py",
    "browser/test_state.py",
    "calc/test_all_powers.py",
    "wire/test_schemathesis.py",
    "wire/test_client.py",
    "browser/test_history_page.py",
    "browser/test_reference_page.py",
    "browser/test_rest_page.py",
    "wire/test_stream.py",
    "wire/test_launcher.py",
    "server/test_library_search.py",
    "calc/test_rules.py",
    "calc/test_patch.py",
    "server/test_backup.py",
    "server/test_migrations.py",
    "server/test_session_machine.py",
    "server/regaining/test_from_sql.py",
    "wire/test_openapi.py",
    "wire/test_reference.py",
    "wire/test_operations.py",
    "wire/test_gate.py",
    "wire/test_bad_input.py",
    "wire/test_start_up.py",
    "calc/test_explain.py",
    "calc/test_coverage.py",
    "gamedata/test_importer.py",
    "server/test_bench_fanout.py",
    "server/test_accounts.py",
    "calc/test_hostile_documents.py",
    "wire/test_thousand_edits.py",
    "wire/test_route_roles.py",
    "wire/test_keys.py",
    "wire/test_fuzzed_frames.py",
    "wire/test_slow_reader.py",
    "wire/test_sql_away.py",
    "wire/test_login_elsewhere.py",
    "wire/test_without_socket.py",
    "calc/test_operations.py",
    "server/test_governing.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest files first where several processes share them."""
    gone = [name for name in LONGEST if not (config.rootpath / "tests" / name).exists()]
    if gone:
        raise pytest.UsageError(f"LONGEST in tests/conftest.py names what is not there: {gone}")
    if hasattr(config, "workerinput"):
        places = {config.rootpath / "tests" / name: place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: places.get(item.path, len(places)))


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

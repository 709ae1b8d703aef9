"""Bring a database to a version, or tell which one it is of."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

LOCK = 0x636F686F7274  # PostgreSQL's advisory lock: one migration at a time
EMPTY = "base"  # the version before the first


class VersionError(Exception):
    """The database is not of the version that it must be of; the message is for the operator."""


async def upgrade(engine: AsyncEngine) -> None:
    """Run what is missing, all or nothing. Raises VersionError for a newer database."""
    async with engine.execution_options(cohort_writes=True).begin() as connection:
        await connection.run_sync(bring, "head")


async def downgrade(engine: AsyncEngine, version: str) -> None:
    """Take back what came after a version, with what it holds. Raises VersionError."""
    async with engine.execution_options(cohort_writes=True).begin() as connection:
        await connection.run_sync(_downgrade, version)


async def check(engine: AsyncEngine) -> None:
    """Raises VersionError when the database is not of this release's version."""
    async with engine.connect() as connection:
        await connection.run_sync(_check)


async def version_of(engine: AsyncEngine) -> str:
    """The database's version; EMPTY when it has none."""
    async with engine.connect() as connection:
        return await connection.run_sync(version_within)


def versions() -> list[str]:
    """Every version that this release knows, oldest first."""
    scripts = ScriptDirectory.from_config(config())
    return [script.revision for script in scripts.walk_revisions()][::-1]


def config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("migrations")))
    config.attributes["connection"] = connection
    return config


def bring(connection: Connection, version: str) -> None:
    """As `upgrade`, within a transaction; also down, as long as there is nothing in the tables."""
    _lock(connection)
    now, known = _known(connection), [EMPTY, *versions()]
    if version != "head" and known.index(version) < known.index(now):
        command.downgrade(config(connection), version)
    else:
        command.upgrade(config(connection), version)


def _downgrade(connection: Connection, version: str) -> None:
    _lock(connection)
    now = _known(connection)
    known = [EMPTY, *versions()]
    if version not in known or known.index(version) > known.index(now):
        raise VersionError(f"The database is of version {now}, and cannot be taken to {version}.")
    command.downgrade(config(connection), version)


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def _check(connection: Connection) -> None:
    if _known(connection) != versions()[-1]:
        raise VersionError("The database is of an older version: run `cohort migrate`.")


def _known(connection: Connection) -> str:
    """The database's version, if it is one that we know."""
    version, known = version_within(connection), versions()
    if version not in (EMPTY, *known):
        raise VersionError(
            f"The database is of a newer version ({version}) than this release ({known[-1]}): run "
            f"the newer release, or take the database back with its `cohort migrate --to "
            f"{known[-1]}`."
        )
    return version


def version_within(connection: Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or EMPTY

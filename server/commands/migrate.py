"""`cohort migrate`: bring the database to the newest version."""

import asyncio
from pathlib import Path

import click

from migrations import run
from server import settings as environment
from server.orm import connect
from server.settings import Settings, SettingsError


@click.command()
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where Cohort keeps its data.  [default: data]",
)
def migrate(data_dir: Path | None) -> None:
    """Bring the database to the newest version."""
    try:
        settings = environment.read(data_dir=data_dir)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    asyncio.run(_migrate(settings))
    click.echo("The database is of the newest version.")


async def _migrate(settings: Settings) -> None:
    if not settings.database_url:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = connect(settings.database)
    try:
        await run.upgrade(engine)
    except OSError as error:
        raise click.ClickException(f"The database does not answer: {error}.") from None
    finally:
        await engine.dispose()

"""`cohort migrate`: bring the database to the newest version, and sessions to this release."""

import asyncio
from pathlib import Path

import click

from gamedata import pack, starter
from migrations import run
from server import settings as environment
from server.engine import name_of
from server.log.releases import Releases
from server.orm import DatabaseAwayError, connect, may_be_away
from server.redis import clients
from server.redis.calls import FullError, UnreachableError
from server.settings import Settings, SettingsError


@click.command()
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where Cohort keeps its data.  [default: data]",
)
@click.option("--to", help="Take the database back to this version, for an older release.")
@click.option("--yes", is_flag=True, help="Do not ask before anything is taken back.")
def migrate(data_dir: Path | None, to: str | None, yes: bool) -> None:
    """Bring the database to the newest version. Once per release, before it serves.

    With COHORT_REDIS_URL, sessions move to this release as soon as it serves: the catalogue and
    the maths that this command runs with. To go back is a release too: take the database back
    with --to, where the older release asks for it, then run the older one's `cohort migrate`.
    """
    try:
        settings = environment.read(data_dir=data_dir)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    if to is not None:
        if not yes:
            click.confirm(f"What was kept since version {to} came is deleted. Go on?", abort=True)
        asyncio.run(_migrate(settings, to))
        click.echo(f"The database is of version {to}.")
        return
    asyncio.run(_migrate(settings))
    click.echo("The database is of the newest version.")
    if settings.redis_url is not None:
        try:
            catalogue = pack.read_header(settings.gamedata or starter.path())
            asyncio.run(_announce(settings.redis_url, name_of(catalogue.hash)))
        except (pack.CatalogueError, UnreachableError, FullError) as error:
            raise click.ClickException(f"Sessions stay on their release: {error}") from None
        click.echo(f"Sessions move to {catalogue.release}.")


async def _migrate(settings: Settings, back_to: str | None = None) -> None:
    if not settings.database_url:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = connect(settings.database)
    try:
        with may_be_away():
            if back_to is None:
                await run.upgrade(engine)
            else:
                await run.downgrade(engine, back_to)
    except run.VersionError as error:
        raise click.ClickException(str(error)) from None
    except DatabaseAwayError as error:
        raise click.ClickException(error.sentence) from None
    finally:
        await engine.dispose()


async def _announce(redis_url: str, engine: str) -> None:
    redis = clients.connect(redis_url)
    try:
        await Releases(redis, engine).announce(again=True)
    finally:
        await redis.aclose()

"""`cohort serve`: everything that a Cohort needs, in one command."""

import asyncio
import errno
import os
from pathlib import Path

import click
from msgspec.structs import replace

from gamedata import pack, starter
from migrations import run as migrations
from server import settings as environment
from server.launcher import Launcher, ServeError, listen, metrics_folder, server_config
from server.log.releases import ENGINE_KEY
from server.orm import DatabaseAwayError, connect, may_be_away
from server.redis.embedded import Valkey, ValkeyError
from server.settings import Settings, SettingsError


@click.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 picks one.  [default: 8000]")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where Cohort keeps its data.  [default: data]",
)
@click.option("--workers", type=click.IntRange(1), help="Worker processes.  [default: 1]")
def serve(host: str | None, port: int | None, data_dir: Path | None, workers: int | None) -> None:
    """Serve Cohort: Valkey and SQLite included, unless COHORT_REDIS_URL or
    COHORT_DATABASE_URL name others."""
    try:
        settings = environment.read(host=host, port=port, data_dir=data_dir, workers=workers)
        _serve(settings)
    except (SettingsError, ServeError, ValkeyError, pack.CatalogueError) as error:
        raise click.ClickException(str(error)) from None


def _serve(settings: Settings) -> None:
    _prepare_data_dir(settings)
    catalogue = pack.read_header(settings.gamedata or starter.path())
    click.echo(f"Catalogue: {catalogue.release}")
    listener = listen(settings.host, settings.port)
    valkey = None
    if settings.redis_url is None:
        valkey = Valkey(settings.data_dir, settings.valkey)
        click.echo("Starting Valkey …")
        valkey.start()
        settings = replace(settings, redis_url=valkey.url)
    try:
        if valkey is not None:
            valkey.forget(ENGINE_KEY)  # nobody else serves from it: sessions run on what we bring
        asyncio.run(_prepare_database(settings))
        click.echo(f"Starting {_count(settings.workers, 'worker')} …")
        port = listener.getsockname()[1]
        with metrics_folder(settings) as metrics:
            launcher = Launcher(
                server_config(settings, metrics),
                [listener],
                valkey,
                lambda: _tell(settings.host, port),
                settings.drain_s,
                metrics,
            )
            launcher.run()
    finally:
        if valkey is not None:
            valkey.stop()
    if launcher.failed:
        raise ServeError("A worker did not start; what it said is above.")


def _prepare_data_dir(settings: Settings) -> None:
    path = settings.data_dir
    used = not (settings.redis_url and settings.database_url and settings.secret)
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)  # it holds secrets
        if used and not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "it cannot be written to")
    except OSError as error:
        raise ServeError(
            f"Cannot use the data directory {path}: {error.strerror}. Choose another with "
            "--data-dir."
        ) from None


async def _prepare_database(settings: Settings) -> None:
    """Our own SQLite is brought up to date; another database is its operator's to migrate."""
    engine = connect(settings.database)
    try:
        with may_be_away():
            if not settings.database_url:
                await migrations.upgrade(engine)
            else:
                await migrations.check(engine)
    except migrations.VersionError as error:
        raise ServeError(str(error)) from None
    except DatabaseAwayError as error:
        raise ServeError(error.sentence) from None
    finally:
        await engine.dispose()


def _tell(host: str, port: int) -> None:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    click.echo(f"Cohort is ready: http://{shown}:{port}/")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")

"""A backup of everything, and the way back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from server import backup as backups
from server.auth import SECRET_FILE
from server.backup import BackupError, Header, Left, Told
from server.commands.admin.reaching import data_dir_option, reached, running
from server.commands.admin.showing import time_of
from server.log.releases import ENGINE_KEY
from server.orm import Database
from server.redis import clients
from server.redis.embedded import Valkey
from server.settings import Settings


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@data_dir_option
def backup(file: Path, **at: Any) -> None:
    """Write all that there is to FILE, which must not exist: as it is at one moment.

    What cannot be recorded of a session is not in it: the command names the session, and fails.

    FILE goes back into SQLite or PostgreSQL, by this release or a newer one. It holds what people
    logged in with (as hashes), and the secret of the data directory: keep it as safe as that.
    """

    async def work(settings: Settings) -> tuple[Header, Left]:
        async with reached(settings, start=True) as stores:
            assert stores.redis is not None
            left = await backups.flush(stores.redis, stores.database, stores.log)
            with progress("Backing up") as told:
                secret = _secret(settings)
                return await backups.write(stores.database.engine, file, secret, told), left

    header, left = running(at["data_dir"], work)
    for session in left.went_back:
        click.echo(f"Session {session}: Redis went back, and what it has is not all recorded yet.")
    click.echo(f"{file}: {header.rows} rows, {file.stat().st_size / 1024:,.0f} KiB.")
    if left.failing:
        raise click.ClickException(
            f"{file} is written, but lacks the newest edits of sessions that cannot be recorded: "
            f"{', '.join(left.failing)}."
        )


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--discard-live", is_flag=True, help="Forget the sessions that Redis has, instead of refusing."
)
@data_dir_option
def restore(file: Path, discard_live: bool, **at: Any) -> None:
    """Bring back what FILE holds, into an empty database, while nothing serves.

    Every session opens in a new epoch: pages that know more than the backup take its state, and
    send again what was not answered.
    """

    async def work(settings: Settings) -> Header:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        valkey = Valkey(settings.data_dir, settings.valkey)
        if settings.redis_url is None:
            valkey.start()  # refused while a server runs
        try:
            await _make_way(settings.redis_url or valkey.url, discard=False, may=discard_live)
            database = Database(settings.database)
            try:
                with progress("Restoring") as told:
                    header = await backups.restore(database.engine, file, told)
            finally:
                await database.close()
            await _make_way(settings.redis_url or valkey.url, discard=discard_live, may=True)
        finally:
            valkey.stop()
        _put_secret(settings, header)
        return header

    header = running(at["data_dir"], work)
    click.echo(f"All is as it was on {time_of(header.made_at)} UTC: {header.rows} rows.")
    click.echo("Who was banned, and what was revoked, since then may be good again: look it over.")


async def _make_way(url: str, *, discard: bool, may: bool) -> None:
    """Raises BackupError when there is somebody, or something, that would be in the way."""
    redis = clients.connect(url)
    try:
        if number := await backups.workers(redis):
            raise BackupError(f"{number} worker(s) serve from this Redis: stop them first.")
        if not may and (number := await backups.live_sessions(redis)):
            raise BackupError(
                f"Redis has {number} session(s): restore with --discard-live to forget them."
            )
        if discard:
            await backups.discard_live(redis)
            await redis.delete(ENGINE_KEY)
    finally:
        await redis.aclose()


def _secret(settings: Settings) -> str:
    """What signs tokens, where nobody else keeps it."""
    path = settings.data_dir / SECRET_FILE
    return "" if settings.secret or not path.exists() else path.read_text().strip()


def _put_secret(settings: Settings, header: Header) -> None:
    path = settings.data_dir / SECRET_FILE
    if not header.secret or settings.secret:
        return
    if path.exists():
        if path.read_text().strip() != header.secret:
            click.echo(f"{path} is another than that of the backup: all have to log in anew.")
        return
    path.touch(mode=0o600)
    path.write_text(header.secret)


@contextmanager
def progress(what: str) -> Iterator[Told]:
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), TextColumn("{task.completed}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)

"""The database and the Redis of a Cohort, from outside of its processes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from msgspec import Struct
from redis.asyncio import Redis
from sqlalchemy.exc import SQLAlchemyError

from migrations import run
from server import settings as environment
from server.accounts.accounts import AccountError
from server.backup import BackupError
from server.log.log import Log
from server.logic.rights import Access
from server.members import sharing
from server.members.access import AccessError
from server.orm import Database, DatabaseAwayError, said_by
from server.redis import clients
from server.redis.calls import FullError, UnreachableError, reaching
from server.redis.embedded import Valkey, ValkeyError
from server.settings import Settings, SettingsError

T = TypeVar("T")
BY = "the operator"  # where others have an address

data_dir_option = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where Cohort keeps its data.  [default: data]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")


class ToldLaterError(Exception):
    """A change is in the database, and not yet in the sessions; the message says so."""


REFUSALS = (
    ToldLaterError,
    SettingsError,
    AccountError,
    AccessError,
    BackupError,
    ValkeyError,
    run.VersionError,
)


class Stores(Struct, frozen=True):
    """redis: None where no server runs that would have one."""

    settings: Settings
    database: Database
    redis: Redis | None = None

    @property
    def log(self) -> Log:
        assert self.redis is not None
        return Log(self.redis, self.settings.log_keeps, self.settings.edit_ids)

    async def share(self, rights: Mapping[str, Access]) -> None:
        """Bind commits of these sessions to their new access; workers hear of it.

        Raises ToldLaterError.
        """
        if self.redis is None:
            return
        try:
            for session, changed in rights.items():
                await sharing.share(self.database, self.log, session, changed)
        except (UnreachableError, FullError) as error:
            raise ToldLaterError(
                f"{error.sentence} It is done in the database; sessions that are live have it "
                "seconds after Redis is well again."
            ) from None


def running(data_dir: Path | None, work: Callable[[Settings], Awaitable[T]]) -> T:
    """Do something with the settings; whatever hinders it is a sentence for the operator."""

    async def _work() -> T:
        return await work(environment.read(data_dir=data_dir))

    try:
        return asyncio.run(_work())
    except REFUSALS as error:
        raise click.ClickException(str(error)) from None
    except (DatabaseAwayError, UnreachableError, FullError) as error:
        raise click.ClickException(error.sentence) from None
    except SQLAlchemyError as error:
        raise click.ClickException(
            f"The database refuses what is asked: {said_by(error)}."
        ) from None
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        raise click.ClickException(f"{what}{error.strerror or error}.") from None


@asynccontextmanager
async def reached(settings: Settings, *, start: bool = False) -> AsyncIterator[Stores]:
    """Both, of this release's version. start: the embedded Valkey, where it does not run.

    Raises VersionError or ValkeyError.
    """
    database = Database(settings.database)
    valkey = Valkey(settings.data_dir, settings.valkey)
    redis = None
    started = False
    try:
        await run.check(database.engine)
        url = settings.redis_url
        if url is None and await answers(valkey.url):
            url = valkey.url
        elif url is None and start:
            valkey.start()
            started = True
            url = valkey.url
        redis = None if url is None else clients.connect(url)
        yield Stores(settings, database, redis)
    finally:
        if redis is not None:
            await redis.aclose()
        if started:
            valkey.stop()
        await database.close()


async def answers(url: str) -> bool:
    client: Any = clients.connect(url)
    try:
        async with reaching():
            await client.ping()
    except UnreachableError:
        return False
    finally:
        await client.aclose()
    return True

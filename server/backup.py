"""Everything that is kept, as one file: written from either database, and read into either.

A file is JSON lines, compressed: a header; for each table a line with its columns, then a line for
each row; at the end how many rows there were. What is binary is base64. It is of the version of the
database that it was written from: an older one is read as what it is, and then brought up to date.

What Redis has beyond SQL is recorded first. Nothing else of Redis is needed: a session that it does
not have opens from SQL, in an epoch of its own.
"""

import gzip
import os
import tempfile
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from sqlalchemy import LargeBinary, MetaData, Table, func, insert, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from migrations import run
from server.log.log import Log
from server.members.access import now_ms
from server.orm import Database
from server.recording.recorder import Recorder
from server.redis.calls import reaching
from server.redis.clients import is_cluster
from server.tables import METADATA

FORMAT = 1
UNREADABLE = (OSError, EOFError, zlib.error, msgspec.MsgspecError, ValueError, RecursionError)
AT_ONCE = 200  # rows: of changes one may have some 10 KB

Told = Callable[[int, int], None]  # so many rows are done, of so many


class BackupError(Exception):
    """There is no backup to be made, or none to be read; the message is for the operator."""


class Header(Struct, frozen=True, omit_defaults=True):
    """version: of the database; made_at: milliseconds since 1970; rows: in all; secret: what signs
    tokens, where it was in the data directory."""

    cohort_backup: int
    version: str
    made_at: int
    rows: int
    secret: str = ""


class Left(Struct, frozen=True):
    """Sessions of which Redis has more than SQL after all. went_back: a worker mends them as soon
    as it serves; failing: they cannot be recorded, and what hinders that is logged."""

    went_back: tuple[str, ...]
    failing: tuple[str, ...]


class _Part(Struct, frozen=True, tag_field="part", tag="table"):
    """What follows are rows of this table, each with the values of these columns."""

    table: str
    columns: tuple[str, ...]


class _End(Struct, frozen=True, tag_field="part", tag="end"):
    """Nothing follows. rows: so many there were in all."""

    rows: int


_line = msgspec.json.Encoder()
_header = msgspec.json.Decoder(Header).decode
_other = msgspec.json.Decoder(_Part | _End | list[Any])


async def flush(redis: Redis, database: Database, log: Log) -> Left:
    """Record what Redis has beyond SQL.

    Raises UnreachableError, FullError or DatabaseAwayError.
    """
    went_back: list[str] = []

    async def mend(session: str, _: str) -> None:
        went_back.append(session)

    failing = await Recorder(redis, database, log, lambda: (), mend).flush()
    return Left(tuple(went_back), tuple(sorted(failing)))


async def write(engine: AsyncEngine, path: Path, secret: str, told: Told) -> Header:
    """All of a database as it is at one moment. Raises BackupError, and VersionError."""
    await run.check(engine)
    async with _at_one_moment(engine) as connection:
        version = await connection.run_sync(run.version_within)
        tables = METADATA.sorted_tables
        counts = [
            await connection.scalar(select(func.count()).select_from(table)) or 0
            for table in tables
        ]
        header = Header(FORMAT, version, now_ms(), sum(counts), secret)
        with _new_file(path) as file:
            file.write(_line.encode(header) + b"\n")
            done = 0
            for table in tables:
                names = tuple(str(column.name) for column in table.columns)
                file.write(_line.encode(_Part(str(table.name), names)) + b"\n")
                async for lines, number in _rows(connection, table):
                    file.write(lines)
                    done += number
                    told(done, header.rows)
            file.write(_line.encode(_End(done)) + b"\n")
    return header


async def restore(engine: AsyncEngine, path: Path, told: Told) -> Header:
    """Fill an empty database, all or nothing. Raises BackupError, and VersionError."""
    with _reading(path) as lines:
        header = read_header(lines)
        if header.version not in run.versions():
            raise BackupError(
                f"The backup is of a newer version ({header.version}) than this release "
                f"({run.versions()[-1]}): restore it with the release that made it."
            )
        async with engine.execution_options(cohort_writes=True).begin() as connection:
            await connection.run_sync(_fill, header, lines, told)
    return header


def header_of(path: Path) -> Header:
    """Raises BackupError."""
    with _reading(path) as lines:
        return read_header(lines)


def read_header(lines: Iterator[bytes]) -> Header:
    try:
        header = _header(next(lines))
    except (StopIteration, *UNREADABLE):
        raise BackupError("This is no backup of Cohort.") from None
    if header.cohort_backup != FORMAT:
        raise BackupError("The backup is of a format that only a newer release reads.")
    return header


async def workers(redis: Redis) -> int:
    """How many workers are at this Redis now, by their own channels. Raises UnreachableError."""
    client: Any = redis
    where = {"target_nodes": client.PRIMARIES} if is_cluster(redis) else {}
    async with reaching():
        return len(await client.pubsub_shardchannels("cohort:worker:*", **where))


async def live_sessions(redis: Redis) -> int:
    """How many sessions Redis holds. Raises UnreachableError."""
    async with reaching():
        return sum([1 async for _ in redis.scan_iter(match="{session:*}:head", count=1000)])


async def discard_live(redis: Redis) -> None:
    """Forget all sessions that Redis holds. Raises UnreachableError."""
    async with reaching():
        found = [name async for name in redis.scan_iter(match="{session:*}:*", count=1000)]
    for name in found:
        async with reaching():
            await redis.unlink(name)


async def _rows(connection: AsyncConnection, table: Table) -> AsyncIterator[tuple[bytes, int]]:
    """The lines of some rows, and how many these are."""
    chosen = select(table).order_by(*table.primary_key.columns)
    found = await connection.stream(chosen.execution_options(yield_per=AT_ONCE))
    async for some in found.partitions():
        yield b"".join(_line.encode(tuple(row)) + b"\n" for row in some), len(some)


def _fill(connection: Connection, header: Header, lines: Iterator[bytes], told: Told) -> None:
    _check_empty(connection)
    run.bring(connection, header.version)
    metadata = MetaData()
    metadata.reflect(connection)
    done = 0
    ended = False
    table: Table | None = None
    names: tuple[str, ...] = ()
    binary: list[int] = []
    rows: list[list[Any]] = []

    def put() -> None:
        nonlocal rows, done
        if table is not None and rows:
            connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
            done += len(rows)
            told(done, header.rows)
        rows = []

    try:
        for line in lines:
            match _other.decode(line):
                case _Part(name, columns):
                    put()
                    table, names = metadata.tables[name], columns
                    binary = [
                        index
                        for index, column in enumerate(columns)
                        if isinstance(table.columns[column].type, LargeBinary)
                    ]
                case _End(number):
                    put()
                    ended = number == done == header.rows
                case row:
                    for index in binary:
                        row[index] = _bytes(row[index])
                    rows.append(row)
                    if len(rows) == AT_ONCE:
                        put()
    except (KeyError, *UNREADABLE) as error:
        raise BackupError(f"The backup is damaged: {error}.") from error
    except DBAPIError as error:
        raise BackupError(f"The backup does not go into the database: {error.orig}.") from error
    except StatementError as error:
        raise BackupError("The backup is damaged: a value is of the wrong kind.") from error
    if not ended:
        raise BackupError("The backup is not whole: its end is missing.")
    _go_on_numbering(connection, metadata)
    run.bring(connection, "head")


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else msgspec.convert(value, bytes)


def _check_empty(connection: Connection) -> None:
    there = MetaData()
    there.reflect(connection)
    for table in there.sorted_tables:
        if table.name == "alembic_version":
            continue
        if table.name not in METADATA.tables or connection.execute(select(table).limit(1)).first():
            raise BackupError("The database is not empty: nothing is overwritten.")


def _go_on_numbering(connection: Connection, metadata: MetaData) -> None:
    """Have PostgreSQL count on from what it was given."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        for column in table.columns:
            of = {"name": f'"{table.name}"', "column": column.name}
            sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:name, :column)"), of)
            newest = connection.scalar(select(func.max(column))) if sequence else None
            if newest is not None:
                set_to = text("SELECT setval(CAST(CAST(:name AS text) AS regclass), :newest)")
                connection.execute(set_to, {"name": sequence, "newest": newest})


@asynccontextmanager
async def _at_one_moment(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """What others write meanwhile is not seen."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    async with engine.connect() as connection:
        yield connection


@contextmanager
def _new_file(path: Path) -> Iterator[gzip.GzipFile]:
    """A file that is there when all of it is written, and then for nobody else to read."""
    if path.exists():
        raise BackupError(f"{path} exists: nothing is overwritten.")
    try:
        with (
            tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-") as file,
            gzip.open(file, "wb", compresslevel=6) as compressed,
        ):
            yield compressed
            compressed.close()
            file.flush()
            os.fsync(file.fileno())
            os.link(file.name, path)
    except FileExistsError:
        raise BackupError(f"{path} exists: nothing is overwritten.") from None
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}.") from None


@contextmanager
def _reading(path: Path) -> Iterator[Iterator[bytes]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from None
    with file, gzip.open(file, "rb") as lines:
        yield iter(lines)

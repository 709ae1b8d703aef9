"""A backup holds every row of every table, and goes back into either database."""

import asyncio
import gzip
import os
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from redis.asyncio import Redis
from sqlalchemy import text

from migrations import run
from server import backup
from server.backup import BackupError
from server.commands.admin import admin
from server.engine import Engine
from server.log.log import Log
from server.orm import Database
from server.redis.calls import key
from server.redis.embedded import Valkey
from server.tables import METADATA
from tests.server.filling import fill, rows
from tests.server.sessions import edited, new_session


def untold(_: int, __: int) -> None:
    pass


@pytest.fixture
async def filled(database: Database) -> Database:
    async with database.engine.execution_options(cohort_writes=True).begin() as connection:
        await connection.run_sync(fill)
    return database


@pytest.fixture
async def emptied(filled: Database, tmp_path: Path) -> AsyncIterator[tuple[Path, Database]]:
    """A backup, and an empty SQLite."""
    path = tmp_path / "backup"
    await backup.write(filled.engine, path, "the secret", untold)
    other = Database(f"sqlite+aiosqlite:///{tmp_path / 'other.sqlite'}")
    yield path, other
    await other.close()


async def test_what_is_restored_is_what_was_there_in_either_database(
    filled: Database, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    told: list[tuple[int, int]] = []
    header = await backup.write(filled.engine, first, "the secret", lambda *each: told.append(each))
    assert header.rows == 2 * len(METADATA.tables)
    assert told[-1] == (header.rows, header.rows)
    assert first.stat().st_mode & 0o077 == 0
    other = Database(f"sqlite+aiosqlite:///{tmp_path / 'other.sqlite'}")
    assert await backup.restore(other.engine, first, untold) == header
    async with filled.engine.connect() as connection, other.engine.connect() as new:
        was = await connection.run_sync(rows)
        assert await new.run_sync(rows) == was
    # And from there back to where it came from.
    await backup.write(other.engine, second, "", untold)
    async with filled.writing() as sql:
        for table in reversed(METADATA.sorted_tables):
            await sql.execute(table.delete())
    await backup.restore(filled.engine, second, untold)
    async with filled.engine.connect() as connection:
        assert await connection.run_sync(rows) == was
    # What numbers itself goes on.
    async with filled.writing() as sql:
        await sql.execute(
            text("INSERT INTO audit (at, event, address, about) VALUES (1, 'x', '', '')")
        )
    async with filled.reading() as sql:
        assert await sql.scalar(text("SELECT max(number) FROM audit")) == 3
    await other.close()


async def test_a_backup_names_the_sessions_that_could_not_be_recorded_and_fails(
    database: Database, log: Log, engine: Engine, redis: Redis, valkey: Valkey, tmp_path: Path
) -> None:
    broken, whole = [await new_session(database, log, engine) for _ in range(2)]
    await redis.xadd(key(broken.session, "log"), {"change": "{", "inverse": "[]"}, id="1-0")
    await redis.hset(key(broken.session, "head"), mapping={"revision": 1, "edit": "x"})
    await edited(log, whole, engine, 1)
    path = tmp_path / "backup"
    environment = {
        "COHORT_REDIS_URL": valkey.url,
        "COHORT_DATABASE_URL": str(database.engine.url).replace("+aiosqlite", ""),
    }
    arguments = ["backup", str(path)]
    said = await asyncio.to_thread(CliRunner().invoke, admin, arguments, env=environment)
    assert said.exit_code == 1
    assert said.stderr.endswith(f"that cannot be recorded: {broken.session}.\n")
    assert f"Error: {path} is written" in said.stderr
    with gzip.open(path) as lines:
        assert any(b"edit-0001" in line for line in lines)


async def test_an_older_backup_is_brought_up_to_date(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "older"
    columns = '["id","title","engine","release","access","created_at","ended_at"]'
    lines = (
        '{"cohort_backup":1,"version":"0001","made_at":1,"rows":1}',
        f'{{"part":"table","table":"sessions","columns":{columns}}}',
        '["s1","Nova","an engine","a release",1,1,null]',
        '{"part":"end","rows":1}',
        "",
    )
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    await backup.restore(database.engine, path, untold)
    await run.check(database.engine)
    async with database.reading() as sql:
        found = await sql.execute(text("SELECT title, locked FROM sessions"))
        assert found.one() == ("Nova", False)


async def test_nothing_is_overwritten(filled: Database, tmp_path: Path) -> None:
    path = tmp_path / "backup"
    await backup.write(filled.engine, path, "", untold)
    before = path.read_bytes()
    with pytest.raises(BackupError, match="exists"):
        await backup.write(filled.engine, path, "", untold)
    with pytest.raises(BackupError, match="not empty"):
        await backup.restore(filled.engine, path, untold)
    assert path.read_bytes() == before
    assert not [each for each in os.listdir(tmp_path) if each.startswith(".")]


@pytest.mark.parametrize("cut", ["the end", "a line", "in two", "a value", "a byte"])
async def test_a_backup_that_is_not_whole_changes_nothing(
    emptied: tuple[Path, Database], cut: str
) -> None:
    path, database = emptied
    content = path.read_bytes()
    lines = gzip.decompress(content).splitlines(keepends=True)
    if cut == "the end":
        path.write_bytes(gzip.compress(b"".join(lines[:-1])))
    elif cut == "a line":
        path.write_bytes(gzip.compress(b"".join(lines[:5] + lines[6:])))
    elif cut == "a value":  # of a column that holds numbers
        wrong = [line.replace(b",1,1,", b",1,[],") for line in lines]
        path.write_bytes(gzip.compress(b"".join(wrong)))
    elif cut == "a byte":  # after which nothing can be unpacked
        packed = zlib.compressobj(wbits=31)
        half = packed.compress(b"".join(lines[:5])) + packed.flush(zlib.Z_FULL_FLUSH)
        path.write_bytes(half + b"\x07")
    else:
        path.write_bytes(content[: len(content) // 2])
    with pytest.raises(BackupError, match=r"backup (is|does not go|of Cohort)"):
        await backup.restore(database.engine, path, untold)
    assert await run.version_of(database.engine) == run.EMPTY


async def test_what_is_no_backup_or_of_a_newer_release_is_refused(
    emptied: tuple[Path, Database], tmp_path: Path
) -> None:
    path, database = emptied
    newer = gzip.decompress(path.read_bytes()).replace(
        f'"version":"{run.versions()[-1]}"'.encode(), b'"version":"of 2100"', 1
    )
    path.write_bytes(gzip.compress(newer))
    with pytest.raises(BackupError, match=r"newer version \(of 2100\)"):
        await backup.restore(database.engine, path, untold)
    damaged = gzip.compress(newer)[:10] + b"\x07"
    for content in (
        b"no backup",
        gzip.compress(b'{"a":1}\n'),
        b"",
        damaged,
        gzip.compress(b'"\xff'),
    ):
        path.write_bytes(content)
        with pytest.raises(BackupError, match="no backup"):
            await backup.restore(database.engine, path, untold)
    with pytest.raises(BackupError, match="cannot be read"):
        await backup.restore(database.engine, tmp_path / "nowhere", untold)

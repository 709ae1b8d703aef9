"""Sessions in SQL and in Redis, and edits in them; for tests of what is kept of them there."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calc import build as documents
from calc.operations import SetLevel, SetTitle
from server.client_messages import Edit
from server.engine import Engine
from server.log.log import Log
from server.log.logged import Done, Stored
from server.logic import session
from server.logic.session import Commit, State
from server.members import access
from server.orm import ChangeRow, CheckpointRow, Database, MemberRow
from server.protocol import encode
from server.recording.archive import Archive
from server.recording.recorder import Recorder
from server.redis.calls import key

EDIT_IDS = 1000
KEYS = ("head", "log", "build", "access", "ids", "digests", "losses")


async def new_session(
    database: Database, log: Log, engine: Engine, *editors: tuple[str, str]
) -> State:
    """Ann's. editors: who edits it beside her, each with a name."""
    build = documents.empty("Nova")
    result = engine.result(build)
    stored = Stored("e1", 0, "", build, result.totals, result.findings)
    new, rights = await access.create_session(database, "g1", "Ann", stored, engine.name, "release")
    if editors:
        async with database.writing() as sql:
            for person, name in editors:
                member = {"person": person, "name": name, "role": "editor", "joined_at": 0}
                sql.add(MemberRow(session_id=new, **member))
        rights = await access.access_of(database, new)
    await log.open(new, stored, engine.name, rights)
    return await state_in(log, new)


def an_edit(number: int, base: int = 0) -> Edit:
    return Edit(f"edit-{number:04}", base, (SetLevel(number % 50 + 1), SetTitle(f"{number}")))


def decided(state: State, edit: Edit, engine: Engine, person: str = "g1", at: int = 0) -> Commit:
    """What comes of an edit that is not refused."""
    commit = session.decide(state, person, edit, engine, at)
    assert isinstance(commit, Commit)
    return commit


async def edited(log: Log, state: State, engine: Engine, edits: int) -> State:
    for _ in range(edits):
        commit = decided(state, an_edit(state.revision + 1, base=state.revision), engine)
        assert await log.commit(commit, encode(commit.change)) == Done(commit.after.revision)
        state = commit.after
    return state


async def state_in(log: Log, session_id: str) -> State:
    """What the log has."""
    loaded = await log.load(session_id)
    assert loaded
    return loaded.state


async def left_to_sql(recorder: Recorder, redis: Redis, session_id: str) -> None:
    """It is recorded, and then Redis knows nothing of it, nor of anything."""
    await recorder.record(session_id)
    await redis.flushall()


async def revisions(database: Database, table: type[ChangeRow | CheckpointRow]) -> list[int]:
    """Those of all rows, rising."""
    async with database.reading() as sql:
        return sorted(await sql.scalars(select(table.revision)))


async def reopened(archive: Archive, log: Log, session_id: str) -> State:
    """From SQL, in a new epoch."""
    assert await archive.reopen(session_id)
    return await state_in(log, session_id)


class Past:
    """What Redis holds of a session at a moment, to which it can go back."""

    def __init__(self, redis: Redis, session_id: str) -> None:
        self._redis = redis
        self._keys = [key(session_id, name) for name in KEYS]
        self._dumps: list[bytes | None] = []

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """For this context, of which Redis knows nothing afterwards."""
        await self.keep()
        yield
        await self.come_back()

    async def keep(self) -> None:
        self._dumps = [await self._redis.dump(each) for each in self._keys]

    async def come_back(self) -> None:
        pipeline = self._redis.pipeline()
        for each, dump in zip(self._keys, self._dumps, strict=True):
            pipeline.delete(each)
            if dump is not None:
                pipeline.restore(each, 0, dump)
        await pipeline.execute()


@asynccontextmanager
async def full(redis: Redis) -> AsyncIterator[None]:
    """For this context Redis has no room for anything."""
    await redis.config_set("maxmemory", "1")
    try:
        yield
    finally:
        await redis.config_set("maxmemory", "0")


async def nothing() -> None:
    """What is done where nothing is."""


class Meanwhile:
    """A database that counts its transactions that write, while others are at work, too.

    before: what they do before the first. after: and after each.
    """

    def __init__(
        self,
        database: Database,
        before: Callable[[], Awaitable[None]] = nothing,
        after: Callable[[], Awaitable[None]] = nothing,
    ) -> None:
        self._database = database
        self._before = before
        self._after = after
        self.written = 0
        self.reading = database.reading

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        self.written += 1
        if self.written == 1:
            await self._before()
        async with self._database.writing() as sql:
            yield sql
        await self._after()

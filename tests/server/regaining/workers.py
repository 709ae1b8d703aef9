"""Workers without sockets, what they have in common, and that it goes back; for tests of what is
regained."""

import asyncio

from redis.asyncio import Redis
from sqlalchemy import delete, update

from calc.operations import SetTitle
from server.client_messages import Edit
from server.engine import Engine
from server.live.follower import Follower
from server.log.log import Log
from server.log.logged import Began, Done
from server.log.releases import Releases
from server.logic import session
from server.logic.rights import Access
from server.logic.session import Committed, State
from server.orm import Database, MemberRow, SessionRow
from server.protocol import encode
from server.recording.archive import Archive
from server.recording.recorder import Recorder
from server.server_messages import Accepted, Refused
from server.settings import Settings
from tests.server.sessions import Past, an_edit, decided


class Worker(Follower):
    """A session on a worker that nobody is connected to; writes down what it is told."""

    def __init__(
        self, session_id: str, log: Log, engine: Engine, archive: Archive, redis: Redis
    ) -> None:
        self.frames: list[str] = []
        self.answers: list[tuple[str, Accepted | Refused]] = []
        self.starts = 0
        releases = Releases(redis, engine.name)
        super().__init__(session_id, log, engine, Settings(), self, archive, releases)
        self._committing, self._deciding = log, engine

    def changed(self, before: State, after: State, committed: Committed) -> None:
        assert after.revision == before.revision + 1
        self.frames.append(committed.edit)

    def access_changed(self, access: Access) -> None:
        pass

    def settled(self, person: str, answer: Accepted | Refused) -> None:
        self.answers.append((person, answer))

    def started_again(self) -> None:
        self.starts += 1

    def degraded(self, degraded: bool) -> None:
        pass

    def wake(self) -> None:
        pass

    async def waits_no_more(self) -> None:
        """For others to know what it waits for."""
        self._lost._others_until = 0.0
        await self.read_on()

    async def edit(self, *numbers: int, person: str = "g1", at: int = 1) -> None:
        """Make edits as this worker knows the session."""
        for number in numbers:
            await self.make(an_edit(number), person, at)

    async def make(self, edit: Edit, person: str = "g1", at: int = 1) -> None:
        commit = decided(self.state, edit, self._deciding, person, at)
        frame = encode(commit.change)
        assert isinstance(await self._committing.commit(commit, frame), Done)
        self.take(commit.after, session.entry(commit.change, frame, encode(commit.inverse)))


def names(*numbers: int) -> list[str]:
    return [f"edit-{number:04}" for number in numbers]


def title(number: int, expects: str) -> Edit:
    return Edit(f"edit-{number:04}", 0, (SetTitle(f"{number}", expects=expects),))


class Scene:
    """A session, which Bob edits too; in Redis, of which there is a past, and in SQL.

    Two workers have it open, and the fresh one has not yet.
    """

    def __init__(
        self,
        session_id: str,
        redis: Redis,
        database: Database,
        log: Log,
        archive: Archive,
        engine: Engine,
    ) -> None:
        self.id = session_id
        self.redis = redis
        self.past = Past(redis, session_id)
        self.database = database
        self.log = log
        self.archive = archive
        self.recorder = self.another_recorder()
        self.one, self.other, self.fresh = (
            Worker(session_id, log, engine, archive, redis) for _ in range(3)
        )
        self.both = self.one, self.other

    def another_recorder(self) -> Recorder:
        """One that knows of nothing yet."""
        return Recorder(self.redis, self.database, self.log, lambda: (self.id,), self.archive.again)

    async def record(self) -> None:
        await self.recorder.record(self.id)

    async def send_bob_away(self) -> None:
        """As SQL knows, and Redis does not."""
        async with self.database.writing() as sql:
            await sql.execute(delete(MemberRow).where(MemberRow.person == "g2"))
            await sql.execute(update(SessionRow).values(access=2))

    async def both_know(self, *numbers: int) -> None:
        """Of new edits."""
        await self.one.edit(*numbers)
        await self.other.read_on()

    async def both_read_on(self) -> None:
        await asyncio.gather(*(worker.read_on() for worker in self.both))

    async def edits(self) -> list[str]:
        """Those that the log has, one after the other."""
        entries = await self.log.entries(self.id)
        assert entries
        revisions = [committed.revision for committed, _ in entries.changes]
        assert revisions == list(range(entries.revision - len(revisions) + 1, entries.revision + 1))
        return [committed.edit for committed, _ in entries.changes]

    async def began(self) -> Began:
        began = await self.log.began(self.id)
        assert began
        return began


async def come_to_9_again(scene: Scene, *, recorded: bool = False, at: int = 2) -> None:
    """Edit 9 comes to its revision again, at this time: it was in flight to both workers. There
    it is on top of another one. recorded: SQL has what it was on top of before."""
    await scene.both_know(1, 2, 3)
    async with scene.past.kept():
        await scene.one.edit(4, 9)
        if recorded:
            await scene.record()
    await scene.other.edit(5, 9, 6, at=at)

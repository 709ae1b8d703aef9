"""Workers without sockets, and a Redis that goes back; for tests of what is regained."""

from redis.asyncio import Redis

from calc.operations import SetLevel, SetTitle
from server.client_messages import Edit
from server.engine import Engine
from server.live.follower import Follower
from server.log.log import Log
from server.log.logged import Done
from server.log.releases import Releases
from server.logic import session
from server.logic.rights import Access
from server.logic.session import Commit, Committed, State
from server.protocol import encode
from server.recording.archive import Archive
from server.redis.calls import key
from server.server_messages import Accepted, Refused
from server.settings import Settings

KEYS = ("head", "log", "build", "access", "ids", "digests", "losses")


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

    async def edit(self, *numbers: int, person: str = "g1", at: int = 1) -> None:
        """Make edits as this worker knows the session."""
        for number in numbers:
            await self.make(an_edit(number), person, at)

    async def make(self, edit: Edit, person: str = "g1", at: int = 1) -> None:
        commit = session.decide(self.state, person, edit, self._deciding, at)
        assert isinstance(commit, Commit)
        frame = encode(commit.change)
        assert isinstance(await self._committing.commit(commit, frame), Done)
        self.take(commit.after, session.entry(commit.change, frame, encode(commit.inverse)))


def an_edit(number: int) -> Edit:
    return Edit(f"edit-{number:04}", 0, (SetLevel(number % 50 + 1), SetTitle(f"{number}")))


def names(*numbers: int) -> list[str]:
    return [f"edit-{number:04}" for number in numbers]


def title(number: int, expects: str) -> Edit:
    return Edit(f"edit-{number:04}", 0, (SetTitle(f"{number}", expects=expects),))


class Past:
    """What Redis holds of a session at a moment, to which it can go back."""

    def __init__(self, redis: Redis, session_id: str) -> None:
        self._redis = redis
        self._keys = [key(session_id, name) for name in KEYS]
        self._dumps: list[bytes | None] = []

    async def keep(self) -> None:
        self._dumps = [await self._redis.dump(each) for each in self._keys]

    async def come_back(self) -> None:
        pipeline = self._redis.pipeline()
        for each, dump in zip(self._keys, self._dumps, strict=True):
            pipeline.delete(each)
            if dump is not None:
                pipeline.restore(each, 0, dump)
        await pipeline.execute()


async def edits_in(log: Log, session_id: str) -> list[str]:
    entries = await log.entries(session_id)
    assert entries
    revisions = [committed.revision for committed, _ in entries.changes]
    assert revisions == list(range(entries.revision - len(revisions) + 1, entries.revision + 1))
    return [committed.edit for committed, _ in entries.changes]

"""A log in memory with the contract of `server.log.log.Log`: no Redis, no waiting, one process.

`test_log.py` runs the contract against both. Its methods are coroutines that never wait, so that
`now` runs them without a loop.
"""

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from server.client_messages import Asked
from server.log.logged import (
    BrokenError,
    Done,
    Elsewhere,
    Head,
    Known,
    Loaded,
    Loss,
    Memory,
    News,
    Stored,
)
from server.logic.rights import Access
from server.logic.session import Commit, Committed, State, digest, entry, follow
from server.server_messages import Change, Refused

Answer = TypeVar("Answer")


def now(work: Coroutine[Any, Any, Answer]) -> Answer:
    """What a coroutine that never waits returns."""
    try:
        work.send(None)
    except StopIteration as done:
        answer: Answer = done.value
        return answer
    raise AssertionError("it waits")


class OneLog:
    """One session's."""

    def __init__(self, stored: Stored, engine: str, access: Access, memory: Memory) -> None:
        self.epoch = stored.epoch
        self.start = stored.revision
        self.engine = engine
        self.access = access
        self.stored = stored
        self.entries: dict[int, tuple[Committed, Change]] = {}
        self.made = {author: (revision, what) for author, revision, what in memory.edits}
        self.forgotten = memory.forgotten
        self.refusals: dict[str, Refused] = {}

    @property
    def head(self) -> Head:
        newest = max(self.entries, default=None)
        if newest is None:
            revision, edit = self.stored.revision, self.stored.edit
        else:
            revision, edit = newest, self.entries[newest][1].edit
        return Head(self.epoch, revision, edit, self.access.version, self.engine)

    def settled(self, author: str, base: int, what: str) -> Known | Refused | Elsewhere | None:
        """What became of an edit already."""
        if author in self.made:
            revision, made = self.made[author]
            return Elsewhere("lost") if made == "lost" else Known(revision, made == what)
        if author in self.refusals:
            return self.refusals[author]
        return Elsewhere("too_old") if base < self.forgotten else None


class MemoryLog:
    def __init__(self, keeps: int, edit_ids: int) -> None:
        self._keeps = keeps
        self._edit_ids = edit_ids
        self._logs: dict[str, OneLog] = {}

    async def open(
        self,
        session: str,
        stored: Stored,
        engine: str,
        access: Access,
        found: str = "",
        memory: Memory | None = None,
    ) -> bool:
        log = self._logs.get(session)
        if (log.epoch if log else "") != found:
            return False
        self._logs[session] = OneLog(stored, engine, access, memory or Memory("", 0, ()))
        return True

    async def load(self, session: str) -> Loaded | None:
        log = self._logs.get(session)
        if log is None:
            return None
        stored = log.stored
        state = State(
            session,
            log.epoch,
            stored.revision,
            stored.edit,
            log.engine,
            stored.build,
            stored.totals,
            stored.findings,
            log.access,
        )
        for revision in range(stored.revision + 1, log.head.revision + 1):
            state = follow(state, log.entries[revision][1])
        return Loaded(state, tuple(made for made, _ in log.entries.values()))

    async def since(self, state: State, losses: int = 0) -> News:
        log = self._logs.get(state.session)
        if log is None:
            raise BrokenError(state.session, "absent")
        head = log.head
        if head.epoch != state.epoch:
            raise BrokenError(state.session, "epoch")
        if head.revision < state.revision:
            raise BrokenError(state.session, "back")
        proof = log.entries.get(state.revision)
        if proof is not None and proof[1].edit != state.edit:
            raise BrokenError(state.session, "back")
        if proof is None and state.revision != log.start:
            raise BrokenError(state.session, "behind")
        changes = tuple(log.entries[each] for each in sorted(log.entries) if each > state.revision)
        access = None if log.access.version == state.access.version else log.access
        return News(changes, log.engine, access, more=False)

    async def commit(self, commit: Commit, frame: bytes) -> Done | Known | Refused | Elsewhere:
        before = commit.before
        log = self._logs.get(before.session)
        if log is None:
            return Elsewhere("absent")
        author = f"{commit.person} {commit.change.edit}"
        settled = log.settled(author, commit.base, commit.digest)
        if settled is not None:
            return settled
        head = log.head
        theirs = (before.epoch, before.revision, before.edit, before.access.version)
        if theirs != (head.epoch, head.revision, head.edit, head.access):
            return Elsewhere("moved")
        if before.engine != head.engine:
            return Elsewhere("engine")
        revision = head.revision + 1
        change = msgspec.json.decode(frame, type=Change)
        inverse = msgspec.json.encode(commit.inverse)
        log.entries[revision] = (entry(change, frame, inverse), change)
        log.engine = commit.after.engine
        log.made[author] = (revision, commit.digest)
        if len(log.made) > self._edit_ids:
            oldest = min(log.made, key=lambda each: log.made[each][0])
            log.forgotten = log.made.pop(oldest)[0]
        return Done(revision)

    async def commit_row(
        self, row: Sequence[tuple[Commit, bytes]]
    ) -> list[Done | Known | Refused | Elsewhere]:
        outcomes = []
        for commit, frame in row:
            outcomes.append(await self.commit(commit, frame))
            if not isinstance(outcomes[-1], Done):
                break
        return outcomes

    async def refuse(
        self, state: State, person: str, edit: Asked, refusal: Refused
    ) -> Refused | Known | Elsewhere:
        log = self._logs.get(state.session)
        if log is None:
            return Elsewhere("absent")
        author = f"{person} {edit.id}"
        settled = log.settled(author, edit.base, digest(edit))
        if settled is not None:
            return settled
        if not _at(log.head, state):
            return Elsewhere("moved")
        log.refusals[author] = refusal
        return refusal

    async def remembered(
        self, state: State, authors: Sequence[str]
    ) -> list[Known | Elsewhere | None] | None:
        made = self._logs[state.session].made
        return [
            None
            if author not in made
            else Elsewhere("lost")
            if made[author][1] == "lost"
            else Known(made[author][0], same=True)
            for author in authors
        ]

    async def give_up(self, state: State, loss: Loss, base: int) -> Known | Elsewhere:
        log, author = self._logs[state.session], loss.author
        if author in log.made:
            revision, what = log.made[author]
            return Elsewhere("lost") if what == "lost" else Known(revision, same=False)
        if not _at(log.head, state):
            return Elsewhere("moved")
        if base < log.forgotten:
            return Elsewhere("too_old")
        log.made[author] = (state.revision, "lost")
        return Elsewhere("lost")

    async def store(self, state: State) -> bool:
        log = self._logs[state.session]
        if log.epoch != state.epoch or log.stored.revision >= state.revision:
            return False
        log.stored = Stored(
            state.epoch, state.revision, state.edit, state.build, state.totals, state.findings
        )
        oldest = min(state.revision, log.head.revision - self._keeps)
        log.entries = {each: log.entries[each] for each in log.entries if each >= oldest}
        return True

    async def put_access(self, session: str, access: Access) -> bool:
        log = self._logs.get(session)
        if log is None or log.access.version >= access.version:
            return False
        log.access = access
        return True

    async def access_of(self, session: str) -> Access | None:
        log = self._logs.get(session)
        return None if log is None else log.access

    async def heads(self, sessions: Sequence[str]) -> list[Head | None]:
        return [self._logs[session].head if session in self._logs else None for session in sessions]

    def changes(self, session: str) -> list[Change]:
        """All that the log holds."""
        return [change for _, change in self._logs[session].entries.values()]


def _at(head: Head, state: State) -> bool:
    return head == Head(state.epoch, state.revision, state.edit, state.access.version, state.engine)


def by(change: Change) -> str:
    return "" if change.by is UNSET else change.by

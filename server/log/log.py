"""A session's truth in Redis: its log of changes, its stored build, its access.

What the scripts do and where things are: `scripts.py`. A failed or timed-out call raises
`UnreachableError`, a write for which Redis has no room `FullError`. A commit whose outcome is
unknown may be asked for again with the same edit id.
"""

from collections.abc import Awaitable, Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from server.client_messages import Making
from server.log import answers, scripts
from server.log.logged import (
    ALONE,
    Began,
    BrokenError,
    Done,
    Elsewhere,
    Entries,
    Head,
    Known,
    Loaded,
    Loss,
    Memory,
    News,
    Place,
    Stored,
)
from server.logic.rights import Access
from server.logic.session import Commit, Committed, State, digest, follow
from server.protocol import Position
from server.redis.calls import key, reaching
from server.server_messages import Refused
from server.telemetry.measures import UNMEASURED, Measures

LINE_MS = 1000  # how long a worker keeps its place in line
REFUSED_MS = 600_000  # an edit may be on its way no longer: a worker may wake up with it
LOSSES_MS = 24 * 3600 * 1000  # so long are those told who come back
BACKLOG = 200  # changes before the stored build that are loaded too: for those who come back

_encode = msgspec.json.encode
_stored = msgspec.json.Decoder(Stored)
_access = msgspec.json.Decoder(Access)


def _first(commit: Commit) -> str:
    """Whose edit it was first: under their name it may have been refused."""
    return commit.change.proposed_by or commit.person


class Log:
    """Every session's log. `keeps`: revisions that stay in it; `edit_ids`: ids remembered."""

    def __init__(
        self, redis: Redis, keeps: int, edit_ids: int, measures: Measures = UNMEASURED
    ) -> None:
        self._redis = redis
        self._failed = measures.redis_failed
        self._keeps = keeps
        self._edit_ids = edit_ids
        self._open = redis.register_script(scripts.OPEN)
        self._again = redis.register_script(scripts.AGAIN)
        self._entries = redis.register_script(scripts.ENTRIES)
        self._remembered = redis.register_script(scripts.REMEMBERED)
        self._give_up = redis.register_script(scripts.GIVE_UP)
        self._redone = redis.register_script(scripts.REDONE)
        self._commit = redis.register_script(scripts.COMMIT)
        self._load = redis.register_script(scripts.LOAD)
        self._since = redis.register_script(scripts.SINCE)
        self._refuse = redis.register_script(scripts.REFUSE)
        self._store = redis.register_script(scripts.STORE)
        self._put_access = redis.register_script(scripts.ACCESS)

    async def _run(
        self, script: Any, session: str, names: Sequence[str], *args: str | int | bytes
    ) -> Any:
        async with reaching(self._failed):
            answer: Awaitable[Any] = script(keys=[key(session, n) for n in names], args=args)
            return await answer

    async def open(
        self,
        session: str,
        stored: Stored,
        engine: str,
        access: Access,
        found: str = "",
        memory: Memory | None = None,
    ) -> bool:
        """Start a log, only if there is none (or, with `found`, only in place of that epoch).

        memory: what is known of the epochs before. False: another was first.
        """
        memory = memory or Memory("", 0, ())
        return bool(
            await self._run(
                self._open,
                session,
                ("head", "log", "build", "access", "ids", "digests", "hints", "losses"),
                stored.epoch,
                stored.revision,
                stored.edit,
                engine,
                access.version,
                _encode(stored),
                _encode(access),
                found,
                memory.previous,
                memory.forgotten,
                *(part for each in memory.edits for part in each),
            )
        )

    async def again(
        self, session: str, found: str, epoch: str, shared: Position, access: Access
    ) -> bool:
        """Let what the log holds go on in another epoch, if it is still in the epoch `found`.

        shared: the newest position that SQL has of the same history; False when the log does not
        hold it any more.
        """
        names = ("head", "access", "hints", "log")
        left = (shared.epoch, shared.revision)
        args = (found, epoch, *left, access.version, _encode(access), shared.edit, shared.at)
        return bool(await self._run(self._again, session, names, *args))

    async def entries(self, session: str) -> Entries | None:
        """All that the log holds, as it stands; None when Redis does not have the session."""
        answer = await self._run(self._entries, session, ("head", "log"))
        if answer is None:
            return None
        (epoch, revision, edit, previous, left_at), entries = answer
        return Entries(
            epoch.decode(),
            int(revision),
            edit.decode(),
            previous.decode(),
            int(left_at),
            tuple(map(answers.read_entry, entries)),
        )

    async def remembered(
        self, state: State, authors: Sequence[str]
    ) -> list[Known | Elsewhere | None] | None:
        """What became of each of these edits ("<person> <edit id>"); None: it is not known.

        Instead of the list None: the log is not one that led to `state`.
        """
        if not authors:
            return []
        names = ("head", "log", "ids", "digests")
        position = (state.epoch, state.revision, state.edit, state.at)
        revisions = await self._run(self._remembered, state.session, names, *position, *authors)
        if revisions is None:
            return None
        return [
            None
            if revision is None
            else Elsewhere("lost")
            if revision == b"-1"
            else Known(int(revision), same=True)
            for revision in revisions
        ]

    async def give_up(self, state: State, loss: Loss, base: int) -> Known | Elsewhere:
        """Remember that a lost edit may not be made again, and let every worker tell its author.

        base: of the edit. Known: another worker made it; Elsewhere: it is "lost", or "too_old" to
        tell, or `state` is not the newest.
        """
        names = ("head", "ids", "digests", "losses", "hints", "log")
        position = (state.epoch, state.revision, state.edit, state.access.version)
        args = (loss.author, *position, _encode(loss), LOSSES_MS, base, state.at)
        answer = await self._run(self._give_up, state.session, names, *args)
        return answers.known(answer, "") if answer[0] == b"known" else Elsewhere(answer[0].decode())

    async def redone(self, session: str, epoch: str) -> None:
        """All that was lost with the epochs before this one is decided again."""
        await self._run(self._redone, session, ("head",), epoch)

    async def load(self, session: str) -> Loaded | None:
        """The newest state, or None when Redis does not have the session. Raises BrokenError."""
        names = ("head", "log", "build", "access", "losses")
        answer = await self._run(self._load, session, names, BACKLOG)
        if answer is None:
            return None
        head, document, access, entries, told, now = answer
        epoch, revision, edit, engine, redone, _, number = head
        if document is None or access is None:
            raise BrokenError(session, "hole")
        stored = _stored.decode(document)
        state = State(
            session,
            epoch.decode(),
            stored.revision,
            stored.edit,
            engine.decode(),
            stored.build,
            stored.totals,
            stored.findings,
            _access.decode(access),
            stored.at,
        )
        recent = []
        for item in entries:
            committed, change = answers.read_entry(item)
            recent.append(committed)
            if change.revision > stored.revision:
                if change.revision != state.revision + 1:
                    raise BrokenError(session, "hole")
                state = follow(state, change)
        if state.position.where != (epoch.decode(), int(revision), edit.decode()):
            raise BrokenError(session, "hole")
        told_of = answers.losses(number, told, now)
        return Loaded(state, tuple(recent), redone == b"1", told_of)

    async def since(self, state: State, losses: int = 0) -> News:
        """What happened after `state`. Raises BrokenError when the log's history is another.

        losses: the number of those that are known.
        """
        answer = await self._run(
            self._since,
            state.session,
            ("head", "log", "access", "losses"),
            state.revision,
            state.access.version,
            losses,
        )
        if answer is None:
            raise BrokenError(state.session, "absent")
        (epoch, revision, _, engine, left_at, number), access, entries, told, now = answer
        changes = [answers.read_entry(entry) for entry in entries]
        if epoch.decode() != state.epoch:
            raise BrokenError(state.session, "epoch")
        answers.prove(state, int(revision), int(left_at), changes)
        for index, (_, change) in enumerate(changes):
            if change.revision != state.revision + 1 + index:
                raise BrokenError(state.session, "hole")
        reached = changes[-1][1].revision if changes else state.revision
        return News(
            tuple(changes),
            engine.decode(),
            None if access is None else _access.decode(access),
            more=reached < int(revision),
            losses=None if told is None else answers.losses(number, told, now),
        )

    async def began(self, session: str) -> Began | None:
        """Where a session stands; None when Redis does not have it."""
        async with reaching(self._failed):
            names = ["epoch", "revision", "previous", "left_at"]
            found: Any = self._redis.hmget(key(session, "head"), names)
            epoch, revision, previous, left_at = await found
        if epoch is None:
            return None
        return Began(epoch.decode(), int(revision), previous.decode(), int(left_at))

    async def before(self, session: str, epoch: str, revision: int, count: int) -> list[Committed]:
        """The newest changes before a revision that the epoch's log still has, rising."""
        async with reaching(self._failed), self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hget(key(session, "head"), "epoch")
            newest = f"({revision}-0"
            pipeline.xrevrange(key(session, "log"), newest, "-", count)
            found, entries = await pipeline.execute()
        if found is None or found.decode() != epoch:
            return []
        return [answers.read_fields(fields)[0] for _, fields in reversed(entries)]

    async def commit(
        self, commit: Commit, frame: bytes, place: Place = ALONE
    ) -> Done | Known | Refused | Elsewhere:
        """Append an edit's change, if the session is still what it was decided on.

        Refused: another worker has refused this edit already.

        frame: the change as it goes on the wire.
        """
        return (await self.commit_row([(commit, frame)], place))[0]

    async def commit_row(
        self, row: Sequence[tuple[Commit, bytes]], place: Place = ALONE
    ) -> list[Done | Known | Refused | Elsewhere]:
        """Append the changes of edits of which each was decided on what the one before led to.

        What became of each, as `commit` tells it, up to the first that was not made now: what
        follows that one was not looked at.
        """
        before = row[0][0].before
        authors = [f"{commit.person} {commit.change.edit}" for commit, _ in row]
        answer = await self._run(
            self._commit,
            before.session,
            (
                *("head", "log", "ids", "digests", "hints", "line"),
                *(f"refusal:{_first(commit)} {commit.change.edit}" for commit, _ in row),
            ),
            before.epoch,
            before.revision,
            before.edit,
            before.access.version,
            before.engine,
            before.at,
            self._edit_ids,
            place.worker,
            int(place.urgent),
            int(place.stays),
            LINE_MS,
            *(
                part
                for author, (commit, frame) in zip(authors, row, strict=True)
                for part in (
                    author,
                    commit.digest,
                    commit.base,
                    commit.change.edit,
                    frame,
                    _encode(commit.inverse),
                    commit.after.engine,
                )
            ),
        )
        return [
            answers.outcome(each, commit.digest)
            for each, (commit, _) in zip(answer, row, strict=False)
        ]

    async def refuse(
        self, state: State, person: str, edit: Making, refusal: Refused
    ) -> Refused | Known | Elsewhere:
        """Refuse an edit as it was decided on `state`, if that is the newest and it was not made.

        Whoever holds the same edit elsewhere cannot commit it from then on, for as long as it may
        be on its way. The answer is the first refusal, where there was one.
        """
        author = f"{person} {edit.id}"
        answer = await self._run(
            self._refuse,
            state.session,
            ("head", "ids", "digests", f"refusal:{author}", "log"),
            author,
            edit.base,
            state.epoch,
            state.revision,
            state.edit,
            state.access.version,
            state.engine,
            _encode(refusal),
            REFUSED_MS,
            state.at,
        )
        match answer[0]:
            case b"refused":
                return answers.refused(answer[1])
            case b"known":
                return answers.known(answer, digest(edit))
            case other:
                return Elsewhere(other.decode())

    async def store(self, state: State) -> bool:
        """Store the build, if it is newer than the stored one, and trim the log behind it."""
        stored = Stored(
            state.epoch,
            state.revision,
            state.edit,
            state.build,
            state.totals,
            state.findings,
            state.at,
        )
        return bool(
            await self._run(
                self._store,
                state.session,
                ("head", "log", "build"),
                state.epoch,
                state.revision,
                _encode(stored),
                self._keeps,
                state.edit,
                state.at,
            )
        )

    async def put_access(self, session: str, access: Access) -> bool:
        """Give the session a newer access; an older one changes nothing."""
        return bool(
            await self._run(
                self._put_access,
                session,
                ("head", "access", "hints"),
                access.version,
                _encode(access),
            )
        )

    async def ping(self) -> None:
        """Raises UnreachableError."""
        async with reaching(self._failed):
            await self._redis.ping()

    async def heads(self, sessions: Sequence[str]) -> list[Head | None]:
        """Where these sessions stand; None for one that Redis does not have."""
        async with reaching(self._failed), self._redis.pipeline(transaction=False) as pipeline:
            for session in sessions:
                pipeline.hmget(
                    key(session, "head"),
                    ["epoch", "revision", "edit", "access", "engine", "losses"],
                )
            heads = await pipeline.execute()
        return [answers.head(head) if head[0] is not None else None for head in heads]

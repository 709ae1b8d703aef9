"""What a session's log holds, read from Redis; what writes it is in `log.py`.

A failed or timed-out call raises `UnreachableError`.
"""

from collections.abc import Awaitable, Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

from server.log import answers, scripts
from server.log.logged import Began, BrokenError, Entries, Head, Loaded, News
from server.logic.rights import Access
from server.logic.session import Committed, State, follow
from server.redis.calls import key, reaching
from server.telemetry.measures import UNMEASURED, Measures

BACKLOG = 200  # changes before the stored build that are loaded too: for those who come back

_access = msgspec.json.Decoder(Access)


class Reader:
    """Reads every session's log."""

    def __init__(self, redis: Redis, measures: Measures = UNMEASURED) -> None:
        self._redis = redis
        self._failed = measures.redis_failed
        self._entries = redis.register_script(scripts.ENTRIES)
        self._load = redis.register_script(scripts.LOAD)
        self._since = redis.register_script(scripts.SINCE)

    async def _run(
        self, script: Any, session: str, names: Sequence[str], *args: str | int | bytes
    ) -> Any:
        async with reaching(self._failed):
            answer: Awaitable[Any] = script(keys=[key(session, n) for n in names], args=args)
            return await answer

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
        stored = answers.stored_of(document)
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

    async def access_of(self, session: str) -> Access | None:
        """What commits are bound to; None when Redis does not have the session."""
        async with reaching(self._failed):
            found: Any = self._redis.get(key(session, "access"))
            encoded = await found
        return None if encoded is None else _access.decode(encoded)

    async def began(self, session: str) -> Began | None:
        """Where a session stands; None when Redis does not have it."""
        async with reaching(self._failed):
            names = ["epoch", "revision", "previous", "left_at", "redone"]
            found: Any = self._redis.hmget(key(session, "head"), names)
            epoch, revision, previous, left_at, redone = await found
        if epoch is None:
            return None
        place = int(revision), previous.decode(), int(left_at)
        return Began(epoch.decode(), *place, redone == b"1")

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

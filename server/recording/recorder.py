"""The log, written on to SQL within a second or two.

Any worker may record any session: rows are keyed by session, epoch and revision, and written
with the position in one transaction, so two recorders do no harm. The log in Redis is trimmed
only behind what is recorded.

Sessions that simply went on are written several in one transaction (`together.py`): each
costs a synced disk. Whatever else there is to say of a session is looked at alone
(`alone.py`), and what fails there is its own.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from server.log import scripts
from server.log.log import Log
from server.log.logged import Head
from server.members.access import access_of
from server.members.sharing import share
from server.orm import (
    ChangeRow,
    Database,
    DatabaseAwayError,
    EpochRow,
    SessionRow,
)
from server.protocol import Position
from server.recording.alone import Alone
from server.recording.behind import Behind
from server.recording.outage import Outage
from server.recording.removal import Recorded, Removal, look_for_again
from server.recording.rows import BATCH, names_of, proof_of, recorded_of
from server.recording.together import Grown, grown, write_together
from server.redis.calls import FullError, UnreachableError, reaching
from server.redis.clients import is_cluster
from server.telemetry.measures import UNMEASURED, Measures

logger = logging.getLogger(__name__)

EVERY_S = 1.0
ACCESS_EVERY = 5  # rounds: then Redis is given the access that SQL alone has
SWEEP_EVERY = 60  # rounds: then also the sessions of which no worker knows
THOROUGH_EVERY = 60  # sweeps: then also those that SQL takes to be away
HEADS = 100  # sessions that are looked at in one round trip
TOGETHER = 32  # sessions in one transaction: what is done for them at once holds up the others
_Call = tuple[Sequence[str], Sequence[str | int]]  # a script's keys and arguments


class Recorder:
    """Records the sessions that are open here, and now and then those that nobody has open.

    open_sessions: the ids of the sessions that this worker serves.
    mend: called for a session whose log went back, with the epoch in which it did.
    idle_s: so long after nobody had them open, sessions are removed from Redis.
    """

    def __init__(
        self,
        redis: Redis,
        database: Database,
        log: Log,
        open_sessions: Callable[[], Iterable[str]],
        mend: Callable[[str, str], Awaitable[None]],
        measures: Measures = UNMEASURED,
        idle_s: float = 24 * 3600.0,
    ) -> None:
        self._redis = redis
        self._sweep_every = max(1, min(SWEEP_EVERY, int(idle_s / EVERY_S)))
        self._removal = Removal(redis, database, idle_s, self._run_each)
        self._unseen = math.inf  # since when Redis does not say whether it does
        self._failed = measures.redis_failed
        self._unrecorded = redis.register_script(scripts.UNRECORDED)
        self._recorded = redis.register_script(scripts.RECORDED)
        self._database = database
        self._log = log
        self._open_sessions = open_sessions
        self._stopping = asyncio.Event()
        self._rounds = self._sweeps = 0
        self._reached: dict[str, Position] = {}  # what SQL has of the sessions that are open
        self._behind = Behind(self._reached)
        self._outage = Outage(ACCESS_EVERY)
        self._alone = Alone(redis, database, self._reached, mend, measures)
        self._failing: set[str] = set()  # sessions that could not be recorded, last time
        self._unfinished: set[str] = set()  # these, and those at which SQL or Redis went away

    @property
    def failing(self) -> int:
        """How many sessions cannot be recorded."""
        return len(self._failing)

    @property
    def lag_s(self) -> float:
        """How long ago this worker found the oldest change that SQL still lacks, or could not find
        out whether there is one; 0.0: none."""
        now = time.monotonic()
        return now - min(now, self._unseen, self._behind.since)

    def stop(self) -> None:
        """End after one more round: a transaction that is cut off leaves its connection
        unclosed, and that one's thread would keep the process from its end."""
        self._stopping.set()

    async def run(self) -> None:
        """Record until stopped. While SQL or Redis is away, or SQL is not as it should be, the log
        keeps what is to come."""
        while True:
            last = self._stopping.is_set()
            try:
                opened = set(self._open_sessions())
                for closed in self._reached.keys() - opened:
                    del self._reached[closed]
                full = await self._round_or_full(tuple(opened))
                self._unseen = math.inf
                if self._rounds % self._sweep_every == 0 and not last:
                    await self._sweep(opened, removes=True)
                self._rounds += 1
                if full is not None:
                    raise full
                self._outage.went_well()
            except (UnreachableError, FullError, DatabaseAwayError, SQLAlchemyError) as error:
                if isinstance(error, UnreachableError):
                    self._unseen = min(self._unseen, time.monotonic())
                self._outage.hindered(error)
            if last:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._stopping.wait()

    async def flush(self) -> Set[str]:
        """Record every session, once; those that cannot be.

        Raises UnreachableError, FullError or DatabaseAwayError.
        """
        await self._sweep(frozenset())
        return frozenset(self._failing)

    async def _round_or_full(self, sessions: Sequence[str]) -> FullError | None:
        """A round; what ended it when Redis is full: what nobody uses may leave it all the same."""
        try:
            await self._round(sessions)
        except FullError as full:
            return full
        return None

    async def _round(self, sessions: Sequence[str]) -> None:
        changed: list[str] = []
        stands: dict[str, Head] = {}
        for some in _chunks(sessions, HEADS):
            found = zip(some, await self._log.heads(some), strict=True)
            heads = {session: head for session, head in found if head is not None}
            stands |= heads
            self._behind.compare(some, heads)
            await self._look_up({s: head for s, head in heads.items() if s not in self._reached})
            self._behind.compare(some, heads)
            if self._rounds % ACCESS_EVERY == 0:
                await self._compare_access(heads)
            changed += (
                session
                for session, head in heads.items()
                if not self._has(session, head) or session in self._unfinished
            )
        known = self._reached.keys() - self._unfinished
        alone = [each for each in changed if each not in known]
        for some in _chunks([each for each in changed if each in known], TOGETHER):
            alone += await self._record_together(some)
            self._behind.compare(some, stands)
        for session in sorted(alone, key=self._unfinished.__contains__):
            if await self._record_alone(session):
                self._behind.compare([session], stands)

    async def _sweep(self, opened: Set[str], *, removes: bool = False) -> None:
        """Also those sessions that nobody has open: of a worker that died, say.

        removes: take those from Redis that nobody uses any more. A full one keeps those that it
        lets nobody mend, and others may go; without `removes` that raises FullError.
        """
        passed_over = (FullError,) if removes else ()
        async with self._database.reading() as sql:
            thorough = self._sweeps % THOROUGH_EVERY == 0
            rows = await sql.execute(_newest_positions(thorough=thorough))
            newest = {row.session_id: row for row in rows if row.session_id not in opened}
        self._sweeps += 1
        # Others may have removed what this worker had not recorded yet.
        left = opened | newest.keys()
        self._behind.keep(left)
        self._failing &= left
        self._unfinished &= left
        for some in _chunks(tuple(newest), HEADS):
            heads = await self._log.heads(some)
            for session, head in zip(some, heads, strict=True):
                row = newest[session]
                if head is None or (head.epoch, head.revision) == (row.epoch, row.recorded):
                    self._done(session)  # another worker did it, if there was anything to do
                    continue
                self._behind.lacks(session, head)
                with suppress(*passed_over):
                    if await self._record_alone(session):
                        self._done(session)
            if removes:
                known = {
                    session: Recorded(
                        session,
                        Position(row.epoch, row.recorded, row.edit or "", row.at or 0),
                        row.ended_at is not None,
                    )
                    for session, row in ((session, newest[session]) for session in some)
                }
                there = [s for s, head in zip(some, heads, strict=True) if head is not None]
                await self._removal.gone(
                    [
                        known[s]
                        for s in some
                        if s not in there and newest[s].away != known[s].position.epoch
                    ]
                )
                for each in await self._removal.remove([known[s] for s in there]):
                    logger.info("session %s: nobody uses it; it left Redis", each.session)

    async def _look_up(self, heads: Mapping[str, Head]) -> None:
        """What SQL has of sessions that were opened, and their access for Redis."""
        if not heads:
            return
        async with self._database.reading() as sql:
            known = await recorded_of(sql, tuple(heads))
            marked = SessionRow.id.in_(heads), SessionRow.away.is_not(None)
            away = (await sql.scalars(select(SessionRow.id).where(*marked))).all()
        # A Redis that went back has one again, or it came just when it was looked for.
        await look_for_again(self._database, away)
        self._reached |= {session: reached for session, (_, reached) in known.items()}
        await self._bring_access(
            heads, {session: version for session, (version, _) in known.items()}
        )

    async def _compare_access(self, heads: Mapping[str, Head]) -> None:
        if not heads:
            return
        async with self._database.reading() as sql:
            found = select(SessionRow.id, SessionRow.access).where(SessionRow.id.in_(heads))
            versions = {row.id: row.access for row in await sql.execute(found)}
        await self._bring_access(heads, versions)

    async def _bring_access(self, heads: Mapping[str, Head], versions: Mapping[str, int]) -> None:
        """Give Redis the access where SQL's is newer: a worker may have died, or Redis been away,
        or gone back. And where SQL's is older: then SQL went back, for it is first with each."""
        for session, version in versions.items():
            if version != heads[session].access:
                rights = await access_of(self._database, session)
                await share(self._database, self._log, session, rights)

    async def _record_alone(self, session: str) -> bool:
        """Whether it could be: what one fails with is not the others'."""
        self._unfinished.add(session)
        try:
            await self.record(session)
        except (UnreachableError, FullError, DatabaseAwayError):
            raise
        except Exception:
            if session not in self._failing:
                logger.exception("session %s: it cannot be recorded", session)
            self._failing.add(session)
            return False
        self._failing.discard(session)
        self._unfinished.discard(session)
        return True

    def _done(self, session: str) -> None:
        """SQL has all of it."""
        self._behind.done(session)
        self._failing.discard(session)
        self._unfinished.discard(session)

    async def _record_together(self, sessions: Sequence[str]) -> list[str]:
        """Write what SQL lacks of sessions of which the position is known, in one transaction.

        Returns those of which nothing was written, to be looked at alone.
        """
        found = await self._what_is_new(sessions)
        if not found:
            return list(sessions)
        try:
            async with self._database.writing() as sql:
                written = await write_together(sql, found)
        except SQLAlchemyError:
            return list(sessions)  # one of them spoils it for all
        calls: list[_Call] = [
            (
                names_of(each.session)[:2],
                proof_of(each.after),
            )
            for each in written
        ]
        answers = await self._run_each(self._recorded, calls)
        done = {
            each.session: each.after
            for each, answer in zip(written, answers, strict=True)
            if not isinstance(answer, Exception)
        }
        self._reached.update(done)
        return [each for each in sessions if each not in done]

    async def _what_is_new(self, sessions: Sequence[str]) -> list[Grown]:
        """Of those sessions that only went on, and not by very much."""
        before = [self._reached[each] for each in sessions]
        calls: list[_Call] = [
            (names_of(session), [reached.epoch, reached.revision, BATCH, 0])
            for session, reached in zip(sessions, before, strict=True)
        ]
        answers = await self._run_each(self._unrecorded, calls)
        each_found = map(grown, sessions, before, answers)
        return [each for each in each_found if each is not None]

    async def _run_each(self, script: Any, calls: Sequence[_Call]) -> list[Any]:
        """What a script answers to each of these keys and arguments, or what it failed with."""
        async with reaching(self._failed):
            if is_cluster(self._redis):  # it has no pipeline for scripts
                running = (script(keys=keys, args=args) for keys, args in calls)
                return await asyncio.gather(*running, return_exceptions=True)
            async with self._redis.pipeline(transaction=False) as pipeline:
                for keys, args in calls:
                    await script(keys=keys, args=args, client=pipeline)
                return await pipeline.execute(raise_on_error=False)

    async def record(self, session: str) -> None:
        """Write all that SQL lacks of one session."""
        await self._alone.record(session)

    def _has(self, session: str, head: Head) -> bool:
        """Whether SQL has all of a session, as far as it is known."""
        reached = self._reached.get(session)
        return reached is not None and head.at(reached)


def _newest_positions(*, thorough: bool) -> Any:
    """The newest epoch of each session that may be in Redis, how much of it is in SQL, and the
    edit there; of one that ended too, for what happened right before.

    thorough: also those that came back without a word, by a worker that died before it could say
    so, or with a Redis that went back.
    """
    newest = select(EpochRow.session_id, func.max(EpochRow.ordinal).label("ordinal")).group_by(
        EpochRow.session_id
    )
    if not thorough:
        there = select(SessionRow.id).where(SessionRow.away.is_(None))
        newest = newest.where(EpochRow.session_id.in_(there))
    each = newest.subquery()
    return (
        select(
            EpochRow.session_id,
            EpochRow.epoch,
            EpochRow.recorded,
            SessionRow.ended_at,
            SessionRow.away,
            ChangeRow.edit,
            ChangeRow.at,
        )
        .join(
            each,
            (each.c.session_id == EpochRow.session_id) & (each.c.ordinal == EpochRow.ordinal),
        )
        .join(SessionRow, SessionRow.id == EpochRow.session_id)
        .outerjoin(
            ChangeRow,
            (ChangeRow.session_id == EpochRow.session_id)
            & (ChangeRow.epoch == EpochRow.epoch)
            & (ChangeRow.revision == EpochRow.recorded),
        )
    )


def _chunks(sessions: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for first in range(0, len(sessions), size):
        yield sessions[first : first + size]

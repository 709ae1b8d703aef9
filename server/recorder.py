"""The log, written on to SQL within a second or two.

Any worker may record any session: rows are keyed by session, epoch and revision, and written
with the position in one transaction, so two recorders do no harm. The log in Redis is trimmed
only behind what is recorded.

A recorder reads on from the newest position that SQL has, and looks first whether the log still
holds the same edit there. If it does not, Redis went back: the session is mended (`archive.py`)
before anything more of it is recorded.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence, Set
from contextlib import suppress
from typing import Any

import msgspec
from redis.asyncio import Redis
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server import scripts
from server.access import access_of, now_ms
from server.archive import Start, know_epoch, recorded_position
from server.log import FullError, Head, Log, UnreachableError, key, reaching, read_entry
from server.orm import (
    ChangeRow,
    CheckpointRow,
    Database,
    DatabaseAwayError,
    EpochRow,
    SessionRow,
    insert_new,
)
from server.protocol import Position
from server.session import digest

logger = logging.getLogger(__name__)

EVERY_S = 1.0
SWEEP_EVERY = 60  # rounds: then also the sessions of which no worker knows
BATCH = 500  # changes in one transaction
HEADS = 500  # sessions that are looked at in one round trip
ENDED_MS = 24 * 3600 * 1000  # so long are ended sessions looked after
CHECKPOINT_EVERY = 256  # revisions


class WentBackError(Exception):
    """The log is not the history that SQL has of the same epoch."""


class _StoredRevision(msgspec.Struct, frozen=True):
    """Of a stored build, without the build."""

    revision: int


_stored_revision = msgspec.json.Decoder(_StoredRevision)


class Recorder:
    """Records the sessions that are open here, and now and then those that nobody has open.

    open_sessions: the ids of the sessions that this worker serves.
    mend: called for a session whose log went back, with the epoch in which it did.
    """

    def __init__(
        self,
        redis: Redis,
        database: Database,
        log: Log,
        open_sessions: Callable[[], Iterable[str]],
        mend: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self._unrecorded = redis.register_script(scripts.UNRECORDED)
        self._recorded = redis.register_script(scripts.RECORDED)
        self._database = database
        self._log = log
        self._open_sessions = open_sessions
        self._mend = mend
        self._stopping = asyncio.Event()
        self._positions: dict[str, Position] = {}  # what SQL has of the sessions that are open

    def stop(self) -> None:
        """End after one more round: a transaction that is cut off leaves its connection
        unclosed, and that one's thread would keep the process from its end."""
        self._stopping.set()

    async def run(self) -> None:
        """Record until stopped. While SQL or Redis is away the log keeps what is to come."""
        rounds = 0
        away = False
        while True:
            last = self._stopping.is_set()
            try:
                opened = set(self._open_sessions())
                self._positions = {s: p for s, p in self._positions.items() if s in opened}
                await self._round(tuple(opened))
                if rounds % SWEEP_EVERY == 0 and not last:
                    await self._sweep(opened)
                rounds += 1
                away = False
            except (UnreachableError, FullError, DatabaseAwayError) as error:
                if not away:
                    logger.warning("recording waits: %s", error)
                away = True
            if last:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._stopping.wait()

    async def _round(self, sessions: Sequence[str]) -> None:
        for some in _chunks(sessions, HEADS):
            heads = await self._log.heads(some)
            for session, head in zip(some, heads, strict=True):
                if head is None or self._positions.get(session) == head.position:
                    continue
                if session not in self._positions:
                    await self._bring_access(session, head)
                await self.record(session)

    async def _sweep(self, opened: Set[str]) -> None:
        """Also those sessions that nobody has open: of a worker that died, say."""
        async with self._database.reading() as sql:
            rows = await sql.execute(_newest_positions())
            newest = {row.session_id: row for row in rows if row.session_id not in opened}
        for some in _chunks(tuple(newest), HEADS):
            heads = await self._log.heads(some)
            for session, head in zip(some, heads, strict=True):
                row = newest[session]
                if head is not None and (head.epoch, head.revision) != (row.epoch, row.recorded):
                    await self.record(session)

    async def _bring_access(self, session: str, head: Head) -> None:
        """SQL is first with it; a worker may have died in between, or Redis gone back."""
        async with self._database.reading() as sql:
            row = await sql.get(SessionRow, session)
        if row is not None and row.access > head.access:
            await self._log.put_access(session, await access_of(self._database, session))

    async def record(self, session: str) -> None:
        """Write all that SQL lacks of one session."""
        try:
            while await self._record_batch(session):
                pass
        except WentBackError as error:
            logger.warning("session %s: its log went back, in epoch %s", session, error)
            await self._mend(session, str(error))

    async def _record_batch(self, session: str) -> bool:
        """Write some; whether there may be more. Raises WentBackError."""
        position = self._positions.pop(session, None)
        if position is None:
            async with self._database.reading() as sql:
                position = await recorded_position(sql, session)
            if position is None:
                return False  # SQL does not know the session: it was restored from a backup
        names = [key(session, name) for name in ("head", "log", "build")]
        async with reaching():
            ask = (position.epoch, position.revision, BATCH)
            answer: Any = await self._unrecorded(keys=names, args=ask)
        if answer is None:
            return False
        epoch, revision, edit, previous, left_at = answer[0]
        start = Start(epoch.decode(), previous.decode(), int(left_at))
        if len(answer) == 1:
            await self._follow_epoch(session, start)
            return True
        entries, stored = answer[1:]
        rows = [_row(session, start.epoch, entry) for entry in entries]
        if int(revision) < position.revision:
            raise WentBackError(start.epoch)
        proof = rows.pop(0) if rows and rows[0]["revision"] == position.revision else None
        if proof is not None and position.edit and proof["edit"] != position.edit:
            raise WentBackError(start.epoch)
        if rows:
            recorded = await self._write(session, start, rows, stored)
            revision, edit = rows[-1]["revision"], rows[-1]["edit"]
            async with reaching():
                await self._recorded(keys=names[:1], args=[start.epoch, revision])
            if recorded > revision:
                return True  # by another recorder, or before Redis went back: the log tells
        else:
            edit = edit.decode()
        self._positions[session] = Position(start.epoch, int(revision), edit)
        return len(entries) == BATCH

    async def _follow_epoch(self, session: str, start: Start) -> None:
        """The log is in another epoch than SQL, as far as we knew. Raises WentBackError."""
        async with self._database.writing() as sql:
            newest = await recorded_position(sql, session)
            if newest is not None and newest.epoch == start.epoch:
                return  # another recorder was first
            known = await sql.get(EpochRow, (session, start.epoch))
            if newest is None or known is not None or start.previous != newest.epoch:
                raise WentBackError(start.epoch)
            await know_epoch(sql, session, start)

    async def _write(
        self, session: str, start: Start, rows: list[dict[str, Any]], stored: bytes
    ) -> int:
        """The revision up to which SQL had them before. Raises WentBackError."""
        first, last = rows[0]["revision"], rows[-1]["revision"]
        async with self._database.writing() as sql:
            await sql.execute(insert_new(sql, ChangeRow, rows))
            same = await sql.execute(
                select(ChangeRow.revision, ChangeRow.edit).where(
                    ChangeRow.session_id == session,
                    ChangeRow.epoch == start.epoch,
                    ChangeRow.revision >= first,
                    ChangeRow.revision <= last,
                )
            )
            edits = {row.revision: row.edit for row in same}
            recorded = await sql.scalar(
                select(EpochRow.recorded).where(
                    EpochRow.session_id == session, EpochRow.epoch == start.epoch
                )
            )
            assert recorded is not None
            if any(edits[row["revision"]] != row["edit"] for row in rows):
                raise WentBackError(start.epoch)
            if recorded < last:
                moved = update(EpochRow).where(
                    EpochRow.session_id == session,
                    EpochRow.epoch == start.epoch,
                    EpochRow.recorded < last,
                )
                await sql.execute(moved.values(recorded=last))
            lacking = recorded < first - 1  # SQL was restored from a backup, and a part is gone
            if lacking or (first - 1) // CHECKPOINT_EVERY != last // CHECKPOINT_EVERY:
                await _checkpoint(sql, session, start, last, stored)
            return recorded


def _newest_positions() -> Any:
    """The newest epoch of each session, and how much of it is in SQL; of one that ended too,
    for what happened right before."""
    newest = (
        select(EpochRow.session_id, func.max(EpochRow.ordinal).label("ordinal"))
        .group_by(EpochRow.session_id)
        .subquery()
    )
    return (
        select(EpochRow.session_id, EpochRow.epoch, EpochRow.recorded)
        .join(
            newest,
            (newest.c.session_id == EpochRow.session_id) & (newest.c.ordinal == EpochRow.ordinal),
        )
        .join(SessionRow, SessionRow.id == EpochRow.session_id)
        .where(SessionRow.ended_at.is_(None) | (SessionRow.ended_at > now_ms() - ENDED_MS))
    )


def _chunks(sessions: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for first in range(0, len(sessions), size):
        yield sessions[first : first + size]


def _row(session: str, epoch: str, entry: Any) -> dict[str, Any]:
    committed, change = read_entry(entry)
    return {
        "session_id": session,
        "epoch": epoch,
        "revision": change.revision,
        "person": None if change.by is msgspec.UNSET else change.by,
        "edit": change.edit,
        "digest": digest(change),
        "at": change.at,
        "frame": committed.frame,
        "inverse": committed.inverse,
    }


async def _checkpoint(
    sql: AsyncSession, session: str, start: Start, last: int, stored: bytes
) -> None:
    """Keep the stored build too, now and then: to open from it is quicker."""
    revision = _stored_revision.decode(stored).revision
    if start.left_at <= revision <= last:
        row = {
            "session_id": session,
            "epoch": start.epoch,
            "revision": revision,
            "stored": stored,
        }
        await sql.execute(insert_new(sql, CheckpointRow, [row]))

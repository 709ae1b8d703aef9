"""A session of which anything may be to say: all that SQL lacks of it is written alone.

What is read goes on from the newest position that SQL has, and first it is looked whether the log
still holds the same edit there. If it does not, Redis went back: the session is mended before
anything more of it is recorded.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.log import scripts
from server.members.checkpoints import keep_build
from server.orm import ChangeRow, Database, EpochRow, insert_each
from server.protocol import Position
from server.recording.archive import Start, know_epoch, recorded_position
from server.recording.rows import (
    BATCH,
    is_at,
    names_of,
    needs_checkpoint,
    proof_of,
    reached_with,
    row_of,
)
from server.redis.calls import FullError, reaching
from server.telemetry.measures import UNMEASURED, Measures

logger = logging.getLogger(__name__)


class WentBackError(Exception):
    """The log is not the history that SQL has of the same epoch."""


class _StoredRevision(Struct, frozen=True):
    """Of a stored build, without the build."""

    revision: int


_stored_revision = msgspec.json.Decoder(_StoredRevision)


class Alone:
    """Records one session at a time.

    reached: what SQL has of the sessions that are open, as far as it is known; kept so.
    mend: called for a session whose log went back, with the epoch in which it did.
    """

    def __init__(
        self,
        redis: Redis,
        database: Database,
        reached: dict[str, Position],
        mend: Callable[[str, str], Awaitable[None]],
        measures: Measures = UNMEASURED,
    ) -> None:
        self._unrecorded = redis.register_script(scripts.UNRECORDED)
        self._recorded = redis.register_script(scripts.RECORDED)
        self._database = database
        self._reached = reached
        self._mend = mend
        self._failed = measures.redis_failed

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
        reached = self._reached.pop(session, None)
        if reached is None:
            async with self._database.reading() as sql:
                reached = await recorded_position(sql, session)
            if reached is None:
                return False  # SQL does not know the session: it was restored from a backup
        names = names_of(session)
        async with reaching(self._failed):
            ask = (reached.epoch, reached.revision, BATCH, 1)
            answer: Any = await self._unrecorded(keys=names, args=ask)
        if answer is None:
            return False
        epoch, revision, edit, previous, left_at = answer[0]
        start = Start(epoch.decode(), previous.decode(), int(left_at))
        if len(answer) == 1:
            await self._follow_epoch(session, start)
            return True
        entries, stored = answer[1:]
        rows = [row_of(session, start.epoch, entry) for entry in entries]
        if int(revision) < reached.revision:
            raise WentBackError(start.epoch)
        proof = rows.pop(0) if rows and rows[0]["revision"] == reached.revision else None
        if proof is not None and not is_at(proof, reached):
            raise WentBackError(start.epoch)
        recorded = 0
        if rows:
            recorded = await self._write(session, start, rows, stored)
            after = reached_with(start.epoch, rows[-1])
        elif proof is not None:
            after = reached_with(start.epoch, proof)
        else:
            after = Position(start.epoch, int(revision), edit.decode())
        # Without new rows, too: it may not have come there. A full Redis refuses it, and can only
        # get room when what is recorded may go.
        with suppress(FullError):
            async with reaching(self._failed):
                await self._recorded(keys=names[:2], args=proof_of(after))
        if recorded > after.revision:
            return True  # by another recorder, or before Redis went back: the log tells
        self._reached[session] = after
        return len(entries) == BATCH

    async def _follow_epoch(self, session: str, start: Start) -> None:
        """The log is in another epoch than SQL, as far as we knew. Raises WentBackError."""
        async with self._database.writing() as sql:
            newest = await recorded_position(sql, session)
            epoch = "" if newest is None else newest.epoch
            if epoch == start.epoch:
                return  # another recorder was first
            known = await sql.get(EpochRow, (session, start.epoch))
            if newest is None or known is not None or start.previous != epoch:
                raise WentBackError(start.epoch)
            await know_epoch(sql, session, start)

    async def _write(
        self, session: str, start: Start, rows: list[dict[str, Any]], stored: bytes
    ) -> int:
        """The revision up to which SQL had them before. Raises WentBackError."""
        first, last = rows[0]["revision"], rows[-1]["revision"]
        async with self._database.writing() as sql:
            # Locked first, as in `write_together`: neither waits for what the other holds.
            position = select(EpochRow.recorded).where(
                EpochRow.session_id == session, EpochRow.epoch == start.epoch
            )
            recorded = await sql.scalar(position.with_for_update())
            assert recorded is not None
            await sql.execute(insert_each(sql, ChangeRow), rows)
            same = await sql.execute(
                select(ChangeRow.revision, ChangeRow.edit, ChangeRow.at).where(
                    ChangeRow.session_id == session,
                    ChangeRow.epoch == start.epoch,
                    ChangeRow.revision >= first,
                    ChangeRow.revision <= last,
                )
            )
            made = {row.revision: (row.edit, row.at) for row in same}
            if any(made[row["revision"]] != (row["edit"], row["at"]) for row in rows):
                raise WentBackError(start.epoch)
            if recorded < last:
                moved = update(EpochRow).where(
                    EpochRow.session_id == session,
                    EpochRow.epoch == start.epoch,
                    EpochRow.recorded < last,
                )
                await sql.execute(moved.values(recorded=last))
            lacking = recorded < first - 1  # SQL was restored from a backup, and a part is gone
            if lacking or needs_checkpoint(first - 1, last):
                await _checkpoint(sql, session, start, last, stored)
            return recorded


async def _checkpoint(
    sql: AsyncSession, session: str, start: Start, last: int, stored: bytes
) -> None:
    """Keep the stored build too, now and then: to open from it is quicker."""
    revision = _stored_revision.decode(stored).revision
    if start.left_at <= revision <= last:
        await keep_build(sql, session, start.epoch, revision, stored)

"""The log, written on to SQL within a second or two.

Any worker may record any session: rows are keyed by session, epoch and revision, and written
with the position in one transaction, so two recorders do no harm. The log in Redis is trimmed
only behind what is recorded.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from redis.asyncio import Redis
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from server import scripts
from server.log import UnreachableError, key, reaching
from server.orm import (
    Base,
    ChangeRow,
    CheckpointRow,
    Database,
    DatabaseAwayError,
    EpochRow,
    SessionRow,
)
from server.protocol import Change
from server.session import digest

logger = logging.getLogger(__name__)

EVERY_S = 1.0
SWEEP_EVERY = 60  # rounds: then also the sessions of which no worker knows
BATCH = 500  # changes in one transaction
CHECKPOINT_EVERY = 256  # revisions

_change = msgspec.json.Decoder(Change)


class _Position(msgspec.Struct, frozen=True):
    """Of a stored build, without the build."""

    epoch: str
    revision: int


_position = msgspec.json.Decoder(_Position)


class Recorder:
    """Records the sessions that are open here, and now and then those that nobody has open.

    open_sessions: the ids of the sessions that this worker serves.
    """

    def __init__(
        self, redis: Redis, database: Database, open_sessions: Callable[[], Iterable[str]]
    ) -> None:
        self._unrecorded = redis.register_script(scripts.UNRECORDED)
        self._recorded = redis.register_script(scripts.RECORDED)
        self._database = database
        self._open_sessions = open_sessions
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End after what is being written: a transaction that is cut off leaves its connection
        unclosed, and that one's thread would keep the process from its end."""
        self._stopping.set()

    async def run(self) -> None:
        """Record until stopped. While SQL or Redis is away the log keeps what is to come."""
        rounds = 0
        away = False
        while not self._stopping.is_set():
            try:
                sweep = rounds % SWEEP_EVERY == 0
                for session in await self._live() if sweep else tuple(self._open_sessions()):
                    if self._stopping.is_set():
                        return
                    await self.record(session)
                rounds += 1
                away = False
            except (UnreachableError, DatabaseAwayError) as error:
                if not away:
                    logger.warning("recording waits: %s", error)
                away = True
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._stopping.wait()

    async def record(self, session: str) -> None:
        """Write all that SQL lacks of one session."""
        while await self._record_batch(session) == BATCH:
            pass

    async def _record_batch(self, session: str) -> int:
        """How many changes were written."""
        keys = [key(session, name) for name in ("head", "log", "build")]
        async with reaching():
            answer = await self._unrecorded(keys=keys, args=[BATCH])
        if answer is None or not answer[1]:
            return 0
        (epoch, _, previous, left_at), entries, stored = answer
        rows = [_row(session, epoch.decode(), entry) for entry in entries]
        last: int = rows[-1]["revision"]
        start = EpochRow(
            session_id=session,
            epoch=epoch.decode(),
            previous=previous.decode() or None,
            left_at=int(left_at),
        )
        async with self._database.writing() as sql:
            await _know_epoch(sql, start)
            await sql.execute(_new_rows(sql, ChangeRow, rows))
            moved = (
                update(EpochRow)
                .where(
                    EpochRow.session_id == session,
                    EpochRow.epoch == start.epoch,
                    EpochRow.recorded < last,
                )
                .values(recorded=last)
            )
            await sql.execute(moved)
            await _checkpoint(sql, session, start.epoch, rows[0]["revision"], last, stored)
        async with reaching():
            await self._recorded(keys=keys[:1], args=[start.epoch, last])
        return len(rows)

    async def _live(self) -> Sequence[str]:
        async with self._database.reading() as sql:
            live = select(SessionRow.id).where(SessionRow.ended_at.is_(None))
            return (await sql.scalars(live)).all()


def _row(session: str, epoch: str, entry: Any) -> dict[str, Any]:
    _, values = entry
    fields = dict(zip(values[::2], values[1::2], strict=True))
    change = _change.decode(fields[b"change"])
    return {
        "session_id": session,
        "epoch": epoch,
        "revision": change.revision,
        "person": None if change.by is msgspec.UNSET else change.by,
        "edit": change.edit,
        "digest": digest(change),
        "at": change.at,
        "frame": fields[b"change"],
        "inverse": fields[b"inverse"],
    }


def _new_rows(sql: AsyncSession, table: type[Base], rows: list[dict[str, Any]]) -> Any:
    """Insert what is not there yet: another recorder may have been first."""
    dialect = sqlite if sql.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(table).values(rows).on_conflict_do_nothing()


async def _know_epoch(sql: AsyncSession, start: EpochRow) -> None:
    """Write down the start of an epoch, once something happened in it."""
    if await sql.get(EpochRow, (start.session_id, start.epoch)) is not None:
        return
    before = await sql.get(EpochRow, (start.session_id, start.previous or ""))
    row = {
        "session_id": start.session_id,
        "epoch": start.epoch,
        "ordinal": 0 if before is None else before.ordinal + 1,
        "previous": start.previous,
        "left_at": start.left_at,
        "recorded": start.left_at,
    }
    await sql.execute(_new_rows(sql, EpochRow, [row]))


async def _checkpoint(
    sql: AsyncSession, session: str, epoch: str, first: int, last: int, stored: bytes
) -> None:
    """Keep the stored build too, now and then: to open from it is quicker."""
    if (first - 1) // CHECKPOINT_EVERY == last // CHECKPOINT_EVERY:
        return
    position = _position.decode(stored)
    if position.epoch == epoch and position.revision <= last:
        row = {
            "session_id": session,
            "epoch": epoch,
            "revision": position.revision,
            "stored": stored,
        }
        await sql.execute(_new_rows(sql, CheckpointRow, [row]))

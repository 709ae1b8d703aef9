"""What SQL has of a session, and a change of the log as a row of it."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import astuple
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.log.answers import read_entry
from server.logic.session import digest
from server.orm import ChangeRow, EpochRow, SessionRow
from server.protocol import Position
from server.redis.calls import key

BATCH = 500  # changes of one session in one transaction
CHECKPOINT_EVERY = 256  # revisions


async def recorded_of(
    sql: AsyncSession, sessions: Sequence[str]
) -> dict[str, tuple[int, Position]]:
    """What SQL has of sessions: the version of their access, and the newest position.

    Where an epoch began, the position has no edit.
    """
    last = (
        (ChangeRow.session_id == EpochRow.session_id)
        & (ChangeRow.epoch == EpochRow.epoch)
        & (ChangeRow.revision == EpochRow.recorded)
    )
    columns = EpochRow.session_id, SessionRow.access, EpochRow.epoch, EpochRow.recorded
    rows = await sql.execute(
        select(*columns, ChangeRow.edit, ChangeRow.at)
        .join(SessionRow, SessionRow.id == EpochRow.session_id)
        .outerjoin(ChangeRow, last)
        .where(EpochRow.session_id.in_(sessions))
        .order_by(EpochRow.ordinal)
    )
    return {
        session: (access, Position(epoch, recorded, edit or "", at or 0))
        for session, access, epoch, recorded, edit, at in rows
    }


def is_at(row: dict[str, Any], reached: Position) -> bool:
    """Whether the change that is in the log at a position is the one that SQL has there."""
    return not reached.edit or reached.proves(row["edit"], row["at"])


def needs_checkpoint(before: int, upto: int) -> bool:
    """Whether a build is to be kept with the changes after one revision, up to another."""
    return before // CHECKPOINT_EVERY != upto // CHECKPOINT_EVERY


def reached_with(epoch: str, row: dict[str, Any]) -> Position:
    """The position at a change."""
    return Position(epoch, row["revision"], row["edit"], row["at"])


def row_of(session: str, epoch: str, entry: Any) -> dict[str, Any]:
    """An entry of the log."""
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


def proof_of(reached: Position) -> list[str | int]:
    """As the script asks for it."""
    return list(astuple(reached))


def names_of(session: str) -> list[str]:
    """The keys that the recorder's scripts look at."""
    return [key(session, name) for name in ("head", "log", "build")]

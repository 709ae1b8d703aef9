"""Sessions that only went on: their changes are written several in one transaction."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.archive import Reached
from server.log_answers import read_entry
from server.orm import ChangeRow, EpochRow, SessionRow, insert_each
from server.protocol import Position
from server.session import digest

BATCH = 500  # changes of one session in one transaction
CHECKPOINT_EVERY = 256  # revisions

_MOVED = (
    update(EpochRow)
    .where(EpochRow.session_id == bindparam("of"), EpochRow.epoch == bindparam("in_epoch"))
    .values(recorded=bindparam("upto"))
)


class Grown(Struct, frozen=True):
    """What SQL lacks of a session after a position: rows of changes, rising, at least one."""

    session: str
    before: Reached
    rows: tuple[dict[str, Any], ...]

    @property
    def after(self) -> Reached:
        return reached_with(self.before.position.epoch, self.rows[-1])


async def recorded_of(sql: AsyncSession, sessions: Sequence[str]) -> dict[str, tuple[int, Reached]]:
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
        session: (access, Reached(Position(epoch, recorded, edit or ""), at or 0))
        for session, access, epoch, recorded, edit, at in rows
    }


def grown(session: str, reached: Reached, answer: Any) -> Grown | None:
    """What is new of a session, if there is nothing else to say of it, nor a build to keep."""
    if not isinstance(answer, list) or len(answer) == 1:
        return None
    head, entries, _ = answer
    before = reached.position
    try:
        rows = [row_of(session, before.epoch, entry) for entry in entries]
    except (msgspec.MsgspecError, KeyError, ValueError):
        return None
    proven = not before.edit  # where an epoch began, the epoch is proof enough
    if rows and rows[0]["revision"] == before.revision:
        proven = is_at(rows.pop(0), reached)
    revisions = [row["revision"] for row in rows]
    upto = before.revision + len(rows)
    if (
        not rows
        or not proven
        or int(head[1]) < before.revision
        or revisions != list(range(before.revision + 1, upto + 1))
        or len(entries) == BATCH
        or before.revision // CHECKPOINT_EVERY != upto // CHECKPOINT_EVERY
    ):
        return None
    return Grown(session, reached, tuple(rows))


async def write_together(sql: AsyncSession, found: Sequence[Grown]) -> list[Grown]:
    """Write those of which SQL has just what was there before; which these are.

    Nobody else can write them meanwhile, so that no row of them is in SQL yet.
    """
    positions = await sql.execute(
        select(EpochRow.session_id, EpochRow.epoch, EpochRow.recorded)
        .where(EpochRow.session_id.in_([each.session for each in found]))
        .order_by(EpochRow.session_id, EpochRow.ordinal)  # as any other: none waits for the other
        .with_for_update()
    )
    recorded = {(row.session_id, row.epoch): row.recorded for row in positions}
    written = [
        each
        for each in found
        if recorded.get((each.session, each.before.position.epoch)) == each.before.position.revision
    ]
    rows = [row for each in written for row in each.rows]
    if rows:
        await sql.execute(insert_each(sql, ChangeRow), rows)
        moved = [
            {"of": each.session, "in_epoch": after.epoch, "upto": after.revision}
            for each in written
            for after in [each.after.position]
        ]
        await (await sql.connection()).execute(_MOVED, moved)
    return written


def is_at(row: dict[str, Any], reached: Reached) -> bool:
    """Whether the change that is in the log at a position is the one that SQL has there."""
    edit, at = reached.position.edit, reached.at
    return not edit or (row["edit"] == edit and at in (0, row["at"]))


def reached_with(epoch: str, row: dict[str, Any]) -> Reached:
    """The position at a change."""
    return Reached(Position(epoch, row["revision"], row["edit"]), row["at"])


def row_of(session: str, epoch: str, entry: Any) -> dict[str, Any]:
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

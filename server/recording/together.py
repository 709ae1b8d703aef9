"""Sessions that only went on: their changes are written several in one transaction."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.orm import ChangeRow, EpochRow, insert_each
from server.protocol import Position
from server.recording.rows import BATCH, is_at, needs_checkpoint, reached_with, row_of

_MOVED = (
    update(EpochRow)
    .where(EpochRow.session_id == bindparam("of"), EpochRow.epoch == bindparam("in_epoch"))
    .values(recorded=bindparam("upto"))
)


class Grown(Struct, frozen=True):
    """What SQL lacks of a session after a position: rows of changes, rising, at least one."""

    session: str
    before: Position
    rows: tuple[dict[str, Any], ...]

    @property
    def after(self) -> Position:
        return reached_with(self.before.epoch, self.rows[-1])


def grown(session: str, before: Position, answer: Any) -> Grown | None:
    """What is new of a session, if there is nothing else to say of it, nor a build to keep."""
    if not isinstance(answer, list) or len(answer) == 1:
        return None
    head, entries, _ = answer
    try:
        rows = [row_of(session, before.epoch, entry) for entry in entries]
    except (msgspec.MsgspecError, KeyError, ValueError):
        return None
    proven = not before.edit  # where an epoch began, the epoch is proof enough
    if rows and rows[0]["revision"] == before.revision:
        proven = is_at(rows.pop(0), before)
    revisions = [row["revision"] for row in rows]
    upto = before.revision + len(rows)
    if (
        not rows
        or not proven
        or int(head[1]) < before.revision
        or revisions != list(range(before.revision + 1, upto + 1))
        or len(entries) == BATCH
        or needs_checkpoint(before.revision, upto)
    ):
        return None
    return Grown(session, before, tuple(rows))


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
        if recorded.get((each.session, each.before.epoch)) == each.before.revision
    ]
    rows = [row for each in written for row in each.rows]
    if rows:
        await sql.execute(insert_each(sql, ChangeRow), rows)
        moved = [
            {"of": each.session, "in_epoch": after.epoch, "upto": after.revision}
            for each in written
            for after in [each.after]
        ]
        await (await sql.connection()).execute(_MOVED, moved)
    return written

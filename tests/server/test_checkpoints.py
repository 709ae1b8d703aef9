"""The builds that SQL keeps of a session; on each database."""

from sqlalchemy import select

from server.logic.session import State
from server.members.checkpoints import keep_build
from server.orm import CheckpointRow, Database


async def test_a_build_is_kept_once_whoever_else_keeps_it(state: State, database: Database) -> None:
    for stored in (b"first", b"second"):
        async with database.writing() as sql:
            await keep_build(sql, state.session, state.epoch, 7, stored)
    async with database.reading() as sql:
        rows = await sql.scalars(select(CheckpointRow).order_by(CheckpointRow.revision))
        kept = [(each.session_id, each.epoch, each.revision, each.stored) for each in rows]
    assert kept[1:] == [(state.session, state.epoch, 7, b"first")]  # after its beginning

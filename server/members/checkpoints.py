"""The builds of a session that SQL keeps, each at a revision: what is read starts from one."""

from sqlalchemy.ext.asyncio import AsyncSession

from server.orm import CheckpointRow, insert_new


async def keep_build(
    sql: AsyncSession, session: str, epoch: str, revision: int, stored: bytes
) -> None:
    """Keep a session's build, unless it is kept. stored: an encoded `Stored`, of this revision."""
    row = {"session_id": session, "epoch": epoch, "revision": revision, "stored": stored}
    await sql.execute(insert_new(sql, CheckpointRow, [row]))

"""What people say to each other: kept in SQL first, then told to all who are here."""

from msgspec import UNSET
from sqlalchemy import func, select

from server.client_messages import Say
from server.members.access import AccessError, member_role, now_ms
from server.orm import Database, MemberRow, SaidRow, SessionRow
from server.server_messages import Said


async def keep(database: Database, session: str, person: str, say: Say) -> tuple[Said, bool]:
    """What was said, and whether it is new: the same id is kept once.

    Raises AccessError, for who may not speak (any more), and DatabaseAwayError.
    """
    async with database.writing() as sql:
        # Locked: numbers have no gap, and who is removed meanwhile is not heard afterwards.
        await sql.get(SessionRow, session, with_for_update=True)
        if await member_role(sql, session, person) == "viewer":
            raise AccessError("not_allowed", "As a viewer you may not speak here.")
        here = SaidRow.session_id == session
        if say.id is not UNSET:
            found = select(SaidRow).where(
                here, SaidRow.person == person, SaidRow.message_id == say.id
            )
            row = await sql.scalar(found)
            if row is not None:
                return _said(row), False
        member = await sql.get_one(MemberRow, (session, person))
        row = SaidRow(
            session_id=session,
            number=1 + (await sql.scalar(select(func.max(SaidRow.number)).where(here)) or 0),
            person=person,
            name=member.name,
            message_id=None if say.id is UNSET else say.id,
            text=say.text,
            at=now_ms(),
        )
        sql.add(row)
    return _said(row), True


async def recall(
    database: Database, session: str, person: str, before: int | None, after: int, limit: int
) -> tuple[Said, ...]:
    """The newest that was said between two numbers, rising. Raises AccessError."""
    async with database.reading() as sql:
        if await member_role(sql, session, person) == "viewer":
            raise AccessError("not_allowed", "As a viewer you are not told what people say.")
        found = select(SaidRow).where(SaidRow.session_id == session, SaidRow.number > after)
        if before is not None:
            found = found.where(SaidRow.number < before)
        rows = (await sql.scalars(found.order_by(SaidRow.number.desc()).limit(limit))).all()
    return tuple(map(_said, reversed(rows)))


async def since(
    database: Database, session: str, after: int | None, limit: int
) -> tuple[int, tuple[Said, ...]]:
    """The number of what was said last (0: nothing), and the newest that came after a number,
    rising; nothing after None. Raises DatabaseAwayError."""
    here = SaidRow.session_id == session
    async with database.reading() as sql:
        newest = await sql.scalar(select(func.max(SaidRow.number)).where(here)) or 0
        if after is None or newest <= after:
            return newest, ()
        found = select(SaidRow).where(here, SaidRow.number > after)
        rows = (await sql.scalars(found.order_by(SaidRow.number.desc()).limit(limit))).all()
    return newest, tuple(map(_said, reversed(rows)))


def _said(row: SaidRow) -> Said:
    named = UNSET if row.message_id is None else row.message_id
    return Said(row.number, row.person, row.name, row.text, row.at, named)

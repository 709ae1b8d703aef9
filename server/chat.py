"""What people say to each other: kept in SQL first, then told to all who are here."""

import asyncio
import logging
from typing import TYPE_CHECKING

from msgspec import UNSET, Struct
from sqlalchemy import func, select

from server.access import AccessError, member_role, now_ms
from server.connection import Connection
from server.orm import Database, DatabaseAwayError, MemberRow, SaidRow, SessionRow
from server.protocol import Refused, Said, Say

if TYPE_CHECKING:
    from server.live import LiveSession

logger = logging.getLogger(__name__)

WAITING = 1000  # of all sessions of a worker, while SQL is slow


class _Waiting(Struct, frozen=True):
    live: "LiveSession"
    connection: Connection
    say: Say


class Chat:
    """A worker's line of what is to be kept: editing never waits for it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue(WAITING)

    def say(self, live: "LiveSession", connection: Connection, say: Say) -> None:
        """Put it in line; who said it is refused when it cannot be kept."""
        try:
            self._waiting.put_nowait(_Waiting(live, connection, say))
        except asyncio.QueueFull:
            connection.answer(_not_now(say))

    async def run(self) -> None:
        """Keep and tell until cancelled."""
        while True:
            next_one = await self._waiting.get()
            try:
                await self._keep(next_one)
            except Exception:
                logger.exception("session %s: what was said is lost", next_one.live.id)
                told = "Something is wrong on the server; nobody heard you."
                next_one.connection.answer(Refused("internal", told, id=next_one.say.id))

    async def _keep(self, waiting: _Waiting) -> None:
        live, connection, say = waiting.live, waiting.connection, waiting.say
        try:
            said, new = await keep(self._database, live.id, connection.person, say)
        except AccessError as error:
            connection.answer(Refused(error.code, str(error), id=say.id))
        except DatabaseAwayError:
            connection.answer(_not_now(say))
        else:
            if new:
                await live.said(said)
            else:
                connection.answer(said)


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


def _said(row: SaidRow) -> Said:
    named = UNSET if row.message_id is None else row.message_id
    return Said(row.number, row.person, row.name, row.text, row.at, named)


def _not_now(say: Say) -> Refused:
    told = "What you say cannot be kept just now."
    return Refused("unavailable", told, id=say.id, retry_after=2.0)

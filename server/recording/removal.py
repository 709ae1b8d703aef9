"""Sessions that nobody uses leave Redis: SQL has them to the last revision, and opens them again.

One script decides and removes in one step. That a session is away is written down in SQL, with
the epoch in which it went, so that nobody looks for it in Redis until it has a newer one.

What ended and has no member any more is deleted in SQL, too: its last changes may have been
recorded after its only member had deleted their account.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple
from redis.asyncio import Redis
from sqlalchemy import bindparam, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.log import scripts
from server.orm import (
    ChangeRow,
    CheckpointRow,
    Database,
    MemberRow,
    ProposalRow,
    SaidRow,
    SessionRow,
)
from server.protocol import Position
from server.redis.calls import key

NAMES = (
    "head",
    "log",
    "build",
    "access",
    "ids",
    "digests",
    "hints",
    "losses",
    "line",
    "people",
    "workers",
)

Call = tuple[Sequence[str], Sequence[str | int]]  # a script's keys and arguments
RunEach = Callable[[Any, Sequence[Call]], Awaitable[list[Any]]]

_AWAY = (
    update(SessionRow)
    .where(SessionRow.id == bindparam("of"))
    .values(away=bindparam("in_epoch"))
    .execution_options(synchronize_session=False)
)


class Recorded(Struct, frozen=True):
    """How SQL has a session, and whether it was ended."""

    session: str
    position: Position
    ended: bool


class Removal:
    """Removes sessions. idle_s: for so long nobody had them open.

    run_each: runs a script with several keys and arguments, and returns the answers.
    """

    def __init__(self, redis: Redis, database: Database, idle_s: float, run_each: RunEach) -> None:
        self._script = redis.register_script(scripts.REMOVE)
        self._database = database
        self._idle_ms = int(idle_s * 1000)
        self._run_each = run_each

    async def remove(self, sessions: Sequence[Recorded]) -> list[Recorded]:
        """Remove those that may go from Redis, and return them.

        Raises UnreachableError or DatabaseAwayError: what is removed by then is found to be gone
        the next time.
        """
        calls: list[Call] = [
            (
                [key(each.session, name) for name in NAMES],
                [*astuple(each.position), self._idle_ms, int(each.ended)],
            )
            for each in sessions
        ]
        answers = await self._run_each(self._script, calls) if calls else []
        gone = [
            each for each, answer in zip(sessions, answers, strict=True) if answer == b"removed"
        ]
        await self.gone(gone)
        return gone

    async def gone(self, sessions: Sequence[Recorded]) -> None:
        """Redis has not got them: they need not be looked for. Raises DatabaseAwayError."""
        if not sessions:
            return
        async with self._database.writing() as sql:
            # In one order: of two workers that do so at once none waits for the other.
            marks = sorted((each.session, each.position.epoch) for each in sessions)
            await (await sql.connection()).execute(
                _AWAY, [{"of": session, "in_epoch": epoch} for session, epoch in marks]
            )
            await erase_left(sql, [each.session for each in sessions if each.ended])


async def look_for_again(database: Database, sessions: Sequence[str]) -> None:
    """Redis has got them, or is about to be given them. Raises DatabaseAwayError."""
    if not sessions:
        return
    async with database.writing() as sql:
        back = update(SessionRow).where(SessionRow.id.in_(sessions))
        await sql.execute(back.values(away=None))


async def erase_left(sql: AsyncSession, ended: Sequence[str]) -> None:
    """Delete what sessions hold that ended and have no member any more."""
    if not ended:
        return
    left = select(SessionRow.id).where(
        SessionRow.id.in_(ended),
        SessionRow.ended_at.is_not(None),
        ~exists().where(MemberRow.session_id == SessionRow.id),
    )
    for table in (ChangeRow, CheckpointRow, SaidRow, ProposalRow):
        await sql.execute(delete(table).where(table.session_id.in_(left)))

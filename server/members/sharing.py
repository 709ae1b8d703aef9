"""A session's access, from SQL to Redis, where each commit is bound to it."""

import logging

from server.log.log import Log
from server.logic.rights import Access
from server.members.access import access_in, changed, hold
from server.orm import Database

logger = logging.getLogger(__name__)


async def share(database: Database, log: Log, session: str, rights: Access) -> None:
    """Bind commits to what SQL has: `rights`, or what is newer. Workers hear of it.

    Raises DatabaseAwayError; UnreachableError or FullError.
    """
    while not await log.put_access(session, rights):
        there = await log.access_of(session)
        if there is None or there == rights:
            return  # it will begin with what SQL has then; or somebody else was first
        rights = await _after(database, session, there)
        if rights == there or not rights.version:
            return  # a later change was first; or SQL knows no such session


async def _after(database: Database, session: str, there: Access) -> Access:
    """What SQL has, when Redis has this.

    SQL is first with each change, so what only Redis has is what SQL lost: a standby took over
    that lacked the newest, or an older backup was brought back. SQL would give its version a
    second time, and Redis, which only goes forward, would not take it.
    """
    async with database.writing() as sql:
        row = await hold(sql, session)
        own = await access_in(sql, session)
        if row is None or own == there or own.version > there.version:
            return own
        row.access = there.version
        own = await changed(sql, session)
    logger.warning(
        "session %s: SQL lost a change of who may do what in it; what SQL has counts", session
    )
    return own

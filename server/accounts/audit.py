"""The audit log: what was done to accounts and rights, for an admin to read. Never a secret.

Who tries to log in as somebody who is unknown is not named: it may be a password in the wrong
field. Addresses are kept for a while, then only what happened; that, too, not for ever.
"""

import asyncio
import random
import time
from contextlib import suppress
from typing import Literal

from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.accounts.tables import AuditRow
from server.orm import Database, DatabaseAwayError

DAY_MS = 24 * 3600 * 1000
EVERY_S = 3600.0  # what is too old is forgotten
MARGIN_MS = DAY_MS  # so far back is looked, once everything was

Event = Literal[
    "account_created",
    "account_deleted",
    "guest_taken_over",
    "login",
    "login_failed",
    "logout",
    "refresh_reused",
    "password_changed",
    "name_changed",
    "identity_linked",
    "identity_unlinked",
    "key_created",
    "key_revoked",
    "role_changed",
    "banned",
    "unbanned",
    "session_closed",
    "session_ended",
    "handed_over",
    "member_role_changed",
    "member_removed",
    "invitation_created",
    "invitation_revoked",
]


class Noted(Struct, frozen=True, omit_defaults=True):
    """Something that happened. at: milliseconds since 1970; person: whom it is about; by: who did
    it, when that is known; address: where it came from; about: further words."""

    number: int
    at: int
    event: str
    address: str
    person: str | UnsetType = UNSET
    by: str | UnsetType = UNSET
    about: str = ""


def note(
    sql: AsyncSession,
    event: Event,
    address: str,
    person: str | None = None,
    by: str | None = None,
    about: str = "",
) -> None:
    """In the transaction of what it tells of: there is not the one without the other.

    Of words from elsewhere what can be shown is kept: an operator reads them in a terminal.
    """
    sql.add(
        AuditRow(
            at=time.time_ns() // 1_000_000,
            event=event,
            person=person,
            by=by,
            address=address[:64],
            about="".join(filter(str.isprintable, about))[:255],
        )
    )


async def recall(
    database: Database,
    before: int | None,
    limit: int,
    person: str = "",
    event: str = "",
    by: str = "",
) -> tuple[Noted, ...]:
    """The newest first; before: a number. Of one person, event or doer only, where given."""
    found = select(AuditRow).order_by(AuditRow.number.desc()).limit(limit)
    if before is not None:
        found = found.where(AuditRow.number < before)
    if person:
        found = found.where(AuditRow.person == person)
    if event:
        found = found.where(AuditRow.event == event)
    if by:
        found = found.where(AuditRow.by == by)
    async with database.reading() as sql:
        rows = await sql.scalars(found)
        return tuple(
            Noted(
                row.number,
                row.at,
                row.event,
                row.address,
                UNSET if row.person is None else row.person,
                UNSET if row.by is None else row.by,
                row.about,
            )
            for row in rows
        )


async def keep(database: Database, days: int, address_days: int) -> None:
    """Forget what is too old, from time to time, for as long as the worker runs."""
    looked_to = 0
    while True:
        with suppress(DatabaseAwayError):
            looked_to = await forget(database, days, address_days, looked_to)
        # Not all workers at once.
        await asyncio.sleep(EVERY_S * random.uniform(0.8, 1.2))  # noqa: S311


async def forget(database: Database, days: int, address_days: int, since: int = 0) -> int:
    """Forget entries after `days`, and addresses after `address_days`.

    since: up to then (ms since 1970) addresses were forgotten before. Returns up to when now.
    """
    now = time.time_ns() // 1_000_000
    known = now - address_days * DAY_MS
    too_old = AuditRow.at < now - days * DAY_MS
    named = (AuditRow.at.between(since - MARGIN_MS, known)) & (AuditRow.address != "")
    async with database.reading() as sql:
        if await sql.scalar(select(AuditRow.number).where(too_old | named).limit(1)) is None:
            return known
    async with database.writing() as sql:
        await sql.execute(delete(AuditRow).where(too_old))
        await sql.execute(update(AuditRow).where(named).values(address=""))
    return known

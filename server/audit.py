"""The audit log: what was done to accounts and rights, for an admin to read. Never a secret."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.access import now_ms
from server.account_tables import AuditRow
from server.orm import Database

Event = Literal[
    "account_created",
    "account_deleted",
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
    """In the transaction of what it tells of: there is not the one without the other."""
    sql.add(
        AuditRow(
            at=now_ms(),
            event=event,
            person=person,
            by=by,
            address=address[:64],
            about=about[:255],
        )
    )


async def recall(
    database: Database, before: int | None, limit: int, person: str = "", event: str = ""
) -> tuple[Noted, ...]:
    """The newest first; before: a number. Of one person or event only, where given."""
    found = select(AuditRow).order_by(AuditRow.number.desc()).limit(limit)
    if before is not None:
        found = found.where(AuditRow.number < before)
    if person:
        found = found.where(AuditRow.person == person)
    if event:
        found = found.where(AuditRow.event == event)
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

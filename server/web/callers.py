"""Whose token this is, and whether it is still good: signed by us, and not revoked since.

Access tokens are asked about in SQL, many at a time, since thousands may come back at once. While
SQL is away a signature is enough: people come back to their sessions, and what they do to their
accounts needs SQL anyway. An account's token is good for a quarter of an hour at most.
"""

import asyncio
import logging
from typing import Literal
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from server.accounts import keys
from server.accounts.tables import BannedGuestRow, KeyRow, LoginRow, UserRow
from server.auth import NotAuthenticatedError, Person, Tokens
from server.orm import Database, DatabaseAwayError
from server.sockets.connection import Connection

logger = logging.getLogger(__name__)

ASK_EVERY_S = 3.0
AT_ONCE = 500  # questions in one; SQLite has a limit

Gone = Literal["not_authenticated", "banned"]  # why a token that was good is not any more
WORDS: dict[Gone, str] = {
    "not_authenticated": "Log in again.",
    "banned": "You may not come here any more.",
}


class Callers:
    """Reads the tokens that come with requests and joins, and ends live connections that came
    by one which is revoked later."""

    def __init__(self, tokens: Tokens, database: Database) -> None:
        self._tokens = tokens
        self._database = database
        self._asked: dict[Person, asyncio.Future[Person | Gone]] = {}
        self._asking: asyncio.Task[None] | None = None
        self._waits = False  # SQL did not answer who may stay, last time
        self._live: WeakKeyDictionary[Connection, Person] = WeakKeyDictionary()

    async def read(self, token: str) -> Person:
        """Raises NotAuthenticatedError."""
        if token.startswith(keys.PREFIX):
            return await keys.read(self._database, token)
        person = self._tokens.read(token)
        try:
            found = await self._stands(person)
        except DatabaseAwayError:
            return person
        if not isinstance(found, Person):
            raise NotAuthenticatedError(found, WORDS[found])
        return found

    def follow(self, connection: Connection, person: Person) -> None:
        """Have a live connection end when its person is logged out, or the key revoked."""
        if not person.is_guest:
            self._live[connection] = person

    def renew(self, connection: Connection, person: Person) -> bool:
        """Whether a live connection may stay by a newer token of its person: not once it has
        ended, and not by a guest's token where there is an account."""
        if not connection.expires_at or (person.is_guest and connection in self._live):
            return False
        connection.expires_at = max(connection.expires_at, person.expires_at)
        self.follow(connection, person)
        return True

    async def run(self) -> None:
        """Ask every few seconds whether those who are live may stay."""
        while True:
            await asyncio.sleep(ASK_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """End the live connections of those who may not stay."""
        waits = False
        live = list(self._live.items())
        for start in range(0, len(live), AT_ONCE):
            batch = live[start : start + AT_ONCE]
            try:
                found = await _standing(self._database, [person for _, person in batch])
            except (DatabaseAwayError, SQLAlchemyError) as error:
                # Then they stay, as who comes back may come.
                if not self._waits:
                    logger.warning("asking who may stay waits: %s", error)
                self._waits = waits = True
                continue
            for (connection, _), person in zip(batch, found, strict=True):
                if not isinstance(person, Person):
                    connection.expires_at = 0.0
        self._waits = waits

    async def _stands(self, person: Person) -> Person | Gone:
        """The person as they are called now, unless the token has been revoked.

        Raises DatabaseAwayError.
        """
        future = self._asked.get(person)
        if future is None:
            future = self._asked[person] = asyncio.get_running_loop().create_future()
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(future)

    async def _ask(self) -> None:
        """Answer what was asked, and what is asked meanwhile."""
        while self._asked:
            people = list(self._asked)[:AT_ONCE]
            futures = [self._asked.pop(person) for person in people]
            try:
                found = await _standing(self._database, people)
            except Exception as error:  # who asked is told; the next are asked about again
                for future in futures:
                    future.set_exception(error)
                    future.exception()  # who asked may be gone
            else:
                for future, answer in zip(futures, found, strict=True):
                    future.set_result(answer)
        self._asking = None


async def _standing(database: Database, people: list[Person]) -> list[Person | Gone]:
    """Each as they are now, or why they are not any more."""
    ids = {person.id for person in people}
    logins = {person.login for person in people if person.login}
    async with database.reading() as sql:
        users = {
            row.id: row for row in await sql.scalars(select(UserRow).where(UserRow.id.in_(ids)))
        }
        good: dict[str, str] = {}
        if logins:
            found = select(LoginRow.id, LoginRow.user_id).where(
                LoginRow.id.in_(logins), LoginRow.revoked_at.is_(None)
            )
            good = {row.id: row.user_id for row in await sql.execute(found)}
        made: dict[str, KeyRow] = {}
        if own := {person.key for person in people if person.key}:
            rows = await sql.scalars(select(KeyRow).where(KeyRow.id.in_(own)))
            made = {row.id: row for row in rows}
        guests = BannedGuestRow.person.in_(ids - users.keys())
        banned = set(await sql.scalars(select(BannedGuestRow.person).where(guests)))
    banned |= {user.id for user in users.values() if user.banned_at is not None}
    return [
        "banned" if person.id in banned else _now(person, users.get(person.id), good, made)
        for person in people
    ]


def _now(
    person: Person, user: UserRow | None, logins: dict[str, str], made: dict[str, KeyRow]
) -> Person | Gone:
    if person.key:
        row = made.get(person.key)
        good = row is not None and user is not None and keys.stands(row, user)
        return person if good else "not_authenticated"
    if not person.login:
        # A guest's token ends where an account begins, which can be logged out.
        return person if user is None else "not_authenticated"
    if user is None or user.deleted_at is not None or logins.get(person.login) != user.id:
        return "not_authenticated"
    return msgspec.structs.replace(person, name=user.name)

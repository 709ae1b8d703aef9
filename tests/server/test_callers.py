"""Whose token is good: what was revoked since it was signed is not."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event, update
from sqlalchemy.exc import ProgrammingError

from server.accounts import accounts, logins
from server.accounts.logins import LoggedIn
from server.accounts.passwords import Passwords
from server.accounts.tables import UserRow
from server.auth import NotAuthenticatedError, Person, Tokens
from server.orm import Database
from server.settings import Settings
from server.sockets.connection import Connection
from server.web import callers as callers_module
from server.web.callers import Callers

TOKENS = Tokens("of the tests: 32 characters or more")


@pytest.fixture
def callers(database: Database) -> Callers:
    return Callers(TOKENS, database)


@pytest.fixture
async def ann(database: Database) -> LoggedIn:
    guest = Person("g1", "Ann", 0, 2**40)
    return await accounts.create(
        database, Passwords(), guest, "ann", "four words nobody says", "Ann", "::1", "x"
    )


def token_of(who: LoggedIn) -> str:
    return TOKENS.sign(TOKENS.account(who.person, who.name, who.login))


async def refused(callers: Callers, token: str, code: str = "not_authenticated") -> None:
    with pytest.raises(NotAuthenticatedError) as error:
        await callers.read(token)
    assert error.value.code == code


async def test_a_guest_and_an_account_are_read(callers: Callers, ann: LoggedIn) -> None:
    guest = TOKENS.guest("Bob")
    assert await callers.read(TOKENS.sign(guest)) == guest
    person = await callers.read(token_of(ann))
    assert (person.id, person.login, person.scope) == ("g1", ann.login, "all")
    assert person.expires_at - person.issued_at == 15 * 60
    assert not person.worn


async def test_a_guests_token_ends_with_their_account(callers: Callers, ann: LoggedIn) -> None:
    await refused(callers, TOKENS.sign(TOKENS.again(Person("g1", "Ann", 0, 0))))


async def test_logging_out_ends_access_tokens_too(
    callers: Callers, database: Database, ann: LoggedIn
) -> None:
    await logins.end(database, "g1", ann.login, "::1")
    await refused(callers, token_of(ann))


@pytest.mark.parametrize(
    ("column", "code"), [("banned_at", "banned"), ("deleted_at", "not_authenticated")]
)
async def test_a_ban_ends_access_tokens(
    callers: Callers, database: Database, ann: LoggedIn, column: str, code: str
) -> None:
    async with database.writing() as sql:
        await sql.execute(update(UserRow).values({column: 1}))
    await refused(callers, token_of(ann), code)


async def test_a_login_of_somebody_else_is_of_no_use(callers: Callers, ann: LoggedIn) -> None:
    await refused(callers, TOKENS.sign(TOKENS.account("g2", "Bob", ann.login)))
    await refused(callers, TOKENS.sign(TOKENS.account("g1", "Ann", "made-up")))


async def test_a_new_name_shows_at_once(
    callers: Callers, database: Database, ann: LoggedIn
) -> None:
    async with database.writing() as sql:
        await sql.execute(update(UserRow).values(name="Anne"))
    assert (await callers.read(token_of(ann))).name == "Anne"


async def test_many_who_come_at_once_are_few_questions(
    callers: Callers, database: Database, ann: LoggedIn
) -> None:
    asked: list[str] = []
    event.listen(
        database.engine.sync_engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: asked.append(statement),
    )
    crowd = [TOKENS.sign(TOKENS.guest(f"p{number}")) for number in range(200)]
    found = await asyncio.gather(*(callers.read(token) for token in [*crowd, token_of(ann)]))
    assert len({person.id for person in found}) == 201
    assert len([each for each in asked if "SELECT" in each and "users" in each]) <= 3


def live(expires_at: float = 2.0**40) -> Connection:
    socket: Any = SimpleNamespace(watch=lambda *_: None)
    return Connection(socket, Settings(), "g1", "", expires_at)


async def test_who_was_logged_out_does_not_stay_by_renewing(
    callers: Callers, database: Database, ann: LoggedIn
) -> None:
    connection = live()
    person = await callers.read(token_of(ann))
    callers.follow(connection, person)
    assert callers.renew(connection, person)
    await callers.look()
    assert connection.expires_at
    await logins.end(database, "g1", ann.login, "::1")
    await callers.look()
    assert not callers.renew(connection, person)
    assert connection.expires_at == 0.0


async def test_a_connection_ends_with_the_login_of_its_newest_token(
    callers: Callers, ann: LoggedIn
) -> None:
    connection = live()
    callers.follow(connection, await callers.read(token_of(ann)))
    assert not callers.renew(connection, TOKENS.again(Person("g1", "Ann", 0, 0)))
    assert callers.renew(connection, TOKENS.account("g1", "Ann", "made-up"))
    await callers.look()
    assert connection.expires_at == 0.0


async def test_who_is_live_stays_while_sql_does_not_answer_and_that_is_logged_once(
    callers: Callers,
    ann: LoggedIn,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def wrong(*_: object) -> None:
        raise ProgrammingError("SELECT", None, Exception("no such column"))

    connection = live()
    callers.follow(connection, await callers.read(token_of(ann)))
    monkeypatch.setattr(callers_module, "_standing", wrong)
    for _ in range(2):
        await callers.look()
    assert connection.expires_at
    assert len(caplog.messages) == 1
    assert "asking who may stay waits" in caplog.text


async def test_while_sql_is_away_a_signature_is_enough(tmp_path: Path) -> None:
    away = Database(f"sqlite+aiosqlite:///{tmp_path / 'no' / 'such.sqlite'}")
    callers = Callers(TOKENS, away)
    for _ in range(2):
        person = TOKENS.account("g1", "Ann", "l1")
        assert await callers.read(TOKENS.sign(person)) == person
        await refused(callers, TOKENS.sign(person)[:-4] + "AAAA")
    await away.close()

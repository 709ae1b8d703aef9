"""Accounts and logins in SQL; on SQLite, and on PostgreSQL where there is one."""

import asyncio

import pytest
from sqlalchemy import select, text, update

from server.accounts import accounts, audit, logins
from server.accounts.accounts import AccountError
from server.accounts.logins import REFRESH_MS, LoggedIn, LoginError
from server.accounts.passwords import Passwords
from server.accounts.tables import CredentialRow, LoginRow, RefreshTokenRow, UserRow
from server.auth import Person
from server.members.access import now_ms
from server.orm import Database

PASSWORD = "four words nobody says"
GUEST = Person("g1", "Ann", 0, 2**40)


@pytest.fixture
def passwords() -> Passwords:
    return Passwords()


@pytest.fixture
async def ann(database: Database, passwords: Passwords) -> LoggedIn:
    return await accounts.create(
        database, passwords, GUEST, "Ann.1", PASSWORD, "Ann", "::1", "a browser"
    )


async def log_in(database: Database, username: str, password: str = PASSWORD) -> LoggedIn | None:
    return await accounts.log_in(database, Passwords(), username, password, "::1", "a browser")


async def events(database: Database) -> list[tuple[str, object]]:
    noted = await audit.recall(database, None, 50)
    return [(each.event, each.person) for each in reversed(noted)]


async def test_a_guest_becomes_an_account_and_stays_the_same_person(
    database: Database, ann: LoggedIn
) -> None:
    assert (ann.person, ann.name) == ("g1", "Ann")
    account = await accounts.read(database, "g1")
    assert (account.username, account.role, account.identities) == ("ann.1", "user", ())
    again = await log_in(database, "ANN.1")
    assert again
    assert again.person == "g1"
    assert again.login != ann.login
    assert await events(database) == [("account_created", "g1"), ("login", "g1")]


async def test_a_guest_becomes_one_account_however_often_they_ask(database: Database) -> None:
    made = await asyncio.gather(
        *(
            accounts.create(database, Passwords(), GUEST, f"ann{n}", PASSWORD, "Ann", "::1", "x")
            for n in range(3)
        ),
        return_exceptions=True,
    )
    refused = [each for each in made if isinstance(each, AccountError)]
    assert [each.code for each in refused] == ["has_account"] * 2


async def test_what_is_kept_is_no_secret(database: Database, ann: LoggedIn) -> None:
    await log_in(database, "ann.1")
    await log_in(database, "ann.1", "not " + PASSWORD)
    await log_in(database, PASSWORD)  # typed into the wrong field
    async with database.reading() as sql:
        for table in ("users", "credentials", "logins", "refresh_tokens", "audit"):
            rows = str((await sql.execute(text(f"SELECT * FROM {table}"))).all())
            assert rows != "[]"
            assert PASSWORD not in rows
            assert ann.refresh_token not in rows


async def test_a_username_is_given_once_in_any_case(
    database: Database, passwords: Passwords, ann: LoggedIn
) -> None:
    async def create(username: str) -> LoggedIn:
        return await accounts.create(
            database, passwords, None, username, PASSWORD, "Bob", "::1", "x"
        )

    with pytest.raises(AccountError) as error:
        await create("aNN.1")
    assert error.value.code == "username_taken"
    found = await asyncio.gather(*(create("bob") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(each, LoggedIn) for each in found) == 1
    assert {each.code for each in found if isinstance(each, AccountError)} == {"username_taken"}


async def test_a_guest_gets_one_account(
    database: Database, passwords: Passwords, ann: LoggedIn
) -> None:
    with pytest.raises(AccountError) as error:
        await accounts.create(database, passwords, GUEST, "other", PASSWORD, "A", "::1", "x")
    assert error.value.code == "has_account"


@pytest.mark.parametrize(
    ("username", "password"),
    [("ann.1", "wrong"), ("nobody", PASSWORD), ("", ""), ("ann.1\0", PASSWORD), ("%", PASSWORD)],
)
async def test_what_is_not_right_does_not_log_in(
    database: Database, ann: LoggedIn, username: str, password: str
) -> None:
    assert await log_in(database, username, password) is None
    who = "g1" if username == "ann.1" else None
    noted = (await audit.recall(database, None, 1))[0]
    assert (noted.event, noted.person if who else None) == ("login_failed", who)


async def test_who_is_banned_does_not_log_in_nor_refresh(database: Database, ann: LoggedIn) -> None:
    async with database.writing() as sql:
        await sql.execute(update(UserRow).values(banned_at=1))
    assert await log_in(database, "ann.1") is None
    with pytest.raises(LoginError):
        await logins.refresh(database, ann.refresh_token, "::1")


async def test_a_worn_hash_is_made_anew_at_the_next_login(
    database: Database, ann: LoggedIn
) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    async with database.writing() as sql:
        await sql.execute(update(CredentialRow).values(hash=old))
    assert await log_in(database, "ann.1")
    async with database.reading() as sql:
        assert (await sql.scalar(select(CredentialRow.hash)) or "").startswith(
            "$argon2id$v=19$m=19456"
        )


async def test_refresh_tokens_rotate(database: Database, ann: LoggedIn) -> None:
    first = await logins.refresh(database, ann.refresh_token, "::1")
    second = await logins.refresh(database, first.refresh_token, "::1")
    assert len({ann.refresh_token, first.refresh_token, second.refresh_token}) == 3
    assert second.login == ann.login


async def test_a_token_used_again_ends_its_family_and_no_other(
    database: Database, ann: LoggedIn
) -> None:
    other = await log_in(database, "ann.1")
    assert other
    newest = await logins.refresh(database, ann.refresh_token, "::1")
    for token in (ann.refresh_token, newest.refresh_token, newest.refresh_token):
        with pytest.raises(LoginError):
            await logins.refresh(database, token, "::1")
    assert ("refresh_reused", "g1") in await events(database)
    assert await logins.refresh(database, other.refresh_token, "::1")


async def test_of_two_who_refresh_at_once_one_does_and_then_nobody(
    database: Database, ann: LoggedIn
) -> None:
    found = await asyncio.gather(
        *(logins.refresh(database, ann.refresh_token, "::1") for _ in range(4)),
        return_exceptions=True,
    )
    (first,) = [each for each in found if isinstance(each, LoggedIn)]
    with pytest.raises(LoginError):
        await logins.refresh(database, first.refresh_token, "::1")


@pytest.mark.parametrize("token", ["", "x", "cohort_refresh_" + "A" * 43])
async def test_a_guessed_token_ends_nothing(database: Database, ann: LoggedIn, token: str) -> None:
    with pytest.raises(LoginError):
        await logins.refresh(database, token, "::1")
    assert await logins.refresh(database, ann.refresh_token, "::1")


async def test_a_refresh_token_expires(database: Database, ann: LoggedIn) -> None:
    async with database.writing() as sql:
        await sql.execute(update(RefreshTokenRow).values(created_at=now_ms() - REFRESH_MS))
    with pytest.raises(LoginError):
        await logins.refresh(database, ann.refresh_token, "::1")


async def test_logging_out_ends_one_login_of_ones_own(database: Database, ann: LoggedIn) -> None:
    other = await log_in(database, "ann.1")
    assert other
    assert not await logins.end(database, "g2", ann.login, "::1")
    assert await logins.end(database, "g1", ann.login, "::1")
    assert not await logins.end(database, "g1", ann.login, "::1")
    assert [each.id for each in await logins.of(database, "g1", other.login)] == [other.login]
    with pytest.raises(LoginError):
        await logins.refresh(database, ann.refresh_token, "::1")


async def test_logging_out_everywhere_may_spare_this_one(database: Database, ann: LoggedIn) -> None:
    other = await log_in(database, "ann.1")
    assert other
    async with database.writing() as sql:
        await logins.end_all(sql, "g1", but=other.login)
    assert [each.current for each in await logins.of(database, "g1", other.login)] == [True]
    async with database.writing() as sql:
        await logins.end_all(sql, "g1")
    assert await logins.of(database, "g1", other.login) == ()


async def test_what_is_long_over_is_forgotten_at_the_next_login(
    database: Database, ann: LoggedIn
) -> None:
    async with database.writing() as sql:
        await sql.execute(update(RefreshTokenRow).values(created_at=1))
        await sql.execute(update(LoginRow).values(expires_at=1))
    again = await log_in(database, "ann.1")
    assert again
    async with database.reading() as sql:
        assert (await sql.scalars(select(LoginRow.id))).all() == [again.login]
        assert len((await sql.scalars(select(RefreshTokenRow.hash))).all()) == 1

"""Whose account somebody from elsewhere is; on SQLite, and on PostgreSQL where there is one."""

import asyncio

import pytest
from msgspec import UNSET

from server.accounts import accounts, audit, leaving, logins
from server.accounts import changes as account_changes
from server.accounts.accounts import AccountError
from server.accounts.logins import LoggedIn, LoginError
from server.accounts.passwords import Passwords
from server.accounts.tables import LoginRow, UserRow
from server.auth import Person
from server.identities import identities
from server.identities.oauth import Identity
from server.members.access import now_ms
from server.orm import Database

PASSWORD = "four words nobody says"
NELLY = Identity("oidc", "nelly", "nelly", "Nelly")
DISCORD = Identity("discord", "8035", "nelly#1", "")


async def log_in(
    database: Database, identity: Identity = NELLY, asker: Person | None = None
) -> LoggedIn:
    return await identities.log_in(database, identity, asker, "10.0.0.7", "x")


def person(found: LoggedIn) -> Person:
    return Person(found.person, found.name, 0, 2**40, found.login)


async def refused(code: str, doing: object) -> None:
    with pytest.raises(AccountError) as error:
        await doing  # type: ignore[misc]
    assert error.value.code == code


async def test_the_first_time_makes_an_account_and_the_next_is_the_same(database: Database) -> None:
    first = await log_in(database)
    again = await log_in(database, Identity("oidc", "nelly", "renamed", "Renamed"))
    assert (again.person, again.name) == (first.person, "Nelly")
    account = await accounts.read(database, first.person)
    assert [(each.provider, each.label) for each in account.identities] == [("oidc", "renamed")]
    assert account.username is UNSET
    noted = await audit.recall(database, None, 9)
    assert [(each.event, each.about) for each in noted] == [
        ("login", "oidc"),
        ("account_created", "oidc"),
    ]
    assert (await log_in(database, DISCORD)).person != first.person  # names are no proof


async def test_a_guest_becomes_the_account(database: Database) -> None:
    found = await log_in(database, asker=Person("g1", "Guest", 0, 2**40))
    assert (found.person, found.name) == ("g1", "Guest")
    other = await log_in(database, asker=Person("g2", "Guest", 0, 2**40))
    assert other.person == "g1"  # as whom one has been known before
    await refused("has_account", log_in(database, DISCORD, Person("g1", "Guest", 0, 2**40)))


async def test_twice_at_once_is_one_account(database: Database) -> None:
    answers = await asyncio.gather(*(log_in(database) for _ in range(4)), return_exceptions=True)
    found = {each.person for each in answers if isinstance(each, LoggedIn)}
    assert len(found) == 1
    assert {each.code for each in answers if isinstance(each, AccountError)} <= {"conflict"}
    assert (await log_in(database)).person in found


async def test_who_is_banned_or_gone_is_not_logged_in(database: Database) -> None:
    found = await log_in(database)
    async with database.writing() as sql:
        user = await sql.get(UserRow, found.person)
        assert user is not None
        user.banned_at = 1
    await refused("banned", log_in(database))
    (noted, *_) = await audit.recall(database, None, 1)
    assert (noted.event, noted.person) == ("login_failed", found.person)
    async with database.writing() as sql:
        user = await sql.get(UserRow, found.person)
        assert user is not None
        user.banned_at = None
    await leaving.leave(database, found.person, "::1")
    assert (await log_in(database)).person != found.person  # a new account


async def test_once_more_takes_the_place_of_the_login(database: Database) -> None:
    old = await log_in(database)
    other = await log_in(database)
    new = await log_in(database, asker=person(old))
    with pytest.raises(LoginError):
        await logins.refresh(database, old.refresh_token, "::1")
    assert await logins.refresh(database, other.refresh_token, "::1")
    assert await logins.refresh(database, new.refresh_token, "::1")
    assert old.login not in [each.id for each in await logins.of(database, old.person, "")]


async def test_once_more_is_as_the_same(database: Database) -> None:
    old = await log_in(database)
    await refused("not_linked", log_in(database, DISCORD, person(old)))
    await log_in(database, DISCORD)
    await refused("identity_taken", log_in(database, DISCORD, person(old)))


async def test_what_is_linked_logs_in_until_it_is_unlinked(database: Database) -> None:
    found = await log_in(database)
    await identities.link(database, found.person, DISCORD, "::1")
    await identities.link(database, found.person, DISCORD, "::1")  # sent again
    assert (await log_in(database, DISCORD)).person == found.person
    await identities.unlink(database, found.person, "oidc", "::1")
    assert (await log_in(database)).person != found.person
    await refused("last_way_in", identities.unlink(database, found.person, "discord", "::1"))
    await refused("not_found", identities.unlink(database, found.person, "oidc", "::1"))
    assert (await log_in(database, DISCORD)).person == found.person
    noted = await audit.recall(database, None, 99, found.person)
    linked = [(each.event, each.about) for each in noted if "linked" in each.event]
    assert linked == [("identity_unlinked", "oidc"), ("identity_linked", "discord")]


async def test_nobody_takes_what_is_somebody_elses(database: Database) -> None:
    ann, bob = await log_in(database), await log_in(database, DISCORD)
    await refused("identity_taken", identities.link(database, ann.person, DISCORD, "::1"))
    other = Identity("oidc", "other", "", "")
    await refused("already_linked", identities.link(database, ann.person, other, "::1"))
    await refused("no_account", identities.link(database, "g7", other, "::1"))
    assert (await log_in(database, DISCORD)).person == bob.person


async def test_two_at_once_leave_one_way_in(database: Database) -> None:
    found = await log_in(database)
    await identities.link(database, found.person, DISCORD, "::1")
    answers = await asyncio.gather(
        *(identities.unlink(database, found.person, each, "::1") for each in ("oidc", "discord")),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in answers) == ["AccountError", "NoneType"]
    assert len((await accounts.read(database, found.person)).identities) == 1


async def test_without_a_password_a_fresh_login_proves_it(database: Database) -> None:
    found = await log_in(database)
    assert await account_changes.prove(database, Passwords(), person(found), "") is None
    async with database.writing() as sql:
        row = await sql.get(LoginRow, found.login)
        assert row is not None
        row.created_at = now_ms() - account_changes.FRESH_MS - 1
    prove = account_changes.prove(database, Passwords(), person(found), "")
    await refused("log_in_again", prove)
    again = await log_in(database, asker=person(found))
    assert await account_changes.prove(database, Passwords(), person(again), "") is None


async def test_a_first_password_needs_a_free_username(database: Database) -> None:
    found = await log_in(database)
    taken = await accounts.create(database, Passwords(), None, "bob", PASSWORD, "Bob", "::1", "x")

    async def choose(username: str) -> None:
        await account_changes.change_password(
            database, Passwords(), person(found), "", PASSWORD, "::1", username
        )

    await refused("username_missing", choose(""))
    await refused("username_taken", choose("Bob"))
    await choose("Nelly")
    again = await accounts.log_in(database, Passwords(), "nelly", PASSWORD, "::1", "x")
    assert again is not None
    assert again.person == found.person != taken.person
    await identities.unlink(database, found.person, "oidc", "::1")
    await refused("wrong_password", choose("other"))  # now there is one to prove

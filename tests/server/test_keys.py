"""Personal API keys in SQL."""

import pytest
from msgspec import UNSET
from sqlalchemy import text, update

from server.accounts import accounts, audit, keys
from server.accounts.accounts import AccountError
from server.accounts.keys import KeyScope, NewKey
from server.accounts.logins import LoggedIn
from server.accounts.passwords import Passwords
from server.accounts.tables import KeyRow, UserRow
from server.auth import NotAuthenticatedError, Tokens
from server.orm import Database
from server.web.callers import Callers

TOKENS = Tokens("of the tests: 32 characters or more")


@pytest.fixture
async def ann(database: Database) -> LoggedIn:
    return await accounts.create(
        database, Passwords(), None, "ann", "four words nobody says", "Ann", "::1", "x"
    )


@pytest.mark.parametrize("scope", ["overlay", "read", "edit"])
async def test_a_key_is_its_person_within_its_scope(
    database: Database, ann: LoggedIn, scope: KeyScope
) -> None:
    made = await keys.create(database, ann.person, NewKey("bot", scope), "::1")
    person = await Callers(TOKENS, database).read(made.token)
    assert (person.id, person.name, person.scope, person.key) == (
        ann.person,
        "Ann",
        scope,
        made.id,
    )
    assert not person.is_guest
    assert not person.worn
    order = ["overlay", "read", "edit", "all"]
    assert [person.may(each) for each in ("overlay", "read", "edit", "all")] == [
        number <= order.index(scope) for number in range(4)
    ]


async def test_a_key_is_kept_as_a_hash_and_its_use_is_seen(
    database: Database, ann: LoggedIn
) -> None:
    made = await keys.create(database, ann.person, NewKey("bot", "read"), "::1")
    (before,) = await keys.of(database, ann.person)
    assert before.used_at is UNSET
    for _ in range(2):
        await keys.read(database, made.token)
    (after,) = await keys.of(database, ann.person)
    assert after.used_at is not UNSET
    async with database.reading() as sql:
        for table in ("keys", "audit"):
            assert made.token not in str((await sql.execute(text(f"SELECT * FROM {table}"))).all())


async def refused(database: Database, token: str) -> None:
    with pytest.raises(NotAuthenticatedError):
        await Callers(TOKENS, database).read(token)


async def test_a_revoked_key_is_good_for_nothing(database: Database, ann: LoggedIn) -> None:
    made = await keys.create(database, ann.person, NewKey("bot", "read"), "::1")
    with pytest.raises(AccountError):
        await keys.revoke(database, "g2", made.id, "::1")
    await keys.revoke(database, ann.person, made.id, "::1")
    await keys.revoke(database, ann.person, made.id, "::1")
    await refused(database, made.token)
    assert await keys.of(database, ann.person) == ()
    noted = [each.event for each in await audit.recall(database, None, 9, ann.person)]
    assert noted == ["key_revoked", "key_created", "account_created"]


@pytest.mark.parametrize(
    "change",
    [
        update(KeyRow).values(expires_at=1),
        update(UserRow).values(banned_at=1),
        update(UserRow).values(deleted_at=1),
    ],
    ids=["expired", "banned", "deleted"],
)
async def test_a_key_ends(database: Database, ann: LoggedIn, change: object) -> None:
    made = await keys.create(database, ann.person, NewKey("bot", "read", 60), "::1")
    async with database.writing() as sql:
        await sql.execute(change)  # type: ignore[call-overload]
    await refused(database, made.token)


async def test_a_key_that_nobody_made(database: Database, ann: LoggedIn) -> None:
    await refused(database, "cohort_key_" + "A" * 43)


async def test_keys_are_for_accounts_and_not_endless(
    database: Database, ann: LoggedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AccountError, match="guest"):
        await keys.create(database, "g9", NewKey("bot", "read"), "::1")
    monkeypatch.setattr(keys, "MOST", 1)
    await keys.create(database, ann.person, NewKey("bot", "read"), "::1")
    with pytest.raises(AccountError, match="at most"):
        await keys.create(database, ann.person, NewKey("bot", "read"), "::1")

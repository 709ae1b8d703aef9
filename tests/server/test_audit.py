"""The audit log: what is noted, found and forgotten."""

import pytest
from msgspec import UNSET
from sqlalchemy import select, update

from calc import build as documents
from server.accounts import audit
from server.accounts.audit import DAY_MS, Noted
from server.accounts.tables import AuditRow
from server.log.logged import Stored
from server.members import access, governing
from server.orm import Database

ANN, BOB = "g1", "g2"
HERE = "192.0.2.7"


@pytest.fixture
async def session(database: Database) -> str:
    stored = Stored("e1", 0, "", documents.empty("Nova"), {}, ())
    return (await access.create_session(database, ANN, "Ann", stored, "engine", "release"))[0]


async def noted(database: Database) -> list[Noted]:
    return list(reversed(await audit.recall(database, None, 100)))


async def test_words_from_elsewhere_do_nothing_to_a_database_or_a_terminal(
    database: Database,
) -> None:
    async with database.writing() as sql:
        audit.note(sql, "banned", HERE, ANN, BOB, "sp\0am \x1b[2J\r\n\ud800 and “words”")
    assert [each.about for each in await noted(database)] == ["spam [2J and “words”"]


async def test_what_is_done_to_rights_in_a_session_is_noted(
    database: Database, session: str
) -> None:
    link, secret = await access.invite(database, session, ANN, "editor", None, None, HERE)
    await access.accept(database, session, secret, BOB, "Bob")
    await governing.set_role(database, session, ANN, BOB, "viewer", HERE)
    await governing.remove(database, session, ANN, BOB, HERE)
    await access.accept(database, session, secret, BOB, "Bob")
    await governing.hand_over(database, session, ANN, BOB, HERE)
    await access.revoke(database, session, BOB, link, HERE)
    await access.revoke(database, session, BOB, link, HERE)  # there is nothing more to tell
    await governing.end(database, session, BOB, HERE)
    await governing.end(database, session, BOB, HERE)
    told = await noted(database)
    assert [(each.event, each.by, each.person) for each in told] == [
        ("invitation_created", ANN, UNSET),
        ("member_role_changed", ANN, BOB),
        ("member_removed", ANN, BOB),
        ("handed_over", ANN, BOB),
        ("invitation_revoked", BOB, UNSET),
        ("session_ended", BOB, UNSET),
    ]
    assert {each.address for each in told} == {HERE}
    assert all(session in each.about for each in told)
    assert secret not in str(told)


async def test_what_is_refused_is_not_noted(database: Database, session: str) -> None:
    for wrong in (
        governing.set_role(database, session, BOB, ANN, "viewer", HERE),
        governing.hand_over(database, session, BOB, BOB, HERE),
        access.invite(database, session, BOB, "viewer", None, None, HERE),
    ):
        with pytest.raises(access.AccessError):
            await wrong
    assert await noted(database) == []


async def test_it_is_read_by_page_person_event_and_doer(database: Database) -> None:
    async with database.writing() as sql:
        for number in range(5):
            audit.note(sql, "login", HERE, f"u{number % 2}", f"u{number % 2}")
        audit.note(sql, "role_changed", HERE, "u0", "u9", "admin")
    first = await audit.recall(database, None, 4)
    second = await audit.recall(database, first[-1].number, 4)
    numbers = [each.number for each in (*first, *second)]
    assert len(numbers) == 6
    assert numbers == sorted(numbers, reverse=True)
    assert len(await audit.recall(database, None, 100, person="u0")) == 4
    assert len(await audit.recall(database, None, 100, event="login")) == 5
    assert [each.about for each in await audit.recall(database, None, 100, by="u9")] == ["admin"]
    assert await audit.recall(database, None, 100, person="u0", event="login", by="u1") == ()


async def test_addresses_are_forgotten_first_and_then_what_happened(database: Database) -> None:
    async with database.writing() as sql:
        for days in range(5):
            audit.note(sql, "login", HERE, f"u{days}")
        await sql.flush()
        for row in await sql.scalars(select(AuditRow)):
            age = int((row.person or "u0")[1:])
            older = update(AuditRow).where(AuditRow.number == row.number)
            await sql.execute(older.values(at=row.at - age * DAY_MS - 1000))
    looked_to = await audit.forget(database, days=4, address_days=2)
    kept = await noted(database)
    assert {each.person: each.address for each in kept} == {
        "u0": HERE,
        "u1": HERE,
        "u2": "",
        "u3": "",
    }
    assert await audit.forget(database, 4, 2, looked_to) >= looked_to
    assert await noted(database) == kept

"""Proposals over real sockets: made on one worker, taken on two at once, found by newcomers."""

import asyncio
import uuid
from typing import Any

from tests.wire.serving import Owner, Raw, Server


async def joined(url: str, session: str, **fields: Any) -> Raw:
    raw = await Raw.open(url, session)
    await raw.join(**fields)
    await raw.receive("snapshot")
    return raw


def propose(number: int, level: int) -> dict[str, Any]:
    operations = [{"type": "set_level", "level": level}]
    return {
        "type": "propose",
        "id": f"proposal-{number}",
        "title": "Lower",
        "operations": operations,
    }


def decide(number: int, *, accept: bool) -> dict[str, Any]:
    return {
        "type": "decide",
        "id": f"decide-{number}",
        "proposal": f"proposal-{number}",
        "accept": accept,
    }


async def decided(raw: Raw, number: int) -> dict[str, Any]:
    while True:
        message = await raw.receive("proposal")
        if message["id"] == f"proposal-{number}" and message["state"] != "open":
            return message


async def test_a_proposal_is_taken_once_however_many_press(
    two_servers: tuple[Server, Server],
) -> None:
    one, other = two_servers
    ann = Owner(one.url, archetype="Class_Scrapper")
    secrets = [ann.invite(role)["secret"] for role in ("editor", "suggester")]
    raw = await joined(one.url, ann.session, token=ann.token)
    bob = await joined(other.url, ann.session, invitation=secrets[0], name="Bob")
    sue = await joined(other.url, ann.session, invitation=secrets[1], name="Sue")
    async with asyncio.timeout(30):
        await sue.send(propose(1, 20))
        heard = await raw.receive("proposal")
        assert (heard["state"], heard["title"]) == ("open", "Lower")
        assert "health.max" in heard["totals"]
        await sue.send(decide(1, accept=True))
        assert (await sue.receive("refused"))["code"] == "not_allowed"
        for each in (raw, bob):
            await each.send(decide(1, accept=True))
        accepted = await decided(sue, 1)
        assert (accepted["state"], accepted["revision"]) == ("accepted", 1)
        snapshot = ann.snapshot()
        assert (snapshot["revision"], snapshot["build"]["level"]) == (1, 20)
        await raw.send({"type": "undo", "id": "undo-of-ann", "base": 1})
        await bob.send({"type": "undo", "id": "undo-of-bob", "base": 1})
        for each in (raw, bob):
            await each.send({**decide(1, accept=True), "id": "again"})
        first, second = (raw, bob) if accepted["decided_by"] == ann.person else (bob, raw)
        while (answer := await first.receive("accepted"))["id"] != "again":
            pass
        assert answer["revision"] == 1
        while (answer := await second.receive("refused"))["id"] != "again":
            pass
        assert answer["code"] == "already_decided"
        while (undone := await sue.receive("change"))["revision"] < 2:
            pass
        assert undone["undoes"] == "proposal-1"
    for each in (raw, bob, sue):
        await each.socket.close()
    assert ann.snapshot()["revision"] == 2


async def test_a_proposal_waits_for_newcomers_and_is_declined_or_withdrawn(
    two_servers: tuple[Server, Server],
) -> None:
    one, other = two_servers
    ann = Owner(one.url, archetype="Class_Scrapper")
    sue_secret, eve_secret = (ann.invite(role)["secret"] for role in ("suggester", "viewer"))
    sue = await joined(other.url, ann.session, invitation=sue_secret, name="Sue")
    eve = await joined(one.url, ann.session, invitation=eve_secret, name="Eve")
    async with asyncio.timeout(30):
        for number in (1, 2):
            await sue.send(propose(number, 20 + number))
            await sue.receive("proposal")
        await eve.send(propose(3, 20))
        assert (await eve.receive("refused"))["code"] == "not_allowed"
        await eve.send(decide(1, accept=True))
        assert (await eve.receive("refused"))["code"] == "not_allowed"
        await sue.send({**propose(4, 20), "title": "a\nb"})
        assert (await sue.receive("refused"))["path"] == "$.title"
        raw = await Raw.open(one.url, ann.session)
        await raw.join(token=ann.token)
        waiting = (await raw.receive("snapshot"))["proposals"]
        while len(waiting) < 2:  # the hint of the newest is on its way
            waiting.append(await raw.receive("proposal"))
        assert [each["id"] for each in waiting] == ["proposal-1", "proposal-2"]
        assert all(each["state"] == "open" and each["totals"] for each in waiting)
        assert [each["id"] for each in ann.snapshot()["proposals"]] == ["proposal-1", "proposal-2"]
        assert "proposals" not in ann.call(
            "GET", f"/api/v1/sessions/{ann.session}", Invitation=eve_secret
        )
        await raw.send(decide(1, accept=False))
        assert (await decided(sue, 1))["state"] == "declined"
        await sue.send(decide(2, accept=False))
        assert (await decided(raw, 2))["state"] == "withdrawn"
        await raw.send(decide(5, accept=True))
        assert (await raw.receive("refused"))["code"] == "no_proposal"
    for each in (raw, sue, eve):
        await each.socket.close()
    assert ann.snapshot()["revision"] == 0


async def test_who_stays_is_told_what_a_proposal_comes_to_after_an_edit_elsewhere(
    two_servers: tuple[Server, Server],
) -> None:
    one, other = two_servers
    ann = Owner(one.url, archetype="Class_Scrapper")
    raw = await joined(one.url, ann.session, token=ann.token)
    sue = await joined(
        other.url, ann.session, invitation=ann.invite("suggester")["secret"], name="Sue"
    )
    lower = {"type": "set_level", "level": 20, "expects": 50}
    edit = {"type": "edit", "id": str(uuid.uuid4()), "base": 0}
    async with asyncio.timeout(30):
        await sue.send({**propose(1, 20), "operations": [lower]})
        for each in (raw, sue):
            assert "health.max" in (await each.receive("proposal"))["totals"]
        await raw.send({**edit, "operations": [{"type": "set_level", "level": 21}]})
        for each in (raw, sue):
            again = await each.receive("proposal")
            assert (again["state"], again["totals"]) == ("open", {})
            assert again["problem"] == "Ann set the level to 21 since."
        await raw.send(decide(1, accept=True))
        refused = await raw.receive("refused")
        assert (refused["code"], refused["by"]) == ("changed_meanwhile", ann.person)
        assert refused["message"] == "You set the level to 21 since."
    for each in (raw, sue):
        await each.socket.close()

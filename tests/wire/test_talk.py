"""Questions, focus, chat and renewal over real sockets, on two workers."""

import asyncio
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from calc.operations import SetLevel
from server.client_messages import Propose, Say
from server.live import chat, proposals
from server.orm import Database
from tests.wire.serving import Owner, Raw, Server


@pytest.fixture
def ann(server: Server) -> Owner:
    return Owner(server.url, archetype="Class_Scrapper")


async def joined(url: str, session: str, **fields: Any) -> Raw:
    raw = await Raw.open(url, session)
    await raw.join(**fields)
    await raw.receive("snapshot")
    return raw


async def refused(raw: Raw) -> tuple[str, str]:
    answer = await raw.receive("refused")
    return answer["code"], answer["id"]


async def test_a_suggester_previews_and_a_viewer_only_explains(ann: Owner) -> None:
    sue = await joined(ann.url, ann.session, invitation=ann.invite("suggester")["secret"], name="S")
    eve = await joined(ann.url, ann.session, invitation=ann.invite("viewer")["secret"], name="E")
    preview = {"type": "preview", "id": "p1", "operations": [{"type": "set_level", "level": 20}]}
    await sue.send(preview)
    answer = await sue.receive("previewed")
    assert answer["id"] == "p1"
    before = ann.snapshot()
    assert before["revision"] == answer["revision"] == 0
    assert answer["totals"]["health.max"]["value"] < before["totals"]["health.max"]["value"]
    await sue.send({**preview, "operations": [{"type": "drop_power", "power": "Pool.No.Power"}]})
    assert await refused(sue) == ("unknown_power", "p1")
    await eve.send(preview)
    assert await refused(eve) == ("not_allowed", "p1")
    await eve.send({"type": "explain", "id": "x1", "stat": "health.max"})
    explained = await eve.receive("explained")
    assert explained["explanation"]["value"] == before["totals"]["health.max"]["value"]
    await eve.send({"type": "explain", "id": "x2", "stat": "no.stat"})
    assert await refused(eve) == ("unknown_stat", "x2")
    for each in (sue, eve):
        await each.socket.close()


async def test_too_many_questions_are_refused_for_now(ann: Owner) -> None:
    raw = await joined(ann.url, ann.session, token=ann.token)
    for number in range(40):
        await raw.send({"type": "explain", "id": f"x{number}", "stat": "health.max"})
    answers: dict[str, int] = {}
    async for frame in raw.socket:
        message = msgspec.json.decode(frame)
        if message["type"] == "refused":
            assert message["code"] == "too_many"
            assert message["retry_after"] > 0
        if message["type"] in ("refused", "explained"):
            answers[message["type"]] = answers.get(message["type"], 0) + 1
        if sum(answers.values()) == 40:
            break
    assert answers["refused"] >= 10
    assert answers["explained"] >= 20
    await raw.socket.close()


async def test_focus_reaches_others_on_other_workers_and_newcomers(
    two_servers: tuple[Server, Server],
) -> None:
    one, other = two_servers
    ann = Owner(one.url)
    bob_secret = ann.invite()["secret"]
    raw = await joined(one.url, ann.session, token=ann.token)
    bob = await joined(other.url, ann.session, invitation=bob_secret, name="Bob")
    await raw.send({"type": "focus", "power": "Pool.Speed.Hasten"})
    await raw.send({"type": "focus", "power": "Pool.Speed.Hasten", "slot": "k7", "dragging": True})
    here = {
        "person": ann.person,
        "power": "Pool.Speed.Hasten",
        "slot": "k7",
        "dragging": True,
    }
    while (await bob.receive("focused"))["people"] != [here]:
        pass
    carl = await joined(other.url, ann.session, invitation=bob_secret, name="Carl")
    assert (await carl.receive("focused"))["people"] == [here]
    eve = await joined(one.url, ann.session, invitation=ann.invite("viewer")["secret"], name="E")
    await eve.send({"type": "focus", "id": "f1"})
    assert await refused(eve) == ("not_allowed", "f1")
    for each in (raw, bob, carl, eve):
        await each.socket.close()


async def test_what_is_said_is_heard_everywhere_but_by_viewers_and_read_by_newcomers(
    two_servers: tuple[Server, Server],
) -> None:
    one, other = two_servers
    ann = Owner(one.url)
    sue_secret, eve_secret = (ann.invite(role)["secret"] for role in ("suggester", "viewer"))
    raw = await joined(one.url, ann.session, token=ann.token)
    sue = await joined(other.url, ann.session, invitation=sue_secret, name="Sue")
    eve = await joined(other.url, ann.session, invitation=eve_secret, name="Eve")
    await sue.send({"type": "say", "id": "m1", "text": "Shields first?"})
    heard = await raw.receive("said")
    assert (heard["number"], heard["name"], heard["text"]) == (1, "Sue", "Shields first?")
    assert await sue.receive("said") == heard
    await sue.send({"type": "say", "id": "m1", "text": "Shields first?"})
    assert await sue.receive("said") == heard  # told again, not said again
    await eve.send({"type": "say", "id": "m1", "text": "Me too"})
    assert await refused(eve) == ("not_allowed", "m1")
    for text in ("", " ", "x" * 501, "a\u202eb", "a\nb"):
        await sue.send({"type": "say", "id": "m2", "text": text})
        answer = await sue.receive("refused")
        assert (answer["code"], answer["path"]) == ("invalid", "$.text")
    path = f"/api/v1/sessions/{ann.session}/said"
    assert ann.call("GET", path) == [
        {key: value for key, value in heard.items() if key != "type"} | {"type": "said"}
    ]
    assert ann.call("GET", f"{path}?after=1") == []
    assert ann.call("GET", f"{path}?limit=1000", status=400)["code"] == "invalid"
    eve_token = {"Invitation": eve_secret}
    assert ann.call("GET", path, status=401, **eve_token)["code"] == "not_authenticated"
    for each in (raw, sue, eve):
        await each.socket.close()


async def test_what_a_lost_hint_would_have_told_is_told(
    two_servers: tuple[Server, Server], redis_url: str
) -> None:
    one, other = two_servers
    ann = Owner(one.url, archetype="Class_Scrapper")
    bob_secret = ann.invite()["secret"]
    raw = await joined(one.url, ann.session, token=ann.token)
    bob = await joined(other.url, ann.session, invitation=bob_secret, name="Bob")
    overlay = await joined(one.url, ann.session, token=ann.token, views=["build"])
    database = Database(f"sqlite+aiosqlite:///{one.data_dir.parent / 'shared.sqlite'}")
    redis = Redis.from_url(redis_url)

    async def unheard(text: str) -> None:
        """As of a worker that died before it could tell."""
        await chat.keep(database, ann.session, ann.person, Say(text))

    async with asyncio.timeout(30):
        await raw.send({"type": "say", "text": "one"})
        for each in (raw, bob):
            assert (await each.receive("said"))["text"] == "one"
        await unheard("two")
        propose = Propose("proposal-1", (SetLevel(20),), "Lower")
        await proposals.keep(database, ann.session, ann.person, propose, 0, {})
        await redis.client_kill_filter(_type="pubsub")
        for each in (raw, bob):
            assert (await each.receive("said"))["text"] == "two"
            assert "health.max" in (await each.receive("proposal"))["totals"]
        await unheard("three")
        await bob.send({"type": "say", "text": "four"})
        for each in (raw, bob):
            assert [(await each.receive("said"))["text"] for _ in "34"] == ["three", "four"]
        await overlay.send({"type": "ping", "id": "p1"})
        heard = []
        while (kind := msgspec.json.decode(await overlay.socket.recv())["type"]) != "pong":
            heard.append(kind)
        assert "proposal" in heard  # it is of the build
        assert not {"said", "people", "focused"} & set(heard)  # they are of people
    await redis.aclose()
    await database.close()
    for each in (raw, bob, overlay):
        await each.socket.close()


async def test_a_newer_token_of_the_same_person_renews(ann: Owner) -> None:
    raw = await joined(ann.url, ann.session, token=ann.token)
    await raw.send({"type": "renew", "id": "r1", "token": ann.token})
    answer = await raw.receive("renewed")
    assert (answer["id"], answer["expires_at"] > 1_700_000_000_000) == ("r1", True)
    await raw.send({"type": "renew", "id": "r2", "token": Owner(ann.url, "Bob").token})
    assert await refused(raw) == ("not_allowed", "r2")
    await raw.send({"type": "renew", "id": "r3", "token": "nonsense"})
    assert await refused(raw) == ("not_authenticated", "r3")
    await raw.send({"type": "ping", "id": "still here"})
    assert (await raw.receive("pong"))["id"] == "still here"
    await raw.socket.close()


async def test_edits_are_answered_before_questions_that_wait(ann: Owner) -> None:
    raw = await joined(ann.url, ann.session, token=ann.token)
    async with asyncio.timeout(20):
        for number in range(15):
            await raw.send({"type": "explain", "id": f"x{number}", "stat": "health.max"})
        operations = [{"type": "set_level", "level": 30}]
        await raw.send({"type": "edit", "id": "edit-0001", "base": 0, "operations": operations})
        explained = 0
        async for frame in raw.socket:
            kind = msgspec.json.decode(frame)["type"]
            explained += kind == "explained"
            if kind == "accepted":
                break
        for _ in range(15 - explained):
            await raw.receive("explained")
    await raw.socket.close()

"""The Python client, against real servers: what a program is promised by it."""

import asyncio
import socket
import time
from pathlib import Path

import pytest

from calc.operations import SetLevel, SetNotes, SetTitle
from server.client import Away, Client, ClosedError, NoAnswerError, RefusedError
from server.server_messages import (
    Accepted,
    Change,
    Explained,
    Focused,
    Goodbye,
    Previewed,
    Proposal,
    Refused,
    Renewed,
    Said,
)
from tests.wire.serving import Owner, Server


@pytest.fixture
def ann(server: Server) -> Owner:
    return Owner(server.url, archetype="Class_Scrapper")


async def test_iterating_gives_what_the_server_says_until_the_client_is_closed(ann: Owner) -> None:
    titles = []
    async with asyncio.timeout(30), Client(ann.url, ann.session, token=ann.token) as client:
        assert client.joined
        for title in ("a", "b", "c"):
            await client.edit(SetTitle(title))
        async for message in client:
            if isinstance(message, Change):
                titles.append(message.patch["title"])
            if len(titles) == 3:
                await client.close()
    assert titles == ["a", "b", "c"]
    assert not client.joined


async def test_undo_and_redo_are_answered(ann: Owner) -> None:
    async with asyncio.timeout(30), Client(ann.url, ann.session, token=ann.token) as client:
        made = await client.edit(SetLevel(30))
        undone = await client.undo()
        assert isinstance(undone, Accepted)
        assert undone.undoes == made.id
        assert "level" not in client.replica.document
        assert isinstance(await client.redo(), Accepted)
        assert client.replica.document["level"] == 30
        refused = await client.redo()
        assert isinstance(refused, Refused)
        assert refused.code == "nothing_to_redo"


async def test_questions_are_answered_and_change_nothing(ann: Owner) -> None:
    async with asyncio.timeout(30), Client(ann.url, ann.session, token=ann.token) as client:
        previewed = await client.preview(SetLevel(30))
        assert isinstance(previewed, Previewed)
        assert "health.max" in previewed.totals
        explained = await client.explain("health.max")
        assert isinstance(explained, Explained)
        refused = await client.explain("no.such.stat")
        assert isinstance(refused, Refused)
        renewed = await client.renew(ann.token)
        assert isinstance(renewed, Renewed)
        assert client.replica.revision == 0


async def test_what_one_says_and_looks_at_the_others_are_told(ann: Owner) -> None:
    secret = ann.invite()["secret"]
    async with (
        asyncio.timeout(30),
        Client(ann.url, ann.session, token=ann.token) as first,
        Client(ann.url, ann.session, invitation=secret, name="Bob") as second,
    ):
        said = await first.say("Hasten at 10?")
        assert isinstance(said, Said)
        heard = await anext(each async for each in second if isinstance(each, Said))
        assert (heard.text, heard.by, heard.number) == (said.text, ann.person, said.number)
        await first.focus("Pool.Speed.Hasten", "own")
        seen = await anext(each async for each in second if isinstance(each, Focused))
        assert [(each.person, each.power) for each in seen.people] == [
            (ann.person, "Pool.Speed.Hasten")
        ]


async def test_proposals_are_made_and_decided(ann: Owner) -> None:
    secret = ann.invite("suggester")["secret"]
    async with (
        asyncio.timeout(30),
        Client(ann.url, ann.session, token=ann.token) as editor,
        Client(ann.url, ann.session, invitation=secret, name="Bob") as bob,
    ):
        first = await bob.propose(SetLevel(30), title="Lower")
        second = await bob.propose(SetLevel(40))
        assert isinstance(first, Proposal)
        assert isinstance(second, Proposal)
        await editor.until(lambda: set(editor.replica.proposals) == {first.id, second.id})
        taken = await editor.decide(first.id, accept=True)
        assert isinstance(taken, Proposal)
        assert (taken.state, taken.revision) == ("accepted", 1)
        declined = await editor.decide(second.id, accept=False)
        assert isinstance(declined, Proposal)
        assert declined.state == "declined"
        assert await editor.decide(first.id, accept=True) == taken
        otherwise = await editor.decide(first.id, accept=False)
        assert isinstance(otherwise, Refused)
        assert otherwise.code == "already_decided"
        await bob.until(lambda: bob.replica.proposals == {})
        assert bob.replica.document["level"] == 30


async def test_a_ping_measures_the_line(ann: Owner) -> None:
    async with asyncio.timeout(30), Client(ann.url, ann.session, token=ann.token) as client:
        assert 0 < await client.ping() < 10


async def test_who_wants_one_total_has_one_and_may_want_more(ann: Owner) -> None:
    async with (
        asyncio.timeout(30),
        Client(
            ann.url, ann.session, token=ann.token, views=["totals"], stats=["health.max"]
        ) as overlay,
        Client(ann.url, ann.session, token=ann.token) as editor,
    ):
        await overlay.until(lambda: set(overlay.replica.totals) == {"health.max"})
        await editor.edit(SetLevel(30))
        await overlay.reached(1)
        assert overlay.replica.totals["health.max"] == editor.replica.totals["health.max"]
        assert overlay.replica.document == {}
        await overlay.views("build", "totals")
        await overlay.until(lambda: overlay.replica.document.get("level") == 30)
        assert overlay.replica.totals == editor.replica.totals
        overlay.drop()
        await editor.edit(SetLevel(31))
        await overlay.until(lambda: overlay.replica.document["level"] == 31)


async def test_views_that_are_refused_leave_all_as_it_was(ann: Owner) -> None:
    async with asyncio.timeout(30), Client(ann.url, ann.session, token=ann.token) as client:
        refused = await client.views("totals", stats=["health.maxx"])
        assert isinstance(refused, Refused)
        assert refused.path == "$.stats[0]"
        client.drop()
        await client.until(lambda: not client.joined)
        await client.edit(SetLevel(30))
        assert client.replica.document["level"] == 30
        assert await client.views("totals", stats=["health.max"]) is None


async def test_an_edit_that_is_too_large_is_refused_and_holds_up_no_other(ann: Owner) -> None:
    async with asyncio.timeout(30), Client(ann.url, ann.session, token=ann.token) as client:
        refused = await client.edit(*[SetNotes("x" * 7900)] * 9)
        assert isinstance(refused, Refused)
        assert refused.code == "too_large"
        assert isinstance(await client.edit(SetLevel(7)), Accepted)
        assert not any(isinstance(each, Away) for each in client.received())


async def test_what_nobody_iterates_over_is_bounded(ann: Owner) -> None:
    async with (
        asyncio.timeout(30),
        Client(ann.url, ann.session, token=ann.token, kept=3) as client,
    ):
        for level in range(2, 10):
            await client.edit(SetLevel(level))
        assert client.lost > 3
        kept = client.received()
        assert len(kept) == 3
        assert kept[-1] == Accepted(kept[-1].id, 8)  # type: ignore[union-attr]
        assert client.replica.document["level"] == 9
        assert client.received() == []


async def test_a_dropped_line_stands_among_the_messages(ann: Owner) -> None:
    async with asyncio.timeout(30), Client(ann.url, ann.session, token=ann.token) as client:
        client.drop()
        away = await anext(each async for each in client if isinstance(each, Away))
        assert away.reason
        assert 0 < away.retry_s < 1
        assert isinstance(await client.edit(SetLevel(3)), Accepted)


async def test_a_client_comes_back_when_the_server_asked_it_to(tmp_path: Path) -> None:
    server = Server(tmp_path)
    ann = Owner(server.url)
    async with asyncio.timeout(60), Client(ann.url, ann.session, token=ann.token) as client:
        assert await asyncio.to_thread(server.stop) == 0
        goodbye = await anext(each async for each in client if isinstance(each, Goodbye))
        away = await anext(each async for each in client if isinstance(each, Away))
        assert away.retry_s > goodbye.retry_after
        editing = asyncio.create_task(client.edit(SetLevel(7)))
        await server.restart()
        assert isinstance(await editing, Accepted)
    server.ends_well()


async def test_what_waits_for_an_answer_is_told_that_the_client_is_closed(ann: Owner) -> None:
    async with asyncio.timeout(30), Client(ann.url, ann.session, token=ann.token) as client:
        client.drop()
        editing = asyncio.create_task(client.edit(SetLevel(3)))
        waiting = asyncio.create_task(client.until(lambda: False))
        await asyncio.sleep(0)
        await client.close()
        for task in (editing, waiting):
            with pytest.raises(ClosedError):
                await task
        with pytest.raises(ClosedError):
            await client.edit(SetLevel(4))


async def test_being_sent_away_ends_the_iteration_with_the_reason(ann: Owner) -> None:
    invitation = ann.invite()
    async with (
        asyncio.timeout(30),
        Client(ann.url, ann.session, invitation=invitation["secret"], name="Bob") as bob,
    ):
        path = f"/api/v1/sessions/{ann.session}/invitations/{invitation['id']}"
        await asyncio.to_thread(ann.call, "DELETE", path, status=204)
        with pytest.raises(ClosedError, match="4403"):
            async for _ in bob:
                pass


async def test_who_is_not_let_in_is_told_why(ann: Owner) -> None:
    for session, token, code in (
        (ann.session, "x.y.z", 4401),
        ("nosuchsession", ann.token, 4404),
    ):
        with pytest.raises(ClosedError) as caught:
            async with Client(ann.url, session, token=token):
                pass
        assert caught.value.code == code
        assert caught.value.reason


@pytest.mark.parametrize(
    ("name", "stats", "reason"),
    [
        ("B" * 41, (), "name: Expected `str` of length <= 40"),
        ("  ", (), "name: It has characters that are not allowed there, or too few or too many."),
        ("Bob", ("nope",), "stats[0]: There is no stat 'nope'; see /api/v1/stats."),
    ],
)
async def test_who_joins_with_what_is_refused_is_told_at_once(
    ann: Owner, name: str, stats: tuple[str, ...], reason: str
) -> None:
    secret = ann.invite()["secret"]
    async with asyncio.timeout(20):
        with pytest.raises(RefusedError) as caught:
            async with Client(ann.url, ann.session, invitation=secret, name=name, stats=stats):
                pass
    assert (caught.value.reason, caught.value.refused.code) == (reason, "invalid")


async def test_where_nobody_answers_the_client_gives_up_in_time() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        begun = time.monotonic()
        with pytest.raises(NoAnswerError, match="does not let us in"):
            async with Client(url, "s", token="t", join_s=0.5):
                pass
        assert time.monotonic() - begun < 10

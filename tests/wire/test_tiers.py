"""Everybody is sent what their role and their wishes come to, and nothing else."""

import asyncio
from typing import Any

import msgspec
import pytest

from calc.operations import SetLevel, SetTitle
from server.client import Client
from server.server_messages import Change, People, Totals, Update
from tests.wire.serving import Owner, Raw, Server


@pytest.fixture
def ann(server: Server) -> Owner:
    return Owner(server.url, title="Nova", archetype="Class_Scrapper")


async def test_a_viewer_follows_by_updates_and_ends_where_everybody_does(
    ann: Owner,
) -> None:
    viewer = ann.invite("viewer")["secret"]
    async with (
        asyncio.timeout(30),
        Client(ann.url, ann.session, token=ann.token) as editor,
        Client(ann.url, ann.session, invitation=viewer, name="Eve") as first,
        Client(ann.url, ann.session, invitation=viewer, name="Bob") as second,
    ):
        for level in range(1, 41):
            await editor.edit(SetLevel(level))
            if level == 20:
                second.drop()  # comes back and resumes
        await first.reached(40)
        await second.reached(40)
        for client in (first, second):
            assert client.replica.document == editor.replica.document
            assert client.replica.totals == editor.replica.totals
            assert client.replica.position == editor.replica.position
            assert client.replica.people == {}
        got = first.received()
        updates = [each for each in got if isinstance(each, Update)]
        assert 0 < len(updates) < 40
        assert not [each for each in got if isinstance(each, Change)]
        assert all(each.number for each in got if isinstance(each, People))


async def test_an_overlay_is_sent_the_stats_that_it_named(ann: Owner) -> None:
    overlay = await Raw.open(ann.url, ann.session)
    wanted = {"views": ["totals"], "stats": ["health.max", "defense.ranged"]}
    async with asyncio.timeout(30), Client(ann.url, ann.session, token=ann.token) as editor:
        await overlay.send({"type": "join", "token": ann.token, **wanted, "stats": ["nothing"]})
        assert (await overlay.receive("refused"))["path"] == "$.stats[0]"
        welcome = await overlay.join(token=ann.token, **wanted)
        assert welcome["resumed"] == "nothing"
        first = await overlay.receive("totals")
        assert set(first["totals"]) == {"health.max", "defense.ranged"}
        await editor.edit(SetTitle("Nothing that it asked for"))
        await editor.edit(SetLevel(10))
        then = await next_message(overlay)
        assert then["type"] == "totals"
        assert set(then["totals"]) == {"health.max"}
        assert then["revision"] == 2

        await overlay.send({"type": "views", "views": ["build"], "stats": ["x"], "id": "v"})
        assert (await next_message(overlay))["id"] == "v"
        await overlay.send({"type": "views", "views": ["build"]})
        snapshot = await next_message(overlay)
        assert snapshot["type"] == "snapshot"
        assert snapshot["totals"] == {}
        await editor.edit(SetLevel(11))
        change = await next_message(overlay)  # its person owns the session
        assert change["type"] == "change"
        assert change["totals"] == {}
        await overlay.send({"type": "views", "views": []})
        await overlay.send({"type": "ping", "id": "p"})
        await editor.edit(SetLevel(12))
        assert (await next_message(overlay))["type"] == "pong"
        assert not any(isinstance(each, Totals) for each in editor.received())
    await overlay.socket.close()


async def next_message(overlay: Raw) -> Any:
    """The very next message, of whatever type."""
    return msgspec.json.decode(await overlay.socket.recv())

"""Totals as Server-Sent Events: live, chosen, resumed, and ended with the right to them."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.sockets.events import events_of, payloads
from server.sockets.transport import text_frame
from tests.wire.serving import Owner, Raw, Server

HEALTH = "health.max"


class Stream:
    """What comes over a stream, event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.comments: asyncio.Queue[str] = asyncio.Queue()
        self._lines = response.aiter_lines()

    async def event(self) -> dict[str, Any]:
        """The next: its name, id and data."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if line.startswith(":"):
                self.comments.put_nowait(line)
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "data" in fields:
                return {**fields, "data": json.loads(fields["data"])}
            else:
                fields = {}
        raise EOFError

    async def ended(self) -> bool:
        with pytest.raises(EOFError):
            await self.event()
        return True


@pytest.fixture
def ann(server: Server) -> Owner:
    return Owner(server.url, archetype="Class_Scrapper")


@asynccontextmanager
async def stream(
    who: Owner, *, stats: str = "", status: int = 200, **headers: str
) -> AsyncIterator[Stream]:
    if "Invitation" not in headers:
        headers.setdefault("Authorization", f"Bearer {who.token}")
    path = f"{who.url}/api/v1/sessions/{who.session}/totals/stream"
    query = {"stats": stats} if stats else {}
    async with (
        asyncio.timeout(30),
        httpx.AsyncClient(timeout=20) as http,
        http.stream("GET", path, params=query, headers=headers) as response,
    ):
        assert response.status_code == status, await response.aread()
        yield Stream(response)


def edit(who: Owner, level: int) -> None:
    who.call(
        "POST",
        f"/api/v1/sessions/{who.session}/edits",
        {"base": 0, "operations": [{"type": "set_level", "level": level}]},
        **{"Idempotency-Key": str(uuid.uuid4())},
    )


def asked(path: str, *headers: str) -> bytes:
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: x", *headers, "", "")).encode()


UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
)


async def test_totals_come_whole_and_then_as_they_change(ann: Owner) -> None:
    async with stream(ann) as live:
        assert live.response.headers["content-type"] == "text/event-stream"
        first = await live.event()
        snapshot = ann.snapshot()
        assert first["event"] == "totals"
        assert first["data"]["totals"] == snapshot["totals"]
        assert first["id"] == f"{snapshot['epoch']}.0.0"
        await asyncio.to_thread(edit, ann, 30)
        second = await live.event()
        assert second["id"] == f"{snapshot['epoch']}.1.{ann.snapshot()['at']}"
        assert second["data"]["revision"] == 1
        changed = second["data"]["totals"]
        assert HEALTH in changed
        assert len(changed) < len(snapshot["totals"])
        assert {**first["data"]["totals"], **changed} == ann.snapshot()["totals"]


async def test_who_asked_for_two_stats_is_sent_two(ann: Owner) -> None:
    async with stream(ann, stats=f"{HEALTH},defense.ranged") as live:
        assert set((await live.event())["data"]["totals"]) == {HEALTH, "defense.ranged"}
        await asyncio.to_thread(edit, ann, 30)
        assert set((await live.event())["data"]["totals"]) == {HEALTH}


async def test_who_comes_back_with_the_newest_id_is_sent_what_follows(ann: Owner) -> None:
    async with stream(ann, stats=HEALTH) as live:
        known = (await live.event())["id"]
    async with stream(ann, stats=HEALTH, **{"Last-Event-ID": known}) as live:
        await asyncio.to_thread(edit, ann, 30)
        assert (await live.event())["data"]["revision"] == 1
    for stale in (known, known.rpartition(".")[0], "other.1", "nonsense", "."):
        async with stream(ann, stats=HEALTH, **{"Last-Event-ID": stale}) as live:
            assert (await live.event())["data"]["revision"] == 1


async def test_an_invitation_is_enough_until_it_is_revoked(
    two_servers: tuple[Server, Server],
) -> None:
    one, other = two_servers
    ann = Owner(one.url)
    invitation = ann.invite("viewer", uses=1)
    here, there = Owner(one.url), Owner(other.url)
    here.session = there.session = ann.session
    secret = invitation["secret"]
    async with (
        stream(here, Invitation=secret) as first,
        stream(there, Invitation=secret) as second,
    ):
        for live in (first, second):
            await live.event()
        path = f"/api/v1/sessions/{ann.session}/invitations/{invitation['id']}"
        await asyncio.to_thread(ann.call, "DELETE", path, status=204)
        for live in (first, second):
            goodbye = await live.event()
            assert (goodbye["event"], goodbye["data"]["code"]) == ("goodbye", 4403)
            assert "retry_after" not in goodbye["data"]  # there is nothing to come back for
            assert await live.ended()
    async with stream(here, status=403, Invitation=secret):
        pass


async def test_a_stream_uses_up_no_invitation(ann: Owner) -> None:
    secret = ann.invite("editor", uses=1)["secret"]
    async with stream(ann, Invitation=secret) as live:
        await live.event()
        raw = await Raw.open(ann.url, ann.session)
        assert (await raw.join(invitation=secret, name="Bob"))["role"] == "editor"
        await raw.socket.close()


async def test_a_stream_ends_when_its_invitation_does(ann: Owner) -> None:
    secret = ann.invite("viewer", expires_in=1)["secret"]
    async with stream(ann, Invitation=secret) as live:
        await live.event()
        assert (await live.event())["data"]["code"] == 4401
        assert await live.ended()


async def test_who_has_no_right_gets_no_stream(ann: Owner) -> None:
    eve = Owner(ann.url, "Eve")
    eve.session = ann.session
    async with stream(eve, status=403):
        pass
    async with stream(ann, status=401, Authorization="Bearer x.y.z"):
        pass
    async with stream(ann, status=403, Invitation="nosuchsecret"):
        pass
    ann.session = "nosuchsession"
    async with stream(ann, status=404):
        pass


@pytest.mark.parametrize(
    ("stats", "told"),
    [
        ("no.such.stat", "stats: there is no stat 'no.such.stat'; see /api/v1/stats."),
        (
            ",".join([HEALTH] * 21),
            "stats: 21 are asked for, 20 at most can be; without `stats` all are sent.",
        ),
    ],
)
async def test_stats_that_are_none_or_too_many_are_refused(
    ann: Owner, stats: str, told: str
) -> None:
    async with stream(ann, stats=stats, status=400) as live:
        problem = json.loads(await live.response.aread())
        assert (problem["code"], problem["detail"]) == ("invalid", told)


async def test_as_many_stats_as_are_allowed_are_sent(ann: Owner) -> None:
    async with stream(ann, stats=",".join([HEALTH] * 20)) as live:
        assert set((await live.event())["data"]["totals"]) == {HEALTH}


async def test_head_of_a_stream_ends(ann: Owner) -> None:
    path = f"/api/v1/sessions/{ann.session}/totals/stream"
    async with asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(ann.url).port)
        writer.write(asked(path, f"Authorization: Bearer {ann.token}").replace(b"GET", b"HEAD"))
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        writer.write(asked("/health/live", "Connection: close"))
        assert (await reader.read(-1)).startswith(b"HTTP/1.1 200 ")
    writer.close()


async def test_silence_is_filled_streams_count_and_end_with_the_server(tmp_path: Path) -> None:
    server = Server(tmp_path, heartbeat_s="0.2", viewers="2")
    ann = Owner(server.url)
    secret = ann.invite("viewer")["secret"]
    async with (
        stream(ann, Invitation=secret) as first,
        stream(ann, Invitation=secret) as second,
    ):
        await first.event()
        await second.event()
        async with stream(ann, status=403, Invitation=secret) as third:
            assert json.loads(await third.response.aread())["detail"] == "The session is full."
        beating = asyncio.create_task(first.event())
        for _ in range(3):
            await first.comments.get()
        stopping = asyncio.create_task(asyncio.to_thread(server.ends_well))
        assert (await beating)["data"]["code"] == 1012
        assert await first.ended()
        await stopping


@pytest.mark.parametrize("headers", [(), UPGRADE])
async def test_what_is_asked_behind_a_stream_ends_it_and_costs_nobody_else(
    ann: Owner, headers: tuple[str, ...]
) -> None:
    """Its line would be another's, or end without a word to it; others would be sent nothing."""
    session = f"/api/v1/sessions/{ann.session}"
    secret = ann.invite("viewer")["secret"]
    port = httpx.URL(ann.url).port
    async with asyncio.timeout(30), stream(ann) as honest:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(asked(f"{session}/totals/stream", f"Invitation: {secret}"))
        await reader.readuntil(b"event: totals")
        writer.write(asked(f"{session}/live", *headers))
        rest = await reader.read(-1)
        assert headers or b"event: goodbye" in rest
        writer.close()
        await honest.event()
        for level in (10, 20):
            await asyncio.to_thread(edit, ann, level)
            assert HEALTH in (await honest.event())["data"]["totals"]


async def test_a_stream_is_the_last_that_is_asked_of_its_line(ann: Owner) -> None:
    path = f"/api/v1/sessions/{ann.session}/totals/stream"
    port = httpx.URL(ann.url).port
    async with asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        token = f"Authorization: Bearer {ann.token}"
        writer.write(asked(path, token) + asked("/health/live", "Connection: close"))
        answers = await reader.read(-1)
    writer.close()
    assert b"HTTP/1.1 400 " in answers
    assert b"HTTP/1.1 200 " in answers


async def test_who_leaves_before_their_stream_begins_is_no_error(
    ann: Owner, server: Server
) -> None:
    path = f"/api/v1/sessions/{ann.session}/totals/stream"
    token = f"Authorization: Bearer {ann.token}"
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(ann.url).port)
        writer.write(asked(path, token))
        await writer.drain()
        writer.transport.abort()
    async with stream(ann) as live:  # and the server has seen to them
        await live.event()
    server.complained_of_nothing()


def test_frames_become_events() -> None:
    frames = b"".join(
        text_frame(payload)
        for payload in (
            b'{"type":"welcome"}',
            b'{"type":"totals","revision":3,"totals":{},"at":17}',
            b'{"type":"reset","reason":"' + b"x" * 200 + b'"}',
            b'{"type":"totals","revision":4,"totals":{"a":"' + b"y" * 70_000 + b'"}}',
        )
    )
    assert len(list(payloads(frames))) == 4
    events = events_of(frames, "k3v9")
    assert [line for line in events.split(b"\n") if line.startswith(b"id")] == [
        b"id: k3v9.3.17",
        b"id: k3v9.4.0",
    ]
    assert events.endswith(b"\n\n")

"""A walk through every message of the live protocol, on real sockets: the reference's examples."""

import asyncio
import os
import signal
import socket
from contextlib import suppress
from typing import Any

import msgspec
from websockets.exceptions import ConnectionClosed

from server.settings import Settings
from tests.wire.serving import Owner, Raw, Server

EDIT = "8d0c0c52-6f0a-4a3e-9d0e-2f7f0e1b7c11"


class Seen:
    """The best example of each message so far: the one that has the most fields."""

    def __init__(self) -> None:
        self.frames: dict[str, Any] = {}

    def add(self, message: Any) -> None:
        known = self.frames.get(message["type"])
        if known is None or len(message) > len(known):
            self.frames[message["type"]] = message


class Recorded(Raw):
    """A socket whose messages are seen, in both directions."""

    seen: Seen

    @classmethod
    async def of(cls, seen: Seen, url: str, session: str, **options: Any) -> "Recorded":
        opened = await cls.open(url, session, **options)
        recorded = cls(opened.socket)
        recorded.seen = seen
        return recorded

    async def send(self, message: Any) -> None:
        self.seen.add(message)
        await super().send(message)

    async def receive(self, kind: str) -> dict[str, Any]:
        while True:
            message: dict[str, Any] = msgspec.json.decode(await self.socket.recv())
            self.seen.add(message)
            if message["type"] == kind:
                return message

    async def rest(self) -> None:
        """All that comes until the socket is closed."""
        with suppress(ConnectionClosed):
            while True:
                await self.receive("")


async def tour(server: Server) -> dict[str, Any]:
    """A frame of each message, by its type. Ends the server: `goodbye` is the last of them."""
    seen = Seen()
    ann = Owner(server.url, title="Nova", archetype="Class_Scrapper")
    async with asyncio.timeout(90):
        first = await Recorded.of(seen, server.url, ann.session)
        await first.join(token=ann.token, client="tab-4f1c")
        await first.receive("snapshot")
        await _edits(seen, server, ann, first)
        await _looks_on(seen, server, ann, first)
        await _goes_back(ann, first)
        await _falls_behind(seen, server, ann, first)
        await _degraded(server, ann, first)
        server.process.send_signal(signal.SIGTERM)
        await first.rest()
    server.process.wait(20)
    _as_usual(seen.frames["welcome"]["limits"])
    return seen.frames


def _as_usual(limits: dict[str, Any]) -> None:
    """Have them be those of a server that nobody set up: this one lets a tour hurry."""
    usual = msgspec.structs.asdict(Settings())
    limits |= {name: usual[name] for name in limits if name in usual}


async def _edits(seen: Seen, server: Server, ann: Owner, first: Recorded) -> None:
    """Two people: edits and their answers, who is there, and who comes back."""
    invitation = ann.invite()["secret"]
    second = await Recorded.of(seen, server.url, ann.session)
    welcome = await second.join(invitation=invitation, name="Bob", client="tab-77a0")
    await second.receive("snapshot")
    await first.receive("people")
    primary = {"type": "set_powerset", "role": "primary", "powerset": "Scrapper_Melee.Dark_Melee"}
    await second.send({"type": "edit", "id": EDIT, "base": 0, "operations": [primary]})
    made = await second.receive("change")
    await second.receive("accepted")
    gone = {"type": "drop_power", "power": "Pool.Speed.Hasten"}
    await second.send({"type": "edit", "id": EDIT[::-1], "base": 1, "operations": [gone]})
    await second.receive("refused")
    await second.send({"type": "ping", "id": "p1"})
    await second.receive("pong")
    await _undone(first, second)
    await _talk(ann, first, second)
    await second.socket.close()
    back = await Recorded.of(seen, server.url, ann.session)
    resume = {"epoch": welcome["epoch"]} | {key: made[key] for key in ("revision", "edit", "at")}
    await back.send(
        {"type": "join", "token": welcome["token"], "client": "tab-77a0", "resume": resume}
    )
    await back.receive("welcome")
    await back.socket.close()


async def _undone(first: Recorded, second: Recorded) -> None:
    """Somebody changes a part of what another edit made; that is undone, and made again."""
    levels = [{"type": "set_level", "level": 30}, {"type": "set_title", "title": "Supernova"}]
    await second.send({"type": "edit", "id": "of-bob-0001", "base": 1, "operations": levels})
    await second.receive("accepted")
    level = {"type": "set_level", "level": 31}
    await first.send({"type": "edit", "id": "of-ann-0001", "base": 2, "operations": [level]})
    await first.receive("accepted")
    await second.send({"type": "undo", "id": "undo-of-bob-0001", "base": 3})
    await second.receive("accepted")
    await second.send({"type": "redo", "id": "redo-of-bob-0001", "base": 4})
    await second.receive("accepted")


async def _looks_on(seen: Seen, server: Server, ann: Owner, first: Recorded) -> None:
    """A viewer's `update`; then an overlay that wants one stat: `views`, `totals`."""
    viewer = await Recorded.of(seen, server.url, ann.session)
    secret = ann.invite("viewer")["secret"]
    await viewer.join(invitation=secret, name="Eve", client="overlay-1")
    await viewer.receive("snapshot")
    level = {"type": "set_level", "level": 40}
    await first.send({"type": "edit", "id": "of-ann-0002", "base": 5, "operations": [level]})
    await viewer.receive("update")
    wanted = {"type": "views", "id": "v1", "views": ["totals"], "stats": ["health.max"]}
    await viewer.send(wanted)
    await viewer.receive("totals")
    await viewer.socket.close()


async def _talk(ann: Owner, first: Recorded, second: Recorded) -> None:
    """Questions, where somebody is, and what they say."""
    level = {"type": "set_level", "level": 20, "expects": 31}
    await second.send({"type": "preview", "id": "q1", "operations": [level]})
    await second.receive("previewed")
    await second.send({"type": "explain", "id": "q2", "stat": "health.max"})
    await second.receive("explained")
    await second.send({"type": "inspect", "id": "q3", "power": "Inherent.Inherent.Brawl"})
    await second.receive("inspected")
    hasten = {"power": "Pool.Speed.Hasten", "slot": "own", "picker": "enhancements"}
    await second.send({"type": "focus", **hasten, "dragging": True})
    await first.receive("focused")
    await second.send({"type": "say", "id": "words-1", "text": "Shields first?"})
    await first.receive("said")
    propose = {"type": "propose", "id": "proposal-1", "title": "Later, perhaps"}
    await second.send({**propose, "operations": [level]})
    await first.receive("proposal")
    await first.send({"type": "decide", "id": "d1", "proposal": "proposal-1", "accept": True})
    await second.receive("change")
    while (await second.receive("proposal"))["state"] == "open":
        pass
    ann.call("PATCH", f"/api/v1/sessions/{ann.session}", {"title": "Nova and friends"})
    await second.receive("about")
    await first.send({"type": "renew", "id": "r1", "token": ann.token})
    await first.receive("renewed")


async def _goes_back(ann: Owner, first: Recorded) -> None:
    """An earlier revision is brought back, by REST: a `change` that no client sends."""
    path = f"/api/v1/sessions/{ann.session}/history/restore"
    ann.call("POST", path, {"base": 6, "revision": 0}, **{"Idempotency-Key": "back-to-start"})
    while "restores" not in await first.receive("change"):
        pass


async def _falls_behind(seen: Seen, server: Server, ann: Owner, first: Recorded) -> None:
    """Somebody reads nothing for a while: `reset`."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", server.port))
    slow = await Recorded.of(seen, server.url, ann.session, sock=narrow, max_queue=1)
    await slow.join(token=ann.token, client="overlay")
    title = {"type": "set_title", "title": "日" * 80}
    for number in range(220):  # more than the kernel's own buffers hold
        edit = {"type": "edit", "id": f"titles-{number:04}", "base": 1, "operations": [title] * 100}
        await Raw.send(first, edit)  # too long for an example
        await Raw.receive(first, "accepted")
    await slow.receive("reset")
    await slow.socket.close()


async def _degraded(server: Server, ann: Owner, first: Recorded) -> None:
    """Redis does not answer: `status`, to those who may edit."""
    overlay = await Raw.open(server.url, ann.session)
    welcome = await overlay.join(invitation=ann.invite("viewer")["secret"], name="Overlay")
    await overlay.socket.close()
    valkey = server.valkey_pid()
    os.kill(valkey, signal.SIGSTOP)
    try:
        edit = {"type": "edit", "id": "while-away", "base": 1, "operations": [LEVEL]}
        await Raw.send(first, edit)
        await first.receive("status")
        await Raw.send(first, {"type": "explain", "id": "meanwhile", "stat": "health.max"})
        assert (await Raw.receive(first, "explained"))["id"] == "meanwhile"
        overlay = await Raw.open(server.url, ann.session)
        await overlay.join(token=welcome["token"], views=["totals"])
        await overlay.receive("totals")
        await overlay.send({"type": "ping", "id": "next"})
        assert msgspec.json.decode(await overlay.socket.recv()) == {"type": "pong", "id": "next"}
        await overlay.socket.close()
    finally:
        os.kill(valkey, signal.SIGCONT)
    await first.receive("status")


LEVEL = {"type": "set_level", "level": 30}

"""Peers that vanish without a word."""

import asyncio
from pathlib import Path

from calc.operations import SetTitle
from server.client import Client
from tests.wire.serving import Owner, Raw, Server


async def test_who_vanishes_is_gone_after_two_heartbeats(tmp_path: Path) -> None:
    """Their socket stays open and swallows everything: as when a network takes its line away."""
    server = Server(tmp_path, heartbeat_s="1")
    ann = Owner(server.url)
    bob = await Raw.open(server.url, ann.session, ping_interval=None)
    person = (await bob.join(invitation=ann.invite()["secret"], name="Bob"))["person"]
    async with asyncio.timeout(60), Client(server.url, ann.session, token=ann.token) as client:
        await client.until(lambda: person in client.replica.people)
        bob.socket.transport.pause_reading()
        await client.edit(SetTitle("Nova"))
        await client.until(lambda: person not in client.replica.people)
        assert not bob.socket.transport.is_closing()  # nobody told them, nor did they leave
    bob.socket.transport.abort()
    server.ends_well()

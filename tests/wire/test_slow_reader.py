"""Somebody who stops reading slows nobody, and is moved to the newest state when they read on."""

import asyncio
import socket
from pathlib import Path

import pytest

from calc.operations import SetTitle
from server.client import Client
from server.server_messages import Accepted
from tests.wire.serving import Owner, Raw, Server, migrated

LARGE = (SetTitle("日" * 80),) * 100  # a change of some 27 KB
EDITS = 220  # more than the kernel's own buffers hold


@pytest.fixture
def server(redis_url: str, tmp_path: Path) -> Server:
    """With a small outbox."""
    return Server(tmp_path, **migrated(tmp_path, redis_url), outbox_bytes="70000")


async def test_a_slow_reader_gets_a_reset_and_the_newest_state(server: Server) -> None:
    ann = Owner(server.url, title="Nova")
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", server.port))
    slow = await Raw.open(server.url, ann.session, sock=narrow, max_queue=1)
    await slow.join(token=ann.token)
    async with (
        asyncio.timeout(100),
        Client(server.url, ann.session, token=ann.token, listen=False) as editor,
    ):
        for _ in range(EDITS):
            assert isinstance(await editor.edit(*LARGE), Accepted)
        reset = await slow.receive("reset")
        assert reset["reason"]
        snapshot = await slow.receive("snapshot")
        assert snapshot["revision"] == editor.replica.revision
        await editor.edit(SetTitle("on"))
        assert (await slow.receive("change"))["revision"] == snapshot["revision"] + 1
    await slow.socket.close()
    assert server.stop() == 0

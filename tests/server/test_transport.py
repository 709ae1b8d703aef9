"""Frames of a client come whole and in order, however the network cuts them."""

import asyncio
from random import Random
from typing import Any, cast

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from server.protocol import Close
from server.sockets.transport import LiveProtocol

REQUEST = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
LARGEST = 1000


class Transport:
    """What uvicorn asks of one."""

    def __init__(self) -> None:
        self.written = b""
        self.closing = self.aborted = False

    def get_extra_info(self, name: str) -> Any:
        return None

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = self.aborted = True

    def pause_reading(self) -> None: ...

    resume_reading = pause_reading


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "websocket.accept"})
    await asyncio.get_running_loop().create_future()


@pytest.fixture
async def protocol() -> LiveProtocol:
    """A socket after its handshake, whose messages are in `got`."""
    config = Config(app, ws_max_size=LARGEST, ws_per_message_deflate=False, log_config=None)
    config.load()
    protocol = LiveProtocol(config, ServerState(), {}, asyncio.get_running_loop())
    protocol.connection_made(cast(asyncio.Transport, Transport()))
    protocol.data_received(REQUEST)
    for _ in range(3):
        await asyncio.sleep(0)
    assert protocol.handshake_complete
    return protocol


def listening(protocol: LiveProtocol) -> list[bytes]:
    got: list[bytes] = []
    protocol.listen(got.append)
    return got


def text(payload: bytes, *, fin: bool = True, opcode: Opcode = Opcode.TEXT) -> bytes:
    return Frame(opcode, payload, fin=fin).serialize(mask=True)


def close_code(protocol: LiveProtocol) -> int | None:
    sent = protocol.conn.close_sent
    return None if sent is None else sent.code


@pytest.mark.parametrize("seed", range(10))
async def test_messages_in_any_pieces(protocol: LiveProtocol, seed: int) -> None:
    random = Random(seed)
    got = listening(protocol)
    sent = [random.randbytes(random.choice((0, 1, 125, 126, 300, LARGEST))) for _ in range(50)]
    stream = b""
    for payload in sent:
        match random.randrange(4):
            case 0:
                cut = len(payload) // 2
                stream += text(payload[:cut], fin=False)
                stream += text(b"between", opcode=Opcode.PING)
                stream += text(payload[cut:], opcode=Opcode.CONT)
            case _:
                stream += text(payload)
    while stream:
        size = random.choice((1, 2, 7, 200, 3000))
        protocol.data_received(stream[:size])
        stream = stream[size:]
    assert got == sent
    assert protocol.transport.written.count(b"\x8a\x07between") > 0  # type: ignore[attr-defined]


async def test_what_came_before_somebody_listened_comes_first(protocol: LiveProtocol) -> None:
    two = text(b"two")
    protocol.data_received(text(b"one") + two[:3])
    got = listening(protocol)
    protocol.data_received(two[3:] + text(b"three"))
    assert got == [b"one", b"two", b"three"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (text(b"x" * (LARGEST + 1)), Close.TOO_BIG),
        (text(b"x" * 10**6)[:20], Close.TOO_BIG),
        (text(b"x" * 70000)[:4], None),  # not enough of it to tell
        (Frame(Opcode.TEXT, b"x").serialize(mask=False), 1002),
        (text(b"x", opcode=Opcode.CONT), 1002),
        (text(b"x", fin=False) + text(b"y"), 1002),
        (b"\xc1" + text(b"x")[1:], 1002),
        (text(b"x", opcode=Opcode.BINARY), Close.MALFORMED),
    ],
    ids=["large", "larger", "header", "unmasked", "rest", "mixed", "reserved", "binary"],
)
async def test_what_breaks_a_rule_closes(
    protocol: LiveProtocol, wrong: bytes, code: int | None
) -> None:
    got = listening(protocol)
    protocol.data_received(text(b"fine") + wrong + text(b"too late") * (code is not None))
    assert got == [b"fine"]
    assert close_code(protocol) == code


async def test_nothing_is_heard_after_the_close(protocol: LiveProtocol) -> None:
    got = listening(protocol)
    protocol.close(Close.NOT_ALLOWED, "Go.")
    protocol.data_received(text(b"late"))
    assert got == []


async def test_who_answers_no_ping_is_cut_off_with_what_they_did_not_read(
    protocol: LiveProtocol,
) -> None:
    protocol.send_keepalive_ping()
    protocol.keepalive_timeout()
    transport = cast(Transport, protocol.transport)
    assert transport.aborted
    protocol.connection_lost(None)


async def test_of_pings_that_nobody_reads_the_answer_to_the_newest_is_kept(
    protocol: LiveProtocol,
) -> None:
    listening(protocol)
    transport = cast(Transport, protocol.transport)
    transport.written = b""
    protocol.pause_writing()
    for payload in (b"one", b"two", b"three"):
        protocol.data_received(text(payload, opcode=Opcode.PING))
    assert transport.written == b""
    protocol.resume_writing()
    protocol.data_received(text(b"four", opcode=Opcode.PING))
    assert transport.written == b"\x8a\x05three\x8a\x04four"


async def test_empty_pieces_of_a_message_are_not_kept(protocol: LiveProtocol) -> None:
    got = listening(protocol)
    protocol.data_received(text(b"be", fin=False))
    for _ in range(10):
        protocol.data_received(text(b"", fin=False, opcode=Opcode.CONT))
    assert len(protocol.frames) == 1
    protocol.data_received(text(b"gin", fin=False, opcode=Opcode.CONT))
    protocol.data_received(text(b"", opcode=Opcode.CONT))
    assert got == [b"begin"]


@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.PONG, Opcode.CONT])
async def test_a_flood_of_frames_that_say_nothing_closes(
    protocol: LiveProtocol, opcode: Opcode
) -> None:
    got = listening(protocol)
    if opcode is Opcode.CONT:
        protocol.data_received(text(b"be", fin=False))
    flood = text(b"", fin=opcode is not Opcode.CONT, opcode=opcode)
    protocol.data_received(flood * 900 + text(b"fine") * (opcode is not Opcode.CONT))
    assert close_code(protocol) is None
    protocol.data_received(flood * 200 + text(b"too late"))
    protocol.data_received(text(b"too late"))
    assert close_code(protocol) == Close.TOO_MANY
    assert got == [b"fine"] * (opcode is not Opcode.CONT)

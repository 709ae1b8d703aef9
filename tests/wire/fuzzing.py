"""Frames that no client should send, drawn from valid ones, and a socket that sends them."""

import asyncio
import base64
import copy
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import Any
from urllib.parse import urlsplit

import msgspec

TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9

NASTY: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    0.5,
    2**31,
    2**53,
    2**63,
    10**40,
    -(10**40),
    1e308,
    "",
    " ",
    "\x00",
    "\u202e",
    "日" * 3000,
    "__proto__",
    "../../etc/passwd",
    "%s%n",
    [],
    [[[]]],
    {},
    {"type": "edit"},
)
BROKEN = (  # in place of a value
    b"NaN",
    b"1e999",
    b"-",
    b"01",
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b'"\\u12"',
    b'"\xff\xfe"',
    b'"\xed\xa0\x80"',
    b"[" * 20_000,
    b'{"a":' * 5_000,
    b"1" * 5_000,
    b'{"type":"edit","type":"ping"}',
    b"/**/",
    b"\xef\xbb\xbf{}",
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a message."""
    if path:
        yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from places(value[index], (*path, index))


def mutated(random: Random, message: dict[str, Any], others: list[dict[str, Any]]) -> bytes:
    """A message with a few faults, or none."""
    message = copy.deepcopy(message)
    for _ in range(random.choice((0, 1, 1, 2, 4))):
        path = random.choice(list(places(message)))
        held = message
        for key in path[:-1]:
            held = held[key]
        match random.randrange(5):
            case 0:
                del held[path[-1]]
            case 1:
                held[path[-1]] = copy.deepcopy(random.choice(NASTY))
            case 2:
                held[path[-1]] = msgspec.Raw(random.choice(BROKEN))
                return _bytes_mutated(random, msgspec.json.encode(message))
            case 3 if isinstance(held, dict):
                held["x" * random.choice((1, 10, 5000))] = copy.deepcopy(random.choice(NASTY))
            case _:
                held[path[-1]] = copy.deepcopy(random.choice(others))
        if not message:
            break
    return _bytes_mutated(random, msgspec.json.encode(message))


def _bytes_mutated(random: Random, data: bytes) -> bytes:
    if random.random() < 0.7:
        return data
    at = random.randrange(len(data) + 1)
    match random.randrange(5):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + random.randbytes(random.choice((1, 3, 50))) + data[at:]
        case 2:
            return data[:at] + data[at + random.choice((1, 2, 9)) :]
        case 3:
            return data * 2
        case _:
            return data[:at] + b"x" * 70_000 + data[at:]


def frame(
    payload: bytes, opcode: int = TEXT, *, fin: bool = True, rsv: int = 0, mask: bool = True
) -> bytes:
    """A frame as a client sends it, or as it must not."""
    size = len(payload)
    first = (fin << 7) | (rsv << 4) | opcode
    masked = mask << 7
    if size < 126:
        head = struct.pack("!BB", first, masked | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, masked | 126, size)
    else:
        head = struct.pack("!BBQ", first, masked | 127, size)
    if not mask:
        return head + payload
    key = b"\x01\x02\x03\x04"
    full = (key * (size // 4 + 1))[:size]
    hidden = (int.from_bytes(payload) ^ int.from_bytes(full)).to_bytes(size) if size else b""
    return head + key + hidden


def framed(random: Random, payload: bytes) -> tuple[bytes, bool]:
    """A message in frames, whole or not; and whether something is to be answered then."""
    if random.random() < 0.5:
        return frame(payload), True
    cut = random.randrange(len(payload) + 1)
    parts = payload[:cut], payload[cut:]
    match random.randrange(12):
        case 0:  # in fragments, with a ping between them
            between = frame(b"p", PING)
            first = frame(parts[0], fin=False)
            return first + between + frame(parts[1], 0), True
        case 1:
            return frame(payload, BINARY), True
        case 2:  # compressed, which nobody agreed to
            return frame(payload, rsv=4), True
        case 3:
            return frame(payload, random.randrange(3, 8)), True
        case 4:
            return frame(payload, mask=False), True
        case 5:  # goes on with what never began
            return frame(payload, 0), True
        case 6:  # begins anew within a message
            return frame(parts[0], fin=False) + frame(parts[1]), True
        case 7:  # a control frame that is too long, or in fragments
            return frame(b"x" * 126, PING) + frame(b"x", PING, fin=False), True
        case 8:
            return frame(random.choice((b"\x03", b"\x03\xe7", b"\x13\x88\xff", b"")), CLOSE), True
        case 9:  # far too long by its head
            return struct.pack("!BBQ", 0x81, 0xFF, 2**63 - 1) + b"\x00" * 8, True
        case 10:  # many fragments, together too long
            end = frame(b"", 0)
            return frame(b"[", fin=False) + frame(b"[" * 9_000, 0, fin=False) * 9 + end, True
        case _:  # the rest never comes
            return frame(payload)[: random.randrange(1, len(payload) + 2)], False


class Wire:
    """A WebSocket of which every byte is ours."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.close_code = 0

    @classmethod
    async def open(cls, url: str, session: str) -> "Wire":
        host, port = urlsplit(url).netloc.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET /api/v1/sessions/{session}/live HTTP/1.1\r\nHost: {host}:{port}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        return cls(reader, writer)

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    def say(self, message: Any) -> None:
        self.send(frame(msgspec.json.encode(message)))

    async def message(self) -> bytes | None:
        """The next text message; None when the server has closed: `close_code` says how.

        A socket that is cut off without a closing frame leaves 0 there.
        """
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                first, second = await self._reader.readexactly(2)
                assert not second & 0x80, "a server masks nothing"
                size = second & 0x7F
                if size > 125:
                    size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8))
                payload = await self._reader.readexactly(size)
                if first == 0x80 | TEXT:
                    return payload
                if first == 0x80 | CLOSE:
                    self.close_code = int.from_bytes(payload[:2])
                    return None
        return None

    async def close(self) -> None:
        self._writer.transport.abort()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

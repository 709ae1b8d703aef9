"""Frames come to everybody in a line once and in order, whenever they came and are written to."""

import asyncio
from random import Random
from typing import cast

import pytest

from server.sockets import line as line_module
from server.sockets.connection import Connection
from server.sockets.line import Line, nowhere
from server.telemetry.measures import Spread


class Reader:
    """As much of a connection as a line needs."""

    def __init__(self) -> None:
        self.line: Line | None = None
        self.place = 0
        self.got = b""
        self.writes = 0

    def write(self, frames: bytes) -> None:
        self.got += frames
        self.writes += 1

    def catch(self) -> None:
        assert self.line is not None
        self.got += self.line.lacks(cast(Connection, self))


def enter(line: Line) -> Reader:
    reader = Reader()
    line.enter(cast(Connection, reader))
    return reader


async def test_frames_of_one_turn_go_out_in_one_write() -> None:
    line = Line()
    readers = [enter(line) for _ in range(3)]
    for frame in (b"a", b"b", b"c"):
        line.put(frame)
    await asyncio.sleep(0)
    assert [(each.got, each.writes) for each in readers] == [(b"abc", 1)] * 3


async def test_one_that_cannot_be_written_to_costs_nobody_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Closed(Reader):
        def write(self, frames: bytes) -> None:
            super().write(frames)
            raise RuntimeError("the handler is closed")

    line = Line()
    readers = [enter(line), Closed(), enter(line), Closed(), enter(line)]
    for each in readers:
        if each.line is None:
            line.enter(cast(Connection, each))
    line.put(b"a")
    line.put(b"b")
    readers[3].catch()  # it has what a round would bring, and gets the rest by itself
    line.put(b"c")
    for _ in range(2):
        await asyncio.sleep(0)
    line.put(b"d")
    await asyncio.sleep(0)
    assert [each.got for each in readers if not isinstance(each, Closed)] == [b"abcd"] * 3
    assert [each.writes for each in readers if isinstance(each, Closed)] == [1, 1]
    assert "is still written to" in caplog.text
    caplog.clear()


async def test_a_long_line_lets_others_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_module, "CHUNK", 10)
    long, short = Line(), Line()
    many, one = [enter(long) for _ in range(100)], enter(short)
    long.put(b"a")
    await asyncio.sleep(0)
    short.put(b"x")
    await asyncio.sleep(0)
    assert one.got == b"x"
    assert 0 < sum(each.writes for each in many) < 100
    long.put(b"b")  # waits for the next round, with what comes meanwhile
    long.put(b"c")
    for _ in range(30):
        await asyncio.sleep(0)
    assert {each.got for each in many} == {b"abc"}
    assert {each.writes for each in many} == {2}


async def test_what_writes_to_somebody_may_turn_in_the_middle_of_a_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(line_module, "CHUNK", 2)
    line = Line()
    readers = [enter(line) for _ in range(5)]
    line.put(b"a")
    await asyncio.sleep(0)  # two have it
    fallen = readers[4]
    fallen.write = nowhere  # type: ignore[method-assign]
    line.turned(cast(Connection, fallen))
    for _ in range(5):
        await asyncio.sleep(0)
    del fallen.write
    line.turned(cast(Connection, fallen))
    line.put(b"b")
    for _ in range(5):
        await asyncio.sleep(0)
    assert [each.got for each in readers] == [b"ab"] * 4 + [b"b"]


async def test_places_that_were_left_are_given_up() -> None:
    line = Line()
    readers = [enter(line) for _ in range(100)]
    line.put(b"a")
    await asyncio.sleep(0)
    for reader in readers[:-1]:
        line.leave(cast(Connection, reader))
    assert (len(line), readers[0].line) == (1, None)
    newcomer = enter(line)
    assert (readers[-1].place, newcomer.place, len(line)) == (0, 1, 2)
    line.put(b"b")
    await asyncio.sleep(0)
    assert [each.got for each in (readers[-2], readers[-1], newcomer)] == [b"a", b"ab", b"b"]


async def test_who_has_all_is_not_written_to() -> None:
    line = Line()
    reader, other = enter(line), enter(line)
    line.put(b"a")
    reader.catch()
    await asyncio.sleep(0)
    assert (reader.got, reader.writes) == (b"a", 0)
    assert (other.got, other.writes) == (b"a", 1)


async def test_who_put_a_frame_is_told_once_when_everybody_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[bytes] = []
    monkeypatch.setattr(line_module, "CHUNK", 1)
    line = Line()
    readers = [enter(line) for _ in range(2)]
    line.put(b"a", Spread(lambda: told.append(readers[-1].got)))
    await asyncio.sleep(0)  # one has it
    assert told == []
    for _ in range(3):
        await asyncio.sleep(0)
    assert told == [b"a"]


@pytest.mark.parametrize("seed", range(20))
async def test_everybody_gets_what_was_put_while_they_were_here(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(seed)
    monkeypatch.setattr(line_module, "CHUNK", 3)
    line = Line()
    expected: dict[Reader, bytes] = {}
    gone: list[Reader] = []
    for number in range(300):
        here = [each for each in expected if each not in gone]
        match random.choice(("enter", "put", "put", "catch", "turn", "turn", "leave")):
            case "enter":
                expected[enter(line)] = b""
            case "put":
                frame = bytes((number % 256,))
                line.put(frame)
                for each in here:
                    expected[each] += frame
            case "catch" if here:
                random.choice(here).catch()
            case "turn":
                await asyncio.sleep(0)
            case "leave" if here:
                reader = random.choice(here)
                reader.catch()
                line.leave(cast(Connection, reader))
                gone.append(reader)
    for _ in range(300):
        await asyncio.sleep(0)
    assert [each.got for each in expected] == list(expected.values())

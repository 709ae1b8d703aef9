"""A client over lines that end, and a server that says what a test wants it to."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import UNSET
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from calc import build as documents
from calc.operations import SetLevel, SetNotes
from server.client import Away, Client, ClosedError, RefusedError, staying
from server.client_messages import ClientMessage, Edit, Join, Ping, Want, decode
from server.protocol import VERSION, Close, encode
from server.server_messages import (
    Accepted,
    CatalogueName,
    Limits,
    Pong,
    Refused,
    Reset,
    ServerMessage,
    Snapshot,
    Welcome,
)

OURS = [Subprotocol(VERSION)]
FRAME_BYTES = 5000


def welcome(frame_bytes: int, others: int = 1000) -> Welcome:
    limits = Limits(frame_bytes, *[others] * 11)
    return Welcome(
        *("s1", "g1", "Ann", "editor", "e1", 0, "nothing"),
        *((), (), CatalogueName("r", "h"), "engine", limits, 20.0, "w1"),
    )


class Line:
    """The server's end of one."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection

    async def heard(self) -> ClientMessage | Refused:
        return decode(await self._connection.recv(decode=False))

    async def say(self, message: ServerMessage) -> None:
        await self._connection.send(encode(message), text=True)

    async def close(self, code: int, reason: str = "") -> None:
        await self._connection.close(code, reason)


class House:
    """Where a client's lines come to."""

    def __init__(self) -> None:
        self.url = ""
        self._lines: asyncio.Queue[ServerConnection] = asyncio.Queue()

    async def enter(self, connection: ServerConnection) -> None:
        self._lines.put_nowait(connection)
        await connection.wait_closed()

    async def joining(self) -> tuple[Line, Join]:
        line = Line(await self._lines.get())
        join = await line.heard()
        assert isinstance(join, Join)
        return line, join

    async def joined(self, frame_bytes: int = FRAME_BYTES) -> Line:
        line, _ = await self.joining()
        await line.say(welcome(frame_bytes))
        return line


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(staying, "RETRY_S", (0.001, 0.01, 0.1))
    house = House()
    async with asyncio.timeout(60), serve(house.enter, "127.0.0.1", 0, subprotocols=OURS) as served:
        house.url = f"http://127.0.0.1:{next(iter(served.sockets)).getsockname()[1]}"
        yield house


@asynccontextmanager
async def staying_in(house: House, **options: Any) -> AsyncIterator[tuple[Client, Line]]:
    """A client that has joined, with the house's end of its first line."""
    client = Client(house.url, "s1", token="t", **options)
    entering = asyncio.create_task(client.__aenter__())
    line = await house.joined()
    await entering
    yield client, line
    await client.close()


def notes(size: int) -> Sequence[SetNotes]:
    return [SetNotes("x" * size)]


def code(answer: object) -> str:
    assert isinstance(answer, Refused)
    return answer.code


async def test_what_is_larger_than_the_server_takes_is_refused_and_not_sent(house: House) -> None:
    async with staying_in(house) as (client, line):
        empty = len(encode(Edit("edit-0001", 0, (SetNotes(""),))))
        answer = await client.edit(*notes(FRAME_BYTES + 1 - empty), id="edit-0001")
        assert code(answer) == "too_large"
        assert client.received()[-1] == answer  # as if the server had said it
        asking = asyncio.create_task(client.edit(*notes(FRAME_BYTES - empty), id="edit-0002"))
        sent = await line.heard()
        assert isinstance(sent, Edit)
        assert sent.id == "edit-0002"
        await line.say(Accepted("edit-0002", 1))
        assert await asking == Accepted("edit-0002", 1)
        assert client.joined


async def test_no_more_is_sent_than_the_server_takes(house: House) -> None:
    async with staying_in(house) as (client, line):
        await line.say(welcome(FRAME_BYTES, 1))
        await client.until(lambda: client.welcome == welcome(FRAME_BYTES, 1))
        asking = [asyncio.create_task(client.edit(SetLevel(3))) for _ in range(2)]
        assert isinstance(await line.heard(), Edit)
        asking.append(asyncio.create_task(client.ping()))
        assert isinstance(await line.heard(), Ping)
        for each in asking:
            each.cancel()


async def test_what_waits_is_refused_when_the_server_takes_less_by_then(house: House) -> None:
    async with staying_in(house) as (client, line):
        large = asyncio.create_task(client.edit(*notes(500)))
        await line.heard()
        small = asyncio.create_task(client.edit(SetLevel(3), id="edit-0001"))
        await line.heard()
        await line.close(Close.RESTARTING)
        line = await house.joined(frame_bytes=300)
        assert code(await large) == "too_large"
        again = await line.heard()
        assert isinstance(again, Edit)
        assert again.id == "edit-0001"
        await line.say(Accepted(again.id, 1))
        assert await small == Accepted(again.id, 1)


async def test_what_a_line_is_closed_for_is_not_sent_for_ever(house: House) -> None:
    async with staying_in(house) as (client, line):
        asking = [
            asyncio.create_task(client.edit(*notes(size), id=f"edit-{size}"))
            for size in (1000, 3000, 2000)
        ]
        for _ in asking:
            await line.heard()
        await line.close(Close.TOO_BIG)
        assert code(await asking[1]) == "too_large"
        line = await house.joined()
        for edit in ("edit-1000", "edit-2000"):
            again = await line.heard()
            assert isinstance(again, Edit)
            assert again.id == edit
        await line.close(Close.TOO_BIG)
        assert code(await asking[2]) == "too_large"
        line = await house.joined()
        await line.heard()
        await line.say(Accepted("edit-1000", 1))
        assert await asking[0] == Accepted("edit-1000", 1)


async def test_no_message_is_blamed_that_is_smaller_than_one_that_was_taken(house: House) -> None:
    async with staying_in(house) as (client, line):
        large = asyncio.create_task(client.edit(*notes(1000), id="edit-0001"))
        await line.heard()
        await line.say(Accepted("edit-0001", 1))
        await large
        small = asyncio.create_task(client.edit(*notes(500), id="edit-0002"))
        await line.heard()
        await line.close(Close.TOO_BIG)
        line = await house.joined()
        assert isinstance(await line.heard(), Edit)
        smaller = asyncio.create_task(client.edit(SetLevel(3), id="edit-0003"))
        await line.heard()
        await line.say(Accepted("edit-0002", 2))
        await small
        await line.close(Close.TOO_BIG)
        line = await house.joined()
        assert isinstance(await line.heard(), Edit)
        await line.close(Close.TOO_BIG)  # the join was larger
        line = await house.joined()
        assert isinstance(await line.heard(), Edit)
        await line.say(Accepted("edit-0003", 3))
        assert await smaller == Accepted("edit-0003", 3)
        assert not any(isinstance(each, Refused) for each in client.received())


async def test_a_line_that_is_closed_after_each_welcome_is_come_back_to_ever_later(
    house: House,
) -> None:
    async with staying_in(house) as (client, line):
        for _ in range(2):
            await line.close(Close.TRY_AGAIN)
            line = await house.joined()
        await client.until(lambda: client.joined)
        waits = [each.retry_s for each in client.received() if isinstance(each, Away)]
        assert waits == [pytest.approx(0.001, rel=0.5), pytest.approx(0.01, rel=0.5)]
        pinging = asyncio.create_task(client.ping())
        ping = await line.heard()
        assert isinstance(ping, Ping)
        await line.say(Pong(ping.id))
        await pinging
        await line.close(Close.TRY_AGAIN)  # but it had answered
        await house.joined()
        away = await anext(each async for each in client if isinstance(each, Away))
        assert away.retry_s == pytest.approx(0.001, rel=0.5)


async def test_a_line_that_stood_for_a_while_is_come_back_to_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staying, "STOOD_S", 0.0)
    async with staying_in(house) as (client, line):
        for _ in range(2):
            await line.close(Close.TRY_AGAIN)
            line = await house.joined()
        waits = [each.retry_s for each in client.received() if isinstance(each, Away)]
        assert waits == [pytest.approx(0.001, rel=0.5)] * 2


async def test_who_is_refused_is_told_what_the_server_says(house: House) -> None:
    entering = asyncio.create_task(Client(house.url, "s1", token="t", name="").__aenter__())
    line, join = await house.joining()
    await line.say(Refused("invalid", "Too short.", id=join.id, path="$.name"))
    with pytest.raises(RefusedError, match=r"invalid name: Too short\.") as caught:
        await entering
    assert caught.value.reason == "name: Too short."
    assert caught.value.refused.code == "invalid"


async def test_who_is_refused_when_they_come_back_is_told_wherever_they_wait(house: House) -> None:
    async with staying_in(house, stats=["health.max"]) as (client, line):
        editing = asyncio.create_task(client.edit(SetLevel(3)))
        await line.heard()
        await line.close(Close.RESTARTING)
        line, join = await house.joining()
        await line.say(Refused("invalid", "There is no such stat.", id=join.id))
        for waiting in (editing, client.edit(SetLevel(4)), client.until(lambda: False)):
            with pytest.raises(RefusedError, match="invalid There is no such stat"):
                await waiting
        with pytest.raises(ClosedError):
            async for _ in client:
                pass


async def test_views_that_are_refused_are_not_asked_for_again(house: House) -> None:
    async with staying_in(house) as (client, line):
        asking = asyncio.create_task(client.views("totals", stats=["nope"]))
        want = await line.heard()
        assert isinstance(want, Want)
        ping = await line.heard()
        assert isinstance(ping, Ping)
        assert want.id is not UNSET
        refused = Refused("invalid", "There is no stat 'nope'.", id=want.id)
        await line.say(refused)
        await line.say(Pong(ping.id))
        assert await asking == refused
        await line.close(Close.RESTARTING)
        line, join = await house.joining()
        assert (join.views, join.stats) == (UNSET, ())
        await line.say(welcome(FRAME_BYTES))
        asking = asyncio.create_task(client.views("totals", stats=["health.max"]))
        await line.heard()
        await line.close(Close.RESTARTING)  # before it was answered: it is asked for again
        line, join = await house.joining()
        assert (join.views, join.stats) == (UNSET, ())
        await line.say(welcome(FRAME_BYTES))
        assert isinstance(await line.heard(), Want)
        ping = await line.heard()
        assert isinstance(ping, Ping)
        await line.say(Pong(ping.id))
        assert await asking is None
        await line.close(Close.RESTARTING)
        line, join = await house.joining()
        assert (join.views, join.stats) == (("totals",), ("health.max",))


async def test_who_is_sent_on_comes_back_soon_each_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staying, "RETRY_S", (0.001, 3600.0))
    async with staying_in(house) as (_, line):
        for _ in range(3):
            await line.close(Close.RESTARTING, "The session is on another release.")
            line, _ = await house.joining()


async def nothing_is_sent(client: Client, line: Line) -> bool:
    """By itself."""
    await client.until(lambda: client.joined)
    asking = asyncio.create_task(client.ping())
    heard = await line.heard()
    asking.cancel()
    return isinstance(heard, Ping)


@pytest.mark.parametrize("epoch", ["e1", "e2"])
async def test_what_a_new_epoch_may_lack_is_sent_again_on_the_next_line(
    house: House, epoch: str
) -> None:
    build = documents.empty("Nova")
    async with staying_in(house) as (client, line):
        await line.say(Snapshot("e1", 0, build, {}, (), ()))
        asking = asyncio.create_task(client.edit(SetLevel(3), id="edit-0001"))
        sent = await line.heard()
        await line.say(Accepted("edit-0001", 1))
        await asking
        await line.say(Reset("The session was opened again."))
        await line.say(Snapshot(epoch, 0, build, {}, (), ()))
        assert await nothing_is_sent(client, line)  # a worker makes it again, if need be
        await line.close(Close.RESTARTING)
        line = await house.joined()
        if epoch == "e2":
            assert await line.heard() == sent
            await line.say(Accepted("edit-0001", 1))
            await line.close(Close.RESTARTING)
            line = await house.joined()
        assert await nothing_is_sent(client, line)

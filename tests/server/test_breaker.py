"""Who asks a server that hangs is told soon, and everybody else at once."""

import asyncio

import pytest

from server import breaker as module
from server.breaker import Breaker


class Server:
    """It answers, or hangs."""

    def __init__(self) -> None:
        self.up = asyncio.Event()
        self.asked = 0

    async def answers(self) -> bool:
        self.asked += 1
        await self.up.wait()
        return True


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLOW_S", "ANSWER_S", "AGAIN_S"):
        monkeypatch.setattr(module, name, 0.01)
    monkeypatch.setattr(module, "LIMIT_S", 3600.0)


async def works(breaker: Breaker, work: asyncio.Event) -> None:
    async with breaker.working():
        await work.wait()


async def test_who_waits_for_a_server_that_hangs_is_told_and_nobody_else_waits() -> None:
    server, done = Server(), asyncio.Event()
    done.set()
    breaker = Breaker(server.answers)
    waits = [asyncio.create_task(works(breaker, asyncio.Event())) for _ in range(2)]
    for each in waits:
        with pytest.raises(TimeoutError):
            await each
    with pytest.raises(TimeoutError):
        await works(breaker, done)
    server.up.set()
    assert breaker._finding_out is not None
    await breaker._finding_out
    await works(breaker, done)  # it is back


async def test_what_takes_long_goes_on_while_the_server_answers() -> None:
    server, done = Server(), asyncio.Event()
    server.up.set()
    breaker = Breaker(server.answers)
    waits = asyncio.create_task(works(breaker, done))
    while not server.asked:  # noqa: ASYNC110 - whenever it is doubted
        await asyncio.sleep(0.01)
    await asyncio.sleep(0)
    done.set()
    await waits


async def test_what_takes_too_long_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMIT_S", 0.01)
    server = Server()
    server.up.set()
    with pytest.raises(TimeoutError):
        await works(Breaker(server.answers), asyncio.Event())


async def test_what_is_done_soon_is_not_doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOW_S", 3600.0)
    server, done = Server(), asyncio.Event()
    done.set()
    breaker = Breaker(server.answers)
    await works(breaker, done)
    assert breaker._finding_out is None
    assert not breaker._working


async def test_nobody_asks_for_who_is_closed() -> None:
    server = Server()
    breaker = Breaker(server.answers)
    with pytest.raises(TimeoutError):
        await works(breaker, asyncio.Event())
    await breaker.close()
    assert breaker._finding_out is not None
    assert breaker._finding_out.cancelled()

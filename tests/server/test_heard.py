"""What a worker heard of, and has not read yet."""

import asyncio

import pytest

from server.live import heard as module
from server.live.heard import Heard
from server.redis.calls import UnreachableError


async def test_who_asks_while_something_is_read_waits_until_it_is_read_again() -> None:
    heard = Heard(lambda: None)
    first = asyncio.create_task(heard.refreshed())
    await asyncio.sleep(0)
    with heard.reading():  # from here on it may be too late for what is asked now
        second = asyncio.create_task(heard.refreshed())
        await asyncio.sleep(0)
        assert not first.done()
    await first
    assert not second.done()
    assert heard.news(0)
    with heard.reading():
        pass
    await second
    assert not heard.news(0)


async def test_who_waits_no_longer_for_what_cannot_be_read_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = Heard(lambda: None)
    gone = asyncio.create_task(heard.refreshed())
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    monkeypatch.setattr(module, "REFRESH_S", 0.0)
    with pytest.raises(UnreachableError):
        await heard.refreshed()
    assert not heard._refreshed


async def test_nobody_waits_for_what_is_not_read_any_more() -> None:
    heard = Heard(lambda: None)
    waits = asyncio.create_task(heard.refreshed())
    await asyncio.sleep(0)
    heard.look_later(60.0)
    heard.give_up()
    with pytest.raises(UnreachableError):
        await waits
    with pytest.raises(UnreachableError):
        await heard.refreshed()
    assert heard._later is None

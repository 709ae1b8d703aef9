"""What a worker heard of, and has not read yet."""

import asyncio

from server.live.heard import Heard


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

"""What a worker heard of, and has not read yet."""

import asyncio

import pytest

from server.live import heard as module
from server.live.heard import Heard, Line
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


async def test_who_waits_for_what_could_not_be_read_is_told() -> None:
    heard = Heard(lambda: None)
    gone, first, second = (asyncio.create_task(heard.refreshed()) for _ in range(3))
    await asyncio.sleep(0)

    async def fail() -> None:
        with heard.reading():
            gone.cancel()
            await asyncio.wait([gone])
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    for waiting in (first, second):
        with pytest.raises(UnreachableError, match="could not be read"):
            await waiting


async def test_a_hint_is_news_for_who_is_behind_it() -> None:
    woken: list[int] = []
    heard = Heard(lambda: woken.append(1))
    assert not heard.news(0)
    heard.hint(3, "", 3)
    assert (heard.line, heard.news(3), woken) == ((3, ""), False, [])
    heard.hint(7, "", 5)
    heard.hint(6, "", 5)  # one that came late
    assert (heard.news(6), heard.news(7), heard.news(None), len(woken)) == (True, False, False, 2)
    with heard.reading():
        pass
    assert not heard.news(5)
    heard.hint(6, "", None)
    assert heard.news(None)


async def test_that_something_happened_says_nothing_of_who_is_next() -> None:
    heard = Heard(lambda: None)
    before = heard.line
    heard.hint(None, "", 3)
    assert heard.line is before
    assert not heard.hinted.is_set()
    assert heard.news(3)


async def test_it_looks_by_itself_once_at_the_newest_time_that_was_said() -> None:
    woken = asyncio.Event()
    heard = Heard(woken.set)
    heard.look_later(60.0)
    before = heard._later
    heard.look_later(0.0)
    assert before is not None
    assert before.cancelled()
    assert heard._later is None
    heard.look_later(0.001)
    await woken.wait()
    assert heard.news(None)


@pytest.mark.parametrize(
    ("line", "is_next"),
    [
        ((7, "me"), True),
        ((7, ""), True),
        ((8, "me"), True),
        ((7, "another"), False),
        ((6, "me"), False),  # of the commit before this worker asked
    ],
)
async def test_who_is_in_line_hears_whose_turn_it_is(line: Line, is_next: bool) -> None:
    heard = Heard(lambda: None)
    before = heard.line
    assert not heard.is_next("me", 0, before)
    heard.hint(*line, 7)
    assert heard.is_next("me", 7, before) == is_next
    assert not heard.is_next("me", 7, heard.line)

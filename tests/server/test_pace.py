"""A client sends no more than the server takes."""

import asyncio

from msgspec.structs import replace

from server.client.pace import Pace
from tests.server.test_staying import welcome

LIMITS = replace(
    welcome(1000).limits,
    edits_per_second=0.001,
    edits_burst=10,
    operations_per_second=0.001,
    operations_burst=100,
)


async def may_go(pace: Pace, operations: int = 1) -> bool:
    """At once."""
    waits = asyncio.create_task(pace.wait(operations))
    await asyncio.sleep(0)
    if not waits.done():
        waits.cancel()
    return not waits.cancelled() and waits.done()


async def test_edits_stay_below_the_servers_limit() -> None:
    pace = Pace()
    assert await may_go(pace)  # none is known
    pace.limited(LIMITS)
    assert [await may_go(pace) for _ in range(10)] == [True] * 9 + [False]
    pace.limited(LIMITS)  # another line: what was spent stays so
    assert not await may_go(pace)


async def test_operations_do_too_and_an_edit_of_too_many_goes_alone() -> None:
    pace = Pace()
    pace.limited(LIMITS)
    assert await may_go(pace, 1000)  # the server says that it is too large
    assert not await may_go(pace)


async def test_nothing_is_sent_while_one_came_too_soon() -> None:
    pace = Pace()
    pace.hold(3600.0)
    pace.hold(0.0)
    assert not await may_go(pace)

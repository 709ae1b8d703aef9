"""A circuit breaker: who asks a server that hangs is told at once, and need not find out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

LIMIT_S = 15.0  # for one piece of work
SLOW_S = 2.0  # after which the server is asked whether it answers at all
ANSWER_S = 3.0  # so long it may take for that
AGAIN_S = 1.0  # between two times that it is asked


class Breaker:
    """answers: asks the server for something small; False when it refuses, too."""

    def __init__(self, answers: Callable[[], Awaitable[bool]]) -> None:
        self._answers = answers
        self._hangs = False
        self._working: set[asyncio.Timeout] = set()
        self._finding_out: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Around a piece of work. Raises TimeoutError when it takes long, or the server hangs."""
        if self._hangs:
            raise TimeoutError
        doubt = asyncio.get_running_loop().call_later(SLOW_S, self._doubt)
        try:
            async with asyncio.timeout(LIMIT_S) as limit:
                self._working.add(limit)
                try:
                    yield
                finally:
                    self._working.discard(limit)
        finally:
            doubt.cancel()

    async def close(self) -> None:
        """Ask no more."""
        if self._finding_out is not None:
            self._finding_out.cancel()
            await asyncio.wait([self._finding_out])

    def _doubt(self) -> None:
        if self._finding_out is None or self._finding_out.done():
            self._finding_out = asyncio.create_task(self._find_out())

    async def _find_out(self) -> None:
        """Until it answers nobody waits for it."""
        while not await self._answers_soon():
            self._hangs = True
            working, self._working = self._working, set()
            for limit in working:
                limit.reschedule(asyncio.get_running_loop().time())
            await asyncio.sleep(AGAIN_S)
        self._hangs = False

    async def _answers_soon(self) -> bool:
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._answers()
        except TimeoutError:
            return False

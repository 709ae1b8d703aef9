"""Asking Redis until it answers, and telling when that takes a while."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from server.orm import DatabaseAwayError
from server.redis.calls import UnreachableError

logger = logging.getLogger(__name__)

T = TypeVar("T")
RETRY_S = (0.05, 0.1, 0.2, 0.5, 1.0)


class Patience:
    """What a session asks of Redis may be asked again: the log sees to it that this is harmless.

    changed(degraded) is called when Redis stops to answer, and when it answers again.
    beside: runs while Redis does not answer, until it is cancelled. Who asks waits then, and never
    in the middle of a decision.
    """

    def __init__(self, session: str, changed: Callable[[bool], None]) -> None:
        self.degraded = False
        self.beside: Callable[[], Coroutine[Any, Any, None]] | None = None
        self._session = session
        self._changed = changed

    async def ask(self, question: Callable[[], Awaitable[T]], *, sql: bool = False) -> T:
        """The answer, however long it takes. sql: also when SQL is away, which else is raised."""
        away = (UnreachableError, DatabaseAwayError) if sql else UnreachableError
        failures = 0
        beside: asyncio.Task[None] | None = None
        try:
            while True:
                try:
                    answer = await question()
                except away as error:
                    if not self.degraded:
                        logger.debug("session %s: no answer: %s", self._session, error)
                        self.degraded = True
                        self._changed(True)
                    if beside is None and self.beside is not None:
                        beside = asyncio.create_task(self.beside())
                    await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
                    failures += 1
                    continue
                if self.degraded:
                    self.degraded = False
                    self._changed(False)
                return answer
        finally:
            if beside is not None:
                beside.cancel()
                await asyncio.wait([beside])

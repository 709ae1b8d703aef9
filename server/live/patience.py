"""Asking Redis until it answers, and telling when that takes a while."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from server.orm import DatabaseAwayError
from server.redis.calls import UnreachableError

logger = logging.getLogger(__name__)

T = TypeVar("T")
RETRY_S = (0.05, 0.1, 0.2, 0.5, 1.0)


class Patience:
    """What a session asks of Redis may be asked again: the log sees to it that this is harmless.

    changed(degraded) is called when Redis stops to answer, and when it answers again.
    """

    def __init__(self, session: str, changed: Callable[[bool], None]) -> None:
        self.degraded = False
        self._session = session
        self._changed = changed

    async def ask(self, question: Callable[[], Awaitable[T]], *, sql: bool = False) -> T:
        """The answer, however long it takes. sql: also when SQL is away, which else is raised."""
        away = (UnreachableError, DatabaseAwayError) if sql else UnreachableError
        failures = 0
        while True:
            try:
                answer = await question()
            except away as error:
                if not self.degraded:
                    logger.debug("session %s: no answer: %s", self._session, error)
                    self.degraded = True
                    self._changed(True)
                await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
                failures += 1
                continue
            if self.degraded:
                self.degraded = False
                self._changed(False)
            return answer

"""Doing something soon, but not too often."""

import asyncio
from collections.abc import Callable


class Pace:
    """Calls `action` in the turn after it became due, at most once in `interval_s`."""

    __slots__ = ("_action", "_earliest", "_handle", "_interval_s")

    def __init__(self, interval_s: float, action: Callable[[], None]) -> None:
        self._interval_s = interval_s
        self._action = action
        self._earliest = 0.0
        self._handle: asyncio.Handle | None = None

    def due(self) -> None:
        """There is something to do."""
        if self._handle is not None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() >= self._earliest:
            self._handle = loop.call_soon(self.now)
        else:
            self._handle = loop.call_at(self._earliest, self.now)

    def now(self) -> None:
        """Do it without waiting."""
        self.stop()
        self._earliest = asyncio.get_running_loop().time() + self._interval_s
        self._action()

    def stop(self) -> None:
        """Nothing is to be done any more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

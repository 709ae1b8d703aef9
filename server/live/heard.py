"""What a worker heard of a session that happened elsewhere, and has not read yet."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from server.redis.calls import UnreachableError

REFRESH_S = 5.0
OVER = "the session is not served here any more"

Line = tuple[int, str]  # at which revision which worker is the next to commit; "": whoever comes


class Heard:
    """wake: called whenever there is something to read.

    hinted: set by each hint of a revision. line: what the newest of them said, another object
    for each.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self.hinted = asyncio.Event()
        self._wake = wake
        self._look_again = False  # something happened elsewhere
        self._later: asyncio.TimerHandle | None = None  # when we look by ourselves
        self._told = 0  # the highest revision of which a hint told
        self.line: Line = 0, ""
        self._refreshed: set[asyncio.Future[None]] = set()
        self._over = False

    def news(self, revision: int | None) -> bool:
        """Whether there is something to read for who is at a revision; None: at none yet. Of our
        own commit a hint may come before the answer does, and is no news any more then."""
        return self._look_again or (revision is not None and self._told > revision)

    def hint(self, told: int | None, next_in_line: str, revision: int | None) -> None:
        """Somebody says that the log has the revision `told` now; None: that something happened.

        next_in_line: the worker that is to commit next, if any are in line. revision: see `news`.
        """
        if told is not None:
            self.line = (told, next_in_line)
            self.hinted.set()
        if told is None or revision is None:
            self.look()
        elif told > revision:
            self._told = max(self._told, told)
            self._wake()

    def look(self) -> None:
        """There is something to read, whatever it is."""
        self._look_again = True
        self._wake()

    def look_later(self, seconds: float) -> None:
        """In so much time, instead of what was said before; 0.0: not at all."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if seconds:
            self._later = asyncio.get_running_loop().call_later(seconds, self.look)

    def is_next(self, worker: str, revision: int, before: Line) -> bool:
        """Whether this worker is the next to commit, as far as was heard.

        before: the `line` as it was when it asked to, and was told to wait: whoever got in line
        since then is in no hint.
        """
        told, next_in_line = self.line
        return self.line is not before and next_in_line in (worker, "") and told >= revision

    async def refreshed(self) -> None:
        """Returns when everything until now has been read. Raises UnreachableError."""
        if self._over:
            raise UnreachableError(OVER)
        refreshed = asyncio.get_running_loop().create_future()
        self._refreshed.add(refreshed)
        self.look()
        try:
            async with asyncio.timeout(REFRESH_S):
                await refreshed
        except TimeoutError:
            raise UnreachableError("the session is not refreshed") from None
        finally:
            self._refreshed.discard(refreshed)

    def give_up(self) -> None:
        """Nothing is read any more: nobody waits for it."""
        self._over = True
        self.look_later(0.0)
        refreshed, self._refreshed = self._refreshed, set()
        for future in refreshed:
            if not future.done():
                future.set_exception(UnreachableError(OVER))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """What was heard until now is read in this context; what is heard meanwhile is news."""
        self._look_again = False
        self._told = 0
        refreshed, self._refreshed = self._refreshed, set()
        read = False
        try:
            yield
            read = True
        finally:
            for future in refreshed:
                if future.done():
                    continue  # they wait no longer
                if read:
                    future.set_result(None)
                else:
                    future.set_exception(UnreachableError("the session could not be read"))

"""How far SQL is behind what was edited, as far as one worker knows."""

import math
import time
from collections.abc import Iterable, Mapping, Set

from msgspec import Struct

from server.log.logged import Head
from server.protocol import Position


class _Lacking(Struct, frozen=True):
    """SQL lacks something of a session: since when, and where the session stood then."""

    since: float
    head: Head


class Behind:
    """Since when SQL lacks something of each session, by the monotonic clock.

    reached: what SQL has of sessions, as far as it is known; somebody else keeps it.
    """

    def __init__(self, reached: Mapping[str, Position]) -> None:
        self._reached = reached
        self._lacking: dict[str, _Lacking] = {}

    @property
    def since(self) -> float:
        """When the oldest that SQL still lacks was found; infinity: it lacks nothing."""
        return min((each.since for each in self._lacking.values()), default=math.inf)

    def compare(self, sessions: Iterable[str], heads: Mapping[str, Head]) -> None:
        """heads: as they were read, a while ago maybe: SQL may have more by now, of what was
        edited since then. Of what nobody knows, SQL lacks everything until it is looked up."""
        for session in sessions:
            head = heads.get(session)
            if head is None or self._has(session, head):
                self.done(session)
            else:
                self.lacks(session, head)

    def lacks(self, session: str, head: Head) -> None:
        """It was found just now, if what was found before is in SQL."""
        found = self._lacking.get(session)
        if found is None or self._has(session, found.head):
            self._lacking[session] = _Lacking(time.monotonic(), head)

    def done(self, session: str) -> None:
        self._lacking.pop(session, None)

    def keep(self, sessions: Set[str]) -> None:
        """Forget all others."""
        self._lacking = {s: found for s, found in self._lacking.items() if s in sessions}

    def _has(self, session: str, head: Head) -> bool:
        """Whether SQL has a session up to there."""
        reached = self._reached.get(session)
        if reached is None or reached.epoch != head.epoch:
            return False
        return reached.revision > head.revision or head.at(reached)

"""Edits that are lost for good, and whether their authors were told."""

import time
from collections.abc import Callable

from server.log.logged import Losses
from server.protocol import Position
from server.server_messages import Refused

TOLD_AGAIN_MS = 60_000  # so long after a loss: what was sent before a line broke may be lost, too


class Told:
    """What this worker knows of them. refused(person, refusal): called for each that is new.

    clock: for durations, in seconds. When a loss was is told by Redis's clock alone.
    """

    def __init__(
        self, refused: Callable[[str, Refused], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._losses = Losses()
        self._refused = refused
        self._clock = clock
        self._learned = clock()

    @property
    def number(self) -> int:
        """How many there ever were."""
        return self._losses.number

    def learn(self, losses: Losses) -> None:
        """These are all of whom people are still told."""
        known = {each.author for each in self._losses.each}
        self._losses, self._learned = losses, self._clock()
        for each in losses.each:
            if each.author not in known:
                self._refused(each.person, each.refusal)

    def of(self, person: str, here: Position | None) -> tuple[Refused, ...]:
        """What somebody who comes may not have been told.

        here: where they are, if it is in the session's epoch.
        """
        now = self._losses.now + 1000 * (self._clock() - self._learned)
        return tuple(
            loss.refusal
            for loss in self._losses.each
            if loss.person == person
            and (
                here is None
                or (loss.epoch == here.epoch and loss.revision >= here.revision)
                or now - loss.at < TOLD_AGAIN_MS
            )
        )

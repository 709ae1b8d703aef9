"""What happened in a run, and what must not have happened."""

import logging
import time
from collections.abc import Callable


class Journal:
    """A run's events in their order, each with its time in ms, and the failures among them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.failures: list[str] = []
        self._began = time.monotonic()

    def note(self, who: str, what: str) -> None:
        self.lines.append(f"{1000 * (time.monotonic() - self._began):7.1f} {who:8} {what}")

    def fail(self, who: str, what: str) -> None:
        """Something that was promised does not hold."""
        self.note(who, f"FAILED: {what}")
        self.failures.append(f"{who}: {what}")

    def expect(self, holds: bool, who: str, what: str) -> bool:
        if not holds:
            self.fail(who, what)
        return holds


class Listener(logging.Handler):
    """Takes what the server logs down; an error is a failure.

    dead: whether what logs is a worker that was killed, of which nobody would see it.
    """

    def __init__(self, journal: Journal, dead: Callable[[], bool]) -> None:
        super().__init__(logging.WARNING)
        self._journal = journal
        self._dead = dead
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        if self._dead() or record.name.startswith("sqlalchemy.pool"):
            return  # what a killed worker leaves is closed in its name
        if record.levelno >= logging.ERROR:
            self._journal.fail("log", self.format(record))
        else:
            self._journal.note("log", self.format(record))

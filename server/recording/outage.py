"""What recording waits for, told once: it may fail in some of its rounds only."""

import logging
import time

from sqlalchemy.exc import SQLAlchemyError

from server.orm import DatabaseAwayError, said_by
from server.redis.calls import FullError, UnreachableError

logger = logging.getLogger(__name__)

Hindrance = UnreachableError | FullError | DatabaseAwayError | SQLAlchemyError


class Outage:
    """rounds: after so many in a row that went well, it is over."""

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self._well = 0
        self._since = 0.0
        self._told: set[type[Exception]] = set()  # not empty: it goes on

    def hindered(self, error: Hindrance) -> None:
        self._well = 0
        if not self._told:
            self._since = time.monotonic()
        if type(error) not in self._told:
            self._told.add(type(error))
            logger.warning("recording waits: %s", _sentence(error))

    def went_well(self) -> None:
        self._well += 1
        if self._told and self._well >= self._rounds:
            self._told.clear()
            logger.warning("recording goes on, after %d s", time.monotonic() - self._since)


def _sentence(error: Hindrance) -> str:
    if isinstance(error, SQLAlchemyError):
        return f"The database refuses what is asked: {said_by(error)}."
    return error.sentence

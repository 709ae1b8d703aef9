"""Calls to Redis: where a session's keys are, and what may go wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from redis.exceptions import OutOfMemoryError, RedisClusterException, RedisError

from server.telemetry.measures import UNMEASURED

TIMEOUT_S = 5.0

# What a lost connection raises: uvloop a RuntimeError to who writes by what it has closed, and a
# Cluster's client its own when it knows no primary of a slot yet.
FAILURES = (RedisError, RedisClusterException, OSError, TimeoutError, RuntimeError)


class UnreachableError(Exception):
    """Redis did not answer, or refused to write; what was asked may or may not have happened."""

    @property
    def sentence(self) -> str:
        """For an operator."""
        return f"Redis does not answer: {str(self).rstrip('.')}."


class FullError(Exception):
    """Redis has no room left: nothing was written."""

    @property
    def sentence(self) -> str:
        """For an operator."""
        return "Redis has no room left."


def key(session: str, name: str) -> str:
    """One of a session's keys; `log/scripts.py` tells what is where."""
    return f"{{session:{session}}}:{name}"


@asynccontextmanager
async def reaching(
    failed: Callable[[], object] = UNMEASURED.redis_failed,
) -> AsyncIterator[None]:
    """Bound a call in time, and turn what may go wrong in it into `UnreachableError`.

    failed: called then.
    """
    try:
        async with asyncio.timeout(TIMEOUT_S):
            yield
    except OutOfMemoryError as error:
        failed()
        raise FullError("Redis has no room left") from error
    except FAILURES as error:
        failed()
        raise UnreachableError(reason(error)) from error


def reason(error: Exception) -> str:
    """What a call failed with, for the log: a time-out says nothing of itself."""
    return str(error) or "no answer"

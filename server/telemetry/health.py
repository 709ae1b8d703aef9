"""Whether a worker can serve, and what of it is not well, since when.

Each dependency is asked when somebody wants to know; nobody waits for one that hangs. Editing
needs Redis; without SQL it goes on, so that a worker without it is degraded, and serves.
"""

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from server.orm import DatabaseAwayError, ReadOnlyError
from server.redis.calls import FullError, UnreachableError

logger = logging.getLogger(__name__)

ANSWER_S = 1.0  # for all of them
STANDING_S = 30.0  # between two looks at how Redis is set up
LAG_S = 30.0  # of the recorder: above, it does not follow

State = Literal["ready", "degraded", "draining", "unavailable"]


class Check(Struct, frozen=True, omit_defaults=True):
    """One thing that has to be well. since: when it was first seen that it is not (milliseconds
    since 1970); detail: a sentence. lag_s: of the recorder."""

    status: Literal["ok", "degraded", "away"]
    since: int | UnsetType = UNSET
    detail: str | UnsetType = UNSET
    lag_s: float | UnsetType = UNSET


class Health(Struct, frozen=True):
    """ready and degraded serve; draining and unavailable do not."""

    status: State
    checks: dict[str, Check]

    @property
    def serves(self) -> bool:
        return self.status in ("ready", "degraded")


class Doctor:
    """Asks what a worker stands on.

    redis, sql: raise UnreachableError or DatabaseAwayError where they do not answer.
    unsafe: sentences about how Redis is set up. recording: how old what SQL lacks may be
    (seconds), and how many sessions cannot be recorded.
    """

    def __init__(
        self,
        redis: Callable[[], Awaitable[None]],
        sql: Callable[[], Awaitable[None]],
        unsafe: Callable[[], Awaitable[tuple[str, ...]]],
        recording: Callable[[], tuple[float, int]],
    ) -> None:
        self.draining = False
        self._unsafe = unsafe
        self.recording = recording
        self._redis = _Patient("redis", self._ask_redis(redis), "Redis does not answer.")
        self._sql = _Patient("sql", self._ask_sql(sql), "The database does not answer.")
        self._safety = _Patient("redis_safety", self._ask_safety, "")
        self._recorder = _Patient("recorder", None, "")
        self._safety_due = 0.0

    def drains(self, seconds: float) -> None:
        """Have SIGTERM say first that this worker is not ready, and end it so much later.

        Who sends people here asks now and then only. From the main thread.
        """
        if not seconds:
            return
        loop = asyncio.get_running_loop()
        ends = signal.getsignal(signal.SIGTERM)
        assert callable(ends)

        def begin(number: int, frame: FrameType | None) -> None:
            signal.signal(signal.SIGTERM, ends)  # a second one ends it at once
            self.draining = True
            loop.call_soon_threadsafe(loop.call_later, seconds, ends, number, frame)

        signal.signal(signal.SIGTERM, begin)

    async def look(self) -> Health:
        """How everything is, within little more than a second."""
        asked = [self._redis.ask(), self._sql.ask()]
        if time.monotonic() >= self._safety_due:
            asked.append(self._safety.ask())
        await asyncio.wait(asked, timeout=ANSWER_S)
        self._redis.hangs()
        self._sql.hangs()
        lag_s, failing = self.recording()
        self._recorder.told(_of_recorder(lag_s, failing))
        checks = {
            "redis": self._redis.check("away"),
            "redis_safety": self._safety.check("degraded"),
            "sql": self._sql.check("away"),
            "recorder": self._recorder.check("degraded", round(lag_s, 1)),
        }
        return Health(self._status(checks), checks)

    async def rest(self) -> None:
        """Wait for what is still asked: a question to SQL that is cut off leaves its connection."""
        asked = self._redis.asked | self._sql.asked | self._safety.asked
        if asked:
            await asyncio.wait(asked, timeout=ANSWER_S)

    def _status(self, checks: dict[str, Check]) -> State:
        if self.draining:
            return "draining"
        if checks["redis"].status != "ok":
            return "unavailable"
        well = all(check.status == "ok" for check in checks.values())
        return "ready" if well else "degraded"

    def _ask_redis(self, redis: Callable[[], Awaitable[None]]) -> "Question":
        async def question() -> str:
            try:
                await redis()
            except (UnreachableError, FullError):
                return "Redis does not answer."
            return ""

        return question

    def _ask_sql(self, sql: Callable[[], Awaitable[None]]) -> "Question":
        async def question() -> str:
            try:
                await sql()
            except ReadOnlyError as error:
                return error.sentence
            except DatabaseAwayError:
                return "The database does not answer."
            return ""

        return question

    async def _ask_safety(self) -> str:
        try:
            sentences = await self._unsafe()
        except (UnreachableError, FullError):
            return self._safety.problem  # as it was
        self._safety_due = time.monotonic() + STANDING_S
        return " ".join(sentences)


Question = Callable[[], Awaitable[str]]


class _Patient:
    """What is asked how it does: one question at a time, which is not cut off."""

    def __init__(self, name: str, question: Question | None, silent: str) -> None:
        self.problem = ""
        self._name = name
        self._question = question
        self._silent = silent
        self._since = 0  # by the wall clock, for who asks
        self._began = 0.0  # by one that nobody sets
        self._asked: asyncio.Task[None] | None = None

    @property
    def asked(self) -> "set[asyncio.Task[None]]":
        """What is not answered yet."""
        return set() if self._asked is None or self._asked.done() else {self._asked}

    def ask(self) -> "asyncio.Task[None]":
        """Done when it is answered; one that still hangs is the same as before."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(self._ask())
        return self._asked

    def hangs(self) -> None:
        """What is not answered yet is a problem, too."""
        if self.asked:
            self.told(self._silent)

    def told(self, problem: str) -> None:
        now = time.monotonic()
        if problem and not self.problem:
            self._since, self._began = time.time_ns() // 1_000_000, now
            logger.warning("%s: %s", self._name, problem)
        elif self.problem and not problem:
            logger.warning("%s is well again, after %d s", self._name, now - self._began)
        self.problem = problem

    def check(self, ill: Literal["degraded", "away"], lag_s: float | UnsetType = UNSET) -> Check:
        if not self.problem:
            return Check("ok", lag_s=lag_s)
        return Check(ill, self._since, self.problem, lag_s)

    async def _ask(self) -> None:
        assert self._question is not None
        self.told(await self._question())


def _of_recorder(lag_s: float, failing: int) -> str:
    if failing:
        return f"{failing} sessions cannot be written to the database."
    return "The database is behind what was edited." if lag_s > LAG_S else ""

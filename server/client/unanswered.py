"""What a client asked and was not answered yet: it is sent until there is an answer for good.

What was answered last may not be for good: a server that lost its newest changes has them from
those who made them.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from msgspec import UNSET, Struct

from server.client_messages import (
    Asked,
    Decide,
    Explain,
    Inspect,
    Ping,
    Preview,
    Propose,
    Renew,
    Say,
)
from server.protocol import Close
from server.server_messages import (
    Accepted,
    Explained,
    Inspected,
    Pong,
    Previewed,
    Proposal,
    Refused,
    Renewed,
    Said,
)

MADE = 50  # so many of the newest accepted edits are kept, and
MADE_S = 600.0  # for so long: by then they are recorded
AGAIN = frozenset(("too_many", "unavailable"))  # refused for now: the same edit may come later

Question = Asked | Propose | Decide | Preview | Explain | Inspect | Say | Renew | Ping
Answer = Accepted | Refused | Proposal | Previewed | Explained | Inspected | Said | Renewed | Pong


class ClosedError(Exception):
    """The session is over for this client: closed by the server for good, or by itself.

    code: the close code.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class _Made(Struct, frozen=True):
    """An accepted edit. at: by the clock for durations."""

    edit: Asked
    revision: int
    at: float


class Unanswered:
    """send: brings a message to the server, if the line stands."""

    def __init__(self, send: Callable[[Question], Awaitable[None]]) -> None:
        self._send = send
        self._waiting: dict[asyncio.Future[Answer], Question] = {}
        self._made: dict[str, _Made] = {}  # the newest last
        self._dropped = 0  # the highest revision of one that is kept no longer
        self._asking: set[asyncio.Task[None]] = set()
        self._over = False

    async def ask(self, message: Question) -> Answer:
        """Send a message, again after each return and whenever it was too soon, until it is
        answered for good. Raises ClosedError."""
        while True:
            answered = self._wait_for(message)
            try:
                await self._send(message)
                answer = await answered
            finally:
                del self._waiting[answered]
            if not _came_too_soon(answer):
                return answer
            await asyncio.sleep(_until_again_s(answer))

    async def send_again(self, *, going_on: int | None = None) -> None:
        """All of it, in its order: what was sent before may be lost.

        going_on: from which revision the session goes on, where the server may have lost what we
        know of it; then also what it accepted lately, and that first. What it still has it does
        not make twice. Where we do not have all that we made since then, we leave it as it is.
        """
        if going_on is not None:
            self._ask_for_made(going_on)
        for answered, message in tuple(self._waiting.items()):
            if not answered.done():
                await self._send(message)

    def settle(self, answer: Answer) -> None:
        """Give an answer to those who wait for it."""
        for answered, message in self._waiting.items():
            if _settles(message, answer) and not answered.done():
                answered.set_result(answer)
                if isinstance(message, Asked) and isinstance(answer, Accepted):
                    self._keep(_Made(message, answer.revision, time.monotonic()))
        if isinstance(answer, Refused) and not _came_too_soon(answer):
            self._made.pop(answer.id or "", None)  # it was lost, and that is known

    def close(self) -> None:
        """No answer comes any more."""
        self._over = True
        for answered in self._waiting:
            if not answered.done():
                answered.set_exception(ClosedError(Close.DONE, "The client is closed."))

    def _wait_for(self, message: Question) -> asyncio.Future[Answer]:
        if self._over:
            raise ClosedError(Close.DONE, "The client is closed.")
        assert message.id is not UNSET, "what is asked has an id"
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[answered] = message
        return answered

    def _keep(self, made: _Made) -> None:
        self._made[made.edit.id] = made
        if len(self._made) > MADE:
            self._drop(next(iter(self._made)))

    def _drop(self, edit: str) -> None:
        self._dropped = max(self._dropped, self._made.pop(edit).revision)

    def _ask_for_made(self, going_on: int) -> None:
        """Put it in line before what waits: that may build on it."""
        oldest = time.monotonic() - MADE_S
        for edit in [edit for edit, made in self._made.items() if made.at < oldest]:
            self._drop(edit)
        if self._dropped > going_on:
            return
        waiting, self._waiting = self._waiting, {}
        known = {each.id for each in waiting.values()}
        for id_, made in self._made.items():
            if id_ not in known:
                task = asyncio.create_task(self._ask_for(made.edit, self._wait_for(made.edit)))
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)
        self._waiting |= waiting

    async def _ask_for(self, edit: Asked, answered: asyncio.Future[Answer]) -> None:
        with suppress(ClosedError):
            try:
                answer = await answered
            finally:
                del self._waiting[answered]
            if _came_too_soon(answer):
                await asyncio.sleep(_until_again_s(answer))
                await self.ask(edit)


def _came_too_soon(answer: Answer) -> bool:
    return isinstance(answer, Refused) and answer.code in AGAIN


def _until_again_s(answer: Answer) -> float:
    told = answer.retry_after if isinstance(answer, Refused) else UNSET
    return jittered(0.5 if told is UNSET else max(told, 0.05))


def _settles(message: Question, answer: Answer) -> bool:
    if isinstance(message, Decide) and not isinstance(answer, Refused):
        # It is accepted before the proposal is settled; a decline is not told otherwise.
        return (
            isinstance(answer, Proposal)
            and answer.id == message.proposal
            and answer.state != "open"
        )
    return answer.id == message.id


def jittered(seconds: float) -> float:
    """Up to half more or less: not all come back at once."""
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311 - not a secret

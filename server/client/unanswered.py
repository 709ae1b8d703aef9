"""What a client asked and was not answered yet: it is sent until there is an answer for good."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from msgspec import UNSET

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


class Unanswered:
    """send: brings a message to the server, if the line stands."""

    def __init__(self, send: Callable[[Question], Awaitable[None]]) -> None:
        self._send = send
        self._waiting: dict[asyncio.Future[Answer], Question] = {}
        self._over = False

    async def ask(self, message: Question) -> Answer:
        """Send a message, again after each return and whenever it was too soon, until it is
        answered for good. Raises ClosedError."""
        while True:
            answer = await self._ask_once(message)
            if not isinstance(answer, Refused) or answer.code not in AGAIN:
                return answer
            wait = 0.5 if answer.retry_after is UNSET else answer.retry_after
            await asyncio.sleep(jittered(max(wait, 0.05)))

    async def _ask_once(self, message: Question) -> Answer:
        if self._over:
            raise ClosedError(Close.DONE, "The client is closed.")
        assert message.id is not UNSET, "what is asked has an id"
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[answered] = message
        try:
            await self._send(message)
            return await answered
        finally:
            del self._waiting[answered]

    async def send_again(self) -> None:
        """All of it, in its order: what was sent before may be lost."""
        for message in tuple(self._waiting.values()):
            await self._send(message)

    def settle(self, answer: Answer) -> None:
        """Give an answer to those who wait for it."""
        for answered, message in self._waiting.items():
            if _settles(message, answer) and not answered.done():
                answered.set_result(answer)

    def close(self) -> None:
        """No answer comes any more."""
        self._over = True
        for answered in self._waiting:
            if not answered.done():
                answered.set_exception(ClosedError(Close.DONE, "The client is closed."))


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

"""What a client asked and was not answered yet: it is sent until there is an answer for good.

What was accepted last may not be for good: a server that lost its newest changes has them from
those who made them. A client sends again only what it surely has whole: all that it made after a
revision, and nobody took back.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress

from msgspec import UNSET, Struct

from server.client.pace import Pace
from server.client_messages import (
    Asked,
    ClientMessage,
    Decide,
    Edit,
    Explain,
    Inspect,
    Ping,
    Preview,
    Propose,
    Renew,
    Say,
    Want,
)
from server.protocol import Close
from server.server_messages import (
    Accepted,
    Change,
    Explained,
    Inspected,
    Limits,
    Pong,
    Previewed,
    Proposal,
    Refused,
    Renewed,
    Said,
    ServerMessage,
    Snapshot,
    Totals,
    Update,
)

MADE = 50  # so many of the newest accepted edits are kept, and
MADE_S = 600.0  # for so long: by then they are recorded
ON_WAY = 16  # edits at once: who sends all that it has is refused most, and closed
AGAIN = frozenset(("too_many", "unavailable"))  # refused for now: the same edit may come later

Question = Asked | Propose | Decide | Preview | Explain | Inspect | Say | Want | Renew | Ping
_Editing = Asked | Propose | Decide
Answer = Accepted | Refused | Proposal | Previewed | Explained | Inspected | Said | Renewed | Pong


class ClosedError(Exception):
    """The session is over for this client: closed by the server for good, or by itself.

    code: the close code.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class RefusedError(ClosedError):
    """The server refused our `join`, as it will whenever it says the same.

    refused: what it said of it; reason: that in a sentence, with the field at fault.
    """

    def __init__(self, refused: Refused) -> None:
        field = "" if refused.path is UNSET else refused.path.removeprefix("$.")
        super().__init__(Close.DONE, f"{field}: {refused.message}" if field else refused.message)
        self.refused = refused
        self.args = (f"{refused.code} {self.reason}",)


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
        self._made: dict[str, _Made] = {}  # all that was after `_let_go`, in its order
        self._let_go = 0  # what was made until this revision is not sent again
        self._again: list[Asked] = []  # of what was made; the first is asked for
        self._sending: asyncio.Task[None] | None = None  # these
        self._free = asyncio.Event()  # there are none of these: edits may be sent
        self._free.set()
        self._on_way = asyncio.Semaphore(ON_WAY)
        self._turn = asyncio.Lock()  # to be sent
        self._pace = Pace()
        self._over: ClosedError | None = None

    async def ask(self, message: Question) -> Answer:
        """Send a message, again after each return and whenever it was too soon, until it is
        answered for good. Raises ClosedError."""
        async with self._on_way if isinstance(message, _Editing) else nullcontext():
            while True:
                if isinstance(message, _Editing):
                    async with self._turn:
                        await self._free.wait()
                        await self._pace.wait(_operations(message))
                answer = await self._ask_once(message)
                if not _came_too_soon(answer):
                    return answer
                wait = _until_again_s(answer)
                if isinstance(message, _Editing):  # what is sent meanwhile would be refused, too
                    self._pace.hold(wait)
                else:
                    await asyncio.sleep(wait)

    def limited(self, limits: Limits) -> None:
        """What the server lets us send."""
        self._pace.limited(limits)

    async def _ask_once(self, message: Question) -> Answer:
        if self._over is not None:
            raise self._over
        assert message.id is not UNSET, "what is asked has an id"
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[answered] = message
        try:
            await self._send(message)
            return await answered
        finally:
            del self._waiting[answered]

    async def send_again(self, *, going_on: int | None = None) -> None:
        """All of it, in its order: what was sent before may be lost.

        going_on: from which revision the session goes on, where the server may have lost what we
        know of it; then also what it accepted lately, one after the other, and other edits only
        after these. What it still has it does not make twice. Where we do not have all that we
        made since then, we leave it as it is.
        """
        if going_on is not None:
            self._doubt(going_on)
        for answered, message in tuple(self._waiting.items()):
            if not answered.done() and self._may_go(message):
                await self._send(message)
        if not self._again:
            self._free.set()

    def settle(self, answer: Answer) -> bool:
        """Give an answer to those who wait for it: whether anybody did."""
        awaited = False
        for answered, message in self._waiting.items():
            if _settles(message, answer) and not answered.done():
                awaited = True
                answered.set_result(answer)
                if isinstance(message, Asked) and isinstance(answer, Accepted):
                    self._keep(message, answer)
        if _came_too_soon(answer):
            return awaited
        self._settle_again(answer)
        if isinstance(answer, Refused) and answer.id in self._made:  # it was lost
            self._let_go_until(max(each.revision for each in self._made.values()))
        return awaited

    def awaits(self, message: ClientMessage) -> bool:
        """Whether this message was not answered yet."""
        return any(each is message and not it.done() for it, each in self._waiting.items())

    def see(self, message: ServerMessage, person: str) -> None:
        """Follow what becomes of the session, after `send_again`. person: who we are."""
        match message:
            case Snapshot() | Update() | Totals():  # nobody says what is in it
                self._let_go_until(message.revision)
            case Change() if self._is_of_ours(message, person) or _takes_back(message, person):
                self._let_go_until(message.revision)

    def close(self, reason: ClosedError | None = None) -> None:
        """No answer comes any more, for the first reason that is given."""
        self._over = self._over or reason or ClosedError(Close.DONE, "The client is closed.")
        if self._sending is not None:
            self._sending.cancel()
        self._free.set()
        for answered in self._waiting:
            if not answered.done():
                answered.set_exception(self._over)

    def _is_of_ours(self, change: Change, person: str) -> bool:
        """Whether we made it and do not have it: in another window, or of a proposal."""
        if change.by != person or change.edit in self._made:
            return False
        asked = (*self._again, *self._waiting.values())
        return not any(isinstance(each, Asked) and each.id == change.edit for each in asked)

    def _keep(self, edit: Asked, answer: Accepted) -> None:
        if answer.revision <= self._let_go:
            return
        if isinstance(edit, Edit) or (answer.undoes or answer.redoes) in self._made:
            self._made[edit.id] = _Made(edit, answer.revision, time.monotonic())
        else:  # alone it would take back another one
            self._let_go_until(answer.revision)
        if len(self._made) > MADE:
            self._let_go_until(next(iter(self._made.values())).revision)

    def _let_go_until(self, revision: int) -> None:
        self._let_go = revision
        self._made = {id_: each for id_, each in self._made.items() if each.revision > revision}

    def _doubt(self, going_on: int) -> None:
        """Line up what was made, before what is sent again already and what waits."""
        if self._sending is not None:
            self._sending.cancel()
        oldest = time.monotonic() - MADE_S
        for each in tuple(self._made.values()):
            if each.at < oldest:
                self._let_go_until(each.revision)
        made = [each.edit for each in self._made.values()]
        self._again = [*made, *self._again] if self._let_go <= going_on else []
        self._made.clear()
        if self._again:
            self._free.clear()
            self._sending = asyncio.create_task(self._make_again())

    async def _make_again(self) -> None:
        with suppress(ClosedError):
            while self._again:
                answer = await self._ask_once(self._again[0])
                if _came_too_soon(answer):
                    await asyncio.sleep(_until_again_s(answer))
            await self.send_again()

    def _may_go(self, message: Question) -> bool:
        return not self._again or message is self._again[0] or not isinstance(message, _Editing)

    def _settle_again(self, answer: Answer) -> None:
        """Without an edit that is lost, an undo after it would take back another one."""
        for at, edit in enumerate(self._again):
            if edit.id == answer.id:
                rest = self._again[at + 1 :]
                if isinstance(answer, Refused):
                    rest = [each for each in rest if isinstance(each, Edit)]
                self._again[at:] = rest
                return


def _operations(edit: Question) -> int:
    return len(edit.operations) if isinstance(edit, Edit | Propose) else 1


def _takes_back(change: Change, person: str) -> bool:
    """Whether somebody decided that what we made is not to be."""
    work = change.undoes_work
    return change.restores is not UNSET or (work is not UNSET and work.person == person)


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

"""What is kept in SQL before anybody is told: what people say, and what they propose."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from msgspec import UNSET, Struct, UnsetType

from server.client_messages import Decide, Propose, Say
from server.engine import Engine
from server.live import chat, proposals
from server.live.board import KEPT
from server.live.proposals import Declining, Taking
from server.logic.rights import may_edit, may_propose
from server.members.access import AccessError
from server.orm import Database, DatabaseAwayError
from server.redis.calls import UnreachableError
from server.server_messages import Accepted, Proposal, Refused
from server.sockets.connection import Connection

if TYPE_CHECKING:
    from server.live.session import LiveSession

logger = logging.getLogger(__name__)

WAITING = 1000  # of all sessions of a worker, while SQL is slow


class _Waiting(Struct, frozen=True):
    live: "LiveSession"
    connection: Connection | None
    id: str | None
    work: Callable[[], Awaitable[None]]


class Desk:
    """A worker's line of what is to be kept: editing never waits for it."""

    def __init__(self, database: Database, engine: Engine) -> None:
        self._database = database
        self._engine = engine
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue(WAITING)
        self._looking: set[LiveSession] = set()

    def take(
        self, live: "LiveSession", connection: Connection, message: Say | Propose | Decide
    ) -> None:
        """Put it in line; who sent it is refused when it cannot be kept."""
        work: Callable[[], Awaitable[None]]
        match message:
            case Say():
                work = lambda: self._say(live, connection, message)  # noqa: E731
            case Propose():
                work = lambda: self._propose(live, connection, message)  # noqa: E731
            case Decide():
                work = lambda: self._decide(live, connection, message)  # noqa: E731
        self._put(live, connection, None if message.id is UNSET else message.id, work)

    def look(self, live: "LiveSession") -> None:
        """Put in line to read what the people of a session may not have been told."""
        if live not in self._looking and not self._waiting.full():  # else it asks again
            self._looking.add(live)
            self._put(live, None, None, lambda: self._look(live))

    async def run(self) -> None:
        """Keep and tell until cancelled."""
        while True:
            waiting = await self._waiting.get()
            named = UNSET if waiting.id is None else waiting.id
            try:
                await waiting.work()
            except AccessError as error:
                self._refuse(waiting, Refused(error.code, str(error), id=named))
            except (DatabaseAwayError, UnreachableError):
                self._refuse(waiting, _not_now(named))
            except Exception:
                logger.exception("session %s: what was to be kept is lost", waiting.live.id)
                told = "Something is wrong on the server; nobody was told."
                self._refuse(waiting, Refused("internal", told, id=named))

    def _refuse(self, waiting: _Waiting, refused: Refused) -> None:
        if waiting.connection is not None:
            waiting.connection.answer(refused)

    def _put(
        self,
        live: "LiveSession",
        connection: Connection | None,
        named: str | None,
        work: Callable[[], Awaitable[None]],
    ) -> None:
        waiting = _Waiting(live, connection, named, work)
        try:
            self._waiting.put_nowait(waiting)
        except asyncio.QueueFull:
            self._refuse(waiting, _not_now(UNSET if named is None else named))

    async def _look(self, live: "LiveSession") -> None:
        self._looking.discard(live)
        board = live.board
        board.unsure = False
        try:
            newest, said = await chat.since(self._database, live.id, board.said, KEPT)
            waiting = [
                await self._as_taken(live, each)
                for each in await proposals.open_in(self._database, live.id)
            ]
            settled = [
                await proposals.read(self._database, live.id, each)
                for each in board.not_in(waiting)
            ]
        except DatabaseAwayError:
            board.unsure = True  # it asks again
            return
        live.talk.looked(live.state, newest, said, (*waiting, *settled))

    async def _say(self, live: "LiveSession", connection: Connection, say: Say) -> None:
        said, new = await chat.keep(self._database, live.id, connection.person, say)
        await live.talk.tell(said)  # also what was kept before: nobody may have been told
        if not (new and connection.view.hears):
            connection.answer(said)

    async def _propose(self, live: "LiveSession", connection: Connection, propose: Propose) -> None:
        person = connection.person
        known = await proposals.known(self._database, live.id, person, propose)
        if known is None:
            totals = proposals.tried(live.state, person, propose, self._engine)
            if isinstance(totals, Refused):
                connection.answer(totals)
                return
            kept, new = await proposals.keep(
                self._database, live.id, person, propose, live.state.revision, totals
            )
        else:  # what came of it may have made it impossible since
            kept, new = known, False
        await live.talk.tell(kept)
        if not new:
            connection.answer(live.board.newest(kept, live.state))

    async def _decide(self, live: "LiveSession", connection: Connection, decide: Decide) -> None:
        person = connection.person
        if not may_propose(live.state.access, person):
            raise AccessError("not_allowed", "An editor decides on proposals.")
        found = await proposals.read(self._database, live.id, decide.proposal)
        if not may_edit(live.state.access, person) and (decide.accept or found.by != person):
            raise AccessError("not_allowed", "An editor decides on proposals.")
        if found.state == "open" and live.state.revision > found.base:
            found = await self._as_made(live, found)
        if found.state != "open":
            await self._answer_decided(live, connection, decide, found)
            return
        taking = Taking(found.id, live.state.revision, found.operations, found.by, found.base)
        if decide.accept:
            live.submit(_Accepting(self, live, connection, decide), taking)
        else:
            live.submit(_Declining(self, live, connection, decide, found.by), Declining(taking))

    async def _answer_decided(
        self, live: "LiveSession", connection: Connection, decide: Decide, found: Proposal
    ) -> None:
        """As the first time, if it is their own decision: its answer may have been lost."""
        decisions = ("accepted",) if decide.accept else ("declined", "withdrawn")
        own = found.decided_by == connection.person and found.state in decisions
        try:
            if own and found.revision is not UNSET:
                if found.revision > live.state.revision:
                    await live.refresh()  # the change first
                connection.answer(Accepted(decide.id, found.revision))
        finally:
            await live.talk.tell(found)  # whoever decided may not have come to tell
        if not own:
            raise AccessError("already_decided", f"This proposal is {found.state} already.")
        connection.answer(found)

    async def _as_taken(self, live: "LiveSession", proposal: Proposal) -> Proposal:
        """The proposal, settled if it is among the newest changes and SQL was not told: who took
        it may not have come to say so."""
        change = live.taken(proposal)
        if change is None:
            return proposal
        return await self._accepted(live, change.by, proposal.id, change.revision)

    async def _as_made(self, live: "LiveSession", proposal: Proposal) -> Proposal:
        """The same, by what SQL has of the changes: it is taken once."""
        made = await proposals.made(self._database, live.id, proposal)
        if made is None:
            return proposal
        person, revision = made
        return await self._accepted(live, person, proposal.id, revision)

    async def _accepted(
        self, live: "LiveSession", person: str, proposal: str, revision: int
    ) -> Proposal:
        """The proposal, accepted by now, whoever keeps that first."""
        settled = await proposals.settle(
            self._database, live.id, person, proposal, "accepted", revision
        )
        return settled or await proposals.read(self._database, live.id, proposal)

    async def _settled(
        self,
        live: "LiveSession",
        connection: Connection,
        decide: Decide,
        state: proposals.Decided,
    ) -> None:
        settled = await proposals.settle(
            self._database, live.id, connection.person, decide.proposal, state, None
        )
        if settled is None:
            found = await proposals.read(self._database, live.id, decide.proposal)
            await self._answer_decided(live, connection, decide, found)
        else:
            await live.talk.tell(settled)


def _not_now(named: str | UnsetType) -> Refused:
    told = "This cannot be kept just now."
    return Refused("unavailable", told, id=named, retry_after=2.0)


class _Deciding(ABC):
    """Stands in line for somebody who decides on a proposal."""

    def __init__(
        self, desk: Desk, live: "LiveSession", connection: Connection, decide: Decide
    ) -> None:
        self.person = connection.person
        self._desk = desk
        self._live = live
        self._connection = connection
        self._decide = decide

    def weighed(self, size: int) -> None:
        self._connection.weighed(size)

    def answer(self, *messages: Accepted | Refused) -> None:
        for message in messages:
            if isinstance(message, Refused):
                self._refuse(message)
            else:
                self._decided(message)

    @abstractmethod
    def _decided(self, accepted: Accepted) -> None: ...

    def _refuse(self, message: Refused) -> None:
        refused = Refused(
            message.code,
            message.message,
            id=self._decide.id,
            operation=message.operation,
            rule=message.rule,
            retry_after=message.retry_after,
            by=message.by,
        )
        self._connection.answer(refused)


class _Declining(_Deciding):
    """Nobody makes the edit any more; then it is kept that it is declined, or withdrawn."""

    def __init__(
        self,
        desk: Desk,
        live: "LiveSession",
        connection: Connection,
        decide: Decide,
        proposed_by: str,
    ) -> None:
        super().__init__(desk, live, connection, decide)
        self._state: proposals.Decided = "withdrawn" if proposed_by == self.person else "declined"

    def _decided(self, accepted: Accepted) -> None:
        self._desk._put(
            self._live,
            self._connection,
            self._decide.id,
            lambda: self._desk._settled(self._live, self._connection, self._decide, self._state),
        )


class _Accepting(_Deciding):
    """The edit is made; then it is kept that the proposal is accepted."""

    def _decided(self, accepted: Accepted) -> None:
        revision = accepted.revision
        self._connection.answer(Accepted(self._decide.id, revision))
        self._desk._put(
            self._live, self._connection, self._decide.id, lambda: self._settle(revision)
        )

    async def _settle(self, revision: int) -> None:
        proposal = self._decide.proposal
        settled = await self._desk._accepted(self._live, self.person, proposal, revision)
        await self._live.talk.tell(settled)

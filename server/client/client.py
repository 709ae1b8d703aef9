"""A Python client of the live protocol: what a program needs to be in a session.

    async with Client("http://127.0.0.1:8000", session, token=token) as client:
        await client.edit(SetLevel(30))
        async for message in client:
            print(client.replica.revision, message)

It comes back by itself when the line drops, resumes where it was, and sends again what was not
answered, so an edit is made once. Of a server that cannot go on from where the client was it asks
its newest accepted edits again: what was lost is made again, or is `refused` among the messages.
"""

import asyncio
from collections.abc import Sequence

from calc.operations import Operation
from server.client.replica import GapError as GapError
from server.client.replica import Replica as Replica
from server.client.staying import Away as Away
from server.client.staying import NoAnswerError as NoAnswerError
from server.client.staying import Staying, new_id
from server.client.unanswered import AGAIN as AGAIN
from server.client.unanswered import ClosedError as ClosedError
from server.client.unanswered import RefusedError as RefusedError
from server.client_messages import (
    Decide,
    Edit,
    Explain,
    Focus,
    Inspect,
    Ping,
    Preview,
    Propose,
    Redo,
    Renew,
    Say,
    Undo,
    Want,
)
from server.protocol import ViewName
from server.server_messages import (
    Accepted,
    Explained,
    Inspected,
    Previewed,
    Proposal,
    Refused,
    Renewed,
    Said,
)


class Client(Staying):
    """A person in a session; see `Staying` for how one is made.

    A call waits for its answer, however often the line drops meanwhile; what was refused for now
    is sent again. What is larger than a server takes (`welcome.limits.frame_bytes`) is not sent,
    and refused as `too_large`; so is what a line was closed for with 1009.
    """

    async def edit(self, *operations: Operation, id: str = "") -> Accepted | Refused:  # noqa: A002
        """Make an edit and wait for its answer, however often the line drops meanwhile.

        Edits that are asked for at the same time are sent in their order, no faster than the server
        takes them, some of them before those before them are answered: await one before the next
        where the next needs it.
        id: of an edit that may have been made before; it is made once.
        """
        return await self._make(Edit(id or new_id(), self.replica.revision, operations))

    async def undo(self) -> Accepted | Refused:
        """Take back the newest own edit that still can be."""
        return await self._make(Undo(new_id(), self.replica.revision))

    async def redo(self) -> Accepted | Refused:
        """Make the newest own undone edit again."""
        return await self._make(Redo(new_id(), self.replica.revision))

    async def views(self, *views: ViewName, stats: Sequence[str] = ()) -> Refused | None:
        """Be sent something else from now on, also after coming back; all stays when refused."""
        answer = await self._ask(Want(views, tuple(stats), new_id()))
        if isinstance(answer, Refused):
            return answer
        self._views, self._stats = views, tuple(stats)
        return None

    async def preview(self, *operations: Operation) -> Previewed | Refused:
        """What the totals would be; commits nothing."""
        answer = await self._ask(Preview(new_id(), operations))
        assert isinstance(answer, Previewed | Refused)
        return answer

    async def explain(self, stat: str) -> Explained | Refused:
        """Where a total comes from, by its key."""
        answer = await self._ask(Explain(new_id(), stat))
        assert isinstance(answer, Explained | Refused)
        return answer

    async def inspect(self, power: str) -> Inspected | Refused:
        """What one use of a power costs and does, by its id."""
        answer = await self._ask(Inspect(new_id(), power))
        assert isinstance(answer, Inspected | Refused)
        return answer

    async def propose(self, *operations: Operation, title: str = "") -> Proposal | Refused:
        """Propose an edit to those who may edit."""
        answer = await self._ask(Propose(new_id(), operations, title))
        assert isinstance(answer, Proposal | Refused)
        return answer

    async def decide(self, proposal: str, *, accept: bool) -> Proposal | Refused:
        """Take a proposal as an edit, or decline it (one's own: withdraw it), by its id."""
        answer = await self._ask(Decide(new_id(), proposal, accept))
        assert isinstance(answer, Proposal | Refused)
        return answer

    async def say(self, text: str) -> Said | Refused:
        """Say something to everybody here; it is said once, however often the line drops."""
        answer = await self._ask(Say(text, new_id()))
        assert isinstance(answer, Said | Refused)
        return answer

    async def focus(
        self, power: str = "", slot: str = "", picker: str = "", *, dragging: bool = False
    ) -> None:
        """Show others where one is; nothing given: nowhere. It may be lost."""
        await self._send(Focus(power, slot, picker, dragging))

    async def renew(self, token: str) -> Renewed | Refused:
        """Stay with a newer token of the same person, and come back with it."""
        answer = await self._ask(Renew(token, new_id()))
        assert isinstance(answer, Renewed | Refused)
        if isinstance(answer, Renewed):
            self.token = token
        return answer

    async def ping(self) -> float:
        """How long the server takes to answer, in seconds."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await self._ask(Ping(new_id()))
        return loop.time() - begun

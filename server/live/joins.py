"""Who comes into a session by an invitation: all that come at once become members together.

Each change of who may do what makes the whole list of members anew, in SQL, in Redis and in each
worker. While one is on its way the next to come wait, and go in one change: however many come,
there are few.
"""

import asyncio
from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError

from server.live.session import LiveSession
from server.log.log import Log
from server.logic.rights import Access
from server.members.access import AccessError, Joining, accept_all
from server.members.sharing import share
from server.orm import Database
from server.protocol import NEWEST

TOGETHER = 500  # persons in one transaction

_Waiting = tuple[Joining, asyncio.Future[bool]]


class Joins:
    """Makes people members, and sees to it that their session on this worker knows it.

    most: members that a session may have.
    """

    def __init__(self, database: Database, log: Log, most: int = NEWEST) -> None:
        self._database = database
        self._log = log
        self._most = most
        self._waiting: dict[LiveSession, list[_Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def join(self, live: LiveSession, joining: Joining) -> bool:
        """Whether it made a difference: False when they stay what they were before.

        Raises AccessError; DatabaseAwayError, UnreachableError or FullError.
        """
        made: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.get(live)
        if waiting is not None:
            waiting.append((joining, made))
        else:
            self._waiting[live] = [(joining, made)]
            # A task of its own: whoever was first may leave before all are in.
            task = asyncio.create_task(self._run(live))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await made

    async def _run(self, live: LiveSession) -> None:
        while some := self._waiting[live][:TOGETHER]:
            del self._waiting[live][:TOGETHER]
            try:
                outcomes = await self._accept(live, [joining for joining, _ in some])
            except Exception as error:  # of no use to the others who come: each is told
                outcomes = [error] * len(some)
            for (_, made), outcome in zip(some, outcomes, strict=True):
                if made.done():
                    continue  # they left
                if isinstance(outcome, Exception):
                    made.set_exception(outcome)
                else:
                    made.set_result(outcome)
        del self._waiting[live]

    async def _accept(
        self, live: LiveSession, joining: Sequence[Joining]
    ) -> Sequence[bool | Exception]:
        outcomes: list[bool | AccessError]
        access: Access | None
        try:
            access, outcomes = await accept_all(self._database, live.id, joining, self._most)
        except IntegrityError:  # one of them came by another worker, too
            access, outcomes = None, []
            for each in joining:
                newer, (outcome,) = await accept_all(self._database, live.id, [each], self._most)
                access = newer or access
                outcomes.append(outcome)
        if access is not None:
            await share(self._database, self._log, live.id, access)
            await live.refresh()
        return outcomes

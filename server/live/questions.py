"""Questions about the newest build: what if, and where does this come from. They commit nothing,
and wait while edits do; but not for Redis, when these wait for it.
"""

import asyncio
import logging

from server.client_messages import Explain, Inspect, Preview
from server.engine import Engine
from server.live.follower import Follower, now_ms
from server.live.turns import Turns
from server.logic import rights, session
from server.logic.session import State
from server.server_messages import Explained, Inspected, Previewed, Refused
from server.sockets.connection import Connection

logger = logging.getLogger(__name__)

WAITING = 20  # questions of one connection

Question = Preview | Explain | Inspect


class Questions:
    """Answers people's questions, one at a time, when nothing more important is to be done."""

    def __init__(self, follower: Follower, engine: Engine) -> None:
        self._follower = follower
        self._engine = engine
        self._came = asyncio.Event()
        self._turns = Turns[Connection, Question](WAITING)

    def __bool__(self) -> bool:
        """Whether somebody waits."""
        return bool(self._turns)

    def submit(self, connection: Connection, question: Question) -> None:
        """Put a question in line."""
        self._came.set()
        if not self._turns.put(connection, question):
            message = "Too many questions are waiting."
            connection.answer(Refused("too_many", message, id=question.id, retry_after=1.0))

    async def answer_all(self) -> None:
        """Answer whoever asks, until cancelled; see `Patience.beside`."""
        while True:
            # A session that has just come from another engine waits to be moved to ours.
            while self and self._follower.state.engine == self._engine.name:
                self.answer_next()
                await asyncio.sleep(0)
            self._came.clear()
            await self._came.wait()

    def answer_next(self) -> None:
        """Answer the next question. Raises IndexError when none waits."""
        connection, question = self._turns.take()
        state = self._follower.state
        try:
            match question:
                case Preview():
                    connection.answer(preview(state, connection.person, question, self._engine))
                case Explain():
                    connection.answer(explain(state, question, self._engine))
                case Inspect():
                    connection.answer(inspect(state, question, self._engine))
        except Exception:
            logger.exception("session %s: a question could not be answered", self._follower.id)
            message = "Something is wrong on the server; there is no answer."
            connection.answer(Refused("internal", message, id=question.id))


def preview(state: State, person: str, question: Preview, engine: Engine) -> Previewed | Refused:
    """What these operations would come to on the newest build."""
    if not rights.may_propose(state.access, person):
        return Refused("not_allowed", "You may look, but not try edits.", id=question.id)
    made = session.after_edit(
        state, person, question.id, state.revision, question.operations, engine, now_ms(), dry=True
    )
    if isinstance(made, Refused):
        return made
    known = set(state.findings)
    left = set(made.after.findings)
    return Previewed(
        question.id,
        state.revision,
        made.change.totals,
        tuple(each for each in made.after.findings if each not in known),
        tuple(each for each in state.findings if each not in left),
    )


def explain(state: State, question: Explain, engine: Engine) -> Explained | Refused:
    """Where a total of the newest build comes from."""
    if question.stat not in state.totals:
        return Refused("unknown_stat", "There is no such stat.", id=question.id, path="$.stat")
    explanation = engine.explain(state.build, question.stat, state.session)
    return Explained(question.id, state.revision, explanation)


def inspect(state: State, question: Inspect, engine: Engine) -> Inspected | Refused:
    """What one use of a power of the newest build costs and does."""
    figures = engine.figures(state.build, question.power, state.session)
    if figures is None:
        message = "This power is not in the build."
        return Refused("not_taken", message, id=question.id, path="$.power")
    return Inspected(question.id, state.revision, figures)

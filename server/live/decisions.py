"""What edits come to on the state that this worker knows: the rules' answer, come what may."""

import asyncio
import functools
import logging
from collections.abc import Callable, Generator
from typing import TypeVar

from server.client_messages import Edit, GoBack, Making, Redo, Undo, UndoWork
from server.engine import Engine
from server.live import proposals
from server.live.follower import Follower, now_ms
from server.live.proposals import Taking
from server.logic import session
from server.logic.going_back import go_back, undo_work
from server.logic.meanwhile import named
from server.logic.session import Commit
from server.logic.undo import undo
from server.server_messages import Refused

logger = logging.getLogger(__name__)

_Decision = TypeVar("_Decision", bound=Commit | Refused | None)


class Decisions:
    """Decides a session's edits; commits none."""

    def __init__(self, follower: Follower, engine: Engine) -> None:
        self._follower = follower
        self._engine = engine

    async def of(self, person: str, edit: Making) -> Commit | Refused:
        """What a person's edit means now."""
        follower, engine = self._follower, self._engine
        state = follower.state
        match edit:
            case Undo() | Redo():
                steps = undo(state, person, edit, tuple(follower.recent), engine, now_ms())
                return await self._in_steps(edit.id, steps)
            case UndoWork():
                steps = undo_work(state, person, edit, tuple(follower.recent), engine, now_ms())
                return await self._in_steps(edit.id, steps)
        asked: Edit | GoBack = edit

        def decided() -> Commit | Refused:
            # An edit that can be made asks nothing of the past: it is not copied for it.
            if isinstance(asked, GoBack):
                return go_back(state, person, asked, tuple(follower.recent), engine, now_ms())
            decision = session.decide(state, person, asked, engine, now_ms())
            if isinstance(decision, Refused):
                past = tuple(follower.recent)
                return named(decision, asked, person, state, past, engine.catalogue)
            return decision

        return self.guarded(edit.id, decided)

    def taking(self, person: str, taking: Taking) -> Commit | Refused:
        """What a proposal means now, for who takes it."""
        state, past, engine = self._follower.state, self._follower.recent, self._engine
        take = functools.partial(proposals.take, state, person, taking, engine, past)
        return self.guarded(taking.id, take)

    async def _in_steps(
        self, edit: str, work: Generator[None, None, Commit | Refused]
    ) -> Commit | Refused:
        """Between them other sessions have their turn. Ours waits."""
        found: list[Commit | Refused] = []

        def step() -> None:
            try:
                next(work)
            except StopIteration as done:
                found.append(done.value)

        while not found:
            failed = self.guarded(edit, step)
            if failed is not None:
                return failed
            if not found:
                await asyncio.sleep(0)
        return found[0]

    def guarded(self, edit: str, decided: Callable[[], _Decision]) -> _Decision | Refused:
        """A bug in the rules or the maths costs this edit, not the session."""
        try:
            return decided()
        except Exception:
            logger.exception("session %s: an edit could not be decided", self._follower.id)
            message = "Something is wrong on the server; the edit was not made."
            return Refused("internal", message, id=edit)

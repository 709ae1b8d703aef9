"""A session in which people edit, as the log would keep it; for tests of what looks back."""

from collections.abc import Generator

from calc import build as documents
from calc.operations import Applied, Operation, SetArchetype
from server.client_messages import Edit, Redo, Undo
from server.engine import Engine
from server.logic import session
from server.logic.rights import Access, Membership
from server.logic.session import Commit, Committed, State
from server.logic.undo import undo
from server.protocol import encode
from server.server_messages import Refused

ANN, BOB = "g1", "g2"
HASTEN = "Pool.Speed.Hasten"


def finished(work: Generator[None, None, Commit | Refused]) -> Commit | Refused:
    """What comes of what is decided in steps."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            made: Commit | Refused = done.value
            return made


class History:
    """A session in which people edit, as the log would keep it."""

    def __init__(self, engine: Engine) -> None:
        scrapper = engine.apply(documents.empty("Nova"), SetArchetype("Class_Scrapper"))
        assert isinstance(scrapper, Applied)
        build = self.start = scrapper.build
        result = engine.result(build)
        members = {ANN: Membership("Ann", "owner"), BOB: Membership("Bob", "editor")}
        self.state = State(
            "s1",
            "e1",
            0,
            "",
            engine.name,
            build,
            result.totals,
            result.findings,
            Access(1, members),
        )
        self.past: list[Committed] = []
        self._engine = engine

    def edit(self, person: str, *operations: Operation) -> str:
        """Its id."""
        edit = Edit(f"edit-{self.state.revision + 1:04}", 0, operations)
        made = session.decide(self.state, person, edit, self._engine, 0)
        assert isinstance(made, Commit), made
        self._take(made)
        return edit.id

    def undo(self, person: str) -> Commit:
        made = self.decide(person, Undo(f"undo-{self.state.revision + 1:04}", 0))
        assert isinstance(made, Commit), made
        self._take(made)
        return made

    def redo(self, person: str) -> Commit:
        made = self.decide(person, Redo(f"redo-{self.state.revision + 1:04}", 0))
        assert isinstance(made, Commit), made
        self._take(made)
        return made

    def decide(self, person: str, message: Undo | Redo) -> Commit | Refused:
        return finished(undo(self.state, person, message, self.past, self._engine, 0))

    def refused(self, person: str, message: Undo | Redo) -> Refused:
        answer = self.decide(person, message)
        assert isinstance(answer, Refused)
        return answer

    def _take(self, made: Commit) -> None:
        self.state = made.after
        frame = encode(made.change)
        self.past.append(session.entry(made.change, frame, encode(made.inverse)))

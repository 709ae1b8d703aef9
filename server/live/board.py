"""What the people of a session were told of what is kept in SQL: what was said, what is proposed.

B1  What is said is told in its order, and once. Its numbers rise by one, so what a lost hint
    would have told is missed with the next; and SQL is looked at whenever hints may have been
    lost.
B2  Who comes is told what is proposed, as it would be on the newest build.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from msgspec import UNSET, UnsetType

from server.engine import Engine
from server.live import proposals
from server.logic.session import Committed, State
from server.server_messages import Proposal, Said

KEPT = 200  # how many are remembered: a hint that comes later than so many tells again


class Board:
    """What is known here of one session. unsure: SQL is to be looked at.

    said: the number of the newest that was told; None: SQL has not been looked at.
    past: tells the newest changes, for `proposals.on`.
    """

    def __init__(self, engine: Engine, past: Callable[[], Iterable[Committed]] = tuple) -> None:
        self.unsure = True
        self.said: int | None = None
        self._engine = engine
        self._past = past
        self._told: deque[int] = deque(maxlen=KEPT)
        self._open: dict[str, Proposal] | None = None
        self._decided: dict[str, Proposal] = {}  # the newest last
        self._on: tuple[State, tuple[Proposal, ...]] | None = None

    def hear(self, kept: Said | Proposal) -> Literal["new", "known", "gap"]:
        """Take what somebody said or proposed. "gap": something before it was missed, so look."""
        if isinstance(kept, Proposal):
            return "new" if self._take(kept) else "known"
        if kept.number in self._told:
            return "known"
        if self.said is not None and kept.number > self.said + 1:
            self.unsure = True
            return "gap"
        self._tell(kept)
        return "new"

    def look(
        self, newest: int, said: Sequence[Said], waiting: Iterable[Proposal]
    ) -> tuple[Said | Proposal, ...]:
        """Take what SQL had; returns what nobody here was told.

        newest: the number of what was said last; said: what came after `self.said`, rising;
        waiting: the open proposals, to which more may have come since.
        """
        missed = tuple(each for each in said if each.number not in self._told)
        for each in missed:
            self._tell(each)
        self.said = max(newest, self.said or 0)
        if self._open is None:
            self._open = {}
        return (*missed, *(each for each in waiting if self._take(each)))

    def not_in(self, waiting: Iterable[Proposal]) -> tuple[str, ...]:
        """The ids of the proposals that are open as far as we know, and are not among these."""
        there = {each.id for each in waiting}
        return tuple(id_ for id_ in self._open or {} if id_ not in there)

    def open(self, state: State) -> tuple[Proposal, ...] | UnsetType:
        """The open proposals on this build, oldest first; UNSET while that is not known."""
        if self._open is None:
            return UNSET
        if self._on is None or self._on[0] is not state:
            waiting = sorted(self._open.values(), key=lambda each: (each.at, each.id))
            on = tuple(proposals.on(state, each, self._engine, self._past()) for each in waiting)
            self._on = state, on
        return self._on[1]

    def newest(self, proposal: Proposal) -> Proposal:
        """The proposal as it is by now: it may have been decided while it was read."""
        return self._decided.get(proposal.id, proposal)

    def _tell(self, said: Said) -> None:
        self._told.append(said.number)
        self.said = max(said.number, self.said or 0)

    def _take(self, proposal: Proposal) -> bool:
        """Whether it says something new."""
        if proposal.id in self._decided:
            return False  # what is decided stays so
        known = self._open if self._open is not None else {}
        if proposal.state != "open":
            known.pop(proposal.id, None)
            self._decided[proposal.id] = proposal
            if len(self._decided) > KEPT:
                del self._decided[next(iter(self._decided))]
        elif proposal.id in known:
            return False
        else:
            known[proposal.id] = proposal
        self._on = None
        return True

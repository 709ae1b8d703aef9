"""What the people of a session were told of what is kept in SQL: what was said, what is proposed.

B1  What is said is told in its order, and once. Its numbers rise by one, so what a lost hint
    would have told is missed with the next; and SQL is looked at whenever hints may have been
    lost.
B2  Who comes is told what is proposed, as it would be on the newest build; who stays is told again
    when that is something else on a newer one.
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
    waiting: the open proposals as they were made, by id; None: SQL has not been looked at.
    past: tells the newest changes, for `proposals.on`.
    """

    def __init__(self, engine: Engine, past: Callable[[], Sequence[Committed]] = tuple) -> None:
        self.unsure = True
        self.said: int | None = None
        self._engine = engine
        self._past = past
        self._told: deque[int] = deque(maxlen=KEPT)
        self.waiting: dict[str, Proposal] | None = None
        self._decided: dict[str, Proposal] = {}  # the newest last
        self._tried: State | None = None
        self._on: dict[str, Proposal] = {}  # what open ones come to on the build of that state
        self._known: dict[str, Proposal] = {}  # as all who see them know them, if they all do

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
        if self.waiting is None:
            self.waiting = {}
        return (*missed, *(each for each in waiting if self._take(each)))

    def not_in(self, waiting: Iterable[Proposal]) -> tuple[str, ...]:
        """The ids of the proposals that are open as far as we know, and are not among these."""
        there = {each.id for each in waiting}
        return tuple(id_ for id_ in self.waiting or {} if id_ not in there)

    def open(self, state: State) -> tuple[Proposal, ...] | UnsetType:
        """The open proposals on this build, oldest first; UNSET while that is not known."""
        if self.waiting is None:
            return UNSET
        waiting = sorted(self.waiting.values(), key=lambda each: (each.at, each.id))
        return tuple(self._for_one(state, each) for each in waiting)

    def newest(self, proposal: Proposal, state: State) -> Proposal:
        """The proposal as it is by now: it may have been decided while it was read, and comes to
        something else when the build is another one."""
        if self.waiting is not None and proposal.id in self.waiting:
            return self._for_one(state, proposal)
        return self._decided.get(proposal.id, proposal)

    def told(self, proposal: Proposal) -> None:
        """All who see it know it now, as this."""
        if self.waiting is not None and proposal.id in self.waiting:
            self._known[proposal.id] = proposal

    def other(self, id_: str, state: State) -> Proposal | None:
        """An open proposal on this build, if people were told something else. One that was taken
        is not: they are told so soon."""
        proposal = (self.waiting or {}).get(id_)
        if proposal is None:
            return None
        on = self._worked_out(state, proposal)
        if self._known.get(id_) == on or proposals.taken(self._past(), id_, proposal.by):
            return None
        return on

    def _for_one(self, state: State, proposal: Proposal) -> Proposal:
        """A proposal on this build, for somebody: the others may be told something else."""
        on = self._worked_out(state, proposal)
        if self._known.get(on.id) != on:
            self._known.pop(on.id, None)
        return on

    def _worked_out(self, state: State, proposal: Proposal) -> Proposal:
        tried = self._tried
        if tried is None or tried.build is not state.build or tried.totals is not state.totals:
            self._tried, self._on = state, {}
        found = self._on.get(proposal.id)
        if found is None:
            found = proposals.on(state, proposal, self._engine, self._past())
            self._on[proposal.id] = found
        return found

    def _tell(self, said: Said) -> None:
        self._told.append(said.number)
        self.said = max(said.number, self.said or 0)

    def _take(self, proposal: Proposal) -> bool:
        """Whether it says something new."""
        if proposal.id in self._decided:
            return False  # what is decided stays so
        known = self.waiting if self.waiting is not None else {}
        if proposal.state != "open":
            for kept in (known, self._on, self._known):
                kept.pop(proposal.id, None)
            self._decided[proposal.id] = proposal
            if len(self._decided) > KEPT:
                del self._decided[next(iter(self._decided))]
        elif proposal.id in known:
            return False
        else:
            known[proposal.id] = proposal
        return True

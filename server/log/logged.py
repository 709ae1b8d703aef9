"""What a session's log holds, and what it answers; see `log.py`."""

from typing import Literal

from msgspec import Struct

from calc.build import Build
from calc.rules import Finding
from calc.totals import Total
from server.logic.rights import Access
from server.logic.session import Committed, State
from server.protocol import Position
from server.server_messages import Change, Refused


class ForeignError(ValueError):
    """A change or a build that this release cannot read: a newer one made it."""


Why = Literal["absent", "hole", "epoch", "back", "behind"]


class BrokenError(Exception):
    """What Redis holds is not one history, or not the one that the reader knows.

    why: `absent`; `hole`: it does not add up in itself; `epoch`: it goes on in another epoch;
    `back`: of the reader's own epoch it has less, or something else; `behind`: it no longer
    holds what would prove that the reader's history is the same.
    """

    def __init__(self, session: str, why: Why) -> None:
        super().__init__(f"session {session}: {why}")
        self.why = why


class Stored(Struct, frozen=True):
    """The stored build: the session at a revision, without its access. at: see `State`."""

    epoch: str
    revision: int
    edit: str
    build: Build
    totals: dict[str, Total]
    findings: tuple[Finding, ...]
    at: int = 0


class Memory(Struct, frozen=True):
    """What a log that starts again must know of the epochs before.

    previous: the epoch before. edits: author ("<person> <edit id>"), revision and digest of
    each edit that is remembered; forgotten: the newest revision of which that is not so.
    """

    previous: str
    forgotten: int
    edits: tuple[tuple[str, int, str], ...]


class Loss(Struct, frozen=True):
    """An edit that was accepted and is lost for good, since the session was at this revision.

    at: when it was given up, in milliseconds since 1970 by Redis's clock, which says so.
    """

    person: str
    epoch: str
    revision: int
    refusal: Refused
    at: int = 0

    @property
    def author(self) -> str:
        return f"{self.person} {self.refusal.id}"


class Losses(Struct, frozen=True):
    """Every loss of which people are still told. number: how many there ever were.

    now: when this was so, by the same clock as each `at`.
    """

    number: int = 0
    each: tuple[Loss, ...] = ()
    now: int = 0


class Loaded(Struct, frozen=True):
    """A session's newest state, and the newest changes that led to it.

    redone: whether all that another log held, and this one lost, is decided again.
    """

    state: State
    recent: tuple[Committed, ...]
    redone: bool = True
    losses: Losses = Losses()


class Entries(Struct, frozen=True):
    """All that a log holds. left_at: of the epoch `previous`, where this one began."""

    epoch: str
    revision: int
    edit: str
    previous: str
    left_at: int
    changes: tuple[tuple[Committed, Change], ...]


class Began(Struct, frozen=True):
    """Where a log stands, and where its epoch began: at `left_at` of the epoch `previous`.

    redone: see `Loaded`.
    """

    epoch: str
    revision: int
    previous: str
    left_at: int
    redone: bool


class News(Struct, frozen=True):
    """What happened since a position. access: only when its version is another one; losses:
    only when their number is."""

    changes: tuple[tuple[Committed, Change], ...]
    engine: str
    access: Access | None
    more: bool
    losses: Losses | None = None


class Place(Struct, frozen=True):
    """How a worker stands to others that commit to the same session.

    urgent: it has lost against them several times. stays: it has more to commit.
    """

    worker: str
    urgent: bool
    stays: bool


ALONE = Place("", urgent=False, stays=False)


class Done(Struct, frozen=True):
    """The edit is a change now."""

    revision: int


class Known(Struct, frozen=True):
    """The edit id was committed before, at this revision. same: with the same operations."""

    revision: int
    same: bool


class Elsewhere(Struct, frozen=True):
    """The session is not what the edit was decided on, or not for this worker to write.

    why: `waits`: it is another worker's turn; `lost`: it was lost with another log, and refused.
    """

    why: Literal["moved", "waits", "engine", "absent", "too_old", "lost"]


class Head(Struct, frozen=True):
    """Where a session stands. losses: how many edits were given up."""

    epoch: str
    revision: int
    edit: str
    access: int
    engine: str
    losses: int = 0

    def at(self, position: Position) -> bool:
        """Whether it is there."""
        return position.where == (self.epoch, self.revision, self.edit)

"""What the server sends to clients."""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from calc.build import Build
from calc.explain import Explanation
from calc.figure_types import Figures
from calc.operations import Operation, Step
from calc.rules import Finding
from calc.totals import Total
from server.protocol import ProposalState, Role


class Member(Struct, frozen=True):
    """Somebody with a role in the session."""

    person: str
    name: str
    role: Role


class Present(Struct, frozen=True):
    """Somebody who is in the session now, with how many sockets."""

    person: str
    name: str
    role: Role
    connections: int = 1


class CatalogueName(Struct, frozen=True):
    """The game data in use. release: the game's. hash: of its content; another one has other
    totals."""

    release: str
    hash: str


class Limits(Struct, frozen=True):
    """What a person may do, and how many may be here. Messages and `focus` count for each
    connection, all else for all of a person's together, and by REST, too. What has no burst: twice
    as much at once.

    frame_bytes: of a frame that a client sends. operations_per_edit: of a preview or a proposal,
    too. edits_per_second, operations_per_second: undo, redo, proposals and decisions are edits.
    edits_burst, operations_burst: how many at once. questions_per_second: `preview`, `explain` and
    `inspect`. said_burst: of what is said; said_characters: of each. messages_per_second,
    messages_burst: of any type.
    editors: sockets of those who may edit; viewers: sockets of all others. members: people who may
    come, viewers among them.
    edit_bytes_per_second, edit_bytes_burst: what a person's edits may come to as `change`s, with
    what it takes to undo them: who has spent more is refused (`too_many`) until it is back.
    """

    frame_bytes: int
    operations_per_edit: int
    edits_per_second: float
    edits_burst: int
    operations_per_second: float
    operations_burst: int
    questions_per_second: float
    focus_per_second: float
    said_per_second: float
    said_characters: int
    editors: int
    viewers: int
    members: int = 0
    edit_bytes_per_second: float = 0.0
    edit_bytes_burst: int = 0
    said_burst: int = 0
    messages_per_second: float = 0.0
    messages_burst: int = 0


class Welcome(Struct, frozen=True, tag="welcome", omit_defaults=True):
    """The answer to `join`: who you are, where the session stands and what follows.

    resumed: what follows: the missing `changes`, `nothing`, or a `snapshot`; who asked for totals
    alone is sent `totals` in any case.
    token: to keep instead of the one sent; for those who joined without one, or with one that
    has less than half of its time left.
    members: everybody with more than a viewer's role, present or not; people: who is here, for
    who asked for people and is no viewer;
    number: how many are here, for viewers, who are not told who.
    title: of the session; locked: nobody edits just now; editors_go_back: not the owner alone
    may bring back an earlier revision, and undo what somebody did.
    catalogue: the game data in use; engine: what computes the totals, and how; when one of them is
    another, so may all totals be, without a change.
    heartbeat_s: so often the server sends a ping frame, which WebSocket libraries answer by
    themselves; who did not answer after a bit more than twice that is gone.
    worker: which worker serves this socket; for those who look for a fault.
    """

    session: str
    person: str
    name: str
    role: Role
    epoch: str
    revision: int
    resumed: Literal["changes", "nothing", "snapshot"]
    members: tuple[Member, ...]
    people: tuple[Present, ...]
    catalogue: CatalogueName
    engine: str
    limits: Limits
    heartbeat_s: float
    worker: str
    token: str | UnsetType = UNSET
    number: int | UnsetType = UNSET
    title: str = ""
    locked: bool = False
    editors_go_back: bool = False


class Snapshot(Struct, frozen=True, tag="snapshot", omit_defaults=True):
    """Everything at a revision. Viewers are not told who is here, nor what is proposed.

    totals: of every stat, or of those that the client named. edit: the newest edit's id; at: when
    it was decided, in milliseconds since 1970: both are sent back to resume. at is absent where
    that is not known, or nothing was changed yet.
    proposals: all that are open, oldest first; when absent, each follows as a `proposal`.
    """

    epoch: str
    revision: int
    build: Build
    totals: dict[str, Total]
    findings: tuple[Finding, ...]
    people: tuple[Present, ...]
    edit: str = ""
    proposals: "tuple[Proposal, ...] | UnsetType" = UNSET
    at: int = 0


class Kept(Struct, frozen=True):
    """A place that an undo left as it is, because somebody changed it since.

    place: its keys in the document, joined by slashes. by: who ("" when that is forgotten).
    message: who changed what, as a sentence.
    """

    place: str
    by: str
    message: str


class PassedOver(Struct, frozen=True):
    """An edit of which nothing could be undone, and why."""

    edit: str
    message: str


class Work(Struct, frozen=True):
    """What a person did after a revision: the ids of those edits that were taken back."""

    person: str
    since: int
    edits: tuple[str, ...]


class Change(Struct, frozen=True, tag="change", omit_defaults=True):
    """One committed edit.

    operations: what led there; going back is a `Restore`, which nobody sends.
    patch: JSON Merge Patch (RFC 7396) from the build before to the build after.
    totals: of the stats that changed. findings: the whole list; absent when it did not change.
    at: when, in milliseconds since 1970, UTC. by: the person; absent when the server made it.
    undoes, redoes: the id of the edit that this one takes back, or makes again; kept: what of it
    stays as others have changed it since; passed_over: newer edits that could not be undone.
    proposed_by: whose proposal `by` took; the edit's id is the proposal's.
    restores: the revision whose build this brings back. undoes_work: whose edits it takes back.
    """

    revision: int
    edit: str
    at: int
    operations: tuple[Step, ...]
    patch: dict[str, Any]
    totals: dict[str, Total]
    findings: tuple[Finding, ...] | UnsetType = UNSET
    by: str | UnsetType = UNSET
    undoes: str | UnsetType = UNSET
    redoes: str | UnsetType = UNSET
    kept: tuple[Kept, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    proposed_by: str | UnsetType = UNSET
    restores: int | UnsetType = UNSET
    undoes_work: Work | UnsetType = UNSET


class Update(Struct, frozen=True, tag="update", omit_defaults=True, rename={"from_": "from"}):
    """Several changes as one, to viewers of the build.

    from: the revision that the viewer has. patch: from that build to this one. totals: of the
    stats that are others now. findings: the whole list; absent when it did not change.
    edit, at: of the newest of the changes: its id, and when it was decided (see `snapshot`).
    """

    from_: int
    revision: int
    edit: str
    patch: dict[str, Any]
    totals: dict[str, Total]
    findings: tuple[Finding, ...] | UnsetType = UNSET
    at: int = 0


class Totals(Struct, frozen=True, tag="totals", omit_defaults=True):
    """To who asked for totals alone: first all that they named, then those that changed.

    at: when the change that led to this revision was decided; see `snapshot`.
    """

    revision: int
    totals: dict[str, Total]
    at: int = 0


class Accepted(Struct, frozen=True, tag="accepted", omit_defaults=True):
    """To the author, after the edit's `change`, or after a snapshot that holds it.

    For what undoes or redoes also what it did, as in its `change`.
    undone: of somebody's work that was taken back: the edits' ids.
    """

    id: str
    revision: int
    undoes: str | UnsetType = UNSET
    redoes: str | UnsetType = UNSET
    kept: tuple[Kept, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    undone: tuple[str, ...] = ()


class Refused(Struct, frozen=True, tag="refused", omit_defaults=True):
    """To the author; nothing changed. (An edit that is `unavailable` may be made all the same.)

    id: of the message refused, when it had one. operation: index of the operation at fault.
    rule: number of the game's rule. path: the field at fault (code `invalid`).
    retry_after: seconds (codes `too_many` and `unavailable`). passed_over: the edits that could
    not be undone (codes `nothing_to_undo`, `nothing_to_redo`). by: who changed meanwhile what the
    operation is about (code `changed_meanwhile`, and others); `message` says what they did.
    """

    code: str
    message: str
    id: str | UnsetType = UNSET
    operation: int | UnsetType = UNSET
    rule: str | UnsetType = UNSET
    path: str | UnsetType = UNSET
    retry_after: float | UnsetType = UNSET
    passed_over: tuple[PassedOver, ...] = ()
    by: str | UnsetType = UNSET


class Previewed(Struct, frozen=True, tag="previewed", omit_defaults=True):
    """What a preview's operations would come to on the build of this revision.

    totals: of the stats that would be others. findings: those that would be new; resolved: those
    that would be gone.
    """

    id: str
    revision: int
    totals: dict[str, Total]
    findings: tuple[Finding, ...] = ()
    resolved: tuple[Finding, ...] = ()


class Explained(Struct, frozen=True, tag="explained"):
    """Where a total of the build of this revision comes from."""

    id: str
    revision: int
    explanation: Explanation


class Inspected(Struct, frozen=True, tag="inspected"):
    """A power's figures in the build of this revision; what its keys mean: `GET
    /api/v1/stats/powers`."""

    id: str
    revision: int
    figures: Figures


class Attention(Struct, frozen=True, omit_defaults=True):
    """Where somebody is: as in `focus`; only `person`: nowhere any more."""

    person: str
    power: str = ""
    slot: str = ""
    picker: str = ""
    dragging: bool = False


class Proposal(Struct, frozen=True, tag="proposal", omit_defaults=True):
    """A proposal that is new, or decided, or comes to something else by now, to those who see the
    build and are no viewers, and to who made or decided it. The open ones are in a `snapshot`;
    after a `welcome` without one, forget those that you know: each that is open follows. It is told
    again when its totals or its problem are others on the newest build: once no edit waits, and at
    most once a second.

    base: the revision that it was made on. totals: of the stats that would be others on the
    newest build; problem: why it cannot be made as the build is now, and who changed what since,
    as a sentence.
    at: when, in milliseconds since 1970. decided_by: the person; revision: of its change.
    """

    id: str
    by: str
    title: str
    operations: tuple[Operation, ...]
    totals: dict[str, Total]
    state: ProposalState
    base: int
    at: int
    problem: str = ""
    decided_by: str | UnsetType = UNSET
    revision: int | UnsetType = UNSET


class Focused(Struct, frozen=True, tag="focused"):
    """What people look at now; of each the newest only, and some may never be told."""

    people: tuple[Attention, ...]


class Said(Struct, frozen=True, tag="said", omit_defaults=True):
    """What somebody said, to those who see people and are no viewers, and to its author.

    number: rises by one in the session; what one lacks (from before one came, or before a
    `reset`) is to be read by `GET …/said`. name: the
    person's when they said it. at: in milliseconds since 1970. id: the author's own, if any.
    """

    number: int
    by: str
    name: str
    text: str
    at: int
    id: str | UnsetType = UNSET


class Renewed(Struct, frozen=True, tag="renewed", omit_defaults=True):
    """The newer token counts. expires_at: when it expires, in milliseconds since 1970."""

    expires_at: int
    id: str | UnsetType = UNSET


class People(Struct, frozen=True, tag="people", omit_defaults=True):
    """Who came, who went (person ids), and whose name, role or number of sockets changed; to
    viewers the number of people alone. Oneself may be among them, but is not told alone of what
    `welcome` said. That one's own role is another one is told to everybody.
    """

    joined: tuple[Present, ...] = ()
    left: tuple[str, ...] = ()
    changed: tuple[Present, ...] = ()
    number: int | UnsetType = UNSET


class About(Struct, frozen=True, tag="about"):
    """The session was named, locked or opened, or its members' roles are others; to all but those
    who asked for totals alone, or for nothing.

    members: everybody above viewers, as in `welcome`, like editors_go_back.
    """

    title: str
    locked: bool
    members: tuple[Member, ...]
    editors_go_back: bool = False


class Pong(Struct, frozen=True, tag="pong"):
    """The answer to `ping`."""

    id: str


class Status(Struct, frozen=True, tag="status", omit_defaults=True):
    """Whether edits can be committed, to those who may edit: when that is otherwise than before,
    and after a `welcome` while they cannot.

    degraded: they cannot just now; keep what is not answered, it will be.
    """

    degraded: bool
    reason: str = ""


class Reset(Struct, frozen=True, tag="reset"):
    """The client fell behind, or the log started again: a snapshot follows."""

    reason: str


class Goodbye(Struct, frozen=True, tag="goodbye", omit_defaults=True):
    """The server is about to close, and why; the close code says it to programs.

    retry_after: come back after so many seconds; absent: do not come back by yourself.
    """

    reason: str
    retry_after: float | UnsetType = UNSET


ServerMessage = (
    Welcome
    | Snapshot
    | Change
    | Update
    | Totals
    | Accepted
    | Refused
    | Previewed
    | Explained
    | Inspected
    | Proposal
    | Focused
    | Said
    | Renewed
    | People
    | About
    | Pong
    | Status
    | Reset
    | Goodbye
)

"""The rules of a live session, without a socket, a clock or Redis: what an edit means, what a
change makes of what we know, what somebody who comes back is sent, and who may do what.

S1  Only owners and editors edit, unless the session is locked; suggesters propose, preview and
    talk; viewers ask.
S2  An edit is one: the first operation that is refused refuses all of it.
S3  An edit is decided on the newest build; `base` never decides. What an operation `expects` is
    compared with the build before the edit, and refused `changed_meanwhile` when it is another.
S4  Whoever resumes gets the changes after their position if they prove that it is part of this
    history; a snapshot when in doubt, or when it is smaller.
S5  `accepted` follows the change, or a snapshot that holds it.
S6  A change made elsewhere is taken over with its result; it is not computed again.
S7  An invitation gives at most one role; a better role that somebody has already stays.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from calc import operations, patch, totals
from calc.build import Build
from calc.operations import Step
from calc.places import as_expected
from calc.rules import Finding
from calc.totals import Total
from server.client_messages import Edit, GoBack, Making, Redo, Undo, UndoWork
from server.engine import Engine
from server.logic.rights import Access, hindrance, may_edit
from server.protocol import Position
from server.server_messages import (
    CatalogueName,
    Change,
    Limits,
    Member,
    People,
    Present,
    Refused,
    Welcome,
    Work,
)


class State(Struct, frozen=True):
    """A session as one worker knows it: everything at a revision.

    at: when the edit at that revision was decided (milliseconds since 1970; 0: not known). A log
    that went back may come to the same edit at the same revision, but not by the same decision.
    """

    session: str
    epoch: str
    revision: int
    edit: str
    engine: str
    build: Build
    totals: dict[str, Total]
    findings: tuple[Finding, ...]
    access: Access
    at: int = 0

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.revision, self.edit, self.at)


class Commit(Struct, frozen=True):
    """An edit that may be: what to append to the log, and what the session is then."""

    person: str
    base: int
    before: State
    after: State
    change: Change
    inverse: tuple[Step, ...]

    @property
    def digest(self) -> str:
        return digest(self.change)


class Committed(Struct, frozen=True):
    """An entry of the log: a change as it goes on the wire, and what undo asks of it.

    by: "" is the server; undoes, redoes, proposed_by: "" when it is none. inverse: encoded
    operations. undone: edits of the person `whose` that this takes back together. at: when it was
    decided.
    """

    revision: int
    edit: str
    frame: bytes
    by: str = ""
    undoes: str = ""
    redoes: str = ""
    proposed_by: str = ""
    inverse: bytes = b"[]"
    whose: str = ""
    undone: tuple[str, ...] = ()
    at: int = 0

    @property
    def origin(self) -> str:
        """The edit that this is, takes back, or makes again."""
        return self.undoes or self.redoes or self.edit


class House(Struct, frozen=True):
    """What a worker tells everybody who comes."""

    catalogue: CatalogueName
    limits: Limits
    heartbeat_s: float
    worker: str


def welcome(
    state: State,
    person: str,
    *,
    resumed: Literal["changes", "nothing", "snapshot"],
    members: tuple[Member, ...],
    people: Iterable[Present],
    number: int | UnsetType,
    house: House,
    token: str | UnsetType,
) -> Welcome:
    """What a newcomer is told first. members: see `collaborators`. number: how many are here,
    instead of `people`. token: a new one that they should keep."""
    themselves = state.access.members[person]
    return Welcome(
        session=state.session,
        person=person,
        name=themselves.name,
        role=themselves.role,
        epoch=state.epoch,
        revision=state.revision,
        resumed=resumed,
        members=members,
        title=state.access.title,
        locked=state.access.locked,
        editors_go_back=state.access.editors_go_back,
        people=tuple(people),
        catalogue=house.catalogue,
        engine=state.engine,
        limits=house.limits,
        heartbeat_s=house.heartbeat_s,
        worker=house.worker,
        token=token,
        number=number,
    )


def decide(state: State, person: str, edit: Edit, engine: Engine, now: int) -> Commit | Refused:
    """What this edit means on the build that this worker knows.

    now: milliseconds since 1970.
    """
    hindered = hindrance(state.access, person, edit.id)
    if hindered is not None:
        return hindered
    return after_edit(state, person, edit.id, edit.base, edit.operations, engine, now)


def after_edit(
    state: State,
    person: str,
    edit: str,
    base: int,
    made: tuple[Step, ...],
    engine: Engine,
    now: int,
    *,
    dry: bool = False,
) -> Commit | Refused:
    """What comes of operations, whoever makes them. dry: it will not be committed."""
    build = state.build
    inverse: tuple[Step, ...] = ()
    for index, operation in enumerate(made):
        if not as_expected(state.build, operation):
            message = "It is not what you saw any more."
            return Refused("changed_meanwhile", message, id=edit, operation=index)
        outcome = engine.apply(build, operation)
        if isinstance(outcome, operations.Refused):
            return Refused(
                outcome.code, outcome.message, id=edit, operation=index, rule=outcome.rule
            )
        build = outcome.build
        inverse = outcome.inverse + inverse
    result = engine.result(build, state.session, keep=not dry)
    change = Change(
        revision=state.revision + 1,
        edit=edit,
        at=now,
        by=person,
        operations=made,
        patch=patch.difference(state.build, build),
        totals=totals.difference(state.totals, result.totals),
        findings=UNSET if result.findings == state.findings else result.findings,
    )
    after = msgspec.structs.replace(
        state,
        revision=change.revision,
        edit=edit,
        build=build,
        totals=result.totals,
        findings=result.findings,
        at=now,
    )
    return Commit(person, base, state, after, change, inverse)


def decide_again(state: State, lost: Change, engine: Engine, now: int) -> Commit | Refused:
    """What a change that was lost with another log means now: like an edit in flight."""
    assert lost.by is not UNSET, "the server's own changes are made anew, not again"
    if not may_edit(state.access, lost.by):
        return Refused("not_allowed", "You may not edit any more.", id=lost.edit)
    base = lost.revision - 1
    decided = after_edit(state, lost.by, lost.edit, base, lost.operations, engine, now)
    if isinstance(decided, Refused):
        return decided
    change = msgspec.structs.replace(
        decided.change,
        undoes=lost.undoes,
        redoes=lost.redoes,
        kept=lost.kept,
        passed_over=lost.passed_over,
        proposed_by=lost.proposed_by,
        restores=lost.restores,
        undoes_work=lost.undoes_work,
    )
    return msgspec.structs.replace(decided, change=change)


def move(state: State, engine: Engine, now: int) -> Commit:
    """The change by which a session of another engine comes to this one: all its results."""
    result = engine.result(state.build)
    change = Change(
        revision=state.revision + 1,
        edit=f"engine-{engine.name}-{state.revision + 1}",
        at=now,
        operations=(),
        patch={},
        totals=result.totals,
        findings=result.findings,
    )
    after = msgspec.structs.replace(
        state,
        revision=change.revision,
        edit=change.edit,
        engine=engine.name,
        totals=result.totals,
        findings=result.findings,
        at=now,
    )
    return Commit("", state.revision, state, after, change, ())


def digest(made: Making | Change) -> str:
    """Tells whether two edits with one id are the same edit: of what was asked for, or of the
    change that came of it. What an undo does depends on when it is decided, so it has no part."""
    what: object
    match made:
        case Undo():
            what = "undo"
        case Redo():
            what = "redo"
        case Change() if made.undoes is not UNSET:
            what = "undo"
        case Change() if made.redoes is not UNSET:
            what = "redo"
        case GoBack(revision=revision):
            what = ("go back", revision)
        case Change(restores=int(revision)):
            what = ("go back", revision)
        case UndoWork(person=person, since=since):
            what = ("undo work", person, since)
        case Change(undoes_work=Work(person=person, since=since)):
            what = ("undo work", person, since)
        case _:
            what = made.operations
    return hashlib.sha256(msgspec.json.encode(what)).hexdigest()[:16]


def entry(change: Change, frame: bytes, inverse: bytes) -> Committed:
    """A change as an entry of the log. frame: the change, encoded; inverse: encoded operations."""
    return Committed(
        change.revision,
        change.edit,
        frame,
        by="" if change.by is UNSET else change.by,
        undoes="" if change.undoes is UNSET else change.undoes,
        redoes="" if change.redoes is UNSET else change.redoes,
        proposed_by="" if change.proposed_by is UNSET else change.proposed_by,
        inverse=inverse,
        whose="" if change.undoes_work is UNSET else change.undoes_work.person,
        undone=() if change.undoes_work is UNSET else change.undoes_work.edits,
        at=change.at,
    )


def follow(state: State, change: Change) -> State:
    """The session after a change that was decided elsewhere; it must be the next one.

    What the change did not touch is the same object: the next edit is worked out from what is
    remembered.
    """
    if change.revision != state.revision + 1:
        raise ValueError(f"change {change.revision} does not follow {state.revision}")
    return msgspec.structs.replace(
        state,
        revision=change.revision,
        edit=change.edit,
        build=patch.patched(state.build, change.patch),
        totals={**state.totals, **change.totals},
        findings=state.findings if change.findings is UNSET else change.findings,
        at=change.at,
    )


def missed(
    state: State, recent: Sequence[Committed], position: Position, snapshot_bytes: int
) -> tuple[bytes, ...] | None:
    """The frames that somebody at `position` lacks; None: send a snapshot.

    recent: the newest changes, rising to the state's revision without a gap.
    """
    if position.epoch != state.epoch or position.revision > state.revision:
        return None
    behind = state.revision - position.revision
    if behind > len(recent):
        return None
    if position.revision == 0:
        proof = "", 0
    elif behind == 0:
        proof = state.edit, state.at
    elif behind < len(recent):
        there = recent[-behind - 1]
        proof = there.edit, there.at
    else:
        return None  # the change at the position itself is forgotten: nothing proves it
    if not position.proves(*proof):
        return None
    frames = tuple(each.frame for each in islice(recent, len(recent) - behind, None))
    return frames if sum(map(len, frames)) <= snapshot_bytes else None


def gather(groups: Iterable[Iterable[Present]]) -> dict[str, Present]:
    """Who is here, from what each worker says of its own people."""
    people: dict[str, Present] = {}
    for group in groups:
        for each in group:
            known = people.get(each.person)
            if known is not None:
                each = msgspec.structs.replace(
                    each, connections=each.connections + known.connections
                )
            people[each.person] = each
    return people


def movements(before: Mapping[str, Present], after: Mapping[str, Present]) -> People | None:
    """Who came, went and changed between two moments; None when nobody."""
    joined = tuple(each for person, each in after.items() if person not in before)
    left = tuple(person for person in before if person not in after)
    changed = tuple(
        each for person, each in after.items() if person in before and before[person] != each
    )
    return People(joined, left, changed) if joined or left or changed else None

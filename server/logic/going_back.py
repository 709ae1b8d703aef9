"""Going back to an earlier revision, and taking back what somebody did; without a socket, a
clock or Redis.

G1  Both are one edit like any other: with an id, a revision, an inverse; and can be undone.
G2  The owner may do so, and editors if the owner lets them; nobody while the session is locked.
G3  Whoever asks for it can have it refused when anything happened since the revision that they
    were looking at. Otherwise it is decided on the newest build, as any edit.
G4  Of somebody's work, all of their edits that are in effect are taken back, the newest first,
    each as its author's undo would (U2, U3): what others have changed since in the same place
    stays, and what cannot be taken back is passed over, both with a reason.
"""

from collections.abc import Generator, Sequence

from msgspec.structs import replace

from calc import patch
from calc.operations import Applied, Restore, Step
from server.client_messages import GoBack, UndoWork
from server.engine import Engine
from server.logic.meanwhile import after
from server.logic.rights import may_go_back
from server.logic.sentences import changed_since
from server.logic.session import Commit, Committed, State, after_edit
from server.logic.undo import candidates, take_back, what_it_was
from server.server_messages import Change, Kept, PassedOver, Refused, Work

TOLD = 100  # of what was kept, and of what was passed over


def go_back(
    state: State,
    person: str,
    message: GoBack,
    past: Sequence[Committed],
    engine: Engine,
    now: int,
) -> Commit | Refused:
    """The edit that brings back an earlier build. past: see `undo`."""
    hindered = _hindrance(state, person, message, past, engine)
    if hindered is not None:
        return hindered
    if isinstance(message.build, Refused):
        return message.build
    difference = patch.difference(state.build, message.build)
    if not difference:
        told = f"The build is what it was at revision {message.revision}."
        return Refused("no_difference", told, id=message.id)
    commit = _made(state, person, message, (Restore(difference),), engine, now)
    if isinstance(commit, Refused):
        return commit
    return replace(commit, change=replace(commit.change, restores=message.revision))


def undo_work(
    state: State,
    person: str,
    message: UndoWork,
    past: Sequence[Committed],
    engine: Engine,
    now: int,
) -> Generator[None, None, Commit | Refused]:
    """The edit that takes back what somebody did. It stops after each of their edits: all of
    them may take longer than others are to wait."""
    hindered = _hindrance(state, person, message, past, engine)
    if hindered is not None:
        return hindered
    build = state.build
    made: list[Step] = []
    undone: list[str] = []
    kept: list[Kept] = []
    passed: list[PassedOver] = []
    for target in candidates(past, message.person, redo=False):
        if target.revision <= message.since:
            break
        yield
        later = after(past, state, target.revision)
        found = take_back(build, target, later, person, state.access, engine)
        if isinstance(found, str):
            passed.append(PassedOver(target.origin, found))
        elif found is not None:
            for operation in found.operations:
                outcome = engine.apply(build, operation)
                assert isinstance(outcome, Applied), "what was validated applies"
                build = outcome.build
            made += found.operations
            kept += found.kept
            undone.append(target.origin)
    told = tuple(passed[:TOLD])
    if not undone:
        name = _name(state, message.person)
        reason = told[0].message if told else f"There is nothing of {name} that can be undone."
        return Refused("nothing_to_undo", reason, id=message.id, passed_over=told)
    commit = _made(state, person, message, tuple(made), engine, now)
    if isinstance(commit, Refused):
        return commit
    work = Work(message.person, message.since, tuple(undone))
    change = replace(commit.change, undoes_work=work, kept=tuple(kept[:TOLD]), passed_over=told)
    return replace(commit, change=change)


def _hindrance(
    state: State,
    person: str,
    message: GoBack | UndoWork,
    past: Sequence[Committed],
    engine: Engine,
) -> Refused | None:
    if not may_go_back(state.access, person):
        told = "The owner may do this, and editors if the owner lets them."
        return Refused("not_allowed", told, id=message.id)
    if state.access.locked:
        return Refused("locked", "The session is locked: nobody edits just now.", id=message.id)
    if message.unchanged and state.revision != message.base:
        newest: Change | None = what_it_was(past[-1]) if past else None
        told = changed_since(newest, (), person, state.access, engine.catalogue)
        return Refused("changed_meanwhile", told, id=message.id)
    return None


def _made(
    state: State,
    person: str,
    message: GoBack | UndoWork,
    steps: tuple[Step, ...],
    engine: Engine,
    now: int,
) -> Commit | Refused:
    return after_edit(state, person, message.id, message.base, steps, engine, now)


def _name(state: State, person: str) -> str:
    member = state.access.members.get(person)
    return "theirs" if member is None else f"{member.name}'s"

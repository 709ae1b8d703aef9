"""Taking back one's own edits, and making them again; without a socket, a clock or Redis.

U1  Undo takes back the newest own edit that is in effect and of which something can be taken
    back; redo makes the newest own undone edit again, until its author makes a new one.
U2  What others have changed since in the same place stays, and is told; the rest is undone.
U3  An edit of which nothing can be undone, or whose rest would break a rule, is passed over,
    with the reason. One that had no effect is not worth a word.
U4  An undo is a change like any other: it names the edit (`undoes`), and has an inverse itself.
"""

from collections.abc import Generator, Iterator, Sequence

import msgspec
from msgspec import UNSET, Struct

from calc import operations, patch, rules
from calc.build import Build
from calc.operations import Restore, Step
from calc.places import Place, place
from calc.rulebook import BY_CODE
from server.client_messages import Redo, Undo
from server.engine import Engine
from server.logic.meanwhile import after, newest_touching
from server.logic.rights import Access, hindrance
from server.logic.sentences import changed_since
from server.logic.session import Commit, Committed, State, after_edit
from server.server_messages import Change, Kept, PassedOver, Refused

TRIED = 20  # edits that are passed over before nothing can be undone

_operations = msgspec.json.Decoder(tuple[Step, ...])
_change = msgspec.json.Decoder(Change)
_ABSENT = object()
_UNTOUCHED = object()


class Taken(Struct, frozen=True):
    """What is left to do of an inverse, and what not."""

    operations: tuple[Step, ...]
    kept: tuple[Kept, ...]


def undo(
    state: State,
    person: str,
    message: Undo | Redo,
    past: Sequence[Committed],
    engine: Engine,
    now: int,
) -> Generator[None, None, Commit | Refused]:
    """The edit that takes back, or makes again, what this person did. It stops after each edit of
    theirs that it passes over: all of them may take longer than others are to wait.

    past: the newest changes, rising to the state's revision without a gap.
    """
    redo = isinstance(message, Redo)
    hindered = hindrance(state.access, person, message.id)
    if hindered is not None:
        return hindered
    passed: list[PassedOver] = []
    for target in candidates(past, person, redo=redo):
        later = after(past, state, target.revision)
        found = take_back(state.build, target, later, person, state.access, engine)
        if isinstance(found, str):
            passed.append(PassedOver(target.origin, found))
        elif found is not None:
            commit = after_edit(
                state, person, message.id, message.base, found.operations, engine, now
            )
            assert isinstance(commit, Commit), "what was validated applies"
            origin = target.origin
            change = msgspec.structs.replace(
                commit.change,
                undoes=UNSET if redo else origin,
                redoes=origin if redo else UNSET,
                kept=found.kept,
                passed_over=tuple(passed),
            )
            return msgspec.structs.replace(commit, change=change)
        if len(passed) == TRIED:
            break
        yield
    what = "redone" if redo else "undone"
    return Refused(
        "nothing_to_redo" if redo else "nothing_to_undo",
        passed[0].message if passed else f"There is nothing of yours that can be {what}.",
        id=message.id,
        passed_over=tuple(passed),
    )


def candidates(past: Sequence[Committed], person: str, *, redo: bool) -> Iterator[Committed]:
    """The changes whose inverse is an undo, or a redo, of this person; newest first."""
    settled: set[tuple[str, str]] = set()  # by whom, which edit
    again: set[tuple[str, str]] = set()
    for each in reversed(past):
        origin = each.by, each.origin
        if origin in settled:
            if origin in again:
                settled.update((each.whose, edit) for edit in each.undone)
            continue
        settled.add(origin)
        settled.update((each.whose, edit) for edit in each.undone)
        if each.redoes:
            again.add(origin)
        if each.by != person:
            continue
        if each.undoes:
            if redo:
                yield each
        elif not redo:
            yield each
        elif not each.redoes:
            return  # a new edit: what was undone before it stays so


def take_back(
    build: Build,
    target: Committed,
    later: Sequence[Committed],
    person: str,
    access: Access,
    engine: Engine,
) -> Taken | str | None:
    """What of a change can be taken back: or why nothing; None when it had no effect.

    later: the changes after it.
    """
    left = _change.decode(target.frame).patch
    inverse = _operations.decode(target.inverse)
    if not left or not inverse:
        return None
    whole = _apply(build, inverse, engine)
    if isinstance(whole, Build):
        document, after_it = patch.documents(build, whole)
        effect = _effect(document, after_it)
        if not effect:
            return "It is as it was already."
        if all(_as_left(document, left, each) for each in effect):
            return Taken(inverse, ())
    return _piecewise(build, inverse, left, later, person, access, engine)


def _piecewise(
    build: Build,
    inverse: tuple[Step, ...],
    left: dict[str, object],
    later: Sequence[Committed],
    person: str,
    access: Access,
    engine: Engine,
) -> Taken | str:
    """An inverse without the operations that would change what others have changed since."""
    before = build
    first = document = patch.document(build)
    made: list[Step] = []
    kept: list[Kept] = []

    def keep(where: Place, change: Change | None) -> None:
        by = change.by if change is not None and change.by is not UNSET else ""
        told = changed_since(change, where, person, access, engine.catalogue)
        kept.append(Kept("/".join(where), by, told))

    for operation in inverse:
        outcome = engine.apply(build, operation)
        if isinstance(outcome, operations.Refused):
            change = newest_touching(later, place(operation))
            if change is None:
                return outcome.message
            keep(place(operation), change)
            continue
        next_document = patch.document(outcome.build)
        effect = _effect(document, next_document)
        foreign = [each for each in effect if not _as_left(first, left, each)]
        if foreign:
            found = ((each, newest_touching(later, each)) for each in foreign)
            where, change = next(
                (pair for pair in found if pair[1] is not None), (place(operation), None)
            )
            keep(where, change)
            continue
        made.append(operation)
        build, document = outcome.build, next_document
    if document == first:
        return kept[0].message
    if kept and any(isinstance(each, Restore) for each in made) and _breaks(before, build, engine):
        return "What is left of it would break a rule of the game."
    return Taken(tuple(made), tuple(kept))


def _breaks(before: Build, build: Build, engine: Engine) -> bool:
    """Whether a build breaks a rule that refuses, and which the one before keeps."""
    known = set(rules.findings(before, engine.catalogue))
    return any(
        BY_CODE[each.code].refuses
        for each in rules.findings(build, engine.catalogue)
        if each not in known
    )


def what_it_was(committed: Committed) -> Change:
    """The change as it went on the wire."""
    return _change.decode(committed.frame)


def _apply(build: Build, made: tuple[Step, ...], engine: Engine) -> Build | None:
    for operation in made:
        outcome = engine.apply(build, operation)
        if isinstance(outcome, operations.Refused):
            return None
        build = outcome.build
    return build


def _as_left(document: dict[str, object], left: dict[str, object], where: Place) -> bool:
    """Whether a place holds what the change with the patch `left` left there."""
    expected: object = left
    for key in where:
        if not isinstance(expected, dict):
            expected = None
            break
        expected = expected.get(key, _UNTOUCHED)
        if expected is _UNTOUCHED:
            return False
    found: object = document
    for key in where:
        found = found.get(key, _ABSENT) if isinstance(found, dict) else _ABSENT
    if expected is None:
        return found is _ABSENT
    return bool(found == patch.merge({}, expected))


def _effect(old: dict[str, object], new: dict[str, object]) -> list[Place]:
    """The places of all values, down to the last, that are not the same in both."""
    return list(dict.fromkeys((*_leaves(old, new), *_leaves(new, old))))


def _leaves(node: object, other: object, where: Place = ()) -> Iterator[Place]:
    """Those of what the other document has not just so: most of a build, before and after."""
    if isinstance(node, dict) and (node or not where):
        others = other if isinstance(other, dict) else {}
        for key, value in node.items():
            there = others.get(key, _ABSENT)
            if value != there:
                yield from _leaves(value, there, (*where, key))
    else:
        yield where

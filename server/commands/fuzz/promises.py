"""What must hold after a run, whatever happened in it."""

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import UNSET

from calc import build as documents
from calc import operations, patch
from calc.build import Build
from gamedata.catalogue import Catalogue
from server.client_messages import GoBack, Making, Redo, Undo, UndoWork
from server.commands.fuzz.history import History
from server.commands.fuzz.journal import Journal
from server.commands.fuzz.owner import Asked, Forbidden, Owner
from server.commands.fuzz.person import UNKNOWN, Person, documents_json
from server.engine import Engine
from server.logic.session import State
from server.server_messages import Change, Refused, Work

WHO = "promises"


def check_people(journal: Journal, people: Sequence[Person], state: State) -> None:
    """Everybody who may be here has what the server has."""
    document = documents.encode(state.build)
    for person in people:
        if person.gone:
            continue
        replica = person.replica
        if person.overlay:
            journal.expect(
                replica.totals == state.totals, person.name, "has other totals on the overlay"
            )
            continue
        for what, theirs, ours in (
            ("position", replica.position, state.position),
            ("document", documents_json(replica.document), document),
            ("totals", replica.totals, state.totals),
            ("findings", replica.findings, state.findings),
        ):
            journal.expect(
                theirs == ours, person.name, f"has another {what}: {theirs!r:.300} {ours!r:.300}"
            )


def check_totals(journal: Journal, state: State, engine: Engine) -> None:
    """What the server has is what a computation from nothing gives. engine: one that was asked
    nothing yet."""
    result = engine.result(state.build)
    journal.expect(result.totals == state.totals, WHO, "the totals are not those of the build")
    journal.expect(result.findings == state.findings, WHO, "the findings are not the build's")


def check_history(
    journal: Journal,
    history: History,
    state: State,
    people: Sequence[Person],
    asked: Mapping[str, Asked],
    catalogue: Catalogue,
) -> list[Build]:
    """The history has no gap, is made of what people sent, and leads to the state.

    asked: what the owner asked for by REST. Returns the build at each revision.
    """
    build = history.first
    builds = [build]
    sent: dict[str, Making] = {
        f"{person.id} {edit}": sent.edit for person in people for edit, sent in person.sent.items()
    }
    sent |= {f"{people[0].id} {edit}": each.edit for edit, each in asked.items()}
    for index, (_, change) in enumerate(history.changes):
        journal.expect(
            change.revision == index + 1, WHO, f"revision {change.revision} is the {index + 1}th"
        )
        before = build
        build = _applied(journal, build, change, catalogue)
        builds.append(build)
        journal.expect(
            patch.difference(before, build) == change.patch,
            WHO,
            f"the patch of {change.revision} is not what its operations do",
        )
        if change.by is not UNSET and change.proposed_by is UNSET:
            edit = sent.get(f"{change.by} {change.edit}")
            journal.expect(
                edit is not None and _comes_of(change, edit),
                WHO,
                f"{change.edit} is in the history and was not sent like this",
            )
    journal.expect(
        documents.encode(build) == documents.encode(state.build),
        WHO,
        "the history does not lead to the build",
    )
    return builds


def _comes_of(change: Change, edit: Making) -> bool:
    match edit:
        case Undo():
            return change.undoes is not UNSET
        case Redo():
            return change.redoes is not UNSET
        case GoBack():
            return change.restores == edit.revision
        case UndoWork():
            work = change.undoes_work
            return work is not UNSET and (work.person, work.since) == (edit.person, edit.since)
        case _:
            return edit.operations == change.operations


def _applied(journal: Journal, build: Build, change: Change, catalogue: Catalogue) -> Build:
    for operation in change.operations:
        outcome = operations.apply(build, operation, catalogue)
        if isinstance(outcome, operations.Refused):
            journal.fail(WHO, f"{change.edit} was committed, and must be refused: {outcome}")
        else:
            build = outcome.build
    return build


def check_answers(journal: Journal, history: History, people: Sequence[Person]) -> None:
    """Each accepted edit is there exactly once, where its author was told; no refused one is."""
    made = Counter((change.by, change.edit) for _, change in history.changes)
    for (by, edit), times in made.items():
        journal.expect(times == 1, WHO, f"{edit} of {by} is there {times} times")
    where = _revisions(history)
    for name, what in untold(history, people):
        journal.fail(name, what)
    for person in people:
        for edit, sent in person.sent.items():
            found = where.get((person.id, edit), 0)
            if (
                not sent.revision
                and isinstance(sent.answer, Refused)
                and sent.answer.code not in UNKNOWN
                and not (person.forgetful and sent.answer.code != "lost")  # Redis forgot it too
            ):
                journal.expect(not found, person.name, f"{edit} was refused and is {found}")


def untold(history: History, people: Sequence[Person]) -> list[tuple[str, str]]:
    """Each edit that somebody takes to be made where it is not: who does, and which it is.

    Of a Redis that went back they learn only once the last worker has given up on it.
    """
    where = _revisions(history)
    return [
        (person.name, f"{edit} was accepted as {sent.revision} and is {found or 'nowhere'}")
        for person in people
        for edit, sent in person.sent.items()
        if sent.revision
        and (found := where.get((person.id, edit), 0)) != sent.revision
        and not (person.forgetful and (found > 0 or person.expelled))
    ]


def _revisions(history: History) -> dict[tuple[object, str], int]:
    """Where each author's edits are."""
    return {(change.by, change.edit): change.revision for _, change in history.changes}


def check_forbidden(
    journal: Journal, history: History, forbidden: Sequence[Forbidden], *, forgetful: bool
) -> None:
    """Nobody's edit was committed after it was answered that they may not edit.

    forgetful: what Redis loses may have been accepted before a lock, and is made again in spite
    of it.
    """
    for each in forbidden:
        if forgetful and not each.persons:
            continue
        for epoch, change in history.changes:
            journal.expect(
                change.by is UNSET
                or (each.persons and change.by not in each.persons)
                or epoch != each.epoch
                or not each.after < change.revision <= each.until,
                WHO,
                f"{change.edit} of {change.by} is {change.revision}; they were {each.why} by "
                f"{each.after} until {each.until}",
            )


def check_asked(journal: Journal, history: History, owner: Owner, *, forgetful: bool) -> None:
    """What was asked for by REST is made once, where the answer says, or not at all."""
    where = _revisions(history)
    for edit, asked in owner.asked.items():
        found = where.get((owner.id, edit), 0)
        journal.expect(
            forgetful or asked.revision in (None, found),
            "owner",
            f"{edit} is told to be {asked.revision} and is {found}",
        )
    for _, change in history.changes:
        if change.undoes_work is not UNSET:
            _check_work(journal, change, change.undoes_work, history, forgetful=forgetful)


def _check_work(
    journal: Journal, change: Change, work: Work, history: History, *, forgetful: bool
) -> None:
    """forgetful: what was lost is made again as it was, and what it took back may by then be at
    another revision, or lost for good: it is nobody else's, then."""
    done = {
        each.redoes or each.edit
        for _, each in history.changes[work.since : change.revision - 1]
        if each.by == work.person
    }
    others = {
        each.redoes or each.edit
        for _, each in history.changes
        if each.by != work.person and each.proposed_by is UNSET  # which others may accept again
    }
    for edit in work.edits:
        journal.expect(
            edit in done or (forgetful and edit not in others),
            WHO,
            f"{change.edit} takes {edit} back, which is none of that work",
        )

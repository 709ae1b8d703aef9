"""What must hold of proposals after a run."""

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import UNSET

from server.commands.fuzz.history import History, Settled
from server.commands.fuzz.journal import Journal
from server.commands.fuzz.person import Person

WHO = "proposals"


def check_proposals(
    journal: Journal,
    history: History,
    settled: Mapping[str, Settled],
    people: Sequence[Person],
    *,
    forgetful: bool,
) -> None:
    """What was accepted is one change, whoever pressed and however often; what was not is none.

    settled: what SQL has. forgetful: whether changes may be lost that people were told of.
    """
    made = {change.edit: change for _, change in history.changes if change.proposed_by is not UNSET}
    times = Counter(change.edit for _, change in history.changes)
    accepted = {
        (person.id, pressed.decide.proposal)
        for person in people
        for pressed in person.proposing.pressed.values()
        if pressed.decide.accept
    }
    proposed = {(person.id, each) for person in people for each in person.proposing.own}
    for id_, change in made.items():
        journal.expect(times[id_] == 1, WHO, f"{id_} is made {times[id_]} times")
        by = (change.by, id_)
        journal.expect(by in accepted, WHO, f"{id_} is made by {change.by}, who did not accept it")
    for id_, row in settled.items():
        journal.expect((row.by, id_) in proposed, WHO, f"{id_} of {row.by} was not proposed")
        is_made = made.get(id_)
        if row.state != "accepted":
            journal.expect(is_made is None, WHO, f"{id_} is {row.state}, and was made")
        elif not forgetful:
            journal.expect(
                is_made is not None and is_made.revision == row.revision,
                WHO,
                f"{id_} is accepted as {row.revision}, and is {is_made and is_made.revision}",
            )
    journal.expect(made.keys() <= settled.keys(), WHO, "something was made that nobody proposed")
    _check_told(journal, {id_: change.revision for id_, change in made.items()}, settled, people)


def _check_told(
    journal: Journal,
    made: Mapping[str, int],
    settled: Mapping[str, Settled],
    people: Sequence[Person],
) -> None:
    """Everybody knows it."""
    for person in people:
        for pressed in person.proposing.pressed.values():
            found = made.get(pressed.decide.proposal, 0)
            journal.expect(
                person.forgetful or pressed.revision in (0, found),
                person.name,
                f"{pressed.decide.proposal} was accepted as {pressed.revision} and is {found}",
            )
        for id_, own in person.proposing.own.items():
            if not (own.refused or person.gone):  # two workers may judge it on two builds
                state = settled[id_].state if id_ in settled else "nowhere"
                journal.expect(
                    own.state in ("open", state),  # who was away is told of open ones only
                    person.name,
                    f"{id_} is {own.state!r} there, and {state}",
                )

"""What must hold of operations that said what their author saw."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET

from calc.build import Build
from calc.operations import Operation, Restore
from server.client_messages import Edit
from server.commands.fuzz.expecting import seen
from server.commands.fuzz.history import History
from server.commands.fuzz.journal import Journal
from server.commands.fuzz.person import Person
from server.server_messages import Refused

WHO = "expected"


def check_expected(
    journal: Journal, history: History, builds: Sequence[Build], people: Sequence[Person]
) -> None:
    """What was made was as its author saw it; what was refused for that was not at some time.

    builds: by revision.
    """
    for _, change in history.changes:
        if change.undoes or change.redoes:
            continue
        document = msgspec.to_builtins(builds[change.revision - 1])
        for operation in change.operations:
            journal.expect(
                isinstance(operation, Restore) or _is_as_seen(document, operation),
                WHO,
                f"{change.edit} is made as {change.revision}, and its author saw something else",
            )
    for person in people:
        for id_, sent in person.sent.items():
            answer, edit = sent.answer, sent.edit
            if (
                isinstance(edit, Edit)
                and isinstance(answer, Refused)
                and answer.code == "changed_meanwhile"
                and not person.forgetful  # then it may have been another history
            ):
                assert isinstance(answer.operation, int)
                journal.expect(
                    _was_changed(builds[edit.base :], edit.operations[answer.operation]),
                    person.name,
                    f"{id_} is refused, and nothing was changed since {edit.base}",
                )


def _was_changed(builds: Sequence[Build], operation: Operation) -> bool:
    return not all(_is_as_seen(msgspec.to_builtins(build), operation) for build in builds)


def _is_as_seen(document: object, operation: Operation) -> bool:
    expects = operation.expects
    return expects is UNSET or seen(document, operation) == msgspec.to_builtins(expects)

"""What others did while somebody looked at an older build: why their edit cannot be."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from calc.places import Place, place, touches
from gamedata.catalogue import Catalogue
from server.client_messages import Edit
from server.logic.sentences import changed_since
from server.logic.session import Committed, State
from server.server_messages import Change, Refused


class _Patched(Struct):
    """As much of a change as tells where it did something."""

    patch: dict[str, Any]


_change = msgspec.json.Decoder(Change)
_patched = msgspec.json.Decoder(_Patched)


def newest_touching(changes: Sequence[Committed], where: Place) -> Change | None:
    """The newest of these changes that did something at a place."""
    for each in reversed(changes):
        if touches(_patched.decode(each.frame).patch, where):
            return _change.decode(each.frame)
    return None


def after(past: Sequence[Committed], state: State, revision: int) -> Sequence[Committed]:
    """The changes after a revision, of those that are known.

    past: the newest changes, rising to the state's revision without a gap.
    """
    behind = state.revision - revision
    return past[max(0, len(past) - behind) :]


def named(
    refused: Refused,
    edit: Edit,
    person: str,
    state: State,
    past: Sequence[Committed],
    catalogue: Catalogue,
) -> Refused:
    """A refusal that says who changed what at the operation's place since the edit's base."""
    if refused.operation is UNSET:
        return refused
    where = place(edit.operations[refused.operation])
    change = newest_touching(after(past, state, edit.base), where)
    if change is None:
        return refused
    told = changed_since(change, where, person, state.access, catalogue)
    message = told if refused.code == "changed_meanwhile" else f"{refused.message} {told}"
    return msgspec.structs.replace(refused, message=message, by=change.by)


def named_of_proposal(
    refused: Refused,
    proposed: Edit,
    person: str,
    state: State,
    past: Sequence[Committed],
    catalogue: Catalogue,
) -> Refused:
    """The same where a proposal is refused, whose author may not be who is told.

    proposed: the edit that it is, with the revision that it was made on. person: who is told; "":
    whoever sees it.
    """
    found = named(refused, proposed, person, state, past, catalogue)
    if found is refused and refused.code == "changed_meanwhile":
        message = "It has been changed since this was proposed."
        return msgspec.structs.replace(refused, message=message)
    return found

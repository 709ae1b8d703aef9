"""What a connection is sent, by its role and what it asked for; nobody gets anything else.

V1  Collaborators (suggesters and above) who see the build get each `change`.
V2  Viewers of the build get `update`s: several changes as one, from what they have.
V3  Who asked for totals alone gets `totals`, of the stats that they named, when one of them is
    another.
V4  Collaborators are told who comes and goes, viewers how many are here; and everybody that their
    own role is another one.
V5  Who sees people (or said it) is told what is said and where others look; who sees the build
    (or made or decided it) what is proposed. Viewers are told none of it.
V6  Stats that are named are the only ones in anything that is sent.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from calc import patch, totals
from calc.stats import NUMBER
from calc.totals import Total
from server.logic.session import Committed, State
from server.protocol import Role, ViewName, encode
from server.server_messages import Change, Present, Proposal, Refused, Snapshot, Totals, Update
from server.sockets.transport import text_frame

EVERYTHING: tuple[ViewName, ...] = ("build", "totals", "people")

_change = msgspec.json.Decoder(Change)


class Wanted(Struct, frozen=True):
    """What a client asked for. stats: none is all of them."""

    views: tuple[ViewName, ...] = EVERYTHING
    stats: tuple[str, ...] = ()


class View(Struct, frozen=True):
    """What is sent; equal views are sent the same bytes.

    feed: what follows the session. stats: sorted; none is all of them.
    """

    feed: Literal["changes", "updates", "totals", ""]
    totals: bool
    stats: tuple[str, ...]
    people: Literal["names", "number", ""]

    @property
    def follows(self) -> bool:
        """Whether it is the whole session, so that changes as the log has them may be sent."""
        return self.feed in ("changes", "updates") and self.totals and not self.stats

    @property
    def hears(self) -> bool:
        """Whether it is told what people say, and where they look."""
        return self.people == "names"

    @property
    def decides(self) -> bool:
        """Whether it is told what is proposed."""
        return self.feed == "changes"

    @property
    def tells(self) -> bool:
        """Whether it is told how the session stands: all but totals alone."""
        return self.feed in ("changes", "updates") or self.people != ""

    @property
    def derived(self) -> bool:
        """Whether it follows the session at a bounded rate."""
        return self.feed in ("updates", "totals")


def unknown_stat(stats: Iterable[str], message: str | UnsetType = UNSET) -> Refused | None:
    """The refusal of the message of who names a stat that there is not."""
    for index, stat in enumerate(stats):
        if stat not in NUMBER:
            sentence = f"There is no stat {stat!r}; see /api/v1/stats."
            return Refused("invalid", sentence, id=message, path=f"$.stats[{index}]")
    return None


def view_of(role: Role, wanted: Wanted) -> View:
    watches = role == "viewer"
    feed: Literal["changes", "updates", "totals", ""] = ""
    if "build" in wanted.views:
        feed = "updates" if watches else "changes"
    elif "totals" in wanted.views:
        feed = "totals"
    people: Literal["names", "number", ""] = ""
    if "people" in wanted.views:
        people = "number" if watches else "names"
    named = "totals" in wanted.views
    stats = tuple(sorted(set(wanted.stats))) if named else ()
    return View(feed, named, stats, people)


def change_frame(committed: Committed, view: View) -> bytes:
    """A change as the log has it, or with the totals that somebody asked for alone."""
    if view.totals and not view.stats:
        return text_frame(committed.frame)
    change = _change.decode(committed.frame)
    narrow = msgspec.structs.replace(change, totals=_only(change.totals, view))
    return text_frame(encode(narrow))


def update(shown: State, state: State) -> Update:
    """What leads from one state to a later one. The patch is the difference of the two
    documents: patches do not add up."""
    return Update(
        from_=shown.revision,
        revision=state.revision,
        edit=state.edit,
        patch=patch.difference(shown.build, state.build),
        totals=totals.difference(shown.totals, state.totals),
        findings=UNSET if state.findings == shown.findings else state.findings,
        at=state.at,
    )


def update_frame(update: Update, view: View) -> bytes:
    narrow = msgspec.structs.replace(update, totals=_only(update.totals, view))
    return text_frame(encode(narrow))


def totals_frame(update: Update, view: View) -> bytes | None:
    """The totals that are others now; None when none of those asked for is."""
    changed = _only(update.totals, view)
    return text_frame(encode(Totals(update.revision, changed, update.at))) if changed else None


def all_totals_frame(state: State, view: View) -> bytes:
    """Everything asked for, for who has nothing yet."""
    return text_frame(encode(Totals(state.revision, _only(state.totals, view), state.at)))


def snapshot_frame(
    state: State,
    view: View,
    people: Iterable[Present] = (),
    proposals: tuple[Proposal, ...] | UnsetType = UNSET,
) -> bytes:
    """Everything that somebody with this view is to know."""
    snapshot = Snapshot(
        epoch=state.epoch,
        revision=state.revision,
        edit=state.edit,
        build=state.build,
        totals=_only(state.totals, view),
        findings=state.findings,
        people=tuple(people),
        proposals=proposals,
        at=state.at,
    )
    return text_frame(encode(snapshot))


def _only(all_of_them: dict[str, Total], view: View) -> dict[str, Total]:
    if not view.totals:
        return {}
    if not view.stats:
        return all_of_them
    return {stat: all_of_them[stat] for stat in view.stats if stat in all_of_them}

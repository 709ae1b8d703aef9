"""What `cohort watch` says of messages (server/commands/watch.py)."""

from msgspec.structs import replace

from calc import build as documents
from gamedata.catalogue import Catalogue
from server.commands.watch import Feed
from server.server_messages import Proposal, Snapshot


def test_a_proposal_is_told_when_it_is_new_and_when_it_is_decided(catalogue: Catalogue) -> None:
    known = Proposal("p0", "g1", "Higher", (), {}, "open", 0, 0)
    new = Proposal("p1", "g1", "Lower", (), {}, "open", 0, 0)
    feed = Feed(catalogue)
    snapshot = Snapshot("e1", 0, documents.empty("Nova"), {}, (), (), proposals=(known,))
    messages = (snapshot, known, new, replace(new, problem="It has been changed since."))
    lines = [feed.line(each) for each in messages]
    assert lines == ["", "", "somebody proposes 'Lower': open", ""]
    for each in (known, new):
        told = feed.line(replace(each, state="declined"))
        assert told == f"somebody proposes '{each.title}': declined"

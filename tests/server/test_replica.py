"""What a client makes of what it is told."""

from calc import build as documents
from server.client.replica import Replica
from server.server_messages import Proposal, Snapshot


def test_what_waits_for_a_decision_comes_with_a_snapshot() -> None:
    replica = Replica()
    waiting = Proposal("proposal-1", "g1", "", (), {}, "open", 0, 0)
    before = Proposal("proposal-0", "g1", "", (), {}, "open", 0, 0)
    replica.take(before)
    snapshot = Snapshot("e1", 0, documents.empty("Nova"), {}, (), (), proposals=(waiting,))
    replica.take(snapshot)
    assert replica.proposals == {waiting.id: waiting}
    replica.take(Snapshot("e1", 1, documents.empty("Nova"), {}, (), ()))  # each follows
    assert replica.proposals == {waiting.id: waiting}

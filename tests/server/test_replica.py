"""What a client makes of what it is told."""

from calc import build as documents
from server.client.replica import Replica
from server.server_messages import (
    CatalogueName,
    Limits,
    People,
    Present,
    Proposal,
    Snapshot,
    Welcome,
)


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


def test_who_becomes_a_viewer_forgets_what_is_proposed() -> None:
    replica = Replica()
    house = Limits(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
    welcome = Welcome(
        *("s1", "g1", "Ann", "editor", "e1", 0, "snapshot"),
        *((), (), CatalogueName("r", "h"), "engine", house, 20.0, "w1"),
    )
    replica.take(welcome)
    replica.take(Proposal("proposal-1", "g2", "", (), {}, "open", 0, 0))
    replica.take(People(changed=(Present("g2", "Bob", "viewer"),)))
    assert list(replica.proposals) == ["proposal-1"]
    replica.take(People(changed=(Present("g1", "Ann", "viewer"),)))
    assert replica.proposals == {}

"""Which limit each message counts for, and what is told of one that is over it."""

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from calc.operations import SetLevel
from server.client_messages import (
    ClientMessage,
    Decide,
    Edit,
    Explain,
    Focus,
    Inspect,
    Preview,
    Propose,
    Redo,
    Say,
    Undo,
)
from server.limits import allowance as allowance_module
from server.limits.allowance import STRIKES_BURST, Allowance, LiveLimits, edit_wait
from server.limits.limiter import Limiter
from server.protocol import Closing
from server.redis import clients
from server.settings import Settings

ONE = (SetLevel(1),)
SLOWLY = 0.001


def slowly(**burst: float) -> Settings:
    """Nothing comes back during a test."""
    return replace(Settings(), **burst, **dict.fromkeys(RATES, SLOWLY))


RATES = (
    "edits_per_second",
    "operations_per_second",
    "questions_per_second",
    "said_per_second",
    "focus_per_second",
)
BURSTS = {"edits_burst": 1, "operations_burst": 100, "said_burst": 1}


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (Edit("edit-0001", 0, ONE), "edits"),
        (Undo("undo-0001", 0), "edits"),
        (Redo("redo-0001", 0), "edits"),
        (Propose("edit-0002", ONE), "edits"),
        (Decide("decide-1", "edit-0002", accept=True), "edits"),
        (Preview("preview-1", ONE), "questions"),
        (Explain("explain-1", "x"), "questions"),
        (Inspect("inspect-1", "x"), "questions"),
        (Focus(), "focus"),
        (Say("Hello.", "say-0001"), "chat messages"),
    ],
)
def test_each_message_counts(message: ClientMessage, what: str) -> None:
    allowance = Allowance(slowly(**BURSTS))
    refused = None
    for _ in range(2):  # of questions and focus one is let through, too
        assert refused is None
        refused = allowance.over(message)
    assert refused
    assert (refused.code, refused.id) == ("too_many", message.id)
    assert refused.message == f"Too many {what} at once."
    assert refused.retry_after is not UNSET
    assert refused.retry_after > 1


@pytest.mark.parametrize(
    "message",
    [Edit("edit-0001", 0, ONE * 3), Propose("edit-0002", ONE * 3), Preview("preview-1", ONE * 3)],
)
def test_what_has_operations_has_a_size(message: Edit | Propose | Preview) -> None:
    assert Allowance(replace(Settings(), operations_per_edit=3)).over(message) is None
    refused = Allowance(replace(Settings(), operations_per_edit=2)).over(message)
    assert refused
    assert (refused.code, refused.id) == ("too_many_operations", message.id)


def test_who_goes_on_is_told_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance_module, "STRIKES_PER_SECOND", SLOWLY)
    settings = replace(Settings(), messages_per_second=SLOWLY, messages_burst=1)
    allowance = Allowance(settings)
    assert allowance.over(Focus()) is None
    for _ in range(STRIKES_BURST):
        refused = allowance.over(Focus())
        assert refused
        assert refused.retry_after is not UNSET
        assert refused.retry_after > 100
    with pytest.raises(Closing) as closing:
        allowance.over(Focus())
    assert closing.value.retry_after > 100


async def test_an_address_has_as_much_as_some_people() -> None:
    nowhere = clients.connect("unix:///nowhere/redis.sock", reconnects=False)
    settings = replace(slowly(**BURSTS), people_per_address=3)
    limits = LiveLimits(Limiter(nowhere, "x" * 32), settings)
    for person in ("g1", "g2", "g3"):
        assert edit_wait(limits.of(person, "1.2.3.4"), 1) == 0
        assert edit_wait(limits.of(person, ""), 1) > 0  # of their own
    assert edit_wait(limits.of("g4", "1.2.3.4"), 1) > 0  # of the address
    assert edit_wait(limits.of("g5", "1.2.3.5"), 1) == 0
    await nowhere.aclose()

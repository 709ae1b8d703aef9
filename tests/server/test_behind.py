"""Since when SQL is behind."""

import math

import pytest

from server.log.logged import Head
from server.protocol import Position
from server.recording import behind as behind_module
from server.recording.behind import Behind


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(behind_module, "time", clock)
    return clock


def head(revision: int, edit: str = "", epoch: str = "e1") -> Head:
    return Head(epoch, revision, edit or f"edit-{revision}", access=1, engine="x")


def at(revision: int) -> Position:
    return Position("e1", revision, f"edit-{revision}", 0)


def test_it_is_behind_since_the_oldest_that_it_lacks_was_found(clock: Clock) -> None:
    reached = {"s": at(1)}
    behind = Behind(reached)
    for clock.now, there in ((1.0, 3), (2.0, 5), (3.0, 7)):
        behind.compare(["s"], {"s": head(there)})
    assert behind.since == 1.0
    reached["s"] = at(4)  # what was found first is there, and some of what came later
    clock.now = 4.0
    behind.compare(["s"], {"s": head(7)})
    assert behind.since == 4.0
    reached["s"] = at(9)
    behind.compare(["s"], {"s": head(7)})
    assert behind.since == math.inf


@pytest.mark.parametrize("there", [head(1, "another"), head(0, epoch="e2")])
def test_another_history_is_not_there(clock: Clock, there: Head) -> None:
    behind = Behind({"s": at(1)})
    behind.compare(["s"], {"s": there})
    assert behind.since == 0.0

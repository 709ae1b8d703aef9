"""What is written together with others is only what SQL lacks for sure
(server/recording/together.py)."""

from typing import Any

import msgspec
import pytest

from server.protocol import Position, encode
from server.recording import together
from server.recording.together import grown
from server.server_messages import Change

HERE = Position("e1", 3, "edit-0003", 1003)


def entry(revision: int, **more: Any) -> list[Any]:
    """As Redis has it."""
    change = Change(revision, f"edit-{revision:04}", 1000 + revision, (), {}, {}, by="g1")
    frame = encode(msgspec.structs.replace(change, **more))
    return [f"{revision}-0".encode(), [b"change", frame, b"inverse", b"[]"]]


def answer(*entries: list[Any], revision: int = 5) -> list[Any]:
    """What the script says of a log that is at this revision."""
    return [[b"e1", b"%d" % revision, b"edit-0005", None, None], list(entries), None]


def test_what_came_after_a_position_is_new() -> None:
    found = grown("s1", HERE, answer(entry(3), entry(4), entry(5)))
    assert found is not None
    assert [row["edit"] for row in found.rows] == ["edit-0004", "edit-0005"]
    assert found.after == Position("e1", 5, "edit-0005", 1005)
    begun = grown("s1", Position("e1", 3), answer(entry(4), entry(5)))  # of an epoch
    assert begun is not None
    assert begun.rows == found.rows


@pytest.mark.parametrize(
    "said",
    [
        None,
        OSError("no answer"),
        [[b"e2", b"5", b"edit-0005", b"e1", b"3"]],
        answer(entry(3), revision=3),
        answer(entry(3, edit="another"), entry(4), entry(5)),
        answer(entry(3, at=7), entry(4), entry(5)),
        answer(entry(4), entry(5)),
        answer(entry(3), entry(5)),
        answer(entry(3), entry(4), entry(5), revision=2),
        answer(entry(3), [b"4-0", [b"change", b"{", b"inverse", b"[]"]]),
    ],
    ids=[
        *("no log", "no answer", "another epoch", "nothing new", "another edit", "another time"),
        *("no proof", "a gap", "went back", "of another release"),
    ],
)
def test_of_what_else_there_is_to_say_nothing_is_new(said: Any) -> None:
    assert grown("s1", HERE, said) is None


def test_a_build_to_keep_or_more_than_fits_is_not_written_with_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = answer(entry(255), entry(256), revision=256)
    assert grown("s1", Position("e1", 255, "edit-0255"), kept) is None
    monkeypatch.setattr(together, "BATCH", 3)
    assert grown("s1", HERE, answer(entry(3), entry(4))) is not None
    assert grown("s1", HERE, answer(entry(3), entry(4), entry(5))) is None

"""What Redis answers of a session's log, read; see `log.py` and `scripts.py`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from server.log.logged import (
    BrokenError,
    Done,
    Elsewhere,
    ForeignError,
    Head,
    Known,
    Loss,
    Losses,
    Stored,
)
from server.logic.session import Committed, State, entry
from server.server_messages import Change, Refused

T = TypeVar("T")
Encoded = TypeVar("Encoded")

_change = msgspec.json.Decoder(Change).decode
_stored = msgspec.json.Decoder(Stored).decode
_loss = msgspec.json.Decoder(Loss).decode
refused = msgspec.json.Decoder(Refused).decode


def head(values: Sequence[Any]) -> Head:
    """Fields of a session's head."""
    epoch, revision, edit, access, engine, losses = values
    return Head(
        epoch.decode(),
        int(revision),
        edit.decode(),
        int(access),
        engine.decode(),
        int(losses or 0),
    )


def losses(number: bytes | None, told: Sequence[bytes], now: int) -> Losses:
    """told: a hash, flat. now: by Redis's clock."""
    return Losses(int(number or 0), tuple(map(_loss, told[1::2])), now)


def outcome(answer: Any, digest: str) -> Done | Known | Refused | Elsewhere:
    """What became of an edit. digest: of its operations."""
    match answer[0]:
        case b"done":
            return Done(int(answer[1]))
        case b"known":
            return known(answer, digest)
        case b"refused":
            return refused(answer[1])
        case other:
            return Elsewhere(other.decode())


def known(answer: Sequence[bytes], digest: str) -> Known | Elsewhere:
    """Of an edit whose id is remembered."""
    if answer[2] == b"lost":
        return Elsewhere("lost")
    return Known(int(answer[1]), answer[2].decode() == digest)


def prove(
    state: State, revision: int, left_at: int, changes: list[tuple[Committed, Change]]
) -> None:
    """Check that `state` is part of the log's history, and take its own change off the front.

    Raises BrokenError.
    """
    if revision < state.revision:
        raise BrokenError(state.session, "back")
    if changes and changes[0][1].revision == state.revision:
        _, change = changes.pop(0)
        if change.edit != state.edit or (state.at and change.at != state.at):
            raise BrokenError(state.session, "back")
    elif state.revision != left_at:  # where an epoch began, the epoch is proof enough
        raise BrokenError(state.session, "behind")


def readable(decode: Callable[[Encoded], T], encoded: Encoded) -> T:
    """What is kept of a session, decoded. Raises ForeignError."""
    try:
        return decode(encoded)
    except msgspec.ValidationError as error:
        raise ForeignError(f"of another release: {error}") from None


def change_of(frame: bytes) -> Change:
    """Raises ForeignError."""
    return readable(_change, frame)


def stored_of(document: bytes) -> Stored:
    """Raises ForeignError."""
    return readable(_stored, document)


def read_entry(item: Any) -> tuple[Committed, Change]:
    """An entry of a log's stream. Raises ForeignError."""
    _, values = item
    return read_fields(dict(zip(values[::2], values[1::2], strict=True)))


def read_fields(fields: Mapping[bytes, bytes]) -> tuple[Committed, Change]:
    """The same, of an entry's fields. Raises ForeignError."""
    frame = fields[b"change"]
    change = change_of(frame)
    return entry(change, frame, fields[b"inverse"]), change

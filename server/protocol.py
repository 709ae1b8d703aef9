"""The live protocol: what both directions share, and how a socket closes.

JSON text frames; `type` tells which message it is. What a client sends is in
`client_messages.py`, what it is sent in `server_messages.py`; the rules that go with these
shapes are in `logic/session.py`.
"""

from enum import IntEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

VERSION = "cohort.v1"  # the WebSocket subprotocol

Role = Literal["owner", "editor", "suggester", "viewer"]
ProposalState = Literal["open", "accepted", "declined", "withdrawn"]
ViewName = Literal["build", "totals", "people"]

# Control, line-separating and direction-changing characters, and lone surrogates: never in a
# name or in what is said. One that is only spaces is nobody's.
_PLAIN = r"[^\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
Name = Annotated[
    str,
    Meta(min_length=1, max_length=40, pattern=rf"^(?=.*\S){_PLAIN}+\Z"),
]
# Of a person, a session, …: what is none of ours is refused before anybody asks a database.
Id = Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_-]*\Z")]
NEWEST = 2**53 - 1  # whatever is counted: no number is larger
MAX_SAID = 500  # characters
Words = Annotated[
    str,
    Meta(min_length=1, max_length=MAX_SAID, pattern=rf"^(?=.*\S){_PLAIN}+\Z"),
]
Secret = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_-]+\Z")]
Token = Annotated[str, Meta(min_length=1, max_length=2000)]
ClientId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
EditId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{8,64}\Z")]
Epoch = Annotated[str, Meta(pattern=r"^[a-z0-9]{1,16}\Z")]
Revision = Annotated[int, Meta(ge=0, le=NEWEST)]
Moment = Annotated[int, Meta(ge=0, le=NEWEST)]  # in milliseconds since 1970, UTC
MessageId = Annotated[str, Meta(max_length=64)]
Views = Annotated[tuple[ViewName, ...], Meta(max_length=3)]
Stats = Annotated[tuple[Annotated[str, Meta(max_length=100)], ...], Meta(max_length=20)]


class Position(Struct, frozen=True, omit_defaults=True):
    """How far somebody knows a session.

    edit: the id of the edit at that revision ("" at the start of an epoch), and at: when that was
    decided, in milliseconds since 1970 (0, or absent: not known). They prove that both sides mean
    the same history: a log that went back may come to the same edit at the same revision on top
    of other edits, but not by the same decision.
    """

    epoch: Epoch
    revision: Revision
    edit: Annotated[str, Meta(max_length=64)] = ""
    at: Moment = 0

    @property
    def where(self) -> tuple[str, int, str]:
        """The position without its time, which not everybody knows."""
        return self.epoch, self.revision, self.edit

    def proves(self, edit: str, at: int) -> bool:
        """Whether this edit, decided at this time, is the one here. at: 0: not known."""
        return self.edit == edit and (0 in (self.at, at) or self.at == at)


class Close(IntEnum):
    """Why the server closes a socket."""

    DONE = 1000
    TOO_BIG = 1009
    RESTARTING = 1012
    TRY_AGAIN = 1013
    MALFORMED = 4400
    NOT_AUTHENTICATED = 4401
    NOT_ALLOWED = 4403
    NO_SESSION = 4404
    NO_JOIN = 4408
    REPLACED = 4409
    TOO_MANY = 4429


COME_BACK = frozenset((Close.RESTARTING, Close.TRY_AGAIN))  # the client does so by itself


class Closing(Exception):  # noqa: N818 - not an error of ours
    """A peer broke the protocol or lost its right to be here: close its socket.

    retry_after: seconds after which they may come back; 0.0: not at all.
    """

    def __init__(self, code: Close, reason: str, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.retry_after = retry_after


encode = msgspec.json.Encoder().encode

"""What clients send, and how it is read.

Messages may have fields that this version does not know (they are ignored), operations may not.
"""

from typing import Annotated, get_args

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from calc.build import Build, GameId, OptionalGameId, Title
from calc.operations import Operation
from server.protocol import (
    ClientId,
    Close,
    Closing,
    EditId,
    MessageId,
    Name,
    Position,
    Revision,
    Secret,
    Stats,
    Token,
    Views,
    Words,
)
from server.server_messages import Refused


class Join(Struct, frozen=True, tag="join", omit_defaults=True):
    """The first message. A token, or an invitation's secret and a display name, or both.

    token: a guest's or an account's, or an API key (see the REST interface). invitation: what
    follows `#` in a link; who may be here already needs none. name: how others see whoever comes
    for the first time; else the token's.
    client: drawn once per tab or program; a second socket with the same one replaces the first.
    resume: the newest position that the client has, if it was here before, with the `edit` and the
    `at` that it was sent there: what was missed follows if both are what they are here.
    views: what the client wants to be sent; absent is everything. "build" is the build, and what
    is changed, found and proposed; "people" who is here, where they look, and what they say.
    stats: keys of the totals that it wants; none is all of them.
    """

    token: Token | UnsetType = UNSET
    invitation: Secret | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    client: ClientId | UnsetType = UNSET
    resume: Position | UnsetType = UNSET
    views: Views | UnsetType = UNSET
    stats: Stats = ()
    id: MessageId | UnsetType = UNSET


class Edit(Struct, frozen=True, tag="edit"):
    """Apply these operations as one: all of them or none.

    id: a fresh UUID, counted per person: sent twice, applied once.
    base: the revision that the person was looking at; stays the same when sent again.
    """

    id: EditId
    base: Revision
    operations: Annotated[tuple[Operation, ...], Meta(min_length=1)]


class Undo(Struct, frozen=True, tag="undo"):
    """Take back the newest own edit that is in effect; an edit itself, so `id` and `base` mean
    the same. What others have changed since in the same place stays."""

    id: EditId
    base: Revision


class Redo(Struct, frozen=True, tag="redo"):
    """Make the newest own undone edit again; possible until the person makes a new one."""

    id: EditId
    base: Revision


class Want(Struct, frozen=True, tag="views", omit_defaults=True):
    """Be sent something else from now on; what is needed to begin with (a `snapshot`, `totals`,
    `people`) comes at once.

    views, stats: as in `join`.
    """

    views: Views
    stats: Stats = ()
    id: MessageId | UnsetType = UNSET


class Propose(Struct, frozen=True, tag="propose", omit_defaults=True):
    """Propose an edit to those who may edit. id: a fresh UUID: sent twice, proposed once."""

    id: EditId
    operations: Annotated[tuple[Operation, ...], Meta(min_length=1)]
    title: Title = ""


class Decide(Struct, frozen=True, tag="decide"):
    """Take a proposal (`accept`), as one edit and once however many press; or decline it. Its
    author withdraws it so."""

    id: MessageId
    proposal: EditId
    accept: bool


class Preview(Struct, frozen=True, tag="preview"):
    """What would the totals be? Answered by `previewed`, or `refused` as the edit would be."""

    id: MessageId
    operations: Annotated[tuple[Operation, ...], Meta(min_length=1)]


class Explain(Struct, frozen=True, tag="explain"):
    """Where does this total come from? stat: its key."""

    id: MessageId
    stat: Annotated[str, Meta(max_length=100)]


class Inspect(Struct, frozen=True, tag="inspect"):
    """What does one use of a power cost and do, before and after slotting? power: its id."""

    id: MessageId
    power: GameId


class Focus(Struct, frozen=True, tag="focus", omit_defaults=True):
    """What the person looks at or drags; shown to others, newest wins.

    power, slot: by their ids. picker: what is open, as the page names it. dragging: whether it
    is being moved. All absent: nothing.
    """

    power: OptionalGameId = ""
    slot: Annotated[str, Meta(max_length=32)] = ""
    picker: Annotated[str, Meta(max_length=40, pattern=r"^[A-Za-z0-9_.-]*\Z")] = ""
    dragging: bool = False
    id: MessageId | UnsetType = UNSET


class Say(Struct, frozen=True, tag="say", omit_defaults=True):
    """Say something to everybody here. id: sent twice, said once."""

    text: Words
    id: MessageId | UnsetType = UNSET


class Renew(Struct, frozen=True, tag="renew", omit_defaults=True):
    """Stay after the token that one came with expires. token: a newer one of the same person."""

    token: Token
    id: MessageId | UnsetType = UNSET


class Ping(Struct, frozen=True, tag="ping"):
    """Answered by `pong` with the same id: shows that the line is alive."""

    id: MessageId


class GoBack(Struct, frozen=True):
    """Bring back the build that was there at an earlier revision; it is asked for by REST.

    build: that one, or why there is none, for who did not ask for the same before.
    unchanged: refuse it when anything has happened since `base`.
    """

    id: EditId
    base: Revision
    revision: Revision
    build: Build | Refused
    unchanged: bool = False


class UndoWork(Struct, frozen=True):
    """Take back all that a person did after a revision, as far as it can be; asked for by REST."""

    id: EditId
    base: Revision
    person: str
    since: Revision = 0
    unchanged: bool = False


Asked = Edit | Undo | Redo
Making = Asked | GoBack | UndoWork
"""What comes to a change, and is remembered by its id."""

ClientMessage = (
    Join
    | Asked
    | Propose
    | Decide
    | Preview
    | Explain
    | Inspect
    | Focus
    | Say
    | Want
    | Renew
    | Ping
)


class _Envelope(Struct):
    """What a message needs to have for us to answer it at all."""

    type: str
    id: msgspec.Raw = msgspec.Raw()


_TYPES = frozenset(each.__struct_config__.tag for each in get_args(ClientMessage))
_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_envelope_decoder = msgspec.json.Decoder(_Envelope)
_id_decoder: msgspec.json.Decoder[str] = msgspec.json.Decoder(MessageId)


def decode(frame: bytes | str) -> ClientMessage | Refused:
    """Read a client's message. A known type with wrong fields is a `Refused`.

    Raises Closing (4400) when it is not JSON, or has no known type.
    """
    try:
        return _decoder.decode(frame)
    except msgspec.ValidationError as error:
        return _invalid(frame, str(error))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Closing(Close.MALFORMED, "The message is not valid JSON.") from error


def _invalid(frame: bytes | str, problem: str) -> Refused:
    try:
        envelope = _envelope_decoder.decode(frame)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Closing(Close.MALFORMED, "The message has no type.") from error
    if envelope.type not in _TYPES:
        raise Closing(Close.MALFORMED, "The message has a type that this server does not know.")
    reason, _, path = problem.partition(" - at ")
    if "matching regex" in reason:  # which is in the reference
        reason = "It has characters that are not allowed there, or too few or too many."
    return Refused(
        "invalid",
        reason,
        id=_id(envelope.id),
        path=path.strip("`") or "$",
    )


def _id(raw: msgspec.Raw) -> str | UnsetType:
    try:
        return _id_decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeError):
        return UNSET

"""The reference of the live protocol: an AsyncAPI 3 document made from the message Structs.

What a field means is read from its Struct's docstring (`field: meaning.`), so nothing is written
twice. The document that is served is `asyncapi.json` beside this module; `make reference` writes
it anew, with an example of every message that a test has seen on a real socket.
"""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import msgspec
from msgspec import Struct

from calc.rulebook import RULES
from server.client_messages import ClientMessage
from server.protocol import VERSION, Close
from server.reference.schemas import SCHEMAS, described, schemas
from server.server_messages import ServerMessage
from server.settings import Settings
from server.web.admission import TOO_OFTEN_S

PATH = Path(str(files("server.reference"))) / "asyncapi.json"
ADDRESS = "/api/v1/sessions/{session}/live"
SHOWN_TOTALS = 3  # of a message's totals, in an example

ABOUT = f"""A session is one City of Heroes build that people edit together, live.

One WebSocket a session, JSON text frames, subprotocol `{VERSION}` (optional). Credentials never
travel in the URL: the first frame is `join`, within five seconds. The server answers `welcome`,
and then a `snapshot` or the `change`s that were missed. From then on everybody is sent what was
committed; a client needs no rules of the game to stay in step.

Any message may carry an `id`; a refusal repeats it. A known `type` with wrong fields is `refused`
(code `invalid`, with the field's path); what is not JSON, or has no known `type`, closes the socket
with 4400. Ignore types and fields that you do not know: newer servers have more of them. The
server does the same, except inside an operation, where a field that it does not know is refused.

On one connection the revisions of `change` rise by exactly one, and `accepted` never comes before
its change or a snapshot that holds it (it may come before an `update` or `totals` that does: these
come at a bounded rate). Others' changes, and answers to other messages, may come in between.

Whoever comes back sends its newest position as `resume`: the `epoch` of the newest `welcome` or
`snapshot`, and `revision`, `edit` and `at` of the newest `snapshot`, `change` or `update`.
`welcome.resumed` says what follows. An edit that was not answered when the line dropped is sent
again, unchanged, after what was missed: it is made once, however often it is sent. Wait longer
after each failure, each client another time (jitter).

Where `resumed` is `snapshot`, the server may have lost what it had accepted (a failover, a backup):
a client that surely has all that its person made after `welcome.revision` sends its newest accepted
edits again, each once the one before is answered for good, and all other edits after them. It does
not have all where it was sent a later `snapshot`, `update` or `totals`, or a later `change` by its
person that it did not ask for, or one that takes its work back (`restores`, `undoes_work`), or
where a later `undo` or `redo` was about an edit from before. What is there is `accepted` as before;
of what was lost some may be `refused` now: then no `undo` or `redo` after it is sent again.
Where a `reset` is followed by a `snapshot` of another epoch, the server itself makes again what it
still knows: the client does the same after its next `welcome`, whatever `resumed` says.

What is over a rate (`welcome.limits`) is `refused` with `retry_after`. Whoever goes on regardless
is closed with 4429; so is who sends more than 100 frames a second that are no whole message: pings,
and pieces of messages (1,000 at once), who has one session open too often at once, and who comes
too often from one address."""

# What each request is answered with, besides `refused`.
ANSWERS: Mapping[str, tuple[str, ...]] = {
    "join": ("welcome",),
    "edit": ("accepted",),
    "undo": ("accepted",),
    "redo": ("accepted",),
    "propose": ("proposal",),
    "decide": ("accepted", "proposal"),
    "preview": ("previewed",),
    "explain": ("explained",),
    "inspect": ("inspected",),
    "say": ("said",),
    "renew": ("renewed",),
    "ping": ("pong",),
}

TOO_MANY = f"""Too many: messages after refusals; frames that are no whole messages; sockets and
streams of one person in a session ({Settings().sockets_per_person} by one process, unless the
server is set up otherwise; `goodbye.retry_after` is {TOO_OFTEN_S:g} then); connections, or new
guests, from one address.""".replace("\n", " ")

# What a client should make of each close: the meaning, and whether to come back.
CLOSES: Mapping[int, tuple[str, str]] = {
    Close.DONE: ("Done.", "no"),
    1002: (
        "A frame is no frame: compressed unasked, unmasked, out of turn.",
        "no: mend the client",
    ),
    1007: ("The reason of your own close is not UTF-8.", "no: mend the client"),
    Close.TOO_BIG: ("A frame was larger than `welcome.limits.frame_bytes`.", "with smaller ones"),
    Close.RESTARTING: (
        "The server restarts, or the session moved to a newer release.",
        "after `goodbye.retry_after`, with jitter; resume",
    ),
    Close.TRY_AGAIN: (
        "The session cannot be served just now, or you read nothing for long.",
        "after a second, with jitter; resume",
    ),
    Close.MALFORMED: (
        "A frame was not JSON text (a lone surrogate is none), or of no known type.",
        "no: mend the client",
    ),
    Close.NOT_AUTHENTICATED: ("No valid token, or it has expired.", "with another token"),
    Close.NOT_ALLOWED: (
        "No right to be here: revoked, removed, a full session, or a foreign page.",
        "no",
    ),
    Close.NO_SESSION: ("There is no such session, or it has ended.", "no"),
    Close.NO_JOIN: ("No `join` came in time.", "yes"),
    Close.REPLACED: ("The same `client` joined elsewhere.", "no: it would replace that one"),
    Close.TOO_MANY: (
        TOO_MANY,
        "after `goodbye.retry_after`, or a second; send less, or close others",
    ),
}

# Why something is refused, besides the game's rules, which the rule book has. Only what is "for
# now" is worth sending again as it is.
REFUSALS: Mapping[str, str] = {
    "invalid": "A field is missing or wrong: `path` names it.",
    "not_allowed": "Your role does not allow it.",
    "insufficient_scope": "The API key that you joined with is for less than this.",
    "locked": "The session is locked.",
    "too_many": "For now: over a rate. Send the same again after `retry_after`.",
    "unavailable": "For now: it cannot be kept, or it is not known whether it was, and it may be "
    "made all the same. Send the same again, with its `id`, after `retry_after`: it is made once.",
    "too_many_operations": "More operations than `welcome.limits.operations_per_edit`.",
    "changed_meanwhile": "A value is not what the operation `expects`; `by` changed it.",
    "nothing_to_undo": "No edit of yours can be undone; `passed_over` says why.",
    "no_difference": "By REST: the build is what it was at that revision.",
    "nothing_to_redo": "No undone edit of yours can be made again.",
    "id_reused": "The id was used for something else.",
    "too_old": "The edit's `base` is too old to tell whether it was made already.",
    "lost": "It was accepted, and a failure of the store lost it.",
    "already_joined": "A second `join` on a socket.",
    "already_decided": "It was decided by somebody else, or otherwise, before.",
    "no_proposal": "There is no such proposal.",
    "too_many_proposals": "Too many proposals wait for a decision.",
    "unknown_stat": "There is no such stat.",
    "not_authenticated": "The token of a `renew` is not valid.",
    "expired": "The token of a `renew` has expired.",
    "internal": "Our fault; nothing was changed.",
}


def client_messages() -> dict[str, type[Struct]]:
    """The Structs that a client sends, by their `type`."""
    return _by_tag(ClientMessage)


def server_messages() -> dict[str, type[Struct]]:
    """The Structs that a server sends, by their `type`."""
    return _by_tag(ServerMessage)


def document(examples: Mapping[str, Any]) -> dict[str, Any]:
    """The AsyncAPI document. examples: a payload for each message, by its `type`."""
    sent, told = client_messages(), server_messages()
    messages = {
        kind: _message(kind, struct, examples.get(kind)) for kind, struct in (sent | told).items()
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Cohort: the live protocol",
            "version": VERSION.removeprefix("cohort.v"),
            "description": ABOUT,
        },
        "defaultContentType": "application/json",
        "channels": {"session": _channel(messages)},
        "operations": {
            **{kind: _operation(kind, "receive") for kind in sent},
            **{kind: _operation(kind, "send") for kind in told},
        },
        "components": {"schemas": _schemas((*sent.values(), *told.values()))},
    }


def examples_of(reference: Mapping[str, Any]) -> dict[str, Any]:
    """The payloads that a document shows, by their message's `type`."""
    messages = reference["channels"]["session"]["messages"]
    return {
        kind: message["examples"][0]["payload"]
        for kind, message in messages.items()
        if "examples" in message
    }


def shortened(payload: Any) -> Any:
    """An example with the first few of its totals: a snapshot has hundreds."""
    totals = payload.get("totals") if isinstance(payload, dict) else None
    if not isinstance(totals, dict) or len(totals) <= SHOWN_TOTALS:
        return payload
    return {**payload, "totals": dict(list(totals.items())[:SHOWN_TOTALS])}


def encode(reference: Mapping[str, Any]) -> bytes:
    """As it is kept: readable, and the same for the same document."""
    return msgspec.json.format(msgspec.json.encode(reference), indent=1) + b"\n"


def _by_tag(union: Any) -> dict[str, type[Struct]]:
    structs: tuple[type[Struct], ...] = get_args(union) or (union,)
    return {str(struct.__struct_config__.tag): struct for struct in structs}


def _channel(messages: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": ADDRESS,
        "title": "A live session",
        "parameters": {"session": {"description": "The session's id, as in its link: /s/{id}."}},
        "messages": messages,
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
        "x-close-codes": {
            str(int(code)): {"meaning": meaning, "reconnect": reconnect}
            for code, (meaning, reconnect) in CLOSES.items()
        },
        "x-refusal-codes": {
            **{code: {"meaning": meaning} for code, meaning in REFUSALS.items()},
            **{
                rule.code: {"meaning": rule.sentence, "rule": rule.id}
                for rule in RULES
                if rule.refuses
            },
        },
    }


def _message(kind: str, struct: type[Struct], example: Any) -> dict[str, Any]:
    text, _ = described(struct)
    summary, _, rest = text.partition("\n\n")
    message: dict[str, Any] = {
        "name": kind,
        "title": struct.__name__,
        "summary": summary,
        "payload": {"$ref": SCHEMAS + struct.__name__},
    }
    if rest:
        message["description"] = rest
    if example is not None:
        message["examples"] = [{"name": kind, "payload": example}]
    return message


def _operation(kind: str, action: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "action": action,
        "channel": {"$ref": "#/channels/session"},
        "messages": [_reference(kind)],
    }
    if action == "receive":
        known = server_messages()
        answers = [each for each in (*ANSWERS.get(kind, ()), "refused") if each in known]
        operation["reply"] = {
            "channel": {"$ref": "#/channels/session"},
            "messages": [_reference(each) for each in answers],
        }
    return operation


def _reference(kind: str) -> dict[str, str]:
    return {"$ref": f"#/channels/session/messages/{kind}"}


def _schemas(structs: tuple[type[Struct], ...]) -> Any:
    return _named_alone(schemas(structs)[1])


def _named_alone(schema: Any) -> Any:
    """With discriminators as AsyncAPI has them: the field's name alone."""
    if isinstance(schema, list):
        return [_named_alone(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    named = {key: _named_alone(value) for key, value in schema.items()}
    if isinstance(named.get("discriminator"), dict):
        named["discriminator"] = named["discriminator"]["propertyName"]
    return named

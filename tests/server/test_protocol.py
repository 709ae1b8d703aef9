"""Messages: what is read, what is refused, and what closes the socket."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calc.operations import SetLevel
from server.client_messages import Edit, Join, Ping, decode
from server.protocol import Close, Closing, Position, encode
from server.server_messages import Refused


def close_code(frame: bytes) -> Close | None:
    """With which a frame closes the socket, if it does."""
    try:
        decode(frame)
    except Closing as closing:
        return closing.code
    return None


names = st.text(st.characters(codec="utf-8"), max_size=45)


def test_a_message_is_read_back() -> None:
    for message in (
        Join(token="t", client="tab-1", resume=Position("k3v9", 41, "e")),
        Edit("12345678", 0, (SetLevel(3),)),
        Ping("p"),
    ):
        assert decode(encode(message)) == message


def test_fields_of_a_newer_client_are_ignored_in_messages_but_not_in_operations() -> None:
    ping = b'{"type": "ping", "id": "p", "color": "red"}'
    assert decode(ping) == Ping("p")
    edit = (
        b'{"type": "edit", "id": "12345678", "base": 0,'
        b' "operations": [{"type": "set_level", "level": 3, "color": "red"}]}'
    )
    refused = decode(edit)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.path, refused.id) == ("invalid", "$.operations[0]", "12345678")


@pytest.mark.parametrize("id_field", ["5", '"' + "x" * 65 + '"', "null", "[[[]]]"])
def test_a_refusal_repeats_only_an_id_that_is_one(id_field: str) -> None:
    refused = decode(f'{{"type": "ping", "id": {id_field}}}')
    assert isinstance(refused, Refused)
    assert refused.id is msgspec.UNSET


@pytest.mark.parametrize(
    "frame",
    [b"", b"null", b"[]", b"{}", b'{"type": 1}', b'{"type": "x"}', b"\xff", b"[" * 99999, b"{"],
)
def test_what_is_no_message_closes_with_4400(frame: bytes) -> None:
    with pytest.raises(Closing) as closing:
        decode(frame)
    assert closing.value.code == Close.MALFORMED


@given(st.binary(max_size=80))
def test_any_bytes_are_a_message_or_a_documented_answer(frame: bytes) -> None:
    assert close_code(frame) in (None, Close.MALFORMED)


@given(st.recursive(st.none() | st.booleans() | st.floats() | names, st.lists, max_leaves=5))
def test_any_json_in_any_field_is_a_message_or_a_documented_answer(value: object) -> None:
    for fields in (
        {"type": "edit", "id": value, "base": 0, "operations": [{"type": "set_level", "level": 1}]},
        {"type": "edit", "id": "12345678", "base": value, "operations": []},
        {"type": "edit", "id": "12345678", "base": 0, "operations": value},
        {"type": "join", "token": value, "resume": value},
        {"type": value},
    ):
        assert close_code(msgspec.json.encode(fields)) in (None, Close.MALFORMED)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\u202eb", "x" * 41, "a\u0000"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    refused = decode(encode(Join(name=name)))
    assert isinstance(refused, Refused)
    assert refused.path == "$.name"
    assert "regex" not in refused.message  # which a player may read


@pytest.mark.parametrize("name", ["Nova", "Ænima of the 7th", "日本", "🦸 x", "O'Neil"])
def test_names_of_people_are_names(name: str) -> None:
    assert decode(encode(Join(name=name))) == Join(name=name)


@pytest.mark.parametrize("operation", ["set_powerset", "set_archetype"])
def test_a_powerset_or_archetype_can_be_unset(operation: str) -> None:
    fields = '"role":"epic","powerset":""' if operation == "set_powerset" else '"archetype":""'
    made = f'{{"type":"{operation}",{fields}}}'
    frame = f'{{"type":"edit","id":"01234567","base":0,"operations":[{made}]}}'
    assert isinstance(decode(frame), Edit)


LEVEL: dict[str, object] = {"type": "set_level", "level": 3}
WITH_OPERATIONS: list[dict[str, object]] = [
    {"type": "edit", "id": "01234567", "base": 0},
    {"type": "preview", "id": "p1"},
    {"type": "propose", "id": "01234567"},
]
OTHERS: list[dict[str, object]] = [
    {"type": "undo", "id": "01234567", "base": 0},
    {"type": "redo", "id": "01234567", "base": 0},
    {"type": "decide", "id": "d1", "proposal": "01234567", "accept": True},
    {"type": "explain", "id": "x1", "stat": "health.max"},
    {"type": "focus"},
    {"type": "say", "text": "Hello"},
    {"type": "renew", "token": "t"},
    {"type": "ping", "id": "p1"},
]


@pytest.mark.parametrize("message", OTHERS, ids=lambda message: str(message["type"]))
def test_unknown_fields_of_messages_are_ignored(message: dict[str, object]) -> None:
    newer = msgspec.json.encode({**message, "of_a_newer_page": {"x": [1]}})
    assert decode(newer) == decode(msgspec.json.encode(message))
    assert not isinstance(decode(newer), Refused)


@pytest.mark.parametrize("message", WITH_OPERATIONS, ids=lambda message: str(message["type"]))
def test_unknown_fields_are_ignored_around_operations_and_refused_in_them(
    message: dict[str, object],
) -> None:
    newer = {**message, "operations": [LEVEL], "of_a_newer_page": 1}
    assert not isinstance(decode(msgspec.json.encode(newer)), Refused)
    newer["operations"] = [LEVEL, {**LEVEL, "of_a_newer_page": 1}]
    answer = decode(msgspec.json.encode(newer))
    assert isinstance(answer, Refused)
    assert (answer.code, answer.path) == ("invalid", "$.operations[1]")
    assert answer.id == message["id"]


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ({"type": "undo", "id": "short", "base": 0}, "$.id"),
        ({"type": "redo", "id": "01234567", "base": -1}, "$.base"),
        ({"type": "preview", "id": "p1", "operations": []}, "$.operations"),
        ({"type": "preview", "id": "x" * 65, "operations": [LEVEL]}, "$.id"),
        ({"type": "propose", "id": "01234567", "operations": [LEVEL], "title": 3}, "$.title"),
        ({"type": "decide", "id": "d1", "proposal": "01234567", "accept": "yes"}, "$.accept"),
        ({"type": "decide", "id": "d1", "proposal": "01234567"}, "$"),
        ({"type": "explain", "id": "x1", "stat": "s" * 101}, "$.stat"),
        ({"type": "focus", "slot": "s" * 33}, "$.slot"),
        ({"type": "focus", "picker": "<b>"}, "$.picker"),
        ({"type": "focus", "dragging": 1}, "$.dragging"),
        ({"type": "say", "text": "x" * 501}, "$.text"),
        ({"type": "say", "text": "a\u2066b"}, "$.text"),
        ({"type": "renew", "token": ""}, "$.token"),
        ({"type": "ping"}, "$"),
    ],
    ids=str,
)
def test_bad_input_is_refused_with_its_path(message: dict[str, object], path: str) -> None:
    answer = decode(msgspec.json.encode(message))
    assert isinstance(answer, Refused)
    assert (answer.code, answer.path) == ("invalid", path)

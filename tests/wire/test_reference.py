"""The reference of the live protocol says what the server does: with what tests have seen."""

import ast
import asyncio
import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

import server
from calc.rulebook import RULES
from server.protocol import MAX_SAID
from server.reference import asyncapi, asyncapi_page
from server.server_messages import Limits
from server.settings import Settings
from tests.wire.serving import Server
from tests.wire.tour import tour

SCHEMA = Path(__file__).parents[2] / ".venv/npm/node_modules/@asyncapi/specs/schemas/3.0.0.json"
MESSAGES = {**asyncapi.client_messages(), **asyncapi.server_messages()}


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A frame of each message, as it was on a socket."""
    server = Server(
        tmp_path_factory.mktemp("tour"),
        outbox_bytes="20000",
        edits_per_second="1000",
        edits_burst="1000",
        edit_bytes_burst="1000000000",
        operations_burst="100000",
        operations_per_second="100000",
        messages_per_second="1000",
    )
    return asyncio.run(tour(server))


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    kept: dict[str, Any] = msgspec.json.decode(asyncapi.PATH.read_bytes())
    return kept


def test_the_reference_is_up_to_date(
    frames: dict[str, Any], reference: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    """`make reference` writes it anew."""
    if request.config.getoption("--write-reference"):
        kept = asyncapi.examples_of(reference)
        examples = {
            kind: kept[kind] if is_like(kept.get(kind), frame) else asyncapi.shortened(frame)
            for kind, frame in frames.items()
        }
        asyncapi.PATH.write_bytes(asyncapi.encode(asyncapi.document(examples)))
        return
    examples = asyncapi.examples_of(reference)
    assert asyncapi.PATH.read_bytes() == asyncapi.encode(asyncapi.document(examples)), (
        "the messages have changed: run `make reference`"
    )


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_test_has_seen_each_message(frames: dict[str, Any], kind: str) -> None:
    assert kind in frames, f"tests/wire/tour.py does not come by a {kind!r}"


@pytest.mark.parametrize("kind", MESSAGES)
def test_each_example_is_as_a_test_has_seen_it(
    frames: dict[str, Any], reference: dict[str, Any], kind: str
) -> None:
    assert is_like(asyncapi.examples_of(reference)[kind], frames[kind]), "run `make reference`"


def is_like(example: Any, frame: dict[str, Any]) -> bool:
    """Whether an example has the fields of a frame, and is such a message with all that it has."""
    timed = frame["type"] == "people"  # who comes and goes at the same time is told as one
    if example is None or (set(example) != set(frame) and not timed):
        return False
    with suppress(msgspec.ValidationError):
        message = msgspec.convert(example, MESSAGES[frame["type"]])
        if frame["type"] in asyncapi.client_messages():
            return True  # they may leave out what they like
        if example.get("limits") != frame.get("limits"):
            return False
        return bool(msgspec.json.decode(msgspec.json.encode(message)) == example)
    return False


def test_the_welcome_shows_the_limits_of_a_server_that_nobody_set_up(
    reference: dict[str, Any],
) -> None:
    shown = asyncapi.examples_of(reference)["welcome"]
    usual = msgspec.structs.asdict(Settings()) | {"said_characters": MAX_SAID}
    limits = {name: usual[name] for name in Limits.__struct_fields__}
    assert (shown["limits"], shown["heartbeat_s"]) == (limits, usual["heartbeat_s"])


def test_the_reference_is_valid_asyncapi(reference: dict[str, Any]) -> None:
    if not SCHEMA.exists():
        pytest.skip("npm has not fetched AsyncAPI's own schema: `make test` does where it can")
    official = jsonschema_rs.validator_for(json.loads(SCHEMA.read_bytes()))
    assert [error.message for error in official.iter_errors(reference)] == []
    operation = {**reference["operations"]["edit"], "action": "levitate"}
    broken = {**reference, "operations": {**reference["operations"], "edit": operation}}
    assert not official.is_valid(broken)


@pytest.mark.parametrize("kind", MESSAGES)
def test_each_frame_holds_to_its_schema(frames: dict[str, Any], kind: str) -> None:
    """What a client's author reads is what comes."""
    components = asyncapi.document({})["components"]
    schema = {"$ref": f"#/components/schemas/{MESSAGES[kind].__name__}"}
    held = jsonschema_rs.validator_for({**schema, "components": components})
    assert [error.message for error in held.iter_errors(frames[kind])] == []


def test_every_close_code_has_its_meaning() -> None:
    assert set(asyncapi.CLOSES) == {*asyncapi.Close, 1002, 1007}  # two are the library's own


def test_every_refusal_code_has_its_meaning() -> None:
    by_rest_alone = {"no_session", "no_member", "no_revision", "not_found", "too_many_members"}
    named = set()
    sources = Path(server.__path__[0])
    said = set(sources.rglob("*.py")) - set((sources / "client").rglob("*.py"))
    for path in said:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    func=ast.Name("Refused" | "AccessError"), args=[ast.Constant(str(code)), *_]
                ):
                    named.add(code)
    assert {"invalid", "too_old", "already_decided"} <= named
    rules = {rule.code for rule in RULES if rule.refuses}
    assert named - by_rest_alone <= set(asyncapi.REFUSALS) | rules
    assert not rules & set(asyncapi.REFUSALS)


def test_the_page_shows_every_message_field_and_close_code(reference: dict[str, Any]) -> None:
    page = asyncapi_page.page(reference)
    for kind, struct in MESSAGES.items():
        start = page.index(f'<article id="{kind}">')
        article = page[start : page.index("</article>", start)]
        assert "<pre>" in article
        for field in msgspec.structs.fields(struct):
            assert f"<code>{field.encode_name}</code>" in article
        assert ("Not answered, unless it is" in article) == (kind in ("focus", "views"))
    for code in asyncapi.CLOSES:
        assert f"<code>{int(code)}</code>" in page
    for code in (*asyncapi.REFUSALS, *(rule.code for rule in RULES if rule.refuses)):
        assert f"<code>{code}</code>" in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert "<script" not in page
    assert "style=" not in page

"""The REST interface's document says what the server does: with what tests have seen."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import schemathesis
from litestar import Litestar

import server
from gamedata import starter
from server.app import create_app
from server.reference import openapi
from server.settings import Settings
from server.web.codes import CODES
from tests.wire.login_provider import LoginProvider
from tests.wire.rest_tour import Seen, tour
from tests.wire.serving import Server

JSON = "application/json"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """An application that nobody starts."""
    return create_app(
        Settings(
            gamedata=starter.path(),
            redis_url="redis://127.0.0.1:1",
            data_dir=tmp_path_factory.mktemp("app"),
        )
    )


@pytest.fixture(scope="module")
def document(app: Litestar) -> dict[str, Any]:
    """As it is kept."""
    return openapi.document(app, openapi.read_examples())


@pytest.fixture(scope="module")
def examples(rest_server: Server, login_provider: LoginProvider) -> dict[str, Any]:
    """What was sent and answered in a walk by all calls."""
    return tour(rest_server, login_provider)


def each_operation(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield f"{method.upper()} {path}", operation


def test_the_examples_are_up_to_date(
    examples: dict[str, Any], document: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    """`make reference` writes them anew."""
    kept = openapi.read_examples()
    if request.config.getoption("--write-reference"):
        fresh = {
            each["operationId"]: kept[each["operationId"]]
            if is_like(kept.get(each["operationId"]), examples[each["operationId"]])
            else examples[each["operationId"]]
            for _, each in each_operation(document)
        }
        openapi.EXAMPLES.write_bytes(openapi.encode_examples(fresh))
        return
    named = [each["operationId"] for _, each in each_operation(document)]
    assert [each for each in named if each not in examples] == [], "extend tests/wire/rest_tour.py"
    stale = [each for each in named if not is_like(kept.get(each), examples[each])]
    assert stale == [], "run `make reference`"
    assert sorted(kept) == sorted(named)


def is_like(kept: Any, seen: dict[str, Any]) -> bool:
    """Whether an example has the fields of what was seen."""
    if kept is None or set(kept) != set(seen):
        return False
    return all(_fields(kept[part]) == _fields(seen[part]) for part in seen)


def _fields(part: Any) -> set[str]:
    if isinstance(part, list):
        return _fields(part[0]) if part else set()
    return set(part) if isinstance(part, dict) else set()


def test_each_example_holds_to_its_schema(
    examples: dict[str, Any], document: dict[str, Any]
) -> None:
    """Those that are kept, and what the server just answered."""
    components = document["components"]
    wrong = []
    for seen in (openapi.read_examples(), examples):
        for name, operation in each_operation(document):
            shown = seen[operation["operationId"]]
            good = next(iter(operation["responses"].values()))
            for part, content in (
                ("request", operation.get("requestBody", {}).get("content", {})),
                ("response", good.get("content", {})),
            ):
                assert (part in shown) == bool(content) or "text/event-stream" in content, name
                for described in content.values():
                    if part in shown:
                        held = jsonschema_rs.validator_for(
                            {**described["schema"], "components": components}
                        )
                        errors = held.iter_errors(shown[part])
                        wrong += [f"{name} {part}: {error.message}" for error in errors]
    assert wrong == []


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    # Newer editions of the official schema let these be relative.
    flow = document["components"]["securitySchemes"]["password"]["flows"]["password"]
    absolute = {key: f"https://cohort.example{flow[key]}" for key in ("tokenUrl", "refreshUrl")}
    document = msgspec.json.decode(msgspec.json.encode(document))
    document["components"]["securitySchemes"]["password"]["flows"]["password"] |= absolute
    schemathesis.openapi.from_dict(document).validate()
    broken = {**document, "paths": {"/x": {"get": {"responses": 3}}}}
    with pytest.raises(jsonschema_rs.ValidationError):
        schemathesis.openapi.from_dict(broken).validate()


def test_every_schema_is_a_schema(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.validator_for({**schema, "components": document["components"]})


def test_every_call_says_all_that_there_is_to_say(document: dict[str, Any]) -> None:
    tags = {each["name"] for each in document["tags"]}
    for name, operation in each_operation(document):
        assert operation["summary"], name
        assert len(operation["tags"]) == 1, name
        assert tags.issuperset(operation["tags"]), name
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (name, parameter["name"])
        assert {"429", "500"} <= set(operation["responses"]), name
        if operation.get("security"):
            assert {"401", "403"} <= set(operation["responses"]), name
        for status, response in operation["responses"].items():
            if int(status) < 400:
                continue
            assert "application/problem+json" in response["content"], name
            for content in response["content"].values():
                codes = content["schema"]["properties"]["code"]["enum"]
                assert set(codes) == set(content["examples"]), name
            assert ("headers" in response) == (status in ("429", "503"))


def test_every_call_is_described_by_its_own_docstring(document: dict[str, Any]) -> None:
    """Not by that of what a library wrapped its function in."""
    written: dict[str, list[list[str]]] = {}
    for path in Path(server.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                written.setdefault(node.name, []).append((ast.get_docstring(node) or "").split())
    strange = [
        name
        for name, operation in each_operation(document)
        if operation["description"].split() not in written[operation["operationId"]]
    ]
    assert strange == []


def test_what_a_handler_says_of_its_answer_is_told(document: dict[str, Any]) -> None:
    paths = document["paths"]
    stream = paths["/api/v1/sessions/{session_id}/totals/stream"]["get"]["responses"]["200"]
    assert stream["description"] == "Events `totals`, and `goodbye` before the server ends it."
    powers = paths["/api/v1/stats/powers"]["get"]["responses"]
    assert powers["200"]["description"] == "The answer."
    assert powers["304"]["description"] == "It is as you have it."


def test_every_code_that_is_known_is_somebodys(document: dict[str, Any]) -> None:
    """What no call answers any more is taken out."""
    told = {
        code
        for _, operation in each_operation(document)
        for response in operation["responses"].values()
        for content in response.get("content", {}).values()
        for code in content.get("examples", ())
    }
    assert set(CODES) - told == {"method_not_allowed"}


def test_an_operation_is_found_by_its_path(document: dict[str, Any]) -> None:
    seen = Seen(document)
    found = seen.operation("GET", "/api/v1/builds/stats")
    assert found is not None
    assert found[0]["operationId"] == "searchable_stats"
    assert msgspec.json.encode(document)

"""What every answer by HTTP has in common, and the pages that are no part of a session."""

import re

import httpx
import pytest

from tests.wire.serving import Owner, Server

PATHS = ["/", "/app.js", "/api/v1/stats", "/health/live", "/docs/live", "/docs/live/asyncapi.json"]


@pytest.fixture(scope="module")
def http(server: Server) -> httpx.Client:
    return httpx.Client(base_url=server.url, timeout=20)


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_the_body(http: httpx.Client, path: str) -> None:
    get, head = http.get(path), http.head(path)
    assert (head.status_code, head.content) == (200, b"")
    dropped = ("date", "content-length", "transfer-encoding", "x-request-id")
    assert [each for each in head.headers.items() if each[0] not in dropped] == [
        each for each in get.headers.items() if each[0] not in dropped
    ]


def test_head_of_what_cannot_be_got_is_refused_as_get_is(http: httpx.Client) -> None:
    assert http.head("/nothing-here.js").status_code == 404
    assert http.head("/api/v1/guests").status_code == 405


def test_a_connection_lives_on_after_head(http: httpx.Client) -> None:
    for _ in range(3):
        assert http.head("/").status_code == 200
        assert http.get("/health/live").json()["status"] == "live"


def test_the_reference_of_the_live_protocol_needs_nothing_from_elsewhere(
    http: httpx.Client,
) -> None:
    page = http.get("/docs/live")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert 'href="http' not in page.text
    assert 'src="' not in page.text
    for stylesheet in ("/style/theme.css", "/style/reference.css"):
        assert f'href="{stylesheet}"' in page.text
        assert http.get(stylesheet).status_code == 200
    again = http.get("/docs/live", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304


def test_the_asyncapi_document_is_served(http: httpx.Client) -> None:
    assert http.get("/docs/live/asyncapi.json").json()["asyncapi"] == "3.0.0"


def test_an_owner_may_ask_for_the_head_of_their_session(server: Server) -> None:
    ann = Owner(server.url)
    path = f"/api/v1/sessions/{ann.session}"
    assert ann.http.head(path).status_code == 401
    bearer = {"Authorization": f"Bearer {ann.token}"}
    assert ann.http.head(path, headers=bearer).status_code == 200


def test_the_rest_interface_has_a_document(http: httpx.Client) -> None:
    document = http.get("/docs/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    paths = document["paths"]
    assert {"/api/v1/totals", "/api/v1/sessions/{session_id}/edits"} <= set(paths)
    edit = paths["/api/v1/sessions/{session_id}/edits"]["post"]
    headers = {
        each["name"]: each["required"] for each in edit["parameters"] if each["in"] == "header"
    }
    assert headers == {"Idempotency-Key": True, "Invitation": False}
    body = edit["requestBody"]["content"]["application/json"]["schema"]
    schemas = document["components"]["schemas"]
    assert set(schemas[body["$ref"].rpartition("/")[2]]["required"]) == {"base", "operations"}
    assert not any(path.startswith("/health") for path in paths)


@pytest.mark.parametrize("body", [b"", b"null", b"[]"])
def test_a_body_that_is_no_object_is_refused_with_a_sentence(
    http: httpx.Client, body: bytes
) -> None:
    """By every call that takes one."""
    told = {}
    for path, operations in http.get("/docs/openapi.json").json()["paths"].items():
        for method, operation in operations.items():
            if "application/json" in operation.get("requestBody", {}).get("content", ()):
                answer = http.request(method, re.sub(r"{\w+}", "x", path), content=body)
                problem = answer.json()
                told[operation["operationId"]] = (problem["code"], problem["detail"])
    assert len(told) > 20
    assert set(told.values()) == {("invalid", "Send a JSON object.")}

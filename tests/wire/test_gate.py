"""What every request passes: hosts, origins, proxies, limits, sizes, and the headers of answers."""

import asyncio
import gzip
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.wire.serving import Owner, Raw, Server

OVERLAY = "https://overlay.example"
SENT = "authorization, content-type, idempotency-key, if-match, invitation, last-event-id"
READ = {"etag", "location", "retry-after", "ratelimit-limit", "ratelimit-remaining"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        tmp_path_factory.mktemp("guarded"),
        origins=OVERLAY,
        hosts="127.0.0.1,cohort.example,*.cohort.example",
        trusted_proxies="127.0.0.1",
        guests_per_minute="3",
        attempts_per_minute="3",
        saves_per_minute="4",
        people_per_address="2",
    )
    yield server
    server.ends_well()


@pytest.fixture(scope="module", autouse=True)
def ann(guarded: Server) -> Owner:
    return Owner(guarded.url)  # before the guests that are too many


@pytest.fixture
def http(guarded: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=guarded.url, timeout=20) as client:
        yield client


def by_way_of(forwarded: str, **more: str) -> dict[str, str]:
    return {"X-Forwarded-For": forwarded, **more}


def new_guest(http: httpx.Client, **headers: str) -> httpx.Response:
    return http.post("/api/v1/guests", json={"name": "Bob"}, headers=headers)


# Headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/app.js", 200),
        ("GET", "/nothing-here.js", 404),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/account", 401),
        ("DELETE", "/api/v1/stats", 405),
        ("POST", "/api/v1/totals", 400),
        ("GET", "/health/live", 200),
    ],
)
def test_every_answer_says_what_a_browser_may_do_with_it(
    http: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = http.request(method, path, content=b"{" if method == "POST" else None)
    assert answer.status_code == status
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy)
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert "strict-transport-security" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert "server" not in answer.headers
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", ["/", "/s/x", "/b/x"])
def test_the_page_makes_no_markup_of_text(http: httpx.Client, path: str) -> None:
    policy = http.get(path).headers["content-security-policy"]
    assert policy.endswith("; require-trusted-types-for 'script'; trusted-types 'none'")


def test_what_is_one_person_s_is_kept_nowhere(http: httpx.Client) -> None:
    assert http.get("/api/v1/account").headers["cache-control"] == "no-store"
    assert "no-store" not in http.get("/api/v1/stats").headers["cache-control"]


def test_over_tls_a_browser_is_told_to_come_by_tls_only(http: httpx.Client) -> None:
    secure = http.get("/", headers={"X-Forwarded-Proto": "https"})
    assert secure.headers["strict-transport-security"] == "max-age=31536000"


# Origins


def test_pages_of_an_allowed_origin_may_call_and_read(http: httpx.Client) -> None:
    asked = http.options(
        "/api/v1/sessions/x/edits",
        headers={
            "Origin": OVERLAY,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": SENT,
        },
    )
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == OVERLAY
    allowed = asked.headers["access-control-allow-headers"].lower().split(", ")
    assert set(SENT.split(", ")) <= set(allowed)
    assert {"PATCH", "PUT", "DELETE"} <= set(
        asked.headers["access-control-allow-methods"].split(", ")
    )
    for path in ("/api/v1/stats", "/api/v1/account", "/api/v1/nothing"):
        answer = http.get(path, headers={"Origin": OVERLAY, "Accept-Encoding": "gzip"})
        assert answer.headers["access-control-allow-origin"] == OVERLAY
        assert set(answer.headers["access-control-expose-headers"].lower().split(", ")) >= READ
        assert "access-control-allow-credentials" not in answer.headers
        assert "Origin" in answer.headers["vary"]


def test_what_is_compressed_still_varies_by_encoding(http: httpx.Client) -> None:
    answer = http.get("/api/v1/stats", headers={"Origin": OVERLAY, "Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert {each.strip() for each in answer.headers["vary"].split(",")} == {
        "Accept-Encoding",
        "Origin",
    }


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", f"{OVERLAY}.evil.example", "http://overlay.example"]
)
def test_pages_of_other_origins_may_not(http: httpx.Client, origin: str) -> None:
    asked = http.options(
        "/api/v1/guests", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}
    )
    answer = http.get("/api/v1/stats", headers={"Origin": origin})
    for each in (asked, answer):
        assert not [name for name in each.headers if name.startswith("access-control")]
    assert "Origin" in answer.headers["vary"]  # no cache may give it to who is allowed


# Hosts


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("cohort.example", 200),
        ("COHORT.example:8443", 200),
        ("eu.cohort.example", 200),
        ("evilcohort.example", 400),
        ("cohort.example.evil.example", 400),
        ("evil.example", 400),
        ("", 400),
    ],
)
def test_only_its_own_names_lead_to_the_server(http: httpx.Client, host: str, status: int) -> None:
    answer = http.get("/api/v1/stats", headers={"Host": host})
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["code"] == "wrong_host"
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_who_looks_after_processes_asks_by_address(http: httpx.Client) -> None:
    assert http.get("/health/live", headers={"Host": "10.0.0.7:8000"}).status_code == 200


async def test_a_live_socket_learns_that_the_host_is_wrong(guarded: Server) -> None:
    raw = await Raw.open(
        guarded.url, "nosuchsession", additional_headers={"Host": "rebound.example"}
    )
    assert await raw.closed() == (4403, "This server is not called so.")


# Proxies and limits


def test_a_proxy_that_is_trusted_says_who_the_client_is(http: httpx.Client) -> None:
    answers = [new_guest(http, **by_way_of("203.0.113.1")) for _ in range(4)]
    assert [each.status_code for each in answers] == [201, 201, 201, 429]
    first, last = answers[0].headers, answers[-1].headers
    assert (first["ratelimit-limit"], first["ratelimit-remaining"]) == ("3", "2")
    assert 0 < int(first["ratelimit-reset"]) <= 20
    assert last["ratelimit-remaining"] == "0"
    assert 0 < int(last["retry-after"]) <= 21
    assert answers[-1].json()["code"] == "too_many"
    assert new_guest(http, **by_way_of("203.0.113.2")).status_code == 201


def test_what_a_client_says_of_itself_before_the_proxy_is_nothing(http: httpx.Client) -> None:
    """The proxy appends the address that it saw; all before it may be made up."""
    forged = [new_guest(http, **by_way_of(f"198.51.100.{n}, 203.0.113.9")) for n in range(4)]
    assert [each.status_code for each in forged] == [201, 201, 201, 429]
    forwarded = [new_guest(http, Forwarded=f"for=198.51.100.{n}") for n in range(4)]
    assert forwarded[-1].status_code == 429


def test_an_ipv6_network_is_one_peer(http: httpx.Client) -> None:
    answers = [new_guest(http, **by_way_of(f"2001:db8:0:7::{n}")) for n in range(1, 5)]
    assert [each.status_code for each in answers] == [201, 201, 201, 429]
    assert new_guest(http, **by_way_of("2001:db8:0:8::1")).status_code == 201


def test_an_untrusted_proxy_is_the_client(tmp_path_factory: pytest.TempPathFactory) -> None:
    server = Server(
        tmp_path_factory.mktemp("untrusting"),
        trusted_proxies="192.0.2.0/24",
        guests_per_minute="2",
        requests_per_minute="8",
    )
    with httpx.Client(base_url=server.url, timeout=20) as http:
        answers = [new_guest(http, **by_way_of(f"198.51.100.{n}")) for n in range(3)]
        assert [each.status_code for each in answers] == [201, 201, 429]
        secure = http.get("/", headers={"X-Forwarded-Proto": "https"})
        assert "strict-transport-security" not in secure.headers
        refused = [http.get("/api/v1/stats") for _ in range(9)][-1]  # the limit of all requests
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
        assert refused.headers["ratelimit-limit"] == "8"
        assert int(refused.headers["retry-after"]) > 0
        assert refused.headers["content-security-policy"]
        assert http.get("/app.js").status_code == 200  # pages cost little
    server.ends_well()


async def test_a_guest_too_many_is_told_when_to_come_back(guarded: Server, ann: Owner) -> None:
    secret = ann.invite("viewer")["url"].rpartition("#")[2]
    async with asyncio.timeout(60):
        while True:
            by = by_way_of("203.0.113.3")
            raw = await Raw.open(guarded.url, ann.session, additional_headers=by)
            await raw.send({"type": "join", "invitation": secret, "name": "Bob"})
            if (message := await _next(raw))["type"] == "goodbye":
                break
            await raw.socket.close()
    assert message["retry_after"] > 0
    assert (await raw.closed())[0] == 4429


def test_new_guests_save_no_more_from_an_address_than_a_few_would(http: httpx.Client) -> None:
    saved = []
    for number in range(1, 4):
        token = new_guest(http, **by_way_of(f"203.0.113.{90 + number}")).json()["token"]
        by = by_way_of("203.0.113.99", Authorization=f"Bearer {token}")
        answers = [
            http.post("/api/v1/builds", json={"build": {"format": 1}}, headers=by) for _ in range(5)
        ]
        assert {each.status_code for each in answers} <= {201, 429}
        saved.append([each.status_code for each in answers].count(201))
    assert answers[-1].json()["code"] == "too_many"
    assert saved[:2] == [4, 4]
    assert saved[2] < 4


def test_all_that_there_is_of_somebody_is_not_asked_for_all_the_time(http: httpx.Client) -> None:
    body = {"username": "exporter", "password": "four words nobody says"}
    token = http.post("/api/v1/accounts", json=body).json()["access_token"]
    by = {"Authorization": f"Bearer {token}"}
    answers = [http.get("/api/v1/account/export", headers=by).status_code for _ in range(4)]
    assert (answers[0], answers[-1]) == (200, 429)


async def test_who_sends_too_much_is_told_when_to_come_back(guarded: Server, ann: Owner) -> None:
    raw = await Raw.open(guarded.url, ann.session)
    await raw.join(token=ann.token)
    with suppress(ConnectionClosed):
        for number in range(400):
            await raw.send({"type": "ping", "id": f"p{number}"})
    goodbye = await raw.receive("goodbye")
    assert goodbye["reason"] == "Too many messages."
    assert goodbye["retry_after"] > 0
    assert (await raw.closed())[0] == 4429


async def _next(raw: Raw) -> dict[str, Any]:
    while True:
        message: dict[str, Any] = httpx.Response(200, content=await raw.socket.recv()).json()
        if message["type"] in ("goodbye", "welcome"):
            return message


# Sizes


def talk(server: Server, *parts: bytes, until: bytes = b"the end") -> bytes:
    """Bytes on a bare line; what is answered until it ends."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        answer = b""
        try:
            for part in parts:
                line.sendall(part)
            while until not in answer and (more := line.recv(65536)):
                answer += more
        except (ConnectionResetError, BrokenPipeError):
            pass
        return answer


def test_a_head_has_a_size(guarded: Server) -> None:
    begin = b"GET /api/v1/stats HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    whole = talk(guarded, begin + b"X: " + b"x" * 40_000 + b"\r\n\r\n")
    assert whole.startswith(b"HTTP/1.1 431 ")
    endless = talk(guarded, begin, *[b"X: " + b"x" * 8000 + b"\r\n"] * 1000)
    assert not endless or endless.startswith(b"HTTP/1.1 431 ")
    one = talk(guarded, begin, b"X: ", *[b"x" * 8000] * 1000)
    assert not one or one.startswith(b"HTTP/1.1 431 ")


CHUNK = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"


def test_a_body_that_says_nothing_of_its_size_has_one(guarded: Server) -> None:
    head = (
        b"POST /api/v1/totals HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    answer = talk(guarded, head, *[CHUNK] * 17, until=b"too_large")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"too_large"' in answer


@pytest.mark.parametrize(
    "path", ["/api/v1/guests", "/api/v1/accounts", "/api/v1/token", "/api/v1/sessions"]
)
def test_a_body_has_a_size(http: httpx.Client, path: str) -> None:
    guest = new_guest(http, **by_way_of("203.0.113.77"))
    bearer = {"Authorization": f"Bearer {guest.json()['token']}"} if guest.is_success else {}
    answer = http.post(
        path, content=b"x" * 600_000, headers=bearer | {"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 413)
    if path != "/api/v1/token":
        assert answer.json()["code"] == "too_large"


def test_a_compressed_body_is_not_unpacked(http: httpx.Client) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    answer = http.post(
        "/api/v1/totals",
        content=bomb,
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
    )
    assert answer.status_code == 400

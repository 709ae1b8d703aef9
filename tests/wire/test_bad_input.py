"""Every kind of bad input gets its documented code and changes nothing."""

import asyncio
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from server.auth import Person, Tokens
from tests.wire.serving import Owner, Raw, Server

LEVEL_30 = [{"type": "set_level", "level": 30}]


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server whose limits are quickly reached."""
    server = Server(
        tmp_path_factory.mktemp("strict"),
        secret=SECRET,
        edits_per_second="2",
        edits_burst="3",
        operations_per_edit="5",
        join_timeout_s="0.5",
        editors="2",
        sockets_per_person="3",
        people_ttl_s="0.6",
        origins="https://friends.example",
    )
    yield server
    server.ends_well()


SECRET = "of the tests: 32 characters or more"


@pytest.fixture(scope="module")
def ann(strict: Server) -> Owner:
    return Owner(strict.url)


def an_edit(**fields: Any) -> dict[str, Any]:
    return {"type": "edit", "id": str(uuid.uuid4()), "base": 0, "operations": LEVEL_30, **fields}


MALFORMED = {
    "not JSON": "nonsense",
    "no type": {"id": "x"},
    "unknown type": {"type": "levitate"},
    "type is no string": {"type": 5},
    "not an object": [1, 2],
    "binary": b'{"type": "ping", "id": "x"}',
    "deep nesting": "[" * 50_000,
    "cut off": '{"type": "ping", "id": "',
    "lone surrogate": '{"type": "\\ud800"}',
}


@pytest.mark.parametrize("frame", MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed_frames_close_with_4400(ann: Owner, frame: Any) -> None:
    raw = await Raw.open(ann.url, ann.session)
    await raw.join(token=ann.token)
    await raw.send(frame)
    code, reason = await raw.closed()
    assert code == 4400
    assert reason.endswith(".")


async def test_text_that_is_not_utf_8_closes_with_4400(ann: Owner) -> None:
    raw = await Raw.open(ann.url, ann.session)
    await raw.join(token=ann.token)
    await raw.socket.send(b'{"type": "ping", "id": "\xff"}', text=True)
    assert (await raw.closed())[0] == 4400


INVALID = {
    "wrong type of field": ({"base": "0"}, "$.base"),
    "missing field": ({"operations": None}, "$.operations"),
    "no operations": ({"operations": []}, "$.operations"),
    "unknown operation": ({"operations": [{"type": "fly"}]}, "$.operations[0].type"),
    "unknown field of an operation": (
        {"operations": [{"type": "set_level", "level": 3, "x": 1}]},
        "$.operations[0]",
    ),
    "level out of range": (
        {"operations": [{"type": "set_level", "level": 51}]},
        "$.operations[0].level",
    ),
    "huge number": (
        {"operations": [{"type": "set_level", "level": 10**30}]},
        "$.operations[0].level",
    ),
    "control character in a title": (
        {"operations": [{"type": "set_title", "title": "a\u0000b"}]},
        "$.operations[0].title",
    ),
    "negative base": ({"base": -1}, "$.base"),
    "fraction": ({"base": 1.5}, "$.base"),
}


@pytest.mark.parametrize(("fields", "path"), INVALID.values(), ids=INVALID.keys())
async def test_a_known_type_with_wrong_fields_is_refused(
    ann: Owner, fields: dict[str, Any], path: str
) -> None:
    raw = await Raw.open(ann.url, ann.session)
    await raw.join(token=ann.token)
    before = ann.snapshot()
    edit = an_edit(**fields)
    await raw.send(edit)
    refused = await raw.receive("refused")
    assert (refused["code"], refused["path"], refused["id"]) == ("invalid", path, edit["id"])
    assert ann.snapshot()["revision"] == before["revision"]
    await raw.socket.close()


async def test_an_edit_id_that_is_none_is_refused(ann: Owner) -> None:
    raw = await Raw.open(ann.url, ann.session)
    await raw.join(token=ann.token)
    await raw.send(an_edit(id="short"))
    assert (await raw.receive("refused"))["code"] == "invalid"
    await raw.socket.close()


async def test_too_big_a_frame_closes_with_1009(ann: Owner) -> None:
    raw = await Raw.open(ann.url, ann.session)
    await raw.join(token=ann.token)
    await raw.send('{"type": "ping", "id": "' + "x" * 70_000 + '"}')
    assert (await raw.closed())[0] == 1009


async def test_too_many_operations_are_refused(ann: Owner) -> None:
    raw = await Raw.open(ann.url, ann.session)
    await raw.join(token=ann.token)
    await raw.send(an_edit(operations=LEVEL_30 * 6))
    assert (await raw.receive("refused"))["code"] == "too_many_operations"
    await raw.socket.close()


async def test_too_many_edits_are_refused_and_then_close_with_4429(strict: Server) -> None:
    ann = Owner(strict.url)
    raw = await Raw.open(ann.url, ann.session)
    await raw.join(token=ann.token)
    for level in range(1, 6):
        await raw.send(an_edit(operations=[{"type": "set_level", "level": level}]))
    refused = await raw.receive("refused")
    assert refused["code"] == "too_many"
    assert 0 < refused["retry_after"] <= 1
    assert ann.snapshot()["revision"] <= 4
    with suppress(ConnectionClosed):
        for _ in range(1000):
            await raw.send(an_edit())
    assert (await raw.closed())[0] == 4429


def test_too_many_guests_and_sessions_from_one_address_are_refused(tmp_path: Path) -> None:
    server = Server(tmp_path, guests_per_minute="2", sessions_per_minute="2")
    ann = Owner(server.url)
    ann.call("POST", "/api/v1/sessions", {}, status=201)
    ann.call("POST", "/api/v1/guests", {"name": "Bob"}, status=201)
    for path, body in (("/api/v1/sessions", {}), ("/api/v1/guests", {"name": "Bob"})):
        problem = ann.call("POST", path, body, status=429)
        assert problem["code"] == "too_many"
        assert 0 < problem["retry_after"] <= 30
    assert server.stop() == 0


async def test_no_join_in_time_closes_with_4408(ann: Owner) -> None:
    raw = await Raw.open(ann.url, ann.session)
    assert (await raw.closed())[0] == 4408


async def test_another_message_before_the_join_closes_with_4400(ann: Owner) -> None:
    raw = await Raw.open(ann.url, ann.session)
    await raw.send(an_edit())
    assert (await raw.closed())[0] == 4400


async def test_a_wrong_join_may_be_sent_again(ann: Owner) -> None:
    raw = await Raw.open(ann.url, ann.session)
    await raw.send({"type": "join", "token": ann.token, "name": "a\u202eb"})
    assert (await raw.receive("refused"))["path"] == "$.name"
    await raw.send({"type": "join", "id": "j1", "token": ann.token, "stats": ["none"]})
    refused = await raw.receive("refused")
    assert (refused["path"], refused["id"]) == ("$.stats[0]", "j1")
    await raw.join(token=ann.token)
    await raw.send({"type": "join", "id": "j2", "token": ann.token})
    refused = await raw.receive("refused")
    assert (refused["code"], refused["id"]) == ("already_joined", "j2")
    await raw.socket.close()


def expired_token() -> str:
    then = time.time() - 1000
    return Tokens(SECRET).sign(Person("g1", "Ann", then - 1000, then))


async def test_a_token_that_expires_closes_the_live_socket_with_4401(ann: Owner) -> None:
    now = time.time()
    raw = await Raw.open(ann.url, ann.session)
    await raw.join(token=Tokens(SECRET).sign(Person(ann.person, "Ann", now, now + 2)))
    assert await raw.closed() == (4401, "Your token has expired.")


async def test_a_token_of_which_half_is_gone_is_renewed(ann: Owner) -> None:
    now = time.time()
    old = Tokens(SECRET).sign(Person(ann.person, "Ann", now - 100, now + 90))
    raw = await Raw.open(ann.url, ann.session)
    fresh = (await raw.join(token=old))["token"]
    assert Tokens(SECRET).read(fresh).id == ann.person
    assert Tokens(SECRET).read(fresh).expires_at > now + 1000
    await raw.socket.close()
    raw = await Raw.open(ann.url, ann.session)
    assert "token" not in await raw.join(token=fresh)
    await raw.socket.close()


NOT_AUTHENTICATED = {
    "expired": {"token": expired_token()},
    "forged": {
        "token": Tokens("another secret of 32 characters or more").sign(Person("g1", "A", 0, 1e11))
    },
    "nonsense": {"token": "x.y.z"},
    "nothing": {},
    "a name alone": {"name": "Bob"},
}


@pytest.mark.parametrize("join", NOT_AUTHENTICATED.values(), ids=NOT_AUTHENTICATED.keys())
async def test_no_valid_token_closes_with_4401(ann: Owner, join: dict[str, str]) -> None:
    raw = await Raw.open(ann.url, ann.session)
    await raw.send({"type": "join", **join})
    assert (await raw.closed())[0] == 4401


async def test_an_expired_token_is_told_from_a_wrong_one_by_rest(ann: Owner) -> None:
    path = f"/api/v1/sessions/{ann.session}"
    problem = ann.call("GET", path, status=401, Authorization=f"Bearer {expired_token()}")
    assert problem["code"] == "expired"
    problem = ann.call("GET", path, status=401, Authorization="Bearer x.y.z")
    assert problem["code"] == "not_authenticated"


async def test_no_such_session_closes_with_4404(ann: Owner) -> None:
    raw = await Raw.open(ann.url, "nosuchsession")
    await raw.send({"type": "join", "token": ann.token})
    assert (await raw.closed())[0] == 4404


async def test_a_stranger_is_closed_with_4403(ann: Owner) -> None:
    stranger = Owner(ann.url, "Eve")
    raw = await Raw.open(ann.url, ann.session)
    await raw.send({"type": "join", "token": stranger.token})
    assert (await raw.closed())[0] == 4403
    problem = stranger.call("GET", f"/api/v1/sessions/{ann.session}", status=403)
    assert problem["code"] == "not_allowed"


async def test_a_wrong_invitation_closes_with_4403(ann: Owner) -> None:
    raw = await Raw.open(ann.url, ann.session)
    await raw.send({"type": "join", "invitation": "nosuchsecret", "name": "Eve"})
    assert (await raw.closed())[0] == 4403


@pytest.mark.parametrize(
    ("origin", "code"),
    [("https://evil.example", 4403), ("null", 4403), ("https://friends.example", 0)],
)
async def test_a_foreign_origin_is_refused_unless_a_setting_allows_it(
    ann: Owner, origin: str, code: int
) -> None:
    raw = await Raw.open(ann.url, ann.session, origin=origin)
    if code:
        assert (await raw.closed())[0] == code
    else:
        await raw.join(token=ann.token)
        await raw.socket.close()


async def test_the_page_s_own_origin_may_connect(ann: Owner) -> None:
    raw = await Raw.open(ann.url, ann.session, origin=ann.url)
    await raw.join(token=ann.token)
    await raw.socket.close()


async def test_the_same_client_elsewhere_closes_the_first_with_4409(ann: Owner) -> None:
    first = await Raw.open(ann.url, ann.session)
    await first.join(token=ann.token, client="tab-1")
    second = await Raw.open(ann.url, ann.session)
    await second.join(token=ann.token, client="tab-1")
    assert (await first.closed())[0] == 4409
    await second.socket.close()


async def test_who_has_a_session_open_too_often_is_told_to_wait(strict: Server) -> None:
    ann = Owner(strict.url)
    sockets = [await Raw.open(ann.url, ann.session) for _ in range(5)]
    invitation = ann.invite("viewer")["secret"]
    welcome = await sockets[0].join(invitation=invitation, name="Vi", client="tab-0")
    for number, socket in enumerate(sockets[1:3], 1):
        await socket.join(token=welcome["token"], client=f"tab-{number}")
    await sockets[3].send({"type": "join", "token": welcome["token"], "client": "tab-3"})
    assert (await sockets[3].receive("goodbye"))["retry_after"] == 30
    code, reason = await sockets[3].closed()
    assert (code, "close other windows" in reason) == (4429, True)
    await sockets[4].join(token=welcome["token"], client="tab-2")  # in place of another
    for socket in sockets:
        await socket.socket.close()


async def test_a_full_session_closes_with_4403(strict: Server) -> None:
    ann = Owner(strict.url)
    sockets = [await Raw.open(ann.url, ann.session) for _ in range(3)]
    await sockets[0].join(token=ann.token)
    await sockets[1].join(token=ann.token)
    await sockets[2].send({"type": "join", "token": ann.token})
    assert await sockets[2].closed() == (4403, "The session is full.")
    for socket in sockets:
        await socket.socket.close()


async def test_a_refused_operation_says_which_and_why(ann: Owner) -> None:
    raw = await Raw.open(ann.url, ann.session)
    await raw.join(token=ann.token)
    before = ann.snapshot()
    gone = {"type": "drop_power", "power": "No.Such.Power"}
    await raw.send(an_edit(operations=[*LEVEL_30, gone]))
    refused = await raw.receive("refused")
    assert refused["operation"] == 1
    assert refused["code"]
    assert refused["rule"]
    assert refused["message"]
    after = ann.snapshot()
    unchanged = ("epoch", "revision", "build", "totals", "findings")
    assert [after[each] for each in unchanged] == [before[each] for each in unchanged]
    await raw.socket.close()


BAD_REQUESTS = {
    "not JSON": ("/api/v1/guests", "{", 400, "invalid"),
    "no name": ("/api/v1/guests", "{}", 400, "invalid"),
    "blank name": ("/api/v1/guests", '{"name": "  "}', 400, "invalid"),
    "deep nesting": ("/api/v1/guests", "[" * 100_000, 400, "invalid"),
    "not UTF-8": ("/api/v1/guests", b'{"name": "\xff"}', 400, "invalid"),
    "a build that is none": ("/api/v1/sessions", '{"build": {"format": 9}}', 400, "invalid"),
    "a file that is none": ("/api/v1/sessions", '{"file": "x"}', 400, "file_unreadable"),
    "build and file": ("/api/v1/sessions", '{"build": {"format": 1}, "file": "x"}', 400, "invalid"),
    "too large": ("/api/v1/sessions", '{"file": "' + "x" * 3_000_000 + '"}', 413, "too_large"),
    "no such path": ("/api/v1/nothing", "{}", 404, "not_found"),
    "wrong method": ("/api/v1/stats", "{}", 405, "method_not_allowed"),
}


@pytest.mark.parametrize(
    ("path", "body", "status", "code"), BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys()
)
def test_bad_requests_are_problem_documents(
    ann: Owner, path: str, body: str | bytes, status: int, code: str
) -> None:
    answer = ann.http.post(
        path,
        content=body,
        headers={"Authorization": f"Bearer {ann.token}", "Content-Type": "application/json"},
    )
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail"]


async def test_after_all_of_it_the_server_still_serves(ann: Owner) -> None:
    async with asyncio.timeout(10):
        raw = await Raw.open(ann.url, ann.session)
        await raw.join(token=ann.token)
        await raw.send({"type": "ping", "id": "p"})
        assert (await raw.receive("pong"))["id"] == "p"
        await raw.socket.close()

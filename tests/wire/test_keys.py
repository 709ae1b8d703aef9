"""API keys, logging out and leaving, over HTTP and the live socket of a real server."""

import asyncio
from collections.abc import Iterator
from functools import partial

import httpx
import pytest

from calc.operations import SetLevel
from server.client import Client
from server.client.unanswered import ClosedError
from tests.wire.serving import Owner, Raw, Server

PASSWORD = "four words nobody says"
NUMBERS = iter(range(1000))


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=20) as client:
        yield client


class Ann:
    """An account with a session, and a key for each scope."""

    def __init__(self, http: httpx.Client, url: str) -> None:
        guest = Owner(url)
        self.session = guest.session
        self.username = f"ann-{next(NUMBERS)}-{guest.person}"
        made = http.post(
            "/api/v1/accounts",
            json={"username": self.username, "password": PASSWORD},
            headers={"Authorization": f"Bearer {guest.token}"},
        ).json()
        self.person, self.token = made["person"], made["access_token"]
        self.refresh_token = made["refresh_token"]
        self.tokens = {"all": self.token, "none": "", "guest": Owner(url).token}
        self.keys = {}
        for scope in ("overlay", "read", "edit"):
            body = {"name": f"for {scope}", "scope": scope}
            key = http.post("/api/v1/account/keys", json=body, headers=self.bearer("all")).json()
            self.tokens[scope], self.keys[scope] = key["token"], key["id"]

    def bearer(self, who: str = "all") -> dict[str, str]:
        token = self.tokens[who]
        return {"Authorization": f"Bearer {token}"} if token else {}


@pytest.fixture
def ann(http: httpx.Client, server: Server) -> Ann:
    return Ann(http, server.url)


EDIT = {"base": 0, "operations": [{"type": "set_level", "level": 3}]}
# What is asked, and the least that an API key must be good for; a member's guest token may do
# what concerns sessions.
ROUTES = [
    ("GET", "/api/v1/sessions/{session}", None, "read"),
    ("GET", "/api/v1/sessions/{session}/said", None, "read"),
    ("GET", "/api/v1/sessions/{session}/members", None, "read"),
    ("GET", "/api/v1/sessions/{session}/invitations", None, "read"),
    ("HEAD", "/api/v1/sessions/{session}/totals/stream", None, "overlay"),
    ("POST", "/api/v1/sessions", {}, "edit"),
    ("POST", "/api/v1/sessions/{session}/edits", EDIT, "edit"),
    ("POST", "/api/v1/sessions/{session}/invitations", {"role": "viewer"}, "edit"),
    ("DELETE", "/api/v1/sessions/{session}/invitations/none", None, "edit"),
    ("PATCH", "/api/v1/sessions/{session}", {"title": "T"}, "all"),
    ("PATCH", "/api/v1/sessions/{session}/members/none", {"role": "viewer"}, "all"),
    ("DELETE", "/api/v1/sessions/{session}/members/none", None, "all"),
    ("PUT", "/api/v1/sessions/{session}/owner", {"person": "none"}, "all"),
    ("GET", "/api/v1/account", None, "read"),
    ("PATCH", "/api/v1/account", {"name": "Anne"}, "all"),
    ("PUT", "/api/v1/account/password", {"password": "x", "new": "y"}, "all"),
    ("GET", "/api/v1/account/logins", None, "all"),
    ("DELETE", "/api/v1/account/logins/none", None, "all"),
    ("GET", "/api/v1/account/keys", None, "all"),
    ("POST", "/api/v1/account/keys", {"name": "x", "scope": "read"}, "all"),
    ("DELETE", "/api/v1/account/keys/none", None, "all"),
    ("POST", "/api/v1/account/guests", {"token": "none"}, "all"),
    ("GET", "/api/v1/account/export", None, "all"),
    ("POST", "/api/v1/account/deletion", {"password": "wrong"}, "all"),
    ("GET", "/api/v1/audit", None, "admin"),
    ("PUT", "/api/v1/users/none/role", {"role": "admin"}, "admin"),
    ("PUT", "/api/v1/users/g0123456789abcdef/ban", {}, "admin"),
    ("DELETE", "/api/v1/users/g0123456789abcdef/ban", None, "admin"),
    ("POST", "/api/v1/sessions/{session}/closing", None, "admin"),
    # Last: they end what the others need.
    ("DELETE", "/api/v1/account/logins", None, "all"),
    ("DELETE", "/api/v1/sessions/{session}", None, "all"),
]
SCOPES = ["none", "guest", "overlay", "read", "edit", "all", "admin"]


@pytest.mark.parametrize(("method", "path", "body", "least"), ROUTES)
def test_who_may_ask_what(
    http: httpx.Client, ann: Ann, method: str, path: str, body: object, least: str
) -> None:
    for who in ("none", "guest", "overlay", "read", "edit", "all"):
        headers = ann.bearer(who) | {"Idempotency-Key": f"edit-of-{who}"}
        answer = http.request(method, path.format(session=ann.session), json=body, headers=headers)
        code = "" if method == "HEAD" or answer.is_success else answer.json()["code"]
        told = (who, answer.status_code, code)
        assert answer.status_code < 500, told
        if who == "none":
            assert answer.status_code == 401, told
        elif who == "guest":  # no member, and no account
            allowed = path == "/api/v1/sessions"
            assert answer.status_code in ((201,) if allowed else (403, 404)), told
        elif SCOPES.index(who) < SCOPES.index(least):
            assert answer.status_code == 403, told
            assert code in ("insufficient_scope", "not_allowed", ""), told
        else:
            assert answer.status_code != 401, told
            assert code != "insufficient_scope", told
            if "none" not in path and body != {"person": "none"}:
                assert answer.is_success or code in ("wrong_password", "no_guest"), told


async def test_an_overlays_key_shows_totals_and_nothing_else(server: Server, ann: Ann) -> None:
    raw = await Raw.open(server.url, ann.session)
    await raw.join(token=ann.tokens["overlay"])
    assert (await raw.receive("totals"))["totals"]
    for message in (
        {"type": "edit", "id": "overlay-edit-1", "base": 0, "operations": EDIT["operations"]},
        {"type": "undo", "id": "overlay-undo-1", "base": 0},
        {"type": "say", "id": "s1", "text": "hello"},
        {"type": "focus", "id": "f1", "power": "Pool.Speed.Hasten"},
        {"type": "preview", "id": "p1", "operations": EDIT["operations"]},
        {"type": "explain", "id": "x1", "stat": "defense.ranged"},
        {"type": "inspect", "id": "i1", "power": "Pool.Speed.Hasten"},
        {"type": "views", "id": "v1", "views": ["build"]},
    ):
        await raw.send(message)
        refused = await raw.receive("refused")
        assert (refused["code"], refused["id"]) == ("insufficient_scope", message["id"])
    await raw.socket.close()
    raw = await Raw.open(server.url, ann.session)
    message = {"type": "join", "token": ann.tokens["overlay"], "views": ["totals", "build"]}
    await raw.send(message)
    assert (await raw.closed())[0] == 4403


async def test_a_key_to_read_sees_and_does_not_edit(server: Server, ann: Ann) -> None:
    async with Client(server.url, ann.session, token=ann.tokens["edit"]) as editor:
        raw = await Raw.open(server.url, ann.session)
        await raw.join(token=ann.tokens["read"])
        await raw.receive("snapshot")
        await editor.edit(SetLevel(12))
        assert (await raw.receive("change"))["patch"] == {"level": 12}
        await raw.send({"type": "undo", "id": "read-undo-1", "base": 1})
        assert (await raw.receive("refused"))["code"] == "insufficient_scope"
        await raw.socket.close()


async def test_a_key_makes_nobody_a_member_unless_it_may_edit(server: Server, ann: Ann) -> None:
    other = Owner(server.url)
    secret = other.invite("editor")["secret"]
    raw = await Raw.open(server.url, other.session)
    await raw.send({"type": "join", "token": ann.tokens["read"], "invitation": secret})
    assert (await raw.closed())[0] == 4403
    raw = await Raw.open(server.url, other.session)
    welcome = await raw.join(token=ann.tokens["edit"], invitation=secret)
    assert (welcome["role"], welcome["person"]) == ("editor", ann.person)
    await raw.socket.close()


# At once: to see that what they came by is no good any more takes a worker its seconds.
async def test_live_connections_end_with_what_they_came_by(
    http: httpx.Client, server: Server
) -> None:
    ways = ("key", "login", "everywhere", "password", "deletion")
    everybody = [Ann(http, server.url) for _ in ways]
    codes = await asyncio.gather(*map(partial(ended, server), everybody, ways))
    assert dict(zip(ways, codes, strict=True)) == dict.fromkeys(ways, 4401) | {"deletion": 4403}


async def ended(server: Server, ann: Ann, how: str) -> int:
    """With which code a live connection ends after what it came by has."""
    raw = await Raw.open(server.url, ann.session)
    await raw.join(token=ann.tokens["read" if how == "key" else "all"])
    await raw.receive("snapshot")
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as http:
        login = await http.post(
            "/api/v1/token",
            data={"grant_type": "password", "username": ann.username, "password": PASSWORD},
        )
        by = {"Authorization": f"Bearer {login.json()['access_token']}"}
        logins = (await http.get("/api/v1/account/logins", headers=by)).json()
        (first,) = [each["id"] for each in logins if not each["current"]]
        answer = await {
            "key": lambda: http.delete(f"/api/v1/account/keys/{ann.keys['read']}", headers=by),
            "login": lambda: http.delete(f"/api/v1/account/logins/{first}", headers=by),
            "everywhere": lambda: http.delete("/api/v1/account/logins", headers=by),
            "password": lambda: http.put(
                "/api/v1/account/password",
                json={"password": PASSWORD, "new": "other words nobody says"},
                headers=by,
            ),
            "deletion": lambda: http.post(
                "/api/v1/account/deletion", json={"password": PASSWORD}, headers=by
            ),
        }[how]()
        assert answer.status_code == 204, answer.text
    return (await raw.closed())[0]


async def test_who_stays_sees_who_left_no_more(server: Server, ann: Ann) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=20, headers=ann.bearer()) as http:
        made = await http.post(
            f"/api/v1/sessions/{ann.session}/invitations", json={"role": "editor"}
        )
        async with Client(
            server.url, ann.session, invitation=made.json()["secret"], name="Bob"
        ) as bob:
            await http.patch("/api/v1/account", json={"name": "Queen Ann"})
            async for message in bob:
                if getattr(message, "members", ()) and any(
                    member.name == "Queen Ann" for member in message.members
                ):
                    break
            await http.post("/api/v1/account/deletion", json={"password": PASSWORD})
            async for message in bob:
                members = getattr(message, "members", ())
                if members and all(member.person != ann.person for member in members):
                    break
            assert [(each.name, each.role) for each in members] == [("Bob", "owner")]
            await bob.edit(SetLevel(9))
    with pytest.raises(ClosedError):
        async with Client(server.url, ann.session, token=ann.token):
            pass

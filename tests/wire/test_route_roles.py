"""Every route of the application by every role: `route_roles.txt`, a line for each route."""

import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute, WebSocketRoute
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from gamedata import starter
from server.app import create_app
from server.settings import Settings
from tests.wire.serving import COHORT, Server

TABLE = Path(__file__).with_name("route_roles.txt")
PASSWORD = "a horse, a moth and a battery"
EVERYBODY = ("nobody", "owner", "overlay")  # for whom it is tried where it is the same for all
GUESTS = ("guest", "viewer", "suggester", "editor", "kicked")
ACCOUNTS = ("account", "owner", "moderator", "admin")
KEYS = ("overlay", "read", "edit")
BUILD = {"build": {"format": 1, "archetype": "Class_Scrapper"}}
CATALOGUE = {
    "archetype": "Class_Scrapper",
    "powerset": "Pool.Speed",
    "power": "Pool.Speed.Hasten",
    "enhancement": "Crafted_Recharge",
    "boost_set": "Luck_of_the_Gambler",
}


def rows() -> tuple[list[str], dict[str, dict[str, str]]]:
    """The roles, and what each route answers to each of them."""
    lines = [line for line in TABLE.read_text().splitlines() if line and line[0] != "#"]
    roles = lines[0].split()[1:]
    found: dict[str, dict[str, str]] = {}
    for line in lines[1:]:
        method, path, *answers = line.split()
        same = answers[1:] == ["for", "everybody"]
        assert same or len(answers) == len(roles), line
        assert f"{method} {path}" not in found, line
        found[f"{method} {path}"] = (
            dict.fromkeys(EVERYBODY, answers[0]) if same else dict(zip(roles, answers, strict=True))
        )
    return roles, found


ROLES, ROWS = rows()


class World:
    """A session with people of every role, a private build, and calls by each of them."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.http = httpx.Client(base_url=server.url, timeout=30)
        self.people: dict[str, str] = {}
        self.tokens = {"nobody": ""}
        for role in ACCOUNTS:
            self.tokens[role], self.people[role] = self.account(role)
        for role in GUESTS:
            self.tokens[role], self.people[role] = self.guest(role)
        for role in KEYS:
            new = {"name": role, "scope": role}
            self.tokens[role] = self.by("owner", "POST", "/account/keys", new)["token"]
        command = [COHORT, "admin", "role", "admin", "admin", "--data-dir", server.data_dir]
        subprocess.run(command, check=True, capture_output=True)
        path = f"/users/{self.people['moderator']}/role"
        self.by("admin", "PUT", path, {"role": "moderator"})
        self.session = self.new_session()
        for role in ("viewer", "suggester", "editor"):
            self.join(self.session, role, role)
        self.join(self.session, "kicked", "editor")
        self.by("owner", "DELETE", f"/sessions/{self.session}/members/{self.people['kicked']}")
        self.build = self.new_build()

    def call(self, token: str, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"If-Match": "*", "Idempotency-Key": str(uuid4())}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        with self.http.stream(method, path, headers=headers, **options) as answer:
            if "event-stream" not in answer.headers.get("content-type", ""):
                answer.read()
            return answer

    def by(self, role: str, method: str, path: str, body: Any = None) -> Any:
        """What is answered to a call that has to go well."""
        answer = self.call(self.tokens[role], method, f"/api/v1{path}", json=body)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    def guest(self, name: str) -> tuple[str, str]:
        made = self.by("nobody", "POST", "/guests", {"name": name})
        return made["token"], made["person"]

    def account(self, username: str) -> tuple[str, str]:
        made = self.by("nobody", "POST", "/accounts", {"username": username, "password": PASSWORD})
        return made["access_token"], made["person"]

    def spare(self, role: str) -> str:
        """The token of somebody of this kind whom nobody needs any more."""
        if role in ACCOUNTS:
            return self.account(f"spare-{uuid4().hex[:8]}")[0]
        return self.guest("spare")[0] if role in GUESTS else self.tokens[role]

    def new_session(self) -> str:
        id_: str = self.by("owner", "POST", "/sessions", {"title": "Nova"})["id"]
        return id_

    def join(self, session: str, role: str, as_: str) -> str:
        """Have somebody come by a link; the person."""
        path = f"/sessions/{session}"
        secret = self.by("owner", "POST", f"{path}/invitations", {"role": as_})["secret"]
        self.http.post(
            f"/api/v1{path}/edits",
            json=level(0),
            headers={
                "Authorization": f"Bearer {self.tokens[role]}",
                "Invitation": secret,
                "Idempotency-Key": str(uuid4()),
            },
        )
        return self.people[role]

    def edited_session(self) -> str:
        session = self.new_session()
        self.by("owner", "POST", f"/sessions/{session}/edits", level(0))
        return session

    def new_build(self) -> str:
        id_: str = self.by("owner", "POST", "/builds", BUILD)["id"]
        return id_

    def live(self, token: str) -> str:
        """What a join comes to: `in`, or the close code."""
        url = self.server.url.rstrip("/").replace("http", "ws", 1)
        with connect(f"{url}/api/v1/sessions/{self.session}/live") as socket:
            socket.send(msgspec.json.encode({"type": "join", "token": token or "none"}).decode())
            with suppress(ConnectionClosed):
                while msgspec.json.decode(socket.recv())["type"] != "welcome":
                    pass
                return "in"
            assert socket.protocol.close_rcvd is not None
            return str(int(socket.protocol.close_rcvd.code))


def level(base: int) -> dict[str, Any]:
    return {"base": base, "operations": [{"type": "set_level", "level": 20 + base}]}


# What is sent besides the path: a body, or how to make one for a role.
BODIES: Mapping[str, Any] = {
    "POST /api/v1/guests": {"name": "Eve"},
    "POST /api/v1/accounts": lambda: {"username": f"u{uuid4().hex[:8]}", "password": PASSWORD},
    "PATCH /api/v1/account": {"name": "Somebody"},
    "PUT /api/v1/account/password": {"password": PASSWORD, "new": PASSWORD},
    "POST /api/v1/account/keys": {"name": "Mine", "scope": "read"},
    "POST /api/v1/account/guests": {"token": "none"},
    "POST /api/v1/account/deletion": {"password": PASSWORD},
    "PUT /api/v1/users/{person}/role": {"role": "user"},
    "PUT /api/v1/users/{person}/ban": {},
    "POST /api/v1/login/{provider}": {},
    "POST /api/v1/login/{provider}/code": {"code": "x", "state": "x"},
    "POST /api/v1/login/{provider}/link": {"password": PASSWORD},
    "POST /api/v1/login/{provider}/link/code": {"code": "x", "state": "x"},
    "POST /api/v1/sessions": {},
    "PATCH /api/v1/sessions/{session_id}": {"title": "Nova"},
    "POST /api/v1/sessions/{session_id}/invitations": {"role": "viewer"},
    "PATCH /api/v1/sessions/{session_id}/members/{person}": {"role": "viewer"},
    "POST /api/v1/sessions/{session_id}/edits": level(0),
    "POST /api/v1/sessions/{session_id}/history/restore": {"base": 0, "revision": 0},
    "POST /api/v1/totals": BUILD,
    "POST /api/v1/builds": BUILD,
    "PATCH /api/v1/builds/{build_id}": {"tags": ["farm"]},
    "POST /api/v1/builds/{build_id}/versions": BUILD,
    "POST /api/v1/builds/{build_id}/restore": {"version": 1},
    "POST /api/v1/builds/{build_id}/forks": {},
    "POST /api/v1/builds/{build_id}/sessions": {},
    "POST /api/v1/catalogue/granted": BUILD["build"],
    "POST /api/v1/catalogue/states": BUILD["build"],
}
QUERIES = {
    "GET /api/v1/catalogue/search": {"text": "luck"},
    "GET /api/v1/catalogue/bonuses": {"stat": "defense.ranged", "archetype": "Class_Scrapper"},
    "GET /api/v1/sessions/{session_id}/history/compare": {"from": 0},
    "GET /api/v1/builds/{build_id}/compare": {"from": 1},
}
# Who calls these ends something of theirs.
ENDING = {
    "POST /api/v1/accounts",
    "DELETE /api/v1/account/logins",
    "DELETE /api/v1/account/logins/{login}",
    "POST /api/v1/account/deletion",
}
# What is used up by a call that goes well: another one for each.
FRESH: Mapping[str, Callable[[World], dict[str, str]]] = {
    "PUT /api/v1/users/{person}/ban": lambda world: {"person": world.guest("spare")[1]},
    "DELETE /api/v1/users/{person}/ban": lambda world: _banned(world),
    "POST /api/v1/sessions/{session_id}/closing": lambda world: {"session_id": world.new_session()},
    "DELETE /api/v1/sessions/{session_id}": lambda world: {"session_id": world.new_session()},
    "DELETE /api/v1/sessions/{session_id}/invitations/{invitation_id}": lambda world: _invited(
        world
    ),
    "DELETE /api/v1/sessions/{session_id}/members/{person}": lambda world: _joined(world),
    "PUT /api/v1/sessions/{session_id}/owner": lambda world: _joined(world),
    "POST /api/v1/sessions/{session_id}/history/restore": lambda world: _edited(world),
    "POST /api/v1/sessions/{session_id}/history/undo": lambda world: _edited(world),
    "DELETE /api/v1/builds/{build_id}": lambda world: {"build_id": world.new_build()},
}


def _banned(world: World) -> dict[str, str]:
    person = world.guest("spare")[1]
    world.by("moderator", "PUT", f"/users/{person}/ban", {})
    return {"person": person}


def _invited(world: World) -> dict[str, str]:
    path = f"/sessions/{world.session}/invitations"
    return {"invitation_id": world.by("owner", "POST", path, {"role": "viewer"})["id"]}


def _joined(world: World) -> dict[str, str]:
    session = world.new_session()
    return {"session_id": session, "person": world.join(session, "editor", "editor")}


def _edited(world: World) -> dict[str, str]:
    return {"session_id": world.edited_session()}


@pytest.fixture(scope="module")
def world(rest_server: Server) -> World:
    return World(rest_server)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    data = tmp_path_factory.mktemp("app")
    redis = "redis://127.0.0.1:1"
    return create_app(Settings(gamedata=starter.path(), redis_url=redis, data_dir=data))


def test_every_route_has_a_row(app: Litestar) -> None:
    routes = set()
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            methods = set(route.methods) - {"OPTIONS", "HEAD"}
            routes |= {f"{method} {route.path_format}" for method in methods}
        elif isinstance(route, WebSocketRoute):
            routes.add(f"WS {route.path_format}")
    assert routes - set(ROWS) == set(), "add a line to route_roles.txt"
    assert set(ROWS) - routes == set()


@pytest.mark.parametrize("route", ROWS)
def test_a_route_answers_each_role_as_the_table_says(world: World, route: str) -> None:
    answers = {role: answer(world, route, role, ROWS[route][role]) for role in ROWS[route]}
    assert answers == ROWS[route]


def answer(world: World, route: str, role: str, expected: str) -> str:
    """What a route answers to a role: a status, or of a live session `in` or a close code."""
    method, _, path = route.partition(" ")
    succeeds = expected.startswith("2")
    token = world.spare(role) if route in ENDING and succeeds else world.tokens[role]
    if method == "WS":
        return world.live(token)
    named = {
        **CATALOGUE,
        "session_id": world.session,
        "build_id": world.build,
        "person": world.people["editor" if role == "viewer" else "viewer"],  # not oneself
        "invitation_id": "none",
        "login": "current",
        "key": "none",
        "provider": "none",
        "number": "1",
        "revision": "0",
        "name": "swagger-ui.css",
        "path": "app.js",
    }
    if route in FRESH and succeeds:
        named |= FRESH[route](world)
    if path.endswith("/keys/{key}") and succeeds:
        new = {"name": "Short", "scope": "read"}
        named["key"] = world.by(role, "POST", "/account/keys", new)["id"]
    if path.startswith("/api/v1/users/") and route not in FRESH:
        named["person"] = world.people["account"]
    options: dict[str, Any] = {"params": QUERIES.get(route)}
    if route == "POST /api/v1/token":
        grant = {"grant_type": "password", "username": "account", "password": PASSWORD}
        options["data"] = grant
    elif method in ("POST", "PUT", "PATCH"):
        options["json"] = _body(world, route, named, succeeds)
    return str(world.call(token, method, path.format(**named), **options).status_code)


def _body(world: World, route: str, named: Mapping[str, str], succeeds: bool) -> Any:
    if route.endswith("/owner"):
        return {"person": named["person"]}
    if route.endswith("/history/undo"):
        return {"base": int(succeeds), "person": world.people["owner"]}
    body = BODIES.get(route)
    if route.endswith("/history/restore"):
        return {**body, "base": int(succeeds)}
    return body() if callable(body) else body

"""A walk by every call of the REST interface, on a real server: the examples of its document."""

import re
import subprocess
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import httpx
import msgspec

from tests.wire.login_provider import LoginProvider
from tests.wire.serving import COHORT, Server

PASSWORD = "a horse, a moth and a battery"
NEW_PASSWORD = "another horse, and no battery"
SHOWN = 2  # of a long list, and of totals
SECRETS = ("token", "access_token", "refresh_token", "secret", "url", "code", "state")
METHODS = ("get", "post", "put", "patch", "delete")


class Seen:
    """The calls that went well: the example of each that says the most."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.examples: dict[str, Any] = {}
        self._operations = [
            (
                method,
                re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)) + r"\Z"),
                operation,
            )
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
            if method in METHODS
        ]
        # What is written out comes before what a parameter may be.
        self._operations.sort(key=lambda each: each[1].groups)

    def note(self, answer: httpx.Response) -> None:
        request = answer.request
        found = self.operation(request.method, request.url.path)
        if found is None or not answer.is_success:
            return
        operation, named = found
        streams = "event-stream" in answer.headers.get("content-type", "")
        body = None if streams or not answer.read() else answer.json()
        example: dict[str, Any] = {}
        parameters = {**named, **_query(request, operation), **_headers(request, operation)}
        if parameters:
            example["parameters"] = parameters
        sent = request.read()
        if sent and request.headers["content-type"].startswith("application/json"):
            example["request"] = shortened(msgspec.json.decode(sent))
        elif sent:
            form = parse_qs(sent.decode())
            example["request"] = shortened({key: values[0] for key, values in form.items()})
        if body is not None:
            example["response"] = shortened(body)
        known = self.examples.get(operation["operationId"])
        if known is None or _size(example) > _size(known):
            self.examples[operation["operationId"]] = example

    def operation(self, method: str, path: str) -> tuple[Mapping[str, Any], dict[str, str]] | None:
        """The document's operation for a call, and what its path's parameters are."""
        for known, pattern, operation in self._operations:
            match = pattern.match(path)
            if known == method.lower() and match:
                return operation, match.groupdict()
        return None


def shortened(value: Any, name: str = "") -> Any:
    """An example without secrets, and with the first few of what there are hundreds of."""
    if isinstance(value, dict):
        kept = list(value.items())
        if name in ("totals", "states", "powers") and len(kept) > SHOWN:
            kept = kept[:SHOWN]
        return {key: shortened(each, key) for key, each in kept}
    if isinstance(value, list):
        return [shortened(each) for each in value[:SHOWN]]
    if isinstance(value, str) and name in SECRETS:
        # Of a link the fragment, of a token all but its beginning.
        host = re.sub(r"^http://[^/]+", "https://cohort.example", value)
        return host if host.startswith("https:") and "#" not in host else f"{host[:28]}…"
    return value


def _size(example: Mapping[str, Any]) -> int:
    return len(msgspec.json.encode([example.get("request"), example.get("response")]))


def _query(request: httpx.Request, operation: Mapping[str, Any]) -> dict[str, Any]:
    listed = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
    given = parse_qs(request.url.query.decode())
    return {
        name: values if _is_list(operation, name) else _plain(values[0])
        for name, values in given.items()
        if name in listed
    }


def _is_list(operation: Mapping[str, Any], name: str) -> bool:
    (schema,) = (each["schema"] for each in operation["parameters"] if each["name"] == name)
    return "array" in {schema.get("type"), *(each.get("type") for each in schema.get("oneOf", ()))}


def _headers(request: httpx.Request, operation: Mapping[str, Any]) -> dict[str, Any]:
    return {
        each["name"]: _masked(each["name"], request.headers[each["name"]])
        for each in operation.get("parameters", ())
        if each["in"] == "header" and each["name"] in request.headers
    }


def _masked(name: str, value: str) -> str:
    return f"{value[:6]}…" if name == "Invitation" else value


def _plain(value: str) -> Any:
    return int(value) if value.isdecimal() else value


class Walker:
    """Calls, and remembers what was answered."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.http = httpx.Client(base_url=server.url, timeout=30)
        self.document: dict[str, Any] = self.http.get("/docs/openapi.json").json()
        self.seen = Seen(self.document)
        self.http.event_hooks["response"].append(self.seen.note)
        self._keys = 0

    def __call__(
        self, method: str, path: str, body: Any = None, token: str = "", **options: Any
    ) -> Any:
        """What is answered to a call that has to go well, decoded."""
        answer = self.ask(method, path, body, token, **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def ask(
        self, method: str, path: str, body: Any = None, token: str = "", **options: Any
    ) -> httpx.Response:
        headers = options.pop("headers", {})
        if token:
            headers = {"Authorization": f"Bearer {token}", **headers}
        if body is not None:
            options["json"] = body
        return self.http.request(method, f"/api/v1{path}", headers=headers, **options)

    def key(self) -> dict[str, str]:
        """A fresh key for an edit: the same at each walk."""
        self._keys += 1
        return {"Idempotency-Key": str(UUID(int=0xC0_40_47 << 104 | self._keys, version=4))}


def tour(server: Server, provider: LoginProvider) -> dict[str, Any]:
    """An example of each call, by operation id. provider: the one that the server knows."""
    walk = Walker(server)
    ann = _people(walk)
    _elsewhere(walk, ann, provider)
    bob = walk("POST", "/guests", {"name": "Bob"})["token"]
    session = _session(walk, ann, bob)
    _without_a_socket(walk, ann, session)
    _history(walk, ann, session)
    _library(walk, ann, session)
    _catalogue(walk)
    _admin(walk, ann)
    walk("DELETE", f"/sessions/{session}", token=ann)
    _leave(walk)
    return walk.seen.examples


def _people(walk: Walker) -> str:
    """A guest becomes an account, logs in and goes on; their account, logins and keys."""
    guest = walk("POST", "/guests", {"name": "Ann"})["token"]
    account = {"username": "ann", "password": PASSWORD, "name": "Ann"}
    walk("POST", "/accounts", account, guest)
    grant = {"grant_type": "password", "username": "ann", "password": PASSWORD}
    granted = walk("POST", "/token", data=grant)
    refresh = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    ann: str = walk("POST", "/token", data=refresh)["access_token"]
    walk("POST", "/token", data=grant)
    walk("PATCH", "/account", {"name": "Nova"}, ann)
    walk("GET", "/account", token=ann)
    logins = walk("GET", "/account/logins", token=ann)
    other = next(each["id"] for each in logins if not each.get("current"))
    walk("DELETE", f"/account/logins/{other}", token=ann)
    walk("PUT", "/account/password", {"password": PASSWORD, "new": NEW_PASSWORD}, ann)
    made = walk("POST", "/account/keys", {"name": "Overlay", "scope": "overlay"}, ann)
    walk("GET", "/account/keys", token=ann)
    walk("DELETE", f"/account/keys/{made['id']}", token=ann)
    former = walk("POST", "/guests", {"name": "Nova"})["token"]
    walk("POST", "/sessions", {"title": "Nova"}, former)
    walk("POST", "/account/guests", {"token": former}, ann)
    walk("GET", "/account/export", token=ann)
    return ann


def _elsewhere(walk: Walker, ann: str, provider: LoginProvider) -> None:
    """Log in with a provider; then link an account with somebody there, and unlink it."""
    walk("GET", "/login")
    sent = walk("POST", "/login/oidc", {})
    walk("POST", "/login/oidc/code", _arrival(provider.agree(sent["url"])))
    provider.subject = "ann"
    sent = walk("POST", "/login/oidc/link", {"password": NEW_PASSWORD}, ann)
    walk("POST", "/login/oidc/link/code", _arrival(provider.agree(sent["url"])), ann)
    walk("DELETE", "/account/identities/oidc", token=ann)


def _arrival(back: Mapping[str, str]) -> dict[str, str]:
    return {"code": back["code"], "state": back["state"], "issuer": back.get("iss", "")}


def _session(walk: Walker, ann: str, bob: str) -> str:
    """A session with a member who comes by a link, is given a role, and is removed."""
    new = {"title": "Nova", "archetype": "Class_Scrapper"}
    session: str = walk("POST", "/sessions", new, ann)["id"]
    at = f"/sessions/{session}"
    invited = walk(
        "POST", f"{at}/invitations", {"role": "editor", "expires_in": 86400, "uses": 5}, ann
    )
    by_link = {"Invitation": invited["secret"], **walk.key()}
    level = {"base": 0, "operations": [{"type": "set_level", "level": 30}]}
    walk("POST", f"{at}/edits", level, bob, headers=by_link)
    walk("GET", at, token=ann)
    walk("GET", f"{at}/said", params={"limit": 20}, token=ann)
    walk("GET", f"{at}/invitations", token=ann)
    members = walk("GET", f"{at}/members", token=ann)
    person = next(each["person"] for each in members if each["role"] == "editor")
    walk("PATCH", f"{at}/members/{person}", {"role": "suggester"}, ann)
    walk("PUT", f"{at}/owner", {"person": person}, ann)
    owner = next(each["person"] for each in members if each["role"] == "owner")
    walk("PUT", f"{at}/owner", {"person": owner}, bob)
    walk("DELETE", f"{at}/members/{person}", token=ann)
    walk("DELETE", f"{at}/invitations/{invited['id']}", token=ann)
    walk("PATCH", at, {"title": "Nova, for farms", "locked": False}, ann)
    return session


def _without_a_socket(walk: Walker, ann: str, session: str) -> None:
    melee = {"type": "set_powerset", "role": "primary", "powerset": "Scrapper_Melee.Dark_Melee"}
    edit = {"base": 1, "operations": [melee]}
    walk("POST", f"/sessions/{session}/edits", edit, ann, headers=walk.key())
    walk("POST", "/totals", {"build": {"format": 1, "archetype": "Class_Scrapper"}})
    headers = {"Authorization": f"Bearer {ann}"}
    stream = f"/api/v1/sessions/{session}/totals/stream"
    wanted = {"stats": "defense.ranged,health.max"}
    with walk.http.stream("GET", stream, params=wanted, headers=headers) as answer:
        assert next(answer.iter_lines())


def _history(walk: Walker, ann: str, session: str) -> None:
    at = f"/sessions/{session}/history"
    walk("GET", at, params={"before": 3, "limit": 25}, token=ann)
    walk("GET", f"{at}/1", token=ann)
    walk("GET", f"{at}/compare", params={"from": 0, "to": 2}, token=ann)
    walk("POST", f"{at}/restore", {"base": 2, "revision": 1}, ann, headers=walk.key())
    person = walk("GET", "/account", token=ann)["person"]
    walk("POST", f"{at}/undo", {"base": 3, "person": person}, ann, headers=walk.key())


def _library(walk: Walker, ann: str, session: str) -> None:
    new = {
        "session": session,
        "title": "Nova",
        "message": "As played",
        "visibility": "public",
        "tags": ["farm"],
    }
    saved = walk("POST", "/builds", new, ann)
    at = f"/builds/{saved['id']}"
    walk("GET", at)
    changed = walk("PATCH", at, {"tags": ["farm", "fire"]}, ann, headers=_match(saved))
    document = {"build": {"format": 1, "archetype": "Class_Blaster"}, "message": "A blaster"}
    second = walk("POST", f"{at}/versions", document, ann, headers=_match(changed))
    walk("GET", f"{at}/versions", params={"limit": 10})
    walk("GET", f"{at}/versions/newest")
    walk("GET", f"{at}/versions/1")
    walk("GET", f"{at}/compare", params={"from": 1, "to": 2})
    restored = walk("POST", f"{at}/restore", {"version": 1}, ann, headers=_match(second))
    walk("POST", f"{at}/forks", {"version": 1, "title": "A fork of Nova"}, ann)
    walk("POST", f"{at}/sessions", {"version": 2}, ann)
    walk("PUT", f"{at}/favourite", token=ann)
    walk("DELETE", f"{at}/favourite", token=ann)
    walk("GET", "/builds/stats")
    search = {
        "archetype": "Class_Scrapper",
        "text": "nov",
        "tag": ["farm"],
        "at_least": ["health.max:100"],
        "limit": 20,
    }
    assert walk("GET", "/builds", params=search)["builds"]
    walk("DELETE", at, token=ann, headers=_match(restored))


def _match(saved: Mapping[str, Any]) -> dict[str, str]:
    return {"If-Match": saved["etag"]}


def _catalogue(walk: Walker) -> None:
    version = {"v": walk("GET", "/catalogue")["version"]}
    for path in (
        "/stats",
        "/stats/powers",
        "/catalogue/schedule",
        "/catalogue/archetypes",
        "/catalogue/archetypes/Class_Scrapper/powersets",
        "/catalogue/powersets",
        "/catalogue/powersets/Pool.Speed",
        "/catalogue/powers/Pool.Speed.Hasten",
        "/catalogue/temporary",
        "/catalogue/enhancements",
        "/catalogue/enhancements/Crafted_Luck_of_the_Gambler_F",
        "/catalogue/sets",
        "/catalogue/sets/Luck_of_the_Gambler",
    ):
        walk("GET", path, params=version)
    fitting = {**version, "archetype": "Class_Scrapper"}
    walk("GET", "/catalogue/powers/Pool.Speed.Hasten/enhancements", params=fitting)
    walk("GET", "/catalogue/search", params={"text": "luck gam", "kind": ["set"], "limit": 5})
    wanted = {
        "stat": "defense.ranged",
        "archetype": "Class_Scrapper",
        "level": 50,
        "pieces": 6,
        "group": "Melee Damage",
    }
    walk("GET", "/catalogue/bonuses", params=wanted)
    walk("GET", "/catalogue/archetypes/Class_Scrapper/bonuses", params={"level": 50})
    build = {"format": 1, "archetype": "Class_Brute"}
    walk("POST", "/catalogue/granted", build)
    walk("POST", "/catalogue/states", build)


def _admin(walk: Walker, ann: str) -> None:
    command = [COHORT, "admin", "role", "ann", "admin", "--data-dir", walk.server.data_dir]
    subprocess.run(command, check=True, capture_output=True)
    eve = {"username": "eve", "password": PASSWORD}
    person = walk("POST", "/accounts", eve)["person"]
    walk("PUT", f"/users/{person}/role", {"role": "moderator"}, ann)
    walk("GET", "/audit", params={"event": "role_changed", "limit": 10}, token=ann)
    guest = walk("POST", "/guests", {"name": "Mallory"})
    walk("PUT", f"/users/{guest['person']}/ban", {"why": "spam"}, ann)
    walk("DELETE", f"/users/{guest['person']}/ban", token=ann)
    session = walk("POST", "/sessions", {"title": "Spam"}, guest["token"])["id"]
    walk("POST", f"/sessions/{session}/closing", token=ann)


def _leave(walk: Walker) -> None:
    grant = {"grant_type": "password", "username": "eve", "password": PASSWORD}
    eve = walk("POST", "/token", data=grant)["access_token"]
    walk("DELETE", "/account/logins", token=eve)
    eve = walk("POST", "/token", data=grant)["access_token"]
    walk("POST", "/account/deletion", {"password": PASSWORD}, eve)

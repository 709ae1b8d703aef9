"""A tour of OWASP's API security top ten (2023): what somebody who means harm tries first.

API1 others' objects, API2 tokens and guessing, API3 fields that are not theirs to set or see,
API4 too much of everything, API5 others' functions, API8 how the server is set up. API6 (limits)
and the rest of API8 are in `test_gate.py`, API7 (login providers) in `test_openid.py`, API9
(every route, who may call it) in the tests of the REST interface's document.
"""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from websockets.exceptions import ConnectionClosed

from server.auth import AUDIENCE, ISSUER, Person, Tokens
from tests.wire.serving import Owner, Raw, Server

SECRET = "of the tests: 32 characters or more"  # of the shared servers
PASSWORD = "four words nobody says"
NUMBERS = iter(range(10_000))
EDIT = {"base": 0, "operations": [{"type": "set_level", "level": 3}]}


class Somebody:
    """An account with a session, a private build, an invitation, a key and a login."""

    def __init__(self, server: Server, name: str) -> None:
        self.guest = Owner(server.url, name)
        self.http = self.guest.http
        self.session = self.guest.session
        self.invitation = self.guest.invite("viewer")
        self.username = f"{name.lower()}-{next(NUMBERS)}-{self.guest.person}"
        body = {"username": self.username, "password": PASSWORD}
        made = self.guest.call("POST", "/api/v1/accounts", body, status=201)
        self.person, self.token = made["person"], made["access_token"]
        self.refresh_token = made["refresh_token"]
        self.key = self.call("POST", "/api/v1/account/keys", {"name": "bot", "scope": "edit"}, 201)
        self.login = self.call("GET", "/api/v1/account/logins")[0]["id"]
        document = {"format": 1, "archetype": "Class_Scrapper"}
        self.build = self.call("POST", "/api/v1/builds", {"build": document, "title": "Mine"}, 201)

    def ask(
        self, method: str, path: str, body: Any = None, token: str | None = None, **headers: str
    ) -> httpx.Response:
        token = self.token if token is None else token
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        headers = {"If-Match": "*", "Idempotency-Key": f"edit-{next(NUMBERS):08}"} | headers
        return self.http.request(method, path, json=body, headers=bearer | headers)

    def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.ask(method, path, body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def everything(self) -> list[Any]:
        """All that there is of them, to see that nobody changed it."""
        snapshot = self.call("GET", f"/api/v1/sessions/{self.session}")
        return [
            {name: snapshot[name] for name in ("revision", "build")},
            *(
                self.call("GET", path)
                for path in (
                    "/api/v1/account",
                    f"/api/v1/sessions/{self.session}/members",
                    f"/api/v1/sessions/{self.session}/invitations",
                    f"/api/v1/builds/{self.build['id']}",
                    f"/api/v1/builds/{self.build['id']}/versions",
                )
            ),
            [each["id"] for each in self.call("GET", "/api/v1/account/keys")],
            [each["id"] for each in self.call("GET", "/api/v1/account/logins")],
        ]


@pytest.fixture(scope="module")
def ann(server: Server) -> Somebody:
    return Somebody(server, "Ann")


@pytest.fixture(scope="module")
def eve(server: Server) -> Somebody:
    return Somebody(server, "Eve")


# API1: others' objects. {0} is Ann.

DOCUMENT = {"format": 1, "archetype": "Class_Blaster"}
OBJECTS = [
    ("GET", "/api/v1/sessions/{0.session}", None),
    ("GET", "/api/v1/sessions/{0.session}/said", None),
    ("GET", "/api/v1/sessions/{0.session}/members", None),
    ("GET", "/api/v1/sessions/{0.session}/invitations", None),
    ("GET", "/api/v1/sessions/{0.session}/totals/stream", None),
    ("POST", "/api/v1/sessions/{0.session}/edits", EDIT),
    ("POST", "/api/v1/sessions/{0.session}/invitations", {"role": "viewer"}),
    ("DELETE", "/api/v1/sessions/{0.session}/invitations/{0.invitation[id]}", None),
    ("PATCH", "/api/v1/sessions/{0.session}", {"title": "Eve's", "locked": True}),
    ("PATCH", "/api/v1/sessions/{0.session}/members/{0.person}", {"role": "viewer"}),
    ("DELETE", "/api/v1/sessions/{0.session}/members/{0.person}", None),
    ("PUT", "/api/v1/sessions/{0.session}/owner", {"person": "{1.person}"}),
    ("DELETE", "/api/v1/sessions/{0.session}", None),
    ("GET", "/api/v1/sessions/{0.session}/history", None),
    ("GET", "/api/v1/sessions/{0.session}/history/0", None),
    ("GET", "/api/v1/sessions/{0.session}/history/compare?from=0", None),
    ("POST", "/api/v1/sessions/{0.session}/history/restore", {"base": 0, "revision": 0}),
    ("POST", "/api/v1/sessions/{0.session}/history/undo", {"base": 0, "person": "{0.person}"}),
    ("GET", "/api/v1/builds/{0.build[id]}", None),
    ("PATCH", "/api/v1/builds/{0.build[id]}", {"visibility": "public"}),
    ("DELETE", "/api/v1/builds/{0.build[id]}", None),
    ("GET", "/api/v1/builds/{0.build[id]}/versions", None),
    ("GET", "/api/v1/builds/{0.build[id]}/versions/1", None),
    ("GET", "/api/v1/builds/{0.build[id]}/versions/newest", None),
    ("GET", "/api/v1/builds/{0.build[id]}/compare?from=1&to=1", None),
    ("GET", "/api/v1/builds/{1.build[id]}/compare?from=1&other={0.build[id]}&to=1", None),
    ("POST", "/api/v1/builds/{0.build[id]}/versions", {"build": DOCUMENT}),
    ("POST", "/api/v1/builds/{0.build[id]}/restore", {"version": 1}),
    ("POST", "/api/v1/builds/{0.build[id]}/forks", {}),
    ("POST", "/api/v1/builds/{0.build[id]}/sessions", {}),
    ("PUT", "/api/v1/builds/{0.build[id]}/favourite", None),
    ("POST", "/api/v1/builds", {"session": "{0.session}"}),
    ("DELETE", "/api/v1/account/keys/{0.key[id]}", None),
    ("DELETE", "/api/v1/account/logins/{0.login}", None),
]


def filled(body: Any, *people: Somebody) -> Any:
    if not isinstance(body, dict):
        return body
    return {
        name: value.format(*people) if isinstance(value, str) else value
        for name, value in body.items()
    }


def test_nobody_has_what_is_somebody_else_s(ann: Somebody, eve: Somebody) -> None:
    before = ann.everything()
    for method, path, body in OBJECTS:
        for who in ("account", "key", "guest"):
            token = {"account": None, "key": eve.key["token"], "guest": eve.guest.token}[who]
            answer = eve.ask(method, path.format(ann, eve), filled(body, ann, eve), token)
            told = (method, path, who, answer.status_code, answer.text)
            assert answer.status_code in ((401,) if who == "guest" else (403, 404)), told
            assert ann.username not in answer.text, told
    assert ann.everything() == before


def test_a_private_build_is_as_one_that_there_is_not(ann: Somebody, eve: Somebody) -> None:
    missing = "z" * len(ann.build["id"])
    for method, path, body in OBJECTS:
        if "0.build" not in path:
            continue
        theirs = eve.ask(method, path.format(ann, eve), body)
        none = path.replace("{0.build[id]}", missing).format(ann, eve)
        other = eve.ask(method, none, body)
        assert (theirs.status_code, theirs.json()) == (other.status_code, other.json()), path
        assert theirs.status_code == 404


@pytest.mark.parametrize("session", ["%00", "a%0ab", "x" * 3000, "*"])
async def test_a_socket_to_no_session_is_told_so(
    server: Server, ann: Somebody, session: str
) -> None:
    raw = await Raw.open(server.url, session)
    with suppress(ConnectionClosed):  # it may be told before it joins
        await raw.send({"type": "join", "token": ann.token})
    assert (await raw.closed())[0] == 4404


async def test_no_socket_gets_into_somebody_else_s_session(
    server: Server, ann: Somebody, eve: Somebody
) -> None:
    secret = eve.invitation["url"].rpartition("#")[2]
    for join in (
        {"token": eve.token},
        {"token": eve.key["token"]},
        {"invitation": secret, "name": "Ann"},  # of another session
        {"token": eve.token, "invitation": secret},
    ):
        raw = await Raw.open(server.url, ann.session)
        await raw.send({"type": "join", **join})
        assert (await raw.closed())[0] == 4403


# API2: tokens


def claims(person: str, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "sub": person,
        "name": "Eve",
        "iat": now,
        "exp": now + 3600,
        "aud": AUDIENCE,
        "iss": ISSUER,
        **more,
    }


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def forged(person: str) -> Iterator[tuple[str, str]]:
    """What is no token of the server's, and why."""
    ours = Tokens(SECRET)
    good = ours.sign(Person(person, "Eve", time.time(), time.time() + 3600))
    kid = jwt.get_unverified_header(good)["kid"]
    eddsa = Tokens(SECRET, "EdDSA")
    kid_of_pair = eddsa._kid
    public = eddsa._keys[kid_of_pair][1].public_key()
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for algorithm in ("none", "None", "NONE", ""):
        for key in (kid, kid_of_pair, None):
            header = {"alg": algorithm, "typ": "JWT"} | ({"kid": key} if key else {})
            yield f"alg {algorithm!r}", f"{part(header)}.{part(claims(person))}."
    yield "no signature", good.rpartition(".")[0] + "."
    head, _, signature = good.split(".")
    yield "another body", f"{head}.{part(claims('u' + '0' * 16))}.{signature}"
    # The public key of one algorithm as the secret of another: by hand, PyJWT would refuse it.
    for key_bytes in (raw, pem):
        for name in (kid, kid_of_pair, None):
            header = {"alg": "HS256", "typ": "JWT"} | ({"kid": name} if name else {})
            signed = f"{part(header)}.{part(claims(person))}"
            mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
            made = mac.sign(signed.encode(), key_bytes)
            tail = base64.urlsafe_b64encode(made).decode().rstrip("=")
            yield "the public key as a secret", f"{signed}.{tail}"
    wrong = "another secret of 32 characters or more"
    for name in (kid, kid_of_pair, "nonsense", "../../dev/null", "' OR 1=1 --", "", 0, None, []):
        named: dict[str, Any] = {} if name is None else {"kid": name}
        token = jwt.api_jws.encode(
            json.dumps(claims(person)).encode(), wrong, "HS256", headers={}, sort_headers=False
        )
        body, tail = token.split(".")[1:]
        yield f"another key, as {name!r}", f"{part({'alg': 'HS256', **named})}.{body}.{tail}"
    for wrong_claims in (
        {"aud": "another"},
        {"aud": None},
        {"iss": "another"},
        {"iss": None},
        {"exp": int(time.time()) - 1},
        {"exp": None},
        {"exp": "never"},
        {"iat": int(time.time()) + 9999},
        {"nbf": int(time.time()) + 9999},
        {"sub": None},
        {"sub": 1},
    ):
        made_up = {k: v for k, v in claims(person, **wrong_claims).items() if v is not None}
        yield f"claims {wrong_claims}", jwt.encode(made_up, SECRET, "HS256", headers={"kid": kid})
    yield "HS512", jwt.encode(claims(person), SECRET * 2, "HS512", headers={"kid": kid})
    # The name of a key is the algorithm's: what is signed right, but named wrong, is wrong.
    yield "another kid", jwt.encode(claims(person), SECRET, "HS256", headers={"kid": kid_of_pair})
    yield "a refresh token", "cohort_refresh_" + "x" * 43
    yield "a key", "cohort_key_" + "x" * 43
    yield "long", "x" * 7000


async def test_no_token_but_ours_is_taken(server: Server, ann: Somebody) -> None:
    guest = Owner(server.url)
    path = f"/api/v1/sessions/{guest.session}"
    now = time.time()
    good = Tokens(SECRET).sign(Person(guest.person, "Eve", now, now + 3600))
    assert ann.ask("GET", path, token=good).status_code == 200
    tried = 0
    for why, token in forged(guest.person):
        answer = ann.ask("GET", path, token=token)
        assert answer.status_code == 401, (why, answer.text)
        assert answer.json()["code"] in ("not_authenticated", "expired"), why
        tried += 1
    assert tried > 40
    for why, token in list(forged(guest.person))[::5]:
        raw = await Raw.open(server.url, guest.session)
        await raw.send({"type": "join", "token": token[:2000]})
        assert (await raw.closed())[0] == 4401, why


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Basic YW5uOng=", "bearer x y", "Token {0}", "{0}", "Bearer {0},{0}"],
)
def test_a_token_comes_as_a_bearer_and_in_no_other_way(ann: Somebody, authorization: str) -> None:
    value = authorization.format(ann.token)
    for each in (
        ann.http.get("/api/v1/account", headers={"Authorization": value}),
        ann.http.get("/api/v1/account", params={"access_token": ann.token, "token": ann.token}),
        ann.http.get("/api/v1/account", headers={"Cookie": f"token={ann.token}"}),
    ):
        assert each.status_code == 401


def test_a_deleted_account_s_tokens_and_keys_are_nobody_s(server: Server) -> None:
    bob = Somebody(server, "Bob")
    forever = Tokens(SECRET).sign(Person(bob.person, "Bob", time.time(), time.time() + 1e6))
    assert bob.ask("POST", "/api/v1/account/deletion", {"password": PASSWORD}).status_code == 204
    for token in (bob.token, bob.key["token"], bob.guest.token, forever):
        assert bob.ask("GET", "/api/v1/account", token=token).status_code == 401
        assert bob.ask("POST", "/api/v1/sessions", {}, token=token).status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": bob.refresh_token}
    assert bob.http.post("/api/v1/token", data=form).json()["error"] == "invalid_grant"


def test_guessing_is_slow_from_wherever_it_comes(server: Server, ann: Somebody) -> None:
    """By account, whoever asks; the right password is not looked at either."""
    answers = []
    for n in range(30):  # one comes back every six seconds
        form = {"grant_type": "password", "username": ann.username, "password": f"guess {n}"}
        where = {"X-Forwarded-For": f"203.0.113.{n}"}
        answers.append(ann.http.post("/api/v1/token", data=form, headers=where))
        if answers[-1].status_code == 429:
            break
    assert [each.status_code for each in answers[:10]] == [400] * 10
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    right = {"grant_type": "password", "username": ann.username, "password": PASSWORD}
    assert ann.http.post("/api/v1/token", data=right).status_code == 429


# API3: fields


EXTRA = {
    "role": "admin",
    "person": "{0.person}",
    "owner": "{0.person}",
    "author": "{0.person}",
    "user_id": "{0.person}",
    "id": "chosen",
    "scope_all": True,
    "banned_at": None,
    "created_at": 0,
    "access": 999,
    "__class__": "x",
}


def test_nobody_sets_what_is_not_asked_for(server: Server, ann: Somebody, eve: Somebody) -> None:
    extra = filled(EXTRA, ann)
    without_role = {name: value for name, value in extra.items() if name != "role"}
    before = ann.everything()
    guest = eve.ask("POST", "/api/v1/guests", {**extra, "name": "G"}, token="").json()
    assert guest["person"] not in (ann.person, "chosen")
    session = eve.ask("POST", "/api/v1/sessions", extra).json()
    assert session["id"] != "chosen"
    members = eve.ask("GET", f"/api/v1/sessions/{session['id']}/members").json()
    assert [(each["person"], each["role"]) for each in members] == [(eve.person, "owner")]
    named = eve.ask("PATCH", f"/api/v1/sessions/{session['id']}", {**extra, "title": "T"})
    assert named.status_code in (200, 400)
    assert eve.ask("PATCH", "/api/v1/account", {**extra, "name": "Eve"}).json()["role"] == "user"
    key = eve.ask("POST", "/api/v1/account/keys", {**without_role, "name": "k", "scope": "read"})
    assert eve.ask("GET", "/api/v1/account", token=key.json()["token"]).json()["person"] == (
        eve.person
    )
    assert eve.ask("POST", "/api/v1/account/keys", {"name": "k", "scope": "all"}).status_code == 400
    build = eve.ask("POST", "/api/v1/builds", {**extra, "build": DOCUMENT}).json()
    assert build["author"]["person"] == eve.person
    assert build["id"] != "chosen"
    changed = eve.ask("PATCH", f"/api/v1/builds/{build['id']}", {**extra, "title": "T"}).json()
    assert (changed["id"], changed["author"]) == (build["id"], build["author"])
    assert eve.ask("GET", "/api/v1/audit").status_code == 403
    assert ann.everything() == before


def test_answers_hold_no_secrets_of_others_or_of_ours(ann: Somebody, eve: Somebody) -> None:
    """A member sees of others what is theirs to see: no username, hash, address or login."""
    secret = ann.invitation["url"].rpartition("#")[2]
    joined = eve.ask("POST", f"/api/v1/sessions/{ann.session}/edits", EDIT, Invitation=secret)
    assert joined.status_code == 403  # a viewer, by now
    for path in ("", "/members", "/said"):
        answer = eve.ask("GET", f"/api/v1/sessions/{ann.session}{path}")
        assert answer.status_code in (200, 403), path
        for word in (ann.username, secret, "argon2", "hash", "127.0.0.1", ann.login):
            assert word not in answer.text, (path, word)
    own = eve.ask("GET", "/api/v1/account/export").text
    for word in ("argon2", "hash", eve.key["token"], eve.refresh_token, ann.username):
        assert word not in own
    eve.call("DELETE", f"/api/v1/sessions/{ann.session}/members/{eve.person}")


# API4: too much of everything


@pytest.mark.parametrize("path", ["/api/v1/guests", "/api/v1/totals", "/api/v1/builds"])
@pytest.mark.parametrize(
    "body",
    [
        "[" * 60_000,
        '{"build": ' + '{"a":' * 30_000 + "1" + "}" * 30_000 + "}",
        '{"name": "' + "\\ud83d\\ude00" * 20_000 + '"}',
        '{"file": "' + "|" * 200_000 + '"}',
        '{"name": ' + "9" * 5000 + "}",
        '{"name": 1e999999}',
    ],
    ids=["arrays", "objects", "text", "file", "digits", "exponent"],
)
def test_a_body_that_is_made_to_hurt_is_refused(ann: Somebody, path: str, body: str) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {ann.token}"}
    answer = ann.http.post(path, content=body, headers=headers)
    assert answer.status_code in (400, 413), answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert len(answer.content) < 2000


@pytest.mark.parametrize(
    "query",
    [
        "limit=1000000000",
        "limit=-1",
        "limit=0",
        "limit=1e3",
        "limit=99999999999999999999999",
        "after=-1",
        "after=" + "f" * 100,
        "text=" + "a" * 5000,
        "&".join(["at_least=defense.ranged:0.1"] * 500),
        "&".join(f"powerset=Pool.Speed{n}" for n in range(500)),
        "&".join(f"tag=t{n}" for n in range(500)),
    ],
)
def test_a_page_has_a_size_and_a_question_too(ann: Somebody, query: str) -> None:
    answer = ann.ask("GET", f"/api/v1/builds?{query}")
    assert answer.status_code == 400, answer.text


# API5: others' functions


def test_nobody_is_an_admin_by_asking(ann: Somebody, eve: Somebody) -> None:
    role = f"/api/v1/users/{eve.person}/role"
    for token in (None, eve.key["token"], "", Owner(str(eve.http.base_url)).token):
        for method, path, body in (
            ("GET", "/api/v1/audit", None),
            ("GET", f"/api/v1/audit?person={ann.person}", None),
            ("PUT", role, {"role": "admin"}),
            ("PUT", f"/api/v1/users/{ann.person}/ban", {"why": "I can"}),
            ("DELETE", f"/api/v1/users/{ann.person}/ban", None),
            ("POST", f"/api/v1/sessions/{ann.session}/closing", {}),
            ("POST", f"/api/v1/sessions/{eve.session}/closing", {}),
        ):
            answer = eve.ask(method, path, body, token)
            assert answer.status_code in (401, 403), (method, path, answer.text)
    # What proxies and frameworks may take for another method, path or person.
    for headers in (
        {"X-HTTP-Method-Override": "PUT"},
        {"X-Original-URL": role},
        {"X-Rewrite-URL": role},
        {"X-User": ann.person, "X-Role": "admin"},
    ):
        assert eve.ask("POST", role, {"role": "admin"}, **headers).status_code == 405
    assert eve.ask("GET", "/api/v1/account").json()["role"] == "user"


# API8: how the server is set up


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "TRACK", "DEBUG", "PROPFIND", "PUT"])
def test_other_methods_are_none(server: Server, method: str) -> None:
    answer = httpx.request(method, f"{server.url}api/v1/stats", timeout=20)
    assert answer.status_code in (400, 405)
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fsettings.py",
        "/static/../app.py",
        "/views/..%5c..%5capp.py",
        "/.git/config",
        "/%00",
        "/api/v1/sessions/%00",
        "/api/v1/builds/%0d%0aSet-Cookie:x",
        "/app.js%00.html",
        "//evil.example/%2e%2e",
        "/cohort.sqlite",
        "/secret",
        "/__pycache__",
        "/views",
        "/views/",
    ],
)
def test_no_path_leads_out_of_the_page_s_files(server: Server, path: str) -> None:
    request = httpx.Request("GET", server.url)
    request.url = request.url.copy_with(raw_path=path.encode())
    with httpx.Client(timeout=20) as http:
        answer = http.send(request)
    assert answer.status_code in (400, 404), answer.text
    assert "import " not in answer.text
    assert "location" not in answer.headers

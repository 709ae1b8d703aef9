"""Accounts over HTTP and the live socket of a real server."""

import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from calc.operations import SetLevel
from server.client import Client
from tests.wire.serving import COHORT, Owner, Raw, Server

PASSWORD = "four words nobody says"


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server where the limit of attempts is as by default."""
    server = Server(tmp_path_factory.mktemp("accounts"))
    yield server
    server.ends_well()


@pytest.fixture
def http(accounts: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=accounts.url, timeout=20) as client:
        yield client


def as_(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def create(http: httpx.Client, username: str, token: str = "", **more: str) -> httpx.Response:
    body = {"username": username, "password": PASSWORD, **more}
    return http.post("/api/v1/accounts", json=body, headers=as_(token) if token else {})


def grant(http: httpx.Client, **form: str) -> httpx.Response:
    return http.post("/api/v1/token", data=form)


def log_in(http: httpx.Client, username: str, password: str = PASSWORD) -> httpx.Response:
    return grant(http, grant_type="password", username=username, password=password)


async def test_a_guest_keeps_their_session_as_an_account(
    http: httpx.Client, accounts: Server
) -> None:
    guest = Owner(accounts.url)
    made = create(http, "keeper", guest.token)
    assert made.status_code == 201, made.text
    assert made.json()["person"] == guest.person
    assert made.headers["cache-control"] == "no-store"
    again = log_in(http, "Keeper").json()
    assert again["token_type"] == "Bearer"
    assert again["person"] == guest.person
    async with Client(accounts.url, guest.session, token=again["access_token"]) as client:
        assert client.welcome.role == "owner"
        await client.edit(SetLevel(7))
    # What they were as a guest is not good any more: it could not be logged out.
    path = f"/api/v1/sessions/{guest.session}"
    async with httpx.AsyncClient(base_url=accounts.url, timeout=20) as asking:
        assert (await asking.get(path, headers=as_(guest.token))).status_code == 401
        snapshot = await asking.get(path, headers=as_(again["access_token"]))
    assert snapshot.json()["build"]["level"] == 7


def test_the_token_endpoint_answers_as_oauth2_says(http: httpx.Client) -> None:
    first = create(http, "oauth").json()
    assert set(first) == {
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
        "person",
        "name",
    }
    second = grant(http, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second.status_code == 200
    assert second.headers["cache-control"] == "no-store"
    for form, error in (
        ({}, "invalid_request"),
        ({"grant_type": "magic"}, "unsupported_grant_type"),
        ({"grant_type": "password", "username": "oauth", "password": "x"}, "invalid_grant"),
        ({"grant_type": "password"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        # Used before: from here on the newer one is not good either.
        ({"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}, "invalid_grant"),
        (
            {"grant_type": "refresh_token", "refresh_token": second.json()["refresh_token"]},
            "invalid_grant",
        ),
    ):
        answer = http.post("/api/v1/token", data=form or {"x": "y"})
        assert (answer.status_code, answer.json()["error"]) == (400, error), form
        assert answer.json()["error_description"] == answer.json()["detail"]
    for token in (first, second.json()):
        answer = http.post("/api/v1/sessions", json={}, headers=as_(token["access_token"]))
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_json_is_not_the_form_that_it_asks_for(http: httpx.Client) -> None:
    answer = http.post("/api/v1/token", json={"grant_type": "password"})
    assert answer.status_code == 400
    double = http.post(
        "/api/v1/token",
        content="grant_type=password&username=a&username=b",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert double.status_code == 400


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"username": "weak", "password": "password1"}, 400, "weak_password"),
        ({"username": "weak", "password": "short"}, 400, "weak_password"),
        ({"username": "weak.weak", "password": "weak.weak"}, 400, "weak_password"),
        ({"username": "x", "password": PASSWORD}, 400, "invalid"),
        ({"username": "a b c", "password": PASSWORD}, 400, "invalid"),
        ({"username": "Ａnnn", "password": PASSWORD}, 400, "invalid"),
        ({"username": "ok-name", "password": PASSWORD, "name": " "}, 400, "invalid"),
        ({"username": "ok-name"}, 400, "invalid"),
    ],
)
def test_what_makes_no_account(
    http: httpx.Client, body: dict[str, str], status: int, code: str
) -> None:
    answer = http.post("/api/v1/accounts", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_an_account_takes_over_what_its_person_did_as_a_guest(
    http: httpx.Client, accounts: Server
) -> None:
    account, other = create(http, "returning").json(), create(http, "stranger").json()
    nova = Owner(accounts.url, "Nova")
    live = await Raw.open(accounts.url, nova.session)
    await live.join(token=nova.token)

    def take(token: str) -> httpx.Response:
        by = as_(account["access_token"])
        return http.post("/api/v1/account/guests", json={"token": token}, headers=by)

    for wrong in ("none", other["access_token"], other["refresh_token"], account["access_token"]):
        refused = take(wrong)
        assert (refused.status_code, refused.json()["code"]) == (400, "no_guest")
    for again in (1, 0):
        taken = take(nova.token)
        assert (taken.status_code, taken.json()) == (200, {"sessions": again, "builds": 0})
    assert (await live.closed())[0] == 4403  # the guest is in it no more
    live = await Raw.open(accounts.url, nova.session)
    assert (await live.join(token=account["access_token"]))["role"] == "owner"
    nova.call("GET", f"/api/v1/sessions/{nova.session}", status=403)


def test_nobody_gives_themselves_a_role(http: httpx.Client) -> None:
    made = create(http, "modest", role="admin", person="g1", id="g1")
    assert made.status_code == 201
    assert made.json()["person"] != "g1"


def test_a_username_in_use_is_refused(http: httpx.Client) -> None:
    assert create(http, "Unique").status_code == 201
    again = create(http, "uNIQUE")
    assert (again.status_code, again.json()["code"]) == (409, "username_taken")


def test_an_account_makes_no_second_one(http: httpx.Client) -> None:
    token = create(http, "only.one").json()["access_token"]
    again = create(http, "another.one", token)
    assert (again.status_code, again.json()["code"]) == (409, "has_account")


def test_an_unknown_user_is_answered_as_a_known_one(http: httpx.Client) -> None:
    """The same words, and as late: the medians of both are within each other's spread."""
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    answers = set()
    for number in range(8):
        assert create(http, f"known-{number}").status_code == 201
        for kind, name in (("known", f"known-{number}"), ("unknown", f"nobody-{number}")):
            began = time.perf_counter()
            answer = log_in(http, name, "not " + PASSWORD)
            took[kind].append(time.perf_counter() - began)
            answers.add((answer.status_code, answer.text))
    assert len(answers) == 1
    known, unknown = (statistics.median(took[kind]) for kind in ("known", "unknown"))
    assert 0.4 < known / unknown < 2.5  # without the hash it is a tenth


def test_guessing_a_password_is_slow_whatever_case_the_name_is_in(http: httpx.Client) -> None:
    assert create(http, "guessed").status_code == 201
    answers = [log_in(http, "GuesseD" if n % 2 else "guessed", f"guess {n}") for n in range(14)]
    assert {answer.status_code for answer in answers[:10]} == {400}
    last = answers[-1]
    assert (last.status_code, last.json()["code"]) == (429, "too_many")
    assert int(last.headers["retry-after"]) >= 1
    assert log_in(http, "guessed").status_code == 429  # the right one is not told from others
    assert create(http, "not.guessed").status_code == 201
    assert log_in(http, "not.guessed").status_code == 200


def test_an_address_has_a_limit_of_its_own(tmp_path: Path) -> None:
    server = Server(tmp_path, logins_per_minute="5")
    with httpx.Client(base_url=server.url, timeout=20) as http:
        answers = [log_in(http, f"name{number}").status_code for number in range(8)]
        refresh = grant(http, grant_type="refresh_token", refresh_token="x").status_code
        made = create(http, "somebody").status_code
    assert answers[:5] == [400] * 5
    assert {*answers[6:], refresh, made} == {429}
    server.ends_well()


async def test_tokens_signed_by_eddsa_and_then_by_another_secret(tmp_path: Path) -> None:
    secret = "of the tests: 32 characters or more"
    server = Server(tmp_path, secret=secret, signing="EdDSA")
    with httpx.Client(base_url=server.url, timeout=20) as http:
        made = create(http, "signed").json()
        assert made["access_token"].startswith("eyJhbGciOiJFZERTQSI")  # {"alg":"EdDSA"
    new = {"secret": "another secret of 32 characters or more", "signing": "HS256"}
    server.stop()
    await server.restart(**new, old_secrets=secret)
    with httpx.Client(base_url=server.url, timeout=20) as http:
        session = http.post("/api/v1/sessions", json={}, headers=as_(made["access_token"]))
        assert session.status_code == 201
    server.stop()
    await server.restart(**new, old_secrets="")
    with httpx.Client(base_url=server.url, timeout=20) as http:
        session = http.post("/api/v1/sessions", json={}, headers=as_(made["access_token"]))
        assert session.status_code == 401
        refreshed = grant(http, grant_type="refresh_token", refresh_token=made["refresh_token"])
        assert refreshed.status_code == 200  # a refresh token is not signed by anybody
    server.ends_well()


def test_a_login_provider_that_is_not_set_up_is_not_there(http: httpx.Client) -> None:
    assert http.get("/api/v1/login").json() == []
    assert http.post("/api/v1/login/oidc", json={}).status_code == 404
    page = http.get("/login/oidc?code=x&state=y")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_an_operator_makes_the_first_admin_who_reads_the_audit_log(
    http: httpx.Client, accounts: Server
) -> None:
    chief, other = create(http, "chief").json(), create(http, "other").json()
    by = as_(chief["access_token"])
    role = f"/api/v1/users/{other['person']}/role"
    assert http.get("/api/v1/audit", headers=by).status_code == 403
    assert http.put(role, json={"role": "admin"}, headers=by).status_code == 403
    command = [COHORT, "admin", "role", "Chief", "admin", "--data-dir", accounts.data_dir]
    subprocess.run(command, check=True, capture_output=True)
    command[3] = chief["person"]  # of who has no username, as they log in elsewhere
    subprocess.run(command, check=True, capture_output=True)
    assert http.put(role, json={"role": "moderator"}, headers=by).status_code == 204
    noted = http.get("/api/v1/audit", params={"event": "role_changed"}, headers=by).json()
    assert [(each["person"], each.get("by"), each["about"]) for each in noted] == [
        (other["person"], chief["person"], "moderator"),
        (chief["person"], None, "admin"),
        (chief["person"], None, "admin"),
    ]
    assert http.get("/api/v1/audit", params={"limit": 1}, headers=by).json()[0] == noted[0]
    assert http.get("/api/v1/audit", headers=as_(other["access_token"])).status_code == 403
    unknown = subprocess.run([*command[:3], "nobody", *command[4:]], capture_output=True, text=True)
    assert (unknown.returncode, unknown.stderr) == (
        1,
        "Error: There is nobody of the username or id nobody.\n",
    )

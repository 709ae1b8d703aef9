"""Logging in with Discord and with an OpenID Connect provider, over HTTP to a real server."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from server.identities.outgoing import LARGEST
from tests.wire.login_provider import LoginProvider
from tests.wire.serving import Owner, Server

PASSWORD = "four words nobody says"


@pytest.fixture(scope="module")
def provider() -> Iterator[LoginProvider]:
    provider = LoginProvider()
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def server(provider: LoginProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        tmp_path_factory.mktemp("elsewhere"), **provider.settings(), attempts_per_minute="1000"
    )
    yield server
    server.ends_well()


@pytest.fixture
def browser(server: Server) -> Iterator[httpx.Client]:
    """Keeps cookies, as browsers do."""
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


def as_(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def begin(browser: httpx.Client, provider: str = "oidc", **body: bool) -> str:
    answer = browser.post(f"/api/v1/login/{provider}", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


def arrive(
    browser: httpx.Client, back: dict[str, str], provider: str = "oidc", token: str = ""
) -> httpx.Response:
    body = {"code": back["code"], "state": back["state"], "issuer": back.get("iss", "")}
    return browser.post(f"/api/v1/login/{provider}/code", json=body, headers=as_(token))


def log_in(
    browser: httpx.Client, there: LoginProvider, provider: str = "oidc", token: str = ""
) -> dict[str, Any]:
    answer = arrive(browser, there.agree(begin(browser, provider)), provider, token)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    granted: dict[str, Any] = answer.json()
    return granted


def link(
    browser: httpx.Client, there: LoginProvider, provider: str, token: str, **proof: str
) -> httpx.Response:
    path = f"/api/v1/login/{provider}/link"
    begun = browser.post(path, json=proof, headers=as_(token))
    if begun.status_code != 200:
        return begun
    back = there.agree(begun.json()["url"])
    body = {"code": back["code"], "state": back["state"], "issuer": back.get("iss", "")}
    return browser.post(f"{path}/code", json=body, headers=as_(token))


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_guest_logs_in_elsewhere_and_keeps_their_session(
    browser: httpx.Client, server: Server, provider: LoginProvider
) -> None:
    listed = browser.get("/api/v1/login").json()
    assert listed == [{"id": "discord", "name": "Discord"}, {"id": "oidc", "name": "Example"}]
    guest = Owner(server.url, "Guest")
    granted = log_in(browser, provider, token=guest.token)
    assert (granted["person"], granted["name"]) == (guest.person, "Guest")
    session = f"/api/v1/sessions/{guest.session}/members"
    assert browser.get(session, headers=as_(granted["access_token"])).status_code == 200
    again = log_in(browser, provider)
    assert again["person"] == guest.person
    refresh = {"grant_type": "refresh_token", "refresh_token": again["refresh_token"]}
    assert browser.post("/api/v1/token", data=refresh).status_code == 200
    account = browser.get("/api/v1/account", headers=as_(again["access_token"])).json()
    assert [(each["provider"], each["label"]) for each in account["identities"]] == [
        ("oidc", "nelly")
    ]


def test_discord_says_who_somebody_is(browser: httpx.Client, provider: LoginProvider) -> None:
    granted = log_in(browser, provider, "discord")
    assert granted["name"] == "Nelly"
    assert provider.questions[-1]["scope"] == "identify"
    assert log_in(browser, provider, "discord")["person"] == granted["person"]


def test_the_cookie_is_for_this_alone(browser: httpx.Client) -> None:
    answer = browser.post("/api/v1/login/oidc", json={})
    cookie = answer.headers["set-cookie"]
    for attribute in ("HttpOnly", "SameSite=strict", "Path=/api/v1/login/oidc", "Max-Age=600"):
        assert attribute in cookie
    assert "Secure" not in cookie  # this is http://127.0.0.1
    secure = browser.post("/api/v1/login/oidc", json={}, headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in secure.headers["set-cookie"]


def test_nobody_finishes_what_another_browser_began(
    browser: httpx.Client, server: Server, provider: LoginProvider
) -> None:
    provider.subject = "mallory"
    back = provider.agree(begin(browser))
    with httpx.Client(base_url=server.url, timeout=30) as victim:
        assert problem(arrive(victim, back)) == (400, "login_lost")
        begin(victim)
        assert problem(arrive(victim, back)) == (400, "login_lost")
    assert problem(arrive(browser, {**back, "state": "x"})) == (400, "login_lost")
    assert problem(arrive(browser, back, "discord")) == (400, "login_lost")
    assert arrive(browser, back).status_code == 200
    assert problem(arrive(browser, back)) == (400, "login_lost")  # the cookie is gone
    provider.subject = "nelly"


def test_a_code_is_of_no_use_without_its_verifier(
    browser: httpx.Client, provider: LoginProvider
) -> None:
    stolen = provider.agree(begin(browser))["code"]
    own = provider.agree(begin(browser))
    assert problem(arrive(browser, {**own, "code": stolen})) == (503, "provider_unavailable")


def test_no_redirect_is_chosen_by_who_asks(browser: httpx.Client, provider: LoginProvider) -> None:
    begin(browser)
    answer = browser.post(
        "/api/v1/login/oidc?redirect_uri=https://evil.example&return=//evil.example",
        json={"redirect": "https://evil.example", "url": "https://evil.example"},
    )
    assert "evil" not in answer.json()["url"]
    assert problem(browser.post("/api/v1/login/evil.example", json={})) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/token", (200, {}, b"x" * (LARGEST + 1))),
        ("/token", (302, {"Location": "http://169.254.169.254/"}, b"")),
    ],
    ids=["huge", "redirect"],
)
def test_a_hostile_provider_is_no_error_of_ours(
    browser: httpx.Client,
    provider: LoginProvider,
    path: str,
    answer: tuple[int, dict[str, str], bytes],
) -> None:
    provider.answers[path] = answer
    back = provider.agree(begin(browser))
    assert problem(arrive(browser, back)) == (503, "provider_unavailable")
    provider.answers.clear()


def test_a_forged_id_token_is_refused_and_noted(
    browser: httpx.Client, server: Server, provider: LoginProvider
) -> None:
    provider.algorithm = "none"
    back = provider.agree(begin(browser))
    assert problem(arrive(browser, back)) == (400, "login_refused")
    provider.algorithm = "RS256"
    assert any("somebody is not logged in by oidc" in line for line in server.said)
    assert not any(back["code"] in line for line in server.said)


def test_a_password_and_a_provider_are_linked(
    browser: httpx.Client, provider: LoginProvider
) -> None:
    made = browser.post(
        "/api/v1/accounts", json={"username": "linker", "password": PASSWORD}
    ).json()
    token = made["access_token"]
    provider.subject = "linker"
    wrong = link(browser, provider, "oidc", token, password="not " + PASSWORD)
    assert problem(wrong) == (403, "wrong_password")
    linked = link(browser, provider, "oidc", token, password=PASSWORD)
    assert [each["provider"] for each in linked.json()["identities"]] == ["oidc"]
    assert log_in(browser, provider)["person"] == made["person"]
    provider.subject = "somebody else"
    log_in(browser, provider)
    taken = link(browser, provider, "oidc", token, password=PASSWORD)
    assert problem(taken) == (409, "identity_taken")
    unlinked = browser.delete("/api/v1/account/identities/oidc", headers=as_(token))
    assert unlinked.status_code == 204
    provider.subject = "linker"
    assert log_in(browser, provider)["person"] != made["person"]
    provider.subject = "nelly"


def test_a_link_is_finished_by_who_began_it(
    browser: httpx.Client, server: Server, provider: LoginProvider
) -> None:
    """As whoever has the victim's page open, but not their cookie: or the other way around."""
    provider.subject = "first"
    first = log_in(browser, provider)["access_token"]
    begun = browser.post("/api/v1/login/discord/link", json={}, headers=as_(first))
    back = provider.agree(begun.json()["url"])
    provider.subject = "second"
    second = log_in(browser, provider)["access_token"]
    for token in (second, ""):
        answer = browser.post("/api/v1/login/discord/link/code", json=back, headers=as_(token))
        assert answer.status_code in (400, 401)
    assert problem(arrive(browser, back, "discord")) == (400, "login_lost")  # it is no login
    provider.subject = "nelly"


def test_who_has_no_password_is_deleted_after_a_fresh_login(
    browser: httpx.Client, provider: LoginProvider
) -> None:
    provider.subject = "leaver"
    token = log_in(browser, provider)["access_token"]
    only = browser.delete("/api/v1/account/identities/oidc", headers=as_(token))
    assert problem(only) == (409, "last_way_in")
    export = browser.get("/api/v1/account/export", headers=as_(token)).json()
    assert export["account"]["identities"][0]["provider"] == "oidc"
    assert browser.post("/api/v1/account/deletion", json={}, headers=as_(token)).status_code == 204
    assert browser.get("/api/v1/account", headers=as_(token)).status_code == 401
    provider.subject = "nelly"


def test_to_show_it_again_the_provider_asks_again(
    browser: httpx.Client, provider: LoginProvider
) -> None:
    provider.agree(begin(browser, again=True))
    assert provider.questions[-1]["prompt"] == "login"
    provider.agree(begin(browser, "discord", again=True))
    assert provider.questions[-1]["prompt"] == "consent"

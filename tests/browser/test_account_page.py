"""One's account on the page: logging in elsewhere, and what one does with it."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow
from tests.wire.login_provider import LoginProvider
from tests.wire.serving import Server

expect.set_options(timeout=15_000)

PASSWORD = "four words nobody says"


@pytest.fixture(scope="module")
def provider() -> Iterator[LoginProvider]:
    provider = LoginProvider()
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def cohort(provider: LoginProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with login providers beside it."""
    server = Server(tmp_path_factory.mktemp("cohort"), **provider.settings())
    yield server
    server.ends_well()


def log_in(page: Page, button: str = "Log in", way: str = "Log in with Example") -> None:
    page.goto("/")
    page.get_by_role("button", name=button, exact=True).click()
    ways = page.get_by_role("dialog")
    expect(ways.get_by_role("button", name="with Discord")).to_be_focused()
    ways.get_by_role("button", name=way).click()
    expect(page.get_by_text("Logged in as")).to_be_visible()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_guest_goes_on_with_a_login_from_elsewhere(
    window: OpenWindow, provider: LoginProvider
) -> None:
    provider.subject = "ann"
    ann = window()
    ann.goto("/")
    ann.get_by_label("Your name").fill("Ann")
    ann.get_by_role("button", name="Start a new build").click()
    expect(ann.get_by_label("Title")).to_be_visible()
    session = ann.url
    log_in(ann, "Keep this as my account", "Go on with Example")
    expect(ann.get_by_text("Logged in as Ann")).to_be_visible()
    assert "code=" not in ann.evaluate("JSON.stringify([location.href, document.referrer])")
    ann.goto(session)
    expect(ann.get_by_role("button", name="Invite")).to_be_visible()  # it is still hers

    elsewhere = window(width=390)
    elsewhere.goto("/")
    elsewhere.get_by_label("Your name").fill("Guest")
    elsewhere.get_by_role("button", name="Start a new build").click()
    expect(elsewhere.get_by_label("Title")).to_be_visible()
    other = elsewhere.url
    log_in(elsewhere)
    expect(elsewhere.get_by_text("Logged in as Ann")).to_be_visible()
    elsewhere.get_by_role("button", name="Log out").click()
    expect(elsewhere.get_by_role("button", name="Keep this as my account")).to_be_visible()
    elsewhere.goto(other)  # the guest, whose it is, was not forgotten
    expect(elsewhere.get_by_role("button", name="Invite")).to_be_visible()

    log_in(elsewhere)
    elsewhere.get_by_role("button", name="Take over what you did as Guest").click()
    asked = elsewhere.get_by_role("dialog", name="Take over what you did as Guest?")
    assert fits(elsewhere)
    asked.get_by_role("button", name="Take it over").click()
    expect(elsewhere.get_by_role("button", name="Take over")).to_have_count(0)
    elsewhere.goto(other)  # it is Ann's now
    expect(elsewhere.get_by_role("button", name="Invite")).to_be_visible()


def test_an_account_is_kept_in_order(
    window: OpenWindow, cohort: Server, provider: LoginProvider
) -> None:
    provider.subject = "bob"
    bob = window(width=390)
    log_in(bob)
    bob.get_by_role("link", name="Your account").click()
    name = bob.get_by_role("region", name="Name", exact=True)
    name.get_by_label("As others see it").fill("Bob")
    name.get_by_role("button", name="Save").click()
    expect(name.get_by_role("status")).to_contain_text("You are Bob now")

    keys = bob.get_by_role("region", name="API keys")
    keys.get_by_label("What it is for").fill("Overlay")
    keys.get_by_role("button", name="Make a key").click()
    key = keys.get_by_label("The key Overlay").input_value()
    asked = {"headers": {"Authorization": f"Bearer {key}"}}
    assert httpx.get(f"{cohort.url}api/v1/account", **asked).json()["code"] == "insufficient_scope"
    bob.reload()
    expect(keys.get_by_text("Overlay", exact=True).first).to_be_visible()
    expect(bob.get_by_text(key)).to_have_count(0)
    keys.get_by_role("button", name="Revoke Overlay").click()
    expect(keys.get_by_role("status")).to_contain_text("good for nothing")
    assert httpx.get(f"{cohort.url}api/v1/account", **asked).status_code == 401

    ways = bob.get_by_role("region", name="How you log in")
    expect(ways.get_by_role("button", name="Unlink Example")).to_be_disabled()
    ways.get_by_text("Choose a password").click()
    ways.get_by_label("Username").fill("bob")
    ways.get_by_label("New password").fill(PASSWORD)
    ways.get_by_role("button", name="Choose it").click()
    expect(ways.get_by_role("status")).to_contain_text("Your password is set")
    ways.get_by_role("button", name="Link Discord").click()
    ways.get_by_label("Your password, to show").fill(PASSWORD)
    ways.get_by_role("button", name="Go on to Discord").click()
    expect(ways.get_by_text("as nelly, since")).to_have_count(2)
    ways.get_by_role("button", name="Unlink Example").click()
    expect(ways.get_by_role("status")).to_contain_text("not log in with Example any more")
    assert fits(bob)

    logins = bob.get_by_role("region", name="Where you are logged in")
    logins.get_by_role("button", name="Log out everywhere").click()
    expect(bob.get_by_role("button", name="Log in", exact=True)).to_be_visible()
    log_in(bob, way="Log in with Discord")
    expect(bob.get_by_text("Logged in as Bob")).to_be_visible()


def test_an_account_is_taken_along_and_deleted(window: OpenWindow, provider: LoginProvider) -> None:
    provider.subject = "eve"
    eve = window()
    log_in(eve)
    eve.goto("/account")
    data = eve.get_by_role("region", name="Your data")
    with eve.expect_download() as download:
        data.get_by_role("button", name="Download it").click()
    with open(download.value.path()) as file:
        assert json.load(file)["account"]["identities"][0]["provider"] == "oidc"
    data.get_by_text("Delete your account").click()
    expect(data.get_by_text("the editor who has been there longest")).to_be_visible()
    data.get_by_label("I want this").check()
    data.get_by_role("button", name="Delete my account").click()
    expect(eve.get_by_role("heading", name="Your account is deleted")).to_be_visible()
    eve.get_by_role("link", name="To the start page").click()
    expect(eve.get_by_role("button", name="Log in", exact=True)).to_be_visible()


def test_who_does_not_agree_is_told_so(window: OpenWindow) -> None:
    page = window()
    page.goto("/login/oidc?error=access_denied&state=x")
    expect(page.get_by_role("alert")).to_contain_text("You did not agree there")
    page.goto("/login/oidc?code=x&state=y")
    expect(page.get_by_role("alert")).to_contain_text("not begun in this tab")
    expect(page).to_have_url(re.compile("/login/oidc$"))
    page.goto("/account")
    expect(page.get_by_text("You are not logged in here")).to_be_visible()

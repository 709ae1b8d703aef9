"""What axe finds on the main screens: labels, names, roles, contrast, order of headings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow
from tests.wire.login_provider import LoginProvider
from tests.wire.serving import Server

AXE = Path(__file__).parents[2] / ".venv/npm/node_modules/axe-core/axe.min.js"
# Names of buttons begin with what they do: "Take Hasten, from level 4" for "4 Hasten". Whoever
# says what they see is understood, but this rule wants the words in the same order.
RULES = {"label-content-name-mismatch": {"enabled": False}}

pytestmark = pytest.mark.skipif(
    not AXE.exists(), reason="npm has not fetched axe: `make test` does where it can"
)
expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with login providers beside it."""
    provider = LoginProvider()
    server = Server(tmp_path_factory.mktemp("cohort"), **provider.settings())
    yield server
    server.ends_well()
    provider.close()


def violations(page: Page) -> list[Any]:
    """Of the page as it is."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    ran = page.evaluate("rules => axe.run(document, {resultTypes: ['violations'], rules})", RULES)
    return [
        (each["id"], node["html"][:160], node["failureSummary"])
        for each in ran["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_the_main_screens(window: OpenWindow, width: int, scheme: Literal["dark", "light"]) -> None:
    page = window(width=width)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto("/")
    expect(page.get_by_role("region", name="Library")).to_be_visible()
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Go on with Example").click()
    expect(page.get_by_text("Logged in as")).to_be_visible()
    assert violations(page) == []
    page.goto("/account")
    page.get_by_label("What it is for").fill("Overlay")
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_label("The key Overlay")).to_be_visible()
    page.get_by_text("Choose a password").click()
    page.get_by_text("Delete your account").click()
    assert violations(page) == []

    page.goto("/")
    page.get_by_role("button", name="Start a new build").click()
    expect(page.get_by_label("Title")).to_be_visible()
    if width < 700:
        page.get_by_role("button", name="Powersets").click()
    page.get_by_label("Archetype", exact=True).select_option(label="Scrapper")
    page.get_by_label("Primary", exact=True).select_option(label="Claws")
    page.get_by_role("button", name="Slash").first.click()
    if width < 700:
        page.get_by_role("button", name="Build", exact=True).click()
    power = page.get_by_role("article", name="Slash")
    expect(power).to_be_visible()
    assert violations(page) == []
    power.get_by_role("button", name="Slot 1 of Slash").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    if width < 700:
        page.get_by_role("button", name="Activity").click()
    page.get_by_role("button", name="History").first.click()
    page.get_by_role("button", name="The session began.").click()
    expect(page.get_by_role("button", name="Go back to this")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="To its page").click()
    page.get_by_text("Rename it, tag it").click()
    assert violations(page) == []

"""The REST interface's reference in a browser: under our policy, offline, and it can be tried."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow
from tests.wire.serving import Server

expect.set_options(timeout=30_000)  # Swagger UI draws a hundred calls
ACCOUNT = {"username": "reader", "password": "a horse, a moth and a battery"}


@pytest.fixture(scope="module", autouse=True)
def account(cohort: Server) -> None:
    made = httpx.post(f"{cohort.url}api/v1/accounts", json=ACCOUNT, timeout=30)
    assert made.status_code == 201, made.text


def opened(page: Page) -> Page:
    page.goto("/docs")
    expect(page.locator(".opblock").first).to_be_visible()
    return page


def test_who_logs_in_tries_a_call(window: OpenWindow) -> None:
    page = window()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    opened(page)
    host = page.url.removesuffix("/docs")
    page.get_by_role("button", name="Authorize").click()
    form = page.locator(".auth-container", has=page.get_by_text("password (OAuth2, password)"))
    form.get_by_label("username:").fill(ACCOUNT["username"])
    form.get_by_label("password:").fill(ACCOUNT["password"])
    form.get_by_role("button", name="Apply given OAuth2 credentials").click()
    expect(form.get_by_role("button", name="Remove authorization")).to_be_visible()
    page.locator(".btn-done").first.click()
    call = page.locator("#operations-people-read_account")
    call.locator(".opblock-summary-control").click()
    call.get_by_role("button", name="Try it out").click()
    call.get_by_role("button", name="Execute").click()
    answer = call.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").last).to_contain_text("200")
    expect(answer).to_contain_text('"username": "reader"')
    assert asked
    assert all(url.startswith((host, "data:")) for url in asked), asked


def test_it_is_readable_on_a_phone(window: OpenWindow) -> None:
    """Each call has its example and its errors; the live protocol's reference is a click away."""
    page = opened(window(width=360))
    call = page.locator("#operations-library-save_build")
    call.locator(".opblock-summary-control").click()
    expect(call.locator(".body-param__example")).to_contain_text("As played")
    expect(call.locator("tr.response[data-code='409']")).to_contain_text("too_many_builds")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("link", name="The live protocol").click()
    page.wait_for_url("**/docs/live")
    expect(page.get_by_role("link", name="the REST interface")).to_have_attribute("href", "/docs")

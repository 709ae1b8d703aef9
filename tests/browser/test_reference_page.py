"""The live protocol's reference in a browser: under our policy, offline, on a phone too."""

import pytest

from server.reference import asyncapi
from tests.browser.conftest import OpenWindow


def test_it_is_styled_and_every_message_is_one_click_away(window: OpenWindow) -> None:
    page = window()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/docs/live")
    host = page.url.removesuffix("/docs/live")
    assert all(url.startswith(host) for url in asked), asked
    assert page.evaluate("getComputedStyle(document.querySelector('nav')).position") == "sticky"
    for kind in (*asyncapi.client_messages(), *asyncapi.server_messages()):
        page.locator(f"nav a[href='#{kind}']").click()
        assert page.locator(f"#{kind}").is_visible()
        assert page.url.endswith(f"#{kind}")


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_nothing_sticks_out(window: OpenWindow, width: int) -> None:
    page = window(width=width)
    page.goto("/docs/live")
    assert page.evaluate("document.documentElement.scrollWidth") <= width

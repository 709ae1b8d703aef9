"""A browser, and windows whose console stays clean."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.wire.serving import Server

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# What the browser itself says of a server that is away, or that refuses a file.
EXPECTED = re.compile(
    r"WebSocket connection to .* failed|ERR_CONNECTION_REFUSED|status of (40[034]|412)"
)

# A person's window: `window()` opens one, `window(width=390)` a narrow one.
OpenWindow = Callable[..., Page]


# Of a module and not of the session: while Playwright's loop runs in this thread, pytest cannot
# run another one for asynchronous tests.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two workers, as an operator starts it."""
    server = Server(tmp_path_factory.mktemp("cohort"), "--workers", "2")
    yield server
    assert server.stop() == 0
    server.complained_of_nothing()


@pytest.fixture
def window(browser: Browser, cohort: Server) -> Iterator[OpenWindow]:
    """Opens windows of different people; errors on their consoles fail the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not EXPECTED.search(message.text):
            errors.append(message.text)

    def open_window(width: int = 1280, height: int = 900) -> Page:
        context = browser.new_context(
            base_url=cohort.url, viewport={"width": width, "height": height}
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture(scope="session")
def golden_file(goldens: Path) -> Path:
    """A build with set bonuses, as Mids Reborn saved it."""
    name = "shield_scrapper_set_bonuses"
    return goldens / "builds" / name / f"{name}.mbd"

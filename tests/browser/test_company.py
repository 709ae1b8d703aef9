"""Who is in a session, by which link, and how it ends for them: the test is the server."""

from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenWindow
from tests.browser.test_sending import SNAPSHOT, SOCKET, WELCOME, deliver

MEMBERS = [
    {"person": "g1", "name": "Ann", "role": "owner", "joined_at": 1},
    {"person": "g2", "name": "Bob", "role": "editor", "joined_at": 2, "invitation": "x5"},
    {"person": "g3", "name": "Cy", "role": "viewer", "joined_at": 3, "invitation": "x5"},
    {"person": "ix5", "name": "A stream", "role": "viewer", "joined_at": 4, "invitation": "x5"},
]
LINK = {"id": "x5", "role": "editor", "created_by": "g1", "created_at": 1, "members": 3}


def served(page: Page, members: list[dict[str, Any]]) -> list[str]:
    """Serve the REST calls of a session's page; returns what is asked to be deleted."""
    deleted: list[str] = []

    def answer(route: Route) -> None:
        path = route.request.url.partition("/sessions/any")[2]
        if route.request.method == "DELETE":
            deleted.append(path)
        answers = {"/members": members, "/invitations": [LINK], "/members/g2": {"invitation": "x5"}}
        route.fulfill(json=answers.get(path, []))

    page.route("**/api/v1/sessions/any/**", answer)
    return deleted


def opened(page: Page, role: str) -> None:
    page.add_init_script(SOCKET)
    page.goto("/s/any")
    page.wait_for_function("() => sockets.at(-1)?.sent.length")
    deliver(page, {**WELCOME, "role": role}, SNAPSHOT)


def closed(page: Page, code: int, reason: str) -> None:
    page.evaluate("(why) => sockets.at(-1).onclose(why)", {"code": code, "reason": reason})


def test_what_removes_people_says_whom_and_asks(window: OpenWindow) -> None:
    page = window()
    members = list(MEMBERS)
    deleted = served(page, members)
    opened(page, "owner")
    page.get_by_role("button", name="Manage").click()
    dialog = page.get_by_role("dialog", name="Members")
    expect(dialog.get_by_text("2 people came by it, and an overlay")).to_be_visible()
    expect(dialog.get_by_role("combobox")).to_have_count(2)  # an overlay is given nothing
    dialog.get_by_role("button", name="Revoke, removes 2").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Bob and Cy came by this link")
    dialog.get_by_role("button", name="Cancel").click()
    dialog.get_by_role("button", name="Remove Bob").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Bob is out at once")
    assert deleted == []
    dialog.locator(".surely").get_by_role("button", name="Remove Bob").click()
    expect(dialog.get_by_text("To revoke it removes 1 other, who came by it, too")).to_be_visible()
    assert deleted.pop() == "/members/g2"
    del members[1]
    deliver(page, {"type": "about", "title": "", "locked": False, "members": members[:1]})
    expect(dialog.get_by_text("Bob", exact=True)).to_have_count(0)
    dialog.get_by_role("button", name="Revoke, removes 1").click()
    dialog.get_by_role("button", name="Revoke it, and remove 1").click()
    expect(dialog.get_by_role("alert")).to_have_count(0)
    assert deleted == ["/invitations/x5"]


def test_an_end_says_who_did_what_and_offers_what_helps(window: OpenWindow) -> None:
    page = window()
    deleted = served(page, MEMBERS)
    banner = page.locator(".banner")
    recent = "() => JSON.parse(localStorage['cohort.sessions'] ?? '[]').length"
    opened(page, "editor")
    closed(page, 4409, "Joined again elsewhere.")
    expect(banner).to_have_text("Joined again elsewhere. Try again")
    assert page.evaluate(recent) == 1
    expect(page.get_by_role("button", name="Members")).to_have_count(0)

    # Another link is opened in the window of its session.
    page.evaluate("() => { location.hash = '#secret'; }")
    page.wait_for_function("() => sockets[1]?.sent.length")
    assert page.evaluate("sockets[1].sent[0].invitation") == "secret"
    assert page.url.endswith("/s/any")
    deliver(page, {**WELCOME, "role": "editor"}, SNAPSHOT)
    expect(banner).to_have_count(0)
    page.evaluate("() => { location.hash = '#other'; }")
    page.wait_for_function("() => sockets[2]?.sent.length")
    assert page.evaluate("sockets[2].sent[0].invitation") == "other"
    deliver(page, {**WELCOME, "role": "editor"}, SNAPSHOT)

    page.get_by_role("button", name="Members").click()
    page.get_by_role("button", name="Leave this session").click()
    assert deleted == []
    page.get_by_role("button", name="Leave it").click()
    closed(page, 4403, "You were removed from this session, or left it elsewhere.")
    expect(banner).to_have_text("You left this session. To the start page")
    assert deleted == ["/members/g1"]
    assert page.evaluate(recent) == 0
    for name in ("Save", "History", "Members"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)

    opened(page, "editor")
    closed(page, 4404, "This session has been ended for everybody.")
    expect(banner).to_have_text("This session has been ended for everybody. To the start page")
    assert page.evaluate(recent) == 0


def test_a_link_that_is_used_up_says_so_before_it_asks_for_a_name(window: OpenWindow) -> None:
    page = window()

    def answer(route: Route) -> None:
        used_up = route.request.headers["invitation"] == "old"
        route.fulfill(json={"build": {"title": "Nova"}, "used_up": used_up})

    page.route("**/api/v1/sessions/any", answer)
    page.goto("/s/any#old")
    expect(page.get_by_role("alert")).to_contain_text("Ask for a new link")
    expect(page.get_by_label("Your name")).to_have_count(0)
    page.evaluate("() => { location.hash = '#new'; }")
    expect(page.get_by_role("heading", name="Join “Nova”")).to_be_visible()
    expect(page.get_by_label("Your name")).to_be_visible()
    assert page.url.endswith("/s/any")

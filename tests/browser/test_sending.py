"""What a page sends, and when: the test is the server."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow

SOCKET = """
    window.sockets = [];
    window.WebSocket = class {
        static OPEN = 1;
        readyState = 1;
        sent = [];
        constructor() { sockets.push(this); setTimeout(() => this.onopen()); }
        send(message) { this.sent.push(JSON.parse(message)); }
        close() {}
    };
"""
WELCOME = {
    "type": "welcome",
    "person": "g1",
    "name": "Ann",
    "role": "editor",
    "members": [],
    "people": [],
    "resumed": "snapshot",
    "revision": 4,
    "catalogue": {"release": "r", "hash": "h"},
}
SNAPSHOT = {
    "type": "snapshot",
    "epoch": "e",
    "revision": 4,
    "edit": "four",
    "build": {"format": 1},
    "totals": {},
    "findings": [],
    "people": [],
}


def deliver(page: Page, *messages: dict[str, Any]) -> None:
    tell = "(all) => all.forEach((one) => sockets.at(-1).onmessage({ data: JSON.stringify(one) }))"
    page.evaluate(tell, list(messages))


def joined(page: Page, number: int) -> None:
    page.wait_for_function("(number) => sockets[number - 1]?.sent.length", arg=number)
    deliver(page, WELCOME, SNAPSHOT)


def titled(page: Page, title: str) -> None:
    page.get_by_label("Title of the build").fill(title)
    page.keyboard.press("Enter")


def sent(page: Page) -> list[str]:
    """The ids of the edits on the newest line."""
    said: list[dict[str, Any]] = page.evaluate("sockets.at(-1).sent")
    return [each["id"] for each in said if each["type"] == "edit"]


def made(page: Page, edit: str, revision: int) -> None:
    change = {"revision": revision, "edit": edit, "at": 1, "by": "g1", "operations": []}
    follow = {"type": "change", **change, "patch": {}, "totals": {}}
    deliver(page, follow, {"type": "accepted", "id": edit, "revision": revision})


def test_what_may_be_lost_is_sent_one_by_one_before_what_waits(window: OpenWindow) -> None:
    page = window()
    page.add_init_script(SOCKET)
    page.route("**/said?*", lambda route: route.fulfill(json=[]))
    page.goto("/s/any")
    joined(page, 1)
    for revision, title in enumerate(("one", "two"), 5):
        titled(page, title)
        made(page, sent(page)[-1], revision)
    titled(page, "three")
    one, two, three = sent(page)
    page.evaluate("sockets.at(-1).onclose({ code: 1006, reason: '' })")
    joined(page, 2)
    assert sent(page) == [one]
    titled(page, "four")
    assert sent(page) == [one]
    made(page, one, 5)
    assert sent(page) == [one, two]
    refused = {"type": "refused", "id": two, "code": "too_many", "message": "Too soon."}
    deliver(page, {**refused, "retry_after": 0})
    page.wait_for_function("sockets.at(-1).sent.filter(({ type }) => type === 'edit').length === 3")
    assert sent(page) == [one, two, two]
    deliver(page, {**refused, "code": "locked"})
    *before, four = sent(page)
    assert before == [one, two, two, three]
    assert four not in before


def test_what_is_being_typed_stays_while_others_commit(window: OpenWindow) -> None:
    page = window()
    page.add_init_script(SOCKET)
    page.route("**/said?*", lambda route: route.fulfill(json=[]))
    page.goto("/s/any")
    joined(page, 1)
    title = page.get_by_label("Title of the build")

    def named(name: str, revision: int, by: str = "g2", edit: str = "theirs") -> None:
        change = {"type": "change", "revision": revision, "edit": edit, "at": 1, "by": by}
        rest = {"operations": [], "patch": {"title": name}, "totals": {}}
        deliver(page, {**change, **rest}, {"type": "accepted", "id": edit, "revision": revision})
        expect(page).to_have_title(f"{name} · Cohort")
        page.evaluate("new Promise(requestAnimationFrame)")  # it is drawn

    title.focus()
    named("Bob's", 5)
    expect(title).to_have_value("Bob's")  # nothing is typed
    page.keyboard.type(" grand ti")
    named("Bob's other", 6)
    page.keyboard.type("tle")
    page.keyboard.press("Enter")
    said = page.evaluate("sockets.at(-1).sent.flatMap(({ operations = [] }) => operations)")
    assert said == [{"type": "set_title", "title": "Bob's grand title"}]
    named("Bob's grand title", 7, "g1", sent(page)[-1])

    title.focus()
    page.keyboard.type("x")
    named("Bob's last", 8)
    page.keyboard.press("Backspace")  # as it was: given up
    expect(title).to_have_value("Bob's grand title")
    title.blur()
    expect(title).to_have_value("Bob's last")

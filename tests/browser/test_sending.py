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
    "limits": {
        "edits_per_second": 20,
        "edits_burst": 60,
        "operations_per_second": 200,
        "operations_burst": 400,
        "said_per_second": 1,
        "said_burst": 10,
    },
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


def opened(window: OpenWindow) -> Page:
    page = window()
    page.clock.install()
    page.add_init_script(SOCKET)
    page.route("**/said?*", lambda route: route.fulfill(json=[]))
    page.goto("/s/any")
    joined(page, 1)
    return page


def deliver(page: Page, *messages: dict[str, Any]) -> None:
    tell = "(all) => all.forEach((one) => sockets.at(-1).onmessage({ data: JSON.stringify(one) }))"
    page.evaluate(tell, list(messages))


def joined(page: Page, number: int) -> None:
    page.wait_for_function("(number) => sockets[number - 1]?.sent.length", arg=number)
    deliver(page, WELCOME, SNAPSHOT)


def titled(page: Page, title: str) -> None:
    page.get_by_label("Title of the build").fill(title)
    page.keyboard.press("Enter")


def sent(page: Page, *types: str) -> list[str]:
    """The ids of the edits on the newest line, or of other messages."""
    said: list[dict[str, Any]] = page.evaluate("sockets.at(-1).sent")
    return [each["id"] for each in said if each["type"] in (types or ("edit",))]


def lose_the_line(page: Page, code: int = 1006) -> None:
    page.evaluate("(code) => sockets.at(-1).onclose({ code, reason: '' })", code)


def later(page: Page) -> None:
    """What was refused for now may come again."""
    page.clock.run_for(2000)


def made(page: Page, edit: str, revision: int) -> None:
    change = {"revision": revision, "edit": edit, "at": 1, "by": "g1", "operations": []}
    follow = {"type": "change", **change, "patch": {}, "totals": {}}
    deliver(page, follow, {"type": "accepted", "id": edit, "revision": revision})


def test_who_is_sent_on_comes_back_soon_and_who_is_cut_off_at_once_ever_later(
    window: OpenWindow,
) -> None:
    page = opened(window)
    page.evaluate("Math.random = () => 0.99")
    for number in (2, 3, 4):
        lose_the_line(page, 1012)
        page.clock.run_for(300)
        assert page.evaluate("sockets.length") == number
        joined(page, number)
    lose_the_line(page)
    page.clock.run_for(300)
    assert page.evaluate("sockets.length") == 4
    page.clock.run_for(300)
    joined(page, 5)
    page.clock.run_for(6000)  # it stands
    lose_the_line(page)
    page.clock.run_for(300)
    assert page.evaluate("sockets.length") == 6
    joined(page, 6)


def test_what_may_be_lost_is_sent_one_by_one_before_what_waits(window: OpenWindow) -> None:
    page = opened(window)
    for revision, title in enumerate(("one", "two"), 5):
        titled(page, title)
        made(page, sent(page)[-1], revision)
    titled(page, "three")
    one, two, three = sent(page)
    lose_the_line(page)
    joined(page, 2)
    assert sent(page) == [one]
    titled(page, "four")
    assert sent(page) == [one]
    made(page, one, 5)
    assert sent(page) == [one, two]
    refused = {"type": "refused", "id": two, "code": "too_many", "message": "Too soon."}
    deliver(page, {**refused, "retry_after": 0})
    later(page)
    assert sent(page) == [one, two, two]
    deliver(page, {**refused, "code": "locked"})
    assert sent(page) == [one, two, two, three]
    made(page, three, 6)
    *before, four = sent(page)
    assert before == [one, two, two, three]
    assert four not in before


def test_edits_go_in_the_order_of_making_whatever_becomes_of_them(window: OpenWindow) -> None:
    page = opened(window)
    lose_the_line(page)
    titles = [f"title {number}" for number in range(12)]
    for title in titles[:10]:
        titled(page, title)
    joined(page, 2)
    [one] = sent(page)
    expect(page.get_by_text("10 changes of yours are being made")).to_have_count(1)
    titled(page, titles[10])
    page.keyboard.press("Control+z")
    assert sent(page, "edit", "undo") == [one]
    refused = {"type": "refused", "id": one, "code": "unavailable", "message": "Not now."}
    deliver(page, {**refused, "retry_after": 1})
    titled(page, titles[11])
    assert sent(page) == [one]
    later(page)
    assert sent(page) == [one, one]
    lose_the_line(page)
    joined(page, 3)
    every: list[str] = []
    for revision in range(5, 5 + 13):
        every.append(sent(page, "edit", "undo")[-1])
        made(page, every[-1], revision)
    assert every == sent(page, "edit", "undo")
    assert len(set(every)) == 13
    told = page.evaluate(
        "sockets.at(-1).sent.map(({ type, operations }) => operations?.[0].title ?? type)"
    )
    assert told == ["join", *titles[:11], "undo", titles[11]]


def test_what_is_sent_stays_below_the_limits(window: OpenWindow) -> None:
    page = window()
    page.clock.install(time=0)
    page.goto("/")
    page.clock.pause_at(100_000)
    page.evaluate("""async () => {
        const { Sending } = await import("/sending.js");
        const rates = [{ per_second: 20, burst: 60 }, { per_second: 200, burst: 400 }];
        window.begin = (operations) => {
            let went = 0; // each is answered at once
            const first = () => ({ id: `${went}` });
            const sending = new Sending(first, () => ++went > 0, () => [1, operations]);
            window.join = () => sending.welcomed(rates);
            window.goOn = () => {
                for (let before = -1; before < went; sending.next()) before = went;
                return went;
            };
            join();
        };
    }""")
    page.evaluate("begin(1)")
    assert page.evaluate("goOn()") == 54
    page.evaluate("join()")
    assert page.evaluate("goOn()") == 54  # what was spent is spent
    page.clock.run_for(1000)
    assert 71 <= page.evaluate("goOn()") <= 72
    page.evaluate("begin(100)")
    assert page.evaluate("goOn()") == 3
    page.clock.run_for(1000)
    assert page.evaluate("goOn()") == 5


def test_what_is_said_is_kept_until_it_is_said(window: OpenWindow) -> None:
    page = opened(window)
    field, waits = page.get_by_label("Say something"), page.get_by_text("not said yet")
    for words in ("one", "two"):
        field.fill(words)
        field.press("Enter")
    [one] = sent(page, "say")
    expect(waits).to_have_count(2)
    lose_the_line(page)
    field.fill("three")
    field.press("Enter")
    joined(page, 2)
    assert sent(page, "say") == [one]
    refused = {"type": "refused", "id": one, "code": "too_many", "message": "Too many."}
    deliver(page, {**refused, "retry_after": 1})
    assert sent(page, "say") == [one]
    later(page)
    assert sent(page, "say") == [one, one]
    words = {"type": "said", "number": 1, "by": "g1", "name": "Ann", "text": "one", "at": 1}
    deliver(page, {**words, "id": one})
    expect(waits).to_have_count(2)
    two = sent(page, "say")[-1]
    field.fill("and four")
    refused = {"type": "refused", "id": two, "code": "invalid", "message": "Expected …"}
    deliver(page, refused)
    expect(field).to_have_value("two and four")
    expect(page.locator(".chat").get_by_role("alert")).to_contain_text("cannot be said")
    expect(waits).to_have_count(1)
    assert len(set(sent(page, "say"))) == 3


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

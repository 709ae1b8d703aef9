"""The history in a real browser: what was done, what it did, and the way back."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenWindow
from tests.browser.test_page import choose, invitation, join, start_blank

expect.set_options(timeout=15_000)

# The next answer does not come: what was asked for is made, and nobody says so.
CUT_OFF = """() => {
    const fetch = window.fetch;
    window.fetch = async (...asked) => {
        window.fetch = fetch;
        await fetch(...asked);
        throw new TypeError("cut off");
    };
}"""


def opened(page: Page) -> Locator:
    """The open dialog."""
    page.get_by_role("button", name="History").first.click()
    dialog = page.get_by_role("dialog", name="History")
    expect(dialog.get_by_role("listitem").first).to_be_visible()
    return dialog


def test_an_owner_looks_back_goes_back_and_undoes_what_somebody_did(window: OpenWindow) -> None:
    ann, bob = window(), window(width=390, height=844)
    start_blank(ann, "Ann")
    choose(ann, "Archetype", "Scrapper")
    join(bob, invitation(ann, "edit"), "Bob")
    bob.get_by_role("button", name="Powersets").click()
    choose(bob, "Level", "40")
    expect(ann.get_by_label("Level", exact=True)).to_have_value("40")
    choose(ann, "Origin", "Magic")
    choose(bob, "Level", "30")
    expect(ann.get_by_label("Level", exact=True)).to_have_value("30")

    past = opened(ann)
    line = ann.get_by_role("button", name="Bob set the level to 40.")
    then = past.get_by_role("listitem").filter(has=line)
    expect(then).to_contain_text("Max HP")  # what it did, at a glance
    expect(then).to_contain_text("revision 2")
    line.click()
    expect(then.get_by_text("From then to now")).to_be_visible()
    expect(then.get_by_text("40 → 30")).to_be_visible()
    expect(then.get_by_text("– → Magic")).to_be_visible()
    keys: list[str] = []
    ann.on("request", lambda sent: keys.extend(filter(None, [sent.headers.get("idempotency-key")])))
    ann.evaluate(CUT_OFF)
    then.get_by_role("button", name="Go back to this").click()
    expect(past.get_by_role("status")).to_contain_text("cannot be reached")
    then.get_by_role("button", name="Go back to this").click()
    expect(past.get_by_role("status")).to_contain_text("Done.")
    assert keys == [keys[0]] * 2  # one edit
    expect(ann.get_by_label("Level", exact=True)).to_have_value("40")
    expect(ann.get_by_label("Origin", exact=True)).to_have_value("")
    expect(past.get_by_role("button", name="Ann went back to revision 2.")).to_be_visible()
    expect(bob.get_by_label("Level", exact=True)).to_have_value("40")
    expect(bob.get_by_role("alert")).to_contain_text("Ann went back to revision 2: History")

    # Bob may look; not yet more.
    bob.get_by_role("button", name="Activity").click()
    seen = opened(bob)
    expect(seen.get_by_role("button", name="Ann went back to revision 2.")).to_be_visible()
    expect(seen.get_by_text("Undo everything by")).to_have_count(0)
    assert bob.evaluate("document.documentElement.scrollWidth") <= 390
    past.get_by_label("Editors may go back").check()
    expect(seen.get_by_text("Undo everything by")).to_be_visible()

    # Another edit of his, then all of them go. What came by going back is Ann's.
    bob.keyboard.press("Escape")
    bob.get_by_role("button", name="Powersets").click()
    choose(bob, "Origin", "Science")
    expect(past.get_by_role("button", name="Bob changed the origin.")).to_be_visible()
    past.get_by_role("button", name="Bob", exact=True).click()
    past.get_by_role("button", name="Undo all of it").click()
    expect(past.get_by_role("status")).to_contain_text("taken back")
    expect(bob.get_by_label("Origin", exact=True)).to_have_value("")
    expect(bob.get_by_label("Level", exact=True)).to_have_value("50")
    ann.keyboard.press("Escape")
    ann.keyboard.press("Control+z")
    expect(bob.get_by_label("Origin", exact=True)).to_have_value("Science")

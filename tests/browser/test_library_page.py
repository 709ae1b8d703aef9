"""The library on the page: saving, finding, opening and comparing builds."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow

expect.set_options(timeout=15_000)


def start_blank(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Start a new build").click()
    expect(page.get_by_label("Title")).to_be_visible()


def save(page: Page, message: str, button: str, visibility: str = "") -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What is new about it").fill(message)
    if visibility:
        dialog.get_by_label("Who sees it").select_option(visibility)
    dialog.get_by_role("button", name=button, exact=True).click()
    expect(dialog.get_by_role("status")).to_contain_text("Saved as version")


def test_a_build_is_saved_found_compared_and_opened(window: OpenWindow) -> None:
    ann = window()
    start_blank(ann, "Ann")
    ann.get_by_label("Title").fill("Quokka")
    ann.get_by_label("Title").press("Enter")
    ann.get_by_label("Archetype", exact=True).select_option(label="Scrapper")
    expect(ann.get_by_label("Primary", exact=True)).to_be_enabled()
    save(ann, "First try", "Save", "public")
    ann.get_by_role("link", name="To its page").wait_for()
    ann.keyboard.press("Escape")
    ann.get_by_label("Archetype", exact=True).select_option(label="Tanker")
    expect(ann.locator(".who small")).to_contain_text("Tanker")
    save(ann, "Tougher", "Save as version 2")

    bob = window(width=390)
    bob.goto("/")
    bob.get_by_label("Search builds").fill("quok")
    bob.get_by_role("link", name="Quokka").click()
    expect(bob).to_have_url(re.compile("/b/"))
    expect(bob.get_by_role("heading", name="Quokka")).to_be_visible()
    bob.get_by_role("button", name="Compare").click()
    difference = bob.get_by_role("region", name="From version 1 to 2")
    expect(difference).to_contain_text("Scrapper → Tanker")
    expect(difference).to_contain_text("Health: Max HP")
    expect(bob.get_by_role("button", name="Restore")).to_have_count(0)  # it is not Bob's
    bob.get_by_label("Your name").fill("Bob")
    bob.get_by_role("button", name="Open in a new session").click()
    expect(bob.get_by_label("Title")).to_have_value("Quokka")

    ann.goto("/")
    ann.get_by_role("button", name="Mine", exact=True).click()
    ann.get_by_role("region", name="Library").get_by_role("link", name="Quokka").click()
    ann.get_by_role("button", name="Restore").click()
    expect(ann.get_by_text("3. Version 1 again")).to_be_visible()
    ann.get_by_role("button", name="Delete …").click()
    ann.get_by_role("button", name="Delete it with all versions").click()
    expect(ann.get_by_role("heading", name="Library")).to_be_visible()


def test_two_windows_do_not_overwrite_each_other(window: OpenWindow) -> None:
    ann = window()
    start_blank(ann, "Ann")
    save(ann, "First", "Save")
    ann.keyboard.press("Escape")
    other = ann.context.new_page()
    other.goto(ann.url)
    expect(other.get_by_label("Title")).to_be_visible()
    ann.get_by_role("button", name="Save", exact=True).click()
    expect(ann.get_by_role("button", name="Save as version 2")).to_be_visible()
    save(other, "Meanwhile", "Save as version 2")
    ann.get_by_role("button", name="Save as version 2").click()
    expect(ann.get_by_role("dialog").get_by_role("status")).to_contain_text("changed since you saw")
    ann.get_by_role("button", name="Save as version 3").click()
    expect(ann.get_by_role("dialog").get_by_role("status")).to_contain_text("Saved as version 3")


def test_a_build_is_renamed_tagged_and_found_by_what_it_is(window: OpenWindow) -> None:
    ann = window()
    start_blank(ann, "Ann")
    ann.get_by_label("Archetype", exact=True).select_option(label="Scrapper")
    ann.get_by_label("Primary", exact=True).select_option(label="Claws")
    expect(ann.locator(".who small")).to_contain_text("Claws")
    save(ann, "First", "Save", "public")
    ann.get_by_role("link", name="To its page").click()
    ann.get_by_text("Rename it, tag it").click()
    ann.get_by_label("Title").fill("Ember")
    ann.get_by_label("Tags").fill("Farm, #Fire!")
    ann.get_by_role("button", name="Save", exact=True).click()
    expect(ann.get_by_role("heading", name="Ember")).to_be_visible()
    expect(ann.get_by_text("#fire")).to_be_visible()
    expect(ann.get_by_role("region", name="Powers")).to_contain_text("Claws")
    expect(ann.get_by_role("region", name="Totals")).to_contain_text("Max HP 1,338")

    bob = window(width=390)
    bob.goto("/")
    library = bob.get_by_role("region", name="Library")
    ember = library.get_by_role("link", name="Ember")
    expect(library.get_by_label("Powerset")).to_be_disabled()
    library.get_by_label("Archetype").select_option(label="Scrapper")
    library.get_by_label("Powerset").select_option(label="Katana")
    expect(library.get_by_text("No build is like that.")).to_be_visible()
    library.get_by_label("Powerset").select_option(label="Claws")
    expect(ember).to_be_visible()
    library.get_by_label("Search builds").fill("nothing like it")
    expect(ember).to_have_count(0)
    library.get_by_role("button", name="Ask for less").click()
    library.get_by_role("button", name="#farm").click()
    expect(library.get_by_role("button", name="Any tag, not only farm")).to_be_visible()
    expect(ember).to_be_visible()
    assert bob.evaluate("document.documentElement.scrollWidth <= innerWidth")

    ann.goto("/")
    ann.get_by_role("button", name="Favourites").click()
    expect(ann.get_by_text("keeps it here")).to_be_visible()

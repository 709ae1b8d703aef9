"""The set finder in the picker: the sets that fit and give a stat, the best first."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.test_page import make_scrapper, start_blank

expect.set_options(timeout=15_000)


def test_the_picker_finds_the_sets_that_give_a_stat(window: OpenWindow) -> None:
    page = window()
    start_blank(page, "Ann")
    make_scrapper(page)
    page.get_by_role("button", name="Slot 1 of Deflection").click()
    picker = page.get_by_role("dialog")
    expect(picker.get_by_role("heading", name="Inventions")).to_be_visible()
    luck = picker.locator(".offer-group", has_text="Luck of the Gambler")
    expect(luck.get_by_role("list", name="Set bonuses")).to_contain_text("2 +10% Regeneration")
    picker.get_by_label("Sets that give").select_option(label="Haste")
    expect(picker.get_by_role("heading", name="Inventions")).to_have_count(0)
    best = picker.locator(".set-head").first
    expect(best).to_contain_text(re.compile(r"\+\d+(\.\d+)?% for \d"))
    given = [float(text.split("%")[0]) for text in picker.locator(".given").all_inner_texts()]
    assert len(given) > 1
    assert given == sorted(given, reverse=True)
    picker.get_by_label("Sets that give").select_option(label="Perception")
    expect(picker.get_by_text("No set that fits gives it.")).to_be_visible()
    picker.get_by_label("Sets that give").select_option(label="anything")
    expect(picker.get_by_role("heading", name="Inventions")).to_be_visible()
    expect(picker.locator(".given")).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 844})
    offers = picker.locator(".offers")
    assert offers.evaluate("one => one.scrollWidth - one.clientWidth") == 0

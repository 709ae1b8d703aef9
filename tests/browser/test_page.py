"""The page in a real browser, on a real server: what people do with it, alone and together."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from server.web.pages import ROOT
from tests.browser.conftest import OpenWindow
from tests.wire.serving import Server

expect.set_options(timeout=15_000)


def start_blank(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Start a new build").click()
    expect(page.get_by_label("Title")).to_be_visible()


def invitation(page: Page, kind: str) -> str:
    """A link as the page hands it out: to "edit" or to "watch"."""
    page.get_by_role("button", name="Invite").click()
    page.get_by_role("button", name=f"Copy link to {kind}").click()
    link = page.get_by_label(f"Link to {kind}").input_value()
    page.keyboard.press("Escape")
    return link


@contextmanager
def for_one(page: Page) -> Iterator[None]:
    """Links that are made meanwhile are for one person."""
    made = '{"role": "editor", "uses": 1}'
    page.route("**/invitations", lambda route: route.continue_(post_data=made))
    yield
    page.unroute("**/invitations")


def join(page: Page, link: str, name: str) -> None:
    page.goto(link)
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_label("Title")).to_be_visible()


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).select_option(label=option)


def stat(page: Page, key: str) -> Locator:
    return page.get_by_role("region", name="Totals").locator(f"[data-stat='{key}']")


def drop(page: Page, name: str, text: str) -> None:
    """Drop a file on the page."""
    dropped = page.evaluate_handle(
        """([name, text]) => {
            const data = new DataTransfer();
            data.items.add(new File([text], name));
            return data;
        }""",
        [name, text],
    )
    page.locator("main").dispatch_event("drop", {"dataTransfer": dropped})


def make_scrapper(page: Page) -> None:
    choose(page, "Archetype", "Scrapper")
    choose(page, "Primary", "Dark Melee")
    choose(page, "Secondary", "Shield Defense")
    page.get_by_role("button", name="Take Deflection").click()
    expect(page.get_by_role("button", name="Deflection, taken at 1")).to_be_visible()


def test_two_people_build_together(window: OpenWindow) -> None:
    ann, bob = window(), window()
    start_blank(ann, "Ann")
    link = invitation(ann, "edit")
    join(bob, link, "Bob")
    expect(bob).not_to_have_url(re.compile("#"))  # the secret does not stay in sight
    expect(ann.get_by_role("button", name="Here now: Ann, Bob")).to_be_visible()

    make_scrapper(ann)
    deflection = bob.get_by_role("article", name="Deflection")
    expect(deflection.get_by_role("switch")).to_be_checked()
    melee = stat(bob, "defense.melee")
    expect(melee.locator(".value")).to_have_text("11.25%")
    expect(melee.locator("ins")).to_have_text("+11.25%")
    expect(bob.get_by_text("Ann took Deflection").first).to_be_visible()

    # Bob enhances what Ann took, through the picker.
    deflection.get_by_role("button", name="Add a slot").click()
    deflection.get_by_role("button", name=re.compile("^Slot 2")).click()
    picker = bob.get_by_role("dialog")
    picker.get_by_label("Search").fill("luck of the gambler")
    expect(picker.get_by_role("heading", name="Red Fortune")).to_have_count(0)
    picker.get_by_role("button", name="Defense/Endurance", exact=True).click()
    enhanced = ann.get_by_role("article", name="Deflection").get_by_role(
        "button", name="Slot 2 of Deflection: Luck of the Gambler: Defense/Endurance, level 50"
    )
    expect(enhanced).to_be_visible()
    expect(stat(ann, "defense.melee").locator("ins")).to_have_text(re.compile(r"^\+1\.79"))
    expect(ann.get_by_text("± by Bob's last edit")).to_be_visible()

    # A whole set is one edit.
    picker.get_by_role("button", name="Place the other 5").click()
    expect(ann.get_by_role("button", name=re.compile("Deflection: Luck of"))).to_have_count(6)
    bob.reload()  # coming back is being the same person
    expect(bob.get_by_role("button", name="Here now: Bob, Ann")).to_be_visible()
    expect(bob.get_by_role("button", name=re.compile("Deflection: Luck of"))).to_have_count(6)


def test_a_dropped_build_file_becomes_a_session(window: OpenWindow, golden_file: Path) -> None:
    page = window()
    page.goto("/")
    page.get_by_label("Your name").fill("Ann")
    drop(page, golden_file.name, golden_file.read_text())
    expect(page.get_by_label("Archetype", exact=True)).to_have_value("Class_Scrapper")
    weave = page.get_by_role("article", name="Weave")
    expect(weave.get_by_role("button", name=re.compile("Red Fortune"))).to_have_count(6)
    expect(page.get_by_text("24 / 24 powers")).to_be_visible()
    expect(stat(page, "defense.ranged").locator(".value")).to_have_text("34.95%")


def test_what_a_build_file_could_not_bring_is_said_before_it_opens(
    window: OpenWindow, golden_file: Path
) -> None:
    page = window()
    page.goto("/")
    page.get_by_label("Your name").fill("Ann")
    drop(page, golden_file.name, golden_file.read_text().replace("Pool.Speed.Hasten", "Pool.X.Y"))
    expect(page.get_by_text(re.compile(r"Pool\.X\.Y"))).to_be_visible()
    page.get_by_role("button", name="Open the build").click()
    expect(page.get_by_text("23 / 24 powers")).to_be_visible()


def test_what_is_no_build_file_is_said_on_the_start_page(window: OpenWindow) -> None:
    page = window()
    page.goto("/")
    page.get_by_label("Your name").fill("Ann")
    file: Any = {"name": "notes.mbd", "mimeType": "text/plain", "buffer": b"shopping list"}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_role("alert")).to_have_text(re.compile("build file"))


def test_an_address_that_leads_nowhere_is_answered_in_words(window: OpenWindow) -> None:
    page = window()
    page.goto("/nowhere")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    assert page.request.get("/nowhere").json()["code"] == "not_found"  # for who is no browser


def test_a_watcher_sees_everything_and_changes_nothing(window: OpenWindow) -> None:
    ann, vic = window(), window()
    start_blank(ann, "Ann")
    make_scrapper(ann)
    join(vic, invitation(ann, "watch"), "Vic")
    expect(vic.get_by_role("article", name="Deflection")).to_be_visible()
    # What is left leads somewhere, and changes nothing.
    looks = ".offer.taken, .slot.filled, .plain"
    controls = vic.locator(f"main :is(button, input, select):enabled:not({looks})")
    expect(controls).to_have_count(0)
    expect(vic.get_by_role("button", name="Invite")).to_have_count(0)
    ann.get_by_label("Title").fill("Nova")
    ann.keyboard.press("Enter")
    expect(vic.get_by_label("Title")).to_have_value("Nova")

    # They stream: their link is good for an overlay, too, which joins as nobody.
    vic.get_by_role("button", name="Overlay for a stream").click()
    dialog = vic.get_by_role("dialog")
    for label in ("Ranged", "AoE"):
        dialog.get_by_label(label, exact=True).first.uncheck()
    dialog.get_by_role("button", name="Copy overlay link").click()
    vic.goto(dialog.get_by_label("Overlay link").input_value())
    expect(vic.get_by_role("definition")).to_have_text("11.25%")
    ann.get_by_role("article", name="Deflection").get_by_role("switch").click()
    expect(vic.get_by_role("definition")).to_have_text("0%")
    vic.goto(vic.url[:-3])
    vic.reload()
    expect(vic.get_by_role("alert")).to_contain_text("not good any more")


def test_an_edit_is_taken_back_and_made_again(window: OpenWindow) -> None:
    ann, bob = window(), window()
    start_blank(ann, "Ann")
    make_scrapper(ann)
    join(bob, invitation(ann, "edit"), "Bob")
    choose(bob, "Level", "40")
    expect(ann.get_by_label("Level", exact=True)).to_have_value("40")

    ann.get_by_role("button", name="Undo").click()  # her own, not Bob's
    expect(ann.get_by_text("You took back: took Deflection").first).to_be_visible()
    expect(bob.get_by_text("Ann took back an edit").first).to_be_visible()
    expect(bob.get_by_role("article", name="Deflection")).to_have_count(0)
    expect(bob.get_by_label("Level", exact=True)).to_have_value("40")
    ann.keyboard.press("Control+y")
    expect(bob.get_by_role("article", name="Deflection")).to_be_visible()
    bob.keyboard.press("Control+z")
    expect(ann.get_by_label("Level", exact=True)).to_have_value("50")
    bob.keyboard.press("Control+z")
    expect(bob.get_by_role("alert")).to_be_visible()  # he did nothing else


def test_a_suggestion_is_talked_about_and_taken(window: OpenWindow) -> None:
    ann, sue = window(), window(width=390, height=844)
    start_blank(ann, "Ann")
    make_scrapper(ann)
    join(sue, invitation(ann, "suggest"), "Sue")

    sue.get_by_role("article", name="Deflection").get_by_role("switch").click()
    proposals = ann.get_by_role("region", name="Proposals")
    expect(proposals.get_by_text("Sue suggests: switch Deflection off")).to_be_visible()
    expect(proposals.get_by_text("Defense: Melee −11.25%")).to_be_visible()
    expect(ann.get_by_role("button", name="1 proposal")).to_be_visible()
    expect(stat(ann, "defense.melee").locator(".value")).to_have_text("11.25%")
    deflection = ann.get_by_role("article", name="Deflection").get_by_role("switch")
    deflection.click()
    expect(stat(ann, "defense.melee").locator(".value")).to_have_text("0%")
    expect(proposals.get_by_text("No total changes.")).to_be_visible()
    deflection.click()
    expect(stat(ann, "defense.melee").locator(".value")).to_have_text("11.25%")
    expect(proposals.get_by_text("Defense: Melee −11.25%")).to_be_visible()
    expect(sue.get_by_role("button", name="Activity 1")).to_be_visible()
    sue.get_by_role("button", name="Activity").click()
    sue.get_by_label("Say something").fill("Why not without?")
    sue.keyboard.press("Enter")
    expect(ann.get_by_role("region", name="Chat").get_by_text("Why not without?")).to_be_visible()
    expect(ann.get_by_role("button", name="Sue: “Why not without?”")).to_be_visible()
    proposals.get_by_role("button", name="Take it").click()
    expect(stat(ann, "defense.melee").locator(".value")).to_have_text("0%")
    expect(proposals).to_have_count(0)
    expect(sue.get_by_role("region", name="Proposals")).to_have_count(0)
    expect(sue.get_by_text("as Sue suggested")).to_be_visible()
    ann.reload()
    expect(ann.get_by_role("region", name="Chat").get_by_text("Why not without?")).to_be_visible()


def test_an_owner_runs_the_session(window: OpenWindow) -> None:
    ann, bob = window(), window(width=390, height=844)
    start_blank(ann, "Ann")
    with for_one(ann):
        join(bob, invitation(ann, "edit"), "Bob")
    ann.get_by_role("button", name="Manage").click()
    members = ann.get_by_role("dialog", name="Members")
    expect(members.get_by_text("1 person came by it, used up")).to_be_visible()
    members.get_by_label("Role of Bob").select_option("suggester")
    expect(bob.get_by_text("Suggesting", exact=True)).to_be_visible()
    bob.get_by_role("button", name="Build", exact=True).click()
    bob.get_by_role("button", name="for level 49").scroll_into_view_if_needed()
    members.get_by_role("button", name="Lock", exact=True).click()
    expect(bob.get_by_text("The owner has locked this session")).to_be_in_viewport()
    members.get_by_role("button", name="Unlock").click()
    expect(bob.get_by_text("The owner has locked this session")).to_have_count(0)
    members.get_by_role("button", name="Hand over").click()
    members.get_by_role("button", name="Really make them the owner").click()
    expect(bob.get_by_text("You own this session now")).to_be_visible()
    expect(bob.get_by_role("button", name="Invite")).to_be_visible()
    expect(members.get_by_role("button", name="Leave this session")).to_be_visible()

    bob.get_by_role("button", name="Activity").click()
    bob.get_by_role("button", name="Manage").click()
    bob.get_by_role("button", name="Remove Ann").click()
    bob.locator(".surely").get_by_role("button", name="Remove Ann").click()
    expect(ann.get_by_text("You were removed from this session")).to_be_visible()
    bob.get_by_role("button", name="Revoke").click()
    bob.get_by_role("button", name="Revoke it").click()
    expect(bob.get_by_role("button", name="Revoke")).to_have_count(0)
    bob.get_by_role("button", name="End the session").click()
    bob.get_by_role("button", name="End it for everybody").click()
    expect(bob.get_by_text("You ended this session, for everybody.")).to_be_visible()


def test_a_total_is_explained_and_a_choice_considered(window: OpenWindow) -> None:
    ann, bob = window(), window()
    start_blank(ann, "Ann")
    make_scrapper(ann)
    join(bob, invitation(ann, "edit"), "Bob")
    stat(ann, "defense.melee").get_by_role("button").click()
    explained = ann.get_by_role("dialog", name="Defense: Melee")
    expect(explained.get_by_text("11.25%").first).to_be_visible()
    expect(explained.get_by_text("Deflection")).to_be_visible()
    expect(explained.get_by_text("Together")).to_be_visible()
    ann.keyboard.press("Escape")

    ann.get_by_role("button", name="Figures of Deflection").click()
    figures = ann.get_by_role("dialog", name="Deflection")
    expect(figures.get_by_role("row", name="Recharge time 4 s 4 s")).to_be_visible()
    expect(figures.get_by_text("+11.25%").first).to_be_visible()
    ann.keyboard.press("Escape")

    ann.get_by_role("button", name="Slot 1 of Deflection").click()
    # Bob sees where she is.
    looked_at = bob.get_by_role("article", name="Deflection").get_by_title("Ann is at this")
    expect(looked_at).to_be_visible()
    picker = ann.get_by_role("dialog", name="Deflection")
    picker.get_by_role("button", name="Defense", exact=True).first.hover()
    expect(picker.get_by_text(re.compile(r"Defense: Melee \+\d"))).to_be_visible()
    # However much it comes to: what is pointed at stays under the pointer.
    luck = picker.locator(".offer-group", has_text="Luck of the Gambler")
    whole = luck.get_by_role("button", name="Place all 6")
    whole.scroll_into_view_if_needed()
    ann.mouse.move(0, 0)
    expect(picker.get_by_text("Point at an enhancement")).to_be_visible()
    box = whole.bounding_box()
    whole.focus()  # as pointing does, but nothing moves away from it
    expect(picker.locator(".what-if")).to_contain_text("Health: Regeneration +10%")
    assert whole.bounding_box() == box
    expect(stat(bob, "defense.melee").locator(".value")).to_have_text("11.25%")
    ann.keyboard.press("Escape")
    expect(looked_at).to_have_count(0)


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


def test_a_scenario_changes_what_totals_are_read_under(window: OpenWindow) -> None:
    ann, bob = window(), window(width=390, height=844)
    start_blank(ann, "Ann")
    make_scrapper(ann)
    join(bob, invitation(ann, "edit"), "Bob")

    ann.get_by_role("button", name="Conditions of the scenario").click()
    conditions = ann.get_by_role("dialog")
    conditions.get_by_role("button", name="New from this one").click()
    expect(conditions.get_by_label("Name")).to_have_value("Solo, copy")
    conditions.get_by_label("Name").fill("Raid")
    conditions.get_by_label("Team size").fill("8")
    conditions.get_by_label("In combat").check()
    conditions.get_by_label("A power that differs here").select_option(label="Deflection")
    expect(conditions.get_by_label("Deflection counts")).not_to_be_checked()
    conditions.get_by_role("button", name="Done").click()

    bob.get_by_role("button", name="Totals").click()
    expect(bob.get_by_text("team of 8 · in combat · 1 power set apart")).to_be_visible()
    expect(stat(bob, "defense.melee").locator(".value")).to_have_text("0%")
    choose(bob, "Scenario", "Solo")
    expect(stat(bob, "defense.melee").locator(".value")).to_have_text("11.25%")
    expect(ann.get_by_label("Scenario", exact=True)).to_have_value("solo")
    choose(ann, "Scenario", "Raid")
    ann.get_by_role("button", name="Conditions of the scenario").click()
    ann.get_by_role("button", name="Remove it").click()
    expect(ann.get_by_label("Scenario", exact=True).locator("option")).to_have_count(1)


def test_a_scenario_offers_the_states_that_powers_ask_for(window: OpenWindow) -> None:
    """As of a catalogue with attacks that build something up: the starter's has none."""
    melee = "Scrapper_Melee.Dark_Melee"
    states = [
        {"name": "Focus", "on": "self", "powers": ["Pool.Speed.Hasten"], "most": 3},
        {"name": "Combo Level", "on": "self", "powers": [f"{melee}.Smite", f"{melee}.Siphon_Life"]},
        {"name": "Marked", "on": "foe", "powers": ["Pool.Fighting.Kick"]},
    ]
    ann = window()
    answer = {"states": states, "meter": "hidden"}
    ann.route("**/api/v1/catalogue/states", lambda route: route.fulfill(json=answer))
    start_blank(ann, "Ann")
    make_scrapper(ann)
    ann.get_by_role("button", name="Conditions of the scenario").click()
    dialog = ann.get_by_role("dialog")
    expect(dialog.get_by_label("Fury")).to_have_count(0)  # others have that
    dialog.get_by_label("You are hidden").check()
    dialog.get_by_label("Marked on the target").check()
    dialog.get_by_label("Focus").fill("2")
    dialog.get_by_label("Combo Level").fill("1")
    dialog.get_by_label("Combo Level").press("Tab")
    said = ann.locator(".scenario small").first
    expect(said).to_have_text("hidden · Focus 2 · Combo Level 1 · Marked on the target")
    dialog.get_by_label("Combo Level").fill("2")
    dialog.get_by_label("Marked on the target").uncheck()
    expect(said).to_have_text("hidden · Focus 2 · Combo Level 2")
    dialog.get_by_label("Focus").fill("0")
    dialog.get_by_label("Combo Level").fill("0")
    dialog.get_by_label("You are hidden").uncheck()
    expect(said).to_have_text("nothing is happening")
    expect(dialog.get_by_text("counts")).to_have_count(0)  # states are no powers set apart


def test_incarnates_accolades_and_temporary_powers_count(window: OpenWindow) -> None:
    page = window()
    start_blank(page, "Ann")
    make_scrapper(page)
    page.get_by_text("Incarnate powers").click()
    choose(page, "Alpha", "Musculature Core Paragon")
    choose(page, "Destiny", "Ageless Core Epiphany")
    expect(page.get_by_role("switch", name="Ageless Core Epiphany counts")).not_to_be_checked()
    expect(page.get_by_label("Alpha")).to_have_value(re.compile("Musculature"))
    page.get_by_text("Accolades", exact=True).click()
    page.get_by_label("Portal Jockey").check()
    expect(stat(page, "endurance.max").locator(".value")).to_have_text("105")
    page.get_by_label("Portal Jockey").uncheck()
    expect(stat(page, "endurance.max").locator(".value")).to_have_text("100")
    page.get_by_text("Temporary powers").click()
    choose(page, "Add one", "Demoralized")
    page.get_by_role("button", name="Give up Demoralized").click()
    expect(page.get_by_role("button", name="Give up Demoralized")).to_have_count(0)


def test_a_refusal_is_said_where_it_happened(window: OpenWindow) -> None:
    page = window()
    start_blank(page, "Ann")
    choose(page, "Archetype", "Scrapper")
    for number, pool in enumerate(("Fighting", "Leaping", "Speed", "Leadership"), 1):
        choose(page, "Add a pool", pool)
        expect(page.get_by_role("button", name="Give up")).to_have_count(number)
    choose(page, "Add a pool", "Flight")
    refusal = page.locator(".pools").get_by_role("alert")
    expect(refusal).to_contain_text("4 power pools")
    expect(page.get_by_role("button", name="Give up")).to_have_count(4)
    refusal.get_by_role("button", name="Dismiss").click()
    expect(refusal).to_have_count(0)


def test_nobody_notices_a_restart(window: OpenWindow, cohort: Server) -> None:
    ann, bob = window(), window()
    start_blank(ann, "Ann")
    join(bob, invitation(ann, "edit"), "Bob")
    make_scrapper(ann)
    expect(bob.get_by_role("article", name="Deflection")).to_be_visible()
    port = cohort.port
    assert cohort.stop() == 0
    expect(ann.locator(".dot.away")).to_be_visible()
    ann.get_by_label("Title").fill("Made while away")
    ann.keyboard.press("Enter")
    ann.get_by_label("Say something").fill("Said while away")
    ann.keyboard.press("Enter")
    expect(ann.get_by_text("not said yet")).to_be_visible()
    ann.get_by_role("region", name="Activity").get_by_role("button", name="History").click()
    history = ann.get_by_role("dialog", name="History")
    expect(history.get_by_text("This comes when the connection is back.")).to_be_visible()
    bob.get_by_role("switch", name="Deflection").uncheck()
    expect(ann.get_by_text("1 change of yours is kept")).to_be_visible()
    cohort.spawn(port)
    cohort.wait()
    for page in (ann, bob):
        expect(page.locator(".dot.live")).to_be_visible()
        expect(page.get_by_label("Title")).to_have_value("Made while away")
        expect(page.get_by_role("switch", name="Deflection")).not_to_be_checked()
        expect(page.locator(".pending")).to_have_count(0)
    expect(history.get_by_role("button", name="Ann took Deflection.")).to_be_visible()
    ann.keyboard.press("Escape")
    expect(bob.get_by_role("region", name="Chat").get_by_text("Said while away")).to_be_visible()
    expect(ann.get_by_text("not said yet")).to_have_count(0)


def test_what_takes_much_away_is_asked_first(window: OpenWindow) -> None:
    page = window()
    start_blank(page, "Ann")
    make_scrapper(page)
    page.get_by_role("button", name="Take Battle Agility").click()
    expect(page.get_by_role("article", name="Battle Agility")).to_be_visible()
    choose(page, "Secondary", "Willpower")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_label("Secondary")).to_have_value("Scrapper_Defense.Shield_Defense")
    expect(page.get_by_role("article", name="Battle Agility")).to_be_visible()
    choose(page, "Secondary", "Willpower")
    page.get_by_role("button", name="Change to Willpower").click()
    expect(page.get_by_role("article", name="Battle Agility")).to_have_count(0)


def test_every_module_is_asked_for_at_once() -> None:
    listed = re.findall(r'modulepreload" href="/(.*)"', (ROOT / "index.html").read_text())
    modules = {str(file.relative_to(ROOT)) for file in ROOT.rglob("*.js")}
    others = {"app.js", "wire.js", "reference/rest.js"}  # the entry, types, and another page's
    assert set(listed) == modules - others


def test_everything_fits_a_phone(window: OpenWindow) -> None:
    page = window(width=360, height=844)
    start_blank(page, "Ann")
    tabs = page.get_by_role("navigation", name="Parts of the build")
    tabs.get_by_role("button", name="Powersets").click()
    make_scrapper(page)
    box = page.get_by_label("Title").bounding_box()
    assert box is not None
    assert box["width"] > 200  # so that one can read it
    for tab, part in (
        ("Build", "Powers by level"),
        ("Powersets", "Archetype and powersets"),
        ("Totals", "Totals"),
        ("Activity", "Findings and activity"),
    ):
        tabs.get_by_role("button", name=tab).click()
        expect(page.get_by_role("region", name=part)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
    tabs.get_by_role("button", name="Build").click()
    page.get_by_role("button", name="Slot 1 of Deflection").click()
    picker = page.get_by_role("dialog")
    expect(picker.get_by_role("heading", name="Luck of the Gambler")).to_be_visible()
    box = picker.bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 360)
    offers = picker.locator(".offers")
    assert offers.evaluate("one => one.scrollWidth - one.clientWidth") == 0

    page.keyboard.press("Escape")
    page.get_by_label("Title").fill("A title as long as one may be, " + "x" * 49)
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("x · Cohort"))
    page.goto("/")
    expect(page.get_by_role("link", name="A title as long")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_guest_keeps_their_builds_as_an_account(window: OpenWindow) -> None:
    ann, phone = window(), window(width=390)
    start_blank(ann, "Ann")
    address = ann.url
    ann.goto("/")
    ann.get_by_role("button", name="Keep this as my account").click()
    dialog = ann.get_by_role("dialog", name="Keep this as my account")
    dialog.get_by_label("Username").fill("Ann-of-the-page")
    dialog.get_by_label("Password").fill("password1")
    dialog.get_by_role("button", name="Keep this as my account").click()
    expect(dialog.get_by_role("alert")).to_contain_text("very common password")
    dialog.get_by_label("Password").fill("four words nobody says")
    dialog.get_by_role("button", name="Keep this as my account").click()
    expect(ann.get_by_text("Logged in as Ann")).to_be_visible()
    ann.goto(address)
    expect(ann.get_by_label("Title")).to_be_editable()

    phone.goto("/")
    expect(phone.get_by_role("region", name="Library")).to_be_visible()
    assert phone.evaluate("document.querySelector('.start').scrollWidth") == 390
    phone.get_by_role("button", name="Log in").click()
    dialog = phone.get_by_role("dialog", name="Log in")
    dialog.get_by_label("Username").fill("ann-of-the-page")
    dialog.get_by_label("Password").fill("four words nobody says")
    with phone.expect_navigation():
        dialog.get_by_role("button", name="Log in").click()
    expect(phone.get_by_text("Logged in as Ann")).to_be_visible()
    # Its token has ended: the next one comes by itself.
    phone.evaluate("""() => {
        const me = JSON.parse(localStorage["cohort.me"]);
        localStorage["cohort.me"] = JSON.stringify({ ...me, token: "x", until: 0 });
    }""")
    phone.goto(address)
    expect(phone.get_by_label("Title")).to_be_editable()
    phone.goto("/")
    with phone.expect_navigation():
        phone.get_by_role("button", name="Log out").click()
    expect(phone.get_by_role("button", name="Log in")).to_be_visible()
    assert phone.evaluate("JSON.parse(localStorage['cohort.me']).token") == ""


def test_what_people_write_is_text(window: OpenWindow) -> None:
    """Names, titles and what is said are shown as they were written, and run nothing."""
    markup = "<img src=x onerror=top.hit=1>"
    link = f"<a href=javascript:top.hit=1>{markup}</a>"
    ann, bob = window(), window()
    start_blank(ann, markup)
    shared = invitation(ann, "edit")
    join(bob, shared, "<marquee>Bob")
    title = ann.get_by_label("Title")
    title.fill(f"{markup}<script>")
    title.press("Enter")
    expect(bob.get_by_label("Title")).to_have_value(f"{markup}<script>")
    bob.get_by_label("Say something").fill(link)
    bob.keyboard.press("Enter")
    for page in (ann, bob):
        expect(page.get_by_role("region", name="Chat").get_by_text(link)).to_be_visible()
        assert page.locator("img[src=x], marquee, a[href^=javascript], main script").count() == 0
        assert page.evaluate("window.hit") is None
    carl = window()  # sees what the link leads to, before he joins
    carl.goto(shared)
    expect(carl.get_by_role("heading", name=f"Join “{markup}<script>”")).to_be_visible()
    carl.goto(f"{shared[:-3]}xxx")
    expect(carl.get_by_role("alert")).to_contain_text("Ask for a new link")
    assert carl.evaluate("window.hit") is None

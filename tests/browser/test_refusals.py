"""What was refused: where it is said, and for how long. The test is the server."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow
from tests.browser.test_sending import SOCKET, deliver, joined
from tests.browser.test_state import CHANGE, FOLLOW, SNAPSHOT

SHIELD = "Scrapper_Defense.Shield_Defense"
DEFLECTION = f"{SHIELD}.Active_Defense"  # what players know it as
TAKEN = {"level": 1, "slots": {"own": {}, "s1": {"level": 3}}}
BUILD = {
    "archetype": "Class_Scrapper",
    "powersets": {"primary": "Scrapper_Melee.Dark_Melee", "secondary": SHIELD},
    "powers": {DEFLECTION: TAKEN},
}
SWITCH = {"type": "switch_power", "power": DEFLECTION, "on": True}
SLOT = {"type": "clear_enhancement", "power": DEFLECTION, "slot": "s1"}
TITLE = {"type": "set_title", "title": "x"}
HERE = {**SNAPSHOT, "build": BUILD}
GONE = {**SNAPSHOT, "build": {**BUILD, "powers": {}}}
REFUSED = {"type": "refused", "id": "mine", "code": "x", "message": "No."}


@pytest.fixture
def run(window: OpenWindow) -> Any:
    page = window()
    page.goto("/")
    return page.evaluate


def patched(patch: dict[str, Any], *operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**CHANGE, "by": "g2", "operations": operations, "patch": patch, **more}


def test_a_refusal_goes_with_what_it_is_about(run: Any) -> None:
    def left(
        before: dict[str, Any], operation: dict[str, Any], after: dict[str, Any], place: str = ""
    ) -> int:
        edit = {"id": "mine", "base": 4, "operations": [operation], "from": place}
        return len(run(FOLLOW, [[before, REFUSED, after], [edit]])["refusals"])

    dropped = patched({"powers": {DEFLECTION: None}})
    unslotted = patched({"powers": {DEFLECTION: {"slots": {"s1": None}}}})
    taken = patched({"powers": {DEFLECTION: TAKEN}})
    other = patched({"powers": {"Pool.Speed.Hasten": {"level": 4}}})
    picker = f"picker:{DEFLECTION}"
    for operation, place in ((SWITCH, ""), (SLOT, ""), (SLOT, picker)):
        assert left(HERE, operation, dropped, place) == 0
        assert left(GONE, operation, taken, place) == 0
        assert left(HERE, operation, {**GONE, "revision": 9}, place) == 0
        assert left(HERE, operation, other, place) == 1
        assert left(HERE, operation, {**HERE, "revision": 9}, place) == 1
    assert left(HERE, SLOT, unslotted) == 0
    assert left(HERE, SWITCH, unslotted) == 1


def test_a_refusal_goes_when_somebody_has_edited_the_same_place(run: Any) -> None:
    def left(operation: dict[str, Any], newer: dict[str, Any], place: str = "") -> int:
        edit = {"id": "mine", "base": 4, "operations": [operation], "from": place}
        return len(run(FOLLOW, [[HERE, REFUSED, patched({}, newer)], [edit]])["refusals"])

    picker = f"picker:{DEFLECTION}"
    assert left(TITLE, TITLE) == left(SWITCH, SWITCH) == left(SLOT, SLOT) == 0
    assert left(SLOT, SLOT, picker) == 0
    assert left(TITLE, SWITCH) == left(SLOT, SWITCH) == left(SLOT, SWITCH, picker) == 1


def test_that_somebody_went_back_is_said_until_it_is_taken_back(run: Any) -> None:
    welcome = {"type": "welcome", "person": "g1", "role": "editor", "people": []}
    bob = {"person": "g2", "name": "Bob", "role": "owner"}
    back = patched({}, restores=2)
    before = [{**welcome, "members": [bob]}, SNAPSHOT, back]
    [notice] = run(FOLLOW, [[*before, patched({}, revision=6, edit="other")], []])["refusals"]
    assert notice["message"] == "Bob went back to revision 2: History shows what that was."
    undone = patched({}, revision=6, edit="undo", undoes=back["edit"])
    assert run(FOLLOW, [[*before, undone], []])["refusals"] == []


def with_deflection(window: OpenWindow) -> Page:
    page = window()
    page.add_init_script(SOCKET)
    page.route("**/said?*", lambda route: route.fulfill(json=[]))
    page.goto("/s/any")
    joined(page, 1)
    stats = {"defense.melee": {"value": 0.1, "capped": 0.1}}
    deliver(page, patched(BUILD, totals=stats))
    expect(page.get_by_role("switch", name="Deflection counts")).to_be_visible()
    return page


def asked(page: Page, kind: str) -> list[str]:
    """The ids of the messages of a type that it sent."""
    said = page.evaluate("sockets.at(-1).sent")
    return [each["id"] for each in said if each["type"] == kind]


def test_what_is_refused_elsewhere_is_said_at_the_top(window: OpenWindow) -> None:
    page = with_deflection(window)
    top = page.locator("header").get_by_role("alert")

    # Somebody dropped the power meanwhile.
    page.get_by_role("switch", name="Deflection").click()
    [switch] = asked(page, "edit")
    gone = patched({"powers": {DEFLECTION: None}}, revision=6)
    deliver(page, gone, {**REFUSED, "id": switch, "message": "It is gone."})
    expect(top).to_contain_text("It is gone.")
    deliver(page, patched({"powers": {DEFLECTION: TAKEN}}, revision=7))
    expect(page.get_by_role("article", name="Deflection")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)

    # The picker is closed by the time; whoever opens it again finds it there.
    slot = page.get_by_role("button", name="Slot 1 of Deflection")
    slot.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Search").fill("luck of the gambler")
    dialog.get_by_role("button", name="Place all 6").click()
    whole = asked(page, "edit")[-1]
    deliver(page, {**REFUSED, "id": whole, "operation": 2, "message": "No slot is left."})
    expect(top).to_contain_text("No slot is left.")
    slot.click()
    expect(dialog.get_by_role("alert")).to_contain_text("No slot is left.")
    expect(top).to_have_count(0)


def test_an_undo_on_its_way_keeps_the_focus(window: OpenWindow) -> None:
    page = with_deflection(window)
    button = page.get_by_role("button", name="Undo", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    [undo] = asked(page, "undo")
    deliver(page, {"type": "accepted", "id": undo, "revision": 5})
    expect(button).not_to_have_attribute("aria-disabled", "true")
    expect(button).to_be_focused()


def test_what_the_last_edit_changed_does_not_arrive_again(window: OpenWindow) -> None:
    page = with_deflection(window)
    more = {"defense.melee": {"value": 0.2, "capped": 0.2}}
    deliver(page, patched({}, revision=6, totals=more))
    change = page.locator("[data-stat='defense.melee'] ins")
    expect(change).to_have_text("+10%")
    change.evaluate("one => { window.arrived = one }")
    page.get_by_role("button", name="Take Battle Agility").hover()
    page.wait_for_function("() => sockets.at(-1).sent.some(({ type }) => type === 'preview')")
    much = {"defense.melee": {"value": 0.5, "capped": 0.5}}
    [preview] = asked(page, "preview")
    told = {"type": "previewed", "id": preview, "revision": 6, "totals": much, "findings": []}
    deliver(page, told)
    expect(page.get_by_text("± if you did that")).to_be_visible()
    expect(change.and_(page.locator(":visible"))).to_have_text("+30%")
    page.mouse.move(0, 0)
    expect(page.get_by_text("± by")).to_be_visible()
    expect(change).to_have_text("+10%")
    assert change.evaluate("one => one === window.arrived")


def test_a_bonus_to_all_damage_is_said_once(run: Any) -> None:
    look = """async ([stats, totals]) => {
        const { gainOf } = await import("/views/differences.js");
        return gainOf(stats, totals);
    }"""
    fraction = {"unit": "fraction", "format": "percent"}
    stats = [
        {"key": "offense.damage", "label": "Damage", "group": "Offense", **fraction},
        {"key": "offense.damage.fire", "label": "Fire", "group": "Damage", **fraction},
        {"key": "offense.damage.cold", "label": "Cold", "group": "Damage", **fraction},
    ]
    whole = {stat["key"]: 0.025 for stat in stats}
    assert run(look, [stats, whole]) == "+2.5% Damage"
    assert (
        run(look, [stats, {**whole, "offense.damage.cold": 0}]) == "+2.5% Damage, +2.5% Fire damage"
    )
    assert run(look, [stats, {"offense.damage.fire": 0.025}]) == "+2.5% Fire damage"

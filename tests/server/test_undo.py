"""Taking back one's own edits, by the rules' numbers (server/logic/undo.py)."""

from random import Random

import msgspec
import pytest
from msgspec import UNSET

from calc import build as documents
from calc.build import SlottedEnhancement
from calc.operations import (
    AddPool,
    AddSlot,
    ChangeEnhancement,
    DropPower,
    PlaceEnhancement,
    RemoveSlot,
    SetArchetype,
    SetLevel,
    SetPowerset,
    SetTitle,
    TakePower,
)
from server.client_messages import Edit, Redo, Undo
from server.commands.fuzz.edits import random_operations
from server.engine import Engine
from server.logic import session
from server.logic.rights import Access, Membership
from server.logic.session import Commit
from server.logic.undo import TRIED, undo
from server.server_messages import PassedOver, Refused
from tests.server.history import ANN, BOB, HASTEN, History


@pytest.fixture
def history(engine: Engine) -> History:
    return History(engine)


UNDO, REDO = Undo("undo-last", 0), Redo("redo-last", 0)


def test_u1_undo_takes_back_the_newest_own_edit_only(history: History) -> None:
    first = history.edit(ANN, SetLevel(10))
    second = history.edit(ANN, SetTitle("Supernova"))
    history.edit(BOB, AddPool("Pool.Speed"))
    assert history.undo(ANN).change.undoes == second
    assert (history.state.build.title, history.state.build.level) == ("Nova", 10)
    assert history.undo(ANN).change.undoes == first
    assert history.state.build.level == 50
    assert history.state.build.powersets.pools == {"Pool.Speed": True}
    assert history.refused(ANN, UNDO).code == "nothing_to_undo"


def test_u1_redo_makes_them_again_until_a_new_edit(history: History) -> None:
    first = history.edit(ANN, SetLevel(10))
    second = history.edit(ANN, SetTitle("Supernova"))
    history.undo(ANN)
    history.undo(ANN)
    assert history.redo(ANN).change.redoes == first
    assert history.state.build.level == 10
    assert history.redo(ANN).change.redoes == second
    assert history.state.build.title == "Supernova"
    assert history.refused(ANN, REDO).code == "nothing_to_redo"
    assert history.undo(ANN).change.undoes == second  # and again
    history.edit(ANN, SetLevel(12))
    assert history.refused(ANN, REDO).code == "nothing_to_redo"
    history.undo(ANN)
    assert history.undo(ANN).change.undoes == first


def test_u1_another_person_cannot_undo_or_redo_mine(history: History) -> None:
    history.edit(ANN, SetLevel(10))
    assert history.refused(BOB, UNDO).code == "nothing_to_undo"
    history.undo(ANN)
    assert history.refused(BOB, REDO).code == "nothing_to_redo"


def test_u1_who_may_not_edit_may_not_undo(history: History) -> None:
    history.edit(BOB, SetLevel(10))
    history.state = msgspec.structs.replace(
        history.state, access=Access(2, {BOB: Membership("Bob", "suggester")})
    )
    assert history.refused(BOB, UNDO).code == "not_allowed"


def test_u2_of_a_batch_the_rest_is_undone(history: History) -> None:
    history.edit(ANN, SetLevel(10), SetTitle("Supernova"))
    history.edit(BOB, SetTitle("Bob was here"))
    change = history.undo(ANN).change
    assert (history.state.build.title, history.state.build.level) == ("Bob was here", 50)
    (kept,) = change.kept
    assert (kept.place, kept.by) == ("title", BOB)
    assert kept.message == "Bob changed the title since."
    history.redo(ANN)
    assert (history.state.build.title, history.state.build.level) == ("Bob was here", 10)


def test_u2_others_work_below_is_not_lost(history: History) -> None:
    history.edit(ANN, AddPool("Pool.Speed"))
    taken = history.edit(ANN, TakePower(HASTEN), AddSlot(HASTEN, "k1"))
    history.edit(BOB, AddSlot(HASTEN, "k2"))
    change = history.undo(ANN).change
    assert change.undoes == taken
    assert history.state.build.powers[HASTEN].slots.keys() == {"k2"}
    assert [kept.by for kept in change.kept] == [BOB]
    assert change.kept[0].place == f"powers/{HASTEN}/slots/k2/level"
    assert "added a slot to Hasten" in change.kept[0].message


def test_u2_what_is_gone_stays_gone(history: History) -> None:
    history.edit(BOB, AddPool("Pool.Speed"), TakePower(HASTEN))
    history.edit(ANN, SetTitle("Supernova"), AddSlot(HASTEN, "k1"), SetLevel(10))
    history.edit(BOB, DropPower(HASTEN))
    change = history.undo(ANN).change
    assert (history.state.build.title, history.state.build.level) == ("Nova", 50)
    assert [kept.message for kept in change.kept] == ["Bob dropped Hasten since."]


def test_u2_who_changed_some_of_it_is_named(history: History) -> None:
    sprint = "Inherent.Inherent.prestige_BestBuy_Sprintp"
    placed = SlottedEnhancement("Crafted_Quickfoot_B", 42)
    history.edit(ANN, PlaceEnhancement(sprint, "own", placed))
    there_and_back = (ChangeEnhancement(sprint, "own", level=level) for level in (30, 42))
    changed = history.edit(ANN, *there_and_back, ChangeEnhancement(sprint, "own", boosters=5))
    history.edit(BOB, ChangeEnhancement(sprint, "own", boosters=2))
    told = "Bob changed what is in a slot of Prestige Power Dash since."
    assert history.refused(ANN, UNDO).passed_over[0] == PassedOver(changed, told)


def test_u2_changed_and_changed_back_is_as_it_was_left(history: History) -> None:
    history.edit(ANN, SetLevel(10))
    history.edit(BOB, SetLevel(11))
    history.edit(BOB, SetLevel(10))
    assert history.undo(ANN).change.kept == ()
    assert history.state.build.level == 50


def test_u3_an_edit_of_which_nothing_can_be_undone_is_passed_over(history: History) -> None:
    first = history.edit(ANN, SetTitle("Supernova"))
    second = history.edit(ANN, SetLevel(10))
    history.edit(BOB, SetLevel(20))
    change = history.undo(ANN).change
    assert change.undoes == first
    (passed,) = change.passed_over
    assert (passed.edit, passed.message) == (second, "Bob set the level to 20 since.")
    refused = history.refused(ANN, UNDO)
    assert refused.code == "nothing_to_undo"
    assert [each.edit for each in refused.passed_over] == [second]


def test_u3_an_edit_whose_rest_would_break_a_rule_is_passed_over(history: History) -> None:
    history.edit(ANN, AddPool("Pool.Speed"), TakePower(HASTEN))
    slots = [f"s{number}" for number in range(5)]
    history.edit(ANN, *(AddSlot(HASTEN, slot) for slot in slots))
    removed = history.edit(ANN, RemoveSlot(HASTEN, "s0"))
    history.edit(BOB, AddSlot(HASTEN, "other"))
    change = history.undo(ANN).change
    assert [each.edit for each in change.passed_over] == [removed]
    assert "six slots" in change.passed_over[0].message
    assert history.state.build.powers[HASTEN].slots.keys() == {"other"}


def test_u3_what_somebody_else_took_back_already_is_passed_over(history: History) -> None:
    first = history.edit(ANN, SetTitle("Supernova"))
    second = history.edit(ANN, SetLevel(10))
    history.edit(BOB, SetLevel(50))
    change = history.undo(ANN).change
    assert change.undoes == first
    assert change.passed_over == (PassedOver(second, "It is as it was already."),)
    history.edit(BOB, SetTitle("Supernova"))
    refused = history.refused(ANN, REDO)
    assert (refused.code, refused.message) == ("nothing_to_redo", "It is as it was already.")


@pytest.mark.parametrize("tried", [TRIED - 1, TRIED])
def test_u3_so_many_are_passed_over_and_no_more(history: History, tried: int) -> None:
    first = history.edit(ANN, SetTitle("Supernova"))
    passed = [history.edit(ANN, SetLevel(level)) for level in range(2, tried + 2)]
    history.edit(BOB, SetLevel(49))
    answer = history.decide(ANN, UNDO)
    found = answer.change if isinstance(answer, Commit) else answer
    assert [each.edit for each in found.passed_over] == passed[::-1]
    if isinstance(found, Refused):
        assert (tried, found.message) == (TRIED, "Bob set the level to 49 since.")
    else:
        assert (tried, found.undoes) == (TRIED - 1, first)


def test_who_has_nothing_to_undo_or_redo_is_told(history: History) -> None:
    told = "There is nothing of yours that can be undone."
    assert history.refused(ANN, UNDO) == Refused("nothing_to_undo", told, id=UNDO.id)
    told = "There is nothing of yours that can be redone."
    assert history.refused(ANN, REDO) == Refused("nothing_to_redo", told, id=REDO.id)


def test_u3_an_edit_without_effect_is_not_worth_a_word(history: History) -> None:
    first = history.edit(ANN, SetLevel(10))
    history.edit(ANN, SetLevel(10))
    change = history.undo(ANN).change
    assert (change.undoes, change.passed_over) == (first, ())


def test_u4_an_undo_of_many_operations_restores_the_document(history: History) -> None:
    history.edit(ANN, SetPowerset("primary", "Scrapper_Melee.Dark_Melee"))
    before = history.state.build
    history.edit(ANN, SetArchetype("Class_Blaster"))
    history.undo(ANN)
    assert documents.encode(history.state.build) == documents.encode(before)


@pytest.mark.parametrize("seed", range(8))
def test_u4_alone_everything_can_be_undone_and_redone(
    history: History, engine: Engine, seed: int
) -> None:
    random = Random(seed)
    for _ in range(40):
        made = random_operations(random, history.state.build, engine.catalogue)
        edit = Edit(f"edit-{history.state.revision + 1:04}", 0, made)
        if isinstance(session.decide(history.state, ANN, edit, engine, 0), Commit):
            history.edit(ANN, *made)
    newest = documents.encode(history.state.build)
    undone = 0
    while isinstance(history.decide(ANN, UNDO), Commit):
        assert history.undo(ANN).change.kept == ()
        undone += 1
    assert documents.encode(history.state.build) == documents.encode(history.start)
    for _ in range(undone):
        history.redo(ANN)
    assert documents.encode(history.state.build) == newest


def test_an_undo_is_known_by_what_was_asked_for() -> None:
    one, other = Undo("edit-0001", 3), Undo("edit-0001", 4)
    assert session.digest(one) == session.digest(other) != session.digest(Redo("edit-0001", 3))


def test_the_change_of_an_undo_has_its_digest(history: History) -> None:
    history.edit(ANN, SetLevel(10))
    assert session.digest(history.undo(ANN).change) == session.digest(UNDO)
    made = history.redo(ANN)
    assert made.digest == session.digest(REDO)
    assert made.change.undoes is UNSET


def test_undo_stops_after_each_edit_that_it_passes_over(history: History, engine: Engine) -> None:
    for level in (10, 20, 30):
        history.edit(ANN, SetLevel(level))
    history.edit(BOB, SetLevel(40))
    work = undo(history.state, ANN, UNDO, history.past, engine, 0)
    for _ in range(3):
        next(work)
    with pytest.raises(StopIteration) as done:
        next(work)
    assert [each.edit for each in done.value.value.passed_over] == [
        "edit-0003",
        "edit-0002",
        "edit-0001",
    ]

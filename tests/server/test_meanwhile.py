"""A refusal names who changed what (server/logic/meanwhile.py)."""

import pytest
from msgspec import UNSET

from calc.operations import AddPool, AddSlot, DropPower, Operation, SetLevel, SetTitle, TakePower
from server.client_messages import Edit
from server.engine import Engine
from server.logic import session
from server.logic.meanwhile import after, named
from server.server_messages import Refused
from tests.server.history import ANN, BOB, HASTEN, History


@pytest.fixture
def history(engine: Engine) -> History:
    return History(engine)


def refused(history: History, engine: Engine, base: int, *operations: Operation) -> Refused:
    edit = Edit("edit-last", base, operations)
    answer = session.decide(history.state, ANN, edit, engine, 0)
    assert isinstance(answer, Refused)
    return named(answer, edit, ANN, history.state, history.past, engine.catalogue)


def test_s3_what_is_not_as_expected_is_refused_and_says_who(
    history: History, engine: Engine
) -> None:
    history.edit(BOB, SetLevel(20))
    answer = refused(history, engine, 0, SetTitle("x"), SetLevel(30, expects=50))
    assert (answer.code, answer.operation, answer.by) == ("changed_meanwhile", 1, BOB)
    assert answer.message == "Bob set the level to 20 since."


def test_s3_expectations_are_of_the_build_before_the_edit(history: History, engine: Engine) -> None:
    edit = Edit("edit-last", 0, (SetLevel(20, expects=50), SetLevel(30, expects=50)))
    assert not isinstance(session.decide(history.state, ANN, edit, engine, 0), Refused)


def test_what_is_gone_names_who_took_it(history: History, engine: Engine) -> None:
    history.edit(ANN, AddPool("Pool.Speed"), TakePower(HASTEN))
    history.edit(BOB, DropPower(HASTEN))
    answer = refused(history, engine, 1, AddSlot(HASTEN, "k1"))
    assert (answer.code, answer.by) == ("not_taken", BOB)
    told = "Hasten is not among this character's powers. Bob dropped Hasten since."
    assert answer.message == told


def test_what_the_author_saw_needs_no_name(history: History, engine: Engine) -> None:
    history.edit(ANN, AddPool("Pool.Speed"), TakePower(HASTEN))
    history.edit(BOB, DropPower(HASTEN))
    assert refused(history, engine, 2, AddSlot(HASTEN, "k1")).by is UNSET


def test_of_several_the_newest_is_named(history: History, engine: Engine) -> None:
    history.edit(BOB, SetLevel(20))
    history.edit(ANN, SetLevel(21))
    history.edit(BOB, SetTitle("Supernova"))
    answer = refused(history, engine, 0, SetLevel(30, expects=50))
    assert (answer.by, answer.message) == (ANN, "You set the level to 21 since.")


def test_a_refusal_of_no_operation_names_nobody(history: History, engine: Engine) -> None:
    history.edit(BOB, SetLevel(20))
    whole = Refused("locked", "The session is locked.", id="edit-last")
    edit = Edit("edit-last", 0, (SetLevel(30),))
    assert named(whole, edit, ANN, history.state, history.past, engine.catalogue) == whole


@pytest.mark.parametrize("revision", range(5))
def test_of_what_was_after_a_revision_all_that_is_known_is_found(
    history: History, revision: int
) -> None:
    edits = [history.edit(BOB, SetLevel(level)) for level in (20, 21, 22)]
    for known in range(4):
        found = after(history.past[3 - known :], history.state, revision)
        assert [each.edit for each in found] == edits[max(revision, 3 - known) :]

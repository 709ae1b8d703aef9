"""A refusal names who changed what (server/logic/meanwhile.py)."""

import pytest
from msgspec import UNSET

from calc.operations import AddPool, AddSlot, DropPower, Operation, SetLevel, SetTitle, TakePower
from server.client_messages import Edit
from server.engine import Engine
from server.logic import session
from server.logic.meanwhile import named
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
    assert answer.message.endswith("Bob dropped Hasten since.")


def test_what_the_author_saw_needs_no_name(history: History, engine: Engine) -> None:
    history.edit(ANN, AddPool("Pool.Speed"), TakePower(HASTEN))
    history.edit(BOB, DropPower(HASTEN))
    assert refused(history, engine, 2, AddSlot(HASTEN, "k1")).by is UNSET

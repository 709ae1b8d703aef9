"""What people were told of what is kept in SQL, by the rules' numbers (server/live/board.py)."""

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from calc.operations import SetLevel, SetTitle
from server.engine import Engine
from server.live.board import KEPT, Board
from server.server_messages import Proposal, Said
from tests.server.history import BOB, History


def said(number: int) -> Said:
    return Said(number, BOB, "Bob", f"word {number}", 0)


def proposal(number: int) -> Proposal:
    return Proposal(f"p{number}", BOB, "Lower", (SetLevel(20),), {}, "open", 0, 10 - number)


@pytest.fixture
def board(engine: Engine) -> Board:
    return Board(engine)


def test_b1_what_is_said_is_told_once(board: Board) -> None:
    assert [board.hear(said(number)) for number in (1, 2, 1, 2)] == ["new", "new", "known", "known"]


def test_b1_a_number_that_is_missing_is_looked_for(board: Board) -> None:
    board.look(4, (), ())
    board.unsure = False
    assert board.hear(said(5)) == "new"
    assert board.hear(said(7)) == "gap"
    assert (board.unsure, board.said) == (True, 5)
    assert board.look(7, (said(6), said(7)), ()) == (said(6), said(7))
    assert board.hear(said(6)) == "known"  # its hint was late, not lost


def test_b1_who_came_before_the_first_look_is_told_by_the_hint(board: Board) -> None:
    board.look(4, (), ())
    assert board.hear(said(4)) == "new"


def test_b2_what_is_open_is_known_after_a_look(board: Board, engine: Engine) -> None:
    state = History(engine).state
    assert board.open(state) is UNSET
    assert board.look(0, (), (proposal(1), proposal(2))) == (proposal(1), proposal(2))
    found = board.open(state)
    assert found is not UNSET
    assert [each.id for each in found] == ["p2", "p1"]  # oldest first
    assert "health.max" in found[0].totals
    assert board.hear(proposal(3)) == "new"
    assert board.look(0, (), (proposal(1), proposal(2))) == ()  # read before the third was made
    assert board.not_in((proposal(1), proposal(2))) == ("p3",)


def test_b2_what_is_decided_stays_so(board: Board, engine: Engine) -> None:
    board.look(0, (), (proposal(1),))
    declined = replace(proposal(1), state="declined")
    assert [board.hear(declined), board.hear(declined)] == ["new", "known"]
    assert board.hear(proposal(1)) == "known"
    assert board.look(0, (), (proposal(1),)) == ()
    assert board.open(History(engine).state) == ()
    assert board.newest(proposal(1), History(engine).state) == declined
    assert board.newest(proposal(2), History(engine).state) == proposal(2)


def test_b2_only_so_many_decisions_are_remembered(board: Board, engine: Engine) -> None:
    state = History(engine).state
    for number in range(KEPT + 1):
        board.hear(replace(proposal(number), state="declined"))
    assert board.newest(proposal(0), state).state == "open"
    assert board.newest(proposal(1), state).state == "declined"


def test_b2_what_comes_to_something_else_is_told_again(engine: Engine) -> None:
    history = History(engine)
    board = Board(engine, lambda: history.past)
    (told,) = board.look(0, (), (proposal(1),))
    assert board.other("p1", history.state) is not None  # as it was made is not as it is
    board.told(board.newest(told, history.state))
    assert board.other("p1", history.state) is None
    history.edit(BOB, SetTitle("Supernova"))
    assert board.other("p1", history.state) is None  # as on the build before
    history.edit(BOB, SetLevel(20))
    other = board.other("p1", history.state)
    assert other is not None
    assert other.totals == {}
    board.told(other)
    assert board.other("p1", history.state) is None
    board.hear(replace(told, state="declined"))
    assert board.other("p1", history.state) is None


def test_b2_all_are_told_again_where_one_was_told_something_else(engine: Engine) -> None:
    history = History(engine)
    board = Board(engine, lambda: history.past)
    (told,) = board.look(0, (), (proposal(1),))
    board.told(board.newest(told, history.state))
    history.edit(BOB, SetLevel(20))
    (newcomer,) = board.open(history.state) or ()
    assert newcomer.totals == {}
    history.undo(BOB)
    again = board.other("p1", history.state)  # as all but the newcomer know it
    assert again is not None
    assert "health.max" in again.totals


def test_b2_what_was_taken_is_not_told_as_if_it_could_be_taken_again(engine: Engine) -> None:
    history = History(engine)
    board = Board(engine, lambda: history.past)
    board.look(0, (), (proposal(1),))
    history.edit(BOB, SetLevel(21))
    assert board.other("p1", history.state) is not None
    history.past[-1] = replace(history.past[-1], edit="p1", proposed_by=BOB)
    assert board.other("p1", history.state) is None

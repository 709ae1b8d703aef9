"""What people were told of what is kept in SQL, by the rules' numbers (server/live/board.py)."""

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from calc.operations import SetLevel
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
    assert board.newest(proposal(1)) == declined
    assert board.newest(proposal(2)) == proposal(2)


def test_b2_only_so_many_decisions_are_remembered(board: Board) -> None:
    for number in range(KEPT + 1):
        board.hear(replace(proposal(number), state="declined"))
    assert board.newest(proposal(0)).state == "open"
    assert board.newest(proposal(1)).state == "declined"

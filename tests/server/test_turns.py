"""Edits wait for their turn, connection by connection."""

from typing import cast

import pytest

from calc.operations import SetLevel
from server.client_messages import Edit
from server.live.turns import ALL_WAITING, WAITING, Turns
from server.sockets.connection import Connection


def a_connection() -> Connection:
    return cast(Connection, object())


def an_edit(name: str) -> Edit:
    return Edit(name, 0, (SetLevel(1),))


def test_connections_take_turns_and_keep_their_own_order() -> None:
    turns = Turns()
    busy, calm = a_connection(), a_connection()
    for name in ("busy-1", "busy-2", "busy-3"):
        turns.put(busy, an_edit(name))
    turns.put(calm, an_edit("calm-1"))
    taken = [turns.take()[1].id for _ in range(4)]
    assert taken == ["busy-1", "calm-1", "busy-2", "busy-3"]
    assert not turns


def test_who_has_too_many_waiting_is_told() -> None:
    turns = Turns()
    connection = a_connection()
    assert all(turns.put(connection, an_edit("x")) for _ in range(WAITING))
    assert not turns.put(connection, an_edit("x"))
    assert turns.put(a_connection(), an_edit("x"))


def test_who_comes_again_and_again_fills_no_memory() -> None:
    turns = Turns()
    for _ in range(ALL_WAITING):
        assert turns.put(a_connection(), an_edit("x"))
    assert not turns.put(a_connection(), an_edit("x"))
    turns.take()
    assert turns.put(a_connection(), an_edit("x"))
    assert not turns.put(a_connection(), an_edit("x"))


def test_nothing_waits() -> None:
    with pytest.raises(IndexError):
        Turns().take()

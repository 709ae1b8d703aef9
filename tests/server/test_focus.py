"""Where people are: of each the newest, told once."""

from server.client_messages import Focus
from server.live.focus import Attentions
from server.server_messages import Attention, Focused


def anybody(_: str) -> bool:
    return True


def test_the_newest_wins_and_is_told_once() -> None:
    attentions = Attentions()
    attentions.put("g1", Focus(power="Pool.Speed.Hasten"))
    attentions.put("g1", Focus(power="Pool.Speed.Hasten", slot="k7", dragging=True))
    here = Attention("g1", "Pool.Speed.Hasten", "k7", dragging=True)
    assert attentions.untold() == Focused((here,))
    assert attentions.untold() is None
    assert attentions.all(anybody) == Focused((here,))


def test_who_looks_at_nothing_is_told_and_forgotten() -> None:
    attentions = Attentions()
    attentions.put("g1", Focus(picker="sets"))
    attentions.put("g1", Focus())
    assert attentions.untold() == Focused((Attention("g1"),))
    assert attentions.all(anybody) is None
    assert list(attentions) == []


def test_the_newest_is_by_the_worker_that_said_so_last() -> None:
    attentions = Attentions()
    attentions.put("g1", Focus(picker="sets"))
    assert attentions.are_by_us("g1")
    attentions.take((Attention("g1", picker="pools"),))
    assert not attentions.are_by_us("g1")
    attentions.put("g1", Focus(picker="sets"))
    attentions.put("g1", Focus())
    assert not attentions.are_by_us("g1")  # they look at nothing


def test_a_newcomer_is_told_only_of_who_is_shown() -> None:
    attentions = Attentions()
    attentions.put("g1", Focus(picker="sets"))
    attentions.put("g2", Focus(picker="sets"))
    assert attentions.all({"g2"}.__contains__) == Focused((Attention("g2", picker="sets"),))
    assert attentions.all(set().__contains__) is None


def test_what_another_worker_tells_is_known_and_not_told_on() -> None:
    attentions = Attentions()
    attentions.take((Attention("g2", picker="sets"),))
    assert attentions.untold() is None
    assert attentions.all(anybody) == Focused((Attention("g2", picker="sets"),))


def test_who_is_not_shown_any_more_is_forgotten() -> None:
    attentions = Attentions()
    attentions.take((Attention("g2", picker="sets"), Attention("g3", picker="sets")))
    attentions.stay({"g3"}.__contains__)
    assert attentions.all(anybody) == Focused((Attention("g3", picker="sets"),))

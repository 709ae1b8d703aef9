"""Where people are: of each the newest, told once."""

from server.client_messages import Focus
from server.live.focus import Attentions
from server.server_messages import Attention, Focused


def test_the_newest_wins_and_is_told_once() -> None:
    attentions = Attentions()
    attentions.put("g1", Focus(power="Pool.Speed.Hasten"))
    attentions.put("g1", Focus(power="Pool.Speed.Hasten", slot="k7", dragging=True))
    here = Attention("g1", "Pool.Speed.Hasten", "k7", dragging=True)
    assert attentions.untold() == Focused((here,))
    assert attentions.untold() is None
    assert attentions.all() == Focused((here,))


def test_who_looks_at_nothing_is_told_and_forgotten() -> None:
    attentions = Attentions()
    attentions.put("g1", Focus(picker="sets"))
    attentions.put("g1", Focus())
    assert attentions.untold() == Focused((Attention("g1"),))
    assert attentions.all() is None


def test_who_left_is_forgotten() -> None:
    attentions = Attentions()
    attentions.put("g1", Focus(picker="sets"))
    attentions.left("g1")
    assert attentions.untold() is None
    assert attentions.all() is None


def test_what_another_worker_tells_is_known_and_not_told_on() -> None:
    attentions = Attentions()
    attentions.take((Attention("g2", picker="sets"),))
    assert attentions.untold() is None
    assert attentions.all() == Focused((Attention("g2", picker="sets"),))


def test_who_is_not_here_any_more_is_forgotten_but_not_who_just_came() -> None:
    attentions = Attentions()
    attentions.take((Attention("g2", picker="sets"), Attention("g3", picker="sets")))
    attentions.put("g1", Focus(picker="sets"))
    attentions.stay({"g3"})
    assert attentions.all() == Focused(
        (Attention("g3", picker="sets"), Attention("g1", picker="sets"))
    )
    attentions.untold()
    attentions.stay({"g3"})
    assert attentions.all() == Focused((Attention("g3", picker="sets"),))

"""Who is told of edits that are lost for good, and when again."""

from server.live.losses import TOLD_AGAIN_MS, Told
from server.log.logged import Loss, Losses
from server.protocol import Position
from server.server_messages import Refused


def a_loss(number: int, person: str = "g1", epoch: str = "e1", at: int = 0) -> Loss:
    return Loss(person, epoch, 5, Refused("lost", "No.", id=f"edit-{number:04}"), at)


class Heard:
    """Whoever is here, and a clock."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []
        self.now_s = 0.0
        self.losses = Told(self.refused, lambda: self.now_s)

    def refused(self, person: str, refusal: Refused) -> None:
        self.told.append((person, refusal.id))

    def of(self, here: Position | None, person: str = "g1") -> list[object]:
        return [each.id for each in self.losses.of(person, here)]


def test_each_is_told_once_to_who_is_here() -> None:
    heard = Heard()
    heard.losses.learn(Losses(1, (a_loss(1),)))
    heard.losses.learn(Losses(2, (a_loss(1), a_loss(2, "g2"))))
    assert heard.told == [("g1", "edit-0001"), ("g2", "edit-0002")]
    assert heard.losses.number == 2


def test_who_comes_is_told_what_was_lost_where_they_are_or_later_in_their_epoch() -> None:
    heard = Heard()
    heard.losses.learn(Losses(2, (a_loss(1), a_loss(2, "g2")), now=TOLD_AGAIN_MS))
    for here, told in (
        (None, True),
        (Position("e1", 4), True),
        (Position("e1", 5), True),
        (Position("e1", 6), False),
        (Position("e2", 4), False),
    ):
        assert heard.of(here) == (["edit-0001"] if told else []), here


def test_what_was_lost_just_now_is_told_again_for_a_minute() -> None:
    heard = Heard()
    heard.losses.learn(Losses(1, (a_loss(1, at=1000),), now=2000))
    here = Position("e1", 9)
    heard.now_s = (TOLD_AGAIN_MS - 1001) / 1000
    assert heard.of(here) == ["edit-0001"]
    assert heard.of(here, "g2") == []
    heard.now_s = (TOLD_AGAIN_MS - 1000) / 1000
    assert heard.of(here) == []

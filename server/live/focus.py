"""What people look at: of each the newest, in one frame for all; never kept, never in the log."""

from collections.abc import Container

from server.client_messages import Focus
from server.server_messages import Attention, Focused

EVERY_S = 0.05  # between two frames of one session


class Attentions:
    """Where the people of a session are, and what of it has not been told yet."""

    def __init__(self) -> None:
        self._known: dict[str, Attention] = {}
        self._untold: dict[str, Attention] = {}

    def put(self, person: str, focus: Focus) -> None:
        """The newest wins."""
        attention = Attention(
            person, focus.power, focus.slot, focus.picker, dragging=focus.dragging
        )
        self._untold[person] = attention
        self.take((attention,))

    def take(self, people: tuple[Attention, ...]) -> None:
        """Where people are by word of another worker."""
        for each in people:
            if each == Attention(each.person):
                self._known.pop(each.person, None)
            else:
                self._known[each.person] = each

    def left(self, person: str) -> None:
        """They are not here any more; who sees them leave needs no word of it."""
        self._known.pop(person, None)
        self._untold.pop(person, None)

    def stay(self, people: Container[str]) -> None:
        """Only these are still here; what is not told yet may be of somebody who just came."""
        self._known = {
            person: attention
            for person, attention in self._known.items()
            if person in people or person in self._untold
        }

    def untold(self) -> Focused | None:
        """What is to be told now; None when nothing is."""
        people, self._untold = tuple(self._untold.values()), {}
        return Focused(people) if people else None

    def all(self) -> Focused | None:
        """For a newcomer."""
        return Focused(tuple(self._known.values())) if self._known else None

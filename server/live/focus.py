"""What people look at: of each the newest, in one frame for all; never kept, never in the log."""

from collections.abc import Callable, Iterator

from server.client_messages import Focus
from server.server_messages import Attention, Focused

EVERY_S = 0.05  # between two frames of one session


class Attentions:
    """Where the people of a session are, and what of it has not been told yet."""

    def __init__(self) -> None:
        self._known: dict[str, Attention] = {}
        self._own: set[str] = set()  # whose newest was put here
        self._untold: dict[str, Attention] = {}

    def put(self, person: str, focus: Focus) -> None:
        """The newest wins."""
        attention = Attention(
            person, focus.power, focus.slot, focus.picker, dragging=focus.dragging
        )
        self._untold[person] = attention
        self.take((attention,))
        self._own.add(person)

    def take(self, people: tuple[Attention, ...]) -> None:
        """Where people are by word of another worker."""
        for each in people:
            self._own.discard(each.person)
            if each == Attention(each.person):
                self._known.pop(each.person, None)
            else:
                self._known[each.person] = each

    def __iter__(self) -> Iterator[str]:
        """The people who look at something."""
        return iter(tuple(self._known))

    def are_by_us(self, person: str) -> bool:
        """Whether somebody is where they are by word of this worker."""
        return person in self._known and person in self._own

    def stay(self, shown: Callable[[str], bool]) -> None:
        """Forget where people were who are shown no more."""
        self._known = {
            person: attention for person, attention in self._known.items() if shown(person)
        }
        self._own &= self._known.keys()

    def untold(self) -> Focused | None:
        """What is to be told now; None when nothing is."""
        people, self._untold = tuple(self._untold.values()), {}
        return Focused(people) if people else None

    def all(self, shown: Callable[[str], bool]) -> Focused | None:
        """For a newcomer, of the people who are shown."""
        people = tuple(each for each in self._known.values() if shown(each.person))
        return Focused(people) if people else None

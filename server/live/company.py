"""Who is in a session, on this worker and on the others; of sockets it knows their number."""

from msgspec.structs import replace

from server.logic.rights import EDITING, Access, is_stream, may_propose
from server.logic.session import gather
from server.server_messages import Present


class Company:
    """A session's people.

    Roles come from `access`: somebody who is not in it has no place here.
    people: who is here, as everybody was last told. An overlay that an invitation alone lets in is
    nobody.
    """

    def __init__(self) -> None:
        self.access = Access(0, {})
        self.people: dict[str, Present] = {}
        self._others: tuple[tuple[Present, ...], ...] = ()
        self._elsewhere: set[str] = set()  # who is here by them
        self._here: dict[str, int] = {}  # this worker's sockets, by person
        self._streams = 0  # of these persons
        self._places = {True: 0, False: 0}  # sockets on all workers, of those who edit or not

    def edits(self, person: str) -> bool:
        member = self.access.members.get(person)
        return member is not None and member.role in EDITING

    def here(self, person: str) -> int:
        """How many sockets somebody has on this worker."""
        return self._here.get(person, 0)

    def shows(self, person: str) -> bool:
        """Whether somebody is here, by whichever worker, and where they are is told to others."""
        here = person in self._here or person in self._elsewhere
        return here and may_propose(self.access, person)

    def own(self) -> tuple[Present, ...]:
        """Who is here by this worker."""
        return tuple(self.themselves(each) for each in self._here if each in self.access.members)

    def themselves(self, person: str) -> Present:
        """Somebody who is here by this worker."""
        member = self.access.members[person]
        return Present(person, member.name, member.role, self._here[person])

    def known_to(self, person: str) -> tuple[Present, ...]:
        """Who is here for a newcomer: whom the others know, and themselves."""
        return tuple({**self.people, person: self.themselves(person)}.values())

    def present(self) -> tuple[Present, ...]:
        """Who is here, as everybody was last told, in the roles that they have now."""
        return tuple(self._as_they_are(dict(self.people)).values())

    def gathered(self) -> dict[str, Present]:
        """Who is here now, by all workers."""
        people = gather((self.own(), *self._others))
        return self._as_they_are({each: people[each] for each in people if not is_stream(each)})

    def number(self) -> int:
        """How many people are here, about: a storm of newcomers is told of a little later."""
        return max(len(self.people), len(self._here) - self._streams)

    def full(self, person: str, *, editors: int, viewers: int) -> bool:
        """Whether there is no place for one more socket of somebody."""
        edits = self.edits(person)
        return self._places[edits] >= (editors if edits else viewers)

    def count(self, person: str, by: int) -> None:
        """So many more sockets of somebody are here."""
        before = len(self._here)
        self._here[person] = self._here.get(person, 0) + by
        if not self._here[person]:
            del self._here[person]
        if is_stream(person):
            self._streams += len(self._here) - before
        self._places[self.edits(person)] += by

    def take_access(self, access: Access) -> None:
        """Roles are others now."""
        self.access = access
        self._recount()

    def take_others(self, others: tuple[tuple[Present, ...], ...]) -> bool:
        """Who is here by the other workers; whether that is news."""
        news = others != self._others
        if news:
            self._others = others
            self._elsewhere = {each.person for other in others for each in other}
            self._recount()
        return news

    def _recount(self) -> None:
        self._places = {True: 0, False: 0}
        for person, count in self._here.items():
            self._places[self.edits(person)] += count
        for each in self._as_they_are(gather(self._others)).values():
            self._places[each.role in EDITING] += each.connections

    def _as_they_are(self, people: dict[str, Present]) -> dict[str, Present]:
        """These people in the roles of `access`: another worker, even one that is dead by now,
        may have said who is there before a role was another. Who is told that they are a viewer
        forgets what is proposed."""
        for person, each in people.items():
            known = self.access.members.get(person)
            if known is not None and known.role != each.role:
                people[person] = replace(each, role=known.role)
        return people

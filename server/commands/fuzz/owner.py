"""What the owner of a session does by REST: links, roles, kicks, the lock, and going back."""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Container, Sequence
from typing import Any, Protocol

from msgspec import Struct, structs

from calc import build as documents
from server.client_messages import GoBack, UndoWork
from server.commands.fuzz.journal import Journal
from server.commands.fuzz.person import Person
from server.log.logged import Head
from server.logic.rights import EDITING
from server.protocol import NEWEST, Role

FEWEST = 2  # who edit, beside the owner: they are not kicked
NO_MEMBER = 404  # also who asks again for a kick that was made and not answered
CONFLICT = 409
NO_REVISION = 404
EDITORS: tuple[Role, ...] = ("editor",)

Deed = Callable[[], Awaitable[None]]


class Asking(Protocol):
    """The answer of some worker to a REST call. but: statuses of refusals that are right, too."""

    async def __call__(
        self, method: str, path: str, body: Any = None, *, but: Container[int] = (), **headers: str
    ) -> Any: ...


class Forbidden(Struct, frozen=True):
    """From the revision `after` of an epoch on, and up to `until`, these may not edit.

    persons: none is everybody. why: what was answered by then.
    """

    persons: frozenset[str]
    why: str
    epoch: str
    after: int
    until: int = NEWEST


class Asked(Struct):
    """An edit that was asked for by REST. revision: where it was made, by the answer; 0: refused,
    None: not answered."""

    edit: GoBack | UndoWork
    revision: int | None = None


class Owner:
    """people: who else is there, the owner's own sockets first. head: where the session is.

    forgetful: whether Redis goes back in their world.
    """

    def __init__(
        self,
        ask: Asking,
        head: Callable[[], Awaitable[Head]],
        people: Sequence[Person],
        journal: Journal,
        seed: int,
    ) -> None:
        self.id = ""
        self.session = ""
        self.token = ""
        self.forgetful = False
        self.forbidden: list[Forbidden] = []
        self.asked: dict[str, Asked] = {}
        self._ask = ask
        self._head = head
        self._people = people
        self._journal = journal
        self._random = random.Random(f"{seed} owns")  # noqa: S311 - not a secret
        self._invitations: dict[str, str] = {}  # id: secret
        self._given: dict[str, Role] = {}  # by person
        self._demoted: dict[str, Forbidden] = {}  # by person
        self._forgotten = 0  # how often Redis went back

    async def begin(self) -> None:
        """Make the session."""
        guest = await self._ask("POST", "/api/v1/guests", {"name": "Owner"})
        self.id, self.token = guest["person"], guest["token"]
        first = {"title": "Random", "archetype": "Class_Scrapper"}
        created = await self._call("POST", "/api/v1/sessions", first)
        self.session = created["id"]

    async def invite(self, role: Role) -> str:
        """The invitation's secret."""
        invitation = await self._on("POST", "invitations", {"role": role})
        self._invitations[invitation["id"]] = invitation["secret"]
        secret: str = invitation["secret"]
        return secret

    def deeds(self, cast: random.Random, share: float) -> dict[Deed, float]:
        """What they may do, and how often in relation to each other. cast: whether they do what
        not all do; share: of all, who do."""
        some: list[dict[Deed, float]] = [
            {self.give_role: 3, self.kick: 1},
            {self.lock: 2},
            {self.undo_work: 2, self.go_back: 2},
        ]
        deeds: dict[Deed, float] = {self.revoke: 1}
        for each in some:
            if cast.random() < share:
                deeds |= each
        return deeds

    def forgotten(self, kept: Container[Forbidden]) -> None:
        """Redis went back to when `kept` was what it had been told.

        Who was forbidden since may edit, until a worker has brought Redis the access that SQL has.
        """
        self.forbidden[:] = [each for each in self.forbidden if each in kept]
        self._forgotten += 1

    # What they do to others.

    async def revoke(self) -> None:
        """Take an invitation back, and all that came by it with it."""
        invitation = self._random.choice(list(self._invitations))
        persons = [each for each in self._people if each.came_by == self._invitations[invitation]]
        if not all(map(self._spare, persons)):
            return
        del self._invitations[invitation]
        self._journal.note("owner", f"revokes {[each.name for each in persons]}")
        self._expel(persons)
        forgotten = self._forgotten
        await self._on("DELETE", f"invitations/{invitation}")
        ids = frozenset(person.id for person in persons)
        await self._forbid(ids, "revoked", forgotten)

    async def kick(self) -> None:
        """Remove a member."""
        if person := self._somebody(self._spare):
            self._journal.note("owner", f"kicks {person.name}")
            self._expel([person])
            forgotten = self._forgotten
            await self._on("DELETE", f"members/{person.id}", but=(NO_MEMBER,))
            await self._forbid(frozenset((person.id,)), "kicked", forgotten)

    async def give_role(self) -> None:
        """Make a member something else than they are."""
        if not (person := self._somebody(lambda each: True)):
            return
        edits = self._given.get(person.id, person.role) in EDITING
        role: Role = self._random.choice(("viewer", "suggester") if edits else EDITORS)
        self._given[person.id] = role
        self._journal.note("owner", f"makes {person.name} {role}")
        if role not in EDITING:
            person.steady = False
        elif (was := self._demoted.pop(person.id, None)) is not None:
            await self._allow(was)
        forgotten = self._forgotten
        await self._on("PATCH", f"members/{person.id}", {"role": role})
        if role not in EDITING:
            persons = frozenset((person.id,))
            self._demoted[person.id] = await self._forbid(persons, f"made {role}", forgotten)

    async def lock(self) -> None:
        """Let nobody edit for a moment."""
        self._journal.note("owner", "locks the session")
        forgotten = self._forgotten
        await self._call("PATCH", self._path, {"locked": True})
        locked = await self._forbid(frozenset(), "locked out", forgotten)
        await asyncio.sleep(self._random.uniform(0.05, 0.4))
        await self._allow(locked)
        await self._call("PATCH", self._path, {"locked": False})
        self._journal.note("owner", "has opened the session")

    def _somebody(self, fits: Callable[[Person], bool]) -> Person | None:
        found = [
            each
            for each in self._people[1:]
            if each.id and not (each.overlay or each.expelled) and fits(each)
        ]
        return self._random.choice(found) if found else None

    def _spare(self, person: Person) -> bool:
        """Whether enough are left without them."""
        editors = [each for each in self._people[1:] if each.steady and not each.expelled]
        return not person.steady or len(editors) > FEWEST

    def _expel(self, persons: Sequence[Person]) -> None:
        for person in persons:
            person.expelled, person.steady = True, False

    async def _forbid(self, persons: frozenset[str], why: str, forgotten: int) -> Forbidden:
        """forgotten: how often Redis had gone back when it was asked for."""
        head = await self._head()
        self._journal.note("owner", f"has {why} them, at {head.revision}")
        forbidden = Forbidden(persons, why, head.epoch, head.revision)
        if forgotten == self._forgotten:
            self.forbidden.append(forbidden)
        return forbidden

    async def _allow(self, forbidden: Forbidden) -> None:
        """Before it is asked for."""
        head = await self._head()
        if head.epoch == forbidden.epoch and forbidden in self.forbidden:
            self.forbidden.remove(forbidden)
            self.forbidden.append(structs.replace(forbidden, until=head.revision))

    # What they do to the build.

    async def undo_work(self) -> None:
        """Take back what somebody did, of late or altogether."""
        if person := self._somebody(lambda each: True):
            base = (await self._head()).revision
            since = self._random.choice((0, max(0, base - 10)))
            unchanged = self._random.random() < 0.2
            await self._edit(UndoWork(self._new_id(), base, person.id, since, unchanged))

    async def go_back(self) -> None:
        """Bring back what was there."""
        base = (await self._head()).revision
        revision = self._random.randint(max(0, base - 30), base)
        empty = documents.empty("")  # it is read where it is asked for
        unchanged = self._random.random() < 0.2
        await self._edit(GoBack(self._new_id(), base, revision, empty, unchanged))

    async def _edit(self, edit: GoBack | UndoWork) -> None:
        self.asked[edit.id] = asked = Asked(edit)
        body: dict[str, Any] = {"base": edit.base, "unchanged": edit.unchanged}
        if isinstance(edit, GoBack):
            what, body["revision"] = "restore", edit.revision
        else:
            what, body["person"], body["since"] = "undo", edit.person, edit.since
        self._journal.note("owner", f"asks for {what} {edit.id[:8]}: {body}")
        key = {"Idempotency-Key": edit.id}
        but = [CONFLICT]
        if self.forgetful and isinstance(edit, GoBack):
            # Redis may have gone back below the revision since they saw it, and the new epoch not
            # have come so far again.
            but.append(NO_REVISION)
        answer = await self._on("POST", f"history/{what}", body, but=but, **key)
        asked.revision = answer.get("revision", 0)
        told = answer.get("code", asked.revision)
        self._journal.note("owner", f"is told of {edit.id[:8]}: {told}")

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128)))

    @property
    def _path(self) -> str:
        return f"/api/v1/sessions/{self.session}"

    async def _on(
        self, method: str, what: str, body: Any = None, *, but: Container[int] = (), **headers: str
    ) -> Any:
        return await self._call(method, f"{self._path}/{what}", body, but=but, **headers)

    async def _call(
        self, method: str, path: str, body: Any = None, *, but: Container[int] = (), **headers: str
    ) -> Any:
        own = {"Authorization": f"Bearer {self.token}"}
        return await self._ask(method, path, body, but=but, **own, **headers)

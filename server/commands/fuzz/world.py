"""A session and the people in it, the course of a run, and what must hold afterwards."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from msgspec.structs import replace
from redis.asyncio import Redis

from server.client_messages import Join
from server.commands.fuzz import promises
from server.commands.fuzz.decisions import check_proposals
from server.commands.fuzz.expected import check_expected
from server.commands.fuzz.ground import Ground
from server.commands.fuzz.history import History, Settled, history_of, proposals_of
from server.commands.fuzz.journal import Journal
from server.commands.fuzz.line import Socket
from server.commands.fuzz.owner import Owner
from server.commands.fuzz.person import Person
from server.commands.fuzz.releases import Release, check_releases
from server.commands.fuzz.worker import DeadError
from server.log.log import Log
from server.log.logged import Head
from server.logic.session import State
from server.orm import Database
from server.protocol import Role
from server.redis.calls import UnreachableError, key

STUCK_S = 15.0  # nothing happens for so long, and not everybody has what the server has
LIMIT_S = 80.0
AWAY = 503
ROLES: tuple[Role, ...] = ("editor", "editor", "editor", "viewer")

Fault = Callable[[], Awaitable[None]]


class World(ABC):
    """One seed. folder: its own, empty but for a migrated `cohort.sqlite`.

    forgetful: whether its Redis may go back to an older state. releases: whether others may take
    over from the first, where the world has any.
    """

    forgetful = False
    editing_s = 2.0
    between_faults_s = 0.25
    between_deeds_s = 0.3

    def __init__(self, seed: int, folder: Path, ground: Ground) -> None:
        self.journal = Journal()
        self.random = random.Random(seed)  # noqa: S311 - not a secret
        self.folder = folder
        self.ground = ground
        self.catalogue = ground.catalogue
        self.redis: Redis
        self._seed = seed
        cast = random.Random(f"{seed} cast")  # noqa: S311 - not a secret
        share = ground.share
        self.releases = cast.random() < share
        self._expects = cast.random() < share
        self._roles = (*ROLES, "suggester") if cast.random() < share else ROLES
        self._log: Log
        self._people: list[Person] = []
        self._owner: Owner = Owner(self.ask, self._head, self._people, self.journal, seed)
        self._owner.forgetful = self.forgetful
        self._deeds = self._owner.deeds(cast, share)

    # What a kind of world is.

    @abstractmethod
    async def begin(self, stack: AsyncExitStack) -> str:
        """Start servers that end with `stack`; the URL of their Redis."""

    @abstractmethod
    def faults(self) -> dict[Fault, float]:
        """What may go wrong there, and how often in relation to each other."""

    @abstractmethod
    async def heal(self) -> None:
        """See to it that somebody serves."""

    def engines(self) -> list[Release]:
        """Of all releases that there were, by number."""
        return [self.ground.engine()]

    @abstractmethod
    async def connect(self) -> Socket:
        """A new socket to some worker. Raises DeadError or LineError."""

    @abstractmethod
    async def call(
        self, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> httpx.Response:
        """Ask some worker by REST. Raises DeadError when there is no answer."""

    async def ask(
        self, method: str, path: str, body: Any = None, *, but: Container[int] = (), **headers: str
    ) -> Any:
        """The answer to a REST call, however long it takes. but: statuses of refusals that are
        right, too."""
        while True:
            try:
                response = await self.call(method, path, body, headers)
            except DeadError:
                await asyncio.sleep(0.05)
                continue
            if response.status_code == AWAY:
                await asyncio.sleep(0.1)
                continue
            if response.is_error and response.status_code not in but:
                self.journal.fail("world", f"{method} {path}: {response.text}")
            return response.json() if response.content else None

    @property
    def session(self) -> str:
        return self._owner.session

    # The course of a run.

    async def run(self) -> None:
        try:
            async with asyncio.timeout(LIMIT_S), AsyncExitStack() as stack:
                url = await self.begin(stack)
                self.redis = Redis.from_url(url, socket_timeout=None)
                stack.push_async_callback(self.redis.aclose)
                self._log = Log(self.redis, 0, 0)
                await self._gather()
                await self._live()
        except TimeoutError:
            self.journal.fail("world", f"is not over after {LIMIT_S:.0f} s")

    async def _gather(self) -> None:
        """A session, and people who are to be in it."""
        await self._owner.begin()
        self._expect("owner", "owner", Join(token=self._owner.token))
        self._people[0].asked = self._owner.asked
        for number, role in enumerate(self._roles):
            name = f"{role}{number}"
            join = Join(invitation=await self._owner.invite(role), name=name)
            self._expect(name, role, join)
            if role == "viewer":
                self._expect("overlay", role, replace(join, name="Overlay", views=("totals",)))

    def _expect(self, name: str, role: Role, join: Join) -> None:
        seed = str(self._seed)
        person = Person(name, role, join, self.catalogue, self.connect, self.journal, seed)
        person.forgetful, person.expects = self.forgetful, self._expects
        self._people.append(person)

    async def _live(self) -> None:
        living = [asyncio.create_task(person.run()) for person in self._people]
        try:
            await self._trouble()
            self.journal.note("world", "calms down")
            for person in self._people:
                person.calm = True
            await self.heal()
            await self._while_it_moves(self._settle())
            await self._check()
        except TimeoutError:
            await self._tell_unsettled()
        finally:
            for task in living:
                task.cancel()
            for person, error in zip(
                self._people, await asyncio.gather(*living, return_exceptions=True), strict=True
            ):
                if isinstance(error, Exception):
                    self.journal.fail(person.name, repr(error))

    async def _trouble(self) -> None:
        """Faults one after the other, some of them while others last."""
        faults = self.faults()
        end = asyncio.get_running_loop().time() + self.editing_s
        async with asyncio.TaskGroup() as troubles:
            troubles.create_task(self._govern(end))
            while asyncio.get_running_loop().time() < end:
                await asyncio.sleep(self.random.expovariate(1 / self.between_faults_s))
                fault = self.random.choices(list(faults), list(faults.values()))[0]
                troubles.create_task(_all_of(fault))

    async def _govern(self, end: float) -> None:
        """What the owner does, one after the other."""
        deeds = self._deeds
        chance = random.Random(f"{self._seed} governs")  # noqa: S311 - not a secret
        while True:
            await asyncio.sleep(chance.expovariate(1 / self.between_deeds_s))
            if asyncio.get_running_loop().time() > end:
                return
            await chance.choices(list(deeds), list(deeds.values()))[0]()

    # The end of a run.

    async def _settle(self) -> None:
        """Until everybody is answered, has the newest revision, and SQL has it too; and, where
        Redis goes back, workers have decided again what it lost, or told that it cannot be."""
        settled = False
        while not settled:
            head = await self._head()
            with suppress(TimeoutError):  # it may have been of an epoch that is left by now
                async with asyncio.timeout(1.0):
                    await asyncio.gather(*(person.settled(head) for person in self._people))
                    await self._recorded(head.revision)
                    settled = True
            if settled and (await self._untold() or await self._undecided()):
                await asyncio.sleep(0.1)
                settled = False
            settled = settled and head == await self._head()
        await self._shown()

    async def _while_it_moves(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait as long as something happens now and then. Raises TimeoutError."""
        seen = len(self.journal.lines)
        async with asyncio.timeout(STUCK_S) as patience:
            done = asyncio.create_task(work)
            while not done.done():
                await asyncio.wait([done], timeout=0.5)
                if len(self.journal.lines) > seen:
                    seen = len(self.journal.lines)
                    patience.reschedule(asyncio.get_running_loop().time() + STUCK_S)
            await done

    async def _shown(self) -> None:
        """Until the overlays show the newest totals; what they do not show is found later on."""
        loaded = await self._log.load(self.session)
        assert loaded is not None
        overlays = [each for each in self._people if each.overlay]
        for _ in range(200):  # who would wait longer waits for what a worker never does
            if all(each.gone or each.replica.totals == loaded.state.totals for each in overlays):
                return
            await asyncio.sleep(0.02)

    async def _recorded(self, revision: int) -> None:
        while True:
            recorded = await self.redis.hget(key(self.session, "head"), "recorded")
            if recorded is not None and int(recorded) >= revision:
                return
            await asyncio.sleep(0.02)

    async def _untold(self) -> list[tuple[str, str]]:
        """What a Redis that went back has lost, and people were not told yet: to give up on one
        after the other takes its time, in which the session stands still."""
        if not self.forgetful:
            return []
        loaded = await self._log.load(self.session)
        if loaded is None:
            return []
        return promises.untold(await self._history(loaded.state), self._people)

    async def _undecided(self) -> bool:
        """Whether something waits for a decision; once all who see it know it, it is declined."""
        waiting = {id_ for id_, each in (await self._proposals()).items() if each.state == "open"}
        deciding = [each for each in self._people if not (each.gone or each.role == "viewer")]
        if any(each.replica.proposals.keys() != waiting for each in deciding):
            return True
        self._people[0].clears = True
        return bool(waiting)

    async def _history(self, state: State) -> History:
        async with self._reading() as database:
            return await history_of(database, state)

    async def _proposals(self) -> dict[str, Settled]:
        async with self._reading() as database:
            return await proposals_of(database, self.session)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Database]:
        database = Database(f"sqlite+aiosqlite:///{self.folder / 'cohort.sqlite'}")
        try:
            yield database
        finally:
            await database.close()

    async def _tell_unsettled(self) -> None:
        for person in self._people:
            if not person.gone:
                waiting = [each.id[:8] for each in person.unanswered]
                self.journal.note(person.name, f"at {person.replica.position}, waits: {waiting}")
                proposals = [each[:8] for each in person.replica.proposals]
                self.journal.note(person.name, f"is asked to decide on {proposals}")
        head = await self.redis.hgetall(key(self.session, "head"))
        self.journal.note("redis", f"has {head}")
        for id_, proposal in (await self._proposals()).items():
            self.journal.note("sql", f"has {id_} {proposal.state}")
        self.journal.fail("world", f"does not settle: nothing happens for {STUCK_S:.0f} s")
        for name, what in await self._untold():
            self.journal.fail(name, what)

    async def _check(self) -> None:
        loaded = await self._log.load(self.session)
        assert loaded is not None
        state = loaded.state
        history = await self._history(state)
        self.journal.note("world", f"is at {state.epoch} {state.revision}")
        promises.check_people(self.journal, self._people, state)
        engines = self.engines()
        (engine,) = (each for each in engines if each.name == state.engine)
        promises.check_totals(self.journal, state, Release(self.catalogue, engine.number))
        builds = promises.check_history(
            self.journal, history, state, self._people, self._owner.asked, self.catalogue
        )
        check_releases(self.journal, history, builds, engines, forgetful=self.forgetful)
        check_expected(self.journal, history, builds, self._people)
        promises.check_answers(self.journal, history, self._people)
        promises.check_forbidden(
            self.journal, history, self._owner.forbidden, forgetful=self.forgetful
        )
        promises.check_asked(self.journal, history, self._owner, forgetful=self.forgetful)
        check_proposals(
            self.journal,
            history,
            await self._proposals(),
            self._people,
            forgetful=self.forgetful,
        )

    async def _head(self) -> Head:
        while True:
            with suppress(UnreachableError):
                (head,) = await self._log.heads([self.session])
                if head is not None:  # else nobody has brought it back yet
                    return head
            await asyncio.sleep(0.02)


async def _all_of(fault: Fault) -> None:
    await fault()

"""A run in which workers are tasks of this process: many faults in little time."""

import asyncio
import logging
import os
import random
import signal
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from redis.asyncio import Redis
from redis.exceptions import RedisError

from gamedata.catalogue import Catalogue
from server.commands.fuzz import promises
from server.commands.fuzz.journal import Journal, Listener
from server.commands.fuzz.line import Socket
from server.commands.fuzz.person import Person
from server.commands.fuzz.promises import Revocation
from server.commands.fuzz.relay import Moment, Relay
from server.commands.fuzz.worker import DeadError, Worker, current, watch_tasks
from server.engine import Engine
from server.log import Head, Log, UnreachableError, key
from server.orm import Database
from server.protocol import Join, Role
from server.settings import Settings
from server.valkey import Valkey

EDITING_S = 2.0
SETTLED_S = 15.0
LIMIT_S = 80.0
WORKERS = 3
SECRET = "of a simulation: 32 characters or more"  # noqa: S105 - it guards nothing


class Simulation:
    """One seed: a Valkey, workers, people and what goes wrong. folder: empty, with a migrated
    `cohort.sqlite`."""

    def __init__(self, seed: int, folder: Path, catalogue: Catalogue) -> None:
        self.journal = Journal()
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311 - not a secret
        self._folder = folder
        self._catalogue = catalogue
        self._valkey = Valkey(folder)
        self._workers: list[Worker] = []
        self._people: list[Person] = []
        self._invitations: dict[str, tuple[str, Role]] = {}  # id: secret, role
        self._revocations: list[Revocation] = []
        self._replacements: list[asyncio.Task[None]] = []
        self._settings = self._drawn_settings()
        self._session = ""
        self._owner: dict[str, str] = {}  # headers

    def _drawn_settings(self) -> Settings:
        draw = self._random.choice
        return Settings(
            secret=SECRET,
            data_dir=self._folder,
            guests_per_minute=10_000,
            sessions_per_minute=10_000,
            edits_per_second=10_000,
            edits_burst=10_000,
            operations_per_second=100_000,
            operations_burst=100_000,
            messages_per_second=10_000,
            messages_burst=10_000,
            outbox_bytes=draw((20_000, 60_000, 1_000_000)),
            people_ttl_s=1.5,
            compare_every_s=draw((0.1, 0.3)),
            stored_every=draw((4, 32)),
            log_keeps=draw((10, 500)),
        )

    async def run(self) -> Journal:
        watch_tasks(asyncio.get_running_loop())
        asyncio.get_running_loop().set_exception_handler(self._unhandled)
        listener = Listener(self.journal, _killed)
        logging.getLogger().addHandler(listener)
        self._valkey.start()
        try:
            async with asyncio.timeout(LIMIT_S), AsyncExitStack() as stack:
                await self._prepare(stack)
                await self._live()
        except TimeoutError:
            self.journal.fail("world", f"is not over after {LIMIT_S:.0f} s")
        finally:
            logging.getLogger().removeHandler(listener)
            self._valkey.stop()
        return self.journal

    # The course of a run.

    async def _prepare(self, stack: AsyncExitStack) -> None:
        self._redis = Redis.from_url(self._valkey.url)
        stack.push_async_callback(self._redis.aclose)
        self._log = Log(self._redis, 0, 0)
        self._database = Database(self._settings.database)
        stack.push_async_callback(self._database.close)
        for _ in range(WORKERS):
            await self._start_worker()
        guest = await self._ask("POST", "/api/v1/guests", {"name": "Owner"})
        self._owner = {"Authorization": f"Bearer {guest['token']}"}
        created = await self._ask(
            "POST", "/api/v1/sessions", {"title": "Random", "archetype": "Class_Scrapper"}
        )
        self._session = created["id"]
        roles: tuple[Role, ...] = ("editor", "editor", "editor", "viewer")
        self._join("owner", "owner", Join(token=guest["token"]))
        for number, role in enumerate(roles):
            invitation = await self._ask(
                "POST", f"/api/v1/sessions/{self._session}/invitations", {"role": role}
            )
            self._invitations[invitation["id"]] = (invitation["secret"], role)
            name = f"{role}{number}"
            self._join(name, role, Join(invitation=invitation["secret"], name=name))

    def _join(self, name: str, role: Role, join: Join) -> None:
        person = Person(
            name, role, join, self._catalogue, self._connect, self.journal, str(self._seed)
        )
        self._people.append(person)

    async def _live(self) -> None:
        living = [asyncio.create_task(person.run()) for person in self._people]
        try:
            await self._trouble()
            await self._calm_down()
            await self._while_it_moves(self._settle())
            await self._check()
        except TimeoutError:
            await self._tell_unsettled()
        finally:
            for task in living:
                task.cancel()
            await asyncio.gather(*living, return_exceptions=True)
            for worker in self._workers:
                left = await worker.stop() if worker.alive else []
                self.journal.expect(not left, worker.name, f"leaves tasks behind: {left}")
        for task in living:
            if not task.cancelled() and (error := task.exception()) is not None:
                self.journal.fail("person", repr(error))

    async def _trouble(self) -> None:
        """Faults one after the other, some of them while others last."""
        faults: dict[Callable[[], Awaitable[None]], float] = {
            self._kill_worker: 4,
            self._kill_worker_at_commit: 4,
            self._stop_worker: 1,
            self._hold_worker: 3,
            self._cut_redis: 2,
            self._lose_answer: 4,
            self._lose_hints: 2,
            self._kill_redis: 2,
            self._revoke: 1,
        }
        end = asyncio.get_running_loop().time() + EDITING_S
        async with asyncio.TaskGroup() as troubles:
            while asyncio.get_running_loop().time() < end:
                await asyncio.sleep(self._random.expovariate(1 / 0.25))
                fault = self._random.choices(list(faults), list(faults.values()))[0]
                troubles.create_task(fault())  # type: ignore[arg-type]

    async def _calm_down(self) -> None:
        self.journal.note("world", "calms down")
        for person in self._people:
            person.calm = True
        await asyncio.gather(*self._replacements)

    async def _settle(self) -> None:
        """Until everybody is answered, has the newest revision, and SQL has it too."""
        head = None
        while head != (newest := await self._head()):
            head = newest
            await asyncio.gather(*(person.settled(head) for person in self._people))
            await self._recorded(head.revision)

    async def _while_it_moves(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait as long as something happens now and then. Raises TimeoutError."""
        seen = len(self.journal.lines)
        async with asyncio.timeout(SETTLED_S) as patience:
            done = asyncio.create_task(work)
            while not done.done():
                await asyncio.wait([done], timeout=0.5)
                if len(self.journal.lines) > seen:
                    seen = len(self.journal.lines)
                    patience.reschedule(asyncio.get_running_loop().time() + SETTLED_S)
            await done

    async def _recorded(self, revision: int) -> None:
        while True:
            recorded = await self._redis.hget(key(self._session, "head"), "recorded")
            if recorded is not None and int(recorded) >= revision:
                return
            await asyncio.sleep(0.02)

    async def _tell_unsettled(self) -> None:
        for person in self._people:
            if not person.gone:
                waiting = [each.edit.id[:8] for each in person.waiting]
                self.journal.note(person.name, f"at {person.replica.position}, waits: {waiting}")
        head = await self._redis.hgetall(key(self._session, "head"))
        self.journal.note("redis", f"has {head}")
        self.journal.fail("world", f"does not settle, nothing happens for {SETTLED_S:.0f} s")

    async def _check(self) -> None:
        loaded = await self._log.load(self._session)
        assert loaded is not None
        state = loaded.state
        history = await promises.history_of(self._database, self._session)
        self.journal.note("world", f"is at {state.epoch} {state.revision}")
        promises.check_people(self.journal, self._people, state)
        promises.check_totals(self.journal, state, self._catalogue)
        promises.check_history(self.journal, history, state, self._people, self._catalogue)
        promises.check_answers(self.journal, history, self._people)
        promises.check_revocations(self.journal, history, self._revocations)

    # What people and faults need.

    async def _start_worker(self) -> Worker:
        name = f"w{len(self._workers) + 1}"
        path = self._folder / f"{name}.sock"
        relay = Relay(path, self._folder / "redis" / "redis.sock")
        settings = _with_redis(self._settings, path)
        worker = Worker(name, settings, Engine(self._catalogue), relay)
        self._workers.append(worker)
        await worker.start()
        self.journal.note(name, "starts")
        return worker

    def _alive(self) -> list[Worker]:
        return [worker for worker in self._workers if worker.alive]

    async def _connect(self) -> Socket:
        alive = self._alive()
        if not alive:
            raise DeadError
        worker = self._random.choice(alive)
        delay_s = self._random.choice((0.0, 0.0, 0.005))
        async with asyncio.timeout(5):
            return await worker.connect(f"/api/v1/sessions/{self._session}/live", delay_s)

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask some worker by REST, and another one if it died or could not say."""
        while True:
            alive = self._alive()
            if not alive:
                await asyncio.sleep(0.02)
                continue
            try:
                response = await self._random.choice(alive).call(
                    method, path, json=body, headers=self._owner
                )
            except DeadError:
                continue
            if response.status_code == 503:
                await asyncio.sleep(0.1)
                continue
            if response.is_error:
                self.journal.fail("world", f"{method} {path}: {response.text}")
            return response.json() if response.content else None

    async def _head(self) -> Head:
        while True:
            try:
                (head,) = await self._log.heads([self._session])
            except UnreachableError:
                continue
            assert head is not None
            return head

    # Faults.

    async def _kill_worker(self) -> None:
        self._kill(self._random.choice(self._alive() or [None]))

    async def _kill_worker_at_commit(self) -> None:
        worker = self._random.choice(self._alive() or [None])
        if worker is not None:
            self._at_commit(worker, lambda: self._kill(worker))

    def _at_commit(self, worker: Worker, act: Callable[[], None]) -> None:
        moment: Moment = self._random.choice(("commit asked", "commit answered"))
        self.journal.note(worker.name, f"is in for it: {moment}")
        worker.relay.at(moment, act)

    def _kill(self, worker: Worker | None) -> None:
        if worker is None or not worker.alive:
            return
        self.journal.note(worker.name, "is killed")
        worker.kill()
        self._replacements.append(asyncio.create_task(self._replace(worker)))

    async def _replace(self, worker: Worker) -> None:
        left = await worker.buried()
        self.journal.expect(not left, worker.name, f"goes on after its end: {left}")
        await self._start_worker()

    async def _stop_worker(self) -> None:
        worker = self._random.choice(self._alive() or [None])
        if worker is None:
            return
        self.journal.note(worker.name, "is stopped")
        left = await worker.stop()
        self.journal.expect(not left, worker.name, f"leaves tasks behind: {left}")
        await self._start_worker()

    async def _hold_worker(self) -> None:
        worker = self._random.choice(self._alive() or [None])
        if worker is None:
            return
        self.journal.note(worker.name, "is held")
        worker.hold()
        await asyncio.sleep(self._random.uniform(0.05, 1.0))
        worker.go_on()
        self.journal.note(worker.name, "goes on")

    async def _cut_redis(self) -> None:
        worker = self._random.choice(self._alive() or [None])
        if worker is not None:
            self.journal.note(worker.name, "loses its connections to Redis")
            worker.relay.cut()

    async def _lose_answer(self) -> None:
        worker = self._random.choice(self._alive() or [None])
        if worker is not None:
            self._at_commit(worker, worker.relay.cut)

    async def _lose_hints(self) -> None:
        worker = self._random.choice(self._alive() or [None])
        if worker is not None:
            self.journal.note(worker.name, "hears no hints")
            worker.relay.deaf = True
            await asyncio.sleep(self._random.uniform(0.1, 1.0))
            worker.relay.deaf = False

    async def _kill_redis(self) -> None:
        self.journal.note("redis", "is killed")
        os.kill(self._valkey.pid, signal.SIGKILL)
        await asyncio.sleep(self._random.uniform(0.0, 0.3))
        for _ in range(100):
            self._valkey.watch()
            try:
                await self._redis.ping()
            except (RedisError, OSError):
                await asyncio.sleep(0.02)
            else:
                break
        self.journal.note("redis", "is back")

    async def _revoke(self) -> None:
        if len(self._invitations) < 3:
            return
        invitation = self._random.choice(list(self._invitations))
        secret, _ = self._invitations.pop(invitation)
        persons = [each for each in self._people if each.came_by == secret]
        self.journal.note("world", f"revokes {[each.name for each in persons]}")
        for person in persons:
            person.expelled = True
        await self._ask("DELETE", f"/api/v1/sessions/{self._session}/invitations/{invitation}")
        head = await self._head()
        self.journal.note("world", f"revoked, at {head.revision}")
        ids = frozenset(person.id for person in persons)
        self._revocations.append(Revocation(ids, head.epoch, head.revision))

    def _unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not _killed():
            self.journal.fail("loop", f"{context.get('message')}: {context.get('exception')!r}")


def _killed() -> bool:
    worker = current()
    return worker is not None and worker.killed


def _with_redis(settings: Settings, path: Path) -> Settings:
    return replace(settings, redis_url=f"unix://{path}")

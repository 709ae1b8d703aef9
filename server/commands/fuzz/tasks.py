"""A world in which workers are tasks of this process: many faults in little time."""

import asyncio
import logging
import os
import shutil
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
from msgspec.structs import replace
from redis.exceptions import RedisError

from server.commands.fuzz.journal import Listener
from server.commands.fuzz.line import Socket
from server.commands.fuzz.relay import Moment, Relay
from server.commands.fuzz.releases import Release
from server.commands.fuzz.worker import DeadError, Worker, current, watch_clocks, watch_tasks
from server.commands.fuzz.world import Fault, World
from server.redis.embedded import Valkey
from server.settings import Settings

WORKERS = 3
CONNECT_S = 5.0
RELEASES = 2  # beside the first
SECRET = "of a simulation: 32 characters or more"  # noqa: S105 - it guards nothing


class TaskWorld(World):
    """Workers on relays, people on lines, all in this process; a Valkey beside it."""

    _workers: list[Worker]
    _redis_free: asyncio.Lock
    _release = 0  # the newest
    _rolling: asyncio.Lock
    _replacements: list[asyncio.Task[None]]
    _settings: Settings
    _valkey: Valkey

    async def begin(self, stack: AsyncExitStack) -> str:
        self._workers, self._replacements = [], []
        self._rolling = asyncio.Lock()
        self._settings = self._drawn_settings()
        self._redis_free = asyncio.Lock()
        loop = asyncio.get_running_loop()
        watch_tasks(loop)
        watch_clocks()
        loop.set_exception_handler(self._unhandled)
        listener = Listener(self.journal, _killed)
        logging.getLogger().addHandler(listener)
        stack.callback(logging.getLogger().removeHandler, listener)
        self._valkey = Valkey(self.folder, self.ground.valkey)
        self._valkey.start()
        stack.callback(self._valkey.stop)
        stack.push_async_callback(self._end)
        for _ in range(WORKERS):
            await self._start_worker(0)
        return self._valkey.url

    def faults(self) -> dict[Fault, float]:
        faults: dict[Fault, float] = {
            self._hold_worker: 3,
            self._cut_redis: 2,
            self._lose_answer: 4,
            self._lose_hints: 2,
            self._kill_redis: 2,
            self._move_clock: 2,
        }
        faults |= {self._kill_worker: 4, self._kill_worker_at_commit: 4, self._stop_worker: 1}
        if self.forgetful:
            faults[self._take_redis_back] = 3
        if self.releases:
            faults[self._roll_out] = 2
        return faults

    async def heal(self) -> None:
        await asyncio.gather(*self._replacements)
        if all(worker.release < self._release for worker in self._alive()):
            await self._start_worker(self._release)

    def engines(self) -> list[Release]:
        return [self.ground.engine(number) for number in range(self._release + 1)]

    async def connect(self) -> Socket:
        alive = self._alive()
        if not alive:
            raise DeadError
        delay_s = self.random.choice((0.0, 0.0, 0.005))
        try:
            async with asyncio.timeout(CONNECT_S):
                path = f"/api/v1/sessions/{self.session}/live"
                return await self.random.choice(alive).connect(path, delay_s)
        except TimeoutError:
            raise DeadError from None

    async def call(
        self, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> httpx.Response:
        alive = self._alive()
        if not alive:
            raise DeadError
        worker = self.random.choice(alive)
        return await worker.call(method, path, json=body, headers=headers)

    def _drawn_settings(self) -> Settings:
        draw = self.random.choice
        return Settings(
            secret=SECRET,
            data_dir=self.folder,
            requests_per_minute=1_000_000,
            guests_per_minute=10_000,
            sessions_per_minute=10_000,
            edits_per_second=10_000,
            edits_burst=10_000,
            operations_per_second=100_000,
            operations_burst=100_000,
            edit_bytes_burst=1_000_000_000,
            messages_per_second=10_000,
            messages_burst=10_000,
            outbox_bytes=draw((20_000, 60_000, 1_000_000)),
            people_ttl_s=1.5,
            compare_every_s=draw((0.1, 0.3)),
            stored_every=draw((4, 32)),
            log_keeps=draw((10, 500)),
        )

    async def _start_worker(self, release: int) -> None:
        name = f"w{len(self._workers) + 1}"
        path = self.folder / f"{name}.sock"
        relay = Relay(path, self.folder / "redis" / "redis.sock")
        settings = replace(self._settings, redis_url=f"unix://{path}")
        worker = Worker(name, settings, self.ground, relay, release)
        self._workers.append(worker)
        await worker.start()
        self.journal.note(name, f"starts, of release {release}")

    def _alive(self) -> list[Worker]:
        return [worker for worker in self._workers if worker.alive]

    async def _end(self) -> None:
        await asyncio.gather(*self._replacements, return_exceptions=True)
        for worker in self._alive():
            await self._stop(worker)

    async def _stop(self, worker: Worker) -> None:
        left = await worker.stop()
        self.journal.expect(not left, worker.name, f"leaves tasks behind: {left}")

    # Faults.

    def _victim(self) -> Worker | None:
        alive = self._alive()
        return self.random.choice(alive) if alive else None

    async def _kill_worker(self) -> None:
        if worker := self._victim():
            self._kill(worker)

    async def _kill_worker_at_commit(self) -> None:
        if worker := self._victim():
            victim = worker
            self._at_commit(worker, lambda: self._kill(victim))

    def _at_commit(self, worker: Worker, act: Callable[[], None]) -> None:
        moment: Moment = self.random.choice(("commit asked", "commit answered"))
        self.journal.note(worker.name, f"is in for it: {moment}")
        worker.relay.at(moment, act)

    def _kill(self, worker: Worker) -> None:
        if worker.alive:
            self.journal.note(worker.name, "is killed")
            worker.kill()
            self._replacements.append(asyncio.create_task(self._replace(worker)))

    async def _replace(self, worker: Worker) -> None:
        left = await worker.buried()
        self.journal.expect(not left, worker.name, f"goes on after its end: {left}")
        await self._start_worker(worker.release)

    async def _stop_worker(self) -> None:
        if worker := self._victim():
            self.journal.note(worker.name, "is stopped")
            await self._stop(worker)
            await self._start_worker(worker.release)

    async def _roll_out(self) -> None:
        """Put workers of another release in the place of those that there are, one by one; some
        of the old ones stay."""
        if self._release == RELEASES or self._rolling.locked():
            return
        async with self._rolling:
            self._release += 1
            self.journal.note("world", f"rolls release {self._release} out")
            for _ in range(self.random.randint(1, WORKERS)):
                await self._start_worker(self._release)
                await asyncio.sleep(self.random.uniform(0.0, 0.2))
                old = [each for each in self._alive() if each.release < self._release]
                if old:
                    await self._stop(self.random.choice(old))

    async def _hold_worker(self) -> None:
        if worker := self._victim():
            self.journal.note(worker.name, "is held")
            worker.hold()
            await asyncio.sleep(self.random.uniform(0.05, 1.0))
            worker.go_on()
            self.journal.note(worker.name, "goes on")

    async def _move_clock(self) -> None:
        if worker := self._victim():
            worker.clock_s = self.random.choice((-3600, 0, 3600))
            self.journal.note(worker.name, f"has a clock that is {worker.clock_s} s ahead")

    async def _cut_redis(self) -> None:
        if worker := self._victim():
            self.journal.note(worker.name, "loses its connections to Redis")
            worker.relay.cut()

    async def _lose_answer(self) -> None:
        if worker := self._victim():
            self._at_commit(worker, worker.relay.cut)

    async def _lose_hints(self) -> None:
        if worker := self._victim():
            self.journal.note(worker.name, "hears no hints")
            worker.relay.deaf = True
            await asyncio.sleep(self.random.uniform(0.1, 1.0))
            worker.relay.deaf = False

    async def _kill_redis(self) -> None:
        async with self._redis_free:
            self._end_redis()
            self.journal.note("redis", "is killed")
            await asyncio.sleep(self.random.uniform(0.0, 0.3))
            await self._redis_back()

    async def _take_redis_back(self) -> None:
        """To what it was a moment ago, as a failover or an old file does, or to nothing; now and
        then the workers go down with it."""
        files = self.folder / "redis" / "appendonlydir"
        kept = self.folder / "kept"
        async with self._redis_free:
            forbidden = tuple(self._owner.forbidden)
            shutil.copytree(files, kept)
            await asyncio.sleep(self.random.uniform(0.05, 0.8))
            self._end_redis()
            if self.random.random() < 0.3:
                for worker in self._alive():
                    self._kill(worker)
            shutil.rmtree(files)
            if self.random.random() < 0.3:
                self.journal.note("redis", "loses everything")
                shutil.rmtree(kept)
            else:
                self.journal.note("redis", "goes back")
                kept.rename(files)
                self._owner.forgotten(forbidden)
            await self._redis_back()

    def _end_redis(self) -> None:
        os.kill(self._valkey.pid, signal.SIGKILL)
        os.waitid(os.P_PID, self._valkey.pid, os.WEXITED | os.WNOWAIT)

    async def _redis_back(self) -> None:
        while True:
            self._valkey.watch()
            try:
                await self.redis.ping()
            except (RedisError, OSError):
                await asyncio.sleep(0.02)
            else:
                self.journal.note("redis", "is back")
                return

    def _unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not _killed():
            self.journal.fail("loop", f"{context.get('message')}: {context.get('exception')!r}")


class ForgetfulWorld(TaskWorld):
    """One whose Redis goes back: what it lost is in the memory of workers, or of people."""

    forgetful = True


def _killed() -> bool:
    worker = current()
    return worker is not None and worker.killed

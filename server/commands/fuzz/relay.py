"""A breakable line between one worker and Redis."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import hiredis

CHUNK = 1 << 20
_COMMIT = b'{"type":"change"'  # only a commit sends one

Moment = Literal["commit asked", "commit answered"]


class Relay:
    """Listens on a socket of its own and passes everything on to Redis and back.

    deaf: hints of what is in Redis are lost, as they may be; nothing else is. What people say and
    propose is in SQL, which is read only when a connection was lost, too.
    """

    def __init__(self, path: Path, redis: Path) -> None:
        self.path = path
        self.deaf = False
        self._redis = redis
        self._open = True
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._at: dict[Moment, Callable[[], None]] = {}

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._begin, self.path, limit=CHUNK)

    def at(self, moment: Moment, act: Callable[[], None]) -> None:
        """Do something once: when the next commit was asked and did not reach Redis yet, or when
        it was answered and the worker does not know yet. What is cut then is lost."""
        self._at[moment] = act

    def hold(self) -> None:
        """Let nothing through for now."""
        self._flowing.clear()

    def go_on(self) -> None:
        self._flowing.set()

    def cut(self) -> None:
        """Lose all connections, and what is on its way in them."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    def close(self) -> None:
        """For good."""
        self._open = False
        if self._server is not None:
            self._server.close()
        self.cut()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of ours: one of asyncio's own that is cancelled at the end of a run is told as an
        # error.
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        upstream = None
        try:
            there, upstream = await asyncio.open_unix_connection(self._redis, limit=CHUNK)
            self._writers.add(upstream)
            commits = asyncio.Event()
            both = (
                asyncio.create_task(self._ask(reader, upstream, commits)),
                asyncio.create_task(self._answer(there, writer, commits)),
            )
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for pump in both:
                pump.cancel()
            await asyncio.wait(both)
        except OSError:
            pass  # Redis is away
        finally:
            for each in (writer, upstream):
                if each is not None:
                    self._writers.discard(each)
                    each.transport.abort()

    async def _ask(
        self, reader: asyncio.StreamReader, upstream: asyncio.StreamWriter, commits: asyncio.Event
    ) -> None:
        while chunk := await _read(reader):
            if _COMMIT in chunk:
                commits.set()
                self._now("commit asked")
            await self._flowing.wait()
            upstream.write(chunk)

    async def _answer(
        self, there: asyncio.StreamReader, writer: asyncio.StreamWriter, commits: asyncio.Event
    ) -> None:
        while chunk := await _read(there):
            if commits.is_set():
                commits.clear()
                self._now("commit answered")
            await self._flowing.wait()
            if not (self.deaf and _to_be_found(chunk)):
                writer.write(chunk)

    def _now(self, moment: Moment) -> None:
        act = self._at.pop(moment, None)
        if act is not None:
            act()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(CHUNK)
    except OSError:
        return b""


def _to_be_found(chunk: bytes) -> bool:
    """Whether this is whole hints of what is found in Redis without them, and nothing else."""
    if b"smessage" not in chunk:
        return False
    reader = hiredis.Reader()
    reader.feed(chunk)
    while (message := reader.gets()) is not False:
        if not (isinstance(message, list) and message[:1] == [b"smessage"]):
            return False
        if message[2].startswith(b"told "):
            return False
    return not reader.has_data()

"""A Python client of the live protocol: what a program needs to be in a session.

    async with Client("http://127.0.0.1:8000", session, token=token) as client:
        await client.edit(SetLevel(30))
        async for message in client:
            print(client.replica.revision, message)

It comes back by itself when the line drops, resumes where it was, and sends again what was not
answered, so an edit's answer is final and an edit is made once.
"""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import msgspec
from msgspec import UNSET, Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from calc import patch
from calc.operations import Operation
from calc.rules import Finding
from calc.totals import Total
from server.protocol import (
    VERSION,
    Accepted,
    Change,
    ClientMessage,
    Close,
    Edit,
    Join,
    People,
    Position,
    Present,
    Refused,
    ServerMessage,
    Snapshot,
    Totals,
    Update,
    Welcome,
    encode,
)

RETRY_S = (0.1, 0.3, 1.0, 2.0, 5.0)  # each with jitter: up to half more or less
FINAL = frozenset(
    (
        Close.MALFORMED,
        Close.NOT_AUTHENTICATED,
        Close.NOT_ALLOWED,
        Close.NO_SESSION,
        Close.REPLACED,
    )
)
AGAIN = frozenset(("too_many", "unavailable"))  # refused for now: the same edit may come later

_decoder: msgspec.json.Decoder[ServerMessage] = msgspec.json.Decoder(ServerMessage)


class ClosedError(Exception):
    """The server closed the session to this client for good. code: the close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code


class GapError(Exception):
    """A change did not follow the one before: the server broke its promise."""


class Replica:
    """A client's copy of a session, kept by patches alone; it knows no rules of the game."""

    def __init__(self) -> None:
        self.position = Position("", 0)
        self.document: Any = {}
        self.totals: dict[str, Total] = {}
        self.findings: tuple[Finding, ...] = ()
        self.people: dict[str, Present] = {}
        self.number = 0  # of people here, as viewers are told

    @property
    def revision(self) -> int:
        return self.position.revision

    def take(self, message: ServerMessage) -> None:
        """Follow a message. Raises GapError."""
        match message:
            case Welcome():
                self.people = {each.person: each for each in message.people}
                if message.number is not UNSET:
                    self.number = message.number
            case Snapshot():
                self.position = Position(message.epoch, message.revision, message.edit)
                self.document = msgspec.to_builtins(message.build)
                self.totals = message.totals
                self.findings = message.findings
                self.people = {each.person: each for each in message.people}
            case Change():
                if message.revision != self.revision + 1:
                    raise GapError(f"{message.revision} came after {self.revision}")
                self.position = Position(self.position.epoch, message.revision, message.edit)
                self.document = patch.merge(self.document, message.patch)
                self.totals = {**self.totals, **message.totals}
                if message.findings is not UNSET:
                    self.findings = message.findings
            case Update():
                if message.from_ != self.revision:
                    raise GapError(f"an update from {message.from_} came at {self.revision}")
                self.position = Position(self.position.epoch, message.revision, message.edit)
                self.document = patch.merge(self.document, message.patch)
                self.totals = {**self.totals, **message.totals}
                if message.findings is not UNSET:
                    self.findings = message.findings
            case Totals():
                self.totals = {**self.totals, **message.totals}
            case People():
                if message.number is not UNSET:
                    self.number = message.number
                for person in message.left:
                    self.people.pop(person, None)
                for each in (*message.joined, *message.changed):
                    self.people[each.person] = each


class _Envelope(Struct):
    type: str


class Client:
    """A person in a session. Iterate over it for the server's messages, in order.

    welcome: the newest welcome; token: what to come back with. Only what is awaited in `async
    for` is kept waiting in memory: iterate, or leave `messages` alone by `listen=False`.
    """

    def __init__(
        self,
        url: str,
        session: str,
        *,
        token: str | None = None,
        invitation: str | None = None,
        name: str | None = None,
        listen: bool = True,
    ) -> None:
        self._url = f"{url.rstrip('/').replace('http', 'ws', 1)}/api/v1/sessions/{session}/live"
        self.token = token
        self.replica = Replica()
        self.welcome: Welcome | None = None
        self._invitation = invitation
        self._name = name
        self._client = uuid.uuid4().hex
        self._listen = listen
        self._messages: asyncio.Queue[ServerMessage | None] = asyncio.Queue()
        self._waiting: dict[str, tuple[Edit, asyncio.Future[Accepted | Refused]]] = {}
        self._joined = asyncio.Event()
        self._moved = asyncio.Condition()
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Join. Raises ClosedError when the server does not let us."""
        self._task = asyncio.create_task(self._run())
        joined = asyncio.create_task(self._joined.wait())
        await asyncio.wait((joined, self._task), return_when=asyncio.FIRST_COMPLETED)
        joined.cancel()
        if self._task.done():
            await self._task
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError, ClosedError):
            await self._task

    async def __aiter__(self) -> AsyncIterator[ServerMessage]:
        while (message := await self._messages.get()) is not None:
            yield message
        assert self._task is not None
        await self._task

    async def edit(self, *operations: Operation, id: str = "") -> Accepted | Refused:  # noqa: A002
        """Make an edit and wait for its answer, however often the line drops meanwhile."""
        edit = Edit(id or str(uuid.uuid4()), self.replica.revision, operations)
        while True:
            answered: asyncio.Future[Accepted | Refused] = (
                asyncio.get_running_loop().create_future()
            )
            self._waiting[edit.id] = (edit, answered)
            await self._send(edit)
            answer = await answered
            if not isinstance(answer, Refused) or answer.code not in AGAIN:
                return answer
            wait = 0.5 if answer.retry_after is UNSET else answer.retry_after
            await asyncio.sleep(_jittered(max(wait, 0.05)))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds; it is asked after each message."""
        async with self._moved:
            await self._moved.wait_for(condition)

    async def reached(self, revision: int) -> None:
        """Wait until the replica is at this revision, or beyond it."""
        await self.until(lambda: self.replica.revision >= revision)

    def received(self) -> list[ServerMessage]:
        """What came and was not iterated over yet."""
        messages = []
        while not self._messages.empty():
            message = self._messages.get_nowait()
            if message is not None:
                messages.append(message)
        return messages

    def drop(self) -> None:
        """Lose the line, as a network does; the client comes back by itself."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def _send(self, message: ClientMessage) -> None:
        if self._socket is not None:
            with suppress(ConnectionClosed):  # it is sent again after the next welcome
                await self._socket.send(encode(message), text=True)

    async def _run(self) -> None:
        failures = 0
        try:
            while True:
                try:
                    async with connect(
                        self._url,
                        subprotocols=[Subprotocol(VERSION)],
                        compression=None,
                        max_size=None,
                        open_timeout=10,
                    ) as socket:
                        await self._session(socket)
                except ConnectionClosed as closed:
                    failures = 0 if self._joined.is_set() else failures + 1
                    if closed.rcvd is not None and closed.rcvd.code in FINAL:
                        raise ClosedError(closed.rcvd.code, closed.rcvd.reason) from None
                except (OSError, TimeoutError, InvalidHandshake):
                    failures += 1
                self._joined.clear()
                self._socket = None
                await asyncio.sleep(_jittered(RETRY_S[min(failures, len(RETRY_S) - 1)]))
        finally:
            self._messages.put_nowait(None)
            for _, answered in self._waiting.values():
                if not answered.done():
                    answered.set_exception(ClosedError(Close.DONE, "The client is closed."))

    async def _session(self, socket: ClientConnection) -> None:
        join = Join(
            token=self.token or UNSET,
            invitation=self._invitation or UNSET if self.token is None else UNSET,
            name=self._name or UNSET,
            client=self._client,
            resume=self.replica.position if self.replica.position.epoch else UNSET,
        )
        await socket.send(encode(join), text=True)
        while True:
            message = _read(await socket.recv(decode=False))
            if message is None:
                continue
            self.replica.take(message)
            match message:
                case Welcome():
                    self.welcome = message
                    if message.token is not UNSET:
                        self.token = message.token
                    if message.resumed != "snapshot":
                        await self._begin(socket)
                case Snapshot():
                    await self._begin(socket)
            if isinstance(message, Accepted | Refused) and message.id is not UNSET:
                _, answered = self._waiting.pop(message.id, (None, None))
                if answered is not None and not answered.done():
                    answered.set_result(message)
            if self._listen:
                self._messages.put_nowait(message)
            async with self._moved:
                self._moved.notify_all()

    async def _begin(self, socket: ClientConnection) -> None:
        """The replica stands: what was not answered is sent again."""
        self._socket = socket
        self._joined.set()
        for edit, _ in tuple(self._waiting.values()):
            await self._send(edit)


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311 - not a secret


def _read(frame: bytes) -> ServerMessage | None:
    """The message; None for a type that this client does not know."""
    try:
        return _decoder.decode(frame)
    except msgspec.ValidationError:
        kind = msgspec.json.decode(frame, type=_Envelope).type
        if kind in _KNOWN:
            raise
        return None


_KNOWN = frozenset(each.__struct_config__.tag for each in ServerMessage.__args__)

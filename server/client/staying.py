"""Staying in a session over a line that drops: joining, coming back, resuming, and sending again
what was not answered. What a person does in it is in `client.py`.
"""

import asyncio
import math
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import NoReturn, Self, get_args

import msgspec
from msgspec import UNSET, Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.typing import Subprotocol

from server.client.replica import Replica
from server.client.unanswered import (
    Answer,
    ClosedError,
    Question,
    RefusedError,
    Unanswered,
    jittered,
)
from server.client_messages import Asked, ClientMessage, Join, Ping, Want
from server.protocol import VERSION, Close, ViewName, encode
from server.server_messages import (
    Accepted,
    Goodbye,
    Refused,
    Reset,
    ServerMessage,
    Snapshot,
    Totals,
    Welcome,
)

RETRY_S = (0.1, 0.3, 1.0, 2.0, 5.0)  # each with jitter: up to half more or less
STOOD_S = 5.0  # a line that is lost sooner, without an answer, is no better than none
JOIN_S = 30.0
FRAME_BYTES = 16 * 1024 * 1024  # of what a server sends: a snapshot has some tens of kilobytes
KEPT = 10_000  # messages for who iterates
FINAL = frozenset(
    (
        Close.MALFORMED,
        Close.NOT_AUTHENTICATED,
        Close.NOT_ALLOWED,
        Close.NO_SESSION,
        Close.REPLACED,
    )
)

_decoder: msgspec.json.Decoder[ServerMessage] = msgspec.json.Decoder(ServerMessage)
_KNOWN = frozenset(each.__struct_config__.tag for each in get_args(ServerMessage))


class NoAnswerError(Exception):
    """Nobody could be reached at the address, or no welcome came, in time."""


class Away(Struct, frozen=True):
    """Stands among the messages where the line dropped; the client is coming back by itself.

    retry_s: when it tries.
    """

    reason: str
    retry_s: float


class _Envelope(Struct):
    type: str


class Staying:
    """A person in a session. Iterate over it for the server's messages, in order.

    token: to join with, afterwards what to come back with; or the secret of an `invitation` and
    a `name`. views: what to be sent, absent is everything; stats: keys of the totals wanted, none
    is all of them. join_s: how long to try to get in at all.
    listen: whether messages are kept for `async for`, of which the newest `kept` stay while
    nobody iterates; the replica has what all of them said.

    welcome: the newest welcome. joined: whether the line stands just now. lost: messages that
    nobody iterated over in time.
    """

    def __init__(
        self,
        url: str,
        session: str,
        *,
        token: str | None = None,
        invitation: str | None = None,
        name: str | None = None,
        views: Sequence[ViewName] | None = None,
        stats: Sequence[str] = (),
        listen: bool = True,
        kept: int = KEPT,
        join_s: float = JOIN_S,
    ) -> None:
        self._url = f"{url.rstrip('/').replace('http', 'ws', 1)}/api/v1/sessions/{session}/live"
        self.token = token
        self.replica = Replica()
        self.welcome: Welcome | None = None
        self.lost = 0
        self._invitation = invitation
        self._name = name
        self._views = None if views is None else tuple(views)
        self._stats = tuple(stats)
        self._client = uuid.uuid4().hex
        self._join_s = join_s
        self._messages: deque[ServerMessage | Away] | None = deque(maxlen=kept) if listen else None
        self._arrived = asyncio.Event()
        self._unanswered = Unanswered(self._send)
        self._joined = asyncio.Event()
        self._moved = asyncio.Condition()
        self._socket: ClientConnection | None = None
        self._doubts: int | None = None  # from where a new epoch goes on that began under us
        self._good_from = math.inf  # by the loop's clock: the line is worth to come back at once
        self._largest: tuple[int, ClientMessage]  # of what was sent on this line, in bytes
        self._task: asyncio.Task[None] | None = None
        self._trouble = "no welcome came"
        self._retry_after = 0.0

    async def __aenter__(self) -> Self:
        """Join.

        Raises ClosedError when the server does not let us in (RefusedError when it refuses what
        we join with), NoAnswerError when there is none.
        """
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(self._over)
        joined = asyncio.create_task(self._joined.wait())
        await asyncio.wait(
            (joined, self._task), timeout=self._join_s, return_when=asyncio.FIRST_COMPLETED
        )
        joined.cancel()
        if self._task.done():
            await self._task
        if not self._joined.is_set():
            await self.close()
            raise NoAnswerError(f"{self._url} does not let us in: {self._trouble}")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Leave; what waits for an answer raises ClosedError."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError, ClosedError):
                await self._task
        self._unanswered.close()

    @property
    def joined(self) -> bool:
        return self._joined.is_set()

    async def __aiter__(self) -> AsyncIterator[ServerMessage | Away]:
        """The server's messages, and an `Away` where the line dropped.

        Ends when the client is closed. Raises ClosedError when the server ends it for good,
        GapError when it broke its promise.
        """
        assert self._messages is not None, "the client was made with listen=False"
        assert self._task is not None, "enter the client first"
        while self._messages or not self._task.done():
            if self._messages:
                yield self._messages.popleft()
            else:
                self._arrived.clear()
                await self._arrived.wait()
        if not self._task.cancelled():
            await self._task

    # What there is to wait for.

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds; it is asked after each message.

        Raises ClosedError or GapError when nothing can change any more.
        """
        assert self._task is not None, "enter the client first"
        task = self._task
        async with self._moved:
            await self._moved.wait_for(lambda: condition() or task.done())
        if not condition():
            if not task.cancelled():
                await task
            raise ClosedError(Close.DONE, "The client is closed.")

    async def reached(self, revision: int) -> None:
        """Wait until the replica is at this revision, or beyond it."""
        await self.until(lambda: self.replica.revision >= revision)

    def received(self) -> list[ServerMessage | Away]:
        """What came and was not iterated over yet."""
        messages = list(self._messages or ())
        if self._messages is not None:
            self._messages.clear()
        return messages

    def drop(self) -> None:
        """Lose the line, as a network does; the client comes back by itself."""
        if self._socket is not None:
            self._socket.transport.abort()

    # How it is done.

    async def _ask(self, message: Question) -> Answer:
        assert self._task is not None, "enter the client first"
        return await self._unanswered.ask(message)

    async def _make(self, edit: Asked) -> Accepted | Refused:
        answer = await self._ask(edit)
        assert isinstance(answer, Accepted | Refused)
        return answer

    async def _send(self, message: ClientMessage) -> None:
        frame = encode(message)
        socket = self._socket
        if self.welcome is not None and len(frame) > self.welcome.limits.frame_bytes:
            allowed = self.welcome.limits.frame_bytes
            reason = f"A message of {len(frame):,} bytes is not sent: {allowed:,} are allowed."
            await self._refuse(message, reason)
        elif socket is not None:
            if len(frame) > self._largest[0]:
                self._largest = len(frame), message
            with suppress(ConnectionClosed):  # it is sent again after the next welcome
                await socket.send(frame, text=True)
                if isinstance(message, Want) and message.id is not UNSET:
                    # Only a refusal answers it: else the answer to what follows it does.
                    await socket.send(encode(Ping(message.id)), text=True)

    async def _refuse(self, message: ClientMessage, reason: str) -> None:
        """Say of a message what the server would, if it could still answer whoever sends it."""
        refused = Refused("too_large", reason, id=message.id)
        self._unanswered.settle(refused)
        await self._tell(refused)

    async def _refuse_largest(self) -> None:
        """Whoever closed the line takes less than the server told: they would close it again."""
        size, message = self._largest
        if self._unanswered.awaits(message):
            await self._refuse(message, f"The line was closed for a message of {size:,} bytes.")

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        try:
            while True:
                trouble = await self._connected()
                if loop.time() >= self._good_from:
                    failures = 0
                self._good_from = math.inf
                self._joined.clear()
                self._socket = None
                wait = self._retry_after + jittered(RETRY_S[min(failures, len(RETRY_S) - 1)])
                failures += 1
                self._retry_after = 0.0
                self._trouble = trouble
                await self._tell(Away(trouble, wait))
                await asyncio.sleep(wait)
        except ClosedError as closed:
            self._unanswered.close(closed)
            raise
        finally:
            self._joined.clear()
            self._unanswered.close()

    def _over(self, _: asyncio.Task[None]) -> None:
        """Wake who iterates or waits: nothing comes any more."""
        self._arrived.set()
        self._waking = asyncio.create_task(self._wake())

    async def _wake(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def _connected(self) -> str:
        """Be in the session until the line drops: why. Raises ClosedError when that is final."""
        try:
            async with connect(
                self._url,
                subprotocols=[Subprotocol(VERSION)],
                compression=None,
                max_size=FRAME_BYTES,
                open_timeout=10,
            ) as socket:
                await self._session(socket)
        except ConnectionClosed as closed:
            if closed.rcvd is None:
                return "the line dropped"
            if closed.rcvd.code in FINAL:
                raise ClosedError(closed.rcvd.code, closed.rcvd.reason) from None
            if closed.rcvd.code == Close.RESTARTING:
                self._good_from = 0.0  # no failure: who serves the session now is near
            if closed.rcvd.code == Close.TOO_BIG and closed.rcvd_then_sent is not False:
                await self._refuse_largest()
            return closed.rcvd.reason or f"closed with {closed.rcvd.code}"
        except InvalidURI as error:
            raise ClosedError(Close.DONE, str(error)) from None
        except TimeoutError:
            return "no answer in time"
        except (OSError, InvalidHandshake) as error:
            return str(error)

    async def _session(self, socket: ClientConnection) -> NoReturn:
        join = self._join()
        frame = encode(join)
        self._largest = len(frame), join
        await socket.send(frame, text=True)
        was_reset = False  # answers may have been lost, too
        going_on: int | None = None  # from where, if not from where we were
        while True:
            message = _read(await socket.recv(decode=False))
            if message is None:
                continue
            before = self.replica.position.epoch
            self.replica.take(message)
            match message:
                case Refused(id=self._client):
                    raise RefusedError(message)
                case Welcome():
                    self.welcome = message
                    self._unanswered.limited(message.limits)
                    if message.token is not UNSET:
                        self.token = message.token
                    if message.resumed != "snapshot":
                        await self._begin(socket, self._doubts)
                    elif before:
                        going_on = message.revision
                case Reset():
                    was_reset = True
                case Snapshot() | Totals() if was_reset or not self.joined:
                    await self._begin(socket, going_on)
                    if was_reset and before != self.replica.position.epoch:
                        # Its worker makes again what is lost, unless it is about to go.
                        self._doubts = self.replica.revision
                    was_reset, going_on = False, None
                case Goodbye(retry_after=float(retry_after)):
                    self._retry_after = retry_after
            if isinstance(message, Answer) and self._unanswered.settle(message):
                self._good_from = 0.0
            if self.welcome is not None:
                self._unanswered.see(message, self.welcome.person)
            await self._tell(message)

    def _join(self) -> Join:
        return Join(
            token=self.token or UNSET,
            invitation=self._invitation or UNSET if self.token is None else UNSET,
            name=self._name or UNSET,
            client=self._client,
            resume=self.replica.position if self.replica.position.epoch else UNSET,
            views=UNSET if self._views is None else self._views,
            stats=self._stats,
            id=self._client,
        )

    async def _begin(self, socket: ClientConnection, going_on: int | None = None) -> None:
        """The replica stands: what was not answered is sent again.

        going_on: the server's revision, if it could not go on from where we were.
        """
        self._socket = socket
        self._joined.set()
        stands = asyncio.get_running_loop().time() + STOOD_S
        self._good_from = min(self._good_from, stands)
        self._doubts = None
        await self._unanswered.send_again(going_on=going_on)

    async def _tell(self, message: ServerMessage | Away) -> None:
        if self._messages is not None:
            self.lost += len(self._messages) == self._messages.maxlen
            self._messages.append(message)
            self._arrived.set()
        await self._wake()


def new_id() -> str:
    return str(uuid.uuid4())


def _read(frame: bytes) -> ServerMessage | None:
    """The message; None for a type that this client does not know."""
    try:
        return _decoder.decode(frame)
    except msgspec.ValidationError:
        kind = msgspec.json.decode(frame, type=_Envelope).type
        if kind in _KNOWN:
            raise
        return None

"""Somebody in a session: edits at random, loses the line, comes back, and checks what they see."""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Container
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from calc import build as documents
from calc.operations import Operation
from gamedata.catalogue import Catalogue
from server.client import AGAIN
from server.client.replica import GapError, Replica
from server.client.unanswered import MADE
from server.client_messages import Asked, Decide, Edit, Join, Preview, Propose, Redo, Undo
from server.commands.fuzz.edits import random_operations
from server.commands.fuzz.expecting import expecting
from server.commands.fuzz.journal import Journal
from server.commands.fuzz.line import LineError, Socket
from server.commands.fuzz.proposing import Proposing
from server.commands.fuzz.worker import DeadError
from server.log.logged import Head
from server.logic.rights import EDITING
from server.protocol import Close, Role, encode
from server.server_messages import (
    About,
    Accepted,
    Goodbye,
    Previewed,
    Proposal,
    Refused,
    ServerMessage,
    Snapshot,
    Totals,
    Welcome,
)

NEVER = (Close.MALFORMED, Close.NOT_AUTHENTICATED, Close.NO_SESSION, Close.TOO_MANY)
TALKATIVE: dict[Role, float] = {"owner": 0.26, "editor": 0.26, "suggester": 0.6, "viewer": 0.0}
UNKNOWN = frozenset(("too_old", *AGAIN))  # refusals that do not say that the edit is not there
FORGOTTEN = Refused("too_old", "It is not sent again.")

_operations = msgspec.json.Decoder(tuple[Operation, ...]).decode
_decode = msgspec.json.Decoder(ServerMessage).decode


class Sent(Struct):
    """An edit of theirs. answer: the newest one, unless it is in doubt; revision: 0 until it was
    accepted."""

    edit: Asked
    answer: Accepted | Refused | None = None
    revision: int = 0


class Person:
    """One person with one client program.

    connect: opens a socket to some worker. Raises DeadError or LineError.
    overlay: whether they want totals alone. forgetful: whether Redis goes back in their world:
    what was accepted may be lost by that, if they are told so.
    calm: whether they make no more trouble, and wait for what is still unanswered.
    came_by: the secret of their invitation, if they had one.
    expelled: their right was taken away; gone: they were told so.
    steady: whether they may edit, and always might.
    expects: whether they say what they see, in some operations.
    asked: the ids of edits that they asked for by REST.
    clears: whether they decline what is still proposed once it is calm.
    """

    def __init__(
        self,
        name: str,
        role: Role,
        join: Join,
        catalogue: Catalogue,
        connect: Callable[[], Awaitable[Socket]],
        journal: Journal,
        seed: str,
    ) -> None:
        self.name = name
        self.role: Role = role
        self.id = ""
        self.replica = Replica()
        self.sent: dict[str, Sent] = {}
        self.overlay = join.views == ("totals",)
        self.forgetful = False
        self.calm = False
        self.expelled = False
        self.gone = False
        self.steady = role in EDITING
        self.expects = False
        self.asked: Container[object] = ()
        self.clears = False
        self.connections = 0
        self.came_by = join.invitation
        self._join = msgspec.structs.replace(join, client=f"client-{name}")
        self._catalogue = catalogue
        self._connect = connect
        self._journal = journal
        self._random = random.Random(f"{seed} {name}")  # noqa: S311 - not a secret
        self.proposing = Proposing(name, journal, self._random)
        self._previews: set[str] = set()
        self._changed = asyncio.Event()
        self._doubts = False  # a new epoch began, which may lack what was accepted

    @property
    def waiting(self) -> list[Sent]:
        """The edits that are not finally answered."""
        return [each for each in self.sent.values() if each.answer is None]

    @property
    def unanswered(self) -> list[Asked | Propose | Decide]:
        """All that is to be sent again."""
        return [*(each.edit for each in self.waiting), *self.proposing.waiting]

    @property
    def _doubted(self) -> list[Sent]:
        """What was accepted, and may be lost."""
        return [each for each in self.waiting if each.revision]

    async def run(self) -> None:
        """Be in the session until cancelled, or expelled."""
        while not self.gone:
            try:
                socket = await self._connect()
            except (DeadError, LineError):
                await asyncio.sleep(self._random.uniform(0.02, 0.1))
                continue
            self.connections += 1
            self._journal.note(self.name, "comes")
            await self._visit(socket)
            await asyncio.sleep(self._random.uniform(0, 0.05))

    async def settled(self, head: Head) -> None:
        """Wait until all is answered, and they have at least this revision."""
        while not self.gone and (self.unanswered or not self._has(head)):
            self._changed.clear()
            await self._changed.wait()

    def _has(self, head: Head) -> bool:
        if self.overlay:
            return True  # it is told of no revision that changes none of its totals
        position = self.replica.position
        return position.epoch == head.epoch and position.revision >= head.revision

    async def _visit(self, socket: Socket) -> None:
        acting = None
        try:
            await socket.send(encode(self._joining()))
            while True:
                message = _decode(await socket.receive())
                asked, epoch = self._doubted[:1], self.replica.position.epoch
                self._take(message)
                if acting is not None and isinstance(message, Snapshot) and message.epoch != epoch:
                    self._doubts = True  # a worker makes it again, unless it is about to go
                if acting is not None and asked != self._doubted[:1]:
                    await self._send_due(socket)
                if isinstance(message, Welcome):
                    acting = await self._welcomed(message, acting, socket)
                elif isinstance(message, Snapshot | Totals) and acting is None:
                    acting = await self._begin(socket)
        except LineError as error:
            self._closed(error)
        except GapError as error:
            self._journal.fail(self.name, f"a gap: {error}")
            self.replica = Replica()
        except msgspec.MsgspecError as error:
            self._journal.fail(self.name, f"not a message: {error}")
        finally:
            if acting is not None:
                acting.cancel()
            socket.drop()

    def _joining(self) -> Join:
        position = self.replica.position
        if position.epoch and not self.overlay and self._random.random() < 0.9:
            return msgspec.structs.replace(self._join, resume=position)
        return self._join

    async def _welcomed(
        self, message: Welcome, acting: asyncio.Task[None] | None, socket: Socket
    ) -> asyncio.Task[None] | None:
        self._journal.note(
            self.name, f"joined {message.worker}: {message.resumed}, {message.revision}"
        )
        self.id, self.role = message.person, message.role
        if message.token is not UNSET:
            self._join = msgspec.structs.replace(
                self._join, token=message.token, invitation=UNSET, name=UNSET
            )
        if self._doubts or (message.resumed == "snapshot" and self.replica.position.epoch):
            self._doubt()
        return acting if message.resumed == "snapshot" else await self._begin(socket)

    def _doubt(self) -> None:
        """The server may have lost what it accepted: it is asked again."""
        self._doubts = False
        made = [each for each in self.sent.values() if each.revision]
        for each in made[-MADE:]:
            each.answer = None

    async def _begin(self, socket: Socket) -> asyncio.Task[None]:
        """What was not answered is sent again; then they do what they like."""
        await self._send_due(socket)
        return asyncio.create_task(self._act(socket))

    async def _send_due(self, socket: Socket) -> None:
        """What may be lost is sent again one by one, and all else after it."""
        for each in [each.edit for each in self._doubted[:1]] or self.unanswered:
            await socket.send(encode(each))

    def _closed(self, error: LineError) -> None:
        self._journal.note(self.name, f"closed: {error.code} {error.reason}")
        if error.code == Close.NOT_ALLOWED:
            self.gone = True
            self._changed.set()
            self._journal.expect(self.expelled, self.name, "was sent away without a reason")
        elif error.code in NEVER:
            self._journal.fail(self.name, f"was closed with {error}")

    # What they see.

    def _take(self, message: ServerMessage) -> None:
        self.replica.take(message)
        self._changed.set()
        match message:
            case Accepted():
                self._accepted(message)
            case Refused():
                self._refused(message)
            case Snapshot():
                self._journal.note(self.name, f"snapshot {message.epoch} {message.revision}")
            case Proposal():
                self.proposing.told(message)
            case About():
                self._hear_of(message)
            case Previewed():
                self._previews.discard(message.id)
            case Goodbye():
                self._journal.note(self.name, f"goodbye: {message.reason}")
            case _:
                pass

    def _hear_of(self, message: About) -> None:
        """Who is not named is a viewer, or away for good."""
        roles = {each.person: each.role for each in message.members}
        self.role = roles.get(self.id, "viewer")

    def _accepted(self, message: Accepted) -> None:
        sent = self.sent.get(message.id)
        if message.id in self.asked:
            return  # it was lost, and is made again
        if sent is None and self.proposing.answered(message, again=False):
            return
        if sent is None:
            self._journal.fail(self.name, f"{message.id} is accepted, and was never sent")
            return
        self._journal.note(self.name, f"accepted {message.id[:8]} as {message.revision}")
        self._journal.expect(
            message.revision <= self.replica.revision or self.role == "viewer",
            self.name,
            f"{message.id} is accepted as {message.revision} before its change",
        )
        sent.answer, sent.revision = message, message.revision

    def _refused(self, message: Refused) -> None:
        if message.id is not UNSET and message.id in self._previews:
            self._previews.discard(message.id)
            return
        if message.id in self.asked or (self.forgetful and self.proposing.lost(message)):
            return  # it was lost
        if message.id is not UNSET and self.proposing.answered(
            message, again=message.code in AGAIN
        ):
            return
        if message.id is UNSET or (sent := self.sent.get(message.id)) is None:
            self._journal.fail(self.name, f"something is refused: {message}")
            return
        self._journal.note(self.name, f"refused {message.id[:8]}: {message.code}")
        self._journal.expect(
            message.code not in ("internal", "invalid", "already_joined"),
            self.name,
            f"an edit is refused {message.code}: {message.message}",
        )
        self._journal.expect(
            not (self.steady and message.code == "not_allowed"),
            self.name,
            f"{message.id} is refused, and they may edit",
        )
        if message.code == "id_reused":
            self._journal.expect(sent.revision > 0, self.name, f"{message.id} was not made before")
        elif message.code not in AGAIN:
            self._journal.expect(
                self.forgetful or not sent.revision,
                self.name,
                f"{message.id} was accepted and is refused now",
            )
            self._forget_undoing(sent)
            sent.answer, sent.revision = message, 0

    def _forget_undoing(self, lost: Sent) -> None:
        """Without an edit that is lost, an undo after it would take back another one."""
        if lost in (doubted := self._doubted):
            for each in doubted[doubted.index(lost) + 1 :]:
                if not isinstance(each.edit, Edit):
                    each.answer, each.revision = FORGOTTEN, 0

    # What they do.

    async def _act(self, socket: Socket) -> None:
        try:
            while not self.calm:
                await asyncio.sleep(self._random.expovariate(1 / 0.03))
                if not self.calm:
                    await self._do_something(socket)
            socket.read_on()
            while True:  # what was refused for now, or got lost in the noise
                for _ in range(5):
                    if self.clears:
                        await self._clear(socket)
                    await asyncio.sleep(0.2)
                await self._send_due(socket)
        except LineError:
            pass  # the reader knows

    async def _do_something(self, socket: Socket) -> None:
        chance = self._random.random()
        if chance < 0.03:
            self._journal.note(self.name, "drops the line")
            socket.drop()
        elif chance < 0.04:
            self._journal.note(self.name, "vanishes")
            socket.vanish()
        elif chance < 0.06:
            self._journal.note(self.name, "stops reading")
            socket.stall()
            await asyncio.sleep(self._random.uniform(0.05, 0.6))
            socket.read_on()
        elif self.overlay:
            pass
        elif self._doubted:
            await self._send_due(socket)
        elif chance < 0.16 and self.sent:
            await self._send_again(socket)
        elif chance < 0.18:
            preview = Preview(self._new_id(), self._operations())
            self._previews.add(preview.id)
            await socket.send(encode(preview))
        elif chance < TALKATIVE[self.role] and await self._talk(socket):
            pass
        else:
            for _ in range(self._random.choice((1, 1, 1, 2, 5))):
                await self._edit(socket)

    async def _talk(self, socket: Socket) -> bool:
        """Propose something, or press on what is proposed, if there is anything."""
        made: Propose | Decide | None
        if self.role == "suggester" and self._random.random() < 0.7:
            made = self.proposing.propose(self._new_id(), self._operations())
        else:
            made = self.proposing.decide(
                self._new_id(), list(self.replica.proposals), edits=self.role in EDITING
            )
        if made is not None:
            await socket.send(encode(made))
        if isinstance(made, Decide) and self._random.random() < 0.3:  # a double click
            again = self.proposing.press(self._new_id(), made.proposal, accept=made.accept)
            await socket.send(encode(again))
        return made is not None

    async def _clear(self, socket: Socket) -> None:
        pressed = {each.proposal for each in self.proposing.waiting if isinstance(each, Decide)}
        for each in self.replica.proposals.keys() - pressed:
            await socket.send(encode(self.proposing.press(self._new_id(), each, accept=False)))

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128)))

    async def _edit(self, socket: Socket) -> None:
        if len(self.waiting) > 40:
            return
        new, base = self._new_id(), self.replica.revision
        edit: Asked
        match self._random.choices(("edit", "undo", "redo"), (16, 3, 2))[0]:
            case "undo":
                edit = Undo(new, base)
            case "redo":
                edit = Redo(new, base)
            case _:
                edit = Edit(new, base, self._operations())
        self.sent[edit.id] = Sent(edit)
        what = type(edit).__name__.lower()
        self._journal.note(self.name, f"{what} {edit.id[:8]} on {edit.base}")
        await socket.send(encode(edit))
        if self._random.random() < 0.1:
            await socket.send(encode(edit))

    async def _send_again(self, socket: Socket) -> None:
        """An edit of before once more; now and then its id for another one."""
        sent = self._random.choice(list(self.sent.values()))
        edit = sent.edit
        if (
            isinstance(edit, Edit)
            and sent.revision
            and not self.forgetful
            and self._random.random() < 0.3
        ):
            edit = msgspec.structs.replace(edit, operations=self._operations())
        if isinstance(sent.answer, Refused):
            return  # final: nobody sends it again
        await socket.send(encode(edit))

    def _operations(self) -> tuple[Operation, ...]:
        build = documents.decode(documents_json(self.replica.document))
        while True:
            made: tuple[Any, ...] = random_operations(self._random, build, self._catalogue)
            if self.expects:
                made = tuple(expecting(self._random, each, self.replica.document) for each in made)
            with suppress(msgspec.ValidationError):  # some nonsense is none of the protocol's
                return _operations(msgspec.json.encode(made))


def documents_json(document: object) -> bytes:
    """As the server encodes a build: keys sorted."""
    return msgspec.json.encode(document, order="sorted")

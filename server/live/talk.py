"""What the people of a session say, propose and look at: told to who is here on this worker, and
by the other workers to who is there.

What is said and proposed is in SQL before it is told (`desk.py`); what one looks at never is.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec
from msgspec import UNSET

from server.client_messages import Focus
from server.live import focus as focuses
from server.live.audience import Audience
from server.live.board import Board
from server.live.focus import Attentions
from server.live.pace import Pace
from server.live.people import Presence
from server.logic.rights import may_propose
from server.logic.session import State
from server.protocol import encode
from server.redis.calls import UnreachableError
from server.server_messages import Focused, Proposal, Said
from server.sockets.connection import Connection
from server.sockets.transport import text_frame

Told = Said | Proposal | Focused

TRY_S = 1.0  # between two rounds in which what is proposed is tried on newer builds

_told: msgspec.json.Decoder[Told] = msgspec.json.Decoder(Told)


class Talk:
    """The talk of one session on this worker. Only what tells other workers waits.

    board: what people were told of what is in SQL. look: asks for a look there, for `looked`.
    wake: has `share` and `try_next` called.
    """

    def __init__(
        self,
        session: str,
        audience: Audience,
        board: Board,
        presence: Presence,
        look: Callable[[], None],
        wake: Callable[[], None],
    ) -> None:
        self.board = board
        self._session = session
        self._audience = audience
        self._presence = presence
        # Not the worker's: what was put in line before a session was closed here is told to who
        # has opened it again.
        self._id = secrets.token_hex(6).encode()
        self._look = look
        self._wake = wake
        self._attentions = Attentions()
        self._focus_timer: asyncio.TimerHandle | None = None
        self._unshared: Focused | None = None  # what other workers do not know yet
        self._untold = False  # other workers were not told what is kept
        self._untried: dict[str, None] = {}  # open proposals to be tried on the newest build
        self._trying = Pace(TRY_S, self._try_all)

    @property
    def waits(self) -> bool:
        """Whether there is something to share."""
        return self._unshared is not None

    @property
    def tries(self) -> bool:
        """Whether open proposals are to be tried on the newest build, once no edit waits."""
        return bool(self._untried)

    # What is kept in SQL.

    async def tell(self, kept: Said | Proposal) -> None:
        """Tell what is kept to all but viewers, by whichever worker they are here."""
        self._hear(kept)
        try:
            await self._presence.tell(self._session, self._hint(kept))
        except UnreachableError:
            self._untold = True

    def looked(
        self, state: State, newest: int, said: Sequence[Said], proposals: Sequence[Proposal]
    ) -> None:
        """What SQL has; see `Board.look`. proposals: those that wait, or were thought to."""
        waiting = [each for each in proposals if each.state == "open"]
        missed = self.board.look(newest, said, waiting)
        on = self.board.open(state)
        newest_of = {} if on is UNSET else {each.id: each for each in on}
        for each in missed:
            self._tell_kept(newest_of.get(each.id, each) if isinstance(each, Proposal) else each)
        for each in proposals:
            if each.state != "open":
                self._hear(each)

    def build_changed(self) -> None:
        """What is proposed may come to something else now."""
        self._trying.due()

    def try_next(self, state: State) -> None:
        """Try an open proposal on this build; it is told again if it comes to something else."""
        proposal = next(iter(self._untried))
        del self._untried[proposal]
        other = self.board.other(proposal, state)
        if other is not None:
            self._tell_kept(other)

    def hints_were_lost(self) -> None:
        """What is kept may have been told, and not heard here."""
        self.board.unsure = True
        self._look()

    # What people look at.

    def put_focus(self, person: str, focus: Focus) -> None:
        """Where somebody is, told to the others soon."""
        self._attentions.put(person, focus)
        if self._focus_timer is None:
            loop = asyncio.get_running_loop()
            self._focus_timer = loop.call_later(focuses.EVERY_S, self._tell_focus)

    def tell_focus_to(self, newcomer: Connection) -> None:
        """Where everybody is."""
        focused = self._attentions.all(self._audience.company.shows)
        if focused is not None and newcomer.view.hears:
            newcomer.answer(focused)

    def left(self, person: str) -> None:
        """Somebody has no socket here any more: what they said by it holds no longer. They may
        have left, or only opened the page again."""
        if self._attentions.are_by_us(person):
            self.put_focus(person, Focus())

    def access_changed(self) -> None:
        """Who may not be shown any more looks at nothing."""
        for person in self._attentions:
            if not may_propose(self._audience.company.access, person):
                self.put_focus(person, Focus())

    def tidy(self) -> None:
        """Forget where people were who are not here any more, by whichever worker they were."""
        self._attentions.stay(self._audience.company.shows)

    # What other workers tell, and are told.

    def heard(self, hint: bytes) -> None:
        """A hint of the kinds `told` and `look`; our own come back to us too."""
        kind, _, rest = hint.partition(b" ")
        teller, _, message = rest.partition(b"\n")
        if teller == self._id:
            return
        if kind == b"look":
            self.hints_were_lost()
            return
        relayed = _told.decode(message)
        if isinstance(relayed, Focused):
            self._attentions.take(relayed.people)
            self._tell_focused(relayed)
        else:
            self._hear(relayed)

    async def share(self) -> None:
        """Tell the other workers where people here look."""
        focused, self._unshared = self._unshared, None
        if focused is not None:
            with suppress(UnreachableError):  # the next one comes soon
                await self._presence.tell(self._session, self._hint(focused))

    async def tell_again(self) -> None:
        """Have the other workers look, if they were not told something. Raises UnreachableError."""
        if self._untold:
            await self._presence.tell(self._session, b"look %s" % self._id)
            self._untold = False

    def _hint(self, message: Told) -> bytes:
        return b"told %s\n%s" % (self._id, encode(message))

    def _hear(self, kept: Said | Proposal) -> None:
        match self.board.hear(kept):
            case "new":
                self._tell_kept(kept)
                if isinstance(kept, Proposal):
                    self.build_changed()  # meanwhile
            case "gap":
                self._look()

    def _tell_kept(self, kept: Said | Proposal) -> None:
        """To all but viewers who see that kind of thing; a proposal also to whose it is."""
        if isinstance(kept, Proposal):
            self.board.told(kept)
        frame = text_frame(encode(kept))
        for connection in self._audience:
            if isinstance(kept, Said):
                told = connection.view.hears
            else:
                told = connection.view.decides or connection.person in (kept.by, kept.decided_by)
            if told:
                connection.send(frame)

    def _try_all(self) -> None:
        """All that somebody here sees."""
        seen, here = self._audience.decides, self._audience.company.here
        for each in (self.board.waiting or {}).values():
            if seen or here(each.by):
                self._untried[each.id] = None
        if self._untried:
            self._wake()

    def _tell_focus(self) -> None:
        self._focus_timer = None
        focused = self._attentions.untold()
        if focused is not None:
            self._tell_focused(focused)
            self._unshared = focused
            self._wake()

    def _tell_focused(self, focused: Focused) -> None:
        frame = text_frame(encode(focused))
        for connection in self._audience:
            if connection.view.hears:
                connection.send(frame)

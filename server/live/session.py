"""One session on this worker: its connections, and the task that does everything in turn.

What it knows of the session is the follower's (`follower.py`), what edits come to is the
decider's (`decider.py`). Only the session's own task changes the state, so everything between
two of its awaits is one moment for everybody. Who joins enters between them, in one turn with
their snapshot.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from server.client_messages import Focus, Making
from server.engine import Engine
from server.live import proposals
from server.live.audience import Audience
from server.live.board import Board
from server.live.decider import OVER, Decider, Races
from server.live.follower import Follower
from server.live.pace import Pace
from server.live.people import Presence
from server.live.proposals import Declining, Taking
from server.live.questions import Question, Questions
from server.live.talk import Talk
from server.live.turns import Author
from server.log.hints import Hints
from server.log.log import Log
from server.log.logged import Head
from server.log.releases import Releases
from server.logic import rights, session
from server.logic.rights import Access
from server.logic.session import Committed, House, State
from server.protocol import Close, Closing, Position, encode
from server.recording.archive import Archive
from server.redis.calls import FullError, UnreachableError, key
from server.server_messages import About, Accepted, Proposal, Refused, Snapshot, Status
from server.settings import Settings
from server.sockets.connection import Connection
from server.sockets.transport import text_frame
from server.sockets.views import Wanted
from server.telemetry.measures import UNMEASURED, Measures

Look = Callable[["LiveSession"], None]

PEOPLE_S = 0.1  # between two writings of who is here: many may come at once
DEGRADED = Status(degraded=True, reason="Edits wait until the server can store them.")


class LiveSession:
    """A session that somebody on this worker is in.

    archive: where sessions are that Redis does not have. look: reads from SQL soon what people
    may not have been told, for `Talk.looked`.
    board: what they were told of that.
    ready: done when the session is loaded, failed when it cannot be.
    expected: how many are about to enter.
    """

    def __init__(
        self,
        session_id: str,
        log: Log,
        hints: Hints,
        presence: Presence,
        engine: Engine,
        settings: Settings,
        house: House,
        archive: Archive,
        releases: Releases,
        look: Look,
        measures: Measures = UNMEASURED,
    ) -> None:
        self.id = session_id
        self.channel = key(session_id, "hints")
        self.board = Board(engine, lambda: self._follower.recent)
        self.audience = Audience(settings.updates_per_second, self.board, measures)
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.expected = 0
        self.idle_since = time.monotonic()
        self._hints = hints
        self._presence = presence
        self._settings = settings
        self._house = house
        self._follower = Follower(session_id, log, engine, settings, self, archive, releases)
        self._decider = Decider(self._follower, log, engine, house.worker, measures)
        self._questions = Questions(self._follower, engine)
        self._follower.patience.beside = self._questions.answer_all
        self.talk = Talk(
            session_id, self.audience, self.board, presence, self._look_again, self.wake
        )
        self._look = look
        self._loaded = False
        self._over = False
        self._about: About | None = None  # as everybody here knows it
        self._wake = asyncio.Event()
        self._people: Literal["", "renew", "tell"] = ""  # what is to be written
        self._people_due = False
        self._people_pace = Pace(PEOPLE_S, self._write_people_now)
        self._came: dict[tuple[str, str], Connection] = {}  # who other workers do not know yet

    @property
    def state(self) -> State:
        return self._follower.state

    # What connections do. None of it waits.

    def enter(
        self, connection: Connection, resume: Position | None, token: str | UnsetType
    ) -> None:
        """Give a newcomer all that they lack, and count them in.

        token: one to keep. Raises Closing when there is no place for them.
        """
        if self._over:
            raise Closing(Close.TRY_AGAIN, OVER, 1.0)
        member = self.state.access.members.get(connection.person)
        if member is None:
            raise Closing(Close.NOT_ALLOWED, "You may not be in this session.")
        limits = self._settings
        if self.audience.full(connection, editors=limits.editors, viewers=limits.viewers):
            raise Closing(Close.NOT_ALLOWED, "The session is full.")
        self.audience.enter(connection, 0 if resume is None else resume.revision)
        self._begin(connection, resume, token)
        for refused in self._follower.lost_of(connection.person, resume):
            connection.answer(refused)
        if self._follower.patience.degraded and rights.may_edit(
            self.state.access, connection.person
        ):
            connection.answer(DEGRADED)  # whoever may not would not be told of its end
        self.talk.tell_focus_to(connection)
        self._came[connection.person, connection.client] = connection
        self._share_people("tell")

    def _begin(
        self, connection: Connection, resume: Position | None, token: str | UnsetType
    ) -> None:
        """The welcome, and what must come before anything can follow."""
        audience, view = self.audience, connection.view
        state = audience.stands(view)
        people = audience.known_to(connection)
        beginning = audience.beginning(view, people)
        missed = None
        if resume is not None and view.follows:
            recent = [each for each in self._follower.recent if each.revision <= state.revision]
            missed = session.missed(state, recent, resume, len(beginning))
        resumed: Literal["changes", "nothing", "snapshot"] = "snapshot"
        if missed is not None:
            resumed = "changes" if missed else "nothing"
            beginning = b"".join(map(text_frame, missed))
        elif view.feed in ("totals", ""):
            resumed = "nothing"
        welcome = session.welcome(
            replace(state, access=self.state.access),
            connection.person,
            resumed=resumed,
            members=audience.collaborators,
            people=people,
            number=audience.company.number() if view.people == "number" else UNSET,
            house=self._house,
            token=token,
        )
        connection.send(text_frame(encode(welcome)) + beginning)
        if resumed != "snapshot":
            audience.tell_proposed(connection)

    def leave(self, connection: Connection) -> None:
        if self.audience.leave(connection):
            if not self.audience.company.here(connection.person):
                self.talk.left(connection.person)
            self._share_people("tell")
        self.idle_since = time.monotonic()

    def submit(self, author: Author, edit: Making | Taking | Declining) -> None:
        """Put an edit in line; its author is answered when its turn has come."""
        if self._over:
            author.answer(Refused("unavailable", OVER, id=edit.id, retry_after=1.0))
            return
        self._decider.submit(author, edit)
        self._wake.set()

    def taken(self, proposal: Proposal) -> Committed | None:
        """The change by which somebody took a proposal, if it is among the newest."""
        return proposals.taken(self._follower.recent, proposal.id, proposal.by)

    def want(self, connection: Connection, wanted: Wanted) -> None:
        """Send somebody something else from now on."""
        self.audience.want(connection, wanted)

    def ask(self, connection: Connection, question: Question) -> None:
        """Put a question in line; it is answered when no edit waits, or all wait for Redis."""
        self._questions.submit(connection, question)
        self._wake.set()

    def focus(self, connection: Connection, focus: Focus) -> None:
        """Where somebody is, told to the others soon."""
        if not rights.may_propose(self.state.access, connection.person):
            told = "As a viewer you are not shown to others."
            connection.answer(Refused("not_allowed", told, id=focus.id))
            return
        self.talk.put_focus(connection.person, focus)

    async def refresh(self) -> None:
        """Read what happened elsewhere, now. Raises UnreachableError."""
        await self._follower.refresh()

    # What the hub hears.

    def heard(self, hint: bytes) -> None:
        """A worker says that something happened; our own hints come back to us too."""
        if hint.startswith(b"people "):
            worker, *came = hint.decode().removeprefix("people ").splitlines()
            if worker == self._house.worker:
                return
            for each in came:
                self.audience.replace(*each.split(" "))
            self._share_people("renew")
        elif hint.startswith((b"told ", b"look ")):
            self.talk.heard(hint)
        else:
            revision, _, next_in_line = hint.decode().partition(" ")
            self._follower.hint(int(revision) if revision.isdigit() else None, next_in_line)

    def stands(self, head: Head | None) -> None:
        """Where the log really is: what no hint told is read now."""
        self._follower.stands(head)

    def tidy(self) -> None:
        """What is to be done every few seconds."""
        self.audience.close_overdue(time.time(), time.monotonic())
        for connection in self.audience:
            self.audience.catch_up(connection)
        self.talk.tidy()
        self._follower.look_for_lost()
        self._look_again()
        self._share_people("renew")

    @property
    def idle(self) -> bool:
        waits = self._decider or self._questions or self._follower.needed
        return not (len(self.audience) or self.expected or waits)

    def snapshot(self, *, watches: bool) -> Snapshot:
        """Everything that is known. watches: for a viewer."""
        state = self.state
        return Snapshot(
            epoch=state.epoch,
            revision=state.revision,
            edit=state.edit,
            build=state.build,
            totals=state.totals,
            findings=state.findings,
            people=() if watches else self.audience.company.present(),
            proposals=UNSET if watches else self.board.open(state),
            at=state.at,
        )

    # What the follower tells.

    def changed(self, before: State, after: State, committed: Committed) -> None:
        self.audience.changed(after, committed)
        if self.board.waiting:
            self.talk.build_changed()
        if committed.proposed_by:
            self.board.unsure = True  # who took it may not come to say so

    def access_changed(self, access: Access) -> None:
        self.audience.take_access(access)
        self.talk.access_changed()
        about = About(
            access.title, access.locked, self.audience.collaborators, access.editors_go_back
        )
        if self._about not in (None, about):
            self.audience.send(about)
        self._about = about

    def started_again(self) -> None:
        self.audience.begin(self.state)
        self.talk.build_changed()

    def settled(self, person: str, answer: Accepted | Refused) -> None:
        self.audience.answer(person, answer)

    def degraded(self, degraded: bool) -> None:
        self.audience.send(DEGRADED if degraded else Status(degraded=False), editors_only=True)

    def wake(self) -> None:
        self._wake.set()

    # The task.

    async def run(self) -> None:
        """Load the session, then serve it until cancelled.

        Raises NoSessionError, BrokenError or EngineMovedError when it cannot be served.
        """
        try:
            await self._hints.subscribe(self.channel)
            await self._follower.begin()
            self.audience.begin(self.state)
            await self._write_people()
        except Exception as error:
            self.ready.set_exception(error)
            self.ready.exception()  # seen, even when nobody waits for it any more
            raise
        except asyncio.CancelledError:
            self.ready.cancel()
            raise
        self._loaded = True
        self.ready.set_result(None)
        self._look_again()
        self._decider.prepare()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while (
                self._follower.news
                or self._people_due
                or self._decider
                or self._questions
                or self.talk.waits
                or self.talk.tries
            ):
                if self._follower.news:
                    # What a log that went back lacks is kept until there is room to write it.
                    with suppress(FullError):
                        await self._follower.read_on()
                if self._people_due:
                    await self._write_people()
                if self.talk.waits:
                    await self.talk.share()
                if self._decider:
                    await self._decider.serve_next()
                elif self._questions:
                    self._questions.answer_next()
                    await asyncio.sleep(0)  # edits may have come meanwhile
                elif self.talk.tries:
                    self.talk.try_next(self.state)
                    await asyncio.sleep(0)

    def turn_away(self) -> None:
        """Answer who waits for an edit, or for what is read: the task is over, and nobody enters
        any more."""
        self._over = True
        self._follower.give_up()
        self._decider.turn_away()

    async def drained(self) -> None:
        """Returns when every edit that came in is decided."""
        await self._decider.idle.wait()

    @property
    def races(self) -> Races:
        return self._decider.races

    async def leave_presence(self) -> None:
        """Say in Redis that nobody is here any more."""
        with suppress(UnreachableError, FullError):  # else it expires
            await self._presence.write(self.id, (), f"people {self._house.worker}")

    async def _write_people(self) -> None:
        self._people_due = False
        # Who left meanwhile may be back by another worker, which would take them for older.
        came = {each: one for each, one in self._came.items() if one.line is not None}
        hint = ""
        if self._people == "tell":
            lines = (f"{each.person} {each.client} {each.id}" for each in came.values())
            hint = "\n".join((f"people {self._house.worker}", *lines))
        self._people, self._came = "", {}
        try:
            own = self.audience.company.own()
            self.audience.take_others(await self._presence.write(self.id, own, hint))
            await self.talk.tell_again()
        except (UnreachableError, FullError):  # renewed soon anyway
            if came:
                self._came = came | self._came
                self._people = "tell"

    def _look_again(self) -> None:
        if self._loaded and self.board.unsure:
            self._look(self)

    def _share_people(self, how: Literal["renew", "tell"]) -> None:
        if self._people != "tell":
            self._people = how
        self._people_pace.due()

    def _write_people_now(self) -> None:
        self._people_due = True
        self._wake.set()

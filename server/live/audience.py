"""Who has a session open on this worker, and what each of them is sent. Nothing here waits."""

import asyncio
from collections.abc import Iterator

from msgspec import UNSET
from msgspec.structs import replace

from server.live.board import Board
from server.live.company import Company
from server.live.pace import Pace
from server.logic.rights import Access, collaborators
from server.logic.session import Committed, State, movements
from server.protocol import Close, Role, encode
from server.server_messages import Member, People, Present, Reset, ServerMessage
from server.sockets import views
from server.sockets.connection import Connection
from server.sockets.line import Line
from server.sockets.transport import text_frame
from server.sockets.views import View, Wanted, view_of
from server.telemetry.measures import UNMEASURED, Measures, Spread

BEHIND_S = 30.0  # how long somebody may take nothing before the socket is closed
NAMES_S = 0.25  # between two tellings of who came and went
NUMBER_S = 1.0  # and of how many are here, to viewers
COMPANY_S = 0.5  # so long that number waits for an update: both go out in one write


class Audience:
    """A session's connections on this worker.

    Those with equal views stand in one line. Viewers follow at a bounded rate: `shown` is the
    state that they have, and in which the next of them enters, so that one frame fits all.

    board: what is proposed. company: who is here, by all workers.
    collaborators: who may be here, but for viewers.
    """

    def __init__(
        self,
        updates_per_second: float = 20.0,
        board: Board | None = None,
        measures: Measures = UNMEASURED,
    ) -> None:
        self._board = board
        self._measures = measures
        self._unshown: Spread | None = None  # the first change that viewers do not have
        self._connections: dict[tuple[str, str], Connection] = {}
        self._lines: dict[View, Line] = {}
        self._state: State | None = None
        self._shown: State | None = None
        self._snapshots: dict[View, tuple[State, bytes]] = {}
        self._told = 0  # the number of people that viewers were told
        self._untold: asyncio.TimerHandle | None = None  # while another number waits
        self._updates = Pace(1 / updates_per_second, self._update)
        self._names = Pace(NAMES_S, self._tell_names)
        self._number = Pace(NUMBER_S, self._tell_number)
        self._sent: dict[type[ServerMessage], tuple[ServerMessage, bool]] = {}
        self._newcomers: dict[Connection, Present] = {}  # and how they were told of themselves
        self.company = Company()
        self.collaborators: tuple[Member, ...] = ()

    def __len__(self) -> int:
        return len(self._connections)

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._connections.values()))

    @property
    def decides(self) -> bool:
        """Whether somebody is told what is proposed."""
        return any(view.decides for view in self._lines)

    # Coming and going

    def enter(self, connection: Connection, has: int = 0) -> None:
        """Count a newcomer in; an older socket of theirs is closed, the others are told soon.

        They get what happens after the state in which they stand. has: the revision that they
        come with; viewers are brought there first, so that nothing before it reaches them.
        """
        members = self.company.access.members
        view = view_of(members[connection.person].role, connection.wanted)
        if has and has > self.stands(view).revision:
            self.show()
        self.replace(connection.person, connection.client, connection.id)
        self._connections[connection.person, connection.client] = connection
        self.company.count(connection.person, 1)
        self._stand(connection, view)
        self._newcomers[connection] = self.company.themselves(connection.person)
        self._moved()

    def known_to(self, connection: Connection) -> tuple[Present, ...]:
        """Who is here for a newcomer, if they are told so."""
        named = connection.view.people == "names"
        return self.company.known_to(connection.person) if named else ()

    def leave(self, connection: Connection) -> bool:
        """False when the connection was not here any more (replaced, say)."""
        place = (connection.person, connection.client)
        if self._connections.get(place) is not connection:
            return False
        self._remove(connection)
        self._moved()
        return True

    def replace(self, person: str, client: str, by: str) -> None:
        """Close the socket of this client, unless it is the connection `by` itself."""
        older = self._connections.get((person, client))
        if older is not None and older.id != by:
            self._remove(older)
            older.close(Close.REPLACED, "Joined again elsewhere.")
            self._moved()

    def want(self, connection: Connection, wanted: Wanted) -> None:
        """Send somebody something else from now on, and what they need to begin with."""
        connection.wanted = wanted
        member = self.company.access.members.get(connection.person)
        if member is None or connection.line is None:
            return
        self._move(connection, view_of(member.role, wanted))
        connection.send(self.beginning(connection.view))

    def take_access(self, access: Access) -> None:
        """Roles may have changed; who has none any more goes."""
        before = self.company.access.members
        self.company.take_access(access)
        self.collaborators = collaborators(access)
        for connection in self:
            member = access.members.get(connection.person)
            known = before.get(connection.person)
            if member is not None and known is not None and member.role == known.role:
                continue
            if member is None:
                self._remove(connection)
                told = "You were removed from this session, or left it elsewhere."
                connection.close(Close.NOT_ALLOWED, told)
            else:
                self._take_role(connection, member.role)
        self._moved()

    def _take_role(self, connection: Connection, role: Role) -> None:
        """Somebody's own role is another one: they are told so, whatever they are sent else."""
        before, view = connection.view, view_of(role, connection.wanted)
        if view != before:
            self._move(connection, view)
        elif view.hears:
            return  # with everybody who is told of people
        told = self.company.people.get(connection.person)
        told = told or self.company.themselves(connection.person)
        connection.answer(People(changed=(replace(told, role=role),)))
        if view != before:
            self.tell_proposed(connection)

    def tell_proposed(self, connection: Connection) -> None:
        """Tell somebody who came without a snapshot what waits for a decision."""
        if self._board is not None and self._state is not None and connection.view.decides:
            proposed = self._board.open(self._state)
            for each in () if proposed is UNSET else proposed:
                connection.answer(each)

    def take_others(self, others: tuple[tuple[Present, ...], ...]) -> None:
        """Who is here by the other workers."""
        if self.company.take_others(others):
            self._moved()

    def full(self, connection: Connection, *, editors: int, viewers: int) -> bool:
        """Whether the session has no place for one more connection, which may replace one."""
        if (connection.person, connection.client) in self._connections:
            return False
        return self.company.full(connection.person, editors=editors, viewers=viewers)

    def sockets_beside(self, connection: Connection) -> int:
        """How many others its person has here, but for the one that it replaces."""
        place = (connection.person, connection.client)
        return self.company.here(connection.person) - (place in self._connections)

    # What follows the session

    def begin(self, state: State) -> None:
        """The session is loaded; whoever is here already has nothing that this follows from."""
        self._state = self._shown = state
        for view, line in self._lines.items():
            line.put(text_frame(encode(Reset("The session was opened again."))))
            line.put(self.beginning(view))

    def changed(self, state: State, committed: Committed) -> None:
        """Pass a change on: to collaborators at once, to viewers with what else comes soon."""
        self._state = state
        frames: dict[tuple[bool, tuple[str, ...]], bytes] = {}
        derived = False
        spread = self._measures.spread("collaborators")
        for view, line in self._lines.items():
            if view.feed == "changes":
                narrow = (view.totals, view.stats)
                frame = frames.get(narrow)
                if frame is None:
                    frame = frames[narrow] = views.change_frame(committed, view)
                line.put(frame, spread)
            elif view.derived:
                derived = True
        if derived:
            self._unshown = self._unshown or self._measures.spread("viewers")
            self._updates.due()
        else:
            self._shown = state

    def stands(self, view: View) -> State:
        """The state that everybody with this view has, or is being sent."""
        state = self._shown if view.derived else self._state
        assert state is not None, "people come when the session is loaded"
        return state

    def show(self) -> State:
        """Bring viewers to the newest state, now."""
        if self._shown is not self._state:
            self._updates.now()
        assert self._state is not None
        return self._state

    def beginning(self, view: View, people: tuple[Present, ...] | None = None) -> bytes:
        """What somebody with this view needs before anything can follow.

        people: whom they know to be here, if it is not whom everybody knows.
        """
        state = self.stands(view)
        if view.feed == "":
            return b""
        if view.feed == "changes":
            named = view.people == "names"
            known_people = self.company.people.values() if people is None else people
            proposed = UNSET if self._board is None else self._board.open(state)
            return views.snapshot_frame(state, view, known_people if named else (), proposed)
        known = self._snapshots.get(view)
        if known is None or known[0] is not state:
            totals_only = view.feed == "totals"
            make = views.all_totals_frame if totals_only else views.snapshot_frame
            known = self._snapshots[view] = (state, make(state, view))
        return known[1]

    def catch_up(self, connection: Connection) -> None:
        """Move somebody who had fallen behind, and reads again, to the newest state."""
        if connection.reads_again():
            connection.send(
                text_frame(encode(Reset("You fell behind.")))
                + self.beginning(connection.view)
                + self._told_meanwhile(connection)
            )

    # Other messages

    def _told_meanwhile(self, connection: Connection) -> bytes:
        """How the session stands, and they in it: who was behind may not have been told."""
        frames = b"".join(
            text_frame(encode(message))
            for message, editors_only in self._sent.values()
            if (self.company.edits(connection.person) if editors_only else connection.view.tells)
        )
        if connection.view.hears and connection.view.decides:  # they are in their snapshot
            return frames
        themselves = self.company.themselves(connection.person)
        return frames + text_frame(encode(People(changed=(themselves,))))

    def send(self, message: ServerMessage, *, editors_only: bool = False) -> None:
        """The same bytes to everybody who sees more than totals; or to those who may edit.

        The newest of its kind is how the session stands.
        """
        self._sent[type(message)] = message, editors_only
        frame = text_frame(encode(message))
        if editors_only:
            for connection in self._connections.values():
                if self.company.edits(connection.person):
                    connection.send(frame)
        else:
            for view, line in self._lines.items():
                if view.tells:
                    line.put(frame)

    def answer(self, person: str, message: ServerMessage) -> None:
        """To whatever a person has open here, after all that is known."""
        for connection in self:
            if connection.person == person:
                if connection.view.derived:
                    self.show()
                connection.answer(message)

    def close_all(self, code: Close, reason: str) -> None:
        for connection in self:
            connection.close(code, reason)

    def close_overdue(self, now: float, monotonic: float) -> None:
        """Close who has taken nothing for long, and whose token has expired.

        now: seconds since 1970; monotonic: of the clock for durations.
        """
        for connection in self:
            behind_since = connection.behind_since
            if connection.expires_at <= now:
                connection.close(Close.NOT_AUTHENTICATED, "Your token has expired.")
            elif behind_since is not None and monotonic - behind_since > BEHIND_S:
                self._measures.cut_off()
                connection.close(Close.TRY_AGAIN, "You took nothing of what was sent for long.")

    def _remove(self, connection: Connection) -> None:
        del self._connections[connection.person, connection.client]
        self.company.count(connection.person, -1)
        self._step_out(connection)

    def _stand(self, connection: Connection, view: View) -> None:
        line = self._lines.get(view)
        if line is None:
            if view.derived and not any(each.derived for each in self._lines):
                self._shown = self._state
            line = self._lines[view] = Line()
        self._measures.socket(view.feed, 1)
        connection.view = view
        connection.drained = self.catch_up
        line.enter(connection)

    def _step_out(self, connection: Connection) -> None:
        line = connection.line
        if line is not None:
            line.leave(connection)
            self._measures.socket(connection.view.feed, -1)
            if not len(line):
                del self._lines[connection.view]
                self._snapshots.pop(connection.view, None)

    def _move(self, connection: Connection, view: View) -> None:
        """To another line, with everything of the one that they leave."""
        before = connection.view
        self.show()
        connection.send(b"")
        self._step_out(connection)
        self._stand(connection, view)
        if view.people == "names" != before.people:
            connection.send(text_frame(encode(People(joined=tuple(self.company.people.values())))))
        elif view.people == "number" != before.people:
            connection.send(text_frame(encode(People(number=self.company.number()))))

    def _update(self) -> None:
        assert self._state is not None
        assert self._shown is not None
        if self._state is self._shown:
            return
        update = views.update(self._shown, self._state)
        self._shown = self._state
        spread, self._unshown = self._unshown, None
        for view, line in self._lines.items():
            if view.feed == "updates":
                line.put(views.update_frame(update, view), spread)
            elif view.feed == "totals":
                frame = views.totals_frame(update, view)
                if frame is not None:
                    line.put(frame, spread)
        if self._untold is not None:
            self._put_number()

    def _moved(self) -> None:
        self._names.due()

    def _tell_names(self) -> None:
        newcomers, self._newcomers = self._newcomers, {}
        people = self.company.gathered()
        moved = movements(self.company.people, people)
        self.company.people = people
        if len(people) != self._told:
            self._number.due()
        if moved is None:
            return
        frame = text_frame(encode(moved))
        told = () if moved.left else moved.joined + moved.changed
        for view, line in self._lines.items():
            if view.people == "names":
                knowing = [each for each in line if (newcomers.get(each),) == told]
                for connection in knowing:
                    connection.send(b"")  # all that comes before it
                line.put(frame)
                for connection in knowing:
                    line.lacks(connection)  # which they have by their welcome

    def _tell_number(self) -> None:
        if self._untold is None:
            loop = asyncio.get_running_loop()
            self._untold = loop.call_later(COMPANY_S, self._put_number)

    def _put_number(self) -> None:
        if self._untold is not None:
            self._untold.cancel()
            self._untold = None
        self._told = len(self.company.people)
        frame = text_frame(encode(People(number=self._told)))
        for view, line in self._lines.items():
            if view.people == "number":
                line.put(frame)

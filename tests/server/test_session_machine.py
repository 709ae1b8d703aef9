"""The rules of a session under every order of events that Hypothesis thinks of.

Workers decide, commit, read on, store, restart and lose answers; people send, send again, undo,
come and go. No socket, no clock, no Redis: a failure replays exactly, and shrinks.
"""

from collections import deque

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from calc import build as documents
from calc import patch
from calc.build import Scenario
from calc.operations import (
    AddScenario,
    ChooseScenario,
    Operation,
    RemoveScenario,
    SetTitle,
)
from gamedata import pack, starter
from server.client_messages import Asked, Edit, Redo, Undo
from server.engine import Engine
from server.log.logged import BrokenError, Done, Elsewhere, Known, Stored
from server.logic import session
from server.logic.rights import Access, Membership
from server.logic.session import Commit, Committed, State
from server.logic.undo import undo
from server.protocol import Position, encode
from server.server_messages import Change, Refused
from tests.server.history import finished
from tests.server.memory_log import MemoryLog, by, now

WORKERS = 2
PEOPLE = ("g1", "g2", "g3")
NAMES = {"g1": "Ann", "g2": "Bob", "g3": "Eve"}
KEEPS = 12
LARGE = 10**6

# What can be refused depends on what others did: the order of events matters.
operations: st.SearchStrategy[Operation] = st.sampled_from(
    (
        AddScenario("a", Scenario(title="Raid", team=8)),
        RemoveScenario("a"),
        AddScenario("a", Scenario(title="Duel", pvp=True)),
        RemoveScenario("a"),
        ChooseScenario("a"),
        SetTitle("Nova"),
    )
)
workers = st.integers(0, WORKERS - 1)
people = st.sampled_from(PEOPLE)
editors = st.sampled_from(("g1", "g1", "g2", "g2", "g3"))

CATALOGUE = pack.load(starter.path())


class Worker:
    """What one process knows, and what it is at."""

    def __init__(self, state: State, recent: tuple[Committed, ...]) -> None:
        self.state = state
        self.recent = deque(recent, maxlen=500)
        self.line: deque[tuple[str, Asked]] = deque()
        self.decided: tuple[str, Asked, Commit | Refused] | None = None


class Machine(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.engine = Engine(CATALOGUE)
        self.log = MemoryLog(KEEPS, 1000)
        build = documents.empty("Nova")
        result = self.engine.result(build)
        self.access = Access(
            1,
            {
                "g1": Membership("Ann", "owner"),
                "g2": Membership("Bob", "editor"),
                "g3": Membership("Eve", "viewer"),
            },
        )
        stored = Stored("e1", 0, "", build, result.totals, result.findings)
        assert now(self.log.open("s1", stored, self.engine.name, self.access))
        self.workers = [self.fresh() for _ in range(WORKERS)]
        self.sent: list[tuple[str, Asked]] = []
        self.accepted: dict[tuple[str, str], int] = {}
        self.refused: set[tuple[str, str]] = set()
        self.history: list[Change] = []
        self.newest = self.workers[0].state  # what a reader that never misses anything knows
        self.documents: list[object] = [msgspec.to_builtins(build)]
        self.barred: dict[str, int] = {}  # who may not edit any more, and since which revision
        self.positions = {person: Position("e1", 0) for person in PEOPLE}

    def fresh(self) -> Worker:
        loaded = now(self.log.load("s1"))
        assert loaded is not None
        return Worker(loaded.state, loaded.recent)

    # People.

    @rule(person=editors, worker=workers, made=st.lists(operations, min_size=1, max_size=2))
    def send(self, person: str, worker: int, made: list[Operation]) -> None:
        self.submit(person, worker, Edit(self.new_id(), self.base(person), tuple(made)))

    @rule(person=editors, made=operations)
    def send_to_all(self, person: str, made: Operation) -> None:
        """As somebody does who loses the line again and again."""
        edit = Edit(self.new_id(), self.base(person), (made,))
        for worker in range(WORKERS):
            self.submit(person, worker, edit)

    @rule(person=editors, worker=workers, made=st.lists(operations, min_size=1, max_size=4))
    def make(self, person: str, worker: int, made: list[Operation]) -> None:
        """Edits that meet no trouble, after all that the worker has in line."""
        for each in made:
            self.send(person, worker, [each])
        while self.workers[worker].decided is not None:
            self.settle(worker, answered=True)

    @rule(person=editors, worker=workers, kind=st.sampled_from((Undo, Redo)))
    def send_undo(self, person: str, worker: int, kind: type[Undo] | type[Redo]) -> None:
        self.submit(person, worker, kind(self.new_id(), self.base(person)))

    @rule(which=st.integers(0, 1000), worker=workers)
    def send_again(self, which: int, worker: int) -> None:
        if self.sent:
            self.put(worker, *self.sent[which % len(self.sent)])

    @rule(which=st.integers(0, 1000), worker=workers, made=operations)
    def use_an_id_again(self, which: int, worker: int, made: Operation) -> None:
        """For another edit, once the first was accepted."""
        accepted = sorted(self.accepted)
        if accepted:
            person, edit = accepted[which % len(accepted)]
            other = Edit(edit, self.base(person), (made, SetTitle("again"), made))
            self.put(worker, person, other)

    @rule(person=people, worker=workers)
    def come_back(self, person: str, worker: int) -> None:
        """With a position: they get what leads from there to what the worker has."""
        there = self.workers[worker]
        position = self.positions[person]
        frames = session.missed(there.state, tuple(there.recent), position, LARGE)
        if frames is not None:
            document = self.documents[position.revision]
            for frame in frames:
                change = msgspec.json.decode(frame, type=Change)
                document = patch.merge(document, change.patch)
            assert document == self.documents[there.state.revision]
        self.positions[person] = there.state.position

    def submit(self, person: str, worker: int, edit: Asked) -> None:
        self.sent.append((person, edit))
        self.put(worker, person, edit)

    def put(self, worker: int, person: str, edit: Asked) -> None:
        self.workers[worker].line.append((person, edit))
        self.decide(worker)

    def new_id(self) -> str:
        return f"edit-{len(self.sent):04}"

    def base(self, person: str) -> int:
        return self.positions[person].revision

    # Workers. Between a decision and its commit, and between a commit and its answer, anything
    # may happen.

    def decide(self, worker: int) -> None:
        """The next in line, if nothing is to be settled before."""
        here = self.workers[worker]
        if here.decided is None and here.line:
            person, edit = here.line.popleft()
            here.decided = (person, edit, self.decision(here, person, edit))

    @rule(worker=workers, answered=st.booleans())
    def settle(self, worker: int, answered: bool) -> None:
        """answered: else the answer is lost, and the worker asks again later on."""
        here = self.workers[worker]
        if here.decided is None:
            return
        person, edit, decision = here.decided
        if isinstance(decision, Refused):
            outcome = now(self.log.refuse(here.state, person, edit, decision))
        else:
            outcome = now(self.log.commit(decision, encode(decision.change)))
        self.observe()
        if not answered:
            return
        here.decided = None
        match outcome:
            case Done(revision=revision):
                assert isinstance(decision, Commit)
                here.state = decision.after
                here.recent.append(self.entry(decision))
                self.accept(person, edit, revision)
            case Known(revision=revision, same=True):
                self.accept(person, edit, revision)
            case Known():
                assert (person, edit.id) in self.accepted or self.is_made(person, edit.id)
            case Refused():
                self.refused.add((person, edit.id))
            case Elsewhere(why="moved"):
                here.line.appendleft((person, edit))
                self.read(worker)
            case _:
                raise AssertionError(outcome)
        self.decide(worker)

    @rule(worker=workers)
    def read(self, worker: int) -> None:
        here = self.workers[worker]
        try:
            news = now(self.log.since(here.state))
        except BrokenError as broken:
            if broken.why != "behind":  # the log was trimmed; nothing else may be
                raise
            fresh = self.fresh()
            here.state, here.recent = fresh.state, fresh.recent
            return
        for committed, change in news.changes:
            here.state = session.follow(here.state, change)
            here.recent.append(committed)
        if news.access is not None:
            here.state = msgspec.structs.replace(here.state, access=news.access)

    @rule(worker=workers)
    def store(self, worker: int) -> None:
        now(self.log.store(self.workers[worker].state))

    @rule(worker=workers)
    def kill(self, worker: int) -> None:
        self.workers[worker] = self.fresh()

    @rule(person=st.sampled_from(PEOPLE[1:]), role=st.sampled_from(("editor", "viewer", "")))
    def change_role(self, person: str, role: str) -> None:
        """ "" takes it away. From the answer on, nobody without the right changes anything."""
        members = {each: member for each, member in self.access.members.items() if each != person}
        if role:
            members[person] = Membership(NAMES[person], role)  # type: ignore[arg-type]
        self.access = Access(self.access.version + 1, members)
        assert now(self.log.put_access("s1", self.access))
        if role == "editor":
            self.barred.pop(person, None)
        else:
            self.barred.setdefault(person, len(self.history))

    def decision(self, here: Worker, person: str, edit: Asked) -> Commit | Refused:
        if isinstance(edit, Edit):
            return session.decide(here.state, person, edit, self.engine, 0)
        return finished(undo(here.state, person, edit, tuple(here.recent), self.engine, 0))

    def entry(self, commit: Commit) -> Committed:
        inverse = msgspec.json.encode(commit.inverse)
        return session.entry(commit.change, encode(commit.change), inverse)

    def accept(self, person: str, edit: Asked, revision: int) -> None:
        assert self.accepted.setdefault((person, edit.id), revision) == revision

    def is_made(self, person: str, edit: str) -> bool:
        return any((by(change), change.edit) == (person, edit) for change in self.history)

    def observe(self) -> None:
        """Follow what was just committed, and check it."""
        for change in self.log.changes("s1"):
            if change.revision <= self.newest.revision:
                continue
            assert change.revision == self.newest.revision + 1
            author = by(change)
            assert author not in self.barred, "committed after the right was taken away"
            assert author in ("g1", "g2", "g3")
            assert not self.is_made(author, change.edit), "made twice"
            assert (author, change.edit) not in self.refused, "made, and its author knows better"
            self.newest = session.follow(self.newest, change)
            self.history.append(change)
            self.documents.append(msgspec.to_builtins(self.newest.build))
            result = Engine.result(self.engine, self.newest.build)
            assert result.totals == self.newest.totals
            assert result.findings == self.newest.findings

    @invariant()
    def everybody_is_somewhere_in_the_same_history(self) -> None:
        for worker in self.workers:
            revision = worker.state.revision
            assert msgspec.to_builtins(worker.state.build) == self.documents[revision]
            edit = self.history[revision - 1].edit if revision else ""
            assert worker.state.edit == edit

    def teardown(self) -> None:
        """What was accepted is there, and everybody gets to the newest state."""
        if not hasattr(self, "workers"):
            return
        for (person, edit), revision in self.accepted.items():
            change = self.history[revision - 1]
            assert (by(change), change.edit) == (person, edit)
        for number, worker in enumerate(self.workers):
            self.read(number)
            assert worker.state.position == self.newest.position
            assert worker.state.build == self.newest.build
            assert worker.state.totals == self.newest.totals
            assert worker.state.access == self.access


Machine.TestCase.settings = settings(
    max_examples=200,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=(HealthCheck.too_slow,),
)
TestSessions = pytest.mark.timeout(300)(Machine.TestCase)

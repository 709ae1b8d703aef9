"""Going back, and taking back what somebody did, by its rules (server/logic/going_back.py)."""

from collections.abc import Callable
from random import Random

import msgspec
import pytest
from msgspec import UNSET

from calc.build import Build
from calc.operations import (
    AddPool,
    AddSlot,
    DropPower,
    Restore,
    SetLevel,
    SetNotes,
    SetOrigin,
    SetTitle,
    TakePower,
)
from server.client_messages import GoBack, UndoWork
from server.commands.fuzz.edits import random_operations
from server.engine import Engine
from server.logic import session
from server.logic.going_back import go_back, undo_work
from server.logic.session import Commit
from server.server_messages import Change, Refused
from tests.server.history import ANN, BOB, HASTEN, History, finished

Took = Callable[..., Commit | Refused]


class Rewound(History):
    """A session of which every build is known."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.engine = engine
        self.builds: list[Build] = [self.start]

    def _take(self, made: Commit) -> None:
        super()._take(made)
        self.builds.append(self.state.build)

    def asked_back(self, person: str, revision: int, **more: bool) -> Commit | Refused:
        id_ = f"back-{self.state.revision + 1:04}"
        base = 1 if more else self.state.revision
        asked = GoBack(id_, base, revision, self.builds[revision], **more)
        made = go_back(self.state, person, asked, self.past, self.engine, 0)
        if isinstance(made, Commit):
            assert session.digest(asked) == made.digest
            self._take(made)
        return made

    def asked_undone(self, person: str, whose: str, since: int = 0) -> Commit | Refused:
        asked = UndoWork(f"work-{self.state.revision + 1:04}", 0, whose, since)
        made = finished(undo_work(self.state, person, asked, self.past, self.engine, 0))
        if isinstance(made, Commit):
            assert session.digest(asked) == made.digest
            self._take(made)
        return made

    def allow_editors(self) -> None:
        access = msgspec.structs.replace(self.state.access, editors_go_back=True)
        self.state = msgspec.structs.replace(self.state, access=access)


@pytest.fixture
def history(engine: Engine) -> Rewound:
    return Rewound(engine)


def done(made: Commit | Refused) -> Change:
    assert isinstance(made, Commit), made
    return made.change


def refused(made: Commit | Refused) -> Refused:
    assert isinstance(made, Refused), made
    return made


def test_g1_going_back_is_one_edit_that_can_be_undone_and_redone(history: Rewound) -> None:
    history.edit(ANN, AddPool("Pool.Speed"), TakePower(HASTEN, 10))
    history.edit(BOB, AddSlot(HASTEN, "k1", 20))
    history.edit(BOB, DropPower(HASTEN))
    full = history.builds[2]
    change = done(history.asked_back(ANN, 2))
    assert (change.revision, change.restores, change.by) == (4, 2, ANN)
    assert history.state.build == full
    assert history.state.totals == history.engine.result(full).totals
    history.undo(ANN)
    assert history.state.build == history.builds[3]
    history.redo(ANN)
    assert history.state.build == full
    assert refused(history.asked_back(ANN, 2)).code == "no_difference"


def test_g1_its_undo_leaves_what_others_changed_since(history: Rewound) -> None:
    history.edit(ANN, SetLevel(20), SetOrigin("Magic"))
    history.edit(ANN, AddPool("Pool.Speed"))
    done(history.asked_back(ANN, 0))
    history.edit(BOB, SetLevel(33))
    change = history.undo(ANN).change
    assert [kept.place for kept in change.kept] == ["level"]
    build = history.state.build
    assert (build.level, build.origin) == (33, "Magic")
    assert build.powersets.pools == {"Pool.Speed": True}


def test_g1_what_another_log_lost_is_made_again(history: Rewound) -> None:
    history.edit(ANN, SetLevel(20))
    before = history.state
    made = history.asked_back(ANN, 0)
    lost = done(made)
    again = session.decide_again(before, lost, history.engine, 0)
    assert isinstance(again, Commit)
    assert again.after.build == history.start
    assert (again.change.restores, again.digest) == (0, session.digest(lost))


def test_g2_the_owner_may_and_editors_if_they_are_let(history: Rewound) -> None:
    history.edit(ANN, SetLevel(20))
    assert refused(history.asked_back(BOB, 0)).code == "not_allowed"
    assert refused(history.asked_undone(BOB, ANN)).code == "not_allowed"
    assert refused(history.asked_back("g9", 0)).code == "not_allowed"
    history.allow_editors()
    assert done(history.asked_undone(BOB, ANN)).by == BOB
    assert done(history.asked_back(BOB, 1)).by == BOB
    access = msgspec.structs.replace(history.state.access, locked=True)
    history.state = msgspec.structs.replace(history.state, access=access)
    assert refused(history.asked_back(ANN, 0)).code == "locked"
    assert refused(history.asked_undone(ANN, BOB)).code == "locked"


def test_g2_whoever_may_is_told_why_there_is_nothing_to_go_back_to(history: Rewound) -> None:
    nothing = Refused("no_revision", "The session has no revision 9.", id="back-9")
    for person, told in ((ANN, "no_revision"), (BOB, "not_allowed")):
        asked = GoBack("back-9", 0, 9, nothing)
        made = go_back(history.state, person, asked, history.past, history.engine, 0)
        assert refused(made).code == told


def test_g3_it_is_refused_when_something_happened_if_that_was_asked_for(history: Rewound) -> None:
    history.edit(ANN, SetLevel(20))
    history.edit(BOB, SetLevel(21))
    answer = refused(history.asked_back(ANN, 0, unchanged=True))
    assert (answer.code, answer.message) == ("changed_meanwhile", "Bob set the level to 21 since.")
    assert done(history.asked_back(ANN, 0)).restores == 0


def test_g4_somebodys_work_is_taken_back_and_the_rest_stays(history: Rewound) -> None:
    first = history.edit(BOB, SetLevel(20), AddPool("Pool.Speed"))
    history.edit(ANN, TakePower(HASTEN, 10), SetOrigin("Magic"))
    second = history.edit(BOB, AddSlot(HASTEN, "k1", 20))
    third = history.edit(BOB, SetNotes("Bob was here"))
    history.edit(ANN, SetNotes("Ann, too"))
    change = done(history.asked_undone(ANN, BOB))
    assert change.undoes_work is not UNSET
    assert change.undoes_work.edits == (second, first)
    assert [each.edit for each in change.passed_over] == [third]
    assert "You" in change.passed_over[0].message
    # The pool stays, for what Ann took of it since.
    assert [kept.message for kept in change.kept] == ["You took Hasten since."]
    assert history.state.build.powersets.pools == {"Pool.Speed": True}
    build = history.state.build
    assert (build.level, build.origin, build.notes) == (50, "Magic", "Ann, too")
    assert not build.powers[HASTEN].slots
    # One edit, with one way back.
    history.undo(ANN)
    assert history.state.build == history.builds[5]


def test_g4_only_what_is_in_effect_and_after_the_revision(history: Rewound) -> None:
    history.edit(BOB, SetLevel(20))
    second = history.edit(BOB, SetTitle("Bob"))
    history.edit(BOB, SetOrigin("Magic"))
    history.undo(BOB)
    change = done(history.asked_undone(ANN, BOB, since=1))
    assert change.undoes_work is not UNSET
    assert change.undoes_work.edits == (second,)
    assert (history.state.build.level, history.state.build.title) == (20, "Nova")
    # What was taken back is not there for its author to undo; once it is in effect again, it is.
    assert history.undo(BOB).change.undoes == "edit-0001"
    history.undo(ANN)
    assert history.state.build.title == "Bob"
    assert history.undo(BOB).change.undoes == second
    assert refused(history.asked_undone(ANN, BOB)).code == "nothing_to_undo"


def test_any_revision_can_be_gone_back_to(engine: Engine) -> None:
    random = Random(7)
    history = Rewound(engine)
    while len(history.builds) < 60:
        made = random_operations(random, history.state.build, engine.catalogue)
        edit = session.Edit(f"edit-{history.state.revision + 1:04}", 0, made)
        decided = session.decide(history.state, BOB, edit, engine, 0)
        if isinstance(decided, Commit):
            history._take(decided)
    for _ in range(20):
        revision = random.randrange(60)
        before = history.state.build
        if history.builds[revision] == before:
            continue
        change = done(history.asked_back(ANN, revision))
        assert isinstance(change.operations[0], Restore)
        assert history.state.build == history.builds[revision]
        history.undo(ANN)
        assert history.state.build == before
    change = done(history.asked_undone(ANN, BOB))
    left = {*change.passed_over}
    if not left and not change.kept:
        assert history.state.build == history.start

"""Going back, and taking back what somebody did, by its rules (server/logic/going_back.py)."""

from collections.abc import Callable
from random import Random

import msgspec
import pytest
from msgspec import UNSET

from calc import patch
from calc.build import Build
from calc.operations import (
    AddPool,
    AddSlot,
    DropPower,
    Restore,
    SetLevel,
    SetNotes,
    SetOrigin,
    SetPowerset,
    SetTitle,
    TakePower,
)
from server.client_messages import GoBack, Undo, UndoWork
from server.commands.fuzz.edits import random_operations
from server.engine import Engine
from server.logic import going_back as module
from server.logic import session
from server.logic.going_back import go_back, undo_work
from server.logic.session import Commit
from server.server_messages import Change, PassedOver, Refused, Work
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
    told = "The build is what it was at revision 2."
    assert history.asked_back(ANN, 2) == Refused("no_difference", told, id="back-0007")


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


def test_u3_its_undo_whose_rest_would_break_a_rule_is_passed_over(history: Rewound) -> None:
    shadow_meld = "Epic.Stalker_Soul_Mastery.Shadow_Meld"
    history.edit(ANN, SetPowerset("epic", "Epic.Stalker_Soul_Mastery"), TakePower(shadow_meld))
    back = done(history.asked_back(ANN, 0)).edit
    history.edit(BOB, SetPowerset("epic", "Epic.Body_Mastery"))
    refused = history.refused(ANN, Undo("undo-0004", 0))
    told = "What is left of it would break a rule of the game."
    assert refused.passed_over[0] == PassedOver(back, told)


def test_u3_what_breaks_a_rule_already_is_no_reason(history: Rewound) -> None:
    foreign = {"powers": {HASTEN: {"level": 10}}}  # of a pool that is not there
    build = patch.patched(history.start, foreign)
    history.state = msgspec.structs.replace(history.state, build=build)
    history.builds = [build]
    history.edit(ANN, SetTitle("Supernova"), SetLevel(20))
    done(history.asked_back(ANN, 0))
    history.edit(BOB, SetLevel(30))
    change = history.undo(ANN).change
    assert [kept.place for kept in change.kept] == ["level"]
    assert history.state.build.title == "Supernova"


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
    told = "The owner may do this, and editors if the owner lets them."
    assert history.asked_back(BOB, 0) == Refused("not_allowed", told, id="back-0002")
    assert refused(history.asked_undone(BOB, ANN)).code == "not_allowed"
    assert refused(history.asked_back("g9", 0)).code == "not_allowed"
    history.allow_editors()
    assert done(history.asked_undone(BOB, ANN)).by == BOB
    assert done(history.asked_back(BOB, 1)).by == BOB
    access = msgspec.structs.replace(history.state.access, locked=True)
    history.state = msgspec.structs.replace(history.state, access=access)
    told = "The session is locked: nobody edits just now."
    assert history.asked_back(ANN, 0) == Refused("locked", told, id="back-0004")
    assert refused(history.asked_undone(ANN, BOB)).code == "locked"


def test_g2_whoever_may_is_told_why_there_is_nothing_to_go_back_to(history: Rewound) -> None:
    nothing = Refused("no_revision", "The session has no revision 9.", id="back-9")
    for person, told in ((ANN, "no_revision"), (BOB, "not_allowed")):
        asked = GoBack("back-9", 0, 9, nothing)
        made = go_back(history.state, person, asked, history.past, history.engine, 0)
        assert refused(made).code == told


def test_g3_it_is_refused_when_something_happened_if_that_was_asked_for(history: Rewound) -> None:
    for level in (19, 20, 21):
        history.edit(BOB, SetLevel(level))
    told = "Bob set the level to 21 since."
    changed = Refused("changed_meanwhile", told, id="back-0004")
    assert history.asked_back(ANN, 0, unchanged=True) == changed
    assert done(history.asked_back(ANN, 0)).restores == 0
    history.past.clear()  # it was just opened
    answer = refused(history.asked_back(ANN, 2, unchanged=True))
    assert answer.message == "It has been changed since."


def test_g3_it_is_made_when_nothing_happened(history: Rewound) -> None:
    history.edit(BOB, SetLevel(20))
    assert done(history.asked_back(ANN, 0, unchanged=True)).restores == 0


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


def test_g4_each_is_taken_back_from_what_is_left_without_the_newer(history: Rewound) -> None:
    first, second = (history.edit(BOB, SetLevel(level)) for level in (20, 30))
    change = done(history.asked_undone(ANN, BOB))
    assert change.undoes_work == Work(BOB, 0, (second, first))
    assert (change.passed_over, history.state.build.level) == ((), 50)


def test_g4_of_what_stays_only_so_much_is_told(
    history: Rewound, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.edit(BOB, SetTitle("Bob"), SetNotes("Bob"), SetOrigin("Magic"))
    history.edit(ANN, SetTitle("Ann"), SetNotes("Ann"))
    passed = [history.edit(BOB, SetLevel(level)) for level in (20, 30)]
    history.edit(ANN, SetLevel(40))
    monkeypatch.setattr(module, "TOLD", 1)
    change = done(history.asked_undone(ANN, BOB))
    assert [kept.place for kept in change.kept] == ["notes"]
    assert [each.edit for each in change.passed_over] == passed[1:]


def test_g4_where_nothing_can_be_taken_back_the_reason_is_told(history: Rewound) -> None:
    for whose, name in ((BOB, "Bob's"), ("g9", "theirs")):
        told = f"There is nothing of {name} that can be undone."
        nothing = Refused("nothing_to_undo", told, id="work-0001")
        assert history.asked_undone(ANN, whose) == nothing
    edits = [history.edit(BOB, *made) for made in ((SetTitle("Bob"),), (SetLevel(20),))]
    history.edit(ANN, SetTitle("Ann"), SetLevel(30))
    answer = refused(history.asked_undone(ANN, BOB))
    assert answer.id == "work-0004"
    assert [each.edit for each in answer.passed_over] == edits[::-1]
    assert answer.message == "You set the level to 30 since."


def test_g4_what_is_taken_back_again_is_not_in_effect(history: Rewound) -> None:
    history.edit(BOB, SetLevel(20))
    done(history.asked_undone(ANN, BOB))
    told = "There is nothing of yours that can be undone."
    nothing = Refused("nothing_to_undo", told, id="undo-last")
    assert history.refused(BOB, Undo("undo-last", 0)) == nothing
    history.undo(ANN)
    history.redo(ANN)
    assert history.refused(BOB, Undo("undo-last", 0)) == nothing
    history.undo(ANN)
    assert history.undo(BOB).change.undoes == "edit-0001"


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

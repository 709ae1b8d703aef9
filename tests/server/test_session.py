"""The rules of a session, by their numbers (server/logic/session.py)."""

from collections.abc import Sequence
from random import Random

import msgspec
import pytest
from msgspec import UNSET

from calc import build as documents
from calc.operations import Operation, SetArchetype, SetLevel, SetTitle, TakePower
from calc.rules import Finding
from server.client_messages import Edit, GoBack, Making, Redo, Undo, UndoWork
from server.commands.fuzz.edits import random_operations
from server.engine import Engine
from server.logic import rights, session
from server.logic.rights import Access, Membership
from server.logic.session import Commit, Committed, House, State
from server.protocol import Position, Role
from server.server_messages import (
    CatalogueName,
    Change,
    Kept,
    Limits,
    Member,
    PassedOver,
    Present,
    Refused,
    Welcome,
    Work,
)

OWNER = "g1"


def a_state(engine: Engine, role: Role = "owner") -> State:
    build = documents.empty("Nova")
    result = engine.result(build)
    access = Access(1, {OWNER: Membership("Ann", role)})
    return State("s1", "e1", 0, "", engine.name, build, result.totals, result.findings, access)


def an_edit(number: int, *operations: Operation, base: int = 0) -> Edit:
    return Edit(f"edit-{number:04}", base, operations)


def decided(state: State, edit: Edit, engine: Engine) -> Commit:
    commit = session.decide(state, OWNER, edit, engine, 1000)
    assert isinstance(commit, Commit)
    return commit


@pytest.mark.parametrize("role", ["viewer", "suggester"])
def test_s1_only_owners_and_editors_edit(engine: Engine, role: Role) -> None:
    state = a_state(engine, role)
    refused = session.decide(state, OWNER, an_edit(1, SetLevel(3)), engine, 0)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.id) == ("not_allowed", "edit-0001")


def test_s1_a_stranger_does_not_edit(engine: Engine) -> None:
    refused = session.decide(a_state(engine), "g2", an_edit(1, SetLevel(3)), engine, 0)
    assert isinstance(refused, Refused)


def test_s2_one_refused_operation_refuses_all(engine: Engine) -> None:
    state = a_state(engine)
    edit = an_edit(1, SetLevel(3), SetTitle("x"), TakePower("No.Such.Power"), SetLevel(4))
    refused = session.decide(state, OWNER, edit, engine, 0)
    assert isinstance(refused, Refused)
    assert refused.operation == 2
    assert refused.rule
    assert refused.message


def test_s2_operations_of_one_edit_see_each_other(engine: Engine) -> None:
    commit = decided(
        a_state(engine), an_edit(1, SetArchetype("Class_Scrapper"), SetLevel(9)), engine
    )
    assert commit.after.build.archetype == "Class_Scrapper"
    assert commit.after.build.level == 9


def test_s3_the_base_never_decides(engine: Engine) -> None:
    state = a_state(engine)
    old, new = (decided(state, an_edit(1, SetLevel(3), base=base), engine) for base in (0, 99))
    assert old.change == new.change


def test_a_change_says_what_is_different_and_no_more(engine: Engine) -> None:
    change = decided(a_state(engine), an_edit(1, SetTitle("Supernova")), engine).change
    assert change.patch == {"title": "Supernova"}
    assert change.totals == {}
    assert change.findings is UNSET
    assert (change.revision, change.by, change.at) == (1, OWNER, 1000)


def test_the_inverse_takes_an_edit_back(engine: Engine, random: Random) -> None:
    state = a_state(engine)
    for number in range(60):
        operations = random_operations(random, state.build, engine.catalogue)
        commit = session.decide(state, OWNER, an_edit(number, *operations), engine, 0)
        if isinstance(commit, Commit) and commit.inverse:
            back = decided(commit.after, an_edit(1000 + number, *commit.inverse), engine)
            assert documents.encode(back.after.build) == documents.encode(state.build)
            state = commit.after


def test_s6_following_a_change_gives_what_deciding_it_gave(engine: Engine, random: Random) -> None:
    here = there = a_state(engine)
    for number in range(60):
        operations = random_operations(random, here.build, engine.catalogue)
        commit = session.decide(here, OWNER, an_edit(number, *operations), engine, 0)
        if isinstance(commit, Commit):
            wire = msgspec.json.encode(commit.change)
            here = commit.after
            there = session.follow(there, msgspec.json.decode(wire, type=type(commit.change)))
            assert there == here


def test_s6_only_the_next_change_can_be_followed(engine: Engine) -> None:
    state = a_state(engine)
    change = decided(state, an_edit(1, SetLevel(3)), engine).change
    after = session.follow(state, change)
    with pytest.raises(ValueError, match="does not follow"):
        session.follow(after, change)


# What another log lost


def test_what_is_decided_again_is_what_it_was_but_for_when(engine: Engine) -> None:
    state = a_state(engine)
    lost = msgspec.structs.replace(
        decided(state, an_edit(1, SetLevel(3)), engine).change,
        undoes="edit-0007",
        redoes="edit-0008",
        kept=(Kept("level", "g2", "Bob set the level to 4 since."),),
        passed_over=(PassedOver("edit-0009", "It is as it was already."),),
        proposed_by="g3",
        restores=0,
        undoes_work=Work("g2", 0, ("edit-0006",)),
    )
    again = session.decide_again(state, lost, engine, 2000)
    assert isinstance(again, Commit)
    assert again.change == msgspec.structs.replace(lost, at=2000)
    assert (again.person, again.base, again.before) == (OWNER, 0, state)


def test_what_cannot_be_decided_again_is_refused_as_any_edit(engine: Engine) -> None:
    lost = decided(a_state(engine), an_edit(1, SetTitle("x"), SetLevel(3)), engine).change
    viewer = session.decide_again(a_state(engine, "viewer"), lost, engine, 0)
    assert viewer == Refused("not_allowed", "You may not edit any more.", id="edit-0001")
    lost = msgspec.structs.replace(lost, operations=(SetTitle("x"), SetLevel(3, expects=2)))
    refused = session.decide_again(a_state(engine), lost, engine, 0)
    told = "It is not what you saw any more."
    assert refused == Refused("changed_meanwhile", told, id="edit-0001", operation=1)


@pytest.mark.parametrize(
    ("made", "known"),
    [
        (Edit("edit-0001", 0, (SetLevel(3), SetTitle("x"))), "96f0f5a968b8788f"),
        (Undo("edit-0001", 0), "f2c365d311cee610"),
        (Redo("edit-0001", 0), "3d2f82f5f5159fb4"),
        (GoBack("edit-0001", 0, 7, documents.empty("Nova")), "3c1d2622e62fe32f"),
        (UndoWork("edit-0001", 0, "g2", 7), "9c5cf535fa646177"),
    ],
)
def test_an_edit_is_known_by_what_older_releases_wrote_down(made: Making, known: str) -> None:
    assert session.digest(made) == known


# S4: resuming


def history(engine: Engine, length: int) -> tuple[State, Sequence[Committed]]:
    state = a_state(engine)
    recent = []
    for number in range(1, length + 1):
        commit = session.decide(
            state, "g1", an_edit(number, SetLevel(number)), engine, 1000 + number
        )
        assert isinstance(commit, Commit)
        state = commit.after
        recent.append(Committed(number, f"edit-{number:04}", b"x" * 10, at=commit.change.at))
    return state, recent


LARGE = 10**6


@pytest.mark.parametrize("revision", [0, 1, 5, 9, 10])
def test_s4_who_proves_their_position_gets_the_changes_after_it(
    engine: Engine, revision: int
) -> None:
    state, recent = history(engine, 10)
    edit = f"edit-{revision:04}" if revision else ""
    at = 1000 + revision if revision else 0
    for position in (Position("e1", revision, edit, at), Position("e1", revision, edit)):
        frames = session.missed(state, recent, position, LARGE)
        assert frames is not None
        assert len(frames) == 10 - revision


@pytest.mark.parametrize(
    "position",
    [
        Position("e2", 5, "edit-0005"),
        Position("e1", 5, "edit-0004"),
        Position("e1", 5, ""),
        Position("e1", 0, "edit-0001"),
        Position("e1", 10, "another"),
        Position("e1", 11, "edit-0011"),
        Position("e1", 99, "edit-0099"),
        Position("e1", 5, "edit-0005", 1004),
        Position("e1", 10, "edit-0010", 1011),
    ],
    ids=[
        *("epoch", "edit", "no edit", "edit at the start", "edit at the end", "ahead", "far ahead"),
        *("decided at another time", "decided at another time, at the end"),
    ],
)
def test_s4_in_doubt_a_snapshot(engine: Engine, position: Position) -> None:
    state, recent = history(engine, 10)
    assert session.missed(state, recent, position, LARGE) is None


def test_s4_a_snapshot_when_the_log_does_not_reach_back(engine: Engine) -> None:
    state, recent = history(engine, 10)
    assert session.missed(state, recent[5:], Position("e1", 4, "edit-0004"), LARGE) is None
    # The change at the position itself would be the proof, and is forgotten.
    assert session.missed(state, recent[5:], Position("e1", 5, "edit-0005"), LARGE) is None
    assert session.missed(state, recent[5:], Position("e1", 6, "edit-0006"), LARGE) is not None
    # The beginning needs no proof, but all that came since.
    assert session.missed(state, recent[5:], Position("e1", 0), LARGE) is None
    # Of a session that was just opened nothing is known but where it is.
    assert session.missed(state, [], Position("e1", 10, "edit-0010", 1010), LARGE) == ()
    assert session.missed(state, [], Position("e1", 10, "edit-0009", 1009), LARGE) is None


def test_s4_a_snapshot_when_it_is_smaller(engine: Engine) -> None:
    state, recent = history(engine, 10)
    position = Position("e1", 5, "edit-0005")
    assert session.missed(state, recent, position, 50) is not None
    assert session.missed(state, recent, position, 49) is None


# Roles


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("owner", ["editor", "suggester", "viewer"]),
        ("editor", ["viewer"]),
        ("suggester", []),
        ("viewer", []),
    ],
)
def test_who_may_invite_whom(role: Role, may: list[Role]) -> None:
    roles: tuple[Role, ...] = ("owner", "editor", "suggester", "viewer")
    assert [each for each in roles if rights.may_invite(role, each)] == may


def test_s7_the_better_role_stays() -> None:
    assert rights.better("editor", "viewer") == "editor"
    assert rights.better("viewer", "editor") == "editor"


# People


def test_people_of_all_workers_are_gathered() -> None:
    ann, bob = Present("g1", "Ann", "owner", 1), Present("g2", "Bob", "viewer", 2)
    people = session.gather(((ann,), (bob, ann)))
    assert people == {"g1": Present("g1", "Ann", "owner", 2), "g2": bob}


def test_movements_tell_who_came_went_and_changed() -> None:
    ann, bob, eve = (Present(f"g{i}", "x", "viewer", 1) for i in range(3))
    before = {"g0": ann, "g1": bob}
    after = {"g0": msgspec.structs.replace(ann, connections=2), "g2": eve}
    moved = session.movements(before, after)
    assert moved is not None
    assert [each.person for each in moved.joined] == ["g2"]
    assert moved.left == ("g1",)
    assert [each.person for each in moved.changed] == ["g0"]
    assert session.movements(before, before) is None


def test_a_session_of_another_engine_moves_with_all_its_results(engine: Engine) -> None:
    found = (Finding("code", "rule", "What only another engine finds."),)
    old = msgspec.structs.replace(a_state(engine), engine="another", totals={}, findings=found)
    commit = session.move(old, engine, 1000)
    result = engine.result(old.build)
    edit = f"engine-{engine.name}-1"
    assert commit.change == Change(1, edit, 1000, (), {}, result.totals, result.findings)
    followed = session.follow(old, commit.change)
    assert commit.after == msgspec.structs.replace(followed, engine=engine.name)
    assert session.entry(commit.change, b"{}", b"[]") == Committed(1, edit, b"{}", at=1000)


def test_an_entry_of_the_log_says_what_undo_asks_of_it() -> None:
    change = Change(2, "edit-0002", 1000, (), {}, {}, by="g1", undoes="edit-0001", proposed_by="g2")
    told = Committed(2, "edit-0002", b"{}", "g1", undoes="edit-0001", proposed_by="g2", at=1000)
    assert session.entry(change, b"{}", b"[]") == told
    change = Change(3, "edit-0003", 0, (), {}, {}, redoes="edit-0001")
    change = msgspec.structs.replace(change, undoes_work=Work("g3", 0, ("edit-0001",)))
    entry = session.entry(change, b"{}", b"[1]")
    assert (entry.redoes, entry.origin, entry.inverse) == ("edit-0001", "edit-0001", b"[1]")
    assert (entry.whose, entry.undone) == ("g3", ("edit-0001",))


def test_a_newcomer_is_told_of_the_session(engine: Engine) -> None:
    state = a_state(engine)
    access = msgspec.structs.replace(state.access, title="Raid", locked=True, editors_go_back=True)
    house = House(
        CatalogueName("release", "hash"), Limits(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), 20.0, "w1"
    )
    members, people = (Member(OWNER, "Ann", "owner"),), (Present(OWNER, "Ann", "owner"),)
    assert session.welcome(
        msgspec.structs.replace(state, access=access, revision=7),
        OWNER,
        resumed="changes",
        members=members,
        people=iter(people),
        number=3,
        house=house,
        token="token",
    ) == Welcome(
        *("s1", OWNER, "Ann", "owner", "e1", 7, "changes", members, people, house.catalogue),
        *(engine.name, house.limits, 20.0, "w1", "token", 3, "Raid", True, True),
    )


@pytest.fixture
def random() -> Random:
    return Random(7)

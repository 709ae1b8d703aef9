"""Proposals, by the rules' numbers (server/live/proposals.py)."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from calc import build as documents
from calc.operations import AddPool, AddSlot, DropPower, Operation, SetLevel, TakePower
from server.client_messages import Decide, Propose
from server.engine import Engine
from server.live import proposals
from server.live.board import Board
from server.live.desk import Desk
from server.live.proposals import Taking
from server.log.logged import Stored
from server.logic.session import Commit, entry
from server.members import access
from server.members.access import AccessError
from server.orm import ChangeRow, Database
from server.protocol import encode
from server.redis.calls import UnreachableError
from server.server_messages import Accepted, Proposal, Refused
from tests.server.history import ANN, BOB, HASTEN, History


class Live(SimpleNamespace):
    """Stands for a session, where it must be told from others."""

    __hash__ = object.__hash__  # type: ignore[assignment]


@pytest.fixture
def history(engine: Engine) -> History:
    return History(engine)


@pytest.fixture
async def session(database: Database) -> str:
    stored = Stored("e1", 0, "", documents.empty("Nova"), {}, ())
    return (await access.create_session(database, ANN, "Ann", stored, "engine", "release"))[0]


async def joined(database: Database, session: str, role: access.Role) -> str:
    """The id of the invitation by which Bob came."""
    invitation, secret = await access.invite(database, session, ANN, role, None, None)
    await access.accept(database, session, secret, BOB, "Bob")
    return invitation


def propose(number: int, *operations: Operation) -> Propose:
    return Propose(f"proposal-{number}", operations or (SetLevel(20),), "Lower")


def test_p1_what_is_impossible_is_not_proposed(history: History, engine: Engine) -> None:
    answer = proposals.tried(history.state, BOB, propose(1, DropPower(HASTEN)), engine)
    assert isinstance(answer, Refused)
    assert answer.id == "proposal-1"
    totals = proposals.tried(history.state, BOB, propose(2), engine)
    assert isinstance(totals, dict)
    assert "health.max" in totals


async def test_p1_what_is_impossible_by_now_says_why(
    history: History, engine: Engine, database: Database, session: str
) -> None:
    history.edit(ANN, AddPool("Pool.Speed"), TakePower(HASTEN))
    made = propose(1, AddSlot(HASTEN, "k1"))
    kept, _ = await proposals.keep(database, session, ANN, made, 1, {})
    assert proposals.on(history.state, kept, engine, history.past).problem == ""
    history.edit(ANN, DropPower(HASTEN))
    told = "Hasten is not among this character's powers. Ann dropped Hasten since."
    assert proposals.on(history.state, kept, engine, history.past).problem == told


def test_p1_what_its_author_saw_and_is_no_more_says_who_changed_it(
    history: History, engine: Engine
) -> None:
    history.edit(ANN, SetLevel(30))
    operations = (SetLevel(20, expects=30),)
    proposal = Proposal("proposal-1", BOB, "Lower", operations, {}, "open", 1, 0)
    assert proposals.on(history.state, proposal, engine, history.past).problem == ""
    history.edit(ANN, SetLevel(21))
    told = proposals.on(history.state, proposal, engine, history.past)
    assert (told.totals, told.problem) == ({}, "Ann set the level to 21 since.")
    taking = Taking("proposal-1", 2, operations, BOB, 1)
    for person, name in ((ANN, "You"), (BOB, "Ann")):  # whoever has pressed
        refused = proposals.take(history.state, person, taking, engine, history.past)
        assert isinstance(refused, Refused)
        assert (refused.code, refused.by) == ("changed_meanwhile", ANN)
        assert refused.message == f"{name} set the level to 21 since."
    told = proposals.on(history.state, proposal, engine, ())  # it is too long ago
    assert told.problem == "It has been changed since this was proposed."


async def test_a_bug_that_a_proposal_meets_costs_nobody_else(
    history: History,
    engine: Engine,
    database: Database,
    session: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    kept, _ = await proposals.keep(database, session, ANN, propose(1), 0, {})

    def apply(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(engine, "apply", apply)
    told = proposals.on(history.state, kept, engine, ())
    assert told.problem == "Something is wrong on the server."
    assert "a bug" in caplog.text
    caplog.clear()


def test_p2_it_is_one_edit_of_who_takes_it_and_taken_once(history: History, engine: Engine) -> None:
    taking = Taking("proposal-1", 0, (SetLevel(20),), BOB, 0)
    made = proposals.take(history.state, ANN, taking, engine, history.past)
    assert isinstance(made, Commit)
    change = made.change
    assert (change.edit, change.by, change.proposed_by) == ("proposal-1", ANN, BOB)
    assert proposals.taken(history.past, taking.id, BOB) is None
    committed = entry(change, encode(change), encode(made.inverse))
    history.past.append(committed)
    history.state = made.after
    assert proposals.taken(history.past, taking.id, BOB) is committed
    assert history.undo(ANN).change.undoes == "proposal-1"


def test_p2_an_edit_of_the_same_id_is_no_proposal_taken(history: History) -> None:
    edit = history.edit(ANN, SetLevel(20))
    assert proposals.taken(history.past, edit, BOB) is None


async def test_p2_it_is_decided_once(database: Database, session: str) -> None:
    await joined(database, session, "suggester")
    await proposals.keep(database, session, BOB, propose(1), 0, {})
    settled = await proposals.settle(database, session, ANN, "proposal-1", "accepted", 7)
    assert settled is not None
    assert (settled.state, settled.decided_by, settled.revision) == ("accepted", ANN, 7)
    assert await proposals.settle(database, session, ANN, "proposal-1", "declined", None) is None
    assert (await proposals.read(database, session, "proposal-1")).state == "accepted"
    assert await proposals.open_in(database, session) == ()


@pytest.mark.parametrize("accept", [True, False])
async def test_p2_who_decided_is_answered_again_as_the_first_time(
    accept: bool, history: History, engine: Engine, database: Database, session: str
) -> None:
    await joined(database, session, "editor")
    await proposals.keep(database, session, BOB, propose(1), 0, {})
    decided: tuple[proposals.Decided, int | None] = (
        ("accepted", 1) if accept else ("declined", None)
    )
    settled = await proposals.settle(database, session, ANN, "proposal-1", *decided)
    told: list[Any] = []

    async def refresh() -> None:
        told.append("the change")

    async def tell(proposal: Proposal) -> None:
        """They know it."""

    talk = SimpleNamespace(tell=tell)
    live: Any = SimpleNamespace(id=session, state=history.state, talk=talk, refresh=refresh)
    ann: Any = SimpleNamespace(person=ANN, answer=told.append)
    bob: Any = SimpleNamespace(person=BOB, answer=told.append)
    desk, same = Desk(database, engine), Decide("d1", "proposal-1", accept)
    await desk._decide(live, ann, same)
    assert told == (["the change", Accepted("d1", 1), settled] if accept else [settled])
    for connection, decide in ((bob, same), (ann, Decide("d2", "proposal-1", not accept))):
        with pytest.raises(AccessError, match="already"):
            await desk._decide(live, connection, decide)
    told.clear()
    if not accept:  # it came again while the first one was being kept
        await desk._settled(live, ann, same, "declined")
        assert told == [settled]


async def test_p2_one_that_was_taken_is_known_by_its_change(
    history: History, engine: Engine, database: Database, session: str
) -> None:
    await joined(database, session, "suggester")
    kept, _ = await proposals.keep(database, session, BOB, propose(1), 0, {})
    assert await proposals.made(database, session, kept) is None
    taking = Taking(kept.id, 0, kept.operations, BOB, 0)
    made = proposals.take(history.state, ANN, taking, engine, ())
    assert isinstance(made, Commit)
    for person, by in ((ANN, BOB), (BOB, None)):  # Bob made an edit of the same id, in between
        change = msgspec.structs.replace(made.change, proposed_by=by or UNSET)
        async with database.writing() as sql:
            row = ChangeRow(
                session_id=session,
                epoch="e1",
                revision=1 if by else 2,
                person=person,
                edit=kept.id,
                digest=made.digest,
                at=0,
                frame=encode(change),
                inverse=b"[]",
            )
            sql.add(row)
    assert await proposals.made(database, session, kept) == (ANN, 1)
    told: list[Proposal] = []

    async def tell(settled: Proposal) -> None:
        told.append(settled)

    talk = SimpleNamespace(tell=tell)
    live: Any = SimpleNamespace(id=session, state=made.after, talk=talk)
    connection: Any = SimpleNamespace(person=ANN)
    with pytest.raises(AccessError, match="accepted already"):
        await Desk(database, engine)._decide(live, connection, Decide("d1", kept.id, False))
    (settled,) = told
    assert (settled.state, settled.decided_by, settled.revision) == ("accepted", ANN, 1)


async def test_p2_it_is_told_even_if_its_change_cannot_be_read(
    history: History, engine: Engine, database: Database, session: str
) -> None:
    await proposals.keep(database, session, ANN, propose(1), 0, {})
    settled = await proposals.settle(database, session, ANN, "proposal-1", "accepted", 1)
    told: list[Any] = []

    async def refresh() -> None:
        raise UnreachableError

    async def tell(proposal: Proposal) -> None:
        told.append(proposal)

    talk = SimpleNamespace(tell=tell)
    live: Any = SimpleNamespace(id=session, state=history.state, talk=talk, refresh=refresh)
    ann: Any = SimpleNamespace(person=ANN, answer=told.append)
    with pytest.raises(UnreachableError):
        await Desk(database, engine)._decide(live, ann, Decide("d1", "proposal-1", True))
    assert told == [settled]


async def test_p2_who_took_it_need_not_come_to_say_so(
    history: History, engine: Engine, database: Database, session: str
) -> None:
    await joined(database, session, "suggester")
    kept, _ = await proposals.keep(database, session, BOB, propose(1), 0, {})
    other, _ = await proposals.keep(database, session, BOB, propose(2), 0, {})
    taking = Taking(kept.id, 0, kept.operations, BOB, 0)
    made = proposals.take(history.state, ANN, taking, engine, ())
    assert isinstance(made, Commit)
    past = [entry(made.change, encode(made.change), b"[]")]
    looked: list[Proposal] = []
    live: Any = Live(
        id=session,
        state=made.after,
        board=Board(engine),
        taken=lambda each: proposals.taken(past, each.id, each.by),
        talk=SimpleNamespace(looked=lambda *found: looked.extend(found[-1])),
    )
    await Desk(database, engine)._look(live)
    settled = msgspec.structs.replace(kept, state="accepted", decided_by=ANN, revision=1)
    assert looked == [settled, other]
    assert await proposals.open_in(database, session) == (other,)


async def test_p3_sent_twice_it_is_kept_once(database: Database, session: str) -> None:
    first, new = await proposals.keep(database, session, ANN, propose(1), 0, {})
    assert new
    assert await proposals.keep(database, session, ANN, propose(1), 3, {}) == (first, False)
    with pytest.raises(AccessError, match="another proposal"):
        await proposals.keep(database, session, ANN, propose(1, SetLevel(21)), 0, {})
    assert [each.id for each in await proposals.open_in(database, session)] == ["proposal-1"]


async def test_p3_sent_again_it_is_answered_as_it_is_by_then(
    history: History, engine: Engine, database: Database, session: str
) -> None:
    kept, _ = await proposals.keep(database, session, ANN, propose(1), 0, {})
    declined = msgspec.structs.replace(kept, state="declined", decided_by=ANN)
    board = Board(engine)
    answered: list[Proposal] = []

    async def tell(_: Proposal) -> None:
        board.hear(declined)  # by another worker, while SQL was read here

    live: Any = SimpleNamespace(
        id=session, state=history.state, board=board, talk=SimpleNamespace(tell=tell)
    )
    connection: Any = SimpleNamespace(person=ANN, answer=answered.append)
    await Desk(database, engine)._propose(live, connection, propose(1))
    assert answered == [declined]


async def test_p3_only_so_many_are_open(database: Database, session: str) -> None:
    for number in range(proposals.OPEN):
        await proposals.keep(database, session, ANN, propose(number), 0, {})
    with pytest.raises(AccessError) as refused:
        await proposals.keep(database, session, ANN, propose(99), 0, {})
    assert refused.value.code == "too_many_proposals"
    await proposals.settle(database, session, ANN, "proposal-0", "declined", None)
    assert (await proposals.keep(database, session, ANN, propose(99), 0, {}))[1]


async def test_who_was_removed_proposes_nothing_afterwards(
    database: Database, session: str
) -> None:
    invitation = await joined(database, session, "suggester")
    await access.revoke(database, session, ANN, invitation)
    with pytest.raises(AccessError):
        await proposals.keep(database, session, BOB, propose(1), 0, {})

"""What is decided again, by its rules (server/live/lost.py), and who is told of what is lost."""

import time
from collections.abc import Sequence
from typing import cast

import pytest
from msgspec.structs import replace

from calc.operations import SetTitle
from server.client_messages import Edit
from server.engine import Engine
from server.live import follower
from server.live.lost import LOST, Lost
from server.live.patience import Patience
from server.log.log import Log
from server.log.logged import Elsewhere, Known, Loss
from server.logic import session
from server.logic.session import Commit, Committed, State
from server.orm import DatabaseAwayError
from server.protocol import Position, encode
from server.recording.archive import Archive
from server.redis.calls import key
from server.server_messages import Accepted, Change, Refused
from tests.server.listening import START
from tests.server.regaining.workers import Scene, names, title


@pytest.fixture
def lost(scene: Scene, engine: Engine) -> Lost:
    """What the second worker is to decide again, without its looking."""
    other = scene.other

    def take(after: State, committed: Committed) -> None:
        other.take(after, committed)
        made.seen(committed)

    of = scene.log, scene.archive, engine, other.patience
    made = Lost(*of, take, other.settled, others_s=60.0)
    return made


async def test_r1_what_another_worker_made_is_kept_until_it_is_read(
    scene: Scene, lost: Lost
) -> None:
    one, other = scene.both
    before = other.state
    async with scene.past.kept():
        await one.edit(1, 2)
        lost.remember(one.recent)
        assert await lost.sort(before)
        assert not lost  # others have made them
    lost.remember(())
    assert await lost.sort(before)
    assert lost
    assert [await lost.settle(other.state, 0) for _ in (1, 2)] == ["settled", "settled"]
    assert [each.edit for each in other.recent] == names(1, 2)
    assert not lost


async def test_what_the_newest_log_had_comes_before_what_was_lost_with_an_older_one(
    scene: Scene, lost: Lost
) -> None:
    one, other = scene.both
    async with scene.past.kept():
        await one.edit(2, 1)
        for each in tuple(one.recent):  # 2 was in line still when the log with 1 went back
            lost.remember([each])
    assert await lost.sort(other.state)
    assert [await lost.settle(other.state, 0) for _ in (1, 2)] == ["settled", "settled"]
    assert [each.edit for each in other.recent] == names(1, 2)


async def test_r1_a_log_that_is_another_one_by_now_says_nothing(scene: Scene, lost: Lost) -> None:
    one, other = scene.both
    async with scene.past.kept():
        await one.edit(1, 2)
        lost.remember(one.recent)
    await other.edit(1, 102)
    assert not await lost.sort(one.state)
    assert lost


async def test_r2_what_is_refused_waits_for_what_only_another_worker_knows(
    scene: Scene, lost: Lost
) -> None:
    one, other = scene.both
    async with scene.past.kept():
        await one.make(title(1, "Nova"))
        await one.make(title(2, "1"))
        lost.remember(tuple(one.recent)[1:])
    assert await lost.sort(other.state)
    assert await lost.settle(other.state, 0) == "wait"
    await other.make(title(1, "Nova"))  # by whoever knew it
    assert await lost.settle(other.state, 0) == "settled"
    assert other.state.build.title == "2"


async def test_r3_what_was_given_up_in_a_log_that_is_lost_is_tried_again(
    scene: Scene, lost: Lost
) -> None:
    one, other = scene.both
    async with scene.past.kept():
        await one.make(title(1, "Nova"))
        lost.remember(one.recent)
    await other.edit(7)
    assert await lost.sort(other.state)
    lost._others_until = 0.0
    assert await lost.settle(other.state, 0) == "read on"
    assert not lost.waiting
    await scene.past.come_back()
    await other.read_on()
    lost.remember(())
    assert await lost.sort(other.state)
    assert lost


async def give_up_while_sql_is_away(scene: Scene) -> None:
    """The second worker gives up Bob's edit, which is in SQL, and whose title Ann has changed."""
    one, other = scene.both
    async with scene.past.kept():
        await one.make(title(1, "Nova"), "g2")
        await scene.record()
    await other.make(title(2, "Nova"))
    await scene.record()

    async def away(*_: object) -> None:
        raise DatabaseAwayError("away")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scene.archive, "give_up", away)
        await other.read_on()
        await other.waits_no_more()
    assert [(person, answer.id) for person, answer in other.answers] == [("g2", "edit-0001")]
    assert await scene.archive.lost(scene.id)
    assert not (await scene.began()).redone  # it may not leave Redis


async def test_r4_what_was_given_up_while_sql_was_away_stays_so_when_it_is_opened_again(
    scene: Scene,
) -> None:
    other = scene.other
    await give_up_while_sql_is_away(scene)
    await other.make(Edit("edit-0003", 0, (SetTitle("Nova"),)))  # nobody waits meanwhile
    other.look_for_lost()
    await other.read_on()
    assert (await scene.began()).redone
    await scene.record()
    await scene.redis.flushall()
    await scene.fresh.begin()
    await scene.fresh.waits_no_more()
    assert scene.fresh.state.build.title == "Nova"
    assert scene.fresh.answers == []


async def test_r4_what_a_worker_gave_up_that_died_before_sql_knew_is_told_by_the_next(
    scene: Scene,
) -> None:
    await give_up_while_sql_is_away(scene)
    await scene.fresh.begin()
    assert (await scene.began()).redone
    assert not await scene.archive.lost(scene.id)


async def test_what_was_settled_so_long_ago_that_it_is_forgotten_is_let_go(
    scene: Scene, lost: Lost
) -> None:
    one, other = scene.both
    async with scene.past.kept():
        await one.make(title(1, "Nova"))
        await one.edit(2)
        lost.remember(one.recent)
    await other.edit(7)  # the first would be refused now, the second made
    assert await lost.sort(other.state)
    lost._others_until = 0.0
    for forgotten in ("1", "2"):
        await scene.redis.hset(key(scene.id, "head"), "forgotten", forgotten)
        assert await lost.settle(other.state, 0) == "settled"
    assert not lost
    assert other.answers == []


async def test_whose_edit_another_worker_made_is_told_once_it_is_read(
    scene: Scene, lost: Lost
) -> None:
    one, other = scene.both
    before = other.state
    await one.edit(1)
    lost.remember(one.recent)
    assert await lost.sort(before)
    for _ in range(2):
        lost.seen(one.recent[0])
    assert other.answers == [("g1", Accepted("edit-0001", 1))]


async def lose_what_is_refused_since(scene: Scene) -> Position:
    """The first worker knows of an edit that Redis lost; another came first. It stood there."""
    async with scene.past.kept():
        await scene.one.make(title(1, "Nova"))
        stood = scene.one.state.position
    await scene.other.edit(7)
    await scene.one.read_on()
    return stood


async def test_who_was_away_when_their_edit_was_given_up_is_told_when_they_come(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = scene.both
    here = await lose_what_is_refused_since(scene)
    assert one.needed  # nobody else knows of it
    with monkeypatch.context() as patched:
        patched.setattr(follower, "now_ms", lambda: 7)  # whatever this worker's clock says
        await one.waits_no_more()
    assert not one.needed
    assert [(person, answer.id) for person, answer in one.answers] == [("g1", "edit-0001")]
    for worker in (other, scene.fresh):
        await (worker.begin() if worker is scene.fresh else worker.read_on())
        assert [each.id for each in worker.lost_of("g1", None)] == ["edit-0001"]
        assert worker.lost_of("g1", here) == worker.lost_of("g1", None)
        assert worker.lost_of("g2", None) == ()
    assert [answer.id for _, answer in other.answers] == ["edit-0001"]
    await other.edit(8)
    assert other.lost_of("g1", other.state.position)  # it may not have come through
    other._losses._clock = lambda: time.monotonic() + 60
    assert not other.lost_of("g1", other.state.position)
    assert other.lost_of("g1", replace(other.state.position, epoch="another", revision=99))


async def test_r3_a_redis_that_went_back_over_what_was_given_up_alone_is_noticed(
    scene: Scene,
) -> None:
    one = scene.one
    await lose_what_is_refused_since(scene)
    async with scene.past.kept():
        await one.waits_no_more()
        assert await scene.log.remembered(one.state, ["g1 edit-0001"]) == [Elsewhere("lost")]
    assert await scene.log.remembered(one.state, ["g1 edit-0001"]) == [None]
    (head,) = await scene.log.heads([scene.id])
    one.stands(head)
    assert one.news
    await one.read_on()
    await one.waits_no_more()
    assert await scene.log.remembered(one.state, ["g1 edit-0001"]) == [Elsewhere("lost")]


async def test_what_waits_for_sql_alone_is_not_looked_at_again_at_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = scene.one

    async def away(session: str) -> tuple[Committed, ...]:
        raise DatabaseAwayError("away")

    monkeypatch.setattr(scene.archive, "lost", away)
    await lose_what_is_refused_since(scene)
    await one.waits_no_more()
    assert one._lost
    assert one._heard._later is None
    assert not one.news


class Told:
    """A log and an archive that say what they are told to, without a Redis or a database."""

    def __init__(self, engine: Engine) -> None:
        self.outcomes: dict[str, Known | Elsewhere] = {}
        self.outcome: Known | Refused | Elsewhere = Elsewhere("moved")
        self.given_up: list[Loss] = []
        self.gone: Known | Elsewhere = Elsewhere("lost")
        self.asked: list[str] = []
        self.in_sql: tuple[Committed, ...] = ()
        self.answers: list[tuple[str, Accepted]] = []
        self.state = replace(START, revision=10)
        patience = Patience("s1", lambda degraded: None)
        self.again = Lost(
            *(cast(Log, self), cast(Archive, self), engine, patience),
            *(lambda after, committed: None, self._accepted),
            others_s=60.0,
        )

    async def remembered(
        self, state: State, authors: Sequence[str]
    ) -> list[Known | Elsewhere | None]:
        self.asked = list(authors)
        return [self.outcomes.get(author) for author in authors]

    async def commit(self, commit: Commit, frame: bytes) -> Known | Refused | Elsewhere:
        return self.outcome

    async def give_up(self, state: State, loss: Loss, base: int) -> Known | Elsewhere:
        self.given_up.append(loss)
        return self.gone

    async def lost(self, session: str) -> tuple[Committed, ...]:
        assert self.in_sql, "nobody needs to ask"
        return self.in_sql

    def _accepted(self, person: str, answer: Accepted) -> None:
        self.answers.append((person, answer))


@pytest.fixture
def told(engine: Engine) -> Told:
    return Told(engine)


def made(number: int, person: str = "g1") -> Committed:
    change = Change(number, f"edit-{number:04}", 0, (SetTitle("x"),), {}, {}, by=person)
    return Committed(number, change.edit, encode(change), person)


async def test_nothing_is_lost_to_begin_with(told: Told) -> None:
    lost = told.again
    assert (bool(lost), lost.waiting, lost.unsorted, lost.others_s) == (False, False, False, 0.0)
    lost.opened(redone=True)
    assert not lost.unsorted
    assert await lost.sort(told.state)
    await lost.settled(told.state)  # and SQL needs not be looked in anyway
    lost.opened(redone=False)
    assert not await lost.tell_sql("s1")  # it is not asked yet what it has
    lost.opened(redone=True)
    lost.remember([made(1)])
    assert (lost.waiting, lost.unsorted) == (True, True)
    assert 50.0 < lost.others_s <= 60.0


async def test_what_the_server_made_is_not_decided_again(told: Told) -> None:
    told.again.remember([made(1, "")])
    assert not told.again.waiting
    told.again.remember([made(1, ""), made(2)])
    told.in_sql = (made(3, ""), made(4))
    told.again.opened(redone=False)
    assert await told.again.sort(told.state)
    assert told.asked == ["g1 edit-0004", "g1 edit-0002"]


async def test_what_the_log_has_is_not_decided_again_and_its_author_told_where(told: Told) -> None:
    told.again.remember([made(number) for number in range(1, 5)])
    told.outcomes = {
        "g1 edit-0002": Known(2, same=True),  # where it was
        "g1 edit-0003": Known(10, same=True),
        "g1 edit-0004": Known(11, same=True),  # and is read later
    }
    assert await told.again.sort(told.state)
    assert told.answers == [("g1", Accepted("edit-0003", 10))]
    told.again.seen(replace(made(4), revision=11))
    assert told.answers[1:] == [("g1", Accepted("edit-0004", 11))]
    assert await told.again.sort(told.state)
    assert told.asked == ["g1 edit-0001"]


async def test_who_may_not_edit_any_more_waits_for_nobody(told: Told) -> None:
    told.again.remember([made(1, "g3")])
    assert await told.again.sort(told.state)
    assert await told.again.settle(told.state, 0) == "read on"
    refused = Refused("lost", f"{LOST} You may not edit any more.", id="edit-0001")
    assert told.given_up == [Loss("g3", "e1", 10, refused)]
    assert not told.again.waiting


@pytest.mark.parametrize(
    ("outcome", "comes_to", "waiting", "unsorted"),
    [
        (Refused("locked", "It is locked.", rule="S1"), "read on", False, False),
        (Elsewhere("too_old"), "settled", False, False),
        (Known(11, same=True), "settled", True, True),
        (Elsewhere("lost"), "settled", True, True),
        (Elsewhere("moved"), "read on", True, False),
    ],
)
async def test_what_is_decided_again_may_be_settled_already(
    told: Told, outcome: Known | Refused | Elsewhere, comes_to: str, waiting: bool, unsorted: bool
) -> None:
    told.again.remember([made(1)])
    assert await told.again.sort(told.state)
    told.outcome = outcome
    assert await told.again.settle(told.state, 0) == comes_to
    assert (told.again.waiting, told.again.unsorted) == (waiting, unsorted)
    expected = Refused("lost", f"{LOST} It is locked.", id="edit-0001", rule="S1")
    found = [loss.refusal for loss in told.given_up]
    assert found == ([expected] if isinstance(outcome, Refused) else [])


async def test_what_is_to_be_given_up_may_be_made_meanwhile(told: Told) -> None:
    told.again.remember([made(1, "g3")])
    assert await told.again.sort(told.state)
    told.gone = Known(11, same=True)
    assert await told.again.settle(told.state, 0) == "settled"
    assert (told.again.waiting, told.again.unsorted) == (True, True)


async def test_a_bug_costs_the_edit_that_meets_it(
    told: Told, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr(session, "decide_again", fail)
    told.again.remember([made(1)])
    assert await told.again.sort(told.state)
    assert await told.again.settle(told.state, 0) == "wait"
    told.again._others_until = 0.0
    assert await told.again.settle(told.state, 0) == "read on"
    message = f"{LOST} something is wrong on the server."
    assert [loss.refusal for loss in told.given_up] == [Refused("lost", message, id="edit-0001")]
    assert "a lost edit could not be decided" in caplog.text
    caplog.clear()

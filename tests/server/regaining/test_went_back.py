"""A Redis that went back: what a worker still knows is decided again, once, in order."""

import asyncio

from server.log.logged import Elsewhere
from server.logic.rights import Access, Membership
from server.members import access
from server.redis.calls import key
from server.server_messages import Accepted, Refused
from tests.server.regaining.workers import Scene, Worker, come_to_9_again, names
from tests.server.sessions import state_in


async def test_a_worker_regains_what_redis_lost(scene: Scene) -> None:
    one = scene.one
    await one.edit(*range(1, 6))
    async with scene.past.kept():
        await one.edit(*range(6, 11))
    before = one.state
    await one.read_on()
    assert await scene.edits() == names(*range(1, 11))
    assert one.starts == 1
    assert one.state.epoch != before.epoch
    assert (one.state.revision, one.state.build) == (10, before.build)
    assert one.state.totals == before.totals
    assert [answer for _, answer in one.answers] == [
        Accepted(edit, 6 + place) for place, edit in enumerate(names(*range(6, 11)))
    ]
    assert {person for person, _ in one.answers} == {"g1"}


async def test_what_others_did_meanwhile_stays_and_the_lost_comes_on_top(scene: Scene) -> None:
    one, other = scene.both
    await scene.both_know(1, 2, 3)
    async with scene.past.kept():
        await one.edit(*range(4, 7))
    await other.edit(*range(101, 106), person="g2")  # it knows of nothing, and goes further
    await one.read_on()
    assert await scene.edits() == names(1, 2, 3, 101, 102, 103, 104, 105, 4, 5, 6)
    await other.read_on()
    assert other.state.position == one.state.position
    assert other.state.build == one.state.build
    assert other.answers == []  # it knew of no lost edit
    assert other.frames[-1] == "edit-0105"


async def test_any_number_of_workers_make_each_lost_edit_once(scene: Scene) -> None:
    one, other = scene.both
    await one.edit(*range(1, 4))
    async with scene.past.kept():
        await one.edit(*range(4, 21))
        await other.read_on()
        await scene.record()
    await asyncio.gather(scene.both_read_on(), scene.record())
    await scene.both_read_on()
    assert await scene.edits() == names(*range(1, 21))
    assert one.state.position == other.state.position
    assert one.state.build.title == "20"
    for worker in scene.both:
        assert all(isinstance(answer, Accepted) for _, answer in worker.answers)


async def test_a_worker_is_not_misled_by_its_edit_at_its_revision_on_top_of_others(
    scene: Scene,
) -> None:
    one, other = scene.both
    await come_to_9_again(scene)
    await one.read_on()
    await other.read_on()
    assert await scene.edits() == names(1, 2, 3, 5, 9, 6, 4)
    assert one.state.position == other.state.position
    assert (one.starts, other.starts) == (1, 1)


async def test_a_lost_edit_that_may_not_be_any_more_is_refused_once_and_for_all(
    scene: Scene,
) -> None:
    one, other, fresh = *scene.both, scene.fresh
    async with scene.past.kept():
        await one.edit(1)
        await one.edit(2, person="g2")
        await other.read_on()
        await scene.record()
        await scene.send_bob_away()
    await one.read_on()
    assert one.state.access.members.keys() == {"g1"}
    assert await scene.edits() == names(1)
    person, answer = one.answers[-1]
    assert (person, answer.id) == ("g2", "edit-0002")
    assert isinstance(answer, Refused)
    assert answer.code == "lost"
    await scene.log.put_access(scene.id, Access(3, {"g2": Membership("Bob", "editor")}))
    await other.read_on()  # now it would be possible
    assert [(who, what.id) for who, what in other.answers] == [("g2", "edit-0002")]
    await fresh.begin()
    assert await scene.edits() == names(1)
    assert await scene.log.remembered(fresh.state, ["g2 edit-0002"]) == [Elsewhere("lost")]
    await scene.record()
    await scene.redis.flushall()
    await fresh.read_on()
    assert fresh.state.build.title == "1"


async def test_an_access_that_went_back_is_brought_forward_by_who_knows_better(
    scene: Scene,
) -> None:
    one = scene.one
    await scene.past.keep()
    await scene.send_bob_away()
    assert await scene.log.put_access(scene.id, await access.access_of(scene.database, scene.id))
    await one.read_on()
    assert one.state.access.version == 2
    for knows_better in (one, scene.recorder):
        await scene.past.come_back()
        if isinstance(knows_better, Worker):
            await knows_better.read_on()
        else:
            knows_better.stop()
            await knows_better.run()
        brought = (await state_in(scene.log, scene.id)).access
        assert brought.members.keys() == {"g1"}
    assert one.state.access.version == 2


async def test_a_worker_that_slept_while_the_log_was_trimmed_only_loads_again(
    scene: Scene,
) -> None:
    one, other = scene.both
    await scene.both_know(1, 2)
    for first in (3, 20, 40):
        await one.edit(*range(first, first + 15))
        await scene.record()
        await scene.log.store(one.state)
    assert await scene.redis.xlen(key(scene.id, "log")) < 20
    epoch = one.state.epoch
    await other.read_on()
    assert other.state.position == one.state.position
    assert other.state.epoch == epoch
    assert other.frames == names(1, 2)
    assert other.starts == 1


async def test_a_worker_that_knows_of_no_going_back_stores_no_build_beyond_the_log(
    scene: Scene,
) -> None:
    one, other = scene.both
    await scene.both_know(1, 2)
    async with scene.past.kept():
        await one.edit(3, 4)
    assert not await scene.log.store(one.state)
    await other.edit(101, 102, person="g2")  # as many, but others
    assert not await scene.log.store(one.state)
    assert await scene.log.store(other.state)
    await one.read_on()
    assert await scene.edits() == names(1, 2, 101, 102, 3, 4)


async def test_an_epoch_that_a_worker_has_seen_end_does_not_go_on(scene: Scene) -> None:
    one, other = scene.both
    await one.edit(1, 2)
    async with scene.past.kept():
        await scene.redis.flushall()
        await one.read_on()
        second = one.state.epoch
    await one.read_on()
    await other.read_on()
    assert one.state.epoch not in ("e1", second)
    assert other.state.position == one.state.position
    assert one.state.build.title == "2"

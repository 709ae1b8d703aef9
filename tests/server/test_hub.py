"""The sessions of a worker beside each other: what one meets costs none of the others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace
from redis.asyncio import Redis

from calc.operations import Operation, SetLevel, SetNotes, SetTitle
from server.client_messages import Focus
from server.commands.fuzz.releases import Release
from server.engine import Engine
from server.live import fanout, heard, proposals, talk
from server.live.fanout import Hub
from server.live.proposals import Taking
from server.live.session import LiveSession
from server.log.log import Log
from server.log.logged import News
from server.logic.rights import Access, Membership
from server.logic.session import State
from server.orm import Database
from server.protocol import Close, Closing, ViewName, encode
from server.recording.archive import Archive
from server.recording.recorder import Recorder
from server.redis import clients
from server.redis.calls import FullError, UnreachableError, key
from server.redis.embedded import Valkey
from server.server_messages import Attention, Focused, Proposal, Said
from server.settings import Settings
from server.sockets.views import Wanted
from tests.server.listening import Socket, a_connection, a_turn
from tests.server.sessions import Past, an_edit, edited, full, left_to_sql, new_session

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

A_hub = Callable[..., Awaitable[Hub]]


@pytest.fixture
async def redis(redis: Redis, valkey: Valkey) -> AsyncIterator[Redis]:
    """As a server has it: the library's own time-outs may lose that a task is cancelled."""
    client = clients.connect(valkey.url)
    yield client
    await client.aclose()


@pytest.fixture
async def a_hub(
    redis: Redis, valkey: Valkey, log: Log, engine: Engine, archive: Archive
) -> AsyncIterator[A_hub]:
    """Starts workers. None may end by itself."""
    tasks: list[asyncio.Task[None]] = []
    readers: list[Redis] = []

    async def start(
        worker: str = "w1", engine: Engine = engine, archive: Archive = archive, **settings: Any
    ) -> Hub:
        readers.append(clients.connect(valkey.url, reconnects=False))
        chosen = replace(Settings(), **settings)
        hub = Hub(redis, readers[-1], log, engine, chosen, worker, archive)
        tasks.append(asyncio.create_task(hub.run()))
        await asyncio.sleep(0)
        return hub

    yield start
    assert not [each for each in tasks if each.done()]
    for each in tasks:
        each.cancel()
    await asyncio.wait(tasks)
    for reader in readers:
        await reader.aclose()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - whatever it is
            await asyncio.sleep(0.01)


def enter(live: LiveSession, person: str = "g1", wanted: Wanted | None = None) -> Socket:
    connection, socket = a_connection(person, "tab", wanted)
    live.enter(connection, None, UNSET)
    return socket


def told(where: dict[str, str]) -> dict[str, Any]:
    return {"type": "focused", "people": [where]}


async def test_a_session_that_nobody_uses_is_left_while_redis_is_full(
    redis: Redis, state: State, a_hub: A_hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "LINGER_S", 0.0)
    hub = await a_hub(people_ttl_s=0.3)
    async with hub.live(state.session):
        pass
    async with full(redis):
        tasks = list(hub._tasks.values())
        await asyncio.wait(tasks, timeout=10)
        assert not hub.sessions()


async def test_what_a_full_redis_that_went_back_lacks_waits_for_room(
    redis: Redis, state: State, a_hub: A_hub, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[Exception] = []
    again = archive.again

    async def tried(session: str, epoch: str) -> None:
        try:
            await again(session, epoch)
        except FullError as error:
            failed.append(error)
            raise

    monkeypatch.setattr(archive, "again", tried)
    hub = await a_hub(compare_every_s=0.1)
    async with hub.live(state.session) as live:
        socket = enter(live)
        past = Past(redis, state.session)
        connection, _ = a_connection("g1", "other")
        live.submit(connection, an_edit(1))
        await live.drained()
        async with past.kept():
            live.submit(connection, an_edit(2))
            await live.drained()
        async with full(redis):
            await until(lambda: len(failed) > 1)  # and it is tried again
        await until(lambda: live.state.epoch != state.epoch and live.state.revision == 2)
        assert socket.closed is None
        assert live.state.build.title == "2"


async def test_a_session_is_opened_while_redis_is_full(
    redis: Redis, state: State, a_hub: A_hub
) -> None:
    hub = await a_hub()
    await redis.hset(key(state.session, "head"), "redone", "0")
    async with full(redis), hub.live(state.session) as live:
        assert enter(live).of("snapshot")


async def test_nobody_enters_a_session_whose_task_is_over(
    redis: Redis, state: State, a_hub: A_hub
) -> None:
    hub = await a_hub()
    async with hub.live(state.session) as live:  # they wait for the database, say
        await redis.hset(key(state.session, "head"), "engine", "newer")
        with pytest.raises(UnreachableError):  # what is not read is not read
            await live.refresh()
        await until(lambda: not hub.sessions())
        with pytest.raises(Closing) as closing:
            enter(live)
        connection, socket = a_connection("g1")
        live.submit(connection, an_edit(1))
    assert closing.value.code == Close.TRY_AGAIN
    (refused,) = socket.messages
    assert (refused["id"], refused["code"]) == ("edit-0001", "unavailable")


async def test_nobody_waits_to_see_what_a_session_reads_whose_task_is_over(
    redis: Redis, log: Log, state: State, a_hub: A_hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heard, "REFRESH_S", 3600.0)
    hub = await a_hub()
    since = log.since
    meanwhile: list[asyncio.Task[None]] = []

    async def read_slowly(*of: Any) -> News:
        news = await since(*of)
        meanwhile.append(asyncio.create_task(live.refresh()))  # for them it is to be read again
        await asyncio.sleep(0)
        return news

    monkeypatch.setattr(log, "since", read_slowly)
    async with asyncio.timeout(20), hub.live(state.session) as live:
        await redis.hset(key(state.session, "head"), "engine", "newer")
        with pytest.raises(UnreachableError):
            await live.refresh()
        for each in meanwhile:
            with pytest.raises(UnreachableError):
                await each
        assert meanwhile
        with pytest.raises(UnreachableError):
            await live.refresh()


async def test_who_left_while_redis_was_away_is_not_told_of_as_if_they_came(
    state: State, a_hub: A_hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await a_hub("w1"), await a_hub("w2")
    async with one.live(state.session) as before, two.live(state.session) as after:
        written: list[LiveSession] = []

        async def nobody(*_: object) -> None:
            raise UnreachableError("away")

        with monkeypatch.context() as away:
            for live in (before, after):
                away.setattr(live._presence, "write", nobody)
            left, _ = a_connection("g1", "tab")
            before.enter(left, None, UNSET)
            await until(lambda: before._came and not before._people_due)
            before.leave(left)  # their line drops
            back = enter(after)  # and they come by the other worker
        for live in (after, before):
            told = live._presence.write

            async def write(*args: Any, told: Any = told, live: LiveSession = live) -> Any:
                written.append(live)
                return await told(*args)

            monkeypatch.setattr(live._presence, "write", write)
            live.tidy()
            await until(lambda live=live: live in written and not live._people_due)  # type: ignore[misc]
        await after.refresh()
        assert back.closed is None
        assert not before._came


async def test_who_reloads_or_becomes_a_viewer_looks_nowhere_by_any_worker(
    database: Database, log: Log, engine: Engine, a_hub: A_hub
) -> None:
    state = await new_session(database, log, engine, ("g2", "Bob"), ("g3", "Eve"))
    one, two = await a_hub("w1"), await a_hub("w2")
    nowhere, somewhere = {"person": "g2"}, {"person": "g2", "picker": "sets"}
    async with one.live(state.session) as here, two.live(state.session) as there:
        seen, seen_there = enter(here, "g1"), enter(there, "g3")

        async def all_are_told(where: dict[str, str]) -> None:
            for each in (seen, seen_there):
                await until(lambda each=each: each.of("focused")[-1:] == [told(where)])  # type: ignore[misc]

        bob, _ = a_connection("g2", "tab")
        here.enter(bob, None, UNSET)
        here.focus(bob, Focus(picker="sets"))
        await all_are_told(somewhere)
        here.leave(bob)
        back, _ = a_connection("g2", "the page again")
        here.enter(back, None, UNSET)
        await all_are_told(nowhere)
        here.focus(back, Focus(picker="sets"))
        await all_are_told(somewhere)
        members = {**state.access.members, "g2": Membership("Bob", "viewer")}
        await log.put_access(state.session, Access(state.access.version + 1, members))
        await all_are_told(nowhere)
        for live in (here, there):
            assert not enter(live, "g3").of("focused")


async def test_what_is_kept_for_a_session_that_was_closed_is_told_where_it_is_open_again(
    state: State, a_hub: A_hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "LINGER_S", 0.0)
    hub = await a_hub(people_ttl_s=0.3)
    async with hub.live(state.session) as before:
        pass
    await until(lambda: not hub.sessions())
    async with hub.live(state.session) as live:
        assert live is not before
        ann = enter(live)
        await before.talk.tell(Said(1, "g1", "Ann", "hello", 0))  # SQL was slow
        await until(lambda: ann.of("said"))


async def test_a_newcomer_is_not_told_where_somebody_was_who_is_not_here(
    database: Database, log: Log, engine: Engine, a_hub: A_hub
) -> None:
    state = await new_session(database, log, engine, ("g2", "Bob"))
    hub = await a_hub()
    async with hub.live(state.session) as live:
        here = Attention("g1", picker="sets")
        gone = Attention("g2", picker="sets")  # by a worker that died
        live.heard(b"told w2\n" + encode(Focused((here, gone))))
        assert enter(live, "g1").of("focused") == [told({"person": "g1", "picker": "sets"})]


async def test_sql_is_looked_at_when_a_proposal_is_taken(state: State, a_hub: A_hub) -> None:
    hub = await a_hub()
    async with hub.live(state.session) as live:
        ann, _ = a_connection("g1", "tab")
        live.board.unsure = False
        live.submit(ann, an_edit(1))
        await live.drained()
        assert not live.board.unsure
        live.submit(ann, Taking("proposal-1", 0, (SetLevel(20),), "g2", 0))
        await live.drained()
        assert live.board.unsure  # who took it may not come to say so
        kept = Proposal("proposal-1", "g2", "", (SetLevel(20),), {}, "open", 0, 0)
        taken = live.taken(kept)
        assert taken is not None
        assert (taken.by, taken.revision) == ("g1", 2)


def proposed(number: int, by: str, operation: Operation) -> Proposal:
    return Proposal(f"p{number}", by, "", (operation,), {}, "open", 0, number)


async def test_b2_who_stays_is_told_what_a_proposal_comes_to_by_now(
    log: Log, engine: Engine, database: Database, a_hub: A_hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk, "TRY_S", 3600.0)
    state = await new_session(database, log, engine, ("g2", "Bob"), ("g3", "Eve"))
    hub = await a_hub()
    async with hub.live(state.session) as live:
        ann = enter(live)
        views: tuple[tuple[str, ViewName], ...] = (("g2", "totals"), ("g3", "people"))
        bob, eve = (enter(live, person, Wanted((view,))) for person, view in views)
        waiting = proposed(1, "g2", SetLevel(20, expects=50)), proposed(2, "g1", SetNotes("y"))
        live.talk.looked(live.state, 0, (), waiting)
        for number in (1, 2):
            live.submit(a_connection("g1", "other")[0], an_edit(number))
            await live.drained()
            await until(lambda: len(ann.of("proposal")) == 3)
            await a_turn()
            await a_turn()
        assert [each["id"] for each in ann.of("proposal")] == ["p1", "p2", "p1"]
        again = ann.of("proposal")[-1]
        assert again["problem"] == "Ann set the level to 2 since."
        assert bob.of("proposal")[-1] == again  # whose it is
        assert eve.of("proposal") == []
        changes = [each for each in ann.kinds() if each in ("change", "proposal")]
        assert changes == ["proposal", "proposal", "change", "proposal", "change"]  # not so often


async def test_proposals_wait_for_edits_and_others_have_their_turn_between(
    state: State, a_hub: A_hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = 0
    tried: list[tuple[int, int]] = []  # at which revision, and when
    on = proposals.on

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def trying(state: State, *what: Any) -> Proposal:
        tried.append((state.revision, turns))
        return on(state, *what)

    hub = await a_hub()
    async with hub.live(state.session) as live:
        socket = enter(live)
        operations = [SetTitle(f"{number}", expects="Nova") for number in range(3)]
        waiting = [proposed(number, "g1", each) for number, each in enumerate(operations)]
        live.talk.looked(live.state, 0, (), waiting)
        monkeypatch.setattr(proposals, "on", trying)
        other = asyncio.create_task(others())
        for number in range(1, 41):
            live.submit(a_connection("g1", f"{number}")[0], an_edit(number))
        await until(lambda: len(socket.of("proposal")) == 6)
        other.cancel()
        assert [revision for revision, _ in tried] == [40, 40, 40]
        assert len({turn for _, turn in tried}) == 3


async def test_an_edit_where_nothing_is_proposed_has_nothing_tried(
    state: State, a_hub: A_hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed: list[str] = []
    monkeypatch.setattr(talk.Talk, "build_changed", lambda _: changed.append("it is asked"))
    hub = await a_hub()
    async with hub.live(state.session) as live:
        live.talk.looked(live.state, 0, (), ())
        live.submit(a_connection("g1", "tab")[0], an_edit(1))
        await live.drained()
        assert not changed
        live.talk.looked(live.state, 0, (), (proposed(1, "g1", SetNotes("y")),))
        live.submit(a_connection("g1", "tab")[0], an_edit(2))
        await live.drained()
        assert changed == ["it is asked"]


async def test_proposals_are_tried_for_nobody_who_does_not_see_them(
    state: State, a_hub: A_hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk, "TRY_S", 0.0)
    hub = await a_hub()
    async with hub.live(state.session) as live:
        enter(live, wanted=Wanted(("totals",)))
        live.talk.looked(live.state, 0, (), (proposed(1, "g2", SetNotes("y")),))
        tried: list[str] = []
        monkeypatch.setattr(live.board, "other", lambda proposal, _: tried.append(proposal))
        for number, here in ((1, []), (2, ["p1"])):
            live.submit(a_connection("g1", "other")[0], an_edit(number))
            await live.drained()
            await a_turn()
            await a_turn()
            assert tried == here
            enter(live)


@pytest.mark.parametrize("number", [0, 1])
async def test_a_session_that_comes_back_from_sql_has_the_numbers_of_its_history(
    number: int,
    state: State,
    log: Log,
    engine: Engine,
    database: Database,
    recorder: Recorder,
    redis: Redis,
    a_hub: A_hub,
) -> None:
    before = await edited(log, state, engine, 3)
    await left_to_sql(recorder, redis, state.session)
    release = Release(engine.catalogue, number)
    hub = await a_hub(engine=release, archive=Archive(database, log, release, 1000))
    async with hub.live(state.session) as live:
        assert live.state.engine == release.name
        assert live.state.totals == release.result(before.build).totals
        assert live.state.revision == 3 + number  # to another engine it moves by a change
    loaded = await log.load(state.session)
    assert loaded is not None
    assert [each.by for each in loaded.recent] == [""] * number

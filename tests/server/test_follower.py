"""How far back a worker knows a session: from the log, and from SQL only if it must ask."""

import asyncio
from collections import deque
from typing import Any

import pytest
from msgspec.structs import replace
from redis.asyncio import Redis

from calc import build as documents
from calc.operations import SetLevel, SetTitle
from server.client_messages import Edit
from server.engine import Engine
from server.live.follower import SLICE, EngineMovedError, Follower
from server.log.log import Log
from server.log.logged import Done, News, Stored
from server.log.releases import Releases
from server.logic import session
from server.logic.rights import Access, Membership
from server.logic.session import Commit, Committed, State
from server.orm import DatabaseAwayError
from server.protocol import encode
from server.recording.archive import Archive
from server.settings import Settings

ACCESS = Access(1, {"g1": Membership("Ann", "owner")})
EDITS = 12


class Listener:
    """Nobody is here."""

    def __getattr__(self, _: str) -> Any:
        return lambda *_: None


class Away(Archive):
    """SQL does not answer."""

    def __init__(self) -> None: ...

    async def before(self, session: str, revision: int, count: int) -> list[Committed]:
        raise DatabaseAwayError("away")

    async def reopen(self, session: str, found: str = "") -> bool:
        raise DatabaseAwayError("away")


@pytest.fixture
async def follower(redis: Redis, engine: Engine) -> Follower:
    """A session with some changes; SQL is away."""
    log = Log(redis, keeps=500, edit_ids=1000)
    build = documents.empty("Nova")
    result = engine.result(build)
    stored = Stored("e1", 0, "", build, result.totals, result.findings)
    await log.open("s1", stored, engine.name, ACCESS)
    releases = Releases(redis, engine.name)
    follower = Follower("s1", log, engine, Settings(), Listener(), Away(), releases)
    loaded = await log.load("s1")
    assert loaded
    follower.state = loaded.state
    for number in range(1, EDITS + 1):
        edit = Edit(f"edit-{number:04}", 0, (SetLevel(number),))
        commit = session.decide(follower.state, "g1", edit, engine, 0)
        assert isinstance(commit, Commit)
        assert isinstance(await log.commit(commit, encode(commit.change)), Done)
        made = session.entry(commit.change, encode(commit.change), encode(commit.inverse))
        follower.take(commit.after, made)
    return follower


async def test_who_knows_all_asks_nobody(follower: Follower) -> None:
    await follower.reach_back()  # SQL is away
    assert [each.revision for each in follower.recent] == list(range(1, EDITS + 1))


async def test_the_log_is_asked_first(follower: Follower) -> None:
    known = tuple(follower.recent)
    follower.recent = deque(known[-3:], maxlen=500)
    await follower.reach_back()
    assert tuple(follower.recent) == known


async def test_what_the_log_has_not_is_in_sql(follower: Follower, redis: Redis) -> None:
    follower.recent = deque(tuple(follower.recent)[-3:], maxlen=500)
    await redis.delete("{session:s1}:log")
    with pytest.raises(DatabaseAwayError):
        await follower.reach_back()
    assert [each.revision for each in follower.recent] == [10, 11, 12]


@pytest.fixture
async def following(follower: Follower) -> Follower:
    """As the task of a session has it."""
    await follower.begin()
    assert follower.state.revision == EDITS
    return follower


async def test_a_hint_of_what_is_known_by_now_is_no_news(
    following: Follower, redis: Redis, engine: Engine
) -> None:
    edit = Edit("edit-0099", EDITS, (SetLevel(40),))
    commit = session.decide(following.state, "g1", edit, engine, 0)
    assert isinstance(commit, Commit)
    following.hint(EDITS + 1)
    assert following.news
    made = session.entry(commit.change, encode(commit.change), encode(commit.inverse))
    following.take(commit.after, made)  # it was our own
    assert not following.news
    following.hint(EDITS + 2)
    assert following.news


async def test_a_change_of_a_newer_release_sends_people_on_to_it(
    following: Follower, redis: Redis
) -> None:
    change = (
        b'{"type":"change","revision":%d,"edit":"edit-0099","at":1,"by":"g1",'
        b'"operations":[{"type":"of_tomorrow"}],"patch":{},"totals":{}}' % (EDITS + 1)
    )
    log, head = (f"{{session:s1}}:{name}" for name in ("log", "head"))
    await redis.xadd(log, {"change": change, "inverse": b"[]"}, id=f"{EDITS + 1}-0")
    await redis.hset(head, mapping={"revision": EDITS + 1, "edit": "edit-0099"})
    with pytest.raises(EngineMovedError):
        await following.read_on()
    with pytest.raises(EngineMovedError):
        await following.begin()


async def test_a_build_of_a_newer_release_sends_people_on_to_it(
    following: Follower, redis: Redis
) -> None:
    build = await redis.get("{session:s1}:build")
    newer = build.replace(b'"build":{', b'"build":{"level":"of tomorrow",')
    await redis.set("{session:s1}:build", newer)
    with pytest.raises(EngineMovedError):
        await following.begin()


async def test_news_are_read_once_whatever_a_hint_told(following: Follower) -> None:
    following.hint(EDITS + 1000)  # of an epoch that is over
    await following.read_on()
    assert not following.news
    following.hint(None)
    assert following.news


async def test_others_have_their_turn_while_much_is_read(
    following: Follower, redis: Redis, engine: Engine
) -> None:
    other = Log(redis, keeps=500, edit_ids=1000)
    state = following.state
    for number in range(2 * SLICE):
        edit = Edit(f"other-{number:04}", 0, (SetTitle(f"{number}"),))
        commit = session.decide(state, "g1", edit, engine, 0)
        assert isinstance(commit, Commit)
        assert isinstance(await other.commit(commit, encode(commit.change)), Done)
        state = commit.after
    seen = set()
    reading = asyncio.create_task(following.read_on())
    while not reading.done():
        seen.add(following.state.revision)
        await asyncio.sleep(0)
    assert following.state == state
    assert EDITS + SLICE in seen


@pytest.mark.parametrize("known", [1, EDITS - 1])
async def test_after_a_new_beginning_all_is_looked_for_again(
    following: Follower, known: int
) -> None:
    following._reaches_back = True
    await following._reload()
    every = tuple(following.recent)
    assert len(every) == EDITS
    following.recent = deque(every[-known:], maxlen=500)
    await following.reach_back()
    assert tuple(following.recent) == every


async def test_what_does_not_join_what_is_known_is_left_out(
    following: Follower, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = tuple(following.recent)

    async def before(*_: object) -> list[Committed]:
        return list(every[:5])  # SQL is behind

    following.recent = deque(every[-3:], maxlen=500)
    monkeypatch.setattr(following._archive, "before", before)
    await redis.delete("{session:s1}:log")
    await following.reach_back()
    assert tuple(following.recent) == every[-3:]


async def test_an_access_that_went_back_is_not_taken_when_the_session_is_loaded_again(
    following: Follower, redis: Redis
) -> None:
    log = Log(redis, keeps=500, edit_ids=1000)
    newer = replace(ACCESS, version=2, title="Newer")
    assert await log.put_access("s1", newer)
    await following.read_on()
    await redis.hset("{session:s1}:head", "access", "1")
    await redis.set("{session:s1}:access", encode(ACCESS))
    await following._reload()
    assert following.state.access == newer
    loaded = await log.load("s1")
    assert loaded
    assert loaded.state.access == newer


async def test_whatever_is_another_in_the_log_is_news(following: Follower, redis: Redis) -> None:
    (head,) = await Log(redis, keeps=500, edit_ids=1000).heads(["s1"])
    assert head
    following.stands(head)
    assert not following.news
    for different in (
        None,
        replace(head, epoch="e9"),
        replace(head, revision=EDITS - 1),
        replace(head, edit="another"),
        replace(head, access=9),
        replace(head, engine="another"),
        replace(head, losses=1),
    ):
        following.stands(different)
        assert following.news, different
        await following.read_on()


async def test_who_waits_in_line_reads_what_happens_meanwhile(
    following: Follower, redis: Redis, engine: Engine
) -> None:
    edit = Edit("edit-0099", EDITS, (SetLevel(40),))
    commit = session.decide(following.state, "g1", edit, engine, 0)
    assert isinstance(commit, Commit)
    log = Log(redis, keeps=500, edit_ids=1000)
    assert await log.commit(commit, encode(commit.change)) == Done(EDITS + 1)
    following.hint(EDITS, "another")
    following._heard.look()  # no hint tells of it
    following._heard.hinted.clear()
    waiting = asyncio.create_task(following.wait_in_line("w1", 60.0, following.line))
    async with asyncio.timeout(20):
        while following.state != commit.after:
            await redis.ping()
        assert not waiting.done()
        following.hint(EDITS + 1, "w1")
        await waiting


async def test_while_redis_is_away_the_session_is_needed(following: Follower) -> None:
    assert not following.needed
    following.patience.degraded = True
    assert following.needed


async def test_who_comes_first_is_told_when_sql_is_away(follower: Follower, redis: Redis) -> None:
    await redis.flushall()
    with pytest.raises(DatabaseAwayError):
        async with asyncio.timeout(20):
            await follower.begin()


async def test_what_is_more_than_one_answer_tells_is_news(
    following: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = following._log.since

    async def some(state: State, losses: int = 0) -> News:
        return replace(await since(state, losses), more=True)

    monkeypatch.setattr(following._log, "since", some)
    await following.read_on()
    assert following.news

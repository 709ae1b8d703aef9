"""Other Redis servers than the embedded one: the same sessions, and primaries that fail.

A killed primary, or a Cluster's that hangs, costs seconds, and no edit that its replica had. What
only the primary had is made again by the workers that saw it; whoever's edit cannot be made again
is told.
"""

import asyncio
import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from calc.build import Scenario
from calc.operations import AddScenario, ChangeScenario, RemoveScenario, SetTitle
from server import backup, overview
from server.client import Client
from server.log.log import Log
from server.redis import clients
from server.redis.calls import key
from server.server_messages import Accepted, Refused
from tests.wire.redis_servers import Alone, Cluster, Node, Watched
from tests.wire.serving import Owner, Server, migrated
from tests.wire.test_governing import (
    test_a_locked_session_is_edited_by_nobody,
    test_a_role_that_was_taken_away_edits_no_more,
    test_an_ended_session_closes_and_never_opens_again,
    test_the_owner_hands_over_and_edits_on,
    test_who_is_kicked_is_told_and_comes_back_only_by_a_link,
)
from tests.wire.test_sessions import (
    test_a_revoked_invitation_ends_live_sockets_on_all_workers_and_their_edits,
    test_an_edit_id_is_counted_per_person,
    test_an_edit_sent_twice_is_made_once_and_accepted_twice,
    test_an_edit_that_expects_another_value_is_refused_with_who_changed_it,
    test_an_edit_that_was_made_is_accepted_again_where_it_would_be_refused_now,
    test_who_may_look_may_not_edit,
    test_who_resumes_gets_the_missing_changes_nothing_or_a_snapshot,
)
from tests.wire.test_two_workers import (
    test_an_edit_on_one_worker_is_a_change_on_the_other,
    test_people_of_both_workers_see_each_other,
)
from tests.wire.test_undo import test_an_undo_sent_twice_undoes_once_and_is_told_twice

# The same tests as on the embedded Valkey: they run here by the fixtures of this module.
SAME = (
    test_a_locked_session_is_edited_by_nobody,
    test_a_revoked_invitation_ends_live_sockets_on_all_workers_and_their_edits,
    test_a_role_that_was_taken_away_edits_no_more,
    test_an_edit_id_is_counted_per_person,
    test_an_edit_on_one_worker_is_a_change_on_the_other,
    test_an_edit_sent_twice_is_made_once_and_accepted_twice,
    test_an_edit_that_expects_another_value_is_refused_with_who_changed_it,
    test_an_edit_that_was_made_is_accepted_again_where_it_would_be_refused_now,
    test_an_ended_session_closes_and_never_opens_again,
    test_an_undo_sent_twice_undoes_once_and_is_told_twice,
    test_people_of_both_workers_see_each_other,
    test_the_owner_hands_over_and_edits_on,
    test_who_is_kicked_is_told_and_comes_back_only_by_a_link,
    test_who_may_look_may_not_edit,
    test_who_resumes_gets_the_missing_changes_nothing_or_a_snapshot,
)

Kind = Alone | Cluster | Watched


@pytest.fixture(scope="module", params=["redis-server", "cluster", "sentinel"])
def redis_servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kind]:
    folder = tmp_path_factory.mktemp("redis")
    servers: Kind
    if request.param == "cluster":
        servers = Cluster(folder)
    elif request.param == "sentinel":
        servers = Watched(folder)
    else:  # the oldest that serves: Debian's
        binary = shutil.which("redis-server")
        if binary is None:
            pytest.skip("Debian's redis-server is not installed")
        servers = Alone(folder, Path(binary))
    yield servers
    servers.stop()


@pytest.fixture(scope="module")
def folder(redis_servers: Kind, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the database that the servers share."""
    return tmp_path_factory.mktemp("sql")


@pytest.fixture(scope="module")
def two_servers(redis_servers: Kind, folder: Path) -> Iterator[tuple[Server, Server]]:
    environment = migrated(folder, redis_servers.url)
    one, other = Server.side_by_side(folder / "a", folder / "b", **environment)
    yield one, other
    for server in (one, other):
        server.ends_well()


@pytest.fixture(scope="module")
def server(two_servers: tuple[Server, Server]) -> Server:
    return two_servers[0]


async def test_an_operator_sees_who_serves_and_what(
    redis_servers: Kind, two_servers: tuple[Server, Server]
) -> None:
    sessions = [Owner(server.url).session for server in two_servers]
    redis = clients.connect(redis_servers.url)
    assert await backup.workers(redis) == 2
    assert await backup.live_sessions(redis) >= 2
    heads = await overview.heads(Log(redis, 500, 1000), sessions)
    for session in sessions:
        found = await overview.live(redis, session, heads[session])
        assert (found.head.revision, found.changes) == (0, 0)
        assert found.bytes > 1000
    await redis.aclose()


@pytest.mark.parametrize("redis_servers", ["cluster", "sentinel"], indirect=True)
async def test_a_killed_primary_costs_seconds_and_no_edit(
    redis_servers: Cluster | Watched, two_servers: tuple[Server, Server]
) -> None:
    await costs_seconds_and_no_edit(redis_servers, two_servers, Node.kill)


@pytest.mark.parametrize("redis_servers", ["cluster"], indirect=True)
async def test_what_a_failover_lost_is_made_again_or_its_author_is_told(
    redis_servers: Cluster, two_servers: tuple[Server, Server], folder: Path
) -> None:
    one, other = two_servers
    ann = where_the_primary_lives(redis_servers, one)
    primary = redis_servers.primary_of(key(ann.session, "head"))
    secret = ann.invite()["secret"]
    async with (
        asyncio.timeout(90),
        Client(one.url, ann.session, token=ann.token) as first,
        Client(other.url, ann.session, invitation=secret, name="Bob", listen=False) as second,
    ):
        raid = AddScenario("raid", Scenario(title="Raid"))
        assert isinstance(await first.edit(SetTitle("what all have"), raid), Accepted)
        await second.reached(1)
        epoch = first.replica.position.epoch
        assert primary.client.wait(1, 10_000) == 1
        # From here on neither the replica, nor SQL, nor the other worker learns of anything.
        with asleep(other), no_writes(folder):
            redis_servers.part(primary)
            lost = await first.edit(ChangeScenario("raid", title="Raid of eight"))
            assert isinstance(lost, Accepted)
            kept = await first.edit(SetTitle("what only the primary has"))
            assert isinstance(kept, Accepted)
            with asleep(one):
                primary.kill()
                wake(other)
                assert isinstance(await second.edit(RemoveScenario("raid")), Accepted)
        told = await refusal(first)
        assert (told.code, told.id) == ("lost", lost.id)
        # Bob learns only now of what was made again.
        title = "what only the primary has"
        await second.until(lambda: second.replica.document.get("title") == title)
        last = await first.edit(SetTitle("on and on"))
        assert isinstance(last, Accepted)
        await asyncio.gather(first.reached(last.revision), second.reached(last.revision))
        assert first.replica.position == second.replica.position
        assert first.replica.position.epoch != epoch
        assert first.replica.document == second.replica.document
        assert first.replica.document["title"] == "on and on"
        assert "raid" not in first.replica.document["scenarios"]


@pytest.mark.parametrize("redis_servers", ["cluster"], indirect=True)
async def test_a_primary_that_hangs_costs_seconds_and_no_edit(
    redis_servers: Cluster, two_servers: tuple[Server, Server]
) -> None:
    await costs_seconds_and_no_edit(redis_servers, two_servers, Node.hang)


async def costs_seconds_and_no_edit(
    redis_servers: Cluster | Watched,
    two_servers: tuple[Server, Server],
    fails: Callable[[Node], None],
) -> None:
    one, other = two_servers
    ann = where_the_primary_lives(redis_servers, one)
    primary = redis_servers.primary_of(key(ann.session, "head"))
    secret = ann.invite()["secret"]
    over = asyncio.Event()
    async with (
        asyncio.timeout(90),
        Client(one.url, ann.session, token=ann.token, listen=False) as first,
        Client(other.url, ann.session, invitation=secret, name="Bob", listen=False) as second,
    ):
        editing = [asyncio.create_task(keep_editing(each, over)) for each in (first, second)]
        await first.reached(20)
        began = time.monotonic()
        await asyncio.to_thread(fails, primary)
        revision = max(first.replica.revision, second.replica.revision)
        await first.reached(revision + 10)
        waited = time.monotonic() - began
        kind = type(redis_servers).__name__
        print(f"{kind}, {fails.__name__}: {waited:.1f} s without edits")  # noqa: T201
        await second.reached(revision + 10)
        over.set()
        answers = [answer for task in editing for answer in await task]
        last = max(answer.revision for answer in answers)
        await asyncio.gather(first.reached(last), second.reached(last))
        assert first.replica.document == second.replica.document
    primary.kill()
    assert len({answer.id for answer in answers}) == len(answers)
    assert ann.snapshot()["revision"] == len(answers)


def where_the_primary_lives(redis_servers: Cluster | Watched, server: Server) -> Owner:
    """A session in a part of a Cluster of which the first primary did not fail yet."""
    while True:
        owner = Owner(server.url)
        if redis_servers.primary_of(key(owner.session, "head")).answers():
            return owner


async def keep_editing(client: Client, over: asyncio.Event) -> list[Accepted]:
    answers = []
    while not over.is_set():
        answer = await client.edit(SetTitle(f"{client.token[-6:]} {len(answers)}"))  # type: ignore[index]
        assert isinstance(answer, Accepted)
        answers.append(answer)
        await asyncio.sleep(0.01)
    return answers


async def refusal(client: Client) -> Refused:
    """The next that was not asked for."""
    async for message in client:
        if isinstance(message, Refused):
            return message
    raise AssertionError("the connection ended")


@contextmanager
def asleep(server: Server) -> Iterator[None]:
    """Its workers do nothing meanwhile."""
    for pid in server.worker_pids():
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        wake(server)


def wake(server: Server) -> None:
    for pid in server.worker_pids():
        os.kill(pid, signal.SIGCONT)


@contextmanager
def no_writes(folder: Path) -> Iterator[None]:
    """Nobody else writes to the database meanwhile."""
    sql = sqlite3.connect(folder / "shared.sqlite", isolation_level=None)
    sql.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        sql.execute("ROLLBACK")
        sql.close()

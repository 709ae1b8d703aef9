"""What breaks, and that nothing which was accepted is lost by it."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis

from calc.operations import SetTitle
from gamedata import pack
from gamedata.catalogue import Catalogue
from server.client import Client
from server.redis.calls import key
from server.server_messages import Accepted, Change
from tests.wire.serving import Owner, Raw, Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with everything embedded, for breaking."""
    server = Server(
        tmp_path_factory.mktemp("faults"),
        "--workers",
        "2",
        edits_per_second="200",
        people_ttl_s="1.5",
    )
    yield server
    server.ends_well()


async def edits_through(server: Server, fault: Callable[[], Awaitable[None]]) -> None:
    """Two people edit before, during and after a fault; then all must be there, once.

    Prints how long somebody waited for an answer, at most (`pytest -s`).
    """
    ann = Owner(server.url)
    secret = ann.invite()["secret"]
    answers: list[Accepted] = []
    over = asyncio.Event()
    waits: list[float] = []

    async def keep_editing(client: Client) -> None:
        number = 0
        while not over.is_set():
            number += 1
            began = time.monotonic()
            answer = await client.edit(SetTitle(f"{client.token[-6:]} {number}"))  # type: ignore[index]
            assert isinstance(answer, Accepted)
            answers.append(answer)
            waits.append(time.monotonic() - began)

    async with (
        asyncio.timeout(60),
        Client(server.url, ann.session, token=ann.token, listen=False) as first,
        Client(server.url, ann.session, invitation=secret, name="Bob", listen=False) as second,
    ):
        async with asyncio.TaskGroup() as editing:
            editing.create_task(keep_editing(first))
            editing.create_task(keep_editing(second))
            await first.reached(10)
            await fault()
            await first.reached(first.replica.revision + 10)
            over.set()
        last = max(answer.revision for answer in answers)
        await asyncio.gather(first.reached(last), second.reached(last))
        assert first.replica.document == second.replica.document
        assert first.replica.document["title"] == ann.snapshot()["build"]["title"]

    print(f"{fault.__qualname__}: {max(waits):.1f} s for an answer")  # noqa: T201
    logged = await log_of(server, ann.session)
    assert [revision for revision, _ in logged] == list(range(1, len(logged) + 1))
    edits = [edit for _, edit in logged]
    assert len(set(edits)) == len(edits)
    assert {answer.id: answer.revision for answer in answers} == {
        edit: revision for revision, edit in logged
    }


async def log_of(server: Server, session: str) -> list[tuple[int, str]]:
    """Revision and edit id of each change, as Redis holds them."""
    redis = Redis(unix_socket_path=str(server.data_dir / "redis" / "redis.sock"))
    entries = await redis.xrange(key(session, "log"))
    await redis.aclose()
    changes = [msgspec.json.decode(fields[b"change"]) for _, fields in entries]
    return [(change["revision"], change["edit"]) for change in changes]


async def test_a_restart_of_everything_loses_nothing(server: Server) -> None:
    async def restart() -> None:
        await asyncio.to_thread(server.stop)
        await server.restart()

    await edits_through(server, restart)


async def test_a_killed_valkey_loses_nothing(server: Server) -> None:
    async def kill() -> None:
        os.kill(server.valkey_pid(), signal.SIGKILL)

    await edits_through(server, kill)


async def test_killed_workers_lose_nothing(server: Server) -> None:
    async def kill() -> None:
        for pid in server.worker_pids():
            os.kill(pid, signal.SIGKILL)

    await edits_through(server, kill)


async def test_a_killed_launcher_takes_all_with_it_and_loses_nothing(server: Server) -> None:
    async def kill() -> None:
        await asyncio.to_thread(server.kill)
        await server.restart()

    await edits_through(server, kill)


async def test_a_killed_worker_leaves_no_ghosts(server: Server) -> None:
    ann = Owner(server.url)
    secret = ann.invite()["secret"]
    async with (
        asyncio.timeout(60),
        Client(server.url, ann.session, token=ann.token) as first,
    ):
        assert first.welcome
        while True:
            second = await Raw.open(server.url, ann.session)
            bob = await second.join(invitation=secret, name="Bob")
            if bob["worker"] != first.welcome.worker:
                break
            await second.socket.close()
        await first.until(lambda: bob["person"] in first.replica.people)
        os.kill(int(bob["worker"].partition("-")[0]), signal.SIGKILL)
        await second.closed()
        await first.until(lambda: bob["person"] not in first.replica.people)


async def test_a_paused_worker_wakes_with_an_old_state_and_catches_up(server: Server) -> None:
    ann = Owner(server.url)
    secret = ann.invite()["secret"]
    async with (
        asyncio.timeout(60),
        Client(server.url, ann.session, token=ann.token, listen=False) as first,
    ):
        assert first.welcome
        while True:
            second = Client(server.url, ann.session, invitation=secret, name="Bob", listen=False)
            await second.__aenter__()
            assert second.welcome
            if second.welcome.worker != first.welcome.worker:
                break
            await second.__aexit__(None, None, None)
        bob = second.welcome.person
        pid = int(second.welcome.worker.partition("-")[0])
        await second.edit(SetTitle("before"))
        await first.until(lambda: bob in first.replica.people)
        os.kill(pid, signal.SIGSTOP)
        try:
            sleeping = asyncio.create_task(second.edit(SetTitle("from a sleeper")))
            for number in range(40):
                assert isinstance(await first.edit(SetTitle(f"{number}")), Accepted)
            await first.until(lambda: bob not in first.replica.people)  # nobody is a ghost
        finally:
            os.kill(pid, signal.SIGCONT)
        answer = await sleeping
        assert isinstance(answer, Accepted)
        assert answer.revision > 41  # decided on what it missed, not on what it knew
        await asyncio.gather(first.reached(answer.revision), second.reached(answer.revision))
        assert first.replica.document == second.replica.document
        assert first.replica.document["title"] == "from a sleeper"
        await first.until(lambda: bob in first.replica.people)
        await second.__aexit__(None, None, None)
    logged = [revision for revision, _ in await log_of(server, ann.session)]
    assert logged == list(range(1, len(logged) + 1))


async def test_a_session_moves_to_another_catalogue_by_a_change_of_its_own(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    other = tmp_path / "other.catalogue"
    pack.write(msgspec.structs.replace(catalogue, release="another release"), other)
    server = Server(tmp_path)
    ann = Owner(server.url, title="Nova")
    async with asyncio.timeout(60), Client(server.url, ann.session, token=ann.token) as client:
        await client.edit(SetTitle("Supernova"))
        assert client.welcome
        before = client.welcome
        totals = client.replica.totals
        await asyncio.to_thread(server.stop)
        await server.restart(gamedata=str(other))
        await client.reached(2)
        moved = [each for each in client.received() if isinstance(each, Change)][-1]
        assert moved.by is msgspec.UNSET
        assert moved.patch == {}
        assert moved.totals == totals
        assert client.welcome.engine != before.engine
        assert client.welcome.catalogue.release == "another release"
        await client.edit(SetTitle("on"))
    assert ann.snapshot()["revision"] == 3
    assert server.stop() == 0

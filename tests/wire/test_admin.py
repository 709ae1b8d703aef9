"""`cohort admin` beside a server that runs, and a backup's way back into another one."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from calc.operations import SetLevel, SetTitle
from gamedata import pack
from gamedata.catalogue import Catalogue
from server import backup
from server.client import Client
from server.commands.admin import admin as admin_command
from server.commands.migrate import migrate
from server.redis.embedded import Valkey
from server.server_messages import Accepted
from tests.wire.serving import Owner, Raw, Server


def admin(*arguments: str | Path, fails: bool = False, **settings: str) -> str:
    """What the command says. In this process: to import all anew takes longer than to do it."""
    environment = {f"COHORT_{name.upper()}": value for name, value in settings.items()}
    with ThreadPoolExecutor(1) as elsewhere:  # it runs a loop of its own
        ran = elsewhere.submit(
            CliRunner().invoke, admin_command, list(map(str, arguments)), env=environment
        ).result(60)
    assert (ran.exit_code != 0) == fails, ran.output
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.stderr if fails else ran.stdout


def listed(*arguments: str | Path, **settings: str) -> Any:
    return msgspec.json.decode(admin(*arguments, "--json", **settings))


async def test_an_operator_looks_bans_and_closes_while_people_edit(tmp_path: Path) -> None:
    server = Server(tmp_path)
    at = ("--data-dir", tmp_path)
    ann = Owner(server.url, title="Nova [1]")
    secret = ann.invite()["secret"]
    first = await Raw.open(server.url, ann.session)
    await first.join(token=ann.token, client="a")
    second = await Raw.open(server.url, ann.session)
    bob = await second.join(invitation=secret, name="Bob", client="b")
    title = {"type": "set_title", "title": "Moon"}
    await first.send({"type": "edit", "id": "edit-0001", "base": 0, "operations": [title]})
    await first.receive("accepted")

    names: set[str] = set()
    while names != {"Ann", "Bob"}:  # who is here is written down a moment later
        (found,) = listed("sessions", *at)
        names = {each["name"] for each in found["live"]["people"]}
    assert (found["session"]["session"], found["session"]["owner"]) == (ann.session, "Ann")
    assert found["live"]["head"]["revision"] == 1
    assert found["live"]["bytes"] > 1000
    assert "Nova [1]" in admin("sessions", *at)
    assert "Bob" in admin("session", ann.session, *at)
    assert "wanted" in admin("catalogue", *at)

    said = admin("ban", bob["person"], *at, "--why", "spam")
    assert "out of 1 session" in said
    assert "1 link(s) that are still good" in said
    assert (await second.closed())[0] == 4403
    back = await Raw.open(server.url, ann.session)
    await back.send({"type": "join", "token": bob["token"], "client": "b"})
    assert await back.closed() == (4403, "You may not come here any more.")
    path = f"/api/v1/sessions/{ann.session}"
    headers = {"Authorization": f"Bearer {bob['token']}"}
    refused = ann.http.get(path, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "banned")
    assert [each["person"] for each in listed("users", "--banned", *at)] == [bob["person"]]
    assert "are revoked" in admin("ban", bob["person"], *at, "--links")
    admin("unban", bob["person"], *at)
    again = await Raw.open(server.url, ann.session)
    assert (await again.join(token=bob["token"], client="b"))["role"] == "editor"

    admin("close", ann.session, "--yes", *at)
    assert (await first.receive("goodbye"))["reason"]
    assert (await first.closed())[0] == 4404
    assert ann.http.get(path, headers={"Authorization": f"Bearer {ann.token}"}).status_code == 404
    events = [each["event"] for each in listed("audit", *at)]
    assert events[:4] == ["session_closed", "unbanned", "invitation_revoked", "banned"]
    for wrong in (("ban", "nobody"), ("session", "none"), ("close", "none", "--yes")):
        assert admin(*wrong, *at, fails=True).startswith("Error: There is no")
    server.ends_well()


async def test_what_a_backup_has_comes_back_in_a_new_epoch_and_people_go_on(
    tmp_path: Path,
) -> None:
    before, after, file = tmp_path / "before", tmp_path / "after", tmp_path / "backup"
    server = Server(before)
    ann = Owner(server.url)
    secret = ann.invite()["secret"]
    async with (
        asyncio.timeout(100),
        Client(server.url, ann.session, token=ann.token, listen=False) as first,
        Client(server.url, ann.session, invitation=secret, name="Bob", listen=False) as second,
    ):
        for number in range(20):
            await (first, second)[number % 2].edit(SetTitle(f"{number}"))
        # Nobody waits for the recorder: the backup has what was accepted before it.
        said = await asyncio.to_thread(admin, "backup", file, "--data-dir", before)
        assert str(file) in said
        epoch = first.replica.position.epoch
        await first.edit(SetLevel(30))  # in no backup
        assert "exists" in await asyncio.to_thread(
            admin, "backup", file, "--data-dir", before, fails=True
        )
        assert "in use by process" in await asyncio.to_thread(
            admin, "restore", file, "--data-dir", before, fails=True
        )
        assert await asyncio.to_thread(server.stop) == 0
        whole = tmp_path / "whole"  # also where nothing runs
        await asyncio.to_thread(admin, "backup", whole, "--data-dir", before)
        assert rows_of(whole) == rows_of(file) + 1
        editing = asyncio.create_task(second.edit(SetTitle("made while nothing served")))
        await asyncio.to_thread(admin, "restore", file, "--data-dir", after)
        assert "not empty" in await asyncio.to_thread(
            admin, "restore", file, "--data-dir", after, fails=True
        )
        server.data_dir = after
        await server.restart()
        assert isinstance(await editing, Accepted)
        last = await first.edit(SetLevel(40))
        assert isinstance(last, Accepted)
        await asyncio.gather(first.reached(last.revision), second.reached(last.revision))
        assert first.replica.position == second.replica.position
        assert first.replica.position.epoch != epoch
        assert first.replica.document == second.replica.document
        # Of the backup, what Ann made after it and her client sends again, and the two since.
        assert first.replica.revision == 23
        assert first.replica.document["level"] == 40
        assert first.replica.document["title"] == "made while nothing served"
    server.ends_well()


def rows_of(path: Path) -> int:
    return backup.header_of(path).rows


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """Of the test's own: it forgets all that it has."""
    valkey = Valkey(tmp_path / "valkey")
    valkey.start()
    yield valkey
    valkey.stop()


def test_a_redis_that_has_sessions_is_not_overwritten(
    valkey: Valkey, tmp_path: Path, catalogue: Catalogue
) -> None:
    settings = {"redis_url": valkey.url, "database_url": f"sqlite:///{tmp_path / 'a.sqlite'}"}
    CliRunner().invoke(migrate, env={f"COHORT_{k.upper()}": v for k, v in settings.items()})
    server = Server(tmp_path / "data", **settings)
    ann = Owner(server.url)
    newer = tmp_path / "newer.catalogue"
    pack.write(msgspec.structs.replace(catalogue, release="a newer release"), newer)
    wanted, before = listed("catalogue", newer, **settings)
    assert (wanted["engine"]["wanted"], wanted["sessions"]) == (True, 0)
    assert (before["engine"]["wanted"], before["sessions"]) == (False, 1)
    file = tmp_path / "backup"
    admin("backup", file, **settings)
    other = settings | {"database_url": f"sqlite:///{tmp_path / 'b.sqlite'}"}
    assert "stop them first" in admin("restore", file, fails=True, **other)
    assert server.stop() == 0
    assert "--discard-live" in admin("restore", file, fails=True, **other)
    admin("restore", file, "--discard-live", **other)
    again = Server(tmp_path / "again", secret=(tmp_path / "data/secret").read_text(), **other)
    ann.http.base_url = again.url
    assert ann.snapshot()["revision"] == 0
    again.ends_well()
    none = f"sqlite:///{tmp_path / 'none.sqlite'}"
    assert "cohort migrate" in admin("users", fails=True, database_url=none)

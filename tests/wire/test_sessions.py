"""Sessions as people use them: who may do what, what is sent twice, who comes back."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from calc.operations import SetLevel, SetTitle
from server.client import Client
from server.server_messages import Accepted, Refused
from tests.wire.serving import Owner, Raw, Server


@pytest.fixture(scope="module")
def ann(server: Server) -> Owner:
    return Owner(server.url)


def an_edit(level: int, **fields: Any) -> dict[str, Any]:
    operations = [{"type": "set_level", "level": level}]
    return {"type": "edit", "id": str(uuid.uuid4()), "base": 0, "operations": operations, **fields}


# Roles and invitations


@pytest.mark.parametrize("role", ["viewer", "suggester"])
async def test_who_may_look_may_not_edit(server: Server, role: str) -> None:
    ann = Owner(server.url)
    secret = ann.invite(role)["secret"]
    async with Client(ann.url, ann.session, invitation=secret, name="Bob") as bob:
        assert bob.welcome
        assert bob.welcome.role == role
        answer = await bob.edit(SetLevel(3))
        assert isinstance(answer, Refused)
        assert answer.code == "not_allowed"
    assert ann.snapshot()["revision"] == 0


async def test_a_guest_by_invitation_comes_back_as_the_same_person(ann: Owner) -> None:
    secret = ann.invite(uses=1)["secret"]
    async with Client(ann.url, ann.session, invitation=secret, name="Bob") as bob:
        assert bob.welcome
        person, token = bob.welcome.person, bob.token
    assert token
    async with Client(ann.url, ann.session, token=token) as bob:
        assert bob.welcome
        assert (bob.welcome.person, bob.welcome.name) == (person, "Bob")
    raw = await Raw.open(ann.url, ann.session)
    await raw.join(token=token, invitation=secret)  # used up, but not for who came by it
    await raw.socket.close()


async def test_a_limited_invitation_counts_persons(ann: Owner) -> None:
    secret = ann.invite(uses=1)["secret"]
    async with Client(ann.url, ann.session, invitation=secret, name="Bob"):
        raw = await Raw.open(ann.url, ann.session)
        await raw.send({"type": "join", "invitation": secret, "name": "Eve"})
        assert await raw.closed() == (4403, "This invitation has been used up.")
    path = f"/api/v1/sessions/{ann.session}"  # which the page asks before it asks for a name
    assert ann.call("GET", path, Invitation=secret)["used_up"]
    assert "used_up" not in ann.call("GET", path, Invitation=ann.invite(uses=1)["secret"])


async def test_an_invitation_never_lowers_a_role(ann: Owner) -> None:
    secret = ann.invite("viewer")["secret"]
    raw = await Raw.open(ann.url, ann.session)
    assert (await raw.join(token=ann.token, invitation=secret))["role"] == "owner"
    await raw.socket.close()


async def test_an_invitation_of_another_session_is_not_valid(ann: Owner, server: Server) -> None:
    secret = Owner(server.url).invite()["secret"]
    raw = await Raw.open(ann.url, ann.session)
    await raw.send({"type": "join", "invitation": secret, "name": "Bob"})
    assert (await raw.closed())[0] == 4403


async def test_an_editor_invites_viewers_only(ann: Owner) -> None:
    secret = ann.invite("editor")["secret"]
    path = f"/api/v1/sessions/{ann.session}/invitations"
    async with Client(ann.url, ann.session, invitation=secret, name="Bob") as bob:
        bearer = f"Bearer {bob.token}"
        ann.call("POST", path, {"role": "viewer"}, status=201, Authorization=bearer)
        for role in ("editor", "owner"):
            problem = ann.call("POST", path, {"role": role}, status=403, Authorization=bearer)
            assert problem["code"] == "not_allowed"


async def test_a_revoked_invitation_ends_live_sockets_on_all_workers_and_their_edits(
    two_servers: tuple[Server, Server],
) -> None:
    one, other = two_servers
    ann = Owner(one.url)
    invitation = ann.invite()
    sockets = [await Raw.open(each.url, ann.session) for each in two_servers]
    bob = await sockets[0].join(invitation=invitation["secret"], name="Bob")
    await sockets[1].join(token=bob["token"])
    path = f"/api/v1/sessions/{ann.session}/invitations/{invitation['id']}"
    ann.call("DELETE", path, status=204)
    for socket in sockets:
        assert (await socket.closed())[0] == 4403
    again = await Raw.open(other.url, ann.session)
    await again.send({"type": "join", "token": bob["token"]})
    assert (await again.closed())[0] == 4403
    again = await Raw.open(other.url, ann.session)
    await again.send({"type": "join", "invitation": invitation["secret"], "name": "Bob"})
    assert await again.closed() == (4403, "This invitation has been revoked.")
    assert ann.snapshot()["revision"] == 0


def test_the_secret_of_an_invitation_shows_the_snapshot(ann: Owner) -> None:
    secret = ann.invite("viewer")["secret"]
    path = f"/api/v1/sessions/{ann.session}"
    snapshot = ann.call("GET", path, Invitation=secret)
    assert snapshot["type"] == "snapshot"
    assert ann.call("GET", path, status=403, Invitation="nosuchsecret")["code"] == "not_allowed"
    assert ann.call("GET", "/api/v1/sessions/none", status=404)["code"] == "no_session"


# What is sent twice


async def test_an_edit_sent_twice_is_made_once_and_accepted_twice(server: Server) -> None:
    ann = Owner(server.url)
    raw = await Raw.open(ann.url, ann.session)
    await raw.join(token=ann.token)
    edit = an_edit(30)
    await raw.send(edit)
    first = await raw.receive("accepted")
    await raw.send(an_edit(40))
    await raw.receive("accepted")
    await raw.send(edit)
    assert await raw.receive("accepted") == first
    assert ann.snapshot()["build"]["level"] == 40
    await raw.send({**edit, "operations": [{"type": "set_level", "level": 31}]})
    refused = await raw.receive("refused")
    assert (refused["id"], refused["code"]) == (edit["id"], "id_reused")
    await raw.socket.close()


async def test_an_edit_id_is_counted_per_person(server: Server) -> None:
    ann = Owner(server.url)
    secret = ann.invite()["secret"]
    async with (
        Client(ann.url, ann.session, token=ann.token) as first,
        Client(ann.url, ann.session, invitation=secret, name="Bob") as second,
    ):
        same = str(uuid.uuid4())
        assert await first.edit(SetLevel(3), id=same) == Accepted(same, 1)
        assert await second.edit(SetLevel(4), id=same) == Accepted(same, 2)


async def test_an_edit_that_was_made_is_accepted_again_where_it_would_be_refused_now(
    server: Server,
) -> None:
    ann = Owner(server.url, archetype="Class_Scrapper")
    raw = await Raw.open(ann.url, ann.session)
    await raw.join(token=ann.token)
    taken = an_edit(0, operations=[{"type": "add_pool", "powerset": "Pool.Fighting"}])
    await raw.send(taken)
    accepted = await raw.receive("accepted")
    await raw.send(taken)
    assert await raw.receive("accepted") == accepted
    await raw.send({**taken, "id": str(uuid.uuid4())})
    assert (await raw.receive("refused"))["rule"]
    await raw.socket.close()


async def test_accepted_comes_after_the_change(ann: Owner) -> None:
    raw = await Raw.open(ann.url, ann.session)
    await raw.join(token=ann.token)
    edit = an_edit(17)
    await raw.send(edit)
    assert (await raw.receive("change"))["edit"] == edit["id"]
    assert (await raw.receive("accepted"))["id"] == edit["id"]
    await raw.socket.close()


# Who comes back


async def test_who_resumes_gets_the_missing_changes_nothing_or_a_snapshot(
    two_servers: tuple[Server, Server],
) -> None:
    one, other = two_servers
    ann = Owner(one.url, title="Nova")
    async with Client(one.url, ann.session, token=ann.token) as client:
        positions = [client.replica.position]
        for level in range(1, 6):
            await client.edit(SetLevel(level), SetTitle(f"Nova {level}"))
            positions.append(client.replica.position)
    for url in (one.url, other.url):
        for missing in (1, 3):
            position = positions[-1 - missing]
            raw = await Raw.open(url, ann.session)
            welcome = await raw.join(token=ann.token, resume=position)
            assert welcome["resumed"] == "changes"
            for revision in range(6 - missing, 6):
                assert (await raw.receive("change"))["revision"] == revision
            await raw.socket.close()
        raw = await Raw.open(url, ann.session)
        assert (await raw.join(token=ann.token, resume=positions[-1]))["resumed"] == "nothing"
        await raw.socket.close()
        snapshots = []
        known = positions[3]
        for wrong in (replace(known, edit="another"), replace(known, at=known.at + 1)):
            raw = await Raw.open(url, ann.session)
            assert (await raw.join(token=ann.token, resume=wrong))["resumed"] == "snapshot"
            snapshots.append(await raw.receive("snapshot"))
            await raw.socket.close()
        newest = positions[-1]
        for snapshot in snapshots:
            assert (snapshot["revision"], snapshot["edit"]) == (5, newest.edit)
            assert snapshot["at"] == newest.at


# Where sessions come from


def test_a_session_from_a_build_document(server: Server) -> None:
    build = {"format": 1, "title": "Nova", "archetype": "Class_Scrapper", "level": 30}
    ann = Owner(server.url, build=build)
    scenarios = {"solo": {"title": "Solo"}}  # there is always one
    assert ann.snapshot()["build"] == {**build, "scenarios": scenarios}
    assert ann.created["revision"] == 0
    assert "import" not in ann.created


def test_a_session_from_a_build_file(server: Server, goldens: Path) -> None:
    file = next(goldens.rglob("*.mbd"))
    ann = Owner(server.url, file=file.read_text())
    assert isinstance(ann.created["import"], list)
    assert isinstance(ann.created["findings"], list)
    snapshot = ann.snapshot()
    assert snapshot["build"]["powers"]
    assert snapshot["findings"] == ann.created["findings"]


def test_links_begin_with_the_address_that_was_asked(ann: Owner) -> None:
    assert ann.created["url"] == f"{ann.url}/s/{ann.session}"
    invitation = ann.invite("viewer")
    assert invitation["url"] == f"{ann.url}/s/{ann.session}#{invitation['secret']}"


# The page and health


@pytest.mark.parametrize("path", ["/", "/s/whatever", "/app.js"])
def test_the_page_is_revalidated_and_locked_down(ann: Owner, path: str) -> None:
    answer = ann.http.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = ann.http.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/../settings.py", "/%2e%2e/settings.py", "/nothing.js"])
def test_nothing_but_the_page_is_served(ann: Owner, path: str) -> None:
    assert ann.http.get(path).status_code == 404


def test_health(ann: Owner) -> None:
    live = ann.http.get("/health/live").json()
    assert live["status"] == "live"
    assert live["tasks"] > 0
    ready = ann.http.get("/health/ready").json()
    assert set(ready) == {"status", "checks"}
    assert set(ready["checks"]) == {"redis", "redis_safety", "sql", "recorder"}


async def test_an_edit_that_expects_another_value_is_refused_with_who_changed_it(
    server: Server,
) -> None:
    ann = Owner(server.url)
    secret = ann.invite()["secret"]
    raw = await Raw.open(ann.url, ann.session)
    await raw.join(token=ann.token)
    async with Client(ann.url, ann.session, invitation=secret, name="Bob") as bob:
        await bob.edit(SetLevel(20))
    edit = an_edit(30)
    edit["operations"][0]["expects"] = 50
    await raw.send(edit)
    refused = await raw.receive("refused")
    assert (refused["code"], refused["operation"]) == ("changed_meanwhile", 0)
    assert refused["message"] == "Bob set the level to 20 since."
    edit = an_edit(30)
    edit["operations"][0]["expects"] = "20"
    await raw.send(edit)
    refused = await raw.receive("refused")
    assert (refused["code"], refused["path"]) == ("invalid", "$.operations[0].expects")
    edit["operations"][0]["expects"] = 20
    await raw.send(edit)
    assert (await raw.receive("accepted"))["revision"] == 2
    await raw.socket.close()

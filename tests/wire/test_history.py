"""A session's history by REST: reading it, going back, and taking back what somebody did."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from calc.operations import AddPool, AddSlot, SetLevel, SetTitle, TakePower
from server.client import Client
from server.server_messages import Accepted, Refused
from tests.wire.serving import Owner, Raw, Server

HASTEN = "Pool.Speed.Hasten"


class Place:
    """Ann's session, with Bob, who may edit; by two workers."""

    def __init__(self, two: tuple[Server, Server]) -> None:
        self.url, self.other = two[0].url, two[1].url
        self.ann = Owner(self.url, title="Nova", archetype="Class_Scrapper")
        self.id = self.ann.session
        self.bob = Owner(self.url, name="Bob")

    def get(self, path: str = "", who: Owner | None = None, status: int = 200) -> Any:
        who = who or self.ann
        return who.call("GET", f"/api/v1/sessions/{self.id}/history{path}", status=status)

    def post(
        self, path: str, body: Any, *, key: str = "", who: Owner | None = None, status: int = 200
    ) -> Any:
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        path = f"/api/v1/sessions/{self.id}/history/{path}"
        return (who or self.ann).call("POST", path, body, status=status, **headers)

    async def join(self, who: Owner, role: str = "editor") -> None:
        """Make somebody a member."""
        raw = await Raw.open(self.url, self.id)
        await raw.join(token=who.token, invitation=self.ann.invite(role)["secret"])
        await raw.socket.close()


@pytest.fixture
def place(two_servers: tuple[Server, Server]) -> Place:
    return Place(two_servers)


@pytest.fixture
async def people(place: Place) -> AsyncIterator[tuple[Client, Client]]:
    """Ann on one worker, Bob on the other."""
    await place.join(place.bob)
    async with (
        asyncio.timeout(90),
        Client(place.url, place.id, token=place.ann.token) as ann,
        Client(place.other, place.id, token=place.bob.token) as bob,
    ):
        yield ann, bob


async def made(client: Client, *operations: Any) -> int:
    answer = await client.edit(*operations)
    assert isinstance(answer, Accepted), answer
    return answer.revision


async def test_the_history_says_who_did_what_and_what_it_did_to_the_totals(
    place: Place, people: tuple[Client, Client]
) -> None:
    ann, bob = people
    await made(ann, AddPool("Pool.Speed"))
    await made(bob, TakePower(HASTEN, 10), AddSlot(HASTEN, "k1", 20))
    await made(ann, SetLevel(30))
    await ann.undo()
    # Just committed: the recorder had no time yet.
    page = place.get()
    assert (page["revision"], page["epoch"]) == (4, ann.replica.position.epoch)
    assert [each["what"] for each in page["changes"]] == [
        "Ann took back: set the level to 30.",
        "Ann set the level to 30.",
        "Bob took Hasten and 1 more.",
        "Ann added the pool Speed.",
    ]
    assert page["changes"][2]["steps"] == ["took Hasten", "added a slot to Hasten"]
    assert page["changes"][2]["by"] == place.bob.person
    assert "next" not in page
    back, level = page["changes"][:2]
    assert (back["undoes"], back["revision"]) == (level["edit"], 4)
    changed = level["totals"]["health.max"]
    assert changed["before"]["value"] > changed["after"]["value"]
    assert back["totals"]["health.max"]["after"] == changed["before"]


async def test_pages_follow_each_other_and_come_from_sql_when_the_log_is_gone(
    place: Place, people: tuple[Client, Client], redis_url: str
) -> None:
    ann, _ = people
    builds = [ann.replica.document]
    for level in range(1, 8):
        await made(ann, SetLevel(level))
        builds.append(ann.replica.document)
    whole = place.get()["changes"]

    def pages() -> list[Any]:
        found, path = [], "?limit=3"
        while path:
            page = place.get(path)
            found += page["changes"]
            path = f"?limit=3&before={page['next']}" if "next" in page else ""
        return found

    assert [each["revision"] for each in whole] == [7, 6, 5, 4, 3, 2, 1]
    assert pages() == whole
    # A new epoch: the log begins anew, the history goes on.
    epoch = ann.replica.position.epoch
    await recorded(redis_url, place.id, 7)
    async with Redis.from_url(redis_url) as redis:
        await redis.delete(*[f"{{session:{place.id}}}:{each}" for each in ("head", "log")])
    await made(ann, SetTitle("Supernova"))
    builds.append(ann.replica.document)
    assert ann.replica.position.epoch != epoch
    assert pages()[1:] == whole
    for revision, build in enumerate(builds):
        then = place.get(f"/{revision}")
        assert then["build"] == build
        assert then["revision"] == revision
    assert place.get("/8")["totals"] == place.ann.snapshot()["totals"]
    assert place.get("/9", status=404)["code"] == "no_revision"


async def recorded(redis_url: str, session: str, revision: int) -> None:
    """Wait until the recorder has written this revision."""
    async with asyncio.timeout(60), Redis.from_url(redis_url) as redis:
        while True:
            if int(await redis.hget(f"{{session:{session}}}:head", "recorded") or 0) >= revision:
                return
            await asyncio.sleep(0.02)


async def test_two_revisions_are_compared_for_people_to_read(
    place: Place, people: tuple[Client, Client]
) -> None:
    ann, _ = people
    await made(ann, SetLevel(30))
    await made(ann, AddPool("Pool.Speed"), TakePower(HASTEN, 10))
    found = place.get("/compare?from=0&to=1")
    assert [each["field"] for each in found["difference"]["fields"]] == ["level"]
    assert "health.max" in found["difference"]["totals"]
    found = place.get("/compare?from=1")
    assert (found["before"], found["after"]) == (1, 2)
    assert [each["name"] for each in found["difference"]["powers"]] == ["Hasten"]


async def test_going_back_is_an_edit_for_everybody_and_can_be_undone(
    place: Place, people: tuple[Client, Client]
) -> None:
    ann, bob = people
    await made(ann, AddPool("Pool.Speed"), TakePower(HASTEN, 10))
    then = ann.replica.document
    await made(bob, SetLevel(30))
    await bob.reached(2)
    now, edit = bob.replica.document, place.get("/1")["edit"]
    key = str(uuid.uuid4())
    body = {"base": 2, "revision": 1, "edit": edit}
    answer = place.post("restore", body, key=key)
    assert answer == {"type": "accepted", "id": key, "revision": 3}
    await asyncio.gather(ann.reached(3), bob.reached(3))
    assert ann.replica.document == bob.replica.document == then
    assert ann.replica.totals == bob.replica.totals
    assert place.post("restore", body, key=key) == answer  # once, however often
    # The key comes first: what is there now does not matter to who asked before.
    assert place.post("restore", {**body, "edit": "another-edit"}, key=key) == answer
    assert place.post("restore", {"base": 2, "revision": 9}, key=key, status=409)["code"] == (
        "id_reused"
    )
    other = {"base": 2, "revision": 0}
    assert place.post("restore", other, key=key, status=409)["code"] == "id_reused"
    assert place.get("?limit=1")["changes"][0]["what"] == "Ann went back to revision 1."
    undone = await ann.undo()
    assert isinstance(undone, Accepted)
    await bob.reached(undone.revision)
    assert bob.replica.document == now


async def test_what_one_person_did_is_taken_back_and_named(
    place: Place, people: tuple[Client, Client]
) -> None:
    ann, bob = people
    await made(bob, SetLevel(20))
    await made(bob, SetTitle("Bob"))
    await made(bob, AddPool("Pool.Speed"))
    await ann.reached(3)
    await made(ann, SetTitle("Ann"))
    key = str(uuid.uuid4())
    body = {"base": 4, "person": place.bob.person, "since": 0}
    answer = place.post("undo", body, key=key)
    assert (answer["revision"], len(answer["undone"])) == (5, 2)
    assert [each["message"] for each in answer["passed_over"]] == ["You changed the title since."]
    assert place.post("undo", body, key=key) == answer
    await bob.reached(5)
    assert (bob.replica.document["title"], bob.replica.document.get("level")) == ("Ann", None)
    assert "pools" not in bob.replica.document.get("powersets", {})
    change = place.get("?limit=1")["changes"][0]
    assert change["what"] == "Ann took back 2 edits of Bob."
    assert change["undoes_work"]["person"] == place.bob.person
    assert place.post("undo", body, status=409)["code"] == "nothing_to_undo"


async def test_editors_go_back_if_the_owner_lets_them(
    place: Place, people: tuple[Client, Client]
) -> None:
    ann, _ = people
    raw = await Raw.open(place.url, place.id)
    assert "editors_go_back" not in await raw.join(token=place.ann.token)
    await made(ann, SetLevel(30))
    body = {"base": 1, "revision": 0}
    assert place.post("restore", body, who=place.bob, status=403)["code"] == "not_allowed"
    path = f"/api/v1/sessions/{place.id}"
    described = place.ann.call("PATCH", path, {"editors_go_back": True})
    assert described["editors_go_back"] is True
    assert (await raw.receive("about"))["editors_go_back"] is True
    assert place.post("restore", body, who=place.bob)["revision"] == 2
    place.ann.call("PATCH", path, {"editors_go_back": False, "locked": True})
    body = {"base": 2, "revision": 1}
    assert place.post("restore", body, who=place.bob, status=403)["code"] == "not_allowed"
    assert place.post("restore", body, status=409)["code"] == "locked"
    await raw.socket.close()


async def test_it_is_refused_when_the_history_is_another_than_was_seen(
    place: Place, people: tuple[Client, Client]
) -> None:
    ann, bob = people
    await made(ann, SetLevel(30))
    await made(bob, SetLevel(31))
    body = {"base": 1, "revision": 0, "unchanged": True}
    refused = place.post("restore", body, status=409)
    assert (refused["code"], refused["detail"]) == (
        "changed_meanwhile",
        "Bob set the level to 31 since.",
    )
    body = {"base": 2, "revision": 1, "edit": "another-edit"}
    assert place.post("restore", body, status=409)["code"] == "changed_meanwhile"
    body = {"base": 2, "revision": 2}
    assert place.post("restore", body, status=409)["code"] == "no_difference"
    body = {"base": 2, "revision": 9}
    assert place.post("restore", body, status=404)["code"] == "no_revision"


async def test_only_members_read_it_and_nobody_sends_what_going_back_comes_to(
    place: Place, people: tuple[Client, Client]
) -> None:
    ann, _ = people
    await made(ann, SetLevel(30))
    eve = Owner(place.url, name="Eve")
    for path in ("", "/0", "/compare?from=0"):
        assert place.get(path, who=eve, status=403)["code"] == "not_allowed"
    place.post("restore", {"base": 1, "revision": 0}, who=eve, status=403)
    place.post("undo", {"base": 1, "person": place.ann.person}, who=eve, status=403)
    watcher = Owner(place.url, name="Wes")
    await place.join(watcher, "viewer")
    assert len(place.get(who=watcher)["changes"]) == 1
    place.post("restore", {"base": 1, "revision": 0}, who=watcher, status=403)
    raw = await Raw.open(place.url, place.id)
    await raw.join(token=place.ann.token)
    restore = {"type": "restore", "patch": {"level": 1}}
    await raw.send({"type": "edit", "id": "restore-1", "base": 1, "operations": [restore]})
    refused = await raw.receive("refused")
    assert (refused["code"], refused["path"]) == ("invalid", "$.operations[0].type")
    await raw.socket.close()
    assert isinstance(await ann.edit(SetLevel(30)), Accepted | Refused)

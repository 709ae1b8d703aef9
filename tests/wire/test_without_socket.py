"""What programs do without a socket: edits by POST, totals of a build."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.wire.serving import Owner, Raw, Server

LEVEL_30 = [{"type": "set_level", "level": 30}]
GONE = {"type": "drop_power", "power": "No.Such.Power"}
DOCUMENT = {"format": 1, "archetype": "Class_Scrapper", "level": 50}


@pytest.fixture
def ann(server: Server) -> Owner:
    return Owner(server.url)


def post_edit(
    who: Owner, operations: Any, *, key: str = "", status: int = 200, **given: Any
) -> Any:
    key = key or str(uuid.uuid4())
    headers = {"Idempotency-Key": key, **given.pop("headers", {})}
    session = given.pop("session", who.session)
    path = f"/api/v1/sessions/{session}/edits"
    body = {"base": 0, "operations": operations, **given}
    return who.call("POST", path, body, status=status, **headers)


# Edits


async def test_an_edit_by_post_is_a_change_for_everybody(ann: Owner) -> None:
    raw = await Raw.open(ann.url, ann.session)
    await raw.join(token=ann.token)
    key = str(uuid.uuid4())
    answer = post_edit(ann, LEVEL_30, key=key)
    assert answer == {"type": "accepted", "id": key, "revision": 1}
    change = await raw.receive("change")
    assert (change["edit"], change["by"], change["patch"]) == (key, ann.person, {"level": 30})
    await raw.socket.close()


async def test_an_edit_sent_twice_is_made_once_also_by_socket(ann: Owner) -> None:
    key = str(uuid.uuid4())
    first = post_edit(ann, LEVEL_30, key=key)
    post_edit(ann, [{"type": "set_level", "level": 40}])
    assert post_edit(ann, LEVEL_30, key=key) == first
    raw = await Raw.open(ann.url, ann.session)
    await raw.join(token=ann.token)
    await raw.send({"type": "edit", "id": key, "base": 0, "operations": LEVEL_30})
    assert await raw.receive("accepted") == first
    assert ann.snapshot()["build"]["level"] == 40
    assert ann.snapshot()["revision"] == 2
    await raw.socket.close()


def test_a_key_that_was_used_for_another_edit_is_a_conflict(ann: Owner) -> None:
    key = str(uuid.uuid4())
    post_edit(ann, LEVEL_30, key=key)
    problem = post_edit(ann, [{"type": "set_level", "level": 31}], key=key, status=409)
    assert problem["code"] == "id_reused"


def test_a_refusal_by_the_rules_names_operation_and_rule(ann: Owner) -> None:
    problem = post_edit(ann, [*LEVEL_30, GONE], status=409)
    assert (problem["operation"], problem["status"]) == (1, 409)
    assert problem["code"]
    assert problem["rule"]
    assert problem["detail"].endswith(".")
    assert ann.snapshot()["revision"] == 0


BAD = {
    "no operations": (LEVEL_30[:0], {}),
    "unknown operation": ([{"type": "fly"}], {}),
    "a level that is none": ([{"type": "set_level", "level": 51}], {}),
    "negative base": (LEVEL_30, {"base": -1}),
    "a key that is none": (LEVEL_30, {"key": "short"}),
    "an unknown field in an operation": ([{**LEVEL_30[0], "x": 1}], {}),
}


@pytest.mark.parametrize(("operations", "given"), BAD.values(), ids=BAD.keys())
def test_what_is_no_edit_is_invalid(ann: Owner, operations: Any, given: Any) -> None:
    assert post_edit(ann, operations, status=400, **given)["code"] == "invalid"
    assert ann.snapshot()["revision"] == 0


def test_an_edit_needs_a_key(ann: Owner) -> None:
    path = f"/api/v1/sessions/{ann.session}/edits"
    problem = ann.call("POST", path, {"base": 0, "operations": LEVEL_30}, status=400)
    assert "Idempotency-Key" in problem["detail"]


def test_who_may_not_edit_is_refused(ann: Owner) -> None:
    eve = Owner(ann.url, "Eve")
    stranger = post_edit(eve, LEVEL_30, session=ann.session, status=403)
    assert (stranger["code"], stranger["detail"]) == (
        "not_allowed",
        "You may not be in this session.",
    )
    forged = {"Authorization": "Bearer x.y.z"}
    assert post_edit(ann, LEVEL_30, headers=forged, status=401)["code"] == "not_authenticated"
    assert post_edit(ann, LEVEL_30, session="nosuchone", status=404)["code"] == "no_session"
    assert ann.snapshot()["revision"] == 0


def test_a_conflict_names_who_changed_it_meanwhile(ann: Owner) -> None:
    bob = Owner(ann.url, "Bob")
    by_link = {
        "Authorization": f"Bearer {bob.token}",
        "Invitation": ann.invite("editor")["secret"],
    }
    post_edit(bob, LEVEL_30, session=ann.session, headers=by_link)
    seen = [{"type": "set_level", "level": 31, "expects": 50}]
    problem = post_edit(ann, seen, status=409)
    assert (problem["code"], problem["by"]) == ("changed_meanwhile", bob.person)
    assert problem["detail"] == "Bob set the level to 30 since."


def test_a_bot_comes_by_an_invitation(ann: Owner) -> None:
    bot = Owner(ann.url, "Bot")
    editor, viewer = ann.invite("editor"), ann.invite("viewer")

    def post_by(secret: str, status: int) -> Any:
        headers = {"Invitation": secret, "Authorization": f"Bearer {bot.token}"}
        return post_edit(bot, LEVEL_30, session=ann.session, status=status, headers=headers)

    assert post_by("nosuchsecret", 403)["code"] == "not_allowed"
    assert post_by(viewer["secret"], 403)["code"] == "not_allowed"
    assert post_by(editor["secret"], 200)["revision"] == 1
    assert post_edit(bot, LEVEL_30, session=ann.session)["revision"] == 2  # a member now
    path = f"/api/v1/sessions/{ann.session}/invitations/{editor['id']}"
    ann.call("DELETE", path, status=204)
    assert post_edit(bot, LEVEL_30, session=ann.session, status=403)["code"] == "not_allowed"


def test_too_many_edits_and_computations_are_told_to_wait(tmp_path: Path) -> None:
    server = Server(
        tmp_path,
        edits_per_second="0.1",
        edits_burst="2",
        operations_per_edit="5",
        totals_per_minute="2",
    )
    ann = Owner(server.url)
    too_many = post_edit(ann, LEVEL_30 * 6, status=400)
    assert too_many["code"] == "too_many_operations"
    post_edit(ann, LEVEL_30)
    post_edit(ann, LEVEL_30)
    problem = post_edit(ann, LEVEL_30, status=429)
    assert problem["code"] == "too_many"
    assert 0 < problem["retry_after"] <= 10
    assert ann.snapshot()["revision"] == 2
    for _ in range(2):
        ann.call("POST", "/api/v1/totals", {"build": DOCUMENT})
    assert ann.call("POST", "/api/v1/totals", {"build": DOCUMENT}, status=429)["retry_after"] > 0
    server.ends_well()


# Totals


def test_totals_of_a_document_are_those_of_a_session_of_it(ann: Owner) -> None:
    answer = ann.call("POST", "/api/v1/totals", {"build": DOCUMENT})
    same = Owner(ann.url, build=DOCUMENT).snapshot()
    assert answer["totals"] == same["totals"]
    assert answer["findings"] == same["findings"]
    assert answer["engine"]
    assert answer["catalogue"]["release"]
    assert "import" not in answer


def test_nobody_needs_a_token_for_totals(ann: Owner) -> None:
    answer = ann.http.post("/api/v1/totals", json={"build": DOCUMENT})
    assert answer.status_code == 200


NO_BUILDS = {
    "nothing": ({}, 400, "invalid"),
    "both": ({"build": DOCUMENT, "file": "x"}, 400, "invalid"),
    "no document": ({"build": {"format": 9}}, 400, "invalid"),
    "no build file": ({"file": "x"}, 400, "file_unreadable"),
    "too large": ({"file": "x" * 300_000}, 413, "too_large"),
}


@pytest.mark.parametrize(("body", "status", "code"), NO_BUILDS.values(), ids=NO_BUILDS.keys())
def test_what_is_no_build_has_no_totals(ann: Owner, body: Any, status: int, code: str) -> None:
    assert ann.call("POST", "/api/v1/totals", body, status=status)["code"] == code

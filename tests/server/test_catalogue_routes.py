"""The catalogue by REST: cached well, compressed once, and clear about what it does not know."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient, create_test_client

from calc.build import Build, empty, encode
from gamedata.catalogue import Catalogue
from server.catalogue.routes import catalogue_router
from server.reference import openapi
from server.web import problems


@pytest.fixture(scope="module")
def client(catalogue: Catalogue) -> Iterator[TestClient[Any]]:
    with create_test_client(
        catalogue_router(catalogue),
        plugins=[openapi.StructSchemas()],
        exception_handlers=problems.HANDLERS,
    ) as client:
        yield client


def test_who_has_an_answer_gets_no_second_one(client: TestClient[Any]) -> None:
    first = client.get("/api/v1/stats")
    assert first.status_code == 200
    assert first.json()[0]["key"] == "defense.smashing"
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/api/v1/stats", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_an_answer_of_a_version_is_kept_for_ever(client: TestClient[Any]) -> None:
    version = client.get("/api/v1/catalogue").json()["version"]
    path = "/api/v1/catalogue/archetypes"
    assert "immutable" in client.get(path, params={"v": version}).headers["cache-control"]
    assert client.get(path, params={"v": "older"}).headers["cache-control"] == "no-cache"


def test_who_cannot_unzip_gets_it_plain(client: TestClient[Any]) -> None:
    path = "/api/v1/catalogue/enhancements"
    zipped = client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert zipped.json() == plain.json()


@pytest.mark.parametrize(
    "path",
    [
        "archetypes/Class_Nobody/powersets",
        "powersets/Pool.Nothing",
        "powers/Pool.Speed.Nothing",
        "powers/Pool.Speed.Nothing/enhancements",
        "enhancements/Crafted_Nothing",
        "sets/Nothing",
        "bonuses?stat=defense.ranged&archetype=Class_Nobody",
    ],
)
def test_what_the_catalogue_lacks_is_named(client: TestClient[Any], path: str) -> None:
    answer = client.get(f"/api/v1/catalogue/{path}")
    assert answer.status_code == 404
    assert "Nothing" in answer.json()["detail"] or "Class_Nobody" in answer.json()["detail"]


def test_names_are_searched(client: TestClient[Any]) -> None:
    path = "/api/v1/catalogue/search"
    answer = client.get(path, params={"text": " lotg", "kind": ["set", "power"]})
    assert answer.json()["found"] == [
        {"kind": "set", "id": "Luck_of_the_Gambler", "name": "Luck of the Gambler"}
    ]
    again = client.get(
        path,
        params={"text": "lotg ", "kind": ["set", "power"]},
        headers={"If-None-Match": answer.headers["etag"]},
    )
    assert again.status_code == 304
    wrongs: tuple[dict[str, Any], ...] = (
        {},
        {"text": ""},
        {"text": "a", "kind": "hat"},
        {"text": "a", "limit": 9999},
    )
    for wrong in wrongs:
        assert client.get(path, params=wrong).status_code == 400


def test_sets_are_found_by_what_they_give(client: TestClient[Any]) -> None:
    path = "/api/v1/catalogue/bonuses"
    wanted: dict[str, Any] = {"stat": "offense.recharge", "archetype": "Class_Blaster", "limit": 2}
    found = client.get(path, params=wanted).json()
    assert found["total"] > 2
    assert [each["value"] for each in found["sets"]] == [0.1, 0.1]
    assert client.get(path, params=wanted | {"pieces": 7}).status_code == 400
    assert client.get(path, params={"stat": "offense.recharge"}).status_code == 400

    gains = client.get("/api/v1/catalogue/archetypes/Class_Blaster/bonuses").json()
    luck = next(each for each in gains if each["id"] == "Luck_of_the_Gambler")
    assert luck["bonuses"][0]["totals"] == {"offense.recharge": 0.075}
    assert luck["bonuses"][3] == {"pieces": 4, "totals": {"offense.accuracy": 0.09}}
    unknown = client.get("/api/v1/catalogue/archetypes/Class_Nobody/bonuses")
    assert unknown.status_code == 404


def test_all_powersets_and_sets_are_listed(client: TestClient[Any]) -> None:
    powersets = {each["id"]: each for each in client.get("/api/v1/catalogue/powersets").json()}
    assert "archetypes" not in powersets["Pool.Speed"]
    assert powersets["Scrapper_Melee.Dark_Melee"]["archetypes"] == ["Class_Scrapper"]
    sets = client.get("/api/v1/catalogue/sets").json()
    assert [each["name"] for each in sets] == sorted(each["name"] for each in sets)


def test_a_build_in_its_granted_powers_out(client: TestClient[Any]) -> None:
    build = msgspec.structs.replace(empty(), archetype="Class_Scrapper")
    assert isinstance(build, Build)
    answer = client.post(
        "/api/v1/catalogue/granted",
        content=encode(build),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 200
    names = [power["name"] for power in answer.json()]
    assert {"Health", "Stamina", "Swift", "Hurdle"} <= set(names)


def test_a_build_in_its_states_out(client: TestClient[Any]) -> None:
    """The starter catalogue has no powers that ask for any; the archetype's meter is one."""
    build = msgspec.structs.replace(empty(), archetype="Class_Brute")
    answer = client.post("/api/v1/catalogue/states", content=encode(build))
    assert answer.status_code == 200
    assert answer.json() == {"meter": "fury"}


@pytest.mark.parametrize("question", ["granted", "states"])
def test_what_is_no_build_is_refused(client: TestClient[Any], question: str) -> None:
    answer = client.post(f"/api/v1/catalogue/{question}", content=b'{"format": 1, "level": 900}')
    assert answer.status_code == 400
    assert "level" in answer.json()["detail"]


def test_the_reference_names_every_path(client: TestClient[Any]) -> None:
    paths = client.get("/schema/openapi.json").json()["paths"]
    assert "/api/v1/stats" in paths
    assert "/api/v1/catalogue/powers/{power}/enhancements" in paths

"""Requests drawn from the REST interface's document: no answer that it does not tell of.

By nobody, by a guest and by an account; half of them about what there is.
"""

from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Any, NamedTuple

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.wire.serving import Owner, Server

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CALLERS = ("nobody", "guest", "account")
CASES = 3  # of each call: each caller has a turn
ENDLESS = {"stream_totals"}  # tests/wire/test_stream.py has it
LAST = {"log_out_everywhere", "log_out", "delete_account", "end_session", "delete_build"}


class Caller(NamedTuple):
    """Somebody's headers, and the ids of what they have; nobody knows those of others."""

    headers: Mapping[str, str]
    known: Mapping[str, str]


def test_no_answer_is_a_surprise(rest_server: Server) -> None:
    schema = schemathesis.openapi.from_url(f"{rest_server.url}docs/openapi.json")
    operations = [each.ok() for each in schema.get_all_operations()]
    operations = [each for each in operations if _name(each) not in ENDLESS]
    operations.sort(key=lambda each: _name(each) in LAST)
    assert len(operations) > 70
    turns = cycle(_caller(rest_server, who) for who in CALLERS)
    with requests.Session() as session:
        for operation in operations:
            _try(operation, turns, session)


def _try(operation: Any, turns: Iterator[Caller], session: requests.Session) -> None:
    @settings(
        max_examples=CASES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), is_known=st.booleans())
    def run(case: Any, is_known: bool) -> None:
        caller = next(turns)
        if is_known:
            for name in case.path_parameters or ():
                case.path_parameters[name] = caller.known.get(name, case.path_parameters[name])
        answer = case.call(session=session, headers=caller.headers, timeout=20)
        case.validate_response(answer, checks=CHECKS)

    run()


def _name(operation: Any) -> str:
    return str(operation.definition.raw["operationId"])


def _caller(server: Server, who: str) -> Caller:
    owner = Owner(server.url, f"The {who}", archetype="Class_Scrapper")
    if who == "account":
        account = {"username": "drawn", "password": "a horse, a moth and a battery"}
        owner.token = owner.call("POST", "/api/v1/accounts", account, status=201)["access_token"]
    new = {"session": owner.session, "visibility": "public"}
    saved = owner.call("POST", "/api/v1/builds", new, status=201)
    known = {
        "session_id": owner.session,
        "invitation_id": owner.invite()["id"],
        "person": owner.person,
        "build_id": saved["id"],
        "number": "1",
        "revision": "0",
        "archetype": "Class_Scrapper",
        "powerset": "Pool.Speed",
        "power": "Pool.Speed.Hasten",
        "enhancement": "Crafted_Recharge",
        "boost_set": "Luck_of_the_Gambler",
    }
    assert httpx.get(f"{owner.url}/api/v1/builds/{saved['id']}").is_success
    headers = {} if who == "nobody" else {"Authorization": f"Bearer {owner.token}"}
    return Caller(headers, known)

"""What a handler says of itself for the OpenAPI document: who may call it, and how it fails.

What holds of all calls is not written at each: a call with a body may be refused as `invalid`,
one with a token for the token (`openapi` adds those).
"""

from collections.abc import Iterable

import msgspec
from litestar.datastructures import ResponseHeader
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example, SecurityRequirement
from msgspec import UNSET

from calc.rulebook import RULES
from server.auth import SCOPES, Scope
from server.web.codes import CODES, USUAL
from server.web.problems import Problem, ProblemError

MEANINGS = {rule.code: rule.sentence for rule in RULES} | {
    code: each.meaning for code, each in CODES.items()
}
PROBLEM_TYPE = "application/problem+json"
Responses = dict[int, ResponseSpec]

ETAG = ResponseHeader(
    name="ETag", documentation_only=True, description="Names what is answered, for `If-Match`."
)
CACHED = (
    ResponseHeader(
        name="ETag", documentation_only=True, description="For `If-None-Match`: 304 while it holds."
    ),
    ResponseHeader(
        name="Cache-Control",
        documentation_only=True,
        description="For ever under the right `?v=`, else asked again each time.",
    ),
)
LOCATION = ResponseHeader(
    name="Location", documentation_only=True, description="Where the new one is."
)


def by(
    scope: Scope = "all", *, invitation: bool = False, anybody: bool = False
) -> list[SecurityRequirement]:
    """Who may call: by a token that is good for `scope`; "all" is for no API key.

    invitation: or who holds one. anybody: or with nothing, to see less.
    """
    requirements: list[SecurityRequirement] = [{"token": []}, {"password": []}]
    if scope != "all":
        requirements.append({"key": [scope]})
    if invitation:
        requirements.append({"invitation": []})
    return [{}, *requirements] if anybody else requirements


def scope_of(requirements: Iterable[SecurityRequirement]) -> Scope | None:
    """What a token must be good for; None where none is asked for."""
    scopes: list[Scope] = [
        next((each for each in SCOPES if each in names), "all")
        for requirement in requirements
        for names in requirement.values()
    ]
    return min(scopes, key=SCOPES.index, default=None)


def errors(*codes: str, conflicts: Iterable[str] = ()) -> Responses:
    """The problems that a handler answers of its own accord. conflicts: those answered with 409."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(CODES[code].status, []).append(code)
    for code in conflicts:
        by_status.setdefault(409, []).append(code)
    return {status: problems_spec(status, each) for status, each in by_status.items()}


def problems_spec(
    status: int,
    codes: Iterable[str],
    kind: type[Problem] = Problem,
    media_type: str = PROBLEM_TYPE,
) -> ResponseSpec:
    """Problem documents of one status, with an example of each code."""
    return ResponseSpec(
        kind,
        generate_examples=False,
        description=USUAL[status][1],
        media_type=media_type,
        examples=[
            Example(id=code, summary=MEANINGS[code], value=problem_example(status, code))
            for code in codes
        ],
    )


def problem_example(status: int, code: str) -> object:
    """A problem document of this code."""
    wait = 1.0 if status in (429, 503) else UNSET
    return msgspec.to_builtins(ProblemError(status, MEANINGS[code], code, wait).problem)

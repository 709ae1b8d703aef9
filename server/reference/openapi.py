"""The OpenAPI 3.1 document of the REST interface, made from the handlers and their Structs.

Litestar lists the routes with their parameters; msgspec describes the Structs, as it decodes them.
A handler says who may call it and how it fails (`described`); what holds of every call of a kind is
added here. The examples are what a test has seen (`openapi_examples.json`; `make reference`).
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Litestar, MediaType, Request
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, OAuthFlow, OAuthFlows, Schema, SecurityScheme, Tag
from litestar.plugins import OpenAPISchemaPlugin
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition
from litestar.utils.sync import AsyncCallable
from msgspec import Struct

from server.reference.described import MEANINGS, PROBLEM_TYPE, problem_example
from server.reference.schemas import schemas
from server.web import kept
from server.web.codes import CODES, USUAL
from server.web.problems import Problem

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator

EXAMPLES = Path(str(files("server.reference"))) / "openapi_examples.json"
PAGE = Path(str(files("server"))) / "static" / "reference" / "rest.html"
AnyRequest = Request[Any, Any, Any]

ABOUT = """Sessions, saved builds, the catalogue, and what programs do without a socket.
The live protocol has [a reference of its own](/docs/live).

**Who calls.** A guest's token (`POST /api/v1/guests`) is all that one needs to begin. With an
account, `POST /api/v1/token` gives access tokens for 15 minutes ("Authorize" does it here). A
program of one's own has an API key. Each of them is a `Bearer`. An invitation is what follows `#`
in a link.

**Errors** are problem documents (RFC 9457): `code` is for programs and stays as it is, `detail` is
a sentence for a person. New codes may come.

**Rates.** `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds) say how much is
left of what one person or address may do; who is over it is told when to come again by
`Retry-After`.

**Times** are milliseconds since 1970, shares are fractions (0.45 is 45 %). A field that is absent
is what it is by default. Ignore fields that you do not know: newer servers have more of them."""

# What begins with the first of these that fits has its tag. In the order of the document.
TAGS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "people": (
        "Guests, accounts, logins and keys.",
        ("/api/v1/guests", "/api/v1/account", "/api/v1/token", "/api/v1/login"),
    ),
    "sessions": ("A live session: begin it, look into it, run it.", ("/api/v1/sessions",)),
    "without a socket": (
        "For bots and overlays: edits and totals by plain HTTP.",
        (
            "/api/v1/sessions/{session_id}/edits",
            "/api/v1/sessions/{session_id}/totals",
            "/api/v1/totals",
        ),
    ),
    "history": (
        "Who did what in a session; going back, and undoing one person's work.",
        ("/api/v1/sessions/{session_id}/history",),
    ),
    "library": ("Saved builds and their versions.", ("/api/v1/builds",)),
    "catalogue": (
        "The game's data, without a token; under `?v=` to be kept for ever.",
        ("/api/v1/catalogue", "/api/v1/stats"),
    ),
    "service": ("The service itself.", ("/",)),
    "moderators and admins": (
        "For who looks after the service.",
        ("/api/v1/audit", "/api/v1/users", "/api/v1/sessions/{session_id}/closing"),
    ),
}

PARAMETERS = {
    "session_id": "A session's id, as in its link: `/s/{id}`.",
    "invitation_id": "An invitation's id.",
    "person": "A person's id.",
    "build_id": "A saved build's id, as in its link: `/b/{id}`.",
    "number": "A version's number.",
    "login": "A login's id; `current` is the one that the token came of.",
    "key": "A key's id.",
    "archetype": "An archetype's id.",
    "powerset": "A powerset's id.",
    "power": "A power's id.",
    "enhancement": "An enhancement's id.",
    "boost_set": "A boost set's id.",
    "before": "Only what is older than this one.",
    "after": "Only what is newer than this one.",
    "limit": "How many at most.",
    "event": "Only events of this kind.",
    "by": "Only what this person did.",
    "revision": "A revision of the session.",
    "provider": "A login provider's id: `GET /api/v1/login`.",
    "Invitation": "What follows `#` in an invitation's link.",
    "Last-Event-ID": "The id of the last event that you have: what came since follows.",
}

DONE = {200: "The answer.", 201: "It is made.", 204: "It is done."}
UNSAID = ResponseSpec(None)


class Document(OpenAPIRenderPlugin):
    """Serves the document: Litestar has a route for it, and no place for what is added here."""

    def __init__(self) -> None:
        super().__init__(path="/openapi.json", media_type=MediaType.JSON)

    def render(self, request: AnyRequest, openapi_schema: dict[str, Any]) -> Any:
        return kept.reply(request, encoded(request.app))


class Page(OpenAPIRenderPlugin):
    """Serves the page that shows it."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML)

    def render(self, request: AnyRequest, openapi_schema: dict[str, Any]) -> Any:
        return kept.reply(request, kept.keep(PAGE.read_bytes(), "text/html"))


CONFIG = OpenAPIConfig(
    title="Cohort",
    version="1",
    description=ABOUT,
    path="/docs",
    render_plugins=[Page(), Document()],
    operation_id_creator=lambda handler, _method, _path: handler.handler_name,
    tags=[Tag(name, description) for name, (description, _) in TAGS.items()],
    components=Components(
        security_schemes={
            "password": SecurityScheme(
                type="oauth2",
                description="An account's access token, by its username and password.",
                flows=OAuthFlows(
                    password=OAuthFlow(
                        token_url="/api/v1/token",  # noqa: S106
                        refresh_url="/api/v1/token",
                        scopes={},
                    )
                ),
            ),
            "token": SecurityScheme(
                type="http",
                scheme="bearer",
                description="A guest's token, or an account's access token.",
            ),
            "key": SecurityScheme(
                type="http",
                scheme="bearer",
                description="An API key. `overlay`, `read` and `edit` each hold those before.",
            ),
            "invitation": SecurityScheme(
                type="apiKey",
                name="Invitation",
                security_scheme_in="header",
                description="What follows `#` in an invitation's link.",
            ),
        }
    ),
)


class StructSchemas(OpenAPISchemaPlugin):
    """Marks the Structs of a document, which `document` then puts in as msgspec describes them."""

    def __init__(self) -> None:
        self.found: dict[str, type[Struct]] = {_mark(Problem): Problem}

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        return not field_definition.is_union and field_definition.is_subclass_of(Struct)

    def to_openapi_schema(
        self, field_definition: FieldDefinition, schema_creator: "SchemaCreator"
    ) -> Schema:
        struct = field_definition.type_
        self.found[_mark(struct)] = struct
        return Schema(title=_mark(struct))


def _mark(struct: type[Struct]) -> str:
    return f"{struct.__module__}.{struct.__qualname__}"


PROBLEM = {"title": _mark(Problem)}


@lru_cache(maxsize=1)
def encoded(app: Litestar) -> kept.Kept:
    """The document of an application, as it is served."""
    return kept.keep(msgspec.json.encode(document(app, read_examples())))


def encode_examples(examples: Mapping[str, Any]) -> bytes:
    """As they are kept: readable, and the same for the same examples."""
    return msgspec.json.format(msgspec.json.encode(examples), indent=1) + b"\n"


def read_examples() -> dict[str, Any]:
    """What `document` takes, as tests have seen it."""
    examples: dict[str, Any] = msgspec.json.decode(EXAMPLES.read_bytes())
    return examples


def document(app: Litestar, examples: Mapping[str, Any]) -> dict[str, Any]:
    """The whole document.

    examples: by operation id: `request`, `response`, and `parameters` by name; each may be absent.
    """
    whole: dict[str, Any] = app.openapi_schema.to_schema()
    del whole["servers"]  # this one
    for path, method, handler in operations(app):
        operation = whole["paths"][path][method.lower()]
        operation["tags"] = [_tag(path)]
        operation["summary"], operation["description"] = _text(handler)
        _parameters(operation)
        _responses(operation, handler)
        _examples(operation, examples.get(operation["operationId"], {}))
    found = app.plugins.get(StructSchemas).found
    references, whole["components"]["schemas"] = schemas(tuple(found.values()))
    whole["paths"] = _unmarked(whole["paths"], dict(zip(found, references, strict=True)))
    return whole


def operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """The path, method and handler of everything that the document tells of."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if method != "OPTIONS" and handler.resolve_include_in_schema():
                    yield route.path_format, method, handler


def _tag(path: str) -> str:
    fitting = [
        (len(start), tag)
        for tag, (_, starts) in TAGS.items()
        for start in starts
        if path.startswith(start)
    ]
    return max(fitting)[1]


def _text(handler: HTTPRouteHandler) -> tuple[str, str]:
    """The first sentence of a handler's docstring, and all of it."""
    function: object = handler.fn
    if isinstance(function, AsyncCallable):  # whose docstring is Litestar's
        function = function.func
    text = cleandoc(function.__doc__ or "")
    flowing = "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    first = re.split(r"(?<=\.)\s", flowing, maxsplit=1)[0]
    return first.removesuffix("."), flowing


def _parameters(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        if not parameter.get("description"):
            parameter["description"] = PARAMETERS.get(parameter["name"], "")


def _responses(operation: dict[str, Any], handler: HTTPRouteHandler) -> None:
    """What is answered: what was asked for, and then every problem, by status."""
    headers = {
        each.name: {"description": each.description, "schema": {"type": "string"}}
        for each in handler.resolve_response_headers()
    }
    good: dict[str, Any] = {}
    bad: dict[int, dict[str, Any]] = {}
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        if int(status) >= 400:
            bad[int(status)] = {
                media_type: (each["schema"], list(each["examples"]))
                for media_type, each in content.items()
                if "examples" in each  # without, it is Litestar's own guess
            }
        else:
            said = (handler.responses or {}).get(int(status), UNSAID).description
            usual = DONE.get(int(status), response["description"])
            described = usual if said == UNSAID.description else said
            good[status] = {**response, "description": described, "headers": headers}
            if not headers:
                del good[status]["headers"]
    for code in _implied(operation, handler):
        kinds = bad.setdefault(CODES[code].status, {})
        _, codes = kinds.setdefault(PROBLEM_TYPE, (PROBLEM, []))
        if code not in codes:
            codes.append(code)
    operation["responses"] = good | {
        str(status): _problem(status, kinds) for status, kinds in sorted(bad.items()) if kinds
    }


def _implied(operation: Mapping[str, Any], handler: HTTPRouteHandler) -> Iterator[str]:
    """The codes that no handler needs to name."""
    parameters = operation.get("parameters", ())
    yield "wrong_host"
    if any(each["in"] == "path" for each in parameters):
        yield "not_found"
    if (parameters or "requestBody" in operation) and not _speaks_oauth(operation):
        yield "invalid"
    if operation.get("security"):
        yield from ("not_authenticated", "expired", "banned", "insufficient_scope")
    if "If-Match" in {each["name"] for each in parameters}:
        yield from ("changed_meanwhile", "if_match_missing")
    if "requestBody" in operation:
        yield "too_large"
    yield "too_many"
    yield "internal"
    if "services" in handler.parsed_fn_signature.parameters:
        yield "unavailable"


def _speaks_oauth(operation: Mapping[str, Any]) -> bool:
    return (
        "application/x-www-form-urlencoded"
        in operation.get("requestBody", {"content": ()})["content"]
    )


def _problem(
    status: int, kinds: Mapping[str, tuple[Mapping[str, Any], list[str]]]
) -> dict[str, Any]:
    """The response with one of these codes. kinds: by media type, a schema and its codes."""
    response: dict[str, Any] = {
        "description": USUAL[status][1],
        "content": {
            media_type: {
                "schema": {"allOf": [schema], "properties": {"code": {"enum": codes}}},
                "examples": {
                    code: {
                        "summary": f"{code}: {MEANINGS[code]}",
                        "value": problem_example(status, code),
                    }
                    for code in codes
                },
            }
            for media_type, (schema, codes) in kinds.items()
        },
    }
    if status in (429, 503):
        wait = {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}
        response["headers"] = {"Retry-After": wait}
    return response


def _examples(operation: dict[str, Any], seen: Mapping[str, Any]) -> None:
    """What a test has sent, and was answered."""
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in seen.get("parameters", {}):
            parameter["example"] = seen["parameters"][parameter["name"]]
    if "request" in seen:
        for content in operation["requestBody"]["content"].values():
            content["example"] = seen["request"]
    if "response" in seen:
        status = next(iter(operation["responses"]))
        for content in operation["responses"][status]["content"].values():
            content["example"] = seen["response"]


def _unmarked(part: Any, references: Mapping[str, Any]) -> Any:
    """With a reference wherever `StructSchemas` left a mark."""
    if isinstance(part, list):
        return [_unmarked(each, references) for each in part]
    if not isinstance(part, dict):
        return part
    if part.get("title") in references:
        rest = {key: value for key, value in part.items() if key != "title"}
        return {**references[part["title"]], **rest}
    return {key: _unmarked(value, references) for key, value in part.items()}

"""The references as pages: the live protocol's, and what the page of the REST interface needs."""

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from server.reference import asyncapi, asyncapi_page
from server.web import kept
from server.web.problems import ProblemError

AnyRequest = Request[Any, Any, Any]

# What there is of Swagger UI that the page uses, by name.
ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}


@get("/docs/live", include_in_schema=False, sync_to_thread=False)
def live_page(request: AnyRequest) -> Response[bytes]:
    """Every message, in both directions, with an example of each."""
    return kept.reply(request, _page())


@get("/docs/live/asyncapi.json", include_in_schema=False, sync_to_thread=False)
def live_document(request: AnyRequest) -> Response[bytes]:
    """The AsyncAPI 3 document."""
    return kept.reply(request, _document())


@get("/docs/swagger-ui/{name:str}", include_in_schema=False, sync_to_thread=True)
def swagger_asset(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """A file of Swagger UI, as its package brings it."""
    if name not in ASSETS:
        raise ProblemError(404, "There is nothing here.")
    return kept.reply(request, _asset(name))


@cache
def _page() -> kept.Kept:
    reference = msgspec.json.decode(asyncapi.PATH.read_bytes())
    return kept.keep(asyncapi_page.page(reference).encode(), "text/html")


@cache
def _document() -> kept.Kept:
    return kept.keep(asyncapi.PATH.read_bytes())


@cache
def _asset(name: str) -> kept.Kept:
    file = files("swagger_ui") / "static" / name
    return kept.keep(file.read_bytes(), ASSETS[name])

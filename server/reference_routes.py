"""The reference of the live protocol: a page, and the AsyncAPI document that it shows."""

from functools import cache
from typing import Any

import msgspec
from litestar import Request, Response, get

from server import asyncapi, asyncapi_page
from server.pages import answer


@get("/docs/live", include_in_schema=False, sync_to_thread=False)
def live_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Every message, in both directions, with an example of each."""
    return answer(request, _page(), "text/html")


@get("/docs/live/asyncapi.json", include_in_schema=False, sync_to_thread=False)
def live_document(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The AsyncAPI 3 document."""
    return answer(request, asyncapi.PATH.read_bytes(), "application/json")


@cache
def _page() -> bytes:
    return asyncapi_page.page(msgspec.json.decode(asyncapi.PATH.read_bytes())).encode()

"""The page's files, read from disk at each request."""

import hashlib
import mimetypes
from importlib.resources import files
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from server.web.headers import CONTENT_SECURITY_POLICY
from server.web.problems import ProblemError

ROOT = Path(str(files("server"))) / "static"
# The page makes no markup of text, anywhere: where the browser can, it sees to it.
POLICY = f"{CONTENT_SECURITY_POLICY}; require-trusted-types-for 'script'; trusted-types 'none'"
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/manifest+json", ".webmanifest")


@get(
    [
        "/",
        "/account",
        "/login/{provider:str}",
        "/s/{session_id:str}",
        "/s/{session_id:str}/overlay",
        "/b/{build_id:str}",
    ],
    include_in_schema=False,
    sync_to_thread=False,
)
def index(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The page; which session or saved build it shows is its own business."""
    return _page(request)


def _page(request: Request[Any, Any, Any]) -> Response[bytes]:
    page = _file(request, ROOT / "index.html")
    page.headers["Content-Security-Policy"] = POLICY
    return page


@get("/{path:path}", include_in_schema=False, sync_to_thread=False)
def static_file(request: Request[Any, Any, Any], path: FromPath[Path]) -> Response[bytes]:
    file = (ROOT / path.relative_to("/")).resolve()
    if not file.is_relative_to(ROOT.resolve()) or not file.is_file():
        if _is_visit(request):
            page = _page(request)
            if page.status_code == 200:
                page.status_code = 404
            return page
        raise ProblemError(404, "There is nothing here.")
    return _file(request, file)


def _is_visit(request: Request[Any, Any, Any]) -> bool:
    """Somebody followed a link, or typed an address: the page says in words what is the matter."""
    wants = request.headers.get("accept", "")
    return wants.startswith("text/html") and not request.url.path.startswith("/api/")


def answer(request: Request[Any, Any, Any], content: bytes, media_type: str) -> Response[bytes]:
    """The content, or 304 for who has it."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    known = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
    if etag in known or f"W/{etag}" in known:
        return Response(b"", status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def _file(request: Request[Any, Any, Any], file: Path) -> Response[bytes]:
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return answer(request, file.read_bytes(), media_type)

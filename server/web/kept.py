"""Answers that are made and compressed once, and handed out often."""

import gzip
from hashlib import blake2b
from typing import Any

from litestar import Request, Response
from msgspec import Struct

WORTH_COMPRESSING = 1024  # bytes
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


class Kept(Struct, frozen=True):
    """An encoded answer. compressed: empty where it would not pay."""

    etag: str
    media_type: str
    body: bytes
    compressed: bytes


def keep(body: bytes, media_type: str = "application/json") -> Kept:
    """The answer, compressed and with a name of its own."""
    etag = f'W/"{blake2b(body, digest_size=12).hexdigest()}"'
    pays = len(body) >= WORTH_COMPRESSING
    return Kept(etag, media_type, body, gzip.compress(body, 6, mtime=0) if pays else b"")


def reply(
    request: Request[Any, Any, Any], kept: Kept, cache_control: str = ASK_AGAIN
) -> Response[bytes]:
    """The answer, or 304 for who has it."""
    headers = {"ETag": kept.etag, "Cache-Control": cache_control, "Vary": "Accept-Encoding"}
    if kept.etag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    if kept.compressed and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(kept.compressed, media_type=kept.media_type, headers=headers)
    return Response(kept.body, media_type=kept.media_type, headers=headers)

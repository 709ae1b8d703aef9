"""The headers that go with every answer: what a browser may do with it, how they stand."""

from typing import Any

from litestar.datastructures import MutableScopeHeaders
from litestar.types import HTTPResponseStartEvent, HTTPScope

from server.limits.buckets import Standing
from server.settings import Settings

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=31536000"  # of this host alone: others of its domain are not ours to judge
SECURE = ("https", "wss")
_STANDINGS = "cohort.limits"  # in the scope's state


def standings(scope: Any) -> list[Standing]:
    """How the asker stands to each limit that was asked about their request."""
    found: list[Standing] = scope.setdefault("state", {}).setdefault(_STANDINGS, [])
    return found


class Headers:
    """Adds them, before each answer goes out."""

    def __init__(self, settings: Settings) -> None:
        self._always_secure = settings.public_url.startswith("https://")

    def add(self, message: HTTPResponseStartEvent, scope: HTTPScope) -> None:
        message["headers"] = list(message["headers"])  # what sends it may send it again
        headers = MutableScopeHeaders.from_message(message)
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if self._always_secure or scope["scheme"] in SECURE:
            headers.setdefault("Strict-Transport-Security", HSTS)
        if scope["path"].startswith("/api/"):
            # What is answered to one person is kept for nobody, unless a handler knows better.
            headers.setdefault("Cache-Control", "no-store")
        if standing := min(standings(scope), key=_share_left, default=None):
            headers["RateLimit-Limit"] = str(int(standing.limit))
            headers["RateLimit-Remaining"] = str(int(standing.left))
            headers["RateLimit-Reset"] = str(max(0, -int(-standing.reset_s // 1)))


def _share_left(standing: Standing) -> float:
    """What is least of several limits is told: it is reached first."""
    return -1.0 if standing.wait else standing.left / standing.limit

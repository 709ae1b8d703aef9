"""What a browser keeps while its person logs in elsewhere: that the answer is to its own question.

It is a cookie which is signed, short-lived, kept from scripts and from requests of other sites.
Whoever is sent here with somebody else's answer has another one, or none.
"""

import hmac
import secrets
import time
from typing import Literal

import jwt
import msgspec
from msgspec import Struct

from server.identities.oauth import ProviderError

COOKIE = "cohort_login"
GOOD_S = 600
AUDIENCE = "cohort login"

Purpose = Literal["login", "link"]


class Handshake(Struct, frozen=True):
    """redirect: where the provider sends the browser back to; verifier: PKCE's, of which the
    provider knew the hash first; person: whose account is linked, "" to log in."""

    provider: str
    redirect: str
    purpose: Purpose
    person: str
    state: str
    nonce: str
    verifier: str
    again: bool = False


def begin(
    provider: str, redirect: str, purpose: Purpose, person: str = "", *, again: bool = False
) -> Handshake:
    """A new one. again: somebody who is logged in shows that it is still them."""
    state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    verifier = secrets.token_urlsafe(48)
    return Handshake(provider, redirect, purpose, person, state, nonce, verifier, again)


class Handshakes:
    """Seals and reads them. secret: the one that signs tokens."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"handshakes", "sha256")

    def seal(self, handshake: Handshake) -> str:
        """The cookie's value."""
        claims = {
            "exp": int(time.time()) + GOOD_S,
            "aud": AUDIENCE,
            "of": msgspec.to_builtins(handshake),
        }
        return jwt.encode(claims, self._key, "HS256")

    def read(
        self, sealed: str, provider: str, state: str, purpose: Purpose, person: str = ""
    ) -> Handshake:
        """Raises ProviderError unless it is what this answer was asked for by."""
        try:
            claims = jwt.decode(
                sealed,
                self._key,
                ["HS256"],
                audience=AUDIENCE,
                options={"require": ["exp", "aud", "of"]},
            )
            found = msgspec.convert(claims["of"], Handshake)
        except (jwt.InvalidTokenError, msgspec.ValidationError):
            raise _lost() from None
        if not hmac.compare_digest(found.state.encode(), state.encode()):
            raise _lost()
        if (found.provider, found.purpose, found.person) != (provider, purpose, person):
            raise _lost()
        return found


def _lost() -> ProviderError:
    return ProviderError(
        "login_lost", "This was begun elsewhere, or too long ago: please begin again."
    )

"""Logging in elsewhere by OAuth 2's authorization code with PKCE: what all providers share."""

from typing import Protocol
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from server.identities.outgoing import Outgoing

LONGEST_NAME = 40
FORM = "application/x-www-form-urlencoded"


class ProviderError(Exception):
    """Nobody is logged in by this. code: `login_lost` (begin again), `login_refused` (what came
    proves nothing) or `provider_unavailable`. reason: for the operator, never a secret."""

    def __init__(self, code: str, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason or code


class Identity(Struct, frozen=True):
    """Somebody as a provider knows them. subject: never anybody else's there; label: how they
    know themselves there; name: what they may want to be called, "" when it tells none."""

    provider: str
    subject: str
    label: str = ""
    name: str = ""


class Question(Protocol):
    """The part of a handshake that a provider needs. again: somebody who is logged in is to show
    that it is still them."""

    @property
    def redirect(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def nonce(self) -> str: ...
    @property
    def verifier(self) -> str: ...
    @property
    def again(self) -> bool: ...


class Provider(Protocol):
    """id: in addresses and in SQL; name: on its button."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...

    async def address(self, question: Question) -> str:
        """Where the browser goes to log in. Raises OutgoingError."""

    async def identify(self, question: Question, code: str, issuer: str) -> Identity:
        """Who came back with this code. issuer: who sent them, if that was said.

        Raises OutgoingError, or ProviderError for an answer that proves nothing.
        """


class Tokens(Struct, frozen=True):
    access_token: str
    id_token: str = ""


class Client(Struct, frozen=True):
    """Us, as a provider knows us. method: how we show it (RFC 6749, 2.3)."""

    id: str
    secret: str
    scope: str
    method: str = "client_secret_basic"

    def address(self, endpoint: str, question: Question, **more: str) -> str:
        """Of the authorization endpoint, with the question in it."""
        from authlib.oauth2.client import OAuth2Client  # see `Providers`

        client = OAuth2Client(
            None,
            self.id,
            scope=self.scope,
            redirect_uri=question.redirect,
            code_challenge_method="S256",
        )
        address, _ = client.create_authorization_url(
            endpoint, state=question.state, code_verifier=question.verifier, **more
        )
        return str(address)

    async def redeem(
        self, outgoing: Outgoing, endpoint: str, question: Question, code: str
    ) -> Tokens:
        """Tokens for the code. Raises OutgoingError or ProviderError."""
        from authlib.oauth2.auth import ClientAuth

        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": question.redirect,
            "code_verifier": question.verifier,
        }
        shows = ClientAuth(self.id, self.secret, self.method if self.secret else "none")
        url, headers, body = shows.prepare(
            "POST", endpoint, {"Content-Type": FORM}, urlencode(form)
        )
        try:
            return msgspec.json.decode(await outgoing.ask("POST", url, body, headers), type=Tokens)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise refused(f"no tokens: {error}") from None


def refused(reason: str) -> ProviderError:
    return ProviderError(
        "login_refused", "What the provider answered does not prove who you are.", reason
    )


def plain(text: object, longest: int = LONGEST_NAME) -> str:
    """What somebody is called elsewhere, as a name may be here; "" when nothing is left of it."""
    if not isinstance(text, str):
        return ""
    return " ".join("".join(each for each in text if each.isprintable()).split())[:longest].strip()

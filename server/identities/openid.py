"""Logging in with an OpenID Connect provider: found by its issuer, proved by its ID token."""

import hashlib
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, import_key
from msgspec import Struct
from msgspec.structs import replace

from server.identities.oauth import Client, Identity, Question, plain, refused
from server.identities.outgoing import Outgoing, OutgoingError, problem

logger = logging.getLogger(__name__)

# Signatures that only the provider can make: neither `none`, nor by a secret that we share.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
METHODS = ("client_secret_basic", "client_secret_post")
KNOWN_S = 3600.0  # for how long metadata and keys are taken as they were
AGAIN_S = 60.0  # keys are asked for sooner when one is unknown, but not by everybody who likes to
LEEWAY_S = 60
LONGEST_SUBJECT = 255  # characters (OpenID Connect Core, 2)


class Metadata(Struct, frozen=True):
    """OpenID Connect Discovery, section 3, as far as we read it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class OpenId:
    id = "oidc"

    def __init__(
        self,
        outgoing: Outgoing,
        issuer: str,
        name: str,
        client_id: str,
        secret: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._outgoing = outgoing
        self._issuer = issuer
        self._client = Client(client_id, secret, "openid profile")
        self._clock = clock
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def address(self, question: Question) -> str:
        metadata = await self._discover()
        more = {"nonce": question.nonce} | ({"prompt": "login"} if question.again else {})
        return self._client.address(metadata.authorization_endpoint, question, **more)

    async def identify(self, question: Question, code: str, issuer: str) -> Identity:
        metadata = await self._discover()
        named = metadata.authorization_response_iss_parameter_supported
        if (issuer or named) and issuer != metadata.issuer:  # RFC 9207
            raise refused("another issuer answered")
        supported = metadata.token_endpoint_auth_methods_supported
        method = next((each for each in METHODS if each in supported), METHODS[0])
        client = replace(self._client, method=method)
        tokens = await client.redeem(self._outgoing, metadata.token_endpoint, question, code)
        claims = await self._prove(tokens.id_token, tokens.access_token, question, metadata)
        subject = claims["sub"]
        if not subject or len(subject) > LONGEST_SUBJECT:
            raise refused("a subject of a wrong length")
        if not _called(claims) and metadata.userinfo_endpoint:
            claims |= await self._ask_more(metadata.userinfo_endpoint, tokens.access_token, subject)
        # The same subject of another issuer is somebody else.
        whole = hashlib.sha256(f"{metadata.issuer}\n{subject}".encode()).hexdigest()
        name = plain(claims.get("name")) or plain(claims.get("nickname"))
        label = plain(claims.get("preferred_username")) or name
        return Identity(self.id, whole, label, name)

    async def _discover(self) -> Metadata:
        if self._metadata and self._clock() < self._metadata[0] + KNOWN_S:
            return self._metadata[1]
        url = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        metadata: Metadata = _decode(await self._outgoing.ask("GET", url), Metadata)
        if metadata.issuer.rstrip("/") != self._issuer.rstrip("/"):
            raise OutgoingError(f"{self._issuer} says that it is {metadata.issuer}")
        for endpoint in (
            metadata.authorization_endpoint,
            metadata.token_endpoint,
            metadata.jwks_uri,
            metadata.userinfo_endpoint,
        ):
            if endpoint and (wrong := problem(endpoint, self._issuer)):
                raise OutgoingError(f"{self._issuer} names {endpoint}, which {wrong}")
        self._metadata = (self._clock(), metadata)
        return metadata

    async def _prove(
        self, token: str, access_token: str, question: Question, metadata: Metadata
    ) -> dict[str, Any]:
        """The claims of a good ID token (OpenID Connect Core, 3.1.3.7)."""
        try:
            try:
                decoded = jwt.decode(token, await self._keys_of(metadata), ALGORITHMS)
            except (JoseError, ValueError):
                # It may be signed by a key that is newer than those we know.
                decoded = jwt.decode(token, await self._keys_of(metadata, AGAIN_S), ALGORITHMS)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": metadata.issuer},
                    "aud": {"essential": True, "value": self._client.id},
                },
                {
                    "nonce": question.nonce,
                    "client_id": self._client.id,
                    "access_token": access_token,
                },
            )
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise refused(f"ID token: {type(error).__name__} {error}") from None
        return dict(claims)

    async def _keys_of(self, metadata: Metadata, known_s: float = KNOWN_S) -> KeySet:
        if self._keys and self._clock() < self._keys[0] + known_s:
            return self._keys[1]
        answer = _decode(await self._outgoing.ask("GET", metadata.jwks_uri), dict[str, Any])
        found = answer.get("keys")
        keys = []
        for each in found if isinstance(found, list) else []:
            if not isinstance(each, dict) or each.get("kty") not in ("RSA", "EC"):
                continue
            with suppress(JoseError, ValueError, TypeError, KeyError):  # one that we do not know
                keys.append(import_key(each))
        self._keys = (self._clock(), KeySet(keys))
        return self._keys[1]

    async def _ask_more(self, endpoint: str, token: str, subject: str) -> dict[str, Any]:
        """What it tells of the person elsewhere: a name is not worth failing for."""
        headers = {"Authorization": f"Bearer {token}"}
        try:
            told = _decode(await self._outgoing.ask("GET", endpoint, None, headers), dict[str, Any])
        except OutgoingError as error:
            logger.warning("the login provider told nothing of somebody: %s", error)
            return {}
        return told if told.get("sub") == subject else {}


def _called(claims: dict[str, Any]) -> bool:
    return any(claims.get(each) for each in ("name", "nickname", "preferred_username"))


def _decode(answer: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(answer, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise OutgoingError(f"the provider's answer is not as it should be: {error}") from None

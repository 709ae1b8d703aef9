"""Who somebody is: the tokens of guests and of accounts, and the secrets of invitations."""

import hashlib
import hmac
import os
import secrets
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

TOKEN_S = 90 * 24 * 3600  # a guest's: it is all that they have
ACCESS_S = 15 * 60  # an account's: a refresh token brings the next
AUDIENCE = "cohort"
ISSUER = "cohort"
SECRET_LENGTH = 32  # characters, at least
CLOCKS_S = 2 * 3600  # so far ahead of ours may the clock of who signed a token be
SECRET_FILE = "secret"  # noqa: S105 - its name in the data directory

Algorithm = Literal["HS256", "EdDSA"]
ALGORITHMS: tuple[Algorithm, ...] = ("HS256", "EdDSA")
Scope = Literal["overlay", "read", "edit", "all"]
SCOPES: tuple[Scope, ...] = ("overlay", "read", "edit", "all")  # each holds those before it


class NotAuthenticatedError(Exception):
    """A token is wrong. code: `not_authenticated`, or `expired` when it was right once."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Person(Struct, frozen=True):
    """Somebody, as their token says. expires_at, issued_at: seconds since 1970.

    login: the one that an account's token came of, "" for a guest. scope: what they may do by
    this token; an API key's is less than all. key: its id.
    """

    id: str
    name: str
    issued_at: float
    expires_at: float
    login: str = ""
    scope: Scope = "all"
    key: str = ""

    @property
    def worn(self) -> bool:
        """Whether half of a guest's time is gone; an account has refresh tokens for that."""
        if not self.is_guest:
            return False
        return time.time() > (self.issued_at + self.expires_at) / 2

    @property
    def is_guest(self) -> bool:
        return not self.login and not self.key

    def may(self, scope: Scope) -> bool:
        return SCOPES.index(self.scope) >= SCOPES.index(scope)


class Tokens:
    """Signs and reads access tokens.

    A token names its key (`kid`), and a key has one algorithm. older: secrets whose tokens are
    still good; new ones are signed with `secret`.
    """

    def __init__(
        self, secret: str, algorithm: Algorithm = "HS256", older: tuple[str, ...] = ()
    ) -> None:
        self._keys = {
            _kid(each, name): (name, _key(each, name))
            for each in (*older, secret)
            for name in ALGORITHMS
        }
        self._kid = _kid(secret, algorithm)

    def guest(self, name: str) -> Person:
        """Somebody new."""
        return self.again(Person("g" + secrets.token_hex(8), name, 0, 0))

    def again(self, person: Person) -> Person:
        """The same guest with all of the time before them."""
        now = int(time.time())
        return Person(person.id, person.name, now, now + TOKEN_S)

    def account(self, id_: str, name: str, login: str) -> Person:
        """Who has just logged in, or refreshed."""
        now = int(time.time())
        return Person(id_, name, now, now + ACCESS_S, login)

    def sign(self, person: Person) -> str:
        claims = {
            "sub": person.id,
            "name": person.name,
            "iat": int(person.issued_at),
            "exp": int(person.expires_at),
            "aud": AUDIENCE,
            "iss": ISSUER,
        }
        if person.login:
            claims["sid"] = person.login
        algorithm, key = self._keys[self._kid]
        return jwt.encode(claims, key, algorithm, headers={"kid": self._kid})

    def read(self, token: str) -> Person:
        """Raises NotAuthenticatedError."""
        try:
            header = jwt.get_unverified_header(token)
            if "kid" not in header:
                return self._read_nameless(token)
            algorithm, key = self._keys[header["kid"]]
            claims = jwt.decode(
                token,
                key if algorithm == "HS256" else key.public_key(),
                [algorithm],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": ["sub", "iat", "exp", "aud", "iss"], "verify_iat": False},
            )
            if claims["iat"] > time.time() + CLOCKS_S:
                raise jwt.ImmatureSignatureError
        except jwt.ExpiredSignatureError:
            raise NotAuthenticatedError("expired", "Your token has expired.") from None
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
            raise NotAuthenticatedError("not_authenticated", "This token is not valid.") from None
        return Person(
            claims["sub"],
            str(claims.get("name", "")),
            claims["iat"],
            claims["exp"],
            str(claims.get("sid", "")),
        )

    def _read_nameless(self, token: str) -> Person:
        """A guest's token from before keys had names and tokens an issuer: it is all that they
        have, so it stays good, and a new one comes when half of its time is gone.

        Raises jwt.InvalidTokenError.
        """
        for algorithm, key in reversed(self._keys.values()):
            if algorithm != "HS256":
                continue
            with suppress(jwt.InvalidSignatureError):
                claims = jwt.decode(
                    token,
                    key,
                    ["HS256"],
                    audience=AUDIENCE,
                    options={"require": ["sub", "iat", "exp", "aud"]},
                )
                if "iss" in claims or "sid" in claims or not claims["sub"].startswith("g"):
                    break
                return Person(
                    claims["sub"], str(claims.get("name", "")), claims["iat"], claims["exp"]
                )
        raise jwt.InvalidTokenError


def _kid(secret: str, algorithm: Algorithm) -> str:
    """A key's name, of which nobody learns the secret."""
    return hmac.digest(secret.encode(), f"kid {algorithm}".encode(), "sha256").hex()[:12]


def _key(secret: str, algorithm: Algorithm) -> Any:
    if algorithm == "HS256":
        return secret
    seed = hmac.digest(secret.encode(), b"ed25519", "sha256")
    return Ed25519PrivateKey.from_private_bytes(seed)


def bearer(authorization: str | None) -> str:
    """The token of an `Authorization` header. Raises NotAuthenticatedError."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAuthenticatedError("not_authenticated", "Send a token: Authorization: Bearer ….")
    return token.strip()


def new_secret() -> str:
    """A secret of 144 bits, safe in a URL."""
    return secrets.token_urlsafe(18)


def hash_secret(secret: str) -> str:
    """What is stored of a secret. It is drawn at random, so it needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def signing_secret(given: str, data_dir: Path) -> str:
    """The secret that signs tokens: the one given, else one that is made once and kept.

    Raises OSError when the file that should hold it cannot be used.
    """
    if given:
        return given
    path = data_dir / SECRET_FILE
    if not path.exists():
        # Workers start at the same moment: the file appears whole, and the first one's counts.
        with tempfile.NamedTemporaryFile("w", dir=data_dir, prefix=".secret-") as file:
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(file.name, path)
    secret = path.read_text().strip()
    if len(secret) < SECRET_LENGTH:
        raise OSError(f"{path} holds no secret: delete it, and everybody signs in anew.")
    return secret

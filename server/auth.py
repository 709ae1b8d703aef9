"""Who somebody is: guests' tokens, and the secrets of invitations."""

import hashlib
import os
import secrets
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import jwt
from msgspec import Struct

TOKEN_S = 90 * 24 * 3600
ALGORITHM = "HS256"
AUDIENCE = "cohort"
SECRET_LENGTH = 32  # characters, at least


class NotAuthenticatedError(Exception):
    """A token is wrong. code: `not_authenticated`, or `expired` when it was right once."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Person(Struct, frozen=True):
    """Somebody, as their token says. expires_at, issued_at: seconds since 1970."""

    id: str
    name: str
    issued_at: float
    expires_at: float

    @property
    def worn(self) -> bool:
        """Whether half of the token's time is gone."""
        return time.time() > (self.issued_at + self.expires_at) / 2


class Tokens:
    """Signs and reads access tokens."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def guest(self, name: str) -> Person:
        """Somebody new."""
        return self.again(Person("g" + secrets.token_hex(8), name, 0, 0))

    def again(self, person: Person) -> Person:
        """The same person with all of the time before them."""
        now = int(time.time())
        return Person(person.id, person.name, now, now + TOKEN_S)

    def sign(self, person: Person) -> str:
        claims = {
            "sub": person.id,
            "name": person.name,
            "iat": int(person.issued_at),
            "exp": int(person.expires_at),
            "aud": AUDIENCE,
        }
        return jwt.encode(claims, self._secret, ALGORITHM)

    def read(self, token: str) -> Person:
        """Raises NotAuthenticatedError."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                [ALGORITHM],
                audience=AUDIENCE,
                options={"require": ["sub", "iat", "exp", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise NotAuthenticatedError("expired", "Your token has expired.") from None
        except jwt.InvalidTokenError:
            raise NotAuthenticatedError("not_authenticated", "This token is not valid.") from None
        return Person(claims["sub"], str(claims.get("name", "")), claims["iat"], claims["exp"])


def bearer(authorization: str | None) -> str:
    """The token of an `Authorization` header. Raises NotAuthenticatedError."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAuthenticatedError("not_authenticated", "Send a token: Authorization: Bearer ….")
    return token.strip()


def new_secret() -> str:
    """An invitation's secret: 144 bits, safe in a URL."""
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
    path = data_dir / "secret"
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

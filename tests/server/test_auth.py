"""Tokens and secrets."""

import base64
import hmac
import json
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.auth import (
    ACCESS_S,
    ALGORITHMS,
    TOKEN_S,
    Algorithm,
    NotAuthenticatedError,
    Person,
    Tokens,
    bearer,
    hash_secret,
    new_secret,
    signing_secret,
)

SECRET = "of the tests: 32 characters or more"


def test_a_guest_is_read_back_from_their_token() -> None:
    tokens = Tokens(SECRET)
    guest = tokens.guest("Nova")
    assert tokens.read(tokens.sign(guest)) == guest
    assert guest.expires_at == pytest.approx(time.time() + TOKEN_S, abs=5)
    assert not guest.worn


def test_a_token_of_a_clock_that_is_ahead_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = Tokens(SECRET)
    now = time.time()
    with monkeypatch.context() as ahead:
        ahead.setattr(time, "time", lambda: now + 3600)
        guest = tokens.guest("Nova")
        token = tokens.sign(guest)
    assert tokens.read(token) == guest


def test_a_token_wears_when_half_of_its_time_is_gone() -> None:
    now = time.time()
    assert Person("g1", "Nova", now - 60, now + 50).worn
    assert not Person("g1", "Nova", now - 50, now + 60).worn


def test_the_same_person_again_keeps_their_id() -> None:
    tokens = Tokens(SECRET)
    old = Person("g1", "Nova", 0, 1)
    fresh = tokens.again(old)
    assert (fresh.id, fresh.name) == ("g1", "Nova")
    assert fresh.expires_at > time.time()


NOW = int(time.time())
A_DAY = 86_400  # these tokens are made when tests are collected, and read when they run
CLAIMS: dict[str, Any] = {
    "sub": "g1",
    "name": "Nova",
    "iat": NOW,
    "exp": NOW + A_DAY,
    "aud": "cohort",
    "iss": "cohort",
}
KID = jwt.get_unverified_header(Tokens(SECRET).sign(Person("g1", "Nova", 0, 1)))["kid"]
EDDSA_KID = jwt.get_unverified_header(Tokens(SECRET, "EdDSA").sign(Person("g1", "", 0, 1)))["kid"]
PUBLIC = (
    Tokens(SECRET, "EdDSA")
    ._keys[EDDSA_KID][1]
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
)


def forged(key: Any = SECRET, algorithm: str = "HS256", kid: object = KID, **claims: object) -> str:
    """A token as somebody else might make one, by hand: a library lends itself to few forgeries.
    A claim of None is left out."""
    body = {name: claim for name, claim in (CLAIMS | claims).items() if claim is not None}
    header = {"typ": "JWT", "alg": algorithm} | ({} if kid is None else {"kid": kid})
    text = ".".join(_base64(json.dumps(part).encode()) for part in (header, body))
    digest = {"HS256": "sha256", "HS512": "sha512"}.get(algorithm)
    key = key if isinstance(key, bytes) else key.encode()
    return f"{text}.{_base64(hmac.digest(key, text.encode(), digest) if digest else b'')}"


def _base64(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


FORGERIES = {
    "expired": (forged(exp=NOW - 1), "expired"),
    "another's key": (forged("x" * 32), "not_authenticated"),
    "unsigned": (forged("", "none"), "not_authenticated"),
    "unsigned, in capitals": (forged("", "NONE"), "not_authenticated"),
    "another algorithm": (forged(SECRET * 2, "HS512"), "not_authenticated"),
    "the other key's name": (forged(kid=EDDSA_KID), "not_authenticated"),
    "the public key as a secret": (forged(PUBLIC, kid=EDDSA_KID), "not_authenticated"),
    "an unknown key": (forged(kid="000000000000"), "not_authenticated"),
    "a key's path": (forged(kid="../../dev/null"), "not_authenticated"),
    "a key that is no name": (forged(kid=["x"]), "not_authenticated"),
    "no key": (forged(kid=None), "not_authenticated"),
    "another audience": (forged(aud="others"), "not_authenticated"),
    "no audience": (forged(aud=None), "not_authenticated"),
    "another issuer": (forged(iss="others"), "not_authenticated"),
    "no issuer": (forged(iss=None), "not_authenticated"),
    "no end": (forged(exp=None), "not_authenticated"),
    "an end that is no time": (forged(exp="never"), "not_authenticated"),
    "nobody": (forged(sub=None), "not_authenticated"),
    "not a name": (forged(sub=7), "not_authenticated"),
    "from the future": (forged(iat=NOW + A_DAY // 2), "not_authenticated"),
    "not yet": (forged(nbf=NOW + A_DAY // 2), "not_authenticated"),
    "changed": (forged()[:-3] + "AAA", "not_authenticated"),
    "cut": (forged()[:-9], "not_authenticated"),
    "empty": ("", "not_authenticated"),
    "nonsense": ("a.b.c", "not_authenticated"),
    "no text": ("\ud800.é.\0", "not_authenticated"),
}


@pytest.mark.parametrize(("token", "code"), FORGERIES.values(), ids=FORGERIES)
def test_a_wrong_token_says_why(token: str, code: str) -> None:
    for algorithm in ALGORITHMS:
        with pytest.raises(NotAuthenticatedError) as error:
            Tokens(SECRET, algorithm).read(token)
        assert error.value.code == code


def test_what_the_forgeries_begin_with_is_a_good_token() -> None:
    assert Tokens(SECRET).read(forged()).id == "g1"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_account_is_read_back_from_its_token(algorithm: Algorithm) -> None:
    tokens = Tokens(SECRET, algorithm)
    token = tokens.sign(tokens.account("u1", "Ann", "l1"))
    assert jwt.get_unverified_header(token)["alg"] == algorithm
    person = tokens.read(token)
    assert (person.id, person.name, person.login, person.is_guest) == ("u1", "Ann", "l1", False)
    assert person.expires_at == pytest.approx(time.time() + ACCESS_S, abs=5)


@pytest.mark.parametrize("old", ALGORITHMS)
@pytest.mark.parametrize("new", ALGORITHMS)
def test_tokens_of_an_older_key_are_good_until_it_is_dropped(
    old: Algorithm, new: Algorithm
) -> None:
    token = Tokens(SECRET, old).sign(Person("g1", "Nova", NOW, NOW + A_DAY))
    rotated = Tokens("another secret of 32 characters or more", new, (SECRET,))
    assert rotated.read(token).id == "g1"
    assert jwt.get_unverified_header(rotated.sign(rotated.read(token)))["alg"] == new
    with pytest.raises(NotAuthenticatedError):
        Tokens("another secret of 32 characters or more", new).read(token)
    with pytest.raises(NotAuthenticatedError):
        Tokens(SECRET, old).read(rotated.sign(rotated.guest("x")))


@pytest.mark.parametrize("header", [None, "", "Basic abc", "Bearer", "Bearer "])
def test_no_bearer_is_not_authenticated(header: str | None) -> None:
    with pytest.raises(NotAuthenticatedError):
        bearer(header)


def test_a_bearer_is_any_case() -> None:
    assert bearer("bearer abc") == "abc"


def test_the_signing_secret_is_made_once_and_private(tmp_path: Path) -> None:
    secret = signing_secret("", tmp_path)
    assert len(secret) >= 32
    assert signing_secret("", tmp_path) == secret
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert signing_secret(SECRET, tmp_path) == SECRET


def test_invitation_secrets_are_long_and_kept_as_a_hash() -> None:
    secret = new_secret()
    assert len(secret) >= 24
    assert new_secret() != secret
    assert secret not in hash_secret(secret)
    assert hash_secret(secret) == hash_secret(secret)


def test_workers_that_start_at_once_share_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as workers:
        for number in range(50):
            folder = tmp_path / str(number)
            folder.mkdir()
            start = threading.Barrier(8)

            def secret(folder: Path = folder, start: threading.Barrier = start) -> str:
                start.wait()
                return signing_secret("", folder)

            found = {each.result() for each in [workers.submit(secret) for _ in range(8)]}
            assert len(found) == 1
            assert len(found.pop()) >= 32
            assert [file.name for file in folder.iterdir()] == ["secret"]


def test_a_file_that_holds_no_secret_is_never_signed_with(tmp_path: Path) -> None:
    (tmp_path / "secret").touch()
    with pytest.raises(OSError, match="holds no secret"):
        signing_secret("", tmp_path)


def test_a_guest_of_an_older_release_stays_who_they_are() -> None:
    now = int(time.time())
    claims = {"sub": "g1", "name": "Nova", "iat": now - 60, "exp": now + 60, "aud": "cohort"}
    token = jwt.encode(claims, SECRET, "HS256")
    for tokens in (Tokens(SECRET), Tokens("x" * 32, older=(SECRET,))):
        person = tokens.read(token)
        assert (person.id, person.name, person.is_guest) == ("g1", "Nova", True)
    stale = jwt.encode({**claims, "exp": now - 1}, SECRET, "HS256")
    with pytest.raises(NotAuthenticatedError) as refused:
        Tokens(SECRET).read(stale)
    assert refused.value.code == "expired"
    others = [
        jwt.encode(claims, "y" * 32, "HS256"),
        *(
            jwt.encode({**claims, **more}, SECRET, "HS256")
            for more in ({"sid": "x"}, {"sub": "u1"})
        ),
    ]
    for other in others:
        with pytest.raises(NotAuthenticatedError):
            Tokens(SECRET).read(other)

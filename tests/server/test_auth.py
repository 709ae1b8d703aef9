"""Guests' tokens and secrets."""

import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.auth import (
    TOKEN_S,
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


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (Tokens(SECRET).sign(Person("g1", "Nova", 0, time.time() - 1)), "expired"),
        (Tokens("x" * 32).sign(Person("g1", "Nova", 0, 1e11)), "not_authenticated"),
        ("", "not_authenticated"),
        ("a.b.c", "not_authenticated"),
        # Signed by nobody.
        (
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJnMSIsImlhdCI6MCwiZXhwIjo5OTk5OTk5OTk5OSwiYXVkIjoiY29ob3J0In0.",
            "not_authenticated",
        ),
    ],
    ids=["expired", "forged", "empty", "nonsense", "alg none"],
)
def test_a_wrong_token_says_why(token: str, code: str) -> None:
    with pytest.raises(NotAuthenticatedError) as error:
        Tokens(SECRET).read(token)
    assert error.value.code == code


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

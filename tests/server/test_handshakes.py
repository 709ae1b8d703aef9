"""What a browser keeps while its person logs in elsewhere."""

import time

import pytest

from server.identities import handshakes
from server.identities.handshakes import GOOD_S, Handshake, Handshakes
from server.identities.oauth import ProviderError

SECRET = "of the tests: 32 characters or more"
BEGUN = handshakes.begin("oidc", "http://localhost/login/oidc", "link", "g1", again=True)


def lost(sealed: str, state: str = BEGUN.state, **changed: str) -> bool:
    asked = {"provider": "oidc", "purpose": "link", "person": "g1", **changed}
    try:
        found = Handshakes(SECRET).read(sealed, state=state, **asked)  # type: ignore[arg-type]
    except ProviderError as error:
        return error.code == "login_lost"
    return found != BEGUN


def test_only_what_was_begun_here_is_finished() -> None:
    sealed = Handshakes(SECRET).seal(BEGUN)
    assert not lost(sealed)
    assert lost(sealed, provider="discord")
    assert lost(sealed, purpose="login", person="")
    assert lost(sealed, person="g2")
    assert lost(sealed, state=BEGUN.state[:-1])
    assert lost(sealed, state="ü")
    assert lost("")
    assert lost(sealed[:-1])
    assert lost(Handshakes("another secret of 32 characters or more").seal(BEGUN))


def test_it_is_good_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(handshakes.time, "time", lambda: now - GOOD_S - 1)
    assert lost(Handshakes(SECRET).seal(BEGUN))


def test_none_is_as_another() -> None:
    fresh: Handshake = handshakes.begin("oidc", "http://localhost/login/oidc", "login")
    assert not {fresh.state, fresh.nonce, fresh.verifier} & {
        BEGUN.state, BEGUN.nonce, BEGUN.verifier
    }  # fmt: skip
    assert 43 <= len(fresh.verifier) <= 128  # RFC 7636

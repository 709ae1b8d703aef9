"""What an OpenID Connect provider answers, and what is believed of it; over real HTTP."""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from server.identities import handshakes
from server.identities.handshakes import Handshake
from server.identities.oauth import Identity, ProviderError
from server.identities.openid import AGAIN_S, OpenId
from server.identities.outgoing import LARGEST, Outgoing, OutgoingError, problem
from tests.wire.login_provider import CLIENT_ID, CLIENT_SECRET, LoginProvider

QUESTION = handshakes.begin("oidc", "http://127.0.0.1:1/login/oidc", "login")
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "first"})


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def provider() -> Iterator[LoginProvider]:
    provider = LoginProvider()
    yield provider
    provider.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def outgoing() -> AsyncIterator[Outgoing]:
    outgoing = Outgoing(timeout_s=5)
    yield outgoing
    await outgoing.close()


@pytest.fixture
def openid(provider: LoginProvider, outgoing: Outgoing, clock: Clock) -> OpenId:
    return OpenId(outgoing, provider.url, "Example", CLIENT_ID, CLIENT_SECRET, clock)


async def come_back(
    openid: OpenId, provider: LoginProvider, question: Handshake = QUESTION
) -> Identity:
    back = provider.agree(await openid.address(question))
    return await openid.identify(question, back["code"], back["iss"])


async def test_somebody_is_who_the_id_token_says(openid: OpenId, provider: LoginProvider) -> None:
    ann = await come_back(openid, provider)
    assert (ann.provider, ann.name, ann.label) == ("oidc", "Nelly", "nelly")
    assert await come_back(openid, provider) == ann
    provider.subject = "bob"
    assert (await come_back(openid, provider)).subject != ann.subject
    assert provider.asked.count("/keys") == 1  # as is the metadata
    assert provider.questions[0]["scope"] == "openid profile"
    assert "prompt" not in provider.questions[0]


async def test_a_name_may_be_told_elsewhere(openid: OpenId, provider: LoginProvider) -> None:
    provider.claims = {}
    provider.userinfo = {"name": " Nelly\u202e \x00 the   Elephant, and more than forty characters"}
    told = await come_back(openid, provider)
    assert told.name == "Nelly the Elephant, and more than forty"
    provider.userinfo = {"sub": "somebody else", "name": "Mallory"}
    assert (await come_back(openid, provider)).name == ""
    provider.answers["/userinfo"] = (500, {}, b"")
    assert (await come_back(openid, provider)).subject == told.subject


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://another.example"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": [CLIENT_ID, "another client"]},  # without `azp`: for whom is it?
        {"aud": None},
        {"aud": "another client", "azp": CLIENT_ID},
        {"azp": "another client"},
        {"exp": timedelta(minutes=-2)},
        {"exp": None},
        {"iat": timedelta(hours=1)},
        {"sub": ""},
        {"sub": None},
        {"sub": "x" * 256},
        {"sub": 7},
        {"at_hash": "of another token"},
    ],
    ids=str,
)
async def test_an_id_token_for_something_else_proves_nothing(
    openid: OpenId, provider: LoginProvider, changed: dict[str, Any]
) -> None:
    claims = {
        name: int(time.time() + value.total_seconds()) if isinstance(value, timedelta) else value
        for name, value in changed.items()
    }
    provider.signed = provider.id_token(QUESTION.nonce, claims)
    with pytest.raises(ProviderError) as refused:
        await come_back(openid, provider)
    assert refused.value.code == "login_refused"


async def test_nobody_else_signs(openid: OpenId, provider: LoginProvider) -> None:
    own = provider.key
    for algorithm in ("none", "HS256"):
        provider.algorithm = algorithm
        with pytest.raises(ProviderError):
            await come_back(openid, provider)
    provider.algorithm, provider.key = "RS256", OTHER_KEY
    forged = provider.id_token(QUESTION.nonce)
    provider.key, provider.signed = own, forged
    with pytest.raises(ProviderError):
        await come_back(openid, provider)
    for wrong in ("", "x", "a.b.c", forged[:-5]):
        provider.signed = wrong or " "
        with pytest.raises(ProviderError):
            await come_back(openid, provider)
    provider.signed = None
    assert await come_back(openid, provider)


async def test_new_keys_are_asked_for_but_not_all_the_time(
    openid: OpenId, provider: LoginProvider, clock: Clock
) -> None:
    await come_back(openid, provider)
    provider.key = RSAKey.generate_key(2048, {"kid": "second"})
    with pytest.raises(ProviderError):
        await come_back(openid, provider)
    clock.now += AGAIN_S
    assert await come_back(openid, provider)
    assert provider.asked.count("/keys") == 2


async def test_another_issuer_is_not_the_one_that_was_asked(
    openid: OpenId, provider: LoginProvider
) -> None:
    code = provider.agree(await openid.address(QUESTION))["code"]
    for issuer in ("https://another.example", ""):
        with pytest.raises(ProviderError):
            await openid.identify(QUESTION, code, issuer)
    assert "/token" not in provider.asked  # it is not told the code of the other


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://example.org/token"},
        {"jwks_uri": "https://169.254.169.254/latest"},
        {"userinfo_endpoint": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "https://user@example.org/token"},
        {"jwks_uri": 7},
    ],
    ids=str,
)
async def test_metadata_leads_nowhere_else(
    openid: OpenId, provider: LoginProvider, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata
    with pytest.raises(OutgoingError):
        await openid.address(QUESTION)
    assert provider.asked == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/token", (200, {}, b"x" * (LARGEST + 1))),
        ("/token", (307, {"Location": "/userinfo"}, b"")),
        ("/keys", (302, {"Location": "http://127.0.0.1:6379/"}, b"")),
        ("/keys", (200, {"Content-Encoding": "gzip"}, b'{"keys": []}')),
        ("/keys", (500, {}, b"")),
        ("/keys", (200, {}, b"<html>")),
    ],
    ids=["huge", "redirect", "redirect inside", "compressed", "failing", "no JSON"],
)
async def test_what_is_no_good_answer(
    openid: OpenId, provider: LoginProvider, path: str, answer: tuple[int, dict[str, str], bytes]
) -> None:
    provider.answers[path] = answer
    with pytest.raises(OutgoingError):
        await come_back(openid, provider)
    assert "/userinfo" not in provider.asked


async def test_keys_that_we_do_not_know_are_passed_over(
    openid: OpenId, provider: LoginProvider
) -> None:
    body = (
        b'{"keys": ["x", 7, {"kty": "oct", "k": "eA"}, {"kty": "RSA"}, {"kty": "EC", "crv": "?"}]}'
    )
    provider.answers["/keys"] = (200, {}, body)
    with pytest.raises(ProviderError):
        await come_back(openid, provider)


async def test_who_does_not_answer_is_not_waited_for(provider: LoginProvider) -> None:
    impatient = Outgoing(timeout_s=0.2)
    openid = OpenId(impatient, provider.url, "Example", CLIENT_ID, CLIENT_SECRET)
    provider.hanging.add("/.well-known/openid-configuration")
    with pytest.raises(OutgoingError, match="did not answer"):
        await openid.address(QUESTION)
    await impatient.close()


@pytest.mark.parametrize(
    ("url", "named_by", "good"),
    [
        ("https://example.org/token", "https://id.example.org", True),
        ("https://10.0.0.5/token", "https://10.0.0.5", True),
        ("https://10.0.0.5/token", "", True),
        ("http://localhost:9000", "", True),
        ("http://[::1]:9000", "http://localhost:9000", True),
        ("http://example.org", "", False),
        ("http://127.0.0.1:6379/", "https://id.example.org", False),
        ("https://localhost/", "https://id.example.org", False),
        ("https://[fd00::1]/", "https://id.example.org", False),
        ("https://", "", False),
        ("https://example.org:port/", "", False),
    ],
)
def test_where_we_ask(url: str, named_by: str, good: bool) -> None:
    assert (problem(url, named_by) == "") == good

"""A login provider on a real port: OpenID Connect and Discord, as good or as hostile as a test
says. Its keys are its own; what it hands out is checked as the standards ask."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID, CLIENT_SECRET = "cohort", "between us"
DISCORD_USER = {"id": "80351110224678912", "username": "nelly", "global_name": "Nelly"}

KEY = RSAKey.generate_key(2048, {"kid": "first"})


class LoginProvider:
    """subject, claims: who logs in, and what is said of them. The rest is how it misbehaves:

    ID tokens with `signed` instead of its own; `answers`: by path, a status, headers and a body
    instead of the right ones; paths in `hanging` are not answered before `close`.
    """

    def __init__(self) -> None:
        self.key = KEY
        self.subject = "nelly"
        self.claims: dict[str, Any] = {"name": "Nelly", "preferred_username": "nelly"}
        self.userinfo: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.signed: str | None = None
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.hanging: set[str] = set()
        self.asked: list[str] = []
        self.questions: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._closed = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def settings(self) -> dict[str, str]:
        """What a Cohort needs to know."""
        return {
            "oidc_issuer": self.url,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": CLIENT_SECRET,
            "oidc_name": "Example",
            "discord_client_id": CLIENT_ID,
            "discord_client_secret": CLIENT_SECRET,
            "discord_url": self.url,
        }

    def close(self) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    def agree(self, address: str) -> dict[str, str]:
        """Log in at an authorization address: what the browser is sent back with."""
        return _query(self._agree(address))

    def _agree(self, address: str) -> str:
        question = _query(address)
        self.questions.append(question)
        assert question["response_type"] == "code"
        assert question["client_id"] == CLIENT_ID
        assert question["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self._codes[code] = question
        back = {"code": code, "state": question["state"]}
        if "nonce" in question:
            back["iss"] = self.url
        return f"{question['redirect_uri']}?{urlencode(back)}"

    def id_token(self, nonce: str, changed: Mapping[str, Any] = MappingProxyType({})) -> str:
        """A good one, but for what is changed; None takes a claim away."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": self.subject,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **self.claims,
            **changed,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm == "none":
            parts = ({"alg": "none"}, claims)
            return ".".join(_plain(json.dumps(part).encode()) for part in parts) + "."
        header = {"alg": self.algorithm, "kid": self.key.kid}
        if self.algorithm == "HS256":  # with what everybody knows as the secret
            signed = ".".join(_plain(json.dumps(part).encode()) for part in (header, claims))
            pem = self.key.as_pem(private=False)
            return f"{signed}.{_plain(hmac.digest(pem, signed.encode(), 'sha256'))}"
        return jwt.encode(header, claims, self.key)

    def answer(self, path: str, form: dict[str, str], authorization: str) -> Any:
        """A JSON answer, or a status."""
        match path:
            case "/.well-known/openid-configuration":
                return {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "jwks_uri": f"{self.url}/keys",
                    "userinfo_endpoint": f"{self.url}/userinfo",
                    "authorization_response_iss_parameter_supported": True,
                    **self.metadata,
                }
            case "/keys":
                return KeySet([self.key]).as_dict(private=False)
            case "/token" | "/api/oauth2/token":
                return self._tokens(form, authorization)
            case "/userinfo":
                return {"sub": self.subject, **self.userinfo}
            case "/api/users/@me":
                return DISCORD_USER if authorization == "Bearer access" else 401
        return 404

    def _tokens(self, form: dict[str, str], authorization: str) -> Any:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        question = self._codes.pop(form.get("code", ""), None)  # good once
        if question is None or authorization != f"Basic {basic}":
            return 400
        challenge = _plain(hashlib.sha256(form["code_verifier"].encode()).digest())
        if challenge != question["code_challenge"]:
            return 400
        if form["redirect_uri"] != question["redirect_uri"]:
            return 400
        tokens = {"access_token": "access", "token_type": "Bearer"}
        if "nonce" in question:
            tokens["id_token"] = self.signed or self.id_token(question["nonce"])
        return tokens

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                if path in ("/authorize", "/oauth2/authorize"):
                    self._send(303, {"Location": provider._agree(self.path)}, b"")
                else:
                    self._answer(path, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer(self.path, {k: v[0] for k, v in parse_qs(body).items()})

            def _answer(self, path: str, form: dict[str, str]) -> None:
                provider.asked.append(path)
                if path in provider.hanging:
                    provider._closed.wait(60)
                    return
                if path in provider.answers:
                    self._send(*provider.answers[path])
                    return
                told = provider.answer(path, form, self.headers.get("Authorization", ""))
                if isinstance(told, int):
                    self._send(told, {}, b"{}")
                else:
                    self._send(200, {"Content-Type": "application/json"}, json.dumps(told).encode())

            def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """To nobody."""

        return Handler


def _query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def _plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")

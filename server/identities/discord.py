"""Logging in with Discord: OAuth 2, and then asking it who that is."""

import msgspec
from msgspec import Struct

from server.identities.oauth import Client, Identity, Question, plain, refused
from server.identities.outgoing import Outgoing


class User(Struct, frozen=True):
    """Discord's user object, as far as we read it. id: a number that stays theirs."""

    id: str
    username: str = ""
    global_name: str | None = None


class Discord:
    id = "discord"
    name = "Discord"

    def __init__(self, outgoing: Outgoing, url: str, client_id: str, secret: str) -> None:
        self._outgoing = outgoing
        self._url = url.rstrip("/")
        self._client = Client(client_id, secret, "identify")

    async def address(self, question: Question) -> str:
        # Who agreed once is sent back at once, unless we ask for it.
        prompt = "consent" if question.again else "none"
        return self._client.address(f"{self._url}/oauth2/authorize", question, prompt=prompt)

    async def identify(self, question: Question, code: str, _issuer: str) -> Identity:
        endpoint = f"{self._url}/api/oauth2/token"
        tokens = await self._client.redeem(self._outgoing, endpoint, question, code)
        headers = {"Authorization": f"Bearer {tokens.access_token}"}
        answer = await self._outgoing.ask("GET", f"{self._url}/api/users/@me", None, headers)
        try:
            user = msgspec.json.decode(answer, type=User)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise refused(f"no user: {error}") from None
        if not user.id.isdecimal() or len(user.id) > 20:
            raise refused("a user without an id")
        return Identity(self.id, user.id, plain(user.username), plain(user.global_name))

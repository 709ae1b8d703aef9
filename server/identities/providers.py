"""The login providers that the operator named."""

from collections.abc import Iterator

from msgspec import Struct

from server.identities.discord import Discord
from server.identities.oauth import Provider
from server.identities.openid import OpenId
from server.identities.outgoing import Outgoing
from server.settings import Settings


class ProviderName(Struct, frozen=True):
    """name: on the button."""

    id: str
    name: str


class Providers:
    def __init__(self, settings: Settings) -> None:
        self._outgoing = Outgoing()
        self._known = {each.id: each for each in _named(settings, self._outgoing)}

    def find(self, id_: str) -> Provider | None:
        return self._known.get(id_)

    def names(self) -> tuple[ProviderName, ...]:
        return tuple(ProviderName(each.id, each.name) for each in self._known.values())

    async def close(self) -> None:
        await self._outgoing.close()


def _named(settings: Settings, outgoing: Outgoing) -> Iterator[Provider]:
    if settings.discord_client_id:
        yield Discord(
            outgoing,
            settings.discord_url,
            settings.discord_client_id,
            settings.discord_client_secret,
        )
    if settings.oidc_issuer:
        yield OpenId(
            outgoing,
            settings.oidc_issuer,
            settings.oidc_name,
            settings.oidc_client_id,
            settings.oidc_client_secret,
        )

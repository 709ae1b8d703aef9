"""The login providers that the operator named."""

from collections.abc import Iterator

from msgspec import Struct

from server.identities.oauth import Provider
from server.identities.outgoing import Outgoing
from server.settings import Settings


class ProviderName(Struct, frozen=True):
    """name: on the button."""

    id: str
    name: str


class Providers:
    """What talks to them is loaded only where there are any."""

    def __init__(self, settings: Settings) -> None:
        self._outgoing = None
        self._known: dict[str, Provider] = {}
        if settings.discord_client_id or settings.oidc_issuer:
            self._outgoing = Outgoing()
            self._known = {each.id: each for each in _named(settings, self._outgoing)}

    def find(self, id_: str) -> Provider | None:
        return self._known.get(id_)

    def names(self) -> tuple[ProviderName, ...]:
        return tuple(ProviderName(each.id, each.name) for each in self._known.values())

    async def close(self) -> None:
        if self._outgoing is not None:
            await self._outgoing.close()


def _named(settings: Settings, outgoing: Outgoing) -> Iterator[Provider]:
    if settings.discord_client_id:
        from server.identities.discord import Discord

        yield Discord(
            outgoing,
            settings.discord_url,
            settings.discord_client_id,
            settings.discord_client_secret,
        )
    if settings.oidc_issuer:
        from server.identities.openid import OpenId

        yield OpenId(
            outgoing,
            settings.oidc_issuer,
            settings.oidc_name,
            settings.oidc_client_id,
            settings.oidc_client_secret,
        )

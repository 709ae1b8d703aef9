"""Who sent a request, by address: the client's own, where a trusted proxy tells of it.

uvicorn puts it into the scope by `X-Forwarded-For` of proxies that COHORT_TRUSTED_PROXIES names.
"""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

PREFIX = 64  # of IPv6: what one household or machine is given, and may choose from as it likes


def address(scope: Mapping[str, Any]) -> str:
    """The client's address; "" when it is none (a Unix socket, or what a proxy made up)."""
    parsed = _parsed(scope)
    return "" if parsed is None else str(parsed)


def network(scope: Mapping[str, Any]) -> str:
    """For whom limits count: an IPv4 address, or a whole /64 of IPv6."""
    parsed = _parsed(scope)
    if isinstance(parsed, IPv6Address):
        return f"{IPv6Address(int(parsed) >> PREFIX << PREFIX)}/{PREFIX}"
    return "" if parsed is None else str(parsed)


def _parsed(scope: Mapping[str, Any]) -> IPv4Address | IPv6Address | None:
    client = scope.get("client")
    try:
        parsed = ip_address(client[0].partition("%")[0] if client else "")
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed

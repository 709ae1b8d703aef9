"""Whose address counts."""

import pytest

from server.web import peers


@pytest.mark.parametrize(
    ("host", "address", "network"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("2001:DB8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
        ("", "", ""),
        ("unknown", "", ""),
        ("x" * 10_000, "", ""),
    ],
)
def test_addresses(host: str, address: str, network: str) -> None:
    scope = {"client": (host, 0)}
    assert (peers.address(scope), peers.network(scope)) == (address, network)


def test_a_unix_socket_has_no_address() -> None:
    assert peers.address({"client": None}) == peers.network({}) == ""

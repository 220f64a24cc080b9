from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authenticate_app.throttling.models import FailureCount
from authenticate_app.throttling.networks import NO_ADDRESS, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", NO_ADDRESS),
        ("unix:", NO_ADDRESS),
    ],
)
def test_an_address_counts_as_its_subscriber(address: str, network: str) -> None:
    assert network_of(address) == network


@given(st.ip_addresses())
def test_every_address_lies_in_its_network(address: object) -> None:
    parsed = ip_address(str(address))
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    assert parsed in ip_network(network_of(str(address)))


@given(st.text())
def test_nothing_fails_and_everything_fits(address: str) -> None:
    assert len(network_of(address)) <= (FailureCount._meta.get_field("address").max_length or 0)

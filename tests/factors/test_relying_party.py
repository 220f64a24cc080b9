"""Who the server is to passkeys follows from the public address, written as browsers write it."""

from typing import Any

import pytest

from authenticate_app.factors.relying_party import relying_party


@pytest.mark.parametrize(
    ("address", "rp_id", "origin", "can_have_passkeys"),
    [
        ("https://chat.example.com", "chat.example.com", "https://chat.example.com", True),
        ("https://Chat.Example.com:443/path", "chat.example.com", "https://chat.example.com", True),
        ("https://chat.example.com:8443", "chat.example.com", "https://chat.example.com:8443", True),
        ("http://localhost:8000", "localhost", "http://localhost:8000", True),
        ("http://localhost:80", "localhost", "http://localhost", True),
        ("https://bücher.example", "xn--bcher-kva.example", "https://xn--bcher-kva.example", True),
        ("http://127.0.0.1:8000", "127.0.0.1", "http://127.0.0.1:8000", False),
        ("http://[::1]:8000", "::1", "http://[::1]:8000", False),
    ],
)
def test_it(settings: Any, address: str, rp_id: str, origin: str, can_have_passkeys: bool) -> None:
    settings.PUBLIC_BASE_URL = address
    party = relying_party()
    assert (party.id, party.origin, party.can_have_passkeys) == (rp_id, origin, can_have_passkeys)

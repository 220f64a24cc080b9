from collections.abc import Iterator

import pytest

from authenticate_app.oauth.clients import clients
from tests.oauth.flow import Registered, register
from tests.world import nothing_remembered, store_signing_key

__all__ = ["nothing_remembered"]


@pytest.fixture
def ready(db: None, cheap_hashes: None, nothing_remembered: None) -> Iterator[None]:
    """A server that can sign, and that remembers nothing of the test before."""
    clients.forget()
    store_signing_key()
    yield
    clients.forget()


@pytest.fixture
def web(ready: None) -> Registered:
    return register()

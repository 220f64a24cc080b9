from collections.abc import Iterator

import pytest

from authenticate_app.oauth.clients import clients
from tests.world import nothing_remembered

__all__ = ["nothing_remembered"]


@pytest.fixture(autouse=True)
def _clients_are_read_afresh() -> Iterator[None]:
    clients.forget()
    yield
    clients.forget()

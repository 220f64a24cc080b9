from collections.abc import Iterator

import pytest

from authenticate_app.revisions.listener import Listener


@pytest.fixture
def listener(transactional_db: None) -> Iterator[Listener]:
    """A listener of this test's own, which is connected."""
    listener = Listener()
    assert listener.wait_until_connected(timeout=15)
    yield listener
    listener.stop()

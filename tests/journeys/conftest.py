"""What several journeys begin with: a caller of their own, and enough connections to reach every worker."""

from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.serving import Installation, installed

__all__ = ["installed"]

CONNECTIONS = 12
"""Each is kept, and so belongs to one worker: that all of them belong to the same one happens once in 2,000 runs."""


@pytest.fixture
def clients(installed: Installation) -> Iterator[list[httpx.Client]]:
    with ExitStack() as stack:
        yield [stack.enter_context(installed.server.client()) for _ in range(CONNECTIONS)]


@pytest.fixture
def name(installed: Installation) -> str:
    return installed.new_user()

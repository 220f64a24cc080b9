from typing import Any

import pytest


@pytest.fixture(autouse=True)
def limits(settings: Any) -> None:
    settings.THROTTLE_FAILURES_BY_NAME = 3
    settings.THROTTLE_FAILURES_BY_ADDRESS = 5

"""Waiting for what another thread or process is about to do."""

import time
from collections.abc import Callable
from threading import Event

PATIENCE_SECONDS = 15.0
INTERVAL_SECONDS = 0.005


def wait_until(condition: Callable[[], object], *, patience: float = PATIENCE_SECONDS) -> None:
    """Return as soon as the condition holds; fail when it does not come to hold."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited {patience} s in vain"
        Event().wait(INTERVAL_SECONDS)

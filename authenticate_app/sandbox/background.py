"""What a phone does while its customer already looks at the next page: it asks for tokens, waits, and replies."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

import structlog
from django.db import connection

log = structlog.get_logger("chatauth.sandbox")

AT_ONCE: Final = 4
"""Phones of one process that do something at the same time."""


def run(act: Callable[[], object]) -> None:
    """Have it done soon, by another thread; what goes wrong is logged."""
    _threads().submit(_act, act)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="sandbox")


def _act(act: Callable[[], object]) -> None:
    try:
        act()
    except Exception:
        log.exception("a simulated phone failed")
    finally:
        connection.close()

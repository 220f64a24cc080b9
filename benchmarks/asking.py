"""Clients that go on asking a server for tokens, over HTTP, while something else happens."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Event

from benchmarks.browser import Browser
from benchmarks.hour import Span
from benchmarks.oauth import access_token_over
from benchmarks.stack import Server

ASKERS = 2
PAUSE_SECONDS = 0.01
"""Between two requests of one client: it is measured how long answers take, not how many there can be."""


@contextmanager
def asking(server: Server) -> Iterator[list[Span]]:
    """Ask until the body ends; the list holds when each request began and was answered, once it has.

    Raises:
        WrongAnswer: a request was refused.
    """
    spans: list[Span] = []
    stop = Event()
    with ThreadPoolExecutor(ASKERS) as pool:
        asked = [pool.submit(_ask, server, stop) for _ in range(ASKERS)]
        try:
            yield spans
        finally:
            stop.set()
        for each in asked:
            spans.extend(each.result())


def _ask(server: Server, stop: Event) -> list[Span]:
    spans: list[Span] = []
    with closing(Browser(server)) as browser:
        while not stop.wait(PAUSE_SECONDS):
            began = time.monotonic()
            access_token_over(browser, server)
            spans.append((began, time.monotonic()))
    return spans

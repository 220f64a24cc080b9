"""Exchanges as text, for a terminal."""

from collections.abc import Callable, Iterator
from typing import Final

from authenticate_app.sandbox.models import SandboxExchange

INDENT: Final = "    "

Paint = Callable[[str, str], str]
"""Give a text the colour of a kind: ``strong``, ``good``, ``bad``, ``quiet``."""

CODES: Final = {"strong": "1", "good": "32", "bad": "31", "quiet": "2"}


def painter(*, in_colour: bool) -> Paint:
    """A way to paint for a terminal, or to leave texts as they are."""
    return (lambda text, kind: f"\x1b[{CODES[kind]}m{text}\x1b[0m") if in_colour else (lambda text, _kind: text)


def lines_of(exchange: SandboxExchange, number: int, paint: Paint) -> Iterator[str]:
    """An exchange: who to whom, the request, the answer."""
    ends = f"{exchange.sender} → {exchange.receiver}"
    yield f"  {number:>2}  {exchange.at:%H:%M:%S.%f}"[:-3] + f"  {ends}"
    yield from _message(f"{exchange.method} {exchange.url}", exchange.request_headers, exchange.request_body, paint)
    if exchange.status is None:
        yield INDENT + paint("no answer", "bad")
        return
    kind = "bad" if exchange.kind_of_status == "bad" else "good"
    status = paint(f"{exchange.status} {exchange.phrase}", kind)
    yield from _message(status, exchange.answer_headers, exchange.answer_body, paint)


def _message(first: str, headers: list[list[str]], body: str, paint: Paint) -> Iterator[str]:
    yield INDENT + paint(first, "strong")
    for name, value in headers:
        yield INDENT + paint(f"{name}: {value}", "quiet")
    if body:
        yield from (INDENT + "  " + line for line in body.splitlines())
    yield ""

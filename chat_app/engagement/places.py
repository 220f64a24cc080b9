"""Where browsers find the chat server of each interface."""

from collections.abc import Sequence
from typing import NamedTuple, cast
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from chat_app.routing.models import Interface
from chat_app.routing.snapshot import InterfaceFacts, routing


class Place(NamedTuple):
    """An interface as a browser calls it. ``server``: scheme, host and port."""

    name: str
    server: str
    site: str
    pool: str


def places() -> list[Place]:
    """List the enabled interfaces, the default one first; one query."""
    facts = routing.current().value.by_id
    names = Interface.objects.filter(enabled=True).order_by("-is_default", "name").values_list("id", "name")
    return [_place(name, facts[number]) for number, name in names if number in facts]


def may_call(page: HttpResponse, called: Sequence[Place]) -> HttpResponse:
    """Let the scripts of a page call the chat server of these interfaces (Content-Security-Policy)."""
    servers = sorted({place.server for place in called})
    marked = csp_update({"connect-src": servers})(lambda _request: page)(HttpRequest())
    return cast(HttpResponse, marked)


def _place(name: str, facts: InterfaceFacts) -> Place:
    return Place(name=name, server=server_of(facts), site=facts.chat_site_name, pool=facts.pool_id)


def server_of(facts: InterfaceFacts) -> str:
    """Return scheme, host and port. Always TLS, but for a demonstration's own chat server."""
    host = f"{facts.domain}:{facts.port}" if facts.port else facts.domain
    own = urlsplit(settings.CHAT_SERVER_URL)
    return f"{own.scheme if host == own.netloc else 'https'}://{host}"

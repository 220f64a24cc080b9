"""System checks of clients: exceptions that a client has without need, and clients that break the rules.

| id            | looks at                                                            |
| ------------- | ------------------------------------------------------------------- |
| chatauth.W101 | clients that do not fit their purpose                               |
| chatauth.W102 | clients without PKCE whose requests no phone builds                 |
| chatauth.W103 | signed access tokens where nobody verifies them                     |

They look at the database: ``manage.py check --database default``, and every start of the server.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 - Django's name for it
from django.db import ProgrammingError, transaction

from authenticate_app.oauth import purposes
from authenticate_app.oauth.models import Client


@register(Tags.database)
def clients_without_need(databases: Sequence[str] | None = None, **_options: Any) -> Iterable[CheckMessage]:
    """Warn of active clients that have more than they need, or are not what they should be."""
    if "default" not in (databases or ()):
        return []
    try:
        with transaction.atomic():
            clients = list(Client.objects.filter(is_active=True).defer("logo"))
    except ProgrammingError:
        return []  # the tables do not exist yet
    return [warning for client in clients for warning in _warnings(client)]


def _warnings(client: Client) -> Iterator[CheckMessage]:
    for field, faults in purposes.faults(client).items():
        yield Warning(
            f"The client {client} does not fit its purpose, {client.purpose}: {field}: {faults[0]}",
            hint="Open it in the admin, which says what would be right, and save it.",
            id="chatauth.W101",
        )
    if not client.pkce_required and (foreign := _foreign_hosts(client)):
        yield Warning(
            f"The client {client} goes without PKCE, but its redirect URI leads to {', '.join(foreign)}.",
            hint="Only requests that a phone builds go without PKCE. An application that builds its own is a web"
            " application: make a client of that purpose for it.",
            id="chatauth.W102",
        )
    if client.signed_access_tokens and client.purpose in purposes.WITHOUT_PKCE:
        yield Warning(
            f"The client {client} gets signed access tokens, which nobody verifies in a flow of Apple Messages.",
            hint="Turn signed access tokens off: a revocation of opaque ones counts at once.",
            id="chatauth.W103",
        )


def _foreign_hosts(client: Client) -> list[str]:
    """Hosts that a flow of Apple Messages does not lead to: they are our own callback's, and that of the phone."""
    own = {urlsplit(settings.PUBLIC_BASE_URL).netloc, urlsplit(purposes.APPLE_REDIRECT_URI).netloc}
    hosts = {urlsplit(uri).netloc for uri in str(client.redirect_uris).split()}
    return sorted(hosts - own)

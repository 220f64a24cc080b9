"""Who wants to know of good authorization requests: packages that stand after this one, and gave out their state."""

from collections.abc import Callable
from datetime import datetime

from authenticate_app.oauth.models import Client

Observer = Callable[[Client, str, datetime], None]
"""Is told the client, the unverified ``state`` and the time. Client, redirect URI and scopes of the request are good.

It is told at every step of a sign-in, so perhaps of the same request more than once, and before anybody has proven who
they are. What it raises fails the request.
"""

_observers: list[Observer] = []


def register(observer: Observer) -> None:
    """Tell ``observer`` of each good authorization request that bears a state, once however often it registers."""
    if observer not in _observers:
        _observers.append(observer)


def tell(client: Client, unverified_state: str, now: datetime) -> None:
    """Tell everybody who registered."""
    if unverified_state:
        for observer in _observers:
            observer(client, unverified_state, now)

"""Sign-in forms that customers open: our own server tells of each authorization request that is one of ours."""

from datetime import datetime

from authenticate_app.messages.sign_ins import mark_opened
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import WITHOUT_PKCE


def note_opened(client: Client, unverified_state: str, now: datetime) -> None:
    """Note that the form of a request was opened, if ``client`` is one of Apple Messages (``oauth.observers``)."""
    if client.purpose in WITHOUT_PKCE:
        mark_opened(unverified_state=unverified_state, client_id=client.client_id, now=now)

"""Publishing the key set at ``/.well-known/jwks.json`` (RFC 7517, section 5)."""

from datetime import datetime

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from authenticate_app.keys.keyring import Keyring, keyring

JSON = "application/json"
JWK_SET = "application/jwk-set+json"


@require_safe
def key_set(request: HttpRequest) -> HttpResponse:
    """Answer the key set; costs no query while no key is changed.

    Why caching it for ``KEY_SET_MAX_AGE`` is safe. A key is announced for at least that long plus ``KEY_LEEWAY``
    before it signs (the start is refused otherwise), so every copy without it has expired by then, and a copy that
    still has a key after it was deleted does no harm: nothing that the key signed is alive. Only a revocation reaches
    other people's caches late, by ``KEY_SET_MAX_AGE`` at most; that is what the setting is a compromise about.

    Why it is answered from memory while the database is away. Somebody who reaches the database when we do not may
    revoke a key, so a copy that may be out of date is treated as what it is, a cached one: its age is taken off the
    time that others may cache it for, and when nothing is left of that, the answer is 503.
    """
    keys, max_age = _known_keys()
    response = _answer(request, keys, now=timezone.now())
    response["Cache-Control"] = f"public, max-age={max_age}"
    response["Vary"] = "Accept"
    answered = get_conditional_response(request, etag=response["ETag"], response=response) or response
    answered["Access-Control-Allow-Origin"] = "*"  # public data, and no cookie counts here
    return answered


def _known_keys() -> tuple[Keyring, int]:
    """Return the keys and for how many seconds they may be cached. Raises what the database raises."""
    max_age = int(settings.KEY_SET_MAX_AGE.total_seconds())
    try:
        return keyring.current().value, max_age
    except (OperationalError, InterfaceError):
        age = keyring.known_current_within()
        if age is None or age >= max_age:
            raise
        return keyring.recall().value, int(max_age - age)


def _answer(request: HttpRequest, keys: Keyring, *, now: datetime) -> HttpResponse:
    # Most clients expect plain JSON, whatever RFC 7517 registers; its type is for those who ask for it.
    media_type = request.get_preferred_type([JSON, JWK_SET]) or JSON
    published = keys.published(now)
    response = HttpResponse(published.body, content_type=media_type)
    response["ETag"] = f'"{published.digest}"' if media_type == JSON else f'"{published.digest}-jwk-set"'
    return response

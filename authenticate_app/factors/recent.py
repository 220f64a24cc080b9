"""Who changes their factors has proven lately that it is them: a session that was left open is not enough."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from authenticate_app.accounts.pending import AUTH_TIME

LATELY = timedelta(minutes=15)
"""Long enough to fetch the phone and read what is to be done, short enough for a desk that was left."""
CONFIRMED = "chatauth_confirmed_at"
"""Key of the session: when its user last confirmed that it is them, in seconds since 1970."""

View = Callable[..., HttpResponseBase]


def note_confirmation(request: HttpRequest, now: datetime) -> None:
    """Remember that the signed-in user has just proven that it is them."""
    request.session[CONFIRMED] = int(now.timestamp())


def was_confirmed_lately(request: HttpRequest, now: datetime) -> bool:
    """Whether the user signed in, or confirmed that it is them, within ``LATELY``."""
    times: list[Any] = [request.session.get(AUTH_TIME), request.session.get(CONFIRMED)]
    return any(time is not None and timedelta(0) <= _since(time, now) < LATELY for time in times)


def needs_recent_sign_in(view: View) -> View:
    """Lead whoever is not signed in to the form, and whoever signed in long ago to the page that confirms it."""

    @wraps(view)
    def confirmed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not was_confirmed_lately(request, timezone.now()):
            return redirect("account-confirm")
        return view(request, *args, **kwargs)

    return login_required(confirmed)


def _since(seconds: int, now: datetime) -> timedelta:
    return timedelta(seconds=int(now.timestamp()) - seconds)

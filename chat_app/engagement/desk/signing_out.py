"""Whoever signs out takes the desk's tokens along: they were given for that sign-in."""

import uuid
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from authenticate_app.oauth.services import revoke_family
from chat_app.engagement.desk.views import FAMILY


@receiver(user_logged_out, dispatch_uid="chatauth.desk")
def take_back(request: HttpRequest | None = None, **_signal: Any) -> None:
    """Revoke what the desk got in this session; two statements, and none where there was no desk."""
    kept = request.session.get(FAMILY) if request is not None and hasattr(request, "session") else None
    if kept:
        revoke_family(uuid.UUID(kept), now=timezone.now())

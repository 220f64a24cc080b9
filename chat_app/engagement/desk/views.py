"""The agents' desk (docs/chat-desk.md), and the access token with which its scripts call the agent API."""

import uuid
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from authenticate_app.accounts.entitlements import CHAT_AGENT
from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.oauth import scopes
from authenticate_app.oauth.own_pages import OwnPage, PageSwitchedOff, issue_page_token
from chat_app.engagement.desk.texts import TEXTS
from chat_app.engagement.handover import CORRECTABLE
from chat_app.engagement.places import Place, may_call, places

DESK: Final = OwnPage(client_id="desk", name="Agents' desk", path="/desk/", scope=scopes.CHAT_AGENT)
FAMILY: Final = "chatauth_desk_family"
"""Key of the session: what all tokens of its desk have in common."""
UNAUTHORIZED, FORBIDDEN = 401, 403


@require_safe
@login_required
@never_cache
def desk(request: HttpRequest) -> HttpResponse:
    """Show the desk to an agent. Raises ``PermissionDenied`` for whoever is none."""
    if not _is_agent(request):
        raise PermissionDenied(_("The desk is for agents, and your account is not one of them."))
    found = places()
    correctable = [(name, attribute, TEXTS[f"known_{attribute}"]) for name, attribute in CORRECTABLE.items()]
    context = {
        "given": _given(request, found),
        "places": found,
        "has_choice": len(found) > 1,
        "correctable": correctable,
    }
    return may_call(render(request, "desk/desk.html", context), found)


@require_POST
@never_cache
def token(request: HttpRequest) -> HttpResponse:
    """Answer an access token for the agent who is signed in; 401 for nobody, 403 for whoever is no agent."""
    if not isinstance(request.user, User):
        return _refused(UNAUTHORIZED, "Nobody is signed in.")
    if not _is_agent(request):
        return _refused(FORBIDDEN, f"The role {CHAT_AGENT} is missing.")
    try:
        answer = issue_page_token(
            page=DESK, user=request.user, family=_family(request), origin=Origin.of(request), now=timezone.now()
        )
    except PageSwitchedOff:
        return _refused(FORBIDDEN, "The desk is switched off: its client is not active, or lacks its scope.")
    return JsonResponse(answer)


def _is_agent(request: HttpRequest) -> bool:
    """Only a role makes an agent: not even superusers answer chats without it."""
    return isinstance(request.user, User) and request.user.groups.filter(name=CHAT_AGENT).exists()


def _family(request: HttpRequest) -> uuid.UUID:
    kept: str = request.session.setdefault(FAMILY, uuid.uuid4().hex)
    return uuid.UUID(kept)


def _refused(status: int, detail: str) -> JsonResponse:
    return JsonResponse({"status": status, "detail": detail}, status=status)


def _given(request: HttpRequest, found: list[Place]) -> dict[str, Any]:
    """What the scripts start from; they ask nothing of this server but tokens."""
    return {
        "tokenUrl": reverse("desk-token"),
        "csrf": get_token(request),
        "user": str(request.user.pk),
        "language": translation.get_language(),
        "texts": {name: str(text) for name, text in TEXTS.items()},
        "interfaces": [place._asdict() for place in found],
    }

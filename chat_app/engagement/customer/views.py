"""A business's site to try the chat on: a page with the one script tag, and the address that gives it a token.

It exists in a demonstration alone. Its customers are signed in without a password, since there is nobody to protect.
"""

import json
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chat_app.adf.errors import AdfError
from chat_app.engagement.customer.demonstration import CUSTOMERS, Customer, chat_for
from chat_app.engagement.places import may_call, places
from chat_app.sessions.services import BasisChanged

log = structlog.get_logger("chatauth.demonstration")

UNAVAILABLE: Final = 503
FIRST: Final = "john"


@require_safe
@never_cache
def site(request: HttpRequest) -> HttpResponse:
    """Show the site to one of its customers, whom ``?customer=`` names."""
    if request.get_host() != urlsplit(settings.PUBLIC_BASE_URL).netloc:
        return HttpResponseRedirect(f"{settings.PUBLIC_BASE_URL}{request.get_full_path()}")  # the origin that may call
    found = places()
    if not found:
        raise Http404
    name, customer = _customer(request)
    context = {"place": found[0], "name": name, "customer": customer, "customers": CUSTOMERS}
    return may_call(render(request, "chat/site.html", context), found[:1])


@require_POST
@never_cache
def chat_token(request: HttpRequest) -> HttpResponse:
    """Answer what ``chatAuthenticate`` answers for the customer who is signed in at the site."""
    _name, customer = _customer(request)
    try:
        answer = chat_for(
            customer=customer,
            question=_question(request.body),
            client_address=request.META["REMOTE_ADDR"],
            now=timezone.now(),
        )
    except (AdfError, BasisChanged, LookupError) as refused:
        log.warning("no chat token for the demonstration's site", error=repr(refused))
        return JsonResponse({"status": UNAVAILABLE, "detail": "There is no chat at the moment."}, status=UNAVAILABLE)
    return JsonResponse(answer)


def _customer(request: HttpRequest) -> tuple[str, Customer]:
    name = request.GET.get("customer", FIRST)
    if name not in CUSTOMERS:
        raise Http404
    return name, CUSTOMERS[name]


def _question(raw_body: bytes) -> str:
    """What the customer wrote before the chat began; "" for whatever else comes."""
    try:
        fields: Any = json.loads(raw_body or b"{}")
    except ValueError:
        return ""
    question = fields.get("question") if isinstance(fields, dict) else None
    return question if isinstance(question, str) else ""

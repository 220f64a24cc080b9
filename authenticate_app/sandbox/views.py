"""The page of the sandbox: a phone to play with, and beside it everything that it brings about."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from authenticate_app.messages.models import Business
from authenticate_app.sandbox import asker, background, services
from authenticate_app.sandbox.browsers import close_sheet, hand_out_phone, open_sheet, phone_of, sheet_of
from authenticate_app.sandbox.chats import step_into_chat
from authenticate_app.sandbox.conditions import conditions_of
from authenticate_app.sandbox.demonstration import BUSINESS
from authenticate_app.sandbox.device_requests import is_intercepted
from authenticate_app.sandbox.faults import Fault
from authenticate_app.sandbox.models import SandboxBubble, SandboxPhone
from authenticate_app.sandbox.phone import Phone
from authenticate_app.sandbox.rest import CallRefused
from authenticate_app.sandbox.selectors import screen_of
from authenticate_app.sandbox.sign_in_message import Flow

LONGEST_TEXT = 500
CONFLICT = 409


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the phone of this browser. Whoever comes back from a sign-in page has closed it."""
    if request.get_host() != urlsplit(settings.PUBLIC_BASE_URL).netloc:
        return HttpResponseRedirect(f"{settings.PUBLIC_BASE_URL}{request.path}")  # cookies are those of one host
    response = _page(request)
    if sheet_of(request) is not None:
        close_sheet(response)
    return response


def _page(request: HttpRequest, *, refusal: str = "") -> HttpResponse:
    phone = phone_of(request)
    context = {
        "screen": screen_of(phone) if phone is not None else None,
        "business": phone.business if phone is not None else _business(),
        "faults": Fault,
        "refusal": refusal,
    }
    return render(request, "sandbox/page.html", context, status=CONFLICT if refusal else None)


@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Have the business ask the customer to sign in."""
    flow: Flow = "legacy" if request.POST.get("flow") == "legacy" else "new"
    fault = request.POST.get("fault", "")
    row = _phone(request, flow)
    services.prepare_phone(phone=row, flow=flow, fault=fault if fault in Fault.values else "")
    phone = Phone(row, clock=timezone.now, conditions=conditions_of(row.fault))
    background.run(lambda: asker.ask_to_sign_in(phone))
    return _back(row)


@require_POST
def say(request: HttpRequest) -> HttpResponse:
    """Let the customer say something."""
    row = _phone(request, "new")
    if text := request.POST.get("text", "").replace("\0", "").strip()[:LONGEST_TEXT]:
        background.run(lambda: Phone(row, clock=timezone.now).say(text))
    return _back(row)


@require_POST
def open_bubble(request: HttpRequest, bubble_id: int) -> HttpResponse:
    """Tap on a bubble that asks to sign in: the real form opens, unless the customer does something else instead."""
    bubble = _bubble(request, bubble_id)
    phone = _playing(bubble)
    if phone.conditions.is_over_at_once:
        background.run(lambda: phone.do_instead(bubble))
        return redirect("sandbox")
    if phone.conditions.replies_early:
        background.run(lambda: phone.forge_success(bubble))
    response = HttpResponseRedirect(phone.open(bubble))
    open_sheet(response, bubble)
    return response


@require_safe
def navigated(request: HttpRequest) -> HttpResponse:
    """Take over a navigation as a phone does; the sign-in page closes, and the phone goes on by itself."""
    bubble, url = sheet_of(request), request.GET.get("to", "")
    if bubble is not None and is_intercepted(url):
        phone = _playing(bubble)
        background.run(lambda: phone.arrive(bubble, url))
    response = redirect("sandbox")
    close_sheet(response)
    return response


@require_POST
def chat(request: HttpRequest, bubble_id: int) -> HttpResponse:
    """Have the business let whoever signed in step into a chat."""
    bubble = _bubble(request, bubble_id)
    identifier = services.sign_in_message_of(bubble).request_identifier
    try:
        entered = step_into_chat(_playing(bubble).line, request_identifier=identifier)
    except CallRefused as refused:
        return _page(request, refusal=str(refused))
    services.note_chat(bubble=bubble, chat=entered.as_json())
    return redirect("sandbox")


@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    """Let the customer delete the conversation; the next one begins with a new phone."""
    if (row := phone_of(request)) is not None:
        background.run(Phone(row, clock=timezone.now).delete_conversation)
    return redirect("sandbox")


def _business() -> Business:
    found = Business.objects.select_related("account", "client").filter(business_id=BUSINESS, is_sandbox=True).first()
    if found is None:
        raise Http404
    return found


def _phone(request: HttpRequest, flow: Flow) -> SandboxPhone:
    return phone_of(request) or services.new_phone(business=_business(), flow=flow, now=timezone.now())


def _bubble(request: HttpRequest, bubble_id: int) -> SandboxBubble:
    row = phone_of(request)
    bubble = get_object_or_404(SandboxBubble, pk=bubble_id, phone=row, kind=SandboxBubble.Kind.SIGN_IN)
    bubble.phone = row or bubble.phone
    return bubble


def _playing(bubble: SandboxBubble) -> Phone:
    return Phone(bubble.phone, clock=timezone.now, conditions=conditions_of(bubble.phone.fault))


def _back(row: SandboxPhone) -> HttpResponse:
    response = redirect("sandbox")
    hand_out_phone(response, row)
    return response

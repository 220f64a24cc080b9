"""The pages between a right password and being signed in, and signing in by passkey alone."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from authenticate_app.accounts import pending
from authenticate_app.accounts.destinations import destination_of, own_path
from authenticate_app.accounts.models import User
from authenticate_app.accounts.pending import Pending
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.accounts.waits import answer_wait, wait_fault
from authenticate_app.factors import changes, codes, passkeys
from authenticate_app.factors.challenges import Purpose
from authenticate_app.factors.changes import Deed
from authenticate_app.factors.enrolment import enrolment_of, forget_enrolment
from authenticate_app.factors.errors import CodeThrottled, FactorRefused, Reason
from authenticate_app.factors.forms import WRONG_CODE, AskedCodeForm, CodeForm, PasskeyForm
from authenticate_app.factors.models import Passkey
from authenticate_app.factors.relying_party import relying_party
from authenticate_app.factors.requests import holder_of
from authenticate_app.factors.selectors import factors_of
from authenticate_app.factors.services import CODE_STEP, SET_UP_STEP, second_step

TRIES = "chatauth_code_tries"
"""Key of the session: how many codes were wrong since the password was right."""
MOST_TRIES = 5
"""Then the password is asked for again; the allowance of all sessions together is that of ``codes``."""

WITH_CODE = ("pwd", "otp", "mfa")
WITH_SYNCED_PASSKEY = ("swk", "user", "mfa")
WITH_PASSKEY = ("hwk", "user", "mfa")
"""How somebody signed in, in the words of RFC 8176. A passkey that is kept in an account left its hardware."""


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
@never_cache
def code_step(request: HttpRequest) -> HttpResponseBase:
    """Ask whoever gave a right password for a code; a passkey does as well."""
    waiting = pending.find(request, timezone.now())
    if waiting is None:
        return _begin_again(request)
    form = AskedCodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _use_code(request, waiting, form)
    return _code_page(request, waiting, form)


def _use_code(request: HttpRequest, waiting: Pending, form: CodeForm) -> HttpResponseBase:
    now = timezone.now()
    try:
        codes.use_code(form.cleaned_data["code"], user=waiting.user, origin=Origin.of(request), now=now)
    except CodeThrottled as throttled:
        form.refuse(wait_fault(throttled))
        return answer_wait(_code_page(request, waiting, form), throttled)
    except FactorRefused:
        return _wrong_code(request, waiting, form)
    request.session.pop(TRIES, None)
    return pending.complete(request, waiting.user, waiting.next_url, now=now, amr=WITH_CODE)


def _wrong_code(request: HttpRequest, waiting: Pending, form: CodeForm) -> HttpResponseBase:
    tries = request.session[TRIES] = request.session.get(TRIES, 0) + 1
    if tries >= MOST_TRIES:
        pending.take(request, timezone.now())
        del request.session[TRIES]
        return _refusal(request, _("Too many codes were wrong. Please begin again."), waiting.next_url)
    form.refuse(WRONG_CODE)
    return _code_page(request, waiting, form)


def _code_page(request: HttpRequest, waiting: Pending, form: CodeForm) -> HttpResponse:
    factors = factors_of(waiting.user)
    context = {
        "form": form,
        "factors": factors,
        "offers_passkeys": bool(factors.passkeys) and relying_party().can_have_passkeys,
    }
    return render(request, "customer/factors/code.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
@never_cache
def set_up_step(request: HttpRequest) -> HttpResponseBase:
    """Let whoever must have a second factor and has none set up an authenticator app, and then in."""
    now = timezone.now()
    waiting = pending.find(request, now)
    if waiting is None:
        return _begin_again(request)
    step = second_step(waiting.user)
    if step == CODE_STEP:
        return redirect(step)
    if step != SET_UP_STEP:
        return pending.complete(request, waiting.user, waiting.next_url, now=now)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _set_up(request, waiting, form)
    return _set_up_page(request, waiting, form)


def _set_up(request: HttpRequest, waiting: Pending, form: CodeForm) -> HttpResponseBase:
    now = timezone.now()
    try:
        recovery_codes = changes.turn_on_codes(
            Deed(waiting.user, Origin.of(request), now),
            secret=enrolment_of(request, waiting.user).secret,
            typed_code=form.cleaned_data["code"],
            is_first_factor=True,
        )
    except FactorRefused as refused:
        if refused.reason is not Reason.WRONG_CODE:
            return redirect(CODE_STEP)
        form.refuse(WRONG_CODE)
        return _set_up_page(request, waiting, form)
    forget_enrolment(request)
    onward = pending.complete(request, waiting.user, waiting.next_url, now=now, amr=WITH_CODE)
    return render(request, "customer/factors/recovery_codes.html", {"codes": recovery_codes, "next": onward.url})


def _set_up_page(request: HttpRequest, waiting: Pending, form: CodeForm) -> HttpResponse:
    context = {"form": form, "enrolment": enrolment_of(request, waiting.user), "is_forced": True}
    return render(request, "customer/factors/set_up.html", context)


@require_safe
@never_cache
def passkey_options(request: HttpRequest) -> HttpResponse:
    """Answer what a browser needs to offer passkeys; nothing in it tells of anybody."""
    options = passkeys.options_to_use(purpose=Purpose.SIGN_IN, holder=holder_of(request), now=timezone.now())
    return HttpResponse(options, content_type="application/json")


@require_POST
@never_cache
def passkey_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Sign in whoever's passkey was used; ``next`` of the address says where to go."""
    now, next_url = timezone.now(), own_path(request.GET.get("next", ""))
    try:
        passkey = passkeys.use(
            sent_credential(request),
            purpose=Purpose.SIGN_IN,
            holder=holder_of(request),
            origin=Origin.of(request),
            now=now,
        )
    except FactorRefused:
        sentence = _("That passkey does not let you in here. Please try again, or sign in with your password.")
        return _refusal(request, sentence, next_url)
    return pending.complete(request, passkey.user, next_url, now=now, amr=_amr_of(passkey))


def sent_credential(request: HttpRequest) -> str:
    """What the browser sent about a passkey; "" if it is too long or missing, which proves nothing."""
    form = PasskeyForm(request.POST)
    return str(form.cleaned_data["credential"]) if form.is_valid() else ""


def _amr_of(passkey: Passkey) -> tuple[str, ...]:
    return WITH_SYNCED_PASSKEY if passkey.backed_up else WITH_PASSKEY


def _begin_again(request: HttpRequest) -> HttpResponseBase:
    """Nobody waits in this session, or not any more: they are in, after the same form was sent twice, or too late."""
    if isinstance(request.user, User):
        return redirect(destination_of(request.user, ""))
    if request.method == "POST":
        return _refusal(request, _("It took too long. Please begin again."), "")
    return redirect("login")


def _refusal(request: HttpRequest, sentence: Any, next_url: str) -> HttpResponse:
    return render(request, "customer/factors/refused.html", {"sentence": sentence, "next": next_url}, status=403)

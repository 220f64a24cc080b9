"""The pages on which people look after their own factors."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from authenticate_app.accounts.sign_in import Origin
from authenticate_app.accounts.sign_ins import keep_this_session
from authenticate_app.accounts.signed_in import signed_in_user
from authenticate_app.factors import changes, passkeys
from authenticate_app.factors.changes import MOST_PASSKEYS, Deed
from authenticate_app.factors.enrolment import enrolment_of, forget_enrolment
from authenticate_app.factors.errors import FactorRefused, LastFactor, TooManyPasskeys
from authenticate_app.factors.forms import LAST_FACTOR, WRONG_CODE, CodeForm, PasskeyNameForm
from authenticate_app.factors.models import Passkey
from authenticate_app.factors.recent import needs_recent_sign_in, was_confirmed_lately
from authenticate_app.factors.relying_party import relying_party
from authenticate_app.factors.requests import holder_of
from authenticate_app.factors.selectors import factors_of
from authenticate_app.factors.sign_in_views import sent_credential

PAGE = "account-security"


@require_safe
@never_cache
@login_required
def security(request: HttpRequest) -> HttpResponse:
    """Show what factors the person has; whoever signed in lately can change them."""
    user = signed_in_user(request)
    context = {
        "factors": factors_of(user),
        "passkeys": user.passkeys.all(),
        "can_change": was_confirmed_lately(request, timezone.now()),
        "can_have_passkeys": relying_party().can_have_passkeys,
    }
    return render(request, "customer/factors/security.html", context)


@require_safe
@never_cache
@needs_recent_sign_in
def passkey_options(request: HttpRequest) -> HttpResponse:
    """Answer what a browser needs to make a passkey."""
    options = passkeys.options_to_add(user=signed_in_user(request), holder=holder_of(request), now=timezone.now())
    return HttpResponse(options, content_type="application/json")


@require_POST
@never_cache
@needs_recent_sign_in
def add_passkey(request: HttpRequest) -> HttpResponse:
    """Store a passkey that the browser has just made."""
    deed = _deed(request)
    try:
        changes.add_passkey(
            deed, raw_response=sent_credential(request), holder=holder_of(request), name=_name_for(request, deed)
        )
    except TooManyPasskeys:
        sentence = _("You have %(number)d passkeys already. Remove one that you use no more.")
        messages.error(request, sentence % {"number": MOST_PASSKEYS})
    except FactorRefused:
        messages.error(request, _("That passkey was not added. Please try again."))
    else:
        messages.success(request, _("The passkey was added. You can sign in with it from now on."))
    return redirect(PAGE)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs_recent_sign_in
def passkey(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one passkey, and take another name for it."""
    own = _own_passkey(request, pk)
    form = PasskeyNameForm(request.POST if request.method == "POST" else None, initial={"name": own.name})
    if form.is_valid():
        changes.rename_passkey(_deed(request), passkey=own, name=form.cleaned_data["name"])
        messages.success(request, _("The passkey has its new name."))
        return redirect(PAGE)
    return render(request, "customer/factors/passkey.html", {"passkey": own, "form": form})


@require_POST
@never_cache
@needs_recent_sign_in
def remove_passkey(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a passkey in no more."""
    try:
        changes.remove_passkey(_deed(request), passkey=_own_passkey(request, pk))
    except LastFactor:
        messages.error(request, LAST_FACTOR)
    else:
        keep_this_session(request, signed_in_user(request))
        messages.success(
            request,
            _("The passkey was removed; everywhere else, you are signed out. Delete it on your device as well."),
        )
    return redirect(PAGE)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
@never_cache
@needs_recent_sign_in
def set_up_codes(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app, by picture or by hand, and see that it makes right codes."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _turn_on(request, form)
    return _set_up_page(request, form)


def _turn_on(request: HttpRequest, form: CodeForm) -> HttpResponse:
    secret = enrolment_of(request, signed_in_user(request)).secret
    try:
        codes = changes.turn_on_codes(_deed(request), secret=secret, typed_code=form.cleaned_data["code"])
    except FactorRefused:
        form.refuse(WRONG_CODE)
        return _set_up_page(request, form)
    forget_enrolment(request)
    keep_this_session(request, signed_in_user(request))
    messages.success(request, _("The authenticator app is set up."))
    return _codes_page(request, codes) if codes else redirect(PAGE)


def _set_up_page(request: HttpRequest, form: CodeForm) -> HttpResponse:
    user = signed_in_user(request)
    context = {"form": form, "enrolment": enrolment_of(request, user), "factors": factors_of(user)}
    return render(request, "customer/factors/set_up.html", context)


@require_POST
@never_cache
@needs_recent_sign_in
def turn_off_codes(request: HttpRequest) -> HttpResponse:
    """Ask for no codes any more."""
    try:
        changes.turn_off_codes(_deed(request))
    except LastFactor:
        messages.error(request, LAST_FACTOR)
    else:
        keep_this_session(request, signed_in_user(request))
        messages.success(request, _("The authenticator app is turned off; everywhere else, you are signed out."))
    return redirect(PAGE)


@require_POST
@never_cache
@needs_recent_sign_in
def renew_recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes, and show them this once."""
    try:
        codes = changes.renew_recovery_codes(_deed(request))
    except FactorRefused:
        return redirect(PAGE)
    return _codes_page(request, codes)


def _codes_page(request: HttpRequest, codes: list[str]) -> HttpResponse:
    return render(request, "customer/factors/recovery_codes.html", {"codes": codes})


def _deed(request: HttpRequest) -> Deed:
    return Deed(signed_in_user(request), Origin.of(request), timezone.now())


def _own_passkey(request: HttpRequest, pk: int) -> Passkey:
    return get_object_or_404(Passkey, pk=pk, user=signed_in_user(request))


def _name_for(request: HttpRequest, deed: Deed) -> str:
    """The name that was typed, or one that says when the passkey was made."""
    form: Any = PasskeyNameForm(request.POST)
    if form.is_valid():
        return str(form.cleaned_data["name"])
    return gettext("Passkey of %(date)s") % {"date": date_format(timezone.localtime(deed.now), "DATE_FORMAT")}

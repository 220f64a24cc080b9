"""The page on which somebody who is signed in proves once more that it is them."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from authenticate_app.accounts.credentials import MalformedCredentials, checked
from authenticate_app.accounts.errors import SignInFailed, SignInWait
from authenticate_app.accounts.sign_in import Origin, sign_in
from authenticate_app.accounts.signed_in import signed_in_user
from authenticate_app.accounts.waits import answer_wait, wait_fault
from authenticate_app.factors import passkeys
from authenticate_app.factors.account_views import PAGE
from authenticate_app.factors.challenges import Purpose
from authenticate_app.factors.errors import FactorRefused
from authenticate_app.factors.forms import WRONG_PASSWORD, PasswordForm
from authenticate_app.factors.recent import note_confirmation
from authenticate_app.factors.relying_party import relying_party
from authenticate_app.factors.requests import holder_of
from authenticate_app.factors.services import CODE_STEP, second_step
from authenticate_app.factors.sign_in_views import sent_credential


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
@never_cache
@login_required
def confirm(request: HttpRequest) -> HttpResponse:
    """Take the password of whoever is signed in; who has a code besides shows both, by signing in again."""
    if second_step(signed_in_user(request)) == CODE_STEP:
        again = urlencode({"again": "", "next": reverse(PAGE)})
        return redirect(f"{reverse('login')}?{again}")
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, form)
    try:
        _prove_password(request, form.cleaned_data["password"])
    except SignInWait as refusal:
        form.add_error(None, wait_fault(refusal))
        return answer_wait(_page(request, form), refusal)
    except (SignInFailed, MalformedCredentials):
        form.add_error(None, WRONG_PASSWORD)
        return _page(request, form)
    return _confirmed(request)


@require_safe
@never_cache
@login_required
def passkey_options(request: HttpRequest) -> HttpResponse:
    """Answer what a browser needs to offer passkeys."""
    options = passkeys.options_to_use(purpose=Purpose.CONFIRM, holder=holder_of(request), now=timezone.now())
    return HttpResponse(options, content_type="application/json")


@require_POST
@never_cache
@login_required
def confirm_by_passkey(request: HttpRequest) -> HttpResponse:
    """Take a passkey of whoever is signed in."""
    try:
        passkeys.use(
            sent_credential(request),
            purpose=Purpose.CONFIRM,
            holder=holder_of(request),
            origin=Origin.of(request),
            now=timezone.now(),
            user=signed_in_user(request),
        )
    except FactorRefused:
        messages.error(request, _("That passkey is not one of yours here. Please try again."))
        return redirect("account-confirm")
    return _confirmed(request)


def _prove_password(request: HttpRequest, password: str) -> None:
    """Check the password as every sign-in does. Raises what ``checked`` and ``sign_in`` raise, and ``SignInFailed``."""
    user = signed_in_user(request)
    credentials = checked(user.username, password)
    proven = sign_in(credentials=credentials, origin=Origin.of(request), now=timezone.now(), use_memory=False)
    if proven.caller.user_id != user.pk:
        raise SignInFailed  # the name has passed to somebody else since this session began


def _confirmed(request: HttpRequest) -> HttpResponse:
    note_confirmation(request, timezone.now())
    return redirect(PAGE)


def _page(request: HttpRequest, form: PasswordForm) -> HttpResponse:
    user = signed_in_user(request)
    context = {
        "form": form,
        "has_password": user.has_usable_password(),
        "offers_passkeys": user.passkeys.exists() and relying_party().can_have_passkeys,
    }
    return render(request, "customer/factors/confirm.html", context)

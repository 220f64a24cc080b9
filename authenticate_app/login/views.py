"""Signing in and out, and the pages around it."""

from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from authenticate_app.accounts.destinations import destination_of, own_path
from authenticate_app.accounts.models import User
from authenticate_app.accounts.waits import answer_wait
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record_of_request
from authenticate_app.factors.relying_party import relying_party
from authenticate_app.login.accents import stylesheet
from authenticate_app.login.forms import SignInForm
from authenticate_app.login.metrics import EXPIRED
from authenticate_app.login.requests import authorization_parameters, next_url_of
from authenticate_app.login.services import proceed

FORBIDDEN = 403
YEAR = 365 * 24 * 3600


@method_decorator(never_cache, name="dispatch")
class SignIn(LoginView):
    """The one form to sign in with, for customers, agents and administrators.

    ``next`` says where to go afterwards. Whoever is signed in goes there at once, unless ``again`` asks them to prove
    it once more; then it is for whoever asked to make sure of ``pending.AUTH_TIME``.
    """

    authentication_form = SignInForm
    template_name = "customer/login.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Show the form, or take it."""
        if isinstance(request.user, User) and "again" not in request.GET:
            return HttpResponseRedirect(destination_of(request.user, next_url_of(request)))
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        """Fill in whom the client expects (``login_hint``, OpenID Connect Core, section 3.1.2.1)."""
        parameters = authorization_parameters(self.request)
        hint = parameters.get("login_hint", "") if parameters is not None else ""
        return {"username": hint} if hint.isprintable() else {}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say whether passkeys can be offered."""
        return super().get_context_data(**kwargs, offers_passkeys=relying_party().can_have_passkeys)

    def form_valid(self, form: Any) -> HttpResponse:
        """Let them in, or on to the second step."""
        return proceed(self.request, form.get_user(), next_url_of(self.request), timezone.now())

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form with a sentence that says what is wrong; the name stays, the password does not."""
        return refused(self.render_to_response(self.get_context_data(form=form)), form)


def refused(response: HttpResponse, form: Any) -> HttpResponse:
    """Give a page whose form was refused its status: that of a wait, where nothing was checked."""
    return response if form.refusal is None else answer_wait(response, form.refusal)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ask whether to sign out; the answer, a POST, does it. Nobody is signed out by a link."""
    if request.method == "POST":
        return sign_out_now(request)
    return render(request, "customer/sign_out.html")


def sign_out_now(request: HttpRequest) -> HttpResponseRedirect:
    """Sign out, audit it, and lead to the page that says so."""
    if isinstance(request.user, User):
        event = Event.ADMIN_SIGNED_OUT if request.user.is_staff else Event.SIGNED_OUT
        record_of_request(request, event=event, actor=request.user)
    logout(request)
    return redirect("logged-out")


@require_safe
@never_cache
def signed_out(request: HttpRequest) -> HttpResponse:
    """Say that nobody is signed in here any more."""
    return render(request, "customer/logged_out.html")


@require_safe
@login_required
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    """Say who is signed in, and what they can do here."""
    return render(request, "customer/account.html")


def expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without the right token (``CSRF_FAILURE_VIEW``): most often it was open for too long.

    Somebody who sent the sign-in form twice is signed in by the first one, and simply goes on.
    """
    EXPIRED.inc()
    match, user = request.resolver_match, getattr(request, "user", None)
    if match is not None and match.url_name == settings.LOGIN_URL and isinstance(user, User):
        return HttpResponseRedirect(destination_of(user, next_url_of(request)))
    again = own_path(request.get_full_path())
    return render(request, "customer/expired.html", {"again": again}, status=FORBIDDEN)


@require_safe
def accent(_request: HttpRequest, digits: str) -> HttpResponse:
    """Answer the stylesheet of one colour, for ever the same."""
    response = HttpResponse(stylesheet(digits), content_type="text/css")
    response["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response

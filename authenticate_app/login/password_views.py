"""Pages on which people change their password, or set a forgotten one anew."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe
from django.views.generic import FormView

from authenticate_app.accounts import mail
from authenticate_app.accounts.errors import SignInBusy
from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.login.links import LinkRequest, TooManyLinks, ask_for_link, why_not
from authenticate_app.login.password_forms import ChangedPasswordForm, ForgottenForm, NewPasswordForm
from authenticate_app.login.passwords import Way, set_new_password
from authenticate_app.login.requests import next_url_of
from authenticate_app.login.views import refused


class Refusing(FormView):  # type: ignore[type-arg]
    """Shows a form again with the status of what was refused."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say what is wrong."""
        return refused(super().form_invalid(form), form)


@method_decorator([sensitive_post_parameters(), login_required, never_cache], name="dispatch")
class PasswordChange(Refusing):
    """Somebody who is signed in changes their password."""

    form_class = ChangedPasswordForm
    template_name = "customer/password_change.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        """Tell the form who it is, and from where."""
        known = {"user": self.request.user, "origin": Origin.of(self.request), "now": timezone.now()}
        return {**super().get_form_kwargs(), **known}

    def form_valid(self, form: ChangedPasswordForm) -> HttpResponse:
        """Store the password; this session goes on, all others of the user end."""
        if not _store(self.request, form, Way.CHANGED):
            return self.form_invalid(form)
        update_session_auth_hash(self.request, form.user)
        next_url = next_url_of(self.request)
        return redirect(next_url or "password-changed")


@require_safe
@never_cache
def changed(request: HttpRequest) -> HttpResponse:
    """Say that it is done."""
    return render(request, "customer/password_changed.html")


@method_decorator(never_cache, name="dispatch")
class Forgotten(Refusing):
    """Somebody forgot their password and asks for a link; the answer is the same whoever they are."""

    form_class = ForgottenForm
    template_name = "customer/password_forgotten.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Show the form, or take it. Raises ``Http404`` where no e-mail can be sent."""
        if not mail.is_set_up():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: ForgottenForm) -> HttpResponse:
        """Ask for the link."""
        name, language = form.cleaned_data["name"], get_language() or ""
        try:
            ask_for_link(LinkRequest(name, Origin.of(self.request), language, at=timezone.now()))
        except TooManyLinks as refusal:
            form.refuse(refusal)
            return self.form_invalid(form)
        return redirect(_with_next(reverse("password-forgotten-sent"), next_url_of(self.request)))


@require_safe
@never_cache
def sent(request: HttpRequest) -> HttpResponse:
    """Say that an e-mail is on its way, if there is somebody whom it can reach."""
    return render(request, "customer/password_forgotten_sent.html")


class NewPassword(PasswordResetConfirmView):
    """Somebody follows the link; it is good once, until the password is changed or its owner signs in."""

    form_class = NewPasswordForm  # type: ignore[assignment]
    template_name = "customer/password_new.html"
    user: User | None

    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Take the token out of the address into the session, which gets a new key: whoever planted it is left out."""
        response = super().dispatch(*args, **kwargs)
        if kwargs["token"] != self.reset_url_token and INTERNAL_RESET_SESSION_TOKEN in self.request.session:
            self.request.session.cycle_key()
        return response

    def get_user(self, uidb64: str) -> User | None:
        """Find whom the link is for; nobody to whom none would be sent any more."""
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and why_not(user) is None else None

    def form_valid(self, form: NewPasswordForm) -> HttpResponse:  # type: ignore[override]
        """Store the password; nobody is signed in by a link alone."""
        if not _store(self.request, form, Way.FORGOTTEN):
            return self.form_invalid(form)
        self.request.session.pop(INTERNAL_RESET_SESSION_TOKEN, None)
        return redirect("password-changed")

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say what is wrong."""
        return refused(super().form_invalid(form), form)


def _with_next(path: str, next_url: str) -> str:
    return f"{path}?{urlencode({'next': next_url})}" if next_url else path


def _store(request: HttpRequest, form: NewPasswordForm, way: Way) -> bool:
    """Store the new password; where it was not, the form says why."""
    password, now = form.cleaned_data["new_password1"], timezone.now()
    try:
        is_stored = set_new_password(request, user=form.user, password=password, way=way, now=now)
    except SignInBusy as refusal:
        form.refuse(refusal)
        return False
    if not is_stored:
        form.say_changed_meanwhile()
    return is_stored

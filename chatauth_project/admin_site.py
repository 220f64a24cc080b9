"""The admin as a site: how one signs in and out, changes one's password, and what stands around every page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm
from unfold.sites import UnfoldAdminSite

from authenticate_app.accounts.forms import ThrottledSignInForm
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.throttling.clearing import clear_counts_of_user


class SignInForm(ThrottledSignInForm, AuthenticationForm):
    """The sign-in form in the admin's look; the password is checked and throttled as everywhere else."""

    def clean(self) -> dict[str, Any]:
        """Let people in who may use the admin, and write that they came."""
        cleaned = super().clean()
        if self.request is not None and (user := self.get_user()) is not None:
            record_of(self.request, Event.ADMIN_SIGNED_IN, user)
        return cleaned


class OwnPasswordChange(PasswordChangeView):
    """Changing one's own password, which is audited as a fact."""

    form_class = AdminOwnPasswordChangeForm

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the password and the event together."""
        with transaction.atomic():
            response = super().form_valid(form)
            record_of(self.request, Event.PASSWORD_SET, self.request.user, target=self.request.user)
            clear_counts_of_user(self.request, self.request.user)
        return response


class ChatauthAdminSite(UnfoldAdminSite):
    """One menu, one start page; no page of Django's that lists applications and models."""

    index_title = _("Overview")
    index_template = "admin/overview.html"
    password_change_template = "registration/password_change_form.html"  # noqa: S105 - the name of a file

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Wrap a view of the admin; PostgreSQL cannot look for a NUL character, so no address may hold one."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def without_nul(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
                raise BadRequest("The address holds a NUL character.")
            return inner(request, *args, **kwargs)

        return without_nul

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> HttpResponse:
        """The way from a page up to its application leads to the start page."""
        return HttpResponseRedirect(reverse("admin:index"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Show the form in which one changes one's own password."""
        request.current_app = self.name
        view = OwnPasswordChange.as_view(
            template_name=self.password_change_template,
            success_url=reverse("admin:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return view(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sign out, and write that somebody left."""
        if not isinstance(request.user, AnonymousUser):
            record_of(request, Event.ADMIN_SIGNED_OUT, request.user)
        response: HttpResponse = super().logout(request, extra_context)
        return response


def record_of(request: HttpRequest, event: Event, actor: Any, target: Any = None) -> None:
    """Write what ``actor`` did in this request."""
    record(
        event=event,
        actor=actor.pk,
        actor_name=actor.get_username(),
        address=request.META.get("REMOTE_ADDR"),
        request_id=request.META.get("HTTP_X_REQUEST_ID", ""),
        target=target,
    )


def environment_badge(request: HttpRequest) -> list[Any] | None:
    """The label at the top of every page while everybody knows the passwords."""
    if settings.ENVIRONMENT == "demonstration":
        return [_("Demonstration"), "warning"]
    return None

"""The admin as a site: how one signs in and out, changes one's password, and what stands around every page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from authenticate_app.accounts.destinations import own_path
from authenticate_app.login.views import sign_out_now


class ChatauthAdminSite(UnfoldAdminSite):
    """One menu, one start page; no page of Django's that lists applications and models."""

    index_title = _("Overview")
    index_template = "admin/overview.html"

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Wrap a view of the admin; PostgreSQL cannot look for a NUL character, so no address may hold one."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def without_nul(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
                raise BadRequest("The address holds a NUL character.")
            return inner(request, *args, **kwargs)

        return without_nul

    def get_urls(self) -> list[Any]:
        """Add the supervisors' page."""
        return [path("live/", self.admin_view(self.live), name="supervision"), *super().get_urls()]

    def live(self, request: HttpRequest) -> HttpResponse:
        """Show what goes on in the queues now."""
        from chatauth_project.supervision import supervision

        return supervision(request, self.each_context(request))

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> HttpResponse:
        """The way from a page up to its application leads to the start page."""
        return HttpResponseRedirect(reverse("admin:index"))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the one form to sign in with; whoever is signed in already is let in, or told why not.

        Raises:
            PermissionDenied: they are signed in, and may not use the admin.
        """
        next_url = own_path(request.GET.get("next", "")) or reverse("admin:index")
        if self.has_permission(request):
            return HttpResponseRedirect(next_url)
        if request.user.is_authenticated:
            raise PermissionDenied(_("Your account may not use the admin. Sign out, and in as somebody who may."))
        return redirect_to_login(next_url)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Lead to the page on which everybody changes their password, and back."""
        return redirect_to_login(reverse("admin:index"), reverse("password-change"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sign out, as everybody does: a link alone asks first."""
        return sign_out_now(request) if request.method == "POST" else redirect("logout")


def environment_badge(request: HttpRequest) -> list[Any] | None:
    """The label at the top of every page while everybody knows the passwords."""
    if settings.ENVIRONMENT == "demonstration":
        return [_("Demonstration"), "warning"]
    return None

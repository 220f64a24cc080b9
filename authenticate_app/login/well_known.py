"""Addresses that password managers look at."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

MAX_AGE = 3600


@require_safe
def apple_app_site_association(_request: HttpRequest) -> HttpResponse:
    """Say which apps share their saved passwords with this site (Apple, "Supporting associated domains").

    Raises:
        Http404: ``WEBCREDENTIALS_APPS`` names none.
    """
    if not settings.WEBCREDENTIALS_APPS:
        raise Http404
    response = JsonResponse({"webcredentials": {"apps": list(settings.WEBCREDENTIALS_APPS)}})
    response["Cache-Control"] = f"public, max-age={MAX_AGE}"
    return response


@require_safe
def change_password(_request: HttpRequest) -> HttpResponse:
    """Lead to the page where a password is changed (W3C, "A Well-Known URL for Changing Passwords")."""
    return HttpResponseRedirect(reverse("password-change"))

"""Logos of clients, each under an address of its own."""

from hashlib import sha256

from django.db.models import Case, CharField, F, Func, Value, When
from django.db.models.functions import Left
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from authenticate_app.oauth.models import Client
from authenticate_app.oauth.pictures import read_picture

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "public, max-age=31536000, immutable",
}
"""A picture and nothing else, whatever its bytes may also be. Its address names the version, so it never changes."""
VERSION_DIGITS = 16

LOGO_VERSION = Case(
    When(logo=b"", then=Value("")),
    default=Left(
        Func(Func(F("logo"), function="sha256"), Value("hex"), function="encode", output_field=CharField()),
        VERSION_DIGITS,
    ),
)
"""``version_of`` in SQL, to read the version without the logo; empty for none."""


def logo_url(client_id: str, *, version: str) -> str:
    """The address of a client's logo, another one with every new logo; empty if it has none."""
    return reverse("client-logo", args=[client_id, version]) if version else ""


def version_of(logo: bytes) -> str:
    """What tells one logo from another; empty for none."""
    return sha256(logo).hexdigest()[:VERSION_DIGITS] if logo else ""


@require_safe
def logo(request: HttpRequest, client_id: str, version: str) -> HttpResponse:
    """Serve a logo to everybody: it stands on the sign-in page. Raises ``Http404`` for any but the present one."""
    client = get_object_or_404(Client.objects.only("logo"), client_id=client_id)
    raw_file = bytes(client.logo)
    picture = read_picture(raw_file)
    if picture is None or version_of(raw_file) != version:
        raise Http404
    headers = {**HEADERS, "ETag": quote_etag(version)}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(raw_file, content_type=picture.media_type, headers=headers)
